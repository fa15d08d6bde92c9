#!/bin/bash
# No false positive: the paper's signatures and ours on every capture without Skype.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_corpus negatives
# Captures that end in the middle of a frame are read as far as they go; the exit status says so.
not_skype() { "$SKYPELAB" score --not-skype --format tsv "$@" "$SKYPELAB_CORPORA/negatives" 2>"$TMP/err" || [ $? = 2 ]; }
false_flows() { awk -F'\t' -v s="$1" '$3 == s && $9 == "flow" { print $11 }' "$2"; }

ours=(ehlert-petgang-1.4 ehlert-petgang-2.0 skypelab-2006 skypelab-2013)
args=()
for s in "${ours[@]}"; do args+=(-s "$s"); done
not_skype "${args[@]}" >"$TMP/score.tsv"
for s in "${ours[@]}"; do
	same "$(false_flows "$s" "$TMP/score.tsv")" 0 "flows that $s takes for Skype on captures without it"
done
flows=$(awk -F'\t' '$3 == "skypelab-2006" && $9 == "flow" { print $13 }' "$TMP/score.tsv")
[ "$flows" -gt 0 ] || fail "no flow was counted"
echo "$flows flows without Skype, none claimed"

# The same count finds false ones where a rule is known to make them (a third byte of 02 is enough).
not_skype -s l7-skypetoskype >"$TMP/weak.tsv"
weak=$(false_flows l7-skypetoskype "$TMP/weak.tsv")
if [ "$weak" = 0 ]; then
	echo "no SNMP or alike among the captures: the count itself was not tried"
else
	echo "$weak claimed by l7-skypetoskype"
fi

