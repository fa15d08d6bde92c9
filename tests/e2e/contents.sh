#!/bin/bash
# Captures that can be read and give nothing, or whose times and lengths are strange: every command says
# so, with counts; the exit status is 2 where nothing could be read. Makes its captures itself.
. "$(dirname "$0")/lib.sh"
need_namespaces

le() { # VALUE BYTES
	local v=$1 i
	for ((i = 0; i < $2; i++)); do printf "\\x$(printf %02x $((v & 255)))"; v=$((v >> 8)); done
}
header() { le 0xa1b2c3d4 4; le 2 2; le 4 2; le 0 8; le "${1:-65535}" 4; le "${2:-1}" 4; } # SNAP LINK
# A UDP datagram of 4 bytes in Ethernet, with another EtherType in front if there is one.
record() { # SECOND FRACTION [WIRE-LENGTH [BYTES BEFORE THE PACKET'S TYPE]]
	local more=${4:-} n
	n=$((46 + ${#more} / 4))
	le "$1" 4; le "$2" 4; le $n 4; le "${3:-$n}" 4
	printf '\2\0\0\0\0\2\2\0\0\0\0\1'; printf '%b' "$more"
	printf '\x08\0\x45\0\0\x20\0\0\0\0\x40\x11\0\0\x0a\0\0\1\xc0\0\2\1\x13\x88\x13\x89\0\x0c\0\0abcd'
}
detect() { # FILE: rc, out, err
	rc=0
	"$SKYPELAB" detect -s skypelab-2006 "$1" >"$TMP/out" 2>"$TMP/err" || rc=$?
}
says() { grep -qE -- "$1" "$TMP/err" || fail "expected «$1», got: $(cat "$TMP/err")"; }

{ header; record 1 0; record 2 0; } >"$TMP/good.pcap"
detect "$TMP/good.pcap"
same $rc 0 "a good capture"
same "$(cat "$TMP/err")" "" "a good capture says"

# nothing could be read
{ header; for i in 1 2 3; do record $i 0 "" '\x88\xb5'; done; } >"$TMP/unknown.pcap"
{ header; record 1 0 "" '\x88\xe5\x2c\0\0\0\0\1\0\0\0\0\0\0\0\1'; } >"$TMP/macsec.pcap"
words='unknown.pcap: none of its 3 frames gave a packet: 3 EtherType 0x88b5$'
detect "$TMP/unknown.pcap"
same $rc 2 "an unknown encapsulation"
says "$words"
same "$(wc -l <"$TMP/err")" 1 "lines"
detect "$TMP/macsec.pcap"
same $rc 2 "an encrypted capture"
says 'none of its 1 frames gave a packet: 1 encrypted MACsec$'
printf 'proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\nudp\t10.0.0.1\t5000\t192.0.2.1\t5001\tskype\n' >"$TMP/l.tsv"
for args in "--labels $TMP/l.tsv" --not-skype; do
	rc=0
	# shellcheck disable=SC2086
	"$SKYPELAB" score -s skypelab-2006 $args "$TMP/unknown.pcap" >"$TMP/out" 2>"$TMP/err" || rc=$?
	same $rc 2 "score $args"
	says "$words"
done
rc=0; "$SKYPELAB" labels init "$TMP/unknown.pcap" >"$TMP/out" 2>"$TMP/err" || rc=$?
same $rc 2 "labels init"
says "$words"

# what is said and read
{ header; record 1 0; record 2 0 "" '\x88\xb5'; } >"$TMP/half.pcap"
{ header; record 1 0 "" '\x08\x06'; } >"$TMP/arp.pcap"
{ header 20; record 1 0; } >"$TMP/snap.pcap"
{ header; record 1 0; record 1 100000000; } >"$TMP/nano.pcap"
{ header; record 1 1200000; } >"$TMP/carry.pcap"
{ header; record 1 0 20; } >"$TMP/short.pcap"
{ header; record 9 0; record 5 0; } >"$TMP/back.pcap"
{ header; record 1 0 0x7fffffff; } >"$TMP/long.pcap"
while IFS='|' read -r file status words; do
	detect "$TMP/$file.pcap"
	same $rc "$status" "$file: exit status"
	says "$file.pcap: $words"
	rc=0
	"$SKYPELAB" score -s skypelab-2006 --not-skype "$TMP/$file.pcap" >"$TMP/out" 2>"$TMP/err" || rc=$?
	same $rc "$status" "score of $file: exit status"
	says "$file.pcap: $words"
done <<-LIST
	half|0|1 of its 2 frames gave no packet: 1 EtherType 0x88b5
	arp|0|none of its 1 frames holds IP: 1 EtherType 0x0806
	snap|0|frames longer than the snap length in the header of the file: 1, the first in frame 1
	nano|0|fractions of a second in nanoseconds, though the file says microseconds: 1, the first in frame 2
	carry|0|time stamps with a fraction of a second or more: 1, the first in frame 1
	short|0|frames shorter on the wire than what is captured of them: 1, the first in frame 1
	back|0|frame 2: time goes back by 4.0 s, further than packets are put in order .steps back in all: 1.; what spans it may be judged wrongly
	long|2|frames with an impossible length on the wire: 1, the first is frame 1 with 2147483647 bytes
LIST

# frames are sent as they are; what cannot be is said there too
rc=0
isolated sh -c "ip link set lo up; exec '$SKYPELAB' replay -i lo --top-speed '$TMP/long.pcap'" >"$TMP/out" 2>"$TMP/err" || rc=$?
same $rc 2 "replay of an impossible length"
says 'long.pcap: frames with an impossible length on the wire: 1'

# live as in files, when the reading is ended
cat >"$TMP/live.sh" <<'INSIDE'
set -eu
ip link add d0 type veth peer name d1
for i in d0 d1; do ip link set $i up; done
"$SKYPELAB" detect -s skypelab-2006 -i d1 -f "ether proto $1" >"$TMP/out" 2>"$TMP/err" &
pid=$!
reading 1
"$SKYPELAB" -q replay -i d0 --top-speed "$2" >/dev/null
sleep 1.5
kill -INT $pid
wait $pid
INSIDE
export TMP
if command -v ip >/dev/null && isolated true 2>/dev/null; then
	{ header; for i in 1 2 3; do record $i 0 "" '\x08\x06'; done; } >"$TMP/arps.pcap"
	while IFS='|' read -r file type status words; do
		rc=0
		isolated bash "$TMP/live.sh" "$type" "$TMP/$file.pcap" || rc=$?
		same $rc "$status" "$file live: exit status ($(cat "$TMP/err"))"
		says "$words"
		same "$(wc -l <"$TMP/err")" 1 "lines of $file live: $(cat "$TMP/err")"
		grep -q '^no Skype found in 3 frames' "$TMP/out" || fail "$file live: $(cat "$TMP/out")"
	done <<-LIST
		unknown|0x88b5|2|d1: none of its 3 frames gave a packet: 3 EtherType 0x88b5$
		arps|0x0806|0|warning: d1: none of its 3 frames holds IP: 3 EtherType 0x0806$
	LIST
fi

# names in folders
mkdir -p "$TMP/folder/below"
cp "$TMP/good.pcap" "$TMP/folder/cap.pcap"
cp "$TMP/good.pcap" "$TMP/folder/cap.pcap1"
cp "$TMP/good.pcap" "$TMP/folder/cap.pcap.20240101"
cp "$TMP/good.pcap" "$TMP/folder/below/X.PCAP"
gzip -c "$TMP/good.pcap" >"$TMP/folder/z.Pcap.GZ"
cp "$TMP/good.pcap" "$TMP/folder/odd.bin"
echo notes >"$TMP/folder/notes.txt"
"$SKYPELAB" score -s skypelab-2006 --not-skype "$TMP/folder" >"$TMP/out" 2>"$TMP/err"
grep -q '^5 captures without Skype' "$TMP/out" || fail "captures in a folder: $(head -1 "$TMP/out")"
says 'odd.bin: a capture, but not by its name; it is left out'
same "$(wc -l <"$TMP/err")" 1 "lines for the folder"

# a live reader that says "try again" is waited for
if [ "$(id -u)" = 0 ] && [ -d /proc/net/netfilter ] && [ -e /proc/net/netfilter/nfnetlink_log ]; then
	rc=0
	timeout -s KILL 1 unshare -n "$SKYPELAB" detect -s skypelab-2006 -i nflog:5 >"$TMP/out" 2>"$TMP/err" || rc=$?
	[ $rc = 137 ] || grep -q 'no such interface\|not permitted' "$TMP/err" ||
		fail "nflog ended with $rc: $(cat "$TMP/err")"
fi
