#!/bin/bash
# How long reading and detecting takes, against a bare libpcap loop over the same file, warm cache,
# best of three runs: mixed traffic, traffic with much Skype in it, then 1,000 and 1,000,000 flows
# alive at once with the same number of packets. At last ten million flows come through a pipe, while they are made: of
# these only the memory counts, and what is evicted. All run on one pinned core, but for the rows "and a
# reading thread": there a second core may be used, as it is by default. The first ratio is of the
# time that passes; the second of CPU seconds, which a busy machine disturbs less.
set -eu
: "${BUILD:?run through tests/bench.sh}"
dir=$BUILD/bench
mkdir -p "$dir"
packets=2000000 flows=200000 many=1000000 runs=3
[ -z "${SKYPELAB_BENCH_QUICK:-}" ] || packets=200000 flows=20000 many=100000 runs=1
mixed=$dir/mixed-$packets.pcap heavy=$dir/heavy-$packets.pcap few=$dir/flows-1000-$((3 * many)).pcap
turns=$dir/flows-$many-in-turn-$((3 * many)).pcap all=$dir/flows-$many-$((3 * many)).pcap
[ -e "$mixed" ] || "$BUILD/tools/mkcapture" mixed "$mixed" "$packets" "$flows" >/dev/null
[ -e "$heavy" ] || "$BUILD/tools/mkcapture" heavy "$heavy" "$packets" "$flows" >/dev/null
[ -e "$few" ] || "$BUILD/tools/mkcapture" concurrent "$few" $((3 * many)) 1000 >/dev/null
[ -e "$turns" ] || "$BUILD/tools/mkcapture" concurrent "$turns" $((3 * many)) "$many" 1 1000 >/dev/null
[ -e "$all" ] || "$BUILD/tools/mkcapture" concurrent "$all" $((3 * many)) "$many" >/dev/null
pin=
taskset -c 0 true 2>/dev/null && pin="taskset -c 0"

# row NAME COMMAND...: one line of the table; the first row is what the others are compared with.
floor=
row() {
	local name=$1 out wall cpu peak
	shift
	# shellcheck disable=SC2086
	out=$($pin "$BUILD/tools/measure" -n "$runs" "$@") || { echo "$name: failed" >&2; return 0; }
	read -r wall cpu peak <<<"$out"
	[ -n "$floor" ] || floor="$wall $cpu"
	awk -v name="$name" -v w="$wall" -v c="$cpu" -v p="$peak" -v n="$count" -v f="$floor" 'BEGIN {
		split(f, first)
		printf "%-34s %8.3f %8.3f %10.2f %9.1f %9.1f %8.2f %8.2f\n",
			name, w, c, n / w / 1e6, w / n * 1e9, p / 1024, w / first[1], c / first[2] }'
}
header() {
	printf '%-34s %8s %8s %10s %9s %9s %8s %8s\n' program "wall s" "CPU s" "Mpacket/s" ns/packet \
		"peak MiB" "x wall" "x CPU"
}
# The same with a thread that reads ahead, on as many cores as there are.
threads() {
	local name=$1 pin=
	shift
	[ "$(nproc)" -gt 1 ] || return 0
	row "  $name, and a reading thread" "${detect[@]}" --threads 2 "$@"
}
have() { command -v "$1" >/dev/null 2>&1; }
detect=("$SKYPELAB" -q detect --eve /dev/null)
one=(--threads 1)
. tests/bench/of_0_1_0

for f in "$mixed" "$heavy"; do
	count=$("$BUILD/tools/pcaploop" "$f" | cut -d' ' -f1)
	name=${f##*/}
	echo "${name%%-*} traffic: $count packets, $flows flows or more, $(stat -c %s "$f") bytes"
	cat "$f" >/dev/null
	floor=
	header
	row "bare libpcap loop" "$BUILD/tools/pcaploop" "$f"
	row "tcpdump -w /dev/null, udp or tcp" tcpdump -r "$f" -w /dev/null "udp or tcp"
	row "our reader and decoder alone" "$BUILD/tools/readloop" "$f"
	row "skypelab detect, one signature" "${detect[@]}" "${one[@]}" -s ehlert-petgang-1.4 "$f"
	threads one -s ehlert-petgang-1.4 "$f"
	row "skypelab detect, default" "${detect[@]}" "${one[@]}" "$f"
	threads default "$f"
	row "skypelab detect, all signatures" "${detect[@]}" "${one[@]}" -s all "$f"
	threads all -s all "$f"
	row "skypelab detect, the 18 of 0.1.0" "${detect[@]}" "${one[@]}" "${of_0_1_0[@]}" "$f"
	threads "the 18" "${of_0_1_0[@]}" "$f"
	if have ndpiReader; then runs=1 row "ndpiReader -q" ndpiReader -q -i "$f"; fi
	if have tshark && [ -n "${SKYPELAB_BENCH_TSHARK:-}" ]; then # minutes, and gigabytes
		runs=1 row "tshark -q -n" tshark -q -n -r "$f"
	fi
	echo
done

# Between the two: as many flows as the last, no more at once than the first.
for f in "$few" "$turns" "$all"; do
	count=$("$BUILD/tools/pcaploop" "$f" | cut -d' ' -f1)
	n=${f##*/flows-}
	case $f in
	"$turns") echo "${n%%-*} flows, 1000 at once: $count packets, $(stat -c %s "$f") bytes" ;;
	*) echo "${n%%-*} flows, all at once: $count packets, $(stat -c %s "$f") bytes" ;;
	esac
	cat "$f" >/dev/null
	floor=
	header
	row "bare libpcap loop" "$BUILD/tools/pcaploop" "$f"
	row "skypelab detect, one signature" "${detect[@]}" "${one[@]}" -s ehlert-petgang-1.4 "$f"
	row "skypelab detect, all signatures" "${detect[@]}" "${one[@]}" -s all "$f"
	threads all -s all "$f"
	[ "$f" = "$all" ] || echo
done

# Ten million flows, ten times as many as are followed at a time unless more are asked for.
echo
echo "$((10 * many)) flows of one packet, through a pipe"
printf '%-34s %9s %14s %14s\n' program "peak MiB" "flows evicted" "other evicted"
piped() {
	local name=$1 out
	shift
	out=$("$BUILD/tools/mkcapture" concurrent /dev/fd/3 $((10 * many)) $((10 * many)) 3>&1 >/dev/null |
		/usr/bin/env time -f 'peak %M' "${detect[@]}" --stats "$@" - 2>&1) || { echo "$name: failed" >&2; return 0; }
	awk -v name="$name" '/^flows evicted/ { flows = $NF } / evicted / && !/^flows/ { other += $NF } /^peak/ { peak = $2 }
		END { printf "%-34s %9.1f %14d %14d\n", name, peak / 1024, flows, other }' <<<"$out"
}
if have time; then
	piped "default"
	piped "default, --max-flows $((10 * many))" --max-flows $((10 * many))
	piped "all signatures" -s all
	piped "all, --max-flows $((10 * many))" -s all --max-flows $((10 * many))
fi
