#!/bin/bash
# `skypelab watch --filter` on a gateway: how long from the packet that gives a client away to the block in force, for
# SKYPELAB_FILTER_COUNT detections (1000) of each kind of block, each of another client at another node; and how many
# packets of the flow still passed, when it has one each SKYPELAB_FILTER_SPACING microseconds (100). The first comes
# from watch itself (drop.latency_us: the packet's time stamp by the kernel, to the kernel's acknowledgement), the
# other from both ends of the flow (tests/tools/blockrace.c). Where others use the processors, each waits up to
# SKYPELAB_FILTER_PATIENCE milliseconds (20) for a moment in which nobody does; those before and after which nobody
# did are also counted apart. SKYPELAB_FILTER_READERS: watch's readers (its default).
set -u
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh
need_namespaces
need ip jq "$BUILD/tools/blockrace"
COUNT=${SKYPELAB_FILTER_COUNT:-${SKYPELAB_BENCH_QUICK:+100}}
export TMP COUNT="${COUNT:-1000}" SPACING="${SKYPELAB_FILTER_SPACING:-100}" PATIENCE="${SKYPELAB_FILTER_PATIENCE:-20}"
export READERS="${SKYPELAB_FILTER_READERS:+--readers $SKYPELAB_FILTER_READERS}"
cat >"$TMP/inside.sh" <<'INSIDE'
set -euo pipefail
trap 'trap - EXIT; kill $(jobs -p) 2>/dev/null || true' EXIT
unshare -n sleep 3600 & client=$!
unshare -n sleep 3600 & node=$!
own=$(readlink /proc/self/ns/net)
for p in $client $node; do while [ "$(readlink /proc/$p/ns/net)" = "$own" ]; do sleep 0.01; done; done
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
ip link add lan type veth peer name c0 netns $client
ip link add wan type veth peer name s0 netns $node
ip addr add 172.16.0.1/30 dev lan; ip link set lan up
ip addr add 172.16.1.1/30 dev wan; ip link set wan up
ip route add 10.0.0.0/9 via 172.16.0.2; ip route add 198.18.0.0/15 via 172.16.1.2
echo 1 >/proc/sys/net/ipv4/ip_forward
# end PID DEVICE ADDRESSES LINK: one end, which has all ADDRESSES
end() {
	nsenter -t "$1" -n sh -c "ip link set lo up; ip addr add $4.2/30 dev $2; ip link set $2 up
		ip route add local $3 dev lo; ip route add default via $4.1; ping -c 1 -W 2 $4.1" >/dev/null
}
end $client c0 10.0.0.0/9 172.16.0
end $node s0 198.18.0.0/15 172.16.1
# figures: of numbers, a line each
figures() {
	sort -n | awk '{ v[NR] = $1; over += $1 > 1000 }
		END { if (NR) printf "median %s, 99 %% %s, largest %s; %d of %d over 1000\n", v[int((NR + 1) / 2)], v[int((NR * 99 + 99) / 100)], v[NR], over, NR; else print "none" }'
}
# both TEXT COLUMN FILE: figures of a column; the second one says whether others ran
both() {
	echo "  $1: $(awk -v c="$2" '{ print $c == "-" ? 0 : $c }' "$3" | figures)"
	echo "    while nobody else ran: $(awk -v c="$2" '!$2 { print $c == "-" ? 0 : $c }' "$3" | figures)"
}
for kinds in flow super-node client 'flow, super-node, client'; do
	printf '%s\n' "block: [$kinds]" 'rate: 1000000' >"$TMP/policy.yaml"
	rm -f "$TMP/eve.json"
	# shellcheck disable=SC2086 # READERS is an option and its value
	"$SKYPELAB" watch -i lan $READERS -s ehlert-petgang-2.0 --filter --policy "$TMP/policy.yaml" --eve "$TMP/eve.json" --lines >/dev/null 2>"$TMP/err" &
	pid=$!
	until [ "$(grep -c . /proc/net/packet)" -gt 1 ]; do kill -0 $pid; sleep 0.05; done
	sleep 0.5
	"$BUILD/tools/blockrace" $client $node "$COUNT" "$SPACING" 40 "$PATIENCE" >"$TMP/race" || { cat "$TMP/err"; exit 1; }
	kill -INT $pid
	wait $pid || { cat "$TMP/err"; exit 1; }
	cat "$TMP/err"
	echo "block: [$kinds], load $(cut -d' ' -f1 /proc/loadavg)"
	sort "$TMP/race" >"$TMP/sorted"
	for kind in ${kinds//,/}; do
		jq -r "select(.drop.outcome == \"blocked\" and .drop.what == \"$kind\") | [.src_ip, .drop.latency_us] | join(\" \")" "$TMP/eve.json" | sort | join "$TMP/sorted" - >"$TMP/blocked"
		both "microseconds until a $kind is blocked" 6 "$TMP/blocked"
	done
	both "microseconds until the last packet that passed" 4 "$TMP/sorted"
	both "packets that passed, of one each $SPACING microseconds" 3 "$TMP/sorted"
done
INSIDE
echo "$COUNT detections of each kind; load $(cut -d' ' -f1-3 /proc/loadavg)"
isolated bash "$TMP/inside.sh" || fail "ended with $?"
