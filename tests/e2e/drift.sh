#!/bin/bash
# Recall while messages change: of signatures whose break is known, on the captures of a small run.
. "$(dirname "$0")/lib.sh"
need_namespaces
sig() { # NAME RULE: a signature of one rule over UDP
	printf '%s\n' "signature: $1" 'revision: 1' 'date: "2026-11-29"' "title: $1" 'source: this test' 'versions: ["1.4"]' \
		'rules:' '  - rule: one' '    proto: udp' '    client: initiator' '    steps:' "      - $2" '    then: {event: flow}' >"$TMP/$1.yaml"
}
sig size '{message: U1, from: client, nth-of-flow: 1, size: [18, 20], bytes: {2: "02"}}'
sig byte '{message: U1, from: client, nth-of-flow: 1, size: "3..", bytes: {2: "02"}}'
sig step '{message: U1, from: client, nth-of-flow: 1, size: "3..", bytes: {2: "02"}}'
sed -i 's/^    steps:/    within: 3 s\n&/; /^    then/i\      - {message: next, from: either, next: yes, size: "3.."}' "$TMP/step.yaml"
"$SKYPELAB" -q run --no-report -o "$TMP/run" --repeat 2 --filter version=1.4 scenarios/regress.yaml >"$TMP/out"
drift() { "$SKYPELAB" drift --run "$TMP/run" "$TMP"/{size,byte,step}.yaml "$@"; }
drift -f tsv -o "$TMP/table" --plots "$TMP/plots"
# at SIGNATURE CHANGE AMOUNT: found of to be found
at() {
	awk -F'\t' -v s="$1" -v c="$2" -v a="$3" '
		NR == 1 { for (i = 1; i <= NF; i++) k[$i] = i; next }
		$k["signature"] == s && $k["change"] == c && $k["amount"] == a { print $k["tp"] "/" $k["tp"] + $k["fn"] }' "$TMP/table"
}
found() { local x; x=$(at "$@"); [ -n "$x" ] || fail "no row $*"; echo "${x%/*}"; }

# 1. Nothing changed is the capture itself, by every change; it is what `score` says of the run.
for s in size byte step; do
	"$SKYPELAB" score --run "$TMP/run" -s "$TMP/$s.yaml" --by signature --unit flow -f tsv >"$TMP/score" 2>"$TMP/err"
	whole=$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) k[$i] = i; next } { print $k["tp"] "/" $k["tp"] + $k["fn"] }' "$TMP/score")
	for c in "pad 0" "mask 0" "ids 0" "stretch 1"; do
		# shellcheck disable=SC2086
		same "$(at $s $c)" "$whole" "$s, $c"
	done
done
# 2. What breaks a test breaks it, and nothing else does: sizes (18 by 1, and by 2 it has the other one), the
# third byte, the pause.
[ "$(found size pad 0)" -gt 0 ] || fail "size finds nothing: $(at size pad 0)"
[ "$(found size pad 1)" -lt "$(found size pad 0)" ] || fail "size, one byte more: $(at size pad 1)"
[ "$(found size pad 2)" -gt "$(found size pad 1)" ] || fail "size, two bytes more: $(at size pad 2)"
for a in 1 2 4 8 16 32 64; do same "$(at byte pad $a)" "$(at byte pad 0)" "byte, $a more"; done
for a in 1 2; do same "$(at byte mask $a)" "$(at byte mask 0)" "byte, mask of $a"; done
[ $((10 * $(found byte mask 3))) -lt "$(found byte mask 0)" ] || fail "byte, mask of 3: $(at byte mask 3)"
for a in 0.1 0.25 0.5 0.75 1; do same "$(at byte ids $a)" "$(at byte ids 0)" "byte, ids $a"; done
same "$(at byte stretch 64)" "$(at byte stretch 1)" "byte, 64 times as slow"
[ "$(found step stretch 64)" -lt "$(found step stretch 1)" ] || fail "step, 64 times as slow: $(at step stretch 64)"
# 3. The plots are there; the same seed gives the same table; for people there is a line for each signature.
plots=("$TMP"/plots/drift-*-flows-emulated.svg)
same ${#plots[@]} 4 "plots"
drift -f tsv >"$TMP/again"
cmp "$TMP/table" "$TMP/again" || fail "one seed, two tables"
same "$(drift --change pad | grep -c '^\(size\|byte\|step\) .* [1-9][0-9]*$')" 3 "lines"

# 4. What is wrong is named.
wrong() { # TEXT OPTION...
	local rc=0
	"$SKYPELAB" drift "${@:2}" >"$TMP/out" 2>"$TMP/err" || rc=$?
	[ $rc = 2 ] || fail "$*: exit $rc"
	grep -q -- "$1" "$TMP/err" || fail "$*: $(cat "$TMP/err")"
}
cells=("$TMP"/run/cells/*/*.pcap)
cp "${cells[0]}" "$TMP/alone.pcap"
wrong 'none of the captures has labels' --capture "$TMP/alone.pcap" "$TMP/size.yaml"
wrong 'nowhere' --capture "$TMP/nowhere" "$TMP/size.yaml"
wrong 'dns' --run "$TMP/run" dns-example
SKYPELAB_CORPORA=$TMP wrong 'no recording under' "$TMP/size.yaml"
# A capture that is cut off counts as far as it goes, and the command says so.
cells=("$TMP"/run/cells/*open@1)
cp "${cells[0]}/truth.caller.lan.tsv" "$TMP/cut.pcap.tsv"
size=$(stat -c %s "${cells[0]}"/*.pcap)
head -c $((size / 2 + 1)) "${cells[0]}"/*.pcap >"$TMP/cut.pcap"
rc=0
"$SKYPELAB" drift --change mask --capture "$TMP/cut.pcap" "$TMP/byte.yaml" >"$TMP/out" 2>"$TMP/err" || rc=$?
same $rc 2 "exit status of a capture that is cut off"
grep -q '^byte .* [1-9][0-9]*$' "$TMP/out" || fail "cut off: $(cat "$TMP/out" "$TMP/err")"
grep -q 'cut.pcap' "$TMP/err" || fail "cut off, and not said: $(cat "$TMP/err")"
