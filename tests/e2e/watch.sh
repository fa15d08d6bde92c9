#!/bin/bash
# `skypelab watch` on two interfaces: a login replayed on one, look-alikes on the other. What passes is captured
# beside it, and `detect` on that capture finds the same, byte for byte but for the live members: with one reader,
# and with four, whose threads a busy loop disturbs, several times in a row (SKYPELAB_WATCH_RUNS).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need tcpreplay ip jq dumpcap
made_corpora
cat >"$TMP/inside.sh" <<'INSIDE'
set -eu
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 # no frames but ours
ip link add d0 type veth peer name d1
ip link add e0 type veth peer name e1
for i in d0 d1 e0 e1; do ip link set $i up; done
catching=() catching_pids=()
catch d1 "$TMP/d1.pcapng"
catch e1 "$TMP/e1.pcapng"
"$SKYPELAB" watch -i d1 -i e1 -s all --readers "$READERS" --sensor edge \
	--eve "$TMP/live.json" >"$TMP/lines" 2>"$TMP/err" &
pid=$!
reading $((2 + 2 * READERS))
tcpreplay -q -x 80 -i d0 "$MADE/positives/made-2006.pcap" >"$TMP/replay" 2>&1 &
tcpreplay -q -x 80 -i e0 "$MADE/positives/made-emulated.pcap" >"$TMP/replay2" 2>&1
wait $!
caught
kill -INT $pid
wait $pid
INSIDE
export TMP MADE READERS
# plain FILE: EVE lines without what only watch writes, and without the names of their inputs
plain() {
	grep -v '"event_type":"stats"' "$1" |
		sed -E 's/"(in_iface|pcap_filename)":"[^"]*",//; s/"host":"edge",//
			s/,"answered":(true|false),"in_part":false\},"flow":\{[^}]*\}\}$/}}/'
}
apart() { awk '/"record":\{/ { print | "sort"; next } { print }'; }
# swapped INTERFACE: whether live and capture have the same events but for their numbers and order, and the capture has
# frames that are not in the order of their stamps: two processors had a packet each at once, and dumpcap wrote the later
# one first, while watch counts them by their time.
swapped() {
	local number='s/"pcap_cnt":[0-9]+,?//g'
	"$SKYPELAB" detect --stats -s all --eve /dev/null "$TMP/$1.pcapng" 2>&1 | has -E '^put in order +[1-9]' &&
		cmp -s <(plain "$TMP/$1.live" | sed -E "$number" | sort) <(plain "$TMP/$1.json" | sed -E "$number" | sort)
}
busy=
trap '[ -z "$busy" ] || kill $busy 2>/dev/null || true; rm -rf "$TMP"' EXIT
for READERS in 1 $(yes 4 | head -n "${SKYPELAB_WATCH_RUNS:-$(rounds 1 2)}"); do
	rm -f "$TMP/live.json"
	rc=0
	if [ "$READERS" = 4 ]; then
		bash -c 'while :; do :; done' &
		busy=$!
	fi
	isolated bash "$TMP/inside.sh" || rc=$?
	if [ -n "$busy" ]; then
		kill "$busy"
		wait "$busy" 2>/dev/null || true
		busy=
	fi
	[ $rc = 0 ] || fail "watch with $READERS readers ended with $rc: $(cat "$TMP/err")"
	[ ! -s "$TMP/err" ] || fail "said: $(cat "$TMP/err")"
	for i in d1 e1; do
		"$SKYPELAB" detect -s all --eve "$TMP/$i.json" "$TMP/$i.pcapng"
		grep "\"in_iface\":\"$i\"" "$TMP/live.json" >"$TMP/$i.live" || true
		[ "$(wc -l <"$TMP/$i.json")" -gt 5 ] || fail "too few events on $i for a test"
		# events of flow records come when no record of any interface that began before is under way
		diff <(plain "$TMP/$i.live" | apart) <(plain "$TMP/$i.json" | apart) >"$TMP/diff" ||
			swapped "$i" || fail "$READERS readers, $i (< live, > capture): $(head -n 4 "$TMP/diff")"
	done
	# every line is JSON; the statistics end with what the kernel and we have seen
	jq -es 'all(.[]; .host == "edge")' "$TMP/live.json" >/dev/null || fail "a line is no JSON, or without host"
	same "$(jq -s 'map(select(.event_type == "skype") | .skype.in_part) | any' "$TMP/live.json")" false "in_part"
	frames=$(($("$BUILD/tools/pcaploop" "$TMP/d1.pcapng" | cut -d' ' -f1) + $("$BUILD/tools/pcaploop" "$TMP/e1.pcapng" | cut -d' ' -f1)))
	tail -n 1 "$TMP/live.json" >"$TMP/last"
	same "$(jq -r '[.event_type, .stats.capture.packets, .stats.capture.kernel_drops] | @csv' "$TMP/last")" \
		"\"stats\",$frames,0" "the last line ($READERS readers)"
	same "$(jq .stats.detect.events "$TMP/last")" "$(grep -vc '"event_type":"stats"' "$TMP/live.json")" "events counted"
	# lines: one an event, with its interface
	same "$(grep -c '^20.*(d1)$' "$TMP/lines")" "$(wc -l <"$TMP/d1.live")" "lines of d1"
done

# what cannot be is said in one line, with its status
wrong() { # STATUS TEXT OPTION...
	local rc=0
	isolated bash -c 'ip link set lo up; exec "$@"' - "$SKYPELAB" watch "${@:3}" >"$TMP/out" 2>"$TMP/err" || rc=$?
	same "$rc" "$1" "exit status of watch ${*:3} ($(cat "$TMP/err"))"
	grep -q -- "$2" "$TMP/err" || fail "watch ${*:3} said: $(cat "$TMP/err")"
}
wrong 2 "no such interface here" -i gone0
wrong 2 "named twice" -i lo -i lo
wrong 2 "filter 'nonsense" -i lo -f "nonsense words"
wrong 2 "no-such-signature" -i lo -s no-such-signature
wrong 2 "cannot write" -i lo --eve "$TMP/no/such/folder/eve.json"
wrong 2 "64" -i lo --readers 65
