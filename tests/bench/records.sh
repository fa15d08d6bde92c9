#!/bin/bash
# Processor time from packets to verdict: SNACK's rules on flow records that are made of the packets, the same asked of the
# packets, and Adami's signature, which reads payload; warm cache, one pinned core, best of three runs. "detecting" is
# without what reading and decoding alone cost. SNACK's authors measured 12,423 s of Adami's detector against 434 s of
# theirs, about 30, making the records included (TMA 2011).
set -eu
: "${BUILD:?run through tests/bench.sh}"
dir=$BUILD/bench
mkdir -p "$dir"
packets=2000000 flows=200000 runs=3
[ -z "${SKYPELAB_BENCH_QUICK:-}" ] || packets=200000 flows=20000 runs=1
pin=
taskset -c 0 true 2>/dev/null && pin="taskset -c 0"
for kind in mixed heavy; do
	capture=$dir/$kind-$packets.pcap
	[ -e "$capture" ] || "$BUILD/tools/mkcapture" $kind "$capture" "$packets" "$flows" >/dev/null
	cat "$capture" >/dev/null
	n=$("$BUILD/tools/pcaploop" "$capture" | cut -d' ' -f1)
	echo "$kind traffic: $n packets"
	for s in "" snack-2011 snack-2011-packets adami-2009; do
		if [ -z "$s" ]; then
			command=("$BUILD/tools/readloop" "$capture")
		else
			command=("$SKYPELAB" -q detect --threads 1 --eve /dev/null -s "$s" "$capture")
		fi
		# shellcheck disable=SC2086
		echo "${s:-reading} $($pin "$BUILD/tools/measure" -n "$runs" "${command[@]}")"
	done | awk -v n="$n" '
		BEGIN { printf "%-20s %8s %10s %11s\n", "", "CPU s", "ns/packet", "detecting" }
		$1 == "reading" { floor = $3 }
		{ cpu[$1] = $3; printf "%-20s %8.3f %10.1f %11.1f\n", $1, $3, $3 / n * 1e9, ($3 - floor) / n * 1e9 }
		END { a = cpu["adami-2009"]; s = cpu["snack-2011"]
			only = (s > floor && a > floor) ? sprintf("%.2f", (a - floor) / (s - floor)) : "-"
			printf "adami-2009 / snack-2011: %.2f in all, %s of detecting\n\n", a / s, only }'
done
