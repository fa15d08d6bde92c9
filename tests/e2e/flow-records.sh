#!/bin/bash
# Flow records of a capture as the detector makes them, against those of softflowd, a foreign exporter, collected and
# printed by nfdump; rules that ask records, on both; and softflowd's datagrams, NetFlow v5, v9 and IPFIX, as the detector
# reads them from a capture, against the same as nfcapd and nfdump have them. Where records end by the inactive time: against
# nfpcapd, another exporter, on UDP.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need jq nfcapd nfpcapd nfdump softflowd ip dumpcap tshark "$BUILD/tools/meterdump"
made_corpora
export TMP CAPTURE VERSION CLOCK
# softflowd reads a file faster than it looks for idle flows, so one record a flow and direction is what it gives.
cat >"$TMP/inside.sh" <<'INSIDE'
set -e
ip link set lo up
rm -rf "$TMP/nf"
mkdir "$TMP/nf"
nfcapd -l "$TMP/nf" -p 2055 -b 127.0.0.1 -t 3600 >"$TMP/nfcapd" 2>&1 & collector=$!
until grep -q ':0807 ' /proc/net/udp; do kill -0 $collector; sleep 0.05; done
catching=() catching_pids=()
catch lo "$TMP/export.pcap" -f "udp dst port 2055"
# shellcheck disable=SC2086
softflowd -r "$CAPTURE" -n 127.0.0.1:2055 -v "$VERSION" -a $CLOCK -m 1000000 -d -t maxlife=604800 -p "$TMP/pid" -c none >"$TMP/softflowd" 2>&1
caught
kill $collector
wait $collector || true
INSIDE
VERSION=9 CLOCK="-A milli"
long=(--record-inactive 604800 --record-active 604800)
found() { jq -r '[.src_ip, .src_port, .dest_ip, .dest_port, .skype.rule, .skype.record.pkts, .skype.record.bytes] | @tsv' | sort; }
for name in made-emulated made-2006; do
	CAPTURE=$MADE/positives/$name.pcap
	isolated bash "$TMP/inside.sh" >"$TMP/err" 2>&1 || fail "softflowd and nfcapd: $(cat "$TMP/err" "$TMP/nfcapd" "$TMP/softflowd")"
	for form in json csv; do
		TZ=UTC nfdump -r "$(ls "$TMP"/nf/nfcapd.2* | head -n 1)" -o $form >"$TMP/records.$form"
	done
	jq -r '.[] | select(.proto == 6 or .proto == 17) | [.proto, .src4_addr, .src_port, .dst4_addr, .dst_port, .in_packets, .in_bytes,
		(.tcp_flags | explode | map(if . == 46 then 0 else 1 end) | reduce .[] as $b (0; . * 2 + $b))] | @tsv' "$TMP/records.json" | sort >"$TMP/theirs"
	"$BUILD/tools/meterdump" "$CAPTURE" 604800 604800 flow | cut -f 1-5,8- | sort >"$TMP/ours"
	[ "$(wc -l <"$TMP/ours")" -gt 100 ] || fail "$name: $(wc -l <"$TMP/ours") records, expected more than 100"
	diff "$TMP/ours" "$TMP/theirs" >"$TMP/diff" || fail "$name: records differ (< ours, > softflowd's): $(head -n 6 "$TMP/diff")"
	# The same rules on both: the same connections.
	"$SKYPELAB" -q detect -s snack-2011 "${long[@]}" -e - "$CAPTURE" | found >"$TMP/packets"
	"$SKYPELAB" -q detect -s snack-2011 --flow-records -e - "$TMP/records.json" | found >"$TMP/json"
	"$SKYPELAB" -q detect -s snack-2011 --flow-records -e - "$TMP/records.csv" >"$TMP/csv"
	same "$(cat "$TMP/json")" "$(cat "$TMP/packets")" "$name: what snack-2011 finds in softflowd's records, and in the capture"
	echo "$name: $(wc -l <"$TMP/ours") records as softflowd and nfdump have them, $(wc -l <"$TMP/json") connections, $(wc -l <"$TMP/csv") by whole seconds"
done
[ -s "$TMP/json" ] || fail "nothing was found in records"

# The exporter's own datagrams, from a capture and as an IPFIX file, give the records that nfcapd took of them.
cat >"$TMP/every.yaml" <<'SIGNATURE'
signature: every-record
revision: 1
date: 2006-01-01
title: Every record
source: this test
versions: []
rules:
  - {rule: every, proto: any, record: {packets: "1.."}, then: {event: evidence}}
SIGNATURE
every() {
	"$SKYPELAB" -q detect -s "$TMP/every.yaml" --flow-records -e - "$1" 2>"$TMP/err" >"$TMP/events" || fail "$1: $(cat "$TMP/err")"
	jq -r '[.proto, .src_ip, .src_port, .dest_ip, .dest_port, (.skype.record | .start, .end, .pkts, .bytes, .flags)] | @tsv' "$TMP/events" | sort
}
CAPTURE=$MADE/positives/made-emulated.pcap
for how in "5 " "9 " "9 -A milli" "10 -A milli" "10 "; do
	VERSION=${how%% *} CLOCK=${how#* }
	isolated bash "$TMP/inside.sh" >"$TMP/err" 2>&1 || fail "softflowd and nfcapd: $(cat "$TMP/err" "$TMP/nfcapd" "$TMP/softflowd")"
	every "$TMP/export.pcap" >"$TMP/ours"
	if [ "$how" = "10 " ]; then
		# nfdump 1.7.1 does not read the time of the start in IPFIX options; softflowd rounds it, so that the times may differ by 1 ms
		cut -f 1-5,8- "$TMP/ours" | sort >"$TMP/without"
		cut -f 1-5,8- "$TMP/theirs" | sort | diff "$TMP/without" - >"$TMP/diff" || fail "IPFIX by time since the start: $(head -n 6 "$TMP/diff")"
		tshark -r "$TMP/export.pcap" -T fields -e udp.payload 2>/dev/null | tr -d '\n' | python3 -c '
import sys
sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' >"$TMP/export.ipfix"
		same "$(every "$TMP/export.ipfix" | md5sum)" "$(md5sum <"$TMP/ours")" "records of an IPFIX file, and of the datagrams"
		head -c -1 "$TMP/export.ipfix" >"$TMP/cut"
		! "$SKYPELAB" -q detect -s snack-2011 --flow-records "$TMP/cut" >"$TMP/out" 2>&1 ||
			fail "an IPFIX file that is cut was taken"
		grep -q 'cut: cut short in the message at byte' "$TMP/out" || fail "$(cat "$TMP/out")"
		continue
	fi
	TZ=UTC nfdump -r "$(ls "$TMP"/nf/nfcapd.2* | head -n 1)" -o json >"$TMP/records.json"
	every "$TMP/records.json" >"$TMP/theirs"
	[ "$(wc -l <"$TMP/ours")" -gt 100 ] || fail "version $how: $(wc -l <"$TMP/ours") records, expected more than 100"
	diff "$TMP/ours" "$TMP/theirs" >"$TMP/diff" || fail "version $how: records differ (< ours, > nfdump's): $(head -n 6 "$TMP/diff")"
	echo "export version $how: $(wc -l <"$TMP/ours") records as nfdump has them"
done

# nfpcapd looks for idle flows every 10 s or so: what is idle for the inactive time and up to 11 s more it may keep, what is
# longer it ends, and nothing before. So with shorter pauses joined both have the same records. Of DNS it makes one of each packet.
joined() { # SECONDS: records whose pause is shorter as one, without times
	sort -t$'\t' -n -k6,6 | awk -F'\t' -v OFS='\t' -v most=$(($1 * 1000)) '
		{ k = $1 OFS $2 OFS $3 OFS $4 OFS $5 }
		k in last && $6 - last[k] < most { last[k] = $7; packets[k] += $8; bytes[k] += $9; next }
		k in last { print k, packets[k], bytes[k] }
		{ last[k] = $7; packets[k] = $8; bytes[k] = $9 }
		END { for (k in last) print k, packets[k], bytes[k] }' | sort
}
for capture in "$MADE"/positives/made-{emulated,2006}.pcap "$SKYPELAB_CORPORA"/positives/{SkypeIRC.cap,diffdetector_skype_2014.pcap}; do
	[ -e "$capture" ] || continue
	for inactive in 5 15 60; do
		rm -rf "$TMP/np" && mkdir "$TMP/np"
		nfpcapd -r "$capture" -w "$TMP/np" -e 3000,$inactive -S 0 >"$TMP/nfpcapd" 2>&1 || fail "nfpcapd: $(cat "$TMP/nfpcapd")"
		TZ=UTC nfdump -R "$TMP/np" -o json | jq -r 'def ms: (.[0:19] + "Z" | fromdate) * 1000 + (.[20:23] | tonumber);
			.[] | select(.proto == 17 and .src4_addr and .src_port != 53 and .dst_port != 53) |
			[.proto, .src4_addr, .src_port, .dst4_addr, .dst_port, (.first | ms), (.last | ms), .in_packets, .in_bytes] | @tsv' >"$TMP/theirs"
		"$BUILD/tools/meterdump" "$capture" 3000 $inactive direction |
			awk '$1 == 17 && $3 != 53 && $5 != 53 && $2 !~ /:/' | cut -f 1-9 >"$TMP/ours"
		[ "$(wc -l <"$TMP/ours")" -gt 80 ] || fail "$capture: $(wc -l <"$TMP/ours") records of UDP, expected more than 80"
		same "$(joined $inactive <"$TMP/theirs" | wc -l) $(joined $inactive <"$TMP/ours" | wc -l)" "$(wc -l <"$TMP/theirs") $(wc -l <"$TMP/ours")" \
			"$capture: records of nfpcapd and ours with no pause under $inactive s between them"
		joined $((inactive + 11)) <"$TMP/theirs" >"$TMP/their-joined"
		joined $((inactive + 11)) <"$TMP/ours" | diff - "$TMP/their-joined" >"$TMP/diff" ||
			fail "$capture, inactive $inactive s: records differ (< ours, > nfpcapd's): $(head -n 6 "$TMP/diff")"
		echo "$(basename "$capture"), inactive $inactive s: $(wc -l <"$TMP/ours") records of UDP, nfpcapd has $(wc -l <"$TMP/theirs"), $(wc -l <"$TMP/their-joined") with pauses up to $((inactive + 11)) s joined: the same"
	done
done

# The timeouts decide: a capture in which a node answers twice within 60 s.
count() { "$SKYPELAB" -q detect -s snack-2011 "$@" -e - "$MADE/positives/made-emulated.pcap" | wc -l; }
same "$(count --record-inactive 15) $(count "${long[@]}")" "2 0" "connections by the inactive time"

# What is no record is named.
refused() { # TEXT SAYS
	printf '%s\n' "$1" >"$TMP/bad"
	! "$SKYPELAB" -q detect -s snack-2011 --flow-records "$TMP/bad" >"$TMP/out" 2>&1 || fail "taken: $1"
	grep -qF -- "$2" "$TMP/out" || fail "«$1»: $(cat "$TMP/out"), expected: $2"
	[ "$(wc -l <"$TMP/out")" = 1 ] || fail "«$1»: more than a line: $(cat "$TMP/out")"
}
head=ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt
refused '' "bad: empty, expected flow records"
refused '{"a": 1}' "expected an array of flow records"
refused '[{"proto": 17' "bad:"
refused '[{"proto": 17}]' "record 1: expected an address and a port of the source"
refused '[[1]]' "record 1: expected an object"
refused "$head"$'\n2006-08-25 19:31:20,2006-08-25 19:31:20,0,1.2.3.4,5.6.7.8,70000,1,UDP,,1,46' ":2: expected an address and a port of the source"
refused "$head"$'\n2006-08-25 19:31:20,2006-08-25 19:31:19,0x,1.2.3.4,5.6.7.8,7,1,UDP,,1,46' ":2: expected a last packet after the first"
refused "$head"$'\n2006-08-25 19:31:20,2006-08-25 19:31:20,0,1.2.3.4,5.6.7.8,7,1,TCP,...,1,46' ":2: expected TCP flags"
refused "$head"$'\n2006-08-25 19:31:20,2006-08-25 19:31:20,0,1.2.3.4,5.6.7.8,7,1,UDP,,x,46' ":2: expected a number of packets"
refused $'\xd4\xc3\xb2\xa1' "cut off in the file header"
refused $'\x0c\xa5\x01\x01' "nfcapd's own form; TZ=UTC nfdump -r"
refused x "no column \"ts\", expected flow records: an IPFIX file, a capture of export datagrams"
! "$SKYPELAB" -q detect -s snack-2011 --flow-records "$CAPTURE" >"$TMP/out" 2>&1 || fail "a capture without export datagrams was taken"
grep -q 'no export datagram of NetFlow v5, v9 or IPFIX' "$TMP/out" || fail "$(cat "$TMP/out")"
gzip -c "$TMP/records.json" >"$TMP/records.json.gz"
! "$SKYPELAB" -q detect -s snack-2011 --flow-records "$TMP/records.json.gz" >"$TMP/out" 2>&1 || fail "compressed JSON was taken"
grep -q 'not a capture: .*; of compressed files captures alone are read' "$TMP/out" || fail "$(cat "$TMP/out")"
! timeout 60 "$SKYPELAB" -q detect -s snack-2011 --flow-records <(cat "$CAPTURE") >"$TMP/out" 2>&1 || fail "a capture was taken from a pipe"
grep -q 'a capture of export datagrams has to be a file' "$TMP/out" || fail "$(cat "$TMP/out")"
! "$SKYPELAB" -q detect -s ehlert-petgang-1.4 --flow-records "$TMP/records.json" >"$TMP/out" 2>&1 || fail "a signature without records was taken"
grep -q 'no rule of these signatures asks flow records' "$TMP/out" || fail "$(cat "$TMP/out")"
