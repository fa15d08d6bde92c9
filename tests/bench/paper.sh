#!/bin/bash
# The paper's matrix with five repetitions of each of its 36 settings and special cases, scored, with its report: seconds,
# and processor seconds of all its processes. Where perf(1) can record, what the run spends its time in.
set -eu
: "${BUILD:?run through tests/bench.sh}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
repeat=5
[ -z "${SKYPELAB_BENCH_QUICK:-}" ] || repeat=1
run=("$SKYPELAB" -q run --repeat "$repeat" -o "$tmp/run" paper-matrix)
read -r wall cpu peak < <("$BUILD/tools/measure" -n 1 "${run[@]}")
cells=$(find "$tmp/run/cells" -mindepth 1 -maxdepth 1 | wc -l)
awk -v c="$cells" -v r="$repeat" -v w="$wall" -v u="$cpu" -v p="$peak" 'BEGIN {
	printf "%d cells (%d repetitions), scored and reported: %.1f s, %.1f s of processor (%.0f ms a cell), peak %.0f MiB\n",
		c, r, w, u, u / c * 1e3, p / 1024 }'
rm -r "$tmp/run"
if command -v perf >/dev/null && perf record -F 999 -g -e cpu-clock -o "$tmp/perf" "${run[@]}" >/dev/null 2>&1; then
	echo "of that, in this and all it calls:"
	perf report -i "$tmp/perf" --children --stdio -g none --sort comm,sym --percent-limit 4 2>/dev/null |
		grep -v '^#' | grep '%' | head -n 25
fi
