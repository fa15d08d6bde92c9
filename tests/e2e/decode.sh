#!/bin/bash
# Our decoding against tshark's: every UDP and TCP packet of a capture, its endpoints and payload
# length, through tags, tunnels and fragments. tshark dissects the layers below only.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need tshark mergecap capinfos
export XDG_CONFIG_HOME="$TMP" HOME="$TMP"
layers=" frame eth ethertype vlan ieee8021ad mpls pwethheuristic pwethcw pwethnocw pppoe pppoes pppoed
	ppp gre ip ipv6 ipv6.fraghdr ipv6.hopopts ipv6.routing ipv6.dstopts udp tcp sll null raw llc
	chdlc snap arp erspan ah icmp icmpv6 lcp radiotap wlan ppi etherip "
mkdir "$TMP/wireshark"
tshark -G protocols 2>/dev/null | cut -f3 |
	awk -v keep="$layers" 'BEGIN { n = split(keep, k); for (i = 1; i <= n; i++) wanted[k[i]] = 1 }
		!($0 in wanted)' >"$TMP/wireshark/disabled_protos"

# compare FILE...: counts the packets that are equal; fails on the first difference. tshark, which takes long to start,
# reads all files as one; we read each as it is, its frames counted on.
total=0
compare() {
	local f frames=0 n
	mergecap -a -w "$TMP/all.pcapng" "$@" 2>"$TMP/tshark.err" || fail "mergecap: $(cat "$TMP/tshark.err")"
	tshark -n -r "$TMP/all.pcapng" -Y '(udp or tcp) and not icmp and not icmpv6' -T fields -E occurrence=l \
		-e frame.number -e ip.src -e ipv6.src -e udp.srcport -e tcp.srcport -e ip.dst \
		-e ipv6.dst -e udp.dstport -e tcp.dstport -e udp.length -e tcp.len 2>"$TMP/tshark.err" |
		awk -F'\t' -v OFS='\t' '{ u = $4 != ""
			print $1, $3 != "" ? $3 : $2, u ? $4 : $5, $7 != "" ? $7 : $6,
			u ? $8 : $9, u ? 17 : 6, u ? $10 - 8 : $11 }' >"$TMP/theirs"
	while IFS=$'\t' read -r f n; do
		"$BUILD/tools/packets" "$f" >"$TMP/one" || fail "$f: unreadable"
		awk -F'\t' -v OFS='\t' -v before=$frames '{ $1 += before; print }' "$TMP/one"
		[ ! -s "$TMP/one" ] || echo "$frames $f" >>"$TMP/begins"
		frames=$((frames + n))
	done < <(capinfos -rTcM "$@" 2>/dev/null) >"$TMP/ours"
	diff "$TMP/theirs" "$TMP/ours" >"$TMP/diff" ||
		fail "tshark (<) and ours (>) differ: $(head -4 "$TMP/diff"); of $# files, by their frame before the first: $(cat "$TMP/begins")"
	[ "$(wc -l <"$TMP/begins")" -gt $(($# / 2)) ] || fail "packets in $(wc -l <"$TMP/begins") of $# files"
	total=$((total + $(wc -l <"$TMP/ours")))
}
"$BUILD/tools/mkcapture" mixed "$TMP/made.pcap" 20000 2000 >/dev/null
compare "$TMP/made.pcap"
[ "$total" -ge 20000 ] || fail "only $total packets compared"
if [ -d "$SKYPELAB_CORPORA/positives" ]; then
	: >"$TMP/begins"
	mapfile -t files < <(
		find "$SKYPELAB_CORPORA/positives" "$SKYPELAB_CORPORA/negatives/chrissanders+packets" \
			"$SKYPELAB_CORPORA/negatives/successors" -type f \( -name '*cap' -o -name '*.pcapng' \) |
			sort | head -24
		find "$SKYPELAB_CORPORA/negatives" -name 'mpls*' -o -name 'correct_1.pcap' -o \
			-name '*gre*.pcap*' -o -name '*pppoe*' -o -name '*vlan*.pcap*' -o -name '6in4*' | sort)
	compare "${files[@]}"
fi
echo "$total packets equal"
