#!/bin/bash
# What a start costs: `skypelab help`, and `skypelab detect` on a capture of ten packets with the default signatures and
# with all of them, best of a hundred; beside a program that does nothing. Instructions, where valgrind is there, do not
# depend on what else the machine does. The last row's signatures are files that were changed since the build, so
# that their YAML is read.
set -eu
: "${BUILD:?run through tests/bench.sh}"
dir=$BUILD/bench
mkdir -p "$dir"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
runs=100
[ -z "${SKYPELAB_BENCH_QUICK:-}" ] || runs=10
"$BUILD/tools/mkcapture" mixed "$tmp/ten.pcap" 10 2 >/dev/null
for s in skypelab-2006 skypelab-2013; do
	{ cat "detector/signatures/$s.yaml"; echo "# changed"; } >"$tmp/$s.yaml"
done
row() { # NAME COMMAND...
	local name=$1 wall cpu peak count=-
	shift
	read -r wall cpu peak < <("$BUILD/tools/measure" -n "$runs" "$@")
	if command -v valgrind >/dev/null; then
		count=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
			sed -n 's/.*Collected : //p' | awk '{ printf "%.1f", $1 / 1e6 }')
	fi
	awk -v n="$name" -v w="$wall" -v c="$cpu" -v p="$peak" -v i="$count" 'BEGIN {
		printf "%-44s %8.1f %8.1f %9.1f %14s\n", n, w * 1e3, c * 1e3, p / 1024, i }'
}
printf '%-44s %8s %8s %9s %14s\n' command "wall ms" "CPU ms" "peak MiB" "M instructions"
row true /bin/true
row "skypelab help" "$SKYPELAB" help
detect=("$SKYPELAB" -q detect --eve /dev/null)
row "skypelab detect, default" "${detect[@]}" "$tmp/ten.pcap"
row "skypelab detect, all signatures" "${detect[@]}" -s all "$tmp/ten.pcap"
row "skypelab detect, default, changed" "${detect[@]}" -s "$tmp/skypelab-2006.yaml" -s "$tmp/skypelab-2013.yaml" "$tmp/ten.pcap"
LD_DEBUG=statistics "$SKYPELAB" help 2>&1 >/dev/null |
	sed -n 's/.* number of relocations: *\([0-9]*\)$/of help: \1 symbols are looked up/p' | head -n 1
ldd "$SKYPELAB" | grep -c '=>' | sed 's/$/ libraries are loaded/'
