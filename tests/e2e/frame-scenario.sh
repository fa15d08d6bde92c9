#!/bin/bash
# replay: frame in a scenario: the recorded frames cross the lab's network from both sides, each
# vantage sees all of them once, in order and in time, with the addresses of the lab; the detector
# says of them what it says of the capture; labels are scored. Settings in which frames make no
# sense are refused or warned of in one line.
# long: many replays, one after the other
. "$(dirname "$0")/lib.sh"
need jq; need tshark; need_namespaces
on_captures made-2006.pcap SkypeIRC.cap
capture=$CAPTURE
# a server that the recording speaks TCP with, and how much there is to see
case $NAME in
SkypeIRC.cap) server=212.204.214.114 port=6667 least_sent=2000 least_verdicts=100 ;;
*)
	read -r server port < <(tsv '$c["label"] == "not-skype" && $c["proto"] == "tcp" { print $c["server_ip"], $c["server_port"]; exit }' "$LABELS")
	least_sent=300 least_verdicts=100
	;;
esac

# scenario NAME EXTRA-OF-RECORDING EXTRA-OF-SCENARIO
scenario() {
	printf '%s\n' "scenario: $1" 'sites:' '  - name: caller' "${4:-    nat: public}" 'recordings:' \
		'  - capture: positives/'"$NAME" '    labels: labels/'"$NAME.tsv" '    version: "1.2"' \
		'    client: 192.168.1.2' '    site: caller' "    $2" \
		'vantages: [caller.lan, caller.wan, core]' 'signatures: [all]' "$3" >"$TMP/$1.yaml"
}
run() { # NAME
	timeout 120 "$SKYPELAB" run --no-report -o "$TMP/$1" "$TMP/$1.yaml" >"$TMP/table" 2>"$TMP/err" ||
		{ rc=$?; [ $rc = 3 ] && skip "$(tail -n 1 "$TMP/err")"; fail "$1: exit $rc: $(tail -n 3 "$TMP/err")"; }
}
refused() { # NAME WORDS
	local rc=0
	"$SKYPELAB" run -o "$TMP/no" "$TMP/$1.yaml" >/dev/null 2>"$TMP/err" || rc=$?
	same $rc 2 "$1: exit code"
	same "$(wc -l <"$TMP/err")" 1 "$1: lines of the refusal"
	grep -q "$1.yaml:[0-9]*: .*$2" "$TMP/err" || fail "$1 says: $(cat "$TMP/err")"
	[ ! -e "$TMP/no" ] || fail "$1 left something"
}

scenario plain 'replay: frame' ''
run plain
cell="$TMP/plain/cells/cell"
all=$(tshark -n -r "$capture" 2>/dev/null | wc -l)
jq -e --argjson all "$all" --argjson least "$least_sent" '.frames[0] | .sent > $least and .failed == 0 and
	.sent + .not_ipv4 + .other_hosts + .multicast == $all' "$cell/cell.json" >/dev/null ||
	fail "frames unaccounted for, of $all: $(jq -c .frames "$cell/cell.json")"
sent=$(jq '.frames[0].sent' "$cell/cell.json")
for v in caller.lan caller.wan core; do
	same "$(jq --arg v $v '.taps[$v].packets' "$cell/cell.json")" "$sent" "$v: packets"
done

# The witness: the same payloads in the same order, at their time, with sound checksums.
fields() { # CAPTURE FILTER
	tshark -n -r "$1" -o ip.check_checksum:TRUE -Y "$2" -T fields -E occurrence=f -e frame.time_relative -e ip.proto \
		-e udp.srcport -e udp.dstport -e tcp.srcport -e tcp.dstport -e tcp.seq_raw -e tcp.flags -e udp.payload -e tcp.payload 2>/dev/null
}
fields "$capture" 'ip.addr == 192.168.1.2 && eth.dst.ig == 0' | sort -s -n -k 1,1 >"$TMP/recorded" # frames are sent in time order
fields "$cell/caller-gw.wan.pcap" ip >"$TMP/played"
cmp -s <(cut -f 2- "$TMP/recorded") <(cut -f 2- "$TMP/played") ||
	fail "other packets: $(diff <(cut -f 2- "$TMP/recorded") <(cut -f 2- "$TMP/played") | cut -c 1-100 | head -4)"
late=$(paste <(cut -f 1 "$TMP/recorded") <(cut -f 1 "$TMP/played") | awk '{ d = $2 - $1; if (d < 0) d = -d; print d }' | sort -n | tail -n 1)
echo "$sent of $all frames at each vantage; most out of time: $late s"
awk -v d="$late" 'BEGIN { exit !(d < 0.02) }' || fail "a frame was $late s out of time"
same "$(tshark -n -r "$cell/caller-gw.wan.pcap" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE \
	-Y 'ip.checksum.status == 0 || udp.checksum.status == 0 || tcp.checksum.status == 0' 2>/dev/null | wc -l)" 0 "bad checksums"

# The detector's verdicts are those on the capture, the client's and its router's addresses apart.
verdicts() { # CAPTURE CLIENT ROUTER
	"$SKYPELAB" detect -s all --eve - "$1" 2>/dev/null | jq -r --arg c "$2" --arg r "$3" 'select(.event_type == "skype") |
		[.skype.signature, .skype.event, .proto, .src_ip, .src_port, .dest_ip, .dest_port] |
		map(if . == $c then "client" elif . == $r then "router" else . end) | @tsv' |
		awk -F'\t' -v OFS='\t' '{ a = $4 ":" $5; b = $6 ":" $7; print $1, ($2 == "evidence" ? "flow" : $2), $3, (a < b ? a OFS b : b OFS a) }' | sort -u
}
ip=$(tshark -n -r "$cell/caller-gw.lan.pcap" -c 1 -T fields -e ip.src 2>/dev/null)
verdicts "$capture" 192.168.1.2 192.168.1.1 >"$TMP/before"
verdicts "$cell/caller-gw.lan.pcap" "$ip" 198.18.0.1 >"$TMP/after"
[ "$(wc -l <"$TMP/before")" -gt "$least_verdicts" ] || fail "hardly a verdict on the capture"
cmp -s "$TMP/before" "$TMP/after" || fail "verdicts differ: $(diff "$TMP/before" "$TMP/after" | head -4)"

# Truth is the labels': as many flows of each kind, and scored as recorded.
for kind in skype not-skype; do
	same "$(tsv '$c["label"] == k' k=$kind "$cell/truth.core.tsv" | wc -l)" \
		"$(awk -F'\t' -v k=$kind '$6 == k && $4 !~ /^(22[4-9]|23[0-9]|255)\./ && $4 !~ /\.255$/' "$LABELS" | wc -l)" "$kind flows in truth"
done
tsv '$c["source"] != "recorded" { bad = 1 } END { exit bad || NR < 2 }' "$TMP/plain/accuracy.tsv" ||
	fail "not scored as recorded: $(head -n 2 "$TMP/plain/accuracy.tsv")"

# What follows is about settings, whatever the capture: on the made one, or with THOROUGH=1 on each.
[[ "$NAME" != made-* && "${THOROUGH:-}" != 1 ]] || settings=yes
[ -n "${settings:-}" ] || exit 0

# Pace and rewriting.
# From the first frame to the last, on the wire.
length() { tshark -n -r "$TMP/$1/cells/cell/caller-gw.wan.pcap" -T fields -e frame.time_relative 2>/dev/null | tail -n 1; }
scenario factor $'replay: frame\n    factor: 10' ''; run factor
scenario pps $'replay: frame\n    pps: 1000' ''; run pps
scenario top $'replay: frame\n    top-speed: yes' ''; run top
echo "emulated seconds: plain $(length plain), factor 10 $(length factor), 1000 packets/s $(length pps), top speed $(length top)"
awk -v a="$(length plain)" -v b="$(length factor)" -v c="$(length pps)" -v d="$(length top)" -v n="$sent" 'BEGIN {
	exit !(a / b > 9.9 && a / b < 10.1 && c > (n - 1) / 1000 * 0.98 && c < n / 1000 + 0.5 && d < c) }' || fail "the pace is not what was asked for"
scenario maps "replay: frame
    map: [${server%.*}.0/24=9.8.7.0]
    port: [$port=7000]" ''; run maps
same "$(tshark -n -r "$TMP/maps/cells/cell/core.any.pcap" -Y "ip.addr == ${server%.*}.0/24 || tcp.port == $port" 2>/dev/null | wc -l)" 0 "frames the maps missed"
same "$(tshark -n -r "$TMP/maps/cells/cell/core.any.pcap" -Y "ip.addr == 9.8.7.${server##*.} && tcp.port == 7000" 2>/dev/null | wc -l)" \
	"$(tshark -n -r "$capture" -Y "ip.addr == $server && tcp.port == $port" 2>/dev/null | wc -l)" "frames rewritten"
grep -q "9\.8\.7\.${server##*.}.7000" "$TMP/maps/cells/cell/truth.core.tsv" || fail "truth does not have the new address"

# Behind an inbound filter a warning, and fewer frames inside; truth stays true of either side.
scenario firewall 'replay: frame' '' '    firewall: inbound-restricted'; run firewall
same "$(grep -c 'warning: .*firewall.yaml:[0-9]*: recorded frames are sent even if' "$TMP/err")" 1 "warnings"
jq -e --argjson n "$sent" '.taps["caller.wan"].packets > .taps["caller.lan"].packets and .taps.core.packets <= $n' \
	"$TMP/firewall/cells/cell/cell.json" >/dev/null || fail "$(jq -c .taps "$TMP/firewall/cells/cell/cell.json")"
tsv '$c["unlabelled"] > 0 || $c["fp"] > 0' "$TMP/firewall/accuracy.tsv" |
	grep skypelab-2006 && fail "verdicts on flows that truth does not know"

scenario nat 'replay: frame' '' '    nat: full-cone'; refused nat 'behind a NAT'
scenario axis 'replay: frame' $'matrix:\n  - {axis: caller.nat, values: [public, symmetric]}'; refused axis 'symmetric, but a recording'
scenario include 'replay: frame' $'matrix:\n  - {axis: caller.nat, values: [public]}\ninclude: [caller.nat=symmetric]'; refused include 'symmetric, but a recording'
scenario kind 'replay: packets' ''; refused kind 'expected conversation or frame'
scenario other 'pps: 5' ''; refused other 'belongs to replay: frame'
scenario two $'replay: frame\n    pps: 5\n    factor: 2' ''; refused two 'a second pace'
scenario map $'replay: frame\n    map: [1.2.3.4]' ''; refused map 'expected FROM/BITS=TO'

# The same recording both ways at once would need remotes that answer and do not.
scenario both $'replay: frame\n  - {capture: positives/'"$NAME"', client: 192.168.1.2, site: caller}' ''
rc=0
"$SKYPELAB" run -o "$TMP/no" "$TMP/both.yaml" >/dev/null 2>"$TMP/err" || rc=$?
same "$rc $(wc -l <"$TMP/err")" "2 1" "both ways at once"
grep -q 'expected two scenarios' "$TMP/err" || fail "both ways at once: $(cat "$TMP/err")"

# Twice the same, and beside hosts that talk of their own over a slow link behind a switch.
scenario again 'replay: frame' ''; run again
same "$(jq -r .truth_digest "$TMP/again/cells/cell/cell.json")" "$(jq -r .truth_digest "$cell/cell.json")" "truth of a second run"
scenario company 'replay: frame' 'background: [{site: caller, mix: light}]' $'    hosts: 3\n    link: {delay-ms: 20, rate-kbps: 20000}'
run company
jq -e --argjson n "$sent" '.frames[0].sent == $n and (.taps["caller.lan"].packets > $n + 1000) and .taps["caller.lan"].packets == .taps.core.packets' \
	"$TMP/company/cells/cell/cell.json" >/dev/null || fail "in company: $(jq -c '.frames, .taps' "$TMP/company/cells/cell/cell.json")"
