#!/bin/bash
# Replay by frame over a veth pair, seen by independent witnesses (dumpcap, tshark): the frames that
# arrive are those recorded, in order and in time; rewriting, fragments, limits, loops and both
# interfaces do what they say; damaged files are used as far as they go.
# long: many captures of one after the other
. "$(dirname "$0")/lib.sh"
need tshark; need dumpcap; need_namespaces
if [ "${1:-}" != inside ]; then
	export TMP_OUTER="$TMP"
	isolated bash "$0" inside
	exit
fi
ip link add name va type veth peer name vb
ip link add name vc type veth peer name vd
for i in va vb vc vd; do
	echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6
	ip link set $i up
done
for i in va vb vc vd; do
	for _ in $(seq 50); do [ "$(cat /sys/class/net/$i/operstate 2>/dev/null || echo up)" = up ] && break; sleep 0.1; done
done

# play OUT [skypelab replay options...]: what arrives at vb goes to OUT, at vd to OUT.d
play() {
	local out=$1; shift
	rm -f "$out.fields" "$out.d.fields"
	catch vb "$out"
	catch vd "$out.d"
	rc=0
	"$SKYPELAB" replay "$@" >"$TMP/stdout" 2>"$TMP/stderr" || rc=$?
	caught
}
# fields CAPTURE: what is in its frames; asked once, since tshark takes long to start
fields() {
	[ -s "$1.fields" ] || tshark -n -r "$1" -T fields -e eth.src -e eth.dst -e ip.src -e ip.dst -e ip.id -e udp.srcport \
		-e udp.dstport -e udp.checksum -e udp.payload 2>/dev/null >"$1.fields"
	cat "$1.fields"
}
count() { capinfos -rTcM "$1" 2>/dev/null | cut -f 2; }

# A capture of our own: DNS and QUIC of the generators, over the loopback.
ip link set lo up
ip addr add 10.0.0.2/32 dev lo; ip addr add 20.0.0.1/32 dev lo
printf 'name: t\ngenerators:\n  - {generator: dns, per_minute: 60, port: 53}\n  - {generator: quic, per_minute: 12}\n' >"$TMP/mix.yaml"
catch lo "$TMP/lo.pcap" -f 'host 10.0.0.2'
"$BUILD/tools/playmix" "$TMP/mix.yaml" 60 3 10.0.0.2 20.0.0.1 >/dev/null 2>&1
caught
in="$TMP/lo.pcap"
n=$(count "$in")
[ "$n" -gt 100 ] || fail "only $n frames to begin with"

# As recorded.
play "$TMP/a" -i va --stats "$in"
same $rc 0 "replay"
same "$(count "$TMP/a")" "$n" "frames that arrived"
cmp <(fields "$in") <(fields "$TMP/a") || fail "frames arrived changed"
echo "as recorded: $(head -1 "$TMP/stdout"), $(sed -n 2p "$TMP/stdout")"

# Addresses, ports and MACs rewritten; checksums right again (loopback captures hold wrong ones).
play "$TMP/a" -i va -x 100 --map 10.0.0.0/24=192.0.2.0 --port 53=5353 \
	--src-mac 02:00:00:00:00:01,02:00:00:00:00:02 --dst-mac 02:00:00:00:00:02,02:00:00:00:00:01 --repair "$in"
same "$rc" 0 "rewriting"
same "$(fields "$TMP/a" | grep -c '10\.0\.0\.2')" 0 "old addresses"
bad=$(tshark -n -r "$TMP/a" -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE \
	-Y 'udp.checksum.status == 0 || ip.checksum.status == 0' 2>/dev/null | wc -l)
same "$bad" 0 "wrong checksums after rewriting"
same "$(fields "$TMP/a" | awk -F'\t' '$6 == 53 || $7 == 53' | wc -l)" 0 "old ports"
same "$(fields "$TMP/a" | awk -F'\t' '$6 == 5353 || $7 == 5353' | wc -l)" \
	"$(fields "$in" | awk -F'\t' '$6 == 53 || $7 == 53' | wc -l)" "new ports"
same "$(fields "$TMP/a" | awk -F'\t' -v of=02:00:00:00:00:01 '$3 == "192.0.2.2" && $1 == of || $4 == "192.0.2.2" && $2 == of' | wc -l)" "$n" "MACs by direction"

# By seed: other addresses, the same ones again with the same seed, none doubled.
play "$TMP/s1" -i va --top-speed --seed 7 "$in"
play "$TMP/s2" -i va --top-speed --seed 7 "$in"
play "$TMP/s3" -i va --top-speed --seed 8 "$in"
cmp <(fields "$TMP/s1") <(fields "$TMP/s2") || fail "one seed, two results"
cmp -s <(fields "$TMP/s1") <(fields "$TMP/s3") && fail "two seeds, one result"
same "$(fields "$TMP/s1" | cut -f 3 | sort -u | wc -l)" 2 "addresses by seed"

# Fragments: put together again they are what was sent.
play "$TMP/f" -i va -x 100 --mtu 576 "$in"
same "$rc" 0 "fragments"
most=$(tshark -n -r "$TMP/f" -T fields -e ip.len -o ip.defragment:FALSE 2>/dev/null | sort -n | tail -1)
[ "$most" -le 576 ] || fail "a packet of $most bytes at an MTU of 576"
[ "$(count "$TMP/f")" -gt "$n" ] || fail "nothing was cut"
cmp <(fields "$in" | cut -f 9) \
	<(tshark -n -r "$TMP/f" -Y udp -T fields -e udp.payload 2>/dev/null) || fail "fragments do not add up"

# At top speed they are the same frames in the same order, also where some are too long for the ring that takes the others: the
# link takes them, of a size between the ring's place and a page.
play "$TMP/a" -i va --top-speed "$in"
cmp <(fields "$in") <(fields "$TMP/a") || fail "frames arrived changed at top speed"
ip link set va mtu 3000; ip link set vb mtu 3000
for i in 1 2 3 4 5 6 7 8; do
	printf '000000 02 00 00 00 00 02 02 00 00 00 00 01 88 b5 0%d' $i
	head -c $((i % 2 ? 100 : 2500)) /dev/zero | od -An -v -tx1 | tr -d '\n'; echo
done >"$TMP/hex"
text2pcap -q "$TMP/hex" "$TMP/sizes.pcap" >/dev/null 2>&1
play "$TMP/a" -i va --top-speed "$TMP/sizes.pcap"
same "$rc:$(tshark -n -r "$TMP/a" -T fields -e frame.len 2>/dev/null | tr '\n' ' ')" \
	"0:115 2515 115 2515 115 2515 115 2515 " "frames of two sizes at top speed"
ip link set va mtu 1500; ip link set vb mtu 1500

# A frame out of a pipe is sent when it is due, not when the next one is written.
catch vb "$TMP/a"
{ head -c 20000 "$in"; sleep 4; } | "$SKYPELAB" -q replay -i va -x 1000 - >/dev/null 2>&1 &
sleep 2
caught
wait
[ "$(count "$TMP/a")" -gt 20 ] || fail "$(count "$TMP/a") frames out of a pipe whose writer rests"

# Limits, loops, rates.
play "$TMP/a" -i va --limit 50 --top-speed "$in"
same "$(count "$TMP/a")" 50 "--limit"
play "$TMP/a" -i va --loop 3 --top-speed "$in"
same "$(count "$TMP/a")" $((3 * n)) "--loop"
play "$TMP/a" -i va --pps 1000 "$in"
took=$(tshark -n -r "$TMP/a" -T fields -e frame.time_relative 2>/dev/null | tail -1)
awk -v t="$took" -v n="$n" 'BEGIN { exit !(t > (n - 1) / 1000 * 0.9) }' || fail "$n frames at 1000 a second took only $took s"

# The end of the time and Ctrl-C do not wait for the next frame, which is a minute away.
editcap -r "$in" "$TMP/one.pcapng" 1; editcap -t 60 "$TMP/one.pcapng" "$TMP/later.pcapng"
mergecap -w "$TMP/gap.pcapng" "$TMP/one.pcapng" "$TMP/later.pcapng"
play "$TMP/a" -i va --seconds 0.5 "$TMP/gap.pcapng"
same "$rc:$(count "$TMP/a")" 0:1 "--seconds in a gap"
since=$SECONDS
timeout -s INT 1 "$SKYPELAB" replay -i va "$TMP/gap.pcapng" >"$TMP/stdout" || true
[ $((SECONDS - since)) -lt 10 ] || fail "an interrupt in a gap waited for $((SECONDS - since)) s"
grep -q '^1 frames, ' "$TMP/stdout" || fail "after an interrupt: $(cat "$TMP/stdout")"

# Two interfaces: the client's side leaves by one, the server's by the other.
play "$TMP/a" -i va -I vc --top-speed "$in"
same "$(fields "$TMP/a" | cut -f 3 | grep -cFx 10.0.0.2)" "$(count "$TMP/a")" "first interface"
same "$(fields "$TMP/a.d" | cut -f 3 | grep -cFx 20.0.0.1)" "$(count "$TMP/a.d")" "second interface"
same "$(($(count "$TMP/a") + $(count "$TMP/a.d")))" "$n" "frames on both interfaces"

# Several files are merged in time.
tshark -n -r "$in" -Y 'udp.port == 53' -w "$TMP/dns.pcapng" 2>/dev/null
tshark -n -r "$in" -Y 'udp.port != 53' -w "$TMP/rest.pcapng" 2>/dev/null
play "$TMP/a" -i va --top-speed "$TMP/rest.pcapng" "$TMP/dns.pcapng"
cmp <(fields "$in" | sort) <(fields "$TMP/a" | sort) || fail "two files together are not the one they came from"

# What detect reads is sent: compressed; of other link layers; with interfaces that differ. What cannot be
# built is said and not exit 0.
gzip -c "$in" >"$TMP/packed"
play "$TMP/a" -i va --top-speed "$TMP/packed"
same "$rc:$(count "$TMP/a")" "0:$n" "a compressed capture"
printf '000000 45 00 00 1f 00 01 00 00 40 11 00 00 0a 00 00 02 14 00 00 01 00 07 00 09 00 0b 00 00 61 62 63\n' >"$TMP/hex"
printf '000000 00 01 02 03\n' >"$TMP/nothing"
text2pcap -q -l 101 "$TMP/hex" "$TMP/raw.pcap" >/dev/null 2>&1
text2pcap -q -l 101 "$TMP/nothing" "$TMP/nothing.pcap" >/dev/null 2>&1
mergecap -w "$TMP/differ.pcapng" "$TMP/raw.pcap" "$TMP/one.pcapng"
play "$TMP/a" -i va --top-speed "$TMP/differ.pcapng"
same "$rc:$(count "$TMP/a")" 0:2 "a capture whose interfaces differ"
play "$TMP/a" -i va --top-speed "$TMP/raw.pcap" "$TMP/nothing.pcap"
same "$rc:$(count "$TMP/a")" 2:1 "a frame that cannot be built"
grep -q '1 frames were not sent' "$TMP/stderr" || fail "of a frame that was not sent: $(cat "$TMP/stderr")"

# Bad input: one line, exit 2, the rest still done.
head -c 20000 "$in" >"$TMP/cut.pcap"
play "$TMP/a" -i va --top-speed "$TMP/cut.pcap" "$TMP/dns.pcapng"
same "$rc" 2 "exit code with a file that is cut off"
grep -q 'cut.pcap' "$TMP/stderr" || fail "the damaged file is not named: $(cat "$TMP/stderr")"
[ "$(count "$TMP/a")" -gt "$(count "$TMP/dns.pcapng")" ] || fail "the rest was not sent"
: >"$TMP/empty.pcap"
play "$TMP/a" -i va "$TMP/empty.pcap"
same "$rc" 2 "exit code with an empty file"
same "$(wc -l <"$TMP/stderr")" 1 "lines about an empty file"
play "$TMP/a" -i nosuch "$in"; same "$rc" 2 "unknown interface"
ip link add name ve type veth peer name vf
play "$TMP/a" -i ve "$in"; same "$rc" 3 "exit code with an interface that is down"
same "$(cat "$TMP/stderr")" "skypelab: interface ve is down; \`ip link set ve up\`" "what is said of it"
for wrong in '--map 10.0.0.0/33=1.2.3.4' '--map x=y' '--port 1=70000' '--pps 0' '--mtu 20' '--src-mac 1:2' '--pps 5k -x 2' '--top-speed --bps 1M'; do
	# shellcheck disable=SC2086
	play "$TMP/a" -i va $wrong "$in"
	same "$rc" 2 "exit code of $wrong"
	same "$(wc -l <"$TMP/stderr")" 1 "lines about $wrong"
done
