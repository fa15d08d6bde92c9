#!/bin/bash
# skypelab regress --vary: six kinds of signatures that learned their recording are refused, on the
# recording that they fit; the unchanged signatures pass. The files are made here, from our own
# signatures and what the capture holds. Which kind learned what:
#	ports		the UDP port of the client
#	nibble		the high half of the first byte of its request ids
#	ids		the range of its request ids
#	sizes		the sizes of its requests and their answers, as a list
#	addresses	the nodes that it spoke with, and its own address
#	timing		that answers take less than 300 ms
. tests/e2e/lib.sh
need_namespaces
need tshark
made_corpora
COPIES=$(rounds 4 6)

# requests CAPTURE CLIENT: of each message with the 02 of the client's port, by time: id, size, node.
requests() {
	tshark -r "$1" -Y "udp && (ip.src == $2 || ip.dst == $2)" -T fields -e udp.srcport -e udp.dstport \
		-e ip.src -e ip.dst -e udp.payload 2>/dev/null |
		awk -F'\t' -v client="$2" -v port="$3" 'substr($5, 5, 2) == "02" && ($3 == client && $1 == port ||
			$4 == client && $2 == port) {
			print substr($5, 1, 4), length($5) / 2, $3 == client ? $4 : $3, $3 == client }'
}
# client_port LABELS CLIENT
client_port() {
	tsv '$c["proto"] == "udp" && $c["label"] == "skype" {
		print $c["client_ip"] == client ? $c["client_port"] : $c["server_port"] }' client="$2" "$1" |
		sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }'
}
# in_udp_rules FILE KEY VALUE: KEY: VALUE under `flow:` of every rule over UDP.
in_udp_rules() {
	awk -v key="$2" -v value="$3" '
		/^  - rule:/ { udp = 0 }
		/^    proto: udp/ { udp = 1; print; next_flow = 1; held = 1; next }
		udp && held && /^    flow:$/ { print; print "      " key ": " value; held = 0; next }
		udp && held && /^    (steps|tally):/ { print "    flow: {" key ": " value "}"; held = 0 }
		udp && index($0, "      " key ":") == 1 { next }
		{ print }' "$1"
}
# overfit KIND FILE: the signature FILE, as someone would write it who saw one capture.
overfit() {
	local list
	case $1 in
	ports) in_udp_rules "$2" client-port "$PORT" ;;
	nibble)
		list=$(awk '$4 { print substr($1, 1, 1) "? ?? 02" }' "$TMP/requests" | sort -u | paste -sd'|')
		sed "s/bytes: {2: \"02\"}/bytes: {0: \"$list\"}/" "$2"
		;;
	ids)
		list=$(awk '$4 { print $1 }' "$TMP/requests" | sort | awk 'NR == 1 { lo = $1 } END { print lo, $1 }')
		list="$((16#${list% *}))..$((16#${list#* }))"
		awk -v range="$list" '/^ +from:/ { client = /client/ || /either/ } { print }
			/^ +bytes: {2: "02"}/ && client { sub(/bytes.*/, "number: {at: 0, length: 2, is: " range "}"); print }' "$2"
		;;
	sizes)
		list=$(awk '{ print $2 }' "$TMP/requests" | sort -n | uniq -c | sort -rn |
			awk 'NR <= 16 { printf "%s%s", s, $2; s = ", " }')
		sed -E "s/size: (17\.\.500|17\.\.1500|18\.\.37|30\.\.31|58\.\.60|600\.\.700)$/size: [$list]/" "$2"
		;;
	addresses) in_udp_rules "$2" client-host "$CLIENT" ;;
	timing) sed -E 's/^( +within:) .*/\1 300 ms/; s/most: 5 s/most: 300 ms/; s/least: 1500 ms/least: 1 ms/' "$2" ;;
	esac
}
# refused CAPTURE SIGNATURE: all six kinds of it on that capture.
refused() {
	local kind rc n=0 files=() kinds="ports nibble ids sizes addresses timing" bundled=detector/signatures/$2.yaml
	CLIENT=$(client_of "$1")
	PORT=$(client_port "$(dirname "$1")/../labels/$(basename "$1").tsv" "$CLIENT")
	requests "$1" "$CLIENT" "$PORT" >"$TMP/requests"
	"$SKYPELAB" -q regress --against "$2" --capture "$1" --vary "$COPIES" "$2" >"$TMP/out" ||
		fail "$2 unchanged is refused on $(basename "$1"): $(cat "$TMP/out")"
	same "$(head -n 1 "$TMP/out")" "$2: accepted: equal" "verdict of $2 unchanged"
	for kind in $kinds; do
		mkdir -p "$TMP/$kind"
		overfit "$kind" "$bundled" >"$TMP/$kind/$2.yaml"
		cmp -s "$bundled" "$TMP/$kind/$2.yaml" && fail "$kind: nothing was edited"
		files+=("$TMP/$kind/$2.yaml")
	done
	# One run for all of them: a report for each, in their order.
	rc=0
	"$SKYPELAB" -q regress --against "$2" --capture "$1" --vary "$COPIES" "${files[@]}" >"$TMP/out" 2>"$TMP/err" || rc=$?
	[ $rc = 1 ] || fail "exit code $rc: $(cat "$TMP/out" "$TMP/err")"
	same "$(grep -cE "^$2: (accepted|REFUSED)" "$TMP/out")" 6 "reports"
	for kind in $kinds; do
		n=$((n + 1))
		awk -v n=$n -v name="$2:" '$1 == name && /: (accepted|REFUSED)/ { at++ } at == n' "$TMP/out" >"$TMP/one"
		echo "$(basename "$1") $2 $kind: $(head -n 1 "$TMP/one") $(grep -o 'OVERFITTED: [0-9]* verdicts' "$TMP/one")"
		grep -q "^$2: REFUSED" "$TMP/one" || fail "$kind is not refused: $(cat "$TMP/one" "$TMP/err")"
		grep -q OVERFITTED "$TMP/one" || fail "$kind is not found out: $(cat "$TMP/one" "$TMP/err")"
	done
}
refused "$MADE/positives/made-2006.pcap" skypelab-2006
refused "$MADE/positives/made-2013.pcap" skypelab-2013
refused "$MADE/positives/made-emulated.pcap" skypelab-2006
for one in SkypeIRC.cap:skypelab-2006 diffdetector_skype_2014.pcap:skypelab-2013; do
	[ ! -e "$SKYPELAB_CORPORA/positives/${one%:*}" ] || refused "$SKYPELAB_CORPORA/positives/${one%:*}" "${one#*:}"
done
