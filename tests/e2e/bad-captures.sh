#!/bin/bash
# Captures that are damaged, or are none, sent by frame and used in scenarios: one line says which
# file, where and what; the exit code is 2; the good part and the other files are still used, and a
# file that is no capture or has another digest is refused before anything is built.
. "$(dirname "$0")/lib.sh"
need jq; need_namespaces
# Damage is the same whichever capture has it.
# shellcheck disable=SC2046
on_captures made-2006.pcap $(rounds "" SkypeIRC.cap)
good=$CAPTURE
mkdir -p "$TMP/corpora/positives"
bad="$TMP/corpora/positives"
patch() { # FILE OFFSET BYTES(printf)
	cp "$good" "$bad/$1"; chmod u+w "$bad/$1"
	# shellcheck disable=SC2059
	printf "$3" | dd of="$bad/$1" bs=1 seek="$2" conv=notrunc status=none
}
u32() { od -An -tu4 --endian=little -j "$1" -N 4 "$good" | tr -d ' '; }
second=$((24 + 16 + $(u32 32))) # the second record's header
head -c 100000 "$good" >"$bad/cut.pcap"
cut=$(($("$BUILD/tools/pcaploop" "$bad/cut.pcap" | cut -d" " -f1) + 1)) # the frame that is not whole
patch length.pcap $((second + 8)) '\360\377\377\377'
patch link.pcap 20 '\223'
third=$((second + 16 + $(u32 $((second + 8)))))
back=$(($(u32 $third) - 100))
by=$(awk -v a="$(u32 $second)" -v b="$(u32 $((second + 4)))" -v c="$back" -v d="$(u32 $((third + 4)))" \
	'BEGIN { printf "%.1f", a - c + (b - d) / 1e6 }')
patch back.pcap $third "$(printf '\\%03o\\%03o\\%03o\\%03o' $((back & 255)) $((back >> 8 & 255)) $((back >> 16 & 255)) $((back >> 24 & 255)))"
: >"$bad/empty.pcap"
head -c 24 "$good" >"$bad/none.pcap"
echo 'this is no capture' >"$bad/text.pcap"
truncate -s 1G "$bad/zeros.pcap"
cp "$good" "$bad/sparse.pcap"; chmod u+w "$bad/sparse.pcap"; truncate -s 300M "$bad/sparse.pcap"
cp "$good" "$bad/good.pcap"
{ head -c 1000 "$good"; printf x; } >"$bad/SkypeIRC.cap"

# By frame, beside a good file: its frames all leave.
export bad SKYPELAB
frames() { # FILES...
	rc=0
	# shellcheck disable=SC2016
	isolated sh -c 'ip link set lo up; cd "$bad"; exec "$SKYPELAB" replay -i lo --top-speed "$@"' sh "$@" >"$TMP/out" 2>"$TMP/err" || rc=$?
	sent=$(awk '/frames,/ { print $1 }' "$TMP/out")
}
frames good.pcap
same $rc 0 "the good file"
all=$sent
while IFS='|' read -r file words; do
	frames "$file" good.pcap
	same $rc 2 "replay of $file: exit code"
	same "$(grep -v warning: "$TMP/err" | grep -c "$file")" 1 "replay of $file: lines"
	grep -qE "$file: $words" "$TMP/err" || fail "replay of $file says: $(cat "$TMP/err")"
	[ "$sent" -ge "$all" ] || fail "beside $file only $sent of $all frames left"
done <<-LIST
	cut.pcap|cut off in frame $cut
	length.pcap|frame 2 at byte .* says it holds 4294967280 bytes
	link.pcap|unsupported link type 147
	back.pcap|frame 3: time goes back by $by s
	empty.pcap|empty file, not a capture
	text.pcap|not a capture
	zeros.pcap|not a capture
	sparse.pcap|cut off in frame
	missing.pcap|No such file
LIST
frames none.pcap
same "$rc $(wc -l <"$TMP/err")" "2 1" "replay of a capture without a packet"

# In scenarios. What is no capture is refused with the scenario's line, and nothing is left.
export SKYPELAB_CORPORA="$TMP/corpora"
scenario() { # FILE KIND
	cat >"$TMP/s.yaml" <<-YAML
		scenario: bad
		sites: [{name: caller}]
		recordings:
		  - site: caller
		    client: 192.168.1.2
		    capture: positives/$1
		    replay: $2
		matrix: [{axis: seed, values: [1, 2]}]
		vantages: [caller.lan]
	YAML
	rc=0
	rm -rf "$TMP/run"
	timeout 200 "$SKYPELAB" run --no-report -o "$TMP/run" "$TMP/s.yaml" >"$TMP/out" 2>"$TMP/err" || rc=$?
}
while IFS='|' read -r file words; do
	scenario "$file" conversation
	same "$rc $(wc -l <"$TMP/err")" "2 1" "scenario with $file: exit code and lines ($(cat "$TMP/err"))"
	grep -qE "s.yaml:6: .*$words" "$TMP/err" || fail "scenario with $file says: $(cat "$TMP/err")"
	[ ! -e "$TMP/run" ] || fail "scenario with $file left something"
done <<-'LIST'
	link.pcap|link type 147
	empty.pcap|empty file, not a capture
	text.pcap|not a capture
	zeros.pcap|not a capture
	missing.pcap|expected a file under
	SkypeIRC.cap|SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}; the file is not used
LIST
# What is damaged is used as far as it goes, in both cells, and said once.
for kind in conversation frame; do
	while IFS='|' read -r file words; do
		scenario "$file" $kind
		same "$rc $(grep -vc warning: "$TMP/err")" "2 1" "$kind of $file: exit code and lines ($(cat "$TMP/err"))"
		grep -qE "$file: $words" "$TMP/err" || fail "$kind of $file says: $(cat "$TMP/err")"
		same "$(jq -s 'map(select(.flows > 0)) | length' "$TMP"/run/cells/*/cell.json)" 2 "$kind of $file: cells with flows"
		[ -e "$TMP/run/manifest.json" ] || fail "$kind of $file: no manifest"
	done <<-LIST
		cut.pcap|cut off in frame $cut
		length.pcap|frame 2 at byte .* says it holds 4294967280 bytes
		back.pcap|frame 3: time goes back by $by
		sparse.pcap|cut off in frame
	LIST
done
