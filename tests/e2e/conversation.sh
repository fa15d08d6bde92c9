#!/bin/bash
# Replay by conversation over a network that drops nothing: every flow ends complete, and an
# independent witness (dumpcap and tshark) finds the recorded payloads on the wire again, flow by
# flow and in order. Only addresses inside Skype's payloads may differ.
. "$(dirname "$0")/lib.sh"
need tshark; need dumpcap; need_namespaces
on_captures made-2006.pcap made-emulated.pcap SkypeIRC.cap ndpi_skype.pcap

# One line per flow and direction: protocol, remote address and port, direction, its payload bytes
# in hexadecimal. Functions 3, 5 and 7 carry addresses and are left out.
payloads() { # CAPTURE CLIENT
	tshark -n -r "$1" -o tcp.desegment_tcp_streams:FALSE -Y "ip.addr == $2 && !icmp && (udp || tcp.len > 0)" \
		-T fields -E occurrence=f -e ip.src -e ip.dst -e udp.srcport -e udp.dstport \
		-e tcp.srcport -e tcp.dstport -e udp.payload -e tcp.payload -e tcp.seq_raw \
		2>/dev/null | awk -F'\t' -v client="$2" '
	$9 != "" && seen[$1, $2, $5, $6, $9, length($8)]++ { next } # sent again
	{
		proto = $3 != "" ? "udp" : "tcp"
		sp = proto == "udp" ? $3 : $5; dp = proto == "udp" ? $4 : $6
		data = proto == "udp" ? $7 : $8
		if (proto == "tcp") { # a segment sent again may begin in what was seen and go on
			dir = $1 " " $2 " " sp " " dp; end = $9 + length(data) / 2
			if ($9 < next_seq[dir] && end > next_seq[dir] && next_seq[dir] - $9 < 65536)
				data = substr(data, 1 + 2 * (next_seq[dir] - $9))
			next_seq[dir] = end
		}
		if (proto == "udp" && length(data) >= 22 && substr(data, 6, 1) ~ /[357]/) next
		up = $1 == client
		if ((up ? $2 : $1) ~ /^(192\.168|10\.|198\.18\.|2[2-5][0-9]\.)/) next
		key = proto " " (up ? sp " > " $2 " " dp : dp " < " $1 " " sp)
		all[key] = all[key] (proto == "udp" ? " " : "") data
	}
	END { for (k in all) print k, all[k] }' | sort
}

export TMP BUILD
# shellcheck disable=SC2016
isolated bash -c '
	set -e
	ip link set lo up
	ip route add local 0.0.0.0/0 dev lo
	catch lo "$TMP/play.pcap" -f "host 81.2.3.4"
	"$BUILD/tools/playconv" "$CAPTURE" \
		"$LABELS" "$TMP/fates.tsv" 81.2.3.4 \
		>"$TMP/counts.tsv" 2>"$TMP/play.txt"
	caught
' || fail "$NAME did not play: $(cat "$TMP"/*.txt)"
echo "$NAME: $(tr '\n\t' ' ' <"$TMP/counts.tsv") $(cat "$TMP/play.txt")"
same "$(awk '$1 == "cut" || $1 == "never-started" { n += $2 } END { print n + 0 }' "$TMP/counts.tsv")" 0 \
	"$NAME: flows that did not arrive whole"
payloads "$CAPTURE" "$CLIENT" >"$TMP/recorded"
payloads "$TMP/play.pcap" 81.2.3.4 >"$TMP/played"
n=$(wc -l <"$TMP/recorded")
[ "$n" -gt 100 ] || fail "$NAME: tshark found only $n directions of flows"
missing=$(comm -23 "$TMP/recorded" "$TMP/played" | wc -l)
echo "$NAME: $n directions of flows recorded, $missing without their like in the replay"
comm -23 "$TMP/recorded" "$TMP/played" | cut -c 1-100 | head -5
same "$missing" 0 "$NAME: recorded payloads not found again"
