#!/bin/bash
# Replay by frame against tcpreplay: the same capture over the same veth pair, timing as received by
# dumpcap on the other end, then frames per second at top speed, and what other ways
# to send would take. Then replay by conversation and the
# background generators: flows and messages per second of real time.
set -eu
: "${BUILD:?run through tests/bench.sh}"
if [ "${1:-}" != inside ]; then
	user=U # root keeps its real-time priority by staying out of a user namespace
	[ "$(id -u)" != 0 ] || user=
	unshare -${user}n true 2>/dev/null || { echo "the kernel refuses network namespaces here"; exit 0; }
	exec unshare -${user:+Ur}n bash "$0" inside
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
have() { command -v "$1" >/dev/null 2>&1; }
ip link set lo up
ip link add name va type veth peer name vb
for i in va vb; do
	echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6
	ip link set $i up
done
sleep 1

# A capture with voice, look-ups and downloads at their recorded times: a lab's own, emulated.
seconds=20 loops=200
[ -z "${SKYPELAB_BENCH_QUICK:-}" ] || seconds=5 loops=20
capture="$SKYPELAB_CORPORA/positives/SkypeIRC.cap" factor=15
if [ ! -e "$capture" ]; then
	"$BUILD/tools/mkcapture" mixed "$tmp/made.pcap" 3000 300 >/dev/null
	capture=$tmp/made.pcap factor=1
fi
[ -z "${SKYPELAB_BENCH_QUICK:-}" ] || factor=$((factor * 4))

# timed NAME COMMAND...
timed() {
	local name=$1 pid; shift
	rm -f "$tmp/got"
	dumpcap -q -i vb -B 64 -w "$tmp/got" 2>/dev/null & pid=$!
	while [ ! -s "$tmp/got" ]; do sleep 0.1; done
	sleep 0.5
	"$@" >"$tmp/out" 2>&1 || { echo "$name: $(tail -1 "$tmp/out")"; }
	sleep 1
	kill -INT $pid; wait $pid || true
	read -r n drift median p99 most < <("$BUILD/tools/gaps" "$capture" "$tmp/got" $factor) || true
	printf '%-34s %8s %10s %10s %10s %10s\n' "$name" "${n:--}" "${drift:--}" "${median:--}" "${p99:--}" "${most:--}"
}
if have dumpcap; then
	echo "$(basename "$capture") at $factor times its speed; dumpcap's time stamps:"
	printf '%-34s %8s %10s %10s %10s %10s\n' program frames "drift ms" "median us" "p99 us" "most us"
	timed "skypelab replay" "$SKYPELAB" -q replay -i va -x $factor "$capture"
	! have tcpreplay || timed "tcpreplay $(tcpreplay -V 2>&1 | sed -n 's/^tcpreplay version: \([^ ]*\).*/\1/p')" tcpreplay -q -i va -x $factor "$capture"
fi

echo
echo "top speed, $loops times through the file, best of three:"
best() {
	local name=$1 rate top=0; shift
	for _ in 1 2 3; do
		rate=$("$@" 2>&1 | sed -n 's/.*(\([0-9]*\) frames\/s.*/\1/p; s/.* \([0-9.]*\) pps$/\1/p' | head -1)
		top=$(awk -v a="$top" -v b="${rate:-0}" 'BEGIN { print (a > b + 0 ? a : b) }')
	done
	[ -n "${floor:-}" ] || floor=$top
	awk -v n="$name" -v r="$top" -v f="$floor" 'BEGIN { printf "%-34s %10.0f frames/s %6.2f\n", n, r, f ? r / f : 0 }'
}
floor=
best "skypelab replay" "$SKYPELAB" -q replay -i va --top-speed --loop "$loops" "$capture"
! have tcpreplay || best "tcpreplay -t -K" tcpreplay -q -i va -t -K --loop "$loops" "$capture"
echo "ways to give the kernel frames, by turns, best of ten:"
"$BUILD/tools/sendways" va "$capture" $((loops / 4)) 10

echo
ip route add local 0.0.0.0/0 dev lo
for f in "$SKYPELAB_CORPORA"/positives/*; do
	[ -e "$f" ] || continue
	labels=$SKYPELAB_CORPORA/labels/$(basename "$f").tsv
	[ -e "$labels" ] || labels=-
	"$BUILD/tools/playconv" "$f" "$labels" "$tmp/fates" 81.2.3.4 >"$tmp/counts" 2>"$tmp/time"
	awk -v name="$(basename "$f")" 'NR == FNR { if ($1 != "not-played") flows += $2; next }
		{ printf "conversation %-28s %5d flows, %6d messages in %s s: %.0f flows/s, %.0f messages/s\n",
			name, flows, $1, $4, flows / $4, $1 / $4 }' "$tmp/counts" "$tmp/time"
done
# One client's flows, ten times as many and ten times that: what it takes grows with them.
sizes="1000 10000 30000 100000"
[ -z "${SKYPELAB_BENCH_QUICK:-}" ] || sizes="1000 3000"
mkdir -p "$BUILD/bench"
for n in $sizes; do
	f=$BUILD/bench/client-$n.pcap
	[ -e "$f" ] || "$BUILD/tools/mkcapture" client "$f" $((2 * n)) "$n" >/dev/null
	read -r wall cpu peak < <("$BUILD/tools/measure" -n 1 "$BUILD/tools/playconv" "$f" - "$tmp/fates" 10.0.0.1)
	awk -v n="$n" -v w="$wall" -v c="$cpu" -v p="$peak" 'BEGIN {
		printf "conversation of %6d flows: %7.2f s, %7.2f s of processor (%3.0f us a flow), peak %6.1f MiB (%.1f KiB a flow)\n",
			n, w, c, c / n * 1e6, p / 1024, p / n }'
done
if [ -e scenarios/mixes/busy.yaml ]; then
	"$BUILD/tools/playmix" scenarios/mixes/busy.yaml $seconds 1 10.0.0.2 20.0.0.1 20.0.0.2 20.0.0.3 \
		20.0.0.4 20.0.0.5 20.0.0.6 20.0.0.7 20.0.0.8 2>&1 >/dev/null |
		awk '{ printf "background mix busy: %d flows, %d messages in %s s: %.0f messages/s\n", $1, $3, $6, $3 / $6 }'
fi
