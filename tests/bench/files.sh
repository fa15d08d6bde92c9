#!/bin/bash
# Many small captures: `detect --shard 1/1` (each by itself) and `score --not-skype` over 1,000, 10,000 and 100,000 captures of ten
# packets, on one processor and on all; plain `detect`, which reads them as one; and `score --matrix` over the recorded
# corpora, where they are. Peak memory is the largest process's. The captures take 1 GB of disk.
set -eu
: "${BUILD:?run through tests/bench.sh}"
dir=$BUILD/bench
mkdir -p "$dir"
most=100000
[ -z "${SKYPELAB_BENCH_QUICK:-}" ] || most=1000
whole=$dir/mixed-$((10 * most)).pcap many=$dir/many-$most
[ -e "$whole" ] || "$BUILD/tools/mkcapture" mixed "$whole" $((10 * most)) "$most" >/dev/null
[ -e "$many.done" ] || { rm -rf "$many"; "$BUILD/tools/splitcapture" "$whole" "$many" 10 "$most" >/dev/null; : >"$many.done"; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
row() { # NAME COMMAND...: what it took, whatever its exit status
	local name=$1 wall cpu peak
	shift
	# shellcheck disable=SC2016
	read -r wall cpu peak < <("$BUILD/tools/measure" -n 1 bash -c '"$@" || [ $? -le 2 ]' - "$@")
	awk -v n="$name" -v w="$wall" -v c="$cpu" -v p="$peak" -v f="${files:-0}" 'BEGIN {
		printf "%-52s %8.2f %8.2f %9.1f %9s\n", n, w, c, p / 1024, f ? sprintf("%.0f", c / f * 1e6) : "-" }'
}
one=
taskset -c 0 true 2>/dev/null && one="taskset -c 0"
printf '%-52s %8s %8s %9s %9s\n' command "wall s" "CPU s" "peak MiB" "us/file"
for files in 1000 10000 100000; do
	[ "$files" -le "$most" ] || continue
	in=$many
	if [ "$files" -lt "$most" ]; then
		in=$tmp/$files
		mkdir "$in"
		find "$many" -name '*.pcap' | sort | head -n "$files" | xargs ln -s -t "$in"
	fi
	# shellcheck disable=SC2086
	row "detect --shard 1/1, $files captures, one processor" $one "$SKYPELAB" -q detect --shard 1/1 --eve "$tmp/eve" "$in"
	row "  all processors" "$SKYPELAB" -q detect --shard 1/1 --eve "$tmp/eve" "$in"
	# shellcheck disable=SC2016
	row "detect, as one capture" bash -c 'cd "$2" && printf "%s\0" *.pcap | xargs -0 -n 30000 "$0" -q detect --eve "$1"' "$SKYPELAB" "$tmp/eve" "$in"
	[ "$files" = 100000 ] || row "score --not-skype" "$SKYPELAB" -q score --not-skype "$in"
done
if [ -e "$SKYPELAB_CORPORA/negatives" ]; then
	files=$(find -L "$SKYPELAB_CORPORA" -type f | wc -l)
	# shellcheck disable=SC2086
	row "score --matrix, $files files of the corpora, one" $one "$SKYPELAB" -q score --matrix -o "$tmp/page"
	row "  all processors" "$SKYPELAB" -q score --matrix -o "$tmp/page"
	strace -f -c -o "$tmp/calls" "$SKYPELAB" -q score --matrix -o "$tmp/page" 2>/dev/null &&
		awk '$NF == "total" { print "system calls of it: " $(NF > 5 ? NF - 2 : 3) }' "$tmp/calls"
fi
