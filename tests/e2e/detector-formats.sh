#!/bin/bash
# What detectors write is read as it is meant: samples in the form of Suricata 6, 7 and 8, Zeek (TSV and
# JSON), Snort 3, libprotoident, nDPI 4.2 and 4.11, tshark. Bad outputs are refused by name, each with
# file and line. Needs no privilege and none of these programs.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

samples=tests/samples/detectors
n=0
for folder in "$samples"/*/; do
	name=$(basename "$folder")
	"$SKYPELAB" detector read "${name%%-*}" "$folder" >"$TMP/read" 2>"$TMP/counts" ||
		fail "$name: $(cat "$TMP/counts")"
	diff "$samples/$name.tsv" "$TMP/read" >"$TMP/diff" || fail "$name (< expected): $(cat "$TMP/diff")"
	# nothing vanishes: the sample has a record without a flow, and it is counted
	grep -q 'records without a UDP or TCP flow' "$TMP/counts" || fail "$name: $(cat "$TMP/counts")"
	n=$((n + 1))
done
[ "$n" -ge 10 ] || fail "only $n samples"

# Its own file, from anywhere, is the same as the folder.
"$SKYPELAB" detector read suricata - <"$samples/suricata-7/eve.json" 2>/dev/null |
	cmp -s - "$samples/suricata-7.tsv" || fail 'suricata-7 by standard input'

# ---- Suricata's own file is scored as it is ----
cat >"$TMP/labels.tsv" <<'END'
proto	client_ip	client_port	server_ip	server_port	label	reason
udp	192.0.2.10	35990	198.51.100.7	33033	skype	probe
tcp	192.0.2.10	2130	203.0.113.5	443	skype	login
udp	192.0.2.10	1055	192.0.2.1	53	not-skype	dns
tcp	2001:db8::10	49152	2001:db8:1::5	443	not-skype	tls
udp	192.0.2.10	5000	198.51.100.9	6000	not-skype	other
END
scored() { # EVE ROWS [OPTION...]: "unit tp fp fn tn", and nothing else
	"$SKYPELAB" score --eve "$1" "${@:3}" --labels "$TMP/labels.tsv" -o "$TMP/a.tsv" >/dev/null 2>"$TMP/err" ||
		fail "score --eve $1: $(cat "$TMP/err")"
	awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
		{ print $c["detector"], $c["unit"], $c["tp"], $c["fp"], $c["fn"], $c["tn"] }' "$TMP/a.tsv" >"$TMP/rows"
	[ "$(cat "$TMP/rows")" = "$2" ] || fail "score --eve $1: $(cat "$TMP/rows")"
}
for v in 6 7 8; do
	# an alert from the server's side does not miss the client; no session row is a miss of it
	scored "$samples/suricata-$v/eve.json" $'suricata flow 2 0 0 3\nsuricata client 1 0 0 1'
	grep -q "read as Suricata's own: 12 records name 5 flows" "$TMP/err" || fail "$v: $(cat "$TMP/err")"
done
grep -vi skype "$samples/suricata-8/eve.json" >"$TMP/silent.json"
scored "$TMP/silent.json" $'suricata flow 0 0 2 3\nsuricata client 0 0 1 1'
# a capture in which it recognised nothing: no alert, no app_proto
grep -v '"alert"' "$samples/suricata-8/eve.json" | sed 's/"app_proto":"[a-z0-9]*",\{0,1\}//' >"$TMP/unknown.json"
grep -q '"event_type":"flow"' "$TMP/unknown.json" || fail 'the sample has no flows'
if grep -q 'app_proto"' "$TMP/unknown.json"; then fail "$(cat "$TMP/unknown.json")"; fi
scored "$TMP/unknown.json" $'suricata flow 0 0 2 3\nsuricata client 0 0 1 1' -s suricata
echo '{"event_type":"stats"}' >"$TMP/stats.json"
"$SKYPELAB" score --eve "$TMP/stats.json" --labels "$TMP/labels.tsv" >"$TMP/out" 2>&1 &&
	fail "nothing to score: $(cat "$TMP/out")"
grep -q 'stats.json: no column src_ip' "$TMP/out" || fail "$(cat "$TMP/out")"

# ---- outputs that are not what they should be ----
bad() { # WHAT DEFINITION EXPECTED-MESSAGE, the folder $TMP/bad
	local rc=0
	"$SKYPELAB" detector read "$2" "$TMP/bad" >"$TMP/out" 2>"$TMP/err" || rc=$?
	[ $rc = 2 ] || fail "$1: exit $rc: $(cat "$TMP/out" "$TMP/err")"
	[ ! -s "$TMP/out" ] || fail "$1: detections all the same: $(cat "$TMP/out")"
	grep -q -- "$3" "$TMP/err" || fail "$1: $(cat "$TMP/err")"
	[ "$(wc -l <"$TMP/err")" = 1 ] || fail "$1: more than a line: $(cat "$TMP/err")"
	rm -rf "$TMP/bad" && mkdir "$TMP/bad"
}
flows=$samples/ndpi-4.2/flows.csv
mkdir "$TMP/bad"
bad 'no file' ndpi 'ndpi: it wrote no file flows.csv'
: >"$TMP/bad/flows.csv"
bad 'nothing' ndpi 'flows.csv: empty, expected'
head -c 4096 /dev/urandom | tr -d '\0' >"$TMP/bad/flows.csv"
bad 'garbage' ndpi 'flows.csv:1: '
head -c 4096 /dev/zero >"$TMP/bad/flows.csv"
bad 'zeros' ndpi 'flows.csv:1: a zero byte'
head -c -20 "$flows" >"$TMP/bad/flows.csv"
bad 'half a line' ndpi 'flows.csv:7: the file ends within this line'
sed 's/ndpi_proto,/nDPI_name,/' "$flows" >"$TMP/bad/flows.csv"
bad 'other column names' ndpi 'flows.csv:1: no column ndpi_proto, which .*ndpi.yaml takes for verdict'
sed '3s/1156534270.500/25 Aug 19:31/' "$flows" >"$TMP/bad/flows.csv"
bad 'times in another form' ndpi "flows.csv:3: start is '25 Aug 19:31', expected seconds since 1970"
sed '3s/,35990,/,635990,/' "$flows" >"$TMP/bad/flows.csv"
bad 'a port out of range' ndpi "flows.csv:3: src-port is '635990'"
sed '3s/192.0.2.10/host.example/' "$flows" >"$TMP/bad/flows.csv"
bad 'a name for an address' ndpi "flows.csv:3: src-ip is 'host.example'"
sed '3s/1156534340.000/1156534200.000/' "$flows" >"$TMP/bad/flows.csv"
bad 'an end before its start' ndpi 'flows.csv:3: the record ends before it begins'
{ cat "$flows" && printf '6,17,1156534266.000\n'; } >"$TMP/bad/flows.csv"
bad 'a short line' ndpi 'flows.csv:8: 3 fields, expected at least 11'
ln -s "$PWD/$flows" "$TMP/bad/flows.csv"
bad 'a link' ndpi 'flows.csv'
mkfifo "$TMP/bad/flows.csv"
bad 'a pipe' ndpi 'flows.csv'
echo '{"src_ip":"192.0.2.1"' >"$TMP/bad/eve.json"
bad 'half an object' suricata 'eve.json:1: not a JSON object'
echo '[]' >"$TMP/bad/eve.json"
bad 'no object' suricata 'eve.json:1: not a JSON object: another value'
echo '{"a":1}' >"$TMP/bad/eve.json"
bad 'objects of another program' suricata 'eve.json: no column src_ip'
sed 's/"timestamp":"2006-08-25T/"timestamp":"08\/25-/' "$samples/suricata-6/eve.json" >"$TMP/bad/eve.json"
bad 'times without a year' suricata "eve.json:1: time is '08/25-"
sed '/^#fields/d' "$samples/zeek-tsv/conn.log" >"$TMP/bad/conn.log"
bad 'no #fields' zeek 'conn.log:8: a record before #fields'
{
	head -n 1 "$flows"
	awk 'BEGIN { for (i = 0; i < 3000; i++) printf "%d,17,1.0,2.0,1,10.0.0.1,%d,10.0.0.2,53,5,DNS,,,,,\n", i, i }'
} >"$TMP/bad/flows.csv"
sed 's/^claims:/limits: {records: 1}\n&/' scenarios/detectors/ndpi.yaml >"$TMP/few.yaml"
bad 'more records than it may' "$TMP/few.yaml" 'flows.csv:1002: more than 1 thousand records'

# An output that may be missing may be empty, too; a Community ID that is not the flow's is said.
cp "$samples/zeek-tsv/conn.log" "$TMP/bad/"
: >"$TMP/bad/notice.log"
sed -i '0,/1:[A-Za-z0-9]/s//1:x/' "$TMP/bad/conn.log"
"$SKYPELAB" detector read zeek "$TMP/bad" >/dev/null 2>"$TMP/counts" || fail "$(cat "$TMP/counts")"
grep -q '1 of these are not the ID of their flow' "$TMP/counts" || fail "$(cat "$TMP/counts")"

# ---- definitions ----
"$SKYPELAB" detector check scenarios/detectors/*.yaml >"$TMP/out" || fail "$(cat "$TMP/out")"
[ "$(grep -c ': right$' "$TMP/out")" = "$(find scenarios/detectors -name '*.yaml' | wc -l)" ] || fail "$(cat "$TMP/out")"
for f in scenarios/detectors/*.yaml; do
	name=$(basename "$f" .yaml)
	"$SKYPELAB" detector show "$name" | has "^$name: " || fail "$f is not called $name"
done
"$SKYPELAB" detector list | has '^tshark ' || fail 'list'
wrong() { # SED EXPECTED
	local rc=0
	sed "$1" scenarios/detectors/ndpi.yaml >"$TMP/wrong.yaml"
	"$SKYPELAB" detector check "$TMP/wrong.yaml" >"$TMP/out" 2>"$TMP/err" || rc=$?
	[ $rc = 2 ] || fail "$1: exit $rc: $(cat "$TMP/out" "$TMP/err")"
	grep -q -- "wrong.yaml:[0-9]*: .*$2" "$TMP/err" || fail "$1: $(cat "$TMP/err")"
}
wrong 's/^name: ndpi/name: skypelab/' 'skypelab is taken'
wrong 's/{capture}/{pcap}/' '{pcap} stands for nothing here, expected {capture} {out} {rules}'
wrong 's/"{capture}"/x/' 'no argument has {capture}'
wrong 's/file: flows.csv/file: ..\/flows.csv/' "file is '../flows.csv', expected a path below {out}"
wrong 's/format: csv/format: xml/' 'format'
wrong '/src-port:/d' 'columns name no src-port'
wrong 's/application: dns/application: DNS/' "application is 'DNS'"
wrong 's/match: \[DNS\]/match: ["9..1"]/' 'the range 9..1 is empty'
wrong 's/match: \[DNS\]/match: ["1 .. 9"]/' "match is '1 .. 9', expected whole numbers as 1..3"
wrong 's/src-port: .*/src-port: [dst_port]/' 'column dst_port is both src-port and dst-port'
wrong 's/- {match: \[DNS\]/- {column: name, match: [DNS]/' 'column name is no verdict of any output'
wrong 's/^claims:/tolerance: 0\n&/' 'tolerance'
