#!/bin/bash
# What a packet costs that is meant to be slow, against packets that are not: CPU seconds per packet of
# `skypelab detect`, best of three runs, with the default signatures and with all of them. The last
# columns are what is compared: no input should cost more than four times the mixed traffic's packet. With
# all signatures, each datagram of "held" and "flood" begins 18 rules, is held 4 times and reported 5 times:
# these rows show what that costs, not a walk through a table.
set -eu
: "${BUILD:?run through tests/bench.sh}"
dir=$BUILD/bench
mkdir -p "$dir"
n=400000 runs=3
[ -z "${SKYPELAB_BENCH_QUICK:-}" ] || n=80000 runs=1
[ -e "$dir/attack-mixed-$n.pcap" ] || "$BUILD/tools/mkcapture" mixed "$dir/attack-mixed-$n.pcap" "$n" $((n / 10)) >/dev/null
printf '%-10s %12s %12s %10s %10s\n' input ns/default ns/all "x default" "x all"
first=
for kind in mixed plain collide held sessions flood one-flow small fragments versions; do
	f=$dir/attack-$kind-$n.pcap
	[ -e "$f" ] || "$BUILD/tools/mkattack" "$kind" "$f" "$n"
	count=$("$BUILD/tools/pcaploop" "$f" | cut -d' ' -f1) # "mixed" holds more than were asked for
	read -r _ few _ <<<"$("$BUILD/tools/measure" -n "$runs" "$SKYPELAB" -q detect --threads 1 --eve /dev/null "$f")"
	read -r _ all _ <<<"$("$BUILD/tools/measure" -n "$runs" "$SKYPELAB" -q detect --threads 1 -s all --eve /dev/null "$f")"
	[ -n "$first" ] || first="$few $all $count"
	awk -v k="$kind" -v a="$few" -v b="$all" -v n="$count" -v f="$first" 'BEGIN { split(f, m)
		a *= 1e9 / n; b *= 1e9 / n; one = 1e9 / m[3]
		printf "%-10s %12.0f %12.0f %10.2f %10.2f\n", k, a, b, a / (m[1] * one), b / (m[2] * one) }'
done
