#!/bin/bash
# Every background generator's traffic, seen by an independent witness: tshark dissects it, through
# its table of ports alone (heuristics only see what no port claims), as what it says it is, every
# datagram of it, with nothing malformed. tshark 4.0 does not know Zoom, DNSCrypt and Battle.net: a
# dissector for the published layout of the first is below, nDPI names the other two.
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
wireguard 51820 wg udp.port==51820,wg
connect 3128 http -
memcached 11211 memcache -
hsrp 1985 hsrp -
fins 9600 omron -
capwap 5246 capwap -
tls10-short 993 tls -
teredo 3544 teredo -
zoom 8801 zoom -"
# What nDPI calls what tshark does not know.
ndpi="dnscrypt 5443 DNScrypt
battlenet 1119 Starcraft"

{
	echo "name: witness"
	echo "generators:"
	while read -r name port _; do
		echo "  - {generator: $name, per_minute: 4, port: $port}"
	done <<<"$table"$'\n'"$ndpi"
} >"$TMP/mix.yaml"

# Media types and where RTP or RTCP begins behind each: Michel and others, IMC 2022.
cat >"$TMP/zoom.lua" <<-'EOF'
	local zoom = Proto("zoom", "Zoom")
	function zoom.dissector(buf, pkt, tree)
		local from = ({[15] = 19, [16] = 24, [33] = 16})[buf(8, 1):uint()]
		if buf(0, 1):uint() ~= 5 or not from then return 0 end
		tree:add(zoom, buf(0, 8 + from))
		Dissector.get(from == 16 and "rtcp" or "rtp"):call(buf(8 + from):tvb(), pkt, tree)
	end
	DissectorTable.get("udp.port"):add(8801, zoom)
EOF

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

decode=(-X "lua_script:$TMP/zoom.lua")
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

if command -v ndpiReader >/dev/null; then
	# Alone: where a host has spoken BitTorrent, nDPI takes what else it says for that.
	tshark -n -r "$TMP/all.pcap" -Y "$(awk '{ printf "%sudp.port == %d", (NR > 1 ? " || " : ""), $2 }' <<<"$ndpi")" \
		-w "$TMP/ndpi.pcap" 2>/dev/null
	ndpiReader -i "$TMP/ndpi.pcap" -q -C "$TMP/ndpi.csv" >/dev/null
	while read -r name port words; do
		awk -F'[,|]' -v port="$port" -v words="$words" -v name="$name" '
		NR == 1 { sub(/^#/, ""); for (i = 1; i <= NF; i++) c[$i] = i; next }
		$c["src_port"] == port || $c["dst_port"] == port { n++; good += $c["ndpi_proto"] ~ words "$" }
		END {
			printf "%-12s %6d flows, %6d of them %s by nDPI\n", name, n, good, words
			if (!n || good < n) exit 1
		}' "$TMP/ndpi.csv" || fail "$name is not $words for nDPI"
	done <<<"$ndpi"
else
	echo "ndpiReader is not installed: nobody has looked at $(cut -d' ' -f1 <<<"$ndpi" | paste -sd' ')"
fi

# Zoom's RTP has the types that the paper names, in streams whose numbers follow on one another.
tshark -n -r "$TMP/all.pcap" "${decode[@]}" -Y 'zoom && rtp' -T fields -e udp.stream -e rtp.ssrc -e rtp.p_type -e rtp.seq \
	2>/dev/null >"$TMP/zoom.tsv"
same "$(cut -f3 "$TMP/zoom.tsv" | sort -u | paste -sd' ')" "112 98" "RTP types of Zoom"
awk -F'\t' '{ s = $1 " " $2; if (s in last && $4 != (last[s] + 1) % 65536) bad++; last[s] = $4 } END { exit bad || NR < 100 }' \
	"$TMP/zoom.tsv" || fail "Zoom's RTP numbers do not follow on one another"
# HSRP goes to both of its groups and no further than the link.
same "$(tshark -n -r "$TMP/all.pcap" -Y hsrp -T fields -e ip.dst -e ip.ttl 2>/dev/null | sort -u | tr '\t\n' ', ')" \
	"224.0.0.102,1 224.0.0.2,1 " "groups of HSRP"
# What SNACK takes for Skype: 18 bytes from a server's port, and within a second the client's TCP to it.
tshark -n -r "$TMP/all.pcap" -Y 'udp.srcport == 11211 || (tcp.dstport == 11211 && tcp.flags.syn == 1)' -T fields \
	-e frame.time_epoch -e udp.length 2>/dev/null |
	awk -F'\t' '$2 { at = $1; bad += $2 != 8 + 18; next } { n++; bad += $1 - at > 1 } END { exit bad || !n }' ||
	fail "memcached is not what SNACK takes for Skype"

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
