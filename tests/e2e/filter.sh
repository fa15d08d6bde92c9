#!/bin/bash
# The filter of `skypelab watch` on a gateway with NAT: all of it, from a client's packets to its block in the
# kernel, in EVE, in the counters, on the screen; then driven without a detector (tests/tools/filterdrive.c): what
# each policy blocks and what it leaves alone, in this process and in one of its own.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need conntrack ip nft jq python3 nsenter tmux curl promtool "$BUILD/tools/filterdrive"
TALK=$PWD/tests/tools/talk.py
export TMP TALK BUILD SCRIPTS=$TMP

cat >"$TMP/net.sh" <<'NET'
# gateway = this network; 10.0.0.2 inside behind masquerading, 192.0.2.9 outside
set -euo pipefail
trap 'trap - EXIT; kill $(jobs -p) 2>/dev/null || true' EXIT
fail() { echo "FAIL: $*" >&2; exit 1; }
same() { [ "$1" = "$2" ] || fail "${3:-values differ}: got «$1», expected «$2»"; }
unshare -n sleep 600 & inside=$!
unshare -n sleep 600 & outside=$!
own=$(readlink /proc/self/ns/net)
for p in $inside $outside; do while [ "$(readlink /proc/$p/ns/net)" = "$own" ]; do sleep 0.01; done; done
ip link set lo up
ip link add lan type veth peer name c0 netns $inside
ip link add wan type veth peer name s0 netns $outside
ip addr add 10.0.0.1/24 dev lan; ip addr add fd00::1/64 dev lan nodad
ip addr add 192.0.2.1/24 dev wan; ip addr add 2001:db8::1/64 dev wan nodad
ip link set lan up; ip link set wan up
echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
in_() { nsenter -t "$inside" -n "$@" 8>&- 9<&-; }
out_() { nsenter -t "$outside" -n "$@" 8>&- 9<&-; }
in_ ip addr add 10.0.0.2/24 dev c0; in_ ip addr add 10.0.0.3/24 dev c0; in_ ip addr add fd00::2/64 dev c0 nodad
in_ ip link set c0 up; in_ ip link set lo up; in_ ip route add default via 10.0.0.1; in_ ip route add default via fd00::1
out_ ip addr add 192.0.2.9/24 dev s0; out_ ip addr add 192.0.2.8/24 dev s0; out_ ip addr add 2001:db8::9/64 dev s0 nodad
out_ ip link set s0 up; out_ ip link set lo up; out_ ip route add fd00::/64 via 2001:db8::1
nft -f - <<'RULES'
table ip mine { chain post { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }; }
table inet theirs { set s { type ipv4_addr; elements = { 203.0.113.1 }; }; chain f { type filter hook forward priority 0; accept; }; }
RULES
rules() { nft list ruleset | grep -v 'packets .* bytes'; }
rules >"$TMP/before"
rm -f "$TMP"/serve.*
for a in 192.0.2.9 192.0.2.8 2001:db8::9; do
	nsenter -t "$outside" -n python3 "$TALK" serve $a 4000 5000 >"$TMP/serve.$a" & # not out_: this one is killed at the end
	until grep -q serving "$TMP/serve.$a"; do sleep 0.02; done
done
rm -f "$TMP/ask" "$TMP/told"
mkfifo "$TMP/ask" "$TMP/told"
nsenter -t "$inside" -n python3 "$TALK" client <"$TMP/ask" >"$TMP/told" &
exec 6>"$TMP/ask" 7<"$TMP/told"
read -r _ <&7
ask() { echo "$*" >&6; read -r told <&7; echo "$told"; } # udp|tcp SPORT DST DPORT [FROM]
# open OPTION...: the filter; say COMMAND: its answer into $answer
open() {
	rm -f "$TMP/to" "$TMP/from"
	mkfifo "$TMP/to" "$TMP/from"
	"$BUILD/tools/filterdrive" "$@" <"$TMP/to" >"$TMP/from" 2>"$TMP/drive.err" &
	drive=$!
	exec 8>"$TMP/to" 9<"$TMP/from"
	listen
}
listen() {
	local line
	answer=
	while read -r line <&9; do
		[ "$line" != ok ] || return 0
		answer+=$line$'\n'
	done
	fail "the filter ended: $(cat "$TMP/drive.err")"
}
say() { echo "$*" >&8; listen; }
said() { grep -q -- "$1" <<<"$answer" || fail "no «$1» in: $answer"; }
close() { exec 8>&-; wait "$drive" || fail "the filter ended with $?: $(cat "$TMP/drive.err")"; }
policy() { printf '%s\n' "$@" >"$TMP/policy.yaml"; }
untouched() { rules | diff "$TMP/before" - || fail "${1:-rules are not as before}"; }
NET

cat >"$TMP/live.sh" <<'LIVE'
trap 'trap - EXIT; tmux kill-server 2>/dev/null; kill $(jobs -p) 2>/dev/null || true' EXIT
export TMUX_TMPDIR=$TMP
# a flow's block ends with its connection: not while this looks at it
for t in udp_timeout udp_timeout_stream; do echo 600 >/proc/sys/net/netfilter/nf_conntrack_$t; done
policy 'block: [flow, super-node, client]' 'timeout: {super-node: 600, client: 600}'
nsenter -t "$outside" -n python3 "$TALK" super-node 192.0.2.9 7000 >"$TMP/serve.probes" &
until grep -q serving "$TMP/serve.probes"; do sleep 0.02; done
until_true() { # WHAT COMMAND...
	for _ in $(seq 300); do
		! "${@:2}" || return 0
		sleep 0.05
	done
	fail "never: $1 ($(tmux capture-pane -p; tail -n 3 "$TMP/eve.json"))"
}
drops() { jq -rs "map(select(.event_type == \"drop\")) | $1" "$TMP/eve.json"; }
metric() { curl -sf http://127.0.0.1:9477/metrics >"$TMP/metrics" && grep -qE "^skypelab_watch_filter_$1\$" "$TMP/metrics"; }
shows() { tmux capture-pane -p >"$TMP/screen" && grep -qE "$1" "$TMP/screen"; }
elements() { nft list set inet skypelab-watch "$1" | grep -c expires; }
ask_watch() { "$SKYPELAB" "$1" --control "$TMP/control" "${@:2}" >"$TMP/asked"; }

tmux -f /dev/null new-session -d -x 120 -y 24 "LC_ALL=C.UTF-8 '$SKYPELAB' watch -i lan --readers 1 --filter --policy '$TMP/policy.yaml' \
	--eve '$TMP/eve.json' --metrics 9477 --control '$TMP/control'; echo \$? >'$TMP/rc'"
tmux set-option -g remain-on-exit on
until_true "a view that reads packets" shows 'Packets/s'
until_true "counters" metric 'blocks\{kind="client"\} 0'
same "$(ask udp 6801 192.0.2.8 5000)" answered "before the probe"
same "$(ask probe 6800 192.0.2.9 7000)" answered "the super node accepts"
until_true "a blocked client in the list" shows '^10\.0\.0\.2 +B '
shows 'Clients 1 .*Blocked 1 ' || fail "no client counted as blocked: $(cat "$TMP/screen")"
same "$(ask udp 6801 192.0.2.8 5000)" silent "another flow of the client"
same "$(elements clients4) $(elements super-nodes4)" "1 1" "elements in nft's listing"
same "$(drops 'map(select(.drop.outcome == "blocked").drop | .what + " " + .who + " of " + .client_ip + " by " + .signature) | sort | join(", ")')" \
	"client 10.0.0.2 of 10.0.0.2 by skypelab-2006, flow 10.0.0.2:6800 of 10.0.0.2 by skypelab-2006, super-node 192.0.2.9:7000 of 10.0.0.2 by skypelab-2006" "EVE"
same "$(drops 'map(.host) | unique | join(" ")')" "$(hostname)" "whose lines"
for what in flow super-node client; do
	until_true "a counted $what" metric "blocks_total\\{kind=\"$what\",result=\"blocked\"\\} 1"
	metric "blocks\\{kind=\"$what\"\\} 1" || fail "a $what in force: $(cat "$TMP/metrics")"
done
until_true "counted packets" metric 'stopped_packets_total\{kind="client"\} [1-9][0-9]*'
promtool check metrics <"$TMP/metrics" >"$TMP/prom" 2>&1 && [ ! -s "$TMP/prom" ] || fail "promtool: $(cat "$TMP/prom")"
grep -F 10.0.0. "$TMP/metrics" && fail "an address is a label"
tmux send-keys Enter
until_true "why it is blocked" shows '^Blocked +client 10\.0\.0\.2 until .* left\):? '
shows '^Blocked +flow 10\.0\.0\.2:6800 > 192\.0\.2\.9:7000 udp while it lasts: skypelab-2006' || fail "no flow: $(cat "$TMP/screen")"
ask_watch blocked
same "$(grep -cE '^(flow|super-node|client) .*: skypelab-2006 ' "$TMP/asked")" 3 "blocks listed: $(cat "$TMP/asked")"
ask_watch unblock 10.0.0.2
same "$(elements clients4) $(elements super-nodes4)" "0 1" "elements after unblock"
same "$(ask udp 6801 192.0.2.8 5000)" answered "after unblock"
ask_watch blocked
grep -q '^super-node 192.0.2.9:7000 udp since' "$TMP/asked" && same "$(wc -l <"$TMP/asked")" 1 "blocks left: $(cat "$TMP/asked")"
until_true "counted unblock" metric 'blocks_total\{kind="client",result="unblocked"\} 1'
metric 'blocks\{kind="client"\} 0' || fail "a client in force: $(cat "$TMP/metrics")"
same "$(drops 'map(select(.drop.outcome == "unblocked").drop.what) | sort | join(" ")')" "client flow" "EVE of unblock"
shows '^Blocked +super-node 192\.0\.2\.9:7000 udp until' && ! shows '(Blocked| ) +(client|flow) 10' || fail "the page after unblock: $(cat "$TMP/screen")"
# the same from its file, once the watch has ended and the table with it
tmux send-keys q q
until_true "a question" shows 'Quit\? What is blocked is then free again'
tmux send-keys y
until_true "the end" test -s "$TMP/rc"
same "$(cat "$TMP/rc")" 0 "exit status"
untouched "after the watch"
"$SKYPELAB" watch --merge --once "$TMP/eve.json" >"$TMP/picture"
same "$(awk -F'\t' 'NR > 1 { sub(/ until [^ ]*:/, " until:", $13); print $1, $13 }' "$TMP/picture")" \
	"10.0.0.2 super-node 192.0.2.9:7000 udp until: skypelab-2006 full-probe-accepted" "the merged picture"
LIVE

cat >"$TMP/inside.sh" <<'INSIDE'
. "$SCRIPTS/net.sh"
way=$1 # "" or -P
[ -z "$way" ] || . "$SCRIPTS/live.sh"
f4='10.0.0.2:6000 192.0.2.9:4000'

# a flow, by its mark: that one, and nothing else of its two ends
policy 'block: [flow]'
open $way -p "$TMP/policy.yaml"
same "$(ask udp 6000 192.0.2.9 4000)" answered "before the block"
say "see probe-accepted udp $f4 answered"; said "^blocked flow 10.0.0.2:6000 > 192.0.2.9:4000 udp while it lasts: test driven, frames 3, 5, 2 packets of it; in force"
same "$(ask udp 6000 192.0.2.9 4000)" silent "a blocked flow"
same "$(ask udp 6001 192.0.2.9 4000)" answered "another flow of the same hosts"
say "see flow udp 10.0.0.2:6001 192.0.2.9:4000 forged"; said '^blocked flow 10.0.0.2:6001'
same "$(ask udp 6001 192.0.2.9 4000)" silent "a flow without an answered exchange"
# seen outside the NAT: the other tuple of conntrack
same "$(ask udp 6002 192.0.2.9 4000)" answered
port=$(sed -n 's/.*sport=6002 dport=4000 .*dport=\([0-9]*\) .*/\1/p' /proc/net/nf_conntrack 2>/dev/null || true)
say "see probe-accepted udp 192.0.2.1:${port:-6002} 192.0.2.9:4000 answered"; said '^blocked flow 10.0.0.2:6002 >'
same "$(ask udp 6002 192.0.2.9 4000)" silent "a flow that a sensor outside saw"
# no such connection
say "see probe-accepted udp 10.0.0.2:7777 192.0.2.9:4000 answered"; said '^not blocked flow .*conntrack has no such connection'
# a flow's block ends with its connection; a mark that another program overwrote comes back
conntrack -D -p udp --orig-port-src 6001 >/dev/null 2>&1
nft 'table inet overwrites { chain c { type filter hook prerouting priority 0; ct mark set 0; }; }'
same "$(ask udp 6000 192.0.2.9 4000)" answered "a flow whose mark is overwritten"
nft delete table inet overwrites
[ -z "$way" ] || sleep 1.2
say settle; said '^expired flow 10.0.0.2:6001'
same "$(ask udp 6000 192.0.2.9 4000)" silent "a flow whose mark was overwritten, a second later"
# bits of others stay
say "unblock 10.0.0.2"; said '^unblocked flow 10.0.0.2:6000'; said '^unblocked 2'
same "$(ask udp 6000 192.0.2.9 4000)" answered "after unblock"
# TCP under way
same "$(ask hold 6100 192.0.2.9 4000)" answered
say "see session-start tcp 10.0.0.2:6100 192.0.2.9:4000 answered 192.0.2.9:4000"
same "$(ask more)" silent "TCP of a blocked flow"
close
untouched "after a filter of flows"
same "$(ask udp 6001 192.0.2.9 4000)" answered "after the end"

# a super node: that endpoint, for everybody; IPv6 too
policy 'block: [super-node]' 'allow: [10.0.0.3]'
open $way -p "$TMP/policy.yaml"
same "$(ask udp 6200 192.0.2.9 4000)" answered
say "see probe-accepted udp 10.0.0.2:6200 192.0.2.9:4000 forged"; said '^not blocked super-node .*no answered exchange'
same "$(ask udp 6200 192.0.2.9 4000)" answered "after a forged probe"
say "see probe-accepted udp 10.0.0.2:6200 192.0.2.9:4000 answered"; said '^blocked super-node 192.0.2.9:4000 udp until'
same "$(ask udp 6200 192.0.2.9 4000)" silent "a blocked super node"
same "$(ask udp 6201 192.0.2.9 4000)" silent "a blocked super node, another flow"
same "$(ask udp 6201 192.0.2.9 5000)" answered "its other port"
same "$(ask tcp 6201 192.0.2.9 4000)" answered "its TCP port"
same "$(ask udp 6202 192.0.2.8 4000)" answered "another host"
same "$(ask udp 6203 2001:db8::9 4000)" answered
say "see probe-accepted udp [fd00::2]:6203 [2001:db8::9]:4000 answered"; said '^blocked super-node \[2001:db8::9\]:4000 udp'
same "$(ask udp 6204 2001:db8::9 4000)" silent "a blocked super node, IPv6"
say "see flow udp 10.0.0.2:6202 192.0.2.8:4000 answered"
same "$(ask udp 6202 192.0.2.8 4000)" answered "an attributed flow names no super node"
say blocked; said '^in force super-node 192.0.2.9:4000 udp until .*packets stopped'
# who is allowed is so by a rule before all others
same "$(ask udp 6300 192.0.2.9 4000 10.0.0.3)" answered "an allowed client and a blocked super node"
say "see probe-accepted udp 10.0.0.3:6300 192.0.2.8:4000 answered"; said '^not blocked super-node .*on the allow list'
# others' flush leaves it
nft flush ruleset 2>"$TMP/flush" || true
nft list tables >"$TMP/tables"
grep -q skypelab-watch "$TMP/tables" || fail "flush ruleset took our table"
grep -q 'inet theirs' "$TMP/tables" && fail "flush ruleset left theirs: $(cat "$TMP/tables")"
nft delete table inet skypelab-watch 2>/dev/null && fail "another process may delete our table"
say unblock all; said '^unblocked super-node'; said '^unblocked 2'
close
same "$(nft list tables)" "" "tables after flush and end"
nft -f - <<'RULES'
table ip mine { chain post { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }; }
table inet theirs { set s { type ipv4_addr; elements = { 203.0.113.1 }; }; chain f { type filter hook forward priority 0; accept; }; }
RULES
untouched "as loaded again"

# a client: all of it, and refused openly
policy 'block: [client]' 'action: reject' 'timeout: {client: 6}'
open $way -p "$TMP/policy.yaml"
same "$(ask udp 6400 192.0.2.9 4000)" answered
say "see probe-accepted udp 192.0.2.1:6400 192.0.2.9:4000 answered"; said '^blocked client 10.0.0.2 until'
same "$(ask udp 6401 192.0.2.8 5000)" refused "UDP of a blocked client"
same "$(ask tcp 6401 192.0.2.8 5000)" refused "TCP of a blocked client"
same "$(ask udp 6301 192.0.2.9 4000 10.0.0.3)" answered "another client"
say "see probe-accepted udp 192.0.2.1:9 192.0.2.9:4000 answered"; said '^not blocked client 192.0.2.1.*an address of this machine'
# a repeated detection prolongs it: at 3 s it has 6 s again, at 7 s it is still there
sleep 3
say "see probe-accepted udp 192.0.2.1:6400 192.0.2.9:4000 answered"; said '^prolonged client 10.0.0.2 until'
sleep 4
same "$(ask tcp 6402 192.0.2.8 5000)" refused "a prolonged block after its first time"
sleep 4
say settle
[ -n "$way" ] || said '^expired client 10.0.0.2'
same "$(ask tcp 6403 192.0.2.8 5000)" answered "after its time"
close
untouched "after a filter of clients"

# a full set, and a rate: refused with a line, the rest goes on
policy 'block: [super-node, client]' 'size: {super-nodes: 2}'
open $way -p "$TMP/policy.yaml"
for p in 1 2 3; do say "see probe-accepted udp 10.0.0.$((p + 1)):6500 192.0.2.9:400$p answered"; all+=$answer; done
answer=$all
said "^not blocked super-node 192.0.2.9:4003 udp.*as many blocks as the policy's size"
said '^blocked client 10.0.0.4'
close
policy 'block: [super-node, client]' 'rate: 1'
open $way -p "$TMP/policy.yaml"
say "see probe-accepted udp 10.0.0.5:6500 192.0.2.9:4000 answered"
said '^blocked super-node 192.0.2.9:4000'; said '^not blocked client 10.0.0.5.*more new blocks a second'
close

# a dry run writes the same and touches nothing
policy 'block: [flow, super-node]'
open $way -n -p "$TMP/policy.yaml"
same "$(ask udp 6600 192.0.2.9 4000)" answered
say "see probe-accepted udp 10.0.0.2:6600 192.0.2.9:4000 answered"
said '^dry run: blocked flow 10.0.0.2:6600'; said '^dry run: blocked super-node 192.0.2.9:4000 udp until'
same "$(ask udp 6600 192.0.2.9 4000)" answered "in a dry run"
untouched "in a dry run"
close

# JSON says the same
open $way -j -p "$TMP/policy.yaml"
same "$(ask udp 6700 192.0.2.9 4000)" answered
say "see probe-accepted udp 10.0.0.2:6700 192.0.2.9:4000 answered"
same "$(jq -rs '[.[] | .event_type, .drop.outcome, .drop.what, .drop.who, .drop.signature, (.drop.frames | join("+"))] | join(" ")' <<<"$answer")" \
	"drop blocked flow 10.0.0.2:6700 test 3+5 drop blocked super-node 192.0.2.9:4000 test 3+5" "EVE lines"
# a flowtable leads past it
nft add table inet fast
if nft 'add flowtable inet fast ft { hook ingress priority 0; devices = { lan, wan }; }' 2>/dev/null; then
	sleep 0.1
	say settle; [ -z "$way" ] || { sleep 1; say settle; }
	same "$(jq -r 'select(.drop.outcome == "notice") | .drop.reason' <<<"$answer")" "flows that a flowtable forwards pass the filter by: inet fast/ft" "a flowtable"
else
	echo "this kernel has no flowtables (CONFIG_NF_FLOW_TABLE): that they are found was not tried"
fi
nft delete table inet fast
# one filter a network
"$BUILD/tools/filterdrive" </dev/null 2>"$TMP/second" >/dev/null && fail "a second filter in one network"
grep -q 'another filter runs in this network namespace' "$TMP/second" || fail "a second filter: $(cat "$TMP/second")"
close
untouched "at the end"
# somebody else's table of our name is left alone
nft add table inet skypelab-watch
"$BUILD/tools/filterdrive" </dev/null 2>"$TMP/second" >/dev/null && fail "another's table was taken"
grep -q "was not made by this program: remove it with 'nft delete table inet skypelab-watch'" "$TMP/second" || fail "$(cat "$TMP/second")"
INSIDE
run() { # WAY: in a network and a folder of its own
	mkdir "$SCRIPTS/way$1"
	TMP=$SCRIPTS/way$1 isolated bash ${E2E_TRACE:-} "$SCRIPTS/inside.sh" "$1"
}
run "" &
here=$!
rc=0
run -P || rc=$?
wait $here || fail "the filter"
same $rc 0 "exit status with the filter in a process of its own, or of all of watch"
