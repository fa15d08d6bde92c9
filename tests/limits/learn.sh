#!/bin/bash
# learn.sh BUILD OUT: how many labelled flows of a new version `signature draft` needs to find it: drafts from N
# flows of one host, tried on captures that they have not seen. Emulated traffic of version 2.0; recorded
# captures of 2014 and 2015, where they are, each tried on the other. docs/limits.md
#
# The N flows are drawn at random, LEARN_DRAWS times: emulated from as many hosts, recorded from the one that there
# is. Draws from one host are no trials, so the table has the least and the most of them and no interval.
# shellcheck source=tests/limits/lib.sh
. tests/limits/lib.sh
run_of limits-transfer regress -s all
others=$run
run_of limits-vantages limits-vantages
out=$out/learn
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
corpora=${SKYPELAB_CORPORA:-corpora}
draws=${LEARN_DRAWS:-3}
mkdir -p "$out"
# Hosts of version 2.0, one a cell: the caller in an open network, with and without a NAT.
hosts() { grep -lE "^([^	]*	){5}skype	([^	]*	){3}2\.0	" "$run"/cells/*/truth.caller.lan.tsv | head -n "$draws"; }
# some N SEED LABELS: the labels with N flows of Skype, drawn at random; of the others nobody knows.
some() {
	awk -F'\t' -v seed="$2" 'BEGIN { srand(seed) } NR > 1 && $6 == "skype" { print rand() "\t" $0 }' "$3" |
		sort -g | sed "$1q" | cut -f 2- >"$tmp/some"
	awk -F'\t' 'NR == FNR { keep[$0]; next } FNR == 1 || $6 != "skype" || $0 in keep' "$tmp/some" "$3"
}
draft() { # SOURCE DRAFT-OPTION...: "FOUND OF FALSE" of the captures kept apart; nothing when there is no draft
	"$skypelab" -q signature draft --positive "$tmp/c/positives/new.pcap" --vary 0 "${@:2}" -o "$tmp/draft.yaml" \
		>"$tmp/said" 2>"$tmp/err" || [ $? -le 2 ] || { cat "$tmp/err" >&2; return 1; } # no rule was found, or the flows have no payload
	# "  emulated flows: 1 of 2 found (...); 3 wrongly claimed of 4; 1 trials"
	sed -n '/--apart/,$p' "$tmp/said" |
		sed -nE "s/^  $1 flows: ([0-9]+) of ([0-9]+) found.*; ([0-9]+) wrongly claimed.*/\1 \2 \3/p" | head -n 1
}
learn() { # SOURCE CAPTURE LABELS FROM TO SEEDS DRAFT-OPTION...
	local n seed all of found false
	all=$(awk -F'\t' 'NR > 1 && $6 == "skype"' "$3" | wc -l)
	rm -rf "$tmp/c"
	mkdir -p "$tmp/c/positives" "$tmp/c/labels"
	cp "$2" "$tmp/c/positives/new.pcap"
	cp "$3" "$tmp/c/labels/new.pcap.tsv"
	draft "$1" "${@:7}" >"$tmp/line"
	read -r _ of _ <"$tmp/line" || { echo "learn.sh: no draft from all of $2" >&2; cat "$tmp/err" >&2; exit 1; }
	for n in 1 2 5 7 10 15 20 50 200; do
		[ "$n" -le "$all" ] || continue
		for seed in $6; do
			some "$n" "$seed" "$3" >"$tmp/c/labels/new.pcap.tsv"
			found=0 false=0
			draft "$1" "${@:7}" >"$tmp/line"
			read -r found _ false <"$tmp/line" || true
			printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$4" "$5" "$n" "$seed" "${found:-0}" "$of" "${false:-0}" >>"$out/draws.tsv"
		done
	done
}
printf 'source\tfrom\tto\tflows\tdraw\tfound\tof\tfalse\n' >"$out/draws.tsv"
host=0
for truth in $(hosts); do
	host=$((host + 1))
	cut -f 1-7,17 "$truth" >"$tmp/labels.tsv"
	learn emulated "$(dirname "$truth")/caller-gw.lan.pcap" "$tmp/labels.tsv" "hosts of 2.0" "tried on other hosts of 2.0" $host \
		--apart "$others" --traffic-version 2.0
done
if [ -n "$recorded" ]; then
	of_2015=ndpi_skype.pcap of_2014=diffdetector_skype_2014.pcap
	for way in 2015:2014 2014:2015; do
		from=of_${way%:*} to=of_${way#*:}
		[ -e "$corpora/positives/${!from}" ] && [ -e "$corpora/positives/${!to}" ] || continue
		learn recorded "$corpora/positives/${!from}" "$corpora/labels/${!from}.tsv" "${way%:*}" "tried on ${way#*:}" "$(seq -s ' ' "$draws")" \
			--negative "$corpora/negatives" --apart "$corpora/positives/${!to}"
	done
fi
for source in emulated recorded; do
	awk -F'\t' -v s=$source 'NR == 1 || $1 == s' "$out/draws.tsv" >"$tmp/$source.tsv"
	[ "$(wc -l <"$tmp/$source.tsv")" -gt 1 ] || continue
	"$build/tools/points" --range "$tmp/$source.tsv" from,to flows found of false "$out/plots" learn-$source \
		"Flows found by a draft from so many flows of one host, $source traffic" "labelled flows that the draft is made from" \
		"recall of flows that it has not seen; least and most of $draws draws" >"$out/learn-$source.tsv"
	cat "$out/learn-$source.tsv"
done
