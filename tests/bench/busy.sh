#!/bin/bash
# An emulated login beside 20,000 packets per second of background for a minute of emulated time:
# packets per emulated second, packets the taps lost, and (tshark as the witness) flows on the wire
# that the truth does not have.
set -eu
: "${BUILD:?run through tests/bench.sh}"
[ -z "${SKYPELAB_BENCH_QUICK:-}" ] || { echo "not in a quick run"; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
start=$(date +%s.%N)
"$SKYPELAB" -q run -o "$tmp/run" scenarios/busy.yaml >/dev/null || { echo "skypelab run: exit $?"; exit 0; }
end=$(date +%s.%N)
cell=$(echo "$tmp"/run/cells/*)
jq -r --arg took "$(awk -v a="$start" -v b="$end" 'BEGIN { printf "%.1f", b - a }')" '
	"\(.emulated_seconds | floor) emulated s in \(.real_seconds | floor) s (with scoring and report \($took) s): " +
	([.taps | to_entries[] | "\(.key) \(.value.packets) packets, \(.value.packets / $e | floor)/s, \(.value.dropped) lost"] | join("; "))
' --argjson e "$(jq .emulated_seconds "$cell/cell.json")" "$cell/cell.json"
command -v tshark >/dev/null || exit 0
tshark -n -r "$cell/caller-gw.wan.pcap" --disable-protocol dns -Y 'ip && (udp || tcp) && !icmp' -T fields \
	-e ip.src -e ip.dst -e udp.srcport -e udp.dstport -e tcp.srcport -e tcp.dstport 2>/dev/null |
	awk -F'\t' '{ p = $3 != "" ? "udp" : "tcp"; a = $1 ":" ($3 != "" ? $3 : $5); b = $2 ":" ($4 != "" ? $4 : $6)
		k = a < b ? p " " a " " b : p " " b " " a; if (!(k in s)) { s[k] = 1; print k } }' | sort >"$tmp/wire"
awk -F'\t' 'NR > 1 { a = $2 ":" $3; b = $4 ":" $5; print a < b ? $1 " " a " " b : $1 " " b " " a }' \
	"$cell/truth.caller.wan.tsv" | sort -u >"$tmp/truth"
echo "$(wc -l <"$tmp/wire") flows on the wire (tshark), $(comm -23 "$tmp/wire" "$tmp/truth" | wc -l) of them not in the truth"
