#!/bin/bash
# How long an analysis takes, against a bare libpcap loop over the same million packets, warm cache, best
# of three runs: mixed traffic, and traffic with much Skype in it. --no-fields is who talks with whom
# (parts 1, 4 and 5) with names by four signatures; the whole adds classes, maps and what would break them.
# All run on one pinned core, but for the row "on two cores": there threads read and analyse beside each
# other, as they do by default. Its ratio of wall time holds on cores that nobody else uses. The first ratio is of the time that passes; the second of CPU seconds, which a busy machine disturbs less.
set -eu
: "${BUILD:?run through tests/bench.sh}"
dir=$BUILD/bench
mkdir -p "$dir"
packets=1000000 flows=100000 runs=3
[ -z "${SKYPELAB_BENCH_QUICK:-}" ] || packets=100000 flows=10000 runs=1
pin=
taskset -c 0 true 2>/dev/null && pin="taskset -c 0"
analyze=("$SKYPELAB" -q analyze -o /dev/null)

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
		printf "%-34s %8.3f %8.3f %9.1f %9.1f %8.2f %8.2f\n",
			name, w, c, w / n * 1e9, p / 1024, w / first[1], c / first[2] }'
}

# The same on two cores, as far as they are there.
two() {
	local pin="taskset -c 0,1"
	[ "$(nproc)" -gt 1 ] && $pin true 2>/dev/null || return 0
	row "$@"
}

for kind in mixed heavy; do
	f=$dir/$kind-$packets.pcap
	[ -e "$f" ] || "$BUILD/tools/mkcapture" "$kind" "$f" "$packets" "$flows" >/dev/null
	count=$("$BUILD/tools/pcaploop" "$f" | cut -d' ' -f1)
	echo "$kind traffic: $count packets, $flows flows or more, $(stat -c %s "$f") bytes"
	cat "$f" >/dev/null
	floor=
	printf '%-34s %8s %8s %9s %9s %8s %8s\n' program "wall s" "CPU s" ns/packet "peak MiB" "x wall" "x CPU"
	row "bare libpcap loop" "$BUILD/tools/pcaploop" "$f"
	row "skypelab analyze --no-fields" "${analyze[@]}" --no-fields "$f"
	row "skypelab analyze" "${analyze[@]}" "$f"
	two "  skypelab analyze, on two cores" "${analyze[@]}" "$f"
	[ "$kind" = heavy ] || echo
done
