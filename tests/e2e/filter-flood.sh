#!/bin/bash
# Probes with forged sources, FLOOD of them (default 30,000; `FLOOD=1000000 BUILD=$PWD/build
# SKYPELAB=$PWD/build/skypelab tests/e2e/filter-flood.sh` is the long one): nobody innocent is blocked, sets stay within
# their sizes and memory within bounds, and lines do not flood either. Then as many that claim to be answered: sizes
# and rate hold. An allowed host, which both floods name again and again, sends through the gateway to the very
# endpoint that is blocked, and nothing of it is lost.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need ip nft nsenter python3 "$BUILD/tools/filterdrive"
export TMP BUILD FLOOD="${FLOOD:-30000}" TALK=$PWD/tests/tools/talk.py
cat >"$TMP/inside.sh" <<'INSIDE'
set -euo pipefail
trap 'trap - EXIT; kill $(jobs -p) 2>/dev/null || true' EXIT
fail() { echo "FAIL: $*" >&2; exit 1; }
same() { [ "$1" = "$2" ] || fail "$3: got «$1», expected «$2»"; }
unshare -n sleep 3600 & hosts=$!
unshare -n sleep 3600 & node=$!
own=$(readlink /proc/self/ns/net)
for p in $hosts $node; do while [ "$(readlink /proc/$p/ns/net)" = "$own" ]; do sleep 0.01; done; done
ip link set lo up
ip link add lan type veth peer name h0 netns $hosts
ip link add wan type veth peer name n0 netns $node
ip addr add 11.0.0.254/24 dev lan; ip link set lan up
ip addr add 198.51.100.254/24 dev wan; ip link set wan up
echo 1 >/proc/sys/net/ipv4/ip_forward
nsenter -t $hosts -n sh -c 'ip addr add 11.0.0.1/24 dev h0; ip addr add 11.0.0.2/24 dev h0; ip link set h0 up; ip route add default via 11.0.0.254'
nsenter -t $node -n sh -c 'ip addr add 198.51.100.1/24 dev n0; ip link set n0 up; ip route add default via 198.51.100.254'
# talk NAME HOST WORD...: talk.py at a host. NAME names its two ends here.
talk() {
	local -n to=$1_to from=$1_from
	mkfifo "$TMP/$1.to" "$TMP/$1.from"
	nsenter -t "$2" -n python3 "$TALK" "${@:3}" <"$TMP/$1.to" >"$TMP/$1.from" &
	exec {to}>"$TMP/$1.to" {from}<"$TMP/$1.from"
	read -r _ <&"$from"
}
declare counter_to counter_from server_to server_from asker_to asker_from stream_to stream_from
talk counter $node count 198.51.100.1 4321
talk server $node serve 198.51.100.1 5000
talk asker $hosts client
ask() { echo "$*" >&"$asker_to"; read -r told <&"$asker_from"; echo "$told"; }
total() { local -n to=$1_to from=$1_from; echo end >&"$to"; read -r told <&"$from"; echo "$told"; }
same "$(ask udp 6000 198.51.100.1 5000 11.0.0.2)" answered "before the floods"
talk stream $hosts stream 6001 198.51.100.1 4321 500 11.0.0.1

printf '%s\n' 'block: [flow, super-node, client]' 'rate: 1000000' 'size: {clients: 1000, super-nodes: 1000, flows: 1000}' \
	'allow: [11.0.0.1]' >"$TMP/policy.yaml"
: >"$TMP/said"
{
	echo memory; echo "flood $FLOOD"; echo totals; echo blocked; echo memory
	echo "answered $FLOOD"; echo settle; echo totals; echo memory
	while [ ! -e "$TMP/counted" ]; do sleep 0.1; done
} | "$BUILD/tools/filterdrive" -p "$TMP/policy.yaml" >"$TMP/said" 2>"$TMP/err" &
pid=$!
until [ "$(grep -c '^VmHWM' "$TMP/said")" = 3 ]; do kill -0 $pid || fail "$(cat "$TMP/err")"; sleep 0.1; done
sleep 0.5 # 500 a second; a quick machine is done with the floods before there are a hundred
sent=$(total stream)
same "$(total counter)" "$sent" "datagrams of the allowed host that came through"
[ "$sent" -gt 100 ] || fail "the allowed host sent $sent datagrams only"
same "$(ask udp 6002 198.51.100.1 5000 11.0.0.2)" silent "another host, which is blocked"
same "$(ask udp 6003 198.51.100.1 5000 11.0.0.1)" answered "the allowed host"
# set_of NAME: what is in a set, an element a line
set_of() { nft list set inet skypelab-watch "$1" | grep -oE '[0-9.]+( \. [a-z0-9]+)* counter' | cut -d' ' -f1; }
set_of clients4 >"$TMP/clients"
set_of super-nodes4 >"$TMP/nodes"
touch "$TMP/counted"
wait $pid || fail "$(cat "$TMP/err")"
awk '/^ok$/ { n++ } { print n + 0, $0 }' "$TMP/said" >"$TMP/by"
part() { sed -n "s/^$1 //p" "$TMP/by"; }
grep -q '^client: 0 blocked' <<<"$(part 3)" || fail "forged probes blocked a client: $(part 3)"
grep -q '^super-node: 0 blocked' <<<"$(part 3)" || fail "forged probes blocked a super node: $(part 3)"
part 4 | grep '^in force' && fail "something is in force after forged probes"
lines=$(part 2 | grep -c '^not blocked' || true)
[ "$lines" -le $((4 * (SECONDS + 2))) ] || fail "$lines lines about $FLOOD forged probes in $SECONDS s"
grep -q '^client: 1000 blocked' <<<"$(part 8)" || fail "answered ones: $(part 8)"
clients=$(wc -l <"$TMP/clients") nodes=$(wc -l <"$TMP/nodes")
same "$clients $nodes" "1000 1" "clients and super nodes in sets of 1000"
grep -qx '11\.0\.0\.1' "$TMP/clients" && fail "an allowed client is in the set"
grep -qx '11\.0\.0\.2' "$TMP/clients" || fail "a client that is not allowed is not in the set"
grep -q 'on the allow list' "$TMP/said" || fail "no line says that a host is on the allow list"
peak() { sed -n "s/^VmHWM:[[:space:]]*\\([0-9]*\\) kB/\\1/p" "$TMP/said" | "$1" -1; }
before=$(peak head) after=$(peak tail)
echo "$FLOOD forged probes: 0 blocked, $lines lines; as many answered ones: $clients clients and $nodes super node in force, memory $before to $after kB; $sent datagrams of an allowed host, none lost"
[ $((after - before)) -le 4096 ] || fail "memory grew from $before to $after kB"
INSIDE
isolated bash "$TMP/inside.sh"
