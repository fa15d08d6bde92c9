#!/bin/bash
# Probes with forged sources, FLOOD of them (default 100,000; `FLOOD=1000000 tests/run-e2e.sh build
# filter-flood` is the long one): nobody innocent is blocked, sets stay within their sizes and memory within
# bounds, and lines do not flood either. Then as many that claim to be answered: sizes and rate hold.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need nft "$BUILD/tools/filterdrive"
export TMP BUILD FLOOD="${FLOOD:-100000}"
cat >"$TMP/inside.sh" <<'INSIDE'
set -euo pipefail
fail() { echo "FAIL: $*" >&2; exit 1; }
ip link set lo up
printf '%s\n' 'block: [flow, super-node, client]' 'rate: 1000000' 'size: {clients: 1000, super-nodes: 1000, flows: 1000}' \
	'allow: [11.0.0.1]' >"$TMP/policy.yaml"
{
	echo memory; echo "flood $FLOOD"; echo totals; echo blocked; echo memory
	echo "answered $FLOOD"; echo settle; echo totals; echo memory
	while [ ! -e "$TMP/counted" ]; do sleep 0.1; done
} | "$BUILD/tools/filterdrive" -p "$TMP/policy.yaml" >"$TMP/said" 2>"$TMP/err" &
pid=$!
until [ "$(grep -c '^VmHWM' "$TMP/said")" = 3 ]; do kill -0 $pid || fail "$(cat "$TMP/err")"; sleep 0.1; done
clients=$(nft list set inet skypelab-watch clients4 | grep -o 'expires' | wc -l)
nft list set inet skypelab-watch clients4 | grep -q '11\.0\.0\.1 ' && fail "an allowed client is in the set"
touch "$TMP/counted"
wait $pid || fail "$(cat "$TMP/err")"
awk '/^ok$/ { n++ } { print n + 0, $0 }' "$TMP/said" >"$TMP/by"
part() { sed -n "s/^$1 //p" "$TMP/by"; }
part 3 | grep -q '^client: 0 blocked' || fail "forged probes blocked a client: $(part 3)"
part 3 | grep -q '^super-node: 0 blocked' || fail "forged probes blocked a super node: $(part 3)"
part 4 | grep '^in force' && fail "something is in force after forged probes"
lines=$(part 2 | grep -c '^not blocked' || true)
[ "$lines" -le $((4 * (SECONDS + 2))) ] || fail "$lines lines about $FLOOD forged probes in $SECONDS s"
part 8 | grep -q '^client: 1000 blocked' || fail "answered ones: $(part 8)"
[ "$clients" = 1000 ] || fail "$clients clients in a set of 1000"
peak() { sed -n "s/^VmHWM:[[:space:]]*\\([0-9]*\\) kB/\\1/p" "$TMP/said" | "$1" -1; }
before=$(peak head) after=$(peak tail)
echo "$FLOOD forged probes: 0 blocked, $lines lines; as many answered ones: 1000 clients blocked, memory $before to $after kB"
[ $((after - before)) -le 4096 ] || fail "memory grew from $before to $after kB"
INSIDE
isolated bash "$TMP/inside.sh"
