#!/bin/bash
# Every background generator's traffic, seen by an independent witness: tshark dissects it, through
# its table of ports alone (heuristics only see what no port claims), as what it says it is, every
# datagram of it, with nothing malformed.
. "$(dirname "$0")/lib.sh"
need tshark; need dumpcap; need_namespaces
[ -x "$BUILD/tools/playmix" ] || fail "no $BUILD/tools/playmix"

# generator, port, tshark's protocol, rule that gives the port to the protocol where none is built in
table="dns 53 dns -
http 80 http -
tls10 443 tls -
tls 8443 tls tcp.port==8443,tls
ntp 123 ntp -
snmp 161 snmp -
radius 1812 radius -
quic 443 quic udp.port==443,quic
stun 3478 stun -
turn 3479 stun udp.port==3479,stun
sip 5060 sip -
iax2 4569 iax2 -
msn 1863 msnms -
bittorrent 6881 bittorrent -
utp 6882 bt-utp udp.port==6882,bt-utp
dht 6883 bt-dht udp.port==6883,bt-dht
kademlia 4672 edonkey -
game 27960 quake3 -
openvpn 1194 openvpn -
wireguard 51820 wg udp.port==51820,wg"

{
	echo "name: witness"
	echo "generators:"
	while read -r name port _; do
		echo "  - {generator: $name, per_minute: 4, port: $port}"
	done <<<"$table"
} >"$TMP/mix.yaml"

export TMP BUILD
# shellcheck disable=SC2016
isolated bash -c '
	set -e
	ip link set lo up
	ip addr add 10.0.0.2/32 dev lo
	ip addr add 20.0.0.1/32 dev lo
	catch lo "$TMP/all.pcap" -f "host 10.0.0.2"
	"$BUILD/tools/playmix" "$TMP/mix.yaml" 120 11 10.0.0.2 20.0.0.1 >"$TMP/stats.tsv" 2>"$TMP/play.txt"
	caught
' || fail "the mix did not play: $(cat "$TMP"/*.txt)"
cat "$TMP/play.txt"

decode=()
while read -r _ _ _ rule; do
	[ "$rule" = - ] || decode+=(-d "$rule")
done <<<"$table"
# One pass: number of payload bytes, ports, all protocols of the frame, malformed or not.
tshark -n -r "$TMP/all.pcap" "${decode[@]}" -T fields -e udp.srcport -e udp.dstport -e tcp.srcport \
	-e tcp.dstport -e tcp.len -e frame.protocols -e _ws.malformed 2>/dev/null >"$TMP/frames.tsv"
[ -s "$TMP/frames.tsv" ] || fail "tshark read nothing"

while read -r name port proto _; do
	awk -F'\t' -v port="$port" -v proto="$proto" -v name="$name" '
	{ udp = $1 != ""; on = udp ? ($1 == port || $2 == port) : ($3 == port || $4 == port) }
	!on || (!udp && !$5) { next }
	name ~ /^tls/ && udp { next }
	name == "quic" && !udp { next }
	{ n++ }
	index(":" $6 ":", ":" proto ":") { good++ }
	# Streams: a message over several segments is dissected in its last one.
	!udp && !index(":" $6 ":", ":" proto ":") { part++ }
	$7 != "" { bad++ }
	END {
		printf "%-12s %6d with payload, %6d as %s, %d malformed\n", name, n, good, proto, bad
		if (!n || bad || !good || good + part < n) exit 1
	}' "$TMP/frames.tsv" || fail "$name is not dissected as $proto"
done <<<"$table"

# What SIP calls announce: RTP and RTCP, found by tshark through SDP.
for proto in rtp rtcp; do
	n=$(awk -F'\t' -v p=":$proto" '$6 ~ p "$" || $6 ~ p ":" && $7 == ""' "$TMP/frames.tsv" | wc -l)
	echo "$proto: $n frames"
	[ "$n" -gt 10 ] || fail "no $proto after SIP"
done
# QUIC's first packets open with the keys that follow from the connection id.
n=$(tshark -n -r "$TMP/all.pcap" "${decode[@]}" -Y 'quic && tls.handshake.type == 1' 2>/dev/null | wc -l)
echo "QUIC ClientHellos deciphered: $n"
[ "$n" -gt 0 ] || fail "no QUIC ClientHello can be read"
