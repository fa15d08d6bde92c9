#!/bin/bash
# `skypelab detect -i`: two live interfaces in a network namespace, a login replayed on one of them,
# a filter, SIGINT: every event is there and the kernel's counters are said.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need tcpreplay ip jq editcap
on_captures made-2006.pcap SkypeIRC.cap
irc=$TMP/login.pcap
if [ "$NAME" = SkypeIRC.cap ]; then
	# the first login, in its own time: two seconds
	editcap -r "$CAPTURE" "$irc" 255-320
	node=68.206.150.243 speed=1
else
	# 80 seconds in two; the super node is the one that the file's detection names
	cp "$CAPTURE" "$irc"
	node=$("$SKYPELAB" detect -s ehlert-petgang-1.4 --eve - "$irc" | jq -r 'select(.skype.event == "session-start") | .dest_ip')
	speed=40
fi
cat >"$TMP/inside.sh" <<'INSIDE'
set -eu
ip link add d0 type veth peer name d1
ip link add e0 type veth peer name e1
for i in d0 d1 e0 e1; do ip link set $i up; done
"$SKYPELAB" detect -s ehlert-petgang-1.4 -i d1 -i e1 -f 'ip host 192.168.1.2' --stats \
	--eve "$TMP/live.json" 2>"$TMP/err" &
pid=$!
reading 2
tcpreplay -q -x "$SPEED" -i d0 "$IRC" >"$TMP/replay" 2>&1
for _ in $(seq 100); do
	grep -q login "$TMP/live.json" 2>/dev/null && break
	sleep 0.05
done
sleep 0.2
cp /proc/$pid/status "$TMP/status"
kill -INT $pid
wait $pid
INSIDE
export TMP IRC="$irc" SPEED="$speed"
isolated bash "$TMP/inside.sh" ||
	fail "the live run ended with $?: $(cat "$TMP/err")"
same "$(jq -r 'select(.skype.event == "session-start") | .dest_ip' "$TMP/live.json")" \
	"$node" "super node seen live"
same "$(jq -r .in_iface "$TMP/live.json" | sort -u)" d1 "interface of the events"
received=$(sed -n 's/^received by kernel *//p' "$TMP/err")
[ "${received:-0}" -gt 50 ] || fail "received by the kernel: $(cat "$TMP/err")"
grep -q '^dropped by kernel' "$TMP/err" || fail "no drop counter"

# What reads packets holds nothing that opening the interfaces needed.
status() { sed -n "s/^$1:[[:space:]]*//p" "$TMP/status"; }
for set in CapInh CapPrm CapEff CapAmb; do same "$(status $set)" 0000000000000000 "$set while reading"; done
same "$(status NoNewPrivs)" 1 "no_new_privs while reading"
same "$(status Seccomp)" 2 "filter of system calls while reading"
if [ "$(id -u)" = 0 ]; then
	same "$(status Uid)" "$(id -u nobody | sed 's/.*/&\t&\t&\t&/')" "user while reading"
	same "$(status CapBnd)" 0000000000000000 "bounding set while reading"
	"$SKYPELAB" detect -i lo -Z nobody-of-this-name 2>"$TMP/err" && fail "an unknown user was taken"
	grep -q "no user 'nobody-of-this-name' here" "$TMP/err" || fail "unknown user: $(cat "$TMP/err")"
fi
