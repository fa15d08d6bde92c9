#!/bin/bash
# Instructions per packet, without those for an empty capture: of reading and decoding alone, of
# `skypelab detect` with the default signatures and with all of them, on mixed traffic and on traffic
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
detect=("$SKYPELAB" -q detect --threads 1 --eve /dev/null)
printf '%-8s %10s %10s %10s\n' traffic reader default all
for kind in mixed heavy; do
	f=$dir/$kind-200000.pcap
	[ -e "$f" ] || "$BUILD/tools/mkcapture" "$kind" "$f" 200000 20000 >/dev/null
	head -c 24 "$f" >"$empty"
	n=$("$BUILD/tools/pcaploop" "$f" | cut -d' ' -f1)
	printf '%-8s' "$kind"
	per_packet "$BUILD/tools/readloop"
	per_packet "${detect[@]}"
	per_packet "${detect[@]}" -s all
	echo
done
