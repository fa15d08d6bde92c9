#!/bin/bash
# The worked example of a learned detector (docs/examples/learned-detector): its model, trained on
# emulated traffic, tells emulated Skype of another seed from the background, run as every foreign detector;
# and it can be trained anew.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
[ -x /usr/bin/python3 ] || skip '/usr/bin/python3 is not there; sudo apt install python3 (make deps installs all)'

example=docs/examples/learned-detector
"$SKYPELAB" detector check "$example"/*.yaml >/dev/null
"$SKYPELAB" -q run --no-report --repeat 1 --seed 7 --filter version=1.4 --filter callee.firewall=open \
	--filter callee.nat=public --filter internet.firewall=open --filter caller.firewall=open \
	--filter caller.nat=public,full-cone -o "$TMP/run" scenarios/paper-matrix.yaml >/dev/null
captures=("$TMP"/run/cells/*/caller-gw.wan.pcap)
[ ${#captures[@]} -ge 2 ] || fail "cells: ${captures[*]}"

scored() { # DEFINITION CAPTURE: "tp fp fn tn" of its flows
	"$SKYPELAB" score -D "$1" --unit flow -o "$TMP/a.tsv" "$2" >/dev/null 2>"$TMP/err" || fail "$1: $(cat "$TMP/err")"
	awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
		$c["unit"] == "flow" { print $c["tp"], $c["fp"], $c["fn"], $c["tn"] }' "$TMP/a.tsv"
}
read -r tp fp fn tn < <(scored "./$example/learned-emulated.yaml" "${captures[0]}")
[ $((tp * 10)) -ge $(((tp + fn) * 8)) ] || fail "recall: $tp of $((tp + fn))"
[ "$tn" -gt $((fp * 9)) ] || fail "false: $fp of $((fp + tn))"

/usr/bin/python3 -c 'import sklearn' 2>/dev/null ||
	skip 'no python3-sklearn, so nothing was trained; sudo apt install python3-sklearn (make deps installs all)'
cp "$example"/learned.py "$example"/learned-emulated.yaml "$TMP"
cell=$(dirname "${captures[1]}")
/usr/bin/python3 "$TMP/learned.py" train "$TMP/emulated.json" "${captures[1]}" "$cell/truth.caller.wan.tsv" >/dev/null
read -r tp fp fn tn < <(scored "$TMP/learned-emulated.yaml" "${captures[1]}")
[ "$tp" -gt $((fn * 2)) ] || fail "trained on the same, it misses: $tp $fp $fn $tn"
[ "$tn" -gt "$fp" ] || fail "trained on the same, it claims: $tp $fp $fn $tn"
