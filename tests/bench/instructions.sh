#!/bin/bash
# Instructions per packet, without those for an empty capture: of reading and decoding alone, of
# `skypelab detect` with the default signatures, those of version 0.1.0 and all, on mixed traffic and on traffic
# with much Skype in it. Other than times, these are the same on a busy machine.
set -eu
: "${BUILD:?run through tests/bench.sh}"
command -v valgrind >/dev/null || { echo "not without valgrind (apt-get install valgrind)"; exit 0; }
dir=$BUILD/bench
mkdir -p "$dir"
empty=$(mktemp)
trap 'rm -f "$empty"' EXIT
# count CAPTURE COMMAND...: instructions of the command with the capture as its last argument.
count() {
	local f=$1
	shift
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" "$f" 2>&1 >/dev/null |
		sed -n 's/.*Collected : //p'
}
per_packet() { awk -v a="$(count "$f" "$@")" -v b="$(count "$empty" "$@")" -v n="$n" 'BEGIN { printf " %10.0f", (a - b) / n }'; }
detect=("$SKYPELAB" -q detect --eve /dev/null)
. tests/bench/of_0_1_0
capture() {
	f=$dir/$1-200000.pcap
	[ -e "$f" ] || "$BUILD/tools/mkcapture" "$1" "$f" 200000 20000 >/dev/null
	head -c 24 "$f" >"$empty"
	n=$("$BUILD/tools/pcaploop" "$f" | cut -d' ' -f1)
}
printf '%-8s %10s %10s %10s %12s\n' traffic reader default "18 of 0.1.0" all
for kind in mixed heavy; do
	capture $kind
	printf '%-8s' "$kind"
	per_packet "$BUILD/tools/readloop"
	per_packet "${detect[@]}" --threads 1
	per_packet "${detect[@]}" --threads 1 "${of_0_1_0[@]}"
	per_packet "${detect[@]}" --threads 1 -s all
	echo
done

# In two threads: what the one that follows flows takes, and the one that reads ahead. The first is what no thread more
# could take off it; the longer one sets the pace.
echo
echo "in two threads"
printf '%-8s %-12s %10s %10s %10s %14s\n' traffic signatures one follows "reads ahead" "one / longer"
split() {
	local name=$1 one start out
	shift
	one=$(count "$f" "${detect[@]}" --threads 1 "$@") start=$(count "$empty" "${detect[@]}" --threads 1 "$@")
	out=$(mktemp)
	valgrind --tool=callgrind --separate-threads=yes --callgrind-out-file="$out" "${detect[@]}" --threads 2 "$@" "$f" \
		>/dev/null 2>&1
	awk -v kind="$kind" -v name="$name" -v one="$one" -v start="$start" -v n="$n" '/^totals:/ { t[++k] = $2 } END {
		one = (one - start) / n
		follows = (t[1] - start) / n
		ahead = t[2] / n
		printf "%-8s %-12s %10.0f %10.0f %10.0f %14.2f\n", kind, name, one, follows, ahead,
			one / (follows > ahead ? follows : ahead) }' "$out-01" "$out-02"
	rm -f "$out" "$out-01" "$out-02"
}
for kind in mixed heavy; do
	capture $kind
	split default
	split "18 of 0.1.0" "${of_0_1_0[@]}"
	split all -s all
done
