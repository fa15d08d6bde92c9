#!/bin/bash
# `skypelab detect` as its users call it: exit codes, EVE, several captures, standard input, filters,
# broken captures, and the logins of a client of 2006, made and recorded.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need jq; need_namespaces
detect() { "$SKYPELAB" detect "$@"; }
# code N COMMAND...: the command ends with N and says one line or more on standard error into err.
code() {
	local want=$1 got=0
	shift
	"$@" >"$TMP/out" 2>"$TMP/err" || got=$?
	same "$got" "$want" "exit status of $*: $(cat "$TMP/err"); output"
}
if [ -z "${CAPTURE:-}" ]; then
	"$BUILD/tools/mkcapture" mixed "$TMP/made.pcap" 3000 300 >/dev/null
	size=$(stat -c %s "$TMP/made.pcap")

	# usage and bad input
	code 2 detect
	code 2 detect -i lo "$TMP/made.pcap"
	code 2 detect -s no-such-signature "$TMP/made.pcap"
	code 2 detect -f 'udp prt 53' "$TMP/made.pcap"
	grep -q "filter 'udp prt 53'" "$TMP/err" || fail "the wrong filter is not named: $(cat "$TMP/err")"
	code 2 detect --max-flows 0 "$TMP/made.pcap"
	code 2 detect /nonexistent.pcap
	same "$(cat "$TMP/err")" "skypelab: /nonexistent.pcap: No such file or directory"
	code 2 detect --eve "$TMP/no-folder/eve.json" "$TMP/made.pcap"
	# who may not capture at all is told that first
	if [ "$(id -u)" = 0 ]; then code 2 detect -i no-such-if0; else code 3 detect -i no-such-if0; fi
	grep -q no-such-if0 "$TMP/err" || fail "the interface is not named"

	# a capture without Skype sessions: done, and nothing half-written
	code 0 detect -s ehlert-petgang-1.4 -f 'tcp port 80' "$TMP/made.pcap"
	grep -q '^no Skype found in' "$TMP/out" || fail "$(cat "$TMP/out")"
	# what the filter left out was not looked at
	code 0 detect -f 'udp port 1' "$TMP/made.pcap"
	same "$(cat "$TMP/out")" "no Skype found in 0 frames" "a filter that nothing passes"
	code 0 detect -f 'tcp port 80' --eve "$TMP/eve.json" "$TMP/made.pcap"
	if [ ! -e "$TMP/eve.json" ] || [ -s "$TMP/eve.json" ]; then fail "an empty eve.json was expected"; fi
	code 0 detect --stats "$TMP/made.pcap"
	same "$(sed -n "s/^frames  *//p" "$TMP/err")" "$("$BUILD/tools/pcaploop" "$TMP/made.pcap" | cut -d" " -f1)" "frames"

	# cut off: what is before the cut is read, and the others are
	head -c $((size - 5)) "$TMP/made.pcap" >"$TMP/cut.pcap"
	: >"$TMP/empty.pcap"
	code 2 detect --stats "$TMP/cut.pcap" "$TMP/empty.pcap" "$TMP/made.pcap"
	grep -q "cut.pcap: cut off in frame" "$TMP/err" || fail "the cut is not named: $(cat "$TMP/err")"
	grep -q "empty.pcap: empty file" "$TMP/err" || fail "the empty file is not named"
	frames=$(sed -n 's/^frames  *//p' "$TMP/err")
	whole=$("$BUILD/tools/pcaploop" "$TMP/made.pcap" | cut -d' ' -f1)
	same "$frames" $((2 * whole - 1)) "frames read"

	# a full disk is said, and leaves no file
	if [ -c /dev/full ]; then
		"$BUILD/tools/mkskype" linux-2006 "$TMP/skype.pcap" "$TMP/skype.tsv"
		code 3 detect --eve /dev/full -s all "$TMP/skype.pcap"
	fi

	# not permitted to capture: 3, and what to do
	if [ "$(id -u)" != 0 ] || setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
		cp "$SKYPELAB" "$TMP/skypelab"
		chmod 755 "$TMP" "$TMP/skypelab"
		code 3 as_user env SKYPELAB_DATA="${SKYPELAB_DATA:-$PWD}" "$TMP/skypelab" detect -i lo
		grep -q 'not permitted' "$TMP/err" || fail "no mend is named: $(cat "$TMP/err")"
	fi

	# a thread that reads ahead changes nothing: the same events in the same order, the same exit status
	"$BUILD/tools/mkcapture" heavy "$TMP/heavy.pcap" 30000 3000 >/dev/null
	for n in 1 2 8; do detect -s all --threads $n --eve - "$TMP/heavy.pcap" >"$TMP/events.$n"; done
	[ "$(wc -l <"$TMP/events.1")" -gt 1000 ] || fail "only $(wc -l <"$TMP/events.1") events"
	cmp -s "$TMP/events.1" "$TMP/events.2" || fail "--threads 2: $(diff "$TMP/events.1" "$TMP/events.2" | head -3)"
	cmp -s "$TMP/events.1" "$TMP/events.8" || fail "--threads 8: $(diff "$TMP/events.1" "$TMP/events.8" | head -3)"
	head -c 1000000 "$TMP/heavy.pcap" >"$TMP/cut.pcap"
	for n in 1 2; do
		code 2 detect -s all --threads $n --eve - "$TMP/cut.pcap"
		grep -q 'cut off in frame' "$TMP/err" || fail "--threads $n: $(cat "$TMP/err")"
		cp "$TMP/out" "$TMP/events.$n"
	done
	cmp -s "$TMP/events.1" "$TMP/events.2" || fail "--threads 2 on a capture that is cut off"
	code 2 detect --threads 0 "$TMP/heavy.pcap"
fi

on_captures made-2006.pcap SkypeIRC.cap
irc=$CAPTURE
case $NAME in
SkypeIRC.cap) nodes="68.206.150.243:57322 67.71.69.121:12492" day="2006-08-25T19:3[0-9]" ;;
*) nodes="79.83.16.59:12648" day="2013-10-31T21:3[0-9]" ;;
esac
half=$(($(stat -c %s "$irc") * 3 / 5)) # holds the first login
logins=$(wc -w <<<"$nodes")
code 0 detect -s ehlert-petgang-1.4 --eve "$TMP/eve.json" "$irc"
jq -e 'select(.event_type != "skype" or (.community_id | test("^1:") | not) or
	.skype.client_ip != "192.168.1.2" or .src_ip != "192.168.1.2")' "$TMP/eve.json" >/dev/null &&
	fail "an event lacks what every event has"
starts=$(jq -r 'select(.skype.event == "session-start") | "\(.dest_ip):\(.dest_port)"' "$TMP/eve.json")
same "$(tr '\n' ' ' <<<"$starts")" "$nodes " "super nodes of the logins"
jq -r .timestamp "$TMP/eve.json" | has -vE "^$day:[0-9]{2}\.[0-9]{6}\+0000\$" &&
	fail "time stamps are not in Suricata's form"
# the flows that are named are Skype's in the labels
while IFS=$'\t' read -r proto src sport dst dport; do
	awk -F'\t' -v p="$proto" -v a="$src" -v b="$sport" -v c="$dst" -v d="$dport" '
		$1 == p && (($2 == a && $3 == b && $4 == c && $5 == d) ||
			($2 == c && $3 == d && $4 == a && $5 == b)) { print $6 }' \
		"$LABELS" | has -x 'not-skype' &&
		fail "not Skype: $proto $src:$sport $dst:$dport"
done < <(jq -r '[(.proto | ascii_downcase), .src_ip, .src_port, .dest_ip, .dest_port] | @tsv' "$TMP/eve.json")

# the same through a pipe, as pcapng, and in two halves given in the wrong order
strip() { jq -c 'del(.pcap_filename, .pcap_cnt, .skype.evidence[].pcap_cnt)' "$1"; }
detect -s ehlert-petgang-1.4 --eve - - <"$irc" >"$TMP/pipe.json"
same "$(strip "$TMP/pipe.json")" "$(strip "$TMP/eve.json")" "through a pipe"
if command -v editcap >/dev/null; then
	editcap -F pcapng "$irc" "$TMP/irc.pcapng"
	detect -s ehlert-petgang-1.4 --eve - "$TMP/irc.pcapng" >"$TMP/ng.json"
	same "$(strip "$TMP/ng.json")" "$(strip "$TMP/eve.json")" "as pcapng"
	middle=$(($("$BUILD/tools/pcaploop" "$irc" | cut -d' ' -f1) / 2))
	editcap -r "$irc" "$TMP/one.pcap" 1-$middle
	editcap -r "$irc" "$TMP/two.pcap" $((middle + 1))-99999
	detect -s ehlert-petgang-1.4 --eve - "$TMP/two.pcap" "$TMP/one.pcap" >"$TMP/merged.json"
	same "$(strip "$TMP/merged.json")" "$(strip "$TMP/eve.json")" "in two halves"
fi
# 802.1Q tags and a tunnel around every frame change nothing
if command -v tcprewrite >/dev/null; then
	tcprewrite --enet-vlan=add --enet-vlan-tag=7 --enet-vlan-cfi=0 --enet-vlan-pri=0 \
		-i "$irc" -o "$TMP/vlan.pcap" >/dev/null 2>&1 &&
		detect -s ehlert-petgang-1.4 --eve - "$TMP/vlan.pcap" >"$TMP/vlan.json" &&
		same "$(strip "$TMP/vlan.json")" "$(strip "$TMP/eve.json")" "in a VLAN"
fi
# SIGINT while a pipe says nothing more: what was found is there, done
mkfifo "$TMP/fifo"
exec 9<>"$TMP/fifo"
"$SKYPELAB" detect -s ehlert-petgang-1.4 --eve "$TMP/int.json" - <"$TMP/fifo" &
pid=$!
head -c "$half" "$irc" >&9
for _ in $(seq 100); do
	[ "$(grep -c session-start "$TMP/int.json" 2>/dev/null)" != 1 ] || break
	sleep 0.05
done
seen=$(grep -c session-start "$TMP/int.json" 2>/dev/null) || true
kill -INT "$pid"
got=0
wait "$pid" || got=$?
exec 9>&-
same "$got" 0 "exit status after SIGINT"
same "$seen" 1 "events of a pipe that stays open, within five seconds"
same "$(jq -r 'select(.skype.event == "session-start") | .dest_ip' "$TMP/int.json")" "${nodes%%:*}" \
	"what was found before SIGINT"

# the table says the same
code 0 detect -s ehlert-petgang-1.4 "$irc"
same "$(grep -c ' session-start ' "$TMP/out")" "$logins" "session-start lines of the table"
grep -q '1 client: 192.168.1.2$' "$TMP/out" || fail "the last line names the client: $(tail -1 "$TMP/out")"

# of a file each thing once: no two lines alike but in time and in how often, and all that EVE has is there
sed 's/^signature: .*/signature: another/' detector/signatures/skypelab-2006.yaml >"$TMP/another.yaml"
code 0 detect -s "$TMP/another.yaml" -s skypelab-2006 "$irc"
same "$(sed '1d;$d' "$TMP/out" | awk '$3 == "evidence" || $3 == "flow" { $1 = $2 = $7 = ""; print }' | sort | uniq -d)" "" "lines that say the same"
detect -s skypelab-2006 --eve - "$irc" >"$TMP/both.json"
same "$(sed '1d;$d' "$TMP/out" | awk '{ print $3, $4, $5, $6 }' | sort -u)" \
	"$(jq -r '[.skype.event, (.proto | ascii_downcase), "\(.src_ip):\(.src_port)", "\(.dest_ip):\(.dest_port)"] | join(" ")' "$TMP/both.json" | sort -u)" \
	"what the table and EVE name"
same "$(sed '1d;$d' "$TMP/out" | grep -v 'another@.*skypelab-2006@\|skypelab-2006@.*another@')" "" "lines that one of two equal signatures says"
# and of standard input each event, as it happens
same "$(detect -s skypelab-2006 - <"$irc" | sed '1d;$d' | wc -l)" "$(detect -s skypelab-2006 --eve - - <"$irc" | wc -l)" "lines of standard input"

# explanations: the packets, the bytes that matched and the rule's line
detect -s ehlert-petgang-1.4 --explain --eve - "$irc" >"$TMP/why.json"
! command -v tshark >/dev/null || # all payloads in one pass
	tshark -r "$irc" -T fields -e frame.number -e udp.payload -e tcp.payload >"$TMP/payloads" 2>/dev/null
while IFS=$'\t' read -r path name frame size line offset length range_line bytes; do
	sed -n "${line}p" "$path" | has "$name" || fail "line $line of $path is not about $name"
	[ -n "$(sed -n "${range_line}p" "$path")" ] || fail "line $range_line of $path is empty"
	[ $((offset + length)) -le "$size" ] || fail "frame $frame: bytes $offset+$length of $size"
	if [ -e "$TMP/payloads" ]; then
		payload=$(awk -F'\t' -v n="$frame" '$1 == n { print $2 $3 }' "$TMP/payloads")
		same "${payload:$((2 * offset)):$((2 * length))}" "$bytes" "frame $frame, bytes $offset"
	fi
	shown=1
done < <(jq -r 'select(.skype.event == "probe-accepted" or .skype.rule == "login server") | .skype as $s |
	$s.evidence[] as $m | $m.ranges[] | [$s.signature_path, $m.message, $m.pcap_cnt, $m.size, $m.line,
	.offset, .length, .line, .bytes] | @tsv' "$TMP/why.json" | head -12)
[ "${shown:-0}" = 1 ] || fail "no explanation"
code 0 detect -s ehlert-petgang-1.4 --explain "$irc"
grep -q 'ehlert-petgang-1.4.yaml:[0-9]*: rule udp probe' "$TMP/out" || fail "no rule named: $(head -5 "$TMP/out")"
