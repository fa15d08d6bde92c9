#!/bin/bash
# The emulated overlay: messages per second of real time, alone on a loopback and in a lab with taps
# and detection, two hundred clients that log in at once; packets that the taps lost.
set -eu
: "${BUILD:?run through tests/bench.sh}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
took() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b - a }'; }
rate() { awk -v n="$1" -v s="$2" 'BEGIN { printf "%.0f", n / s }'; }
start=$(date +%s.%N)
unshare -Urn sh -c 'ip link set lo up; ip route add local 198.18.0.0/15 dev lo
	ip route add local 10.0.0.0/8 dev lo; exec "$@"' sh \
	"$BUILD/tools/overlay-run" -c 200 -n 100 scenarios/versions/1.4.yaml login "wait 60" quit \
	>"$tmp/out" 2>"$tmp/err" || { cat "$tmp/err"; exit 0; }
s=$(took "$start" "$(date +%s.%N)")
n=$(awk '{ print $3 }' "$tmp/err")
echo "alone, 200 clients: $(grep -c '	in	' "$tmp/out") in, $n messages in $s s: $(rate "$n" "$s") messages/s"
"$SKYPELAB" -q run -o "$tmp/run" scenarios/crowd.yaml >/dev/null || { echo "skypelab run: exit $?"; exit 0; }
cell=$(echo "$tmp"/run/cells/*)
jq -r '"in the lab, 200 hosts behind one gateway: \(.messages) messages, \(.emulated_seconds | floor) emulated s in " +
	"\(.real_seconds * 100 | floor / 100) s: \(.messages / .real_seconds | floor) messages/s; " +
	([.taps | to_entries[] | "\(.key) \(.value.packets) packets, \(.value.dropped) lost"] | join("; "))' "$cell/cell.json"
echo "clients that got in: $(awk -F'\t' 'NR > 1 && $11 == "in"' "$cell/outcomes.tsv" "$tmp/run/outcomes.tsv" 2>/dev/null | sort -u | wc -l) rows in outcomes.tsv"
