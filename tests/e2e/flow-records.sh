#!/bin/bash
# Flow records of a capture as the detector makes them, against those of softflowd, a foreign exporter, collected and
# printed by nfdump; and rules that ask records, on both.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need jq nfcapd nfdump softflowd ip "$BUILD/tools/meterdump"
made_corpora
export TMP CAPTURE
# softflowd reads a file faster than it looks for idle flows, so one record a flow and direction is what it gives.
cat >"$TMP/inside.sh" <<'INSIDE'
set -e
ip link set lo up
rm -rf "$TMP/nf"
mkdir "$TMP/nf"
nfcapd -l "$TMP/nf" -p 2055 -b 127.0.0.1 -t 3600 >"$TMP/nfcapd" 2>&1 & collector=$!
until grep -q ':0807 ' /proc/net/udp; do kill -0 $collector; sleep 0.05; done
softflowd -r "$CAPTURE" -n 127.0.0.1:2055 -v 9 -a -A milli -m 1000000 -d -t maxlife=604800 -p "$TMP/pid" -c none >"$TMP/softflowd" 2>&1
sleep 0.3
kill $collector
wait $collector || true
INSIDE
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
refused $'\xd4\xc3\xb2\xa1' "no column \"ts\""
! "$SKYPELAB" -q detect -s ehlert-petgang-1.4 --flow-records "$TMP/records.json" >"$TMP/out" 2>&1 || fail "a signature without records was taken"
grep -q 'no rule of these signatures asks flow records' "$TMP/out" || fail "$(cat "$TMP/out")"
