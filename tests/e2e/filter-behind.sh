#!/bin/bash
# A filter that was faster than its lines are read: what it has in force is said again, so the picture of whoever
# shows it is whole although lines were lost (tests/tools/filterbehind.c).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need ip "$BUILD/tools/filterbehind"
printf '%s\n' 'block: [client]' 'rate: 1000000' 'size: {clients: 100000}' >"$TMP/policy.yaml"
export TMP
isolated sh -c 'ip link set lo up; "$BUILD/tools/filterbehind" "$TMP/policy.yaml" 15000' >"$TMP/out" 2>"$TMP/err" ||
	fail "filterbehind: $(cat "$TMP/err")"
read -r lost anew shown listed <<<"$(sed -n 's/^lost \([0-9]*\) lines, .* read, \([0-9]*\) times.* blocked \([0-9]*\) in the picture, \([0-9]*\) listed$/\1 \2 \3 \4/p' "$TMP/out")"
[ "${lost:-0}" -gt 0 ] || fail "no line was lost, so nothing was tried: $(cat "$TMP/out")"
[ "$anew" -ge 1 ] || fail "lines were lost, and nothing was said again: $(cat "$TMP/out")"
same "$shown" "$listed" "clients that are blocked, in the picture and by the filter's list"
same "$shown" 15000 "clients that are blocked"
grep -q "$lost were lost; what is in force is said again" "$TMP/err" || fail "not said: $(cat "$TMP/err")"
cat "$TMP/out"
