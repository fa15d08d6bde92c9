#!/bin/bash
# l7-filter's two patterns, which the bundled signatures say in bytes, written as the regular expressions that they
# are: both find the same flows in every recorded capture that is there, and in emulated traffic.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need jq

# as_regex SIGNATURE PATTERN: the signature in $TMP with its tests on bytes replaced by the pattern
as_regex() {
	local from=detector/signatures/$1.yaml for_sed=${2//\\/\\\\}
	sed -e "s/^signature: .*/signature: $1-regex/" \
		-e "s/size: \"16\.\.\", bytes: {2: \"02\"}/regex: '$for_sed'/" \
		-e '/^ *not-bytes:/d' -e "s/^\( *\)again: .*/\1regex: '$for_sed'/" "$from" >"$TMP/$1-regex.yaml"
	grep -qF "regex: '$2'" "$TMP/$1-regex.yaml" || fail "$from has no test that the pattern could stand for"
	! grep -qE '(bytes|again):' "$TMP/$1-regex.yaml" || fail "$1: a test on bytes is left"
}
as_regex l7-skypetoskype '^..\x02.............'
as_regex l7-skypeout '^([^\x00]).{0,8}\1'

small_run "$TMP/run"
captures=$(find "$TMP/run" -name '*.pcap' | sort)
if [ -d "${SKYPELAB_CORPORA:-}" ]; then
	captures="$captures $(find "$SKYPELAB_CORPORA"/positives "$SKYPELAB_CORPORA"/negatives -type f -size -3M | sort)"
fi
# Each capture by itself; some are bad from some point on.
# shellcheck disable=SC2086
"$SKYPELAB" detect --shard 1/1 -s l7-skypetoskype -s "$TMP/l7-skypetoskype-regex.yaml" -s l7-skypeout \
	-s "$TMP/l7-skypeout-regex.yaml" --eve - $captures >"$TMP/eve" 2>"$TMP/err" || [ $? -le 2 ] || fail "$(cat "$TMP/err")"
jq -r 'select(.event_type == "skype") |
	[.skype.signature, .timestamp, .proto, .src_ip, .src_port, .dest_ip, .dest_port] | @tsv' "$TMP/eve" >"$TMP/all"
found=0
for s in l7-skypetoskype l7-skypeout; do
	grep "^$s	" "$TMP/all" | cut -f2- | sort >"$TMP/bytes" || true
	grep "^$s-regex	" "$TMP/all" | cut -f2- | sort >"$TMP/regex" || true
	cmp -s "$TMP/bytes" "$TMP/regex" || fail "$s and its pattern differ: $(diff "$TMP/bytes" "$TMP/regex" | head -3)"
	found=$((found + $(wc -l <"$TMP/bytes")))
done
[ $found -gt 20 ] || fail "only $found events in $(wc -w <<<"$captures") captures"
echo "$found events in $(wc -w <<<"$captures") captures, the same by bytes and by pattern"
