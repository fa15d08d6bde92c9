#!/bin/bash
# Calls between NATs: media goes directly unless both ends need to know the other's port beforehand
# (symmetric with port-restricted or symmetric), as RFC 5128 has it; then a super node relays it.
. "$(dirname "$0")/lib.sh"
need_namespaces
"$SKYPELAB" run -o "$TMP/run" scenarios/calls-nat.yaml >"$TMP/log" 2>&1 || { tail -n 20 "$TMP/log"; fail "run"; }
tsv '
	$c["kind"] == "call" {
		a = $c["caller_nat"]; b = $c["callee_nat"]; n++
		hard = (a == "symmetric" && b ~ /^(symmetric|port-restricted)$/) || (b == "symmetric" && a == "port-restricted")
		want = hard ? "udp relayed" : "udp direct"
		if ($c["result"] != "in" || $c["path"] != want) { print a " to " b ": " $c["result"] ", " $c["path"] ", expected " want; bad = 1 }
	} END { if (n != 25) { print n " calls, expected 25"; bad = 1 } exit bad }' "$TMP/run/outcomes.tsv" || fail "calls"
echo "25 pairs of NATs: direct or relayed as they should be"

# Truth names both ends of a call as clients.
while read -r v; do
	[ "$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
		$c["peer"] == "client" && $c["client_host"] != "" && $c["server_host"] != "" { n++ } END { print n + 0 }' "$v")" -gt 0 ] ||
		fail "$v: no flow between two clients"
done < <(find "$TMP/run/cells" -name 'truth.core.tsv')

# One call on a flow is one, also where both ends opened it: starts and ends take turns, and a call ends once.
for f in "$TMP"/run/cells/*/events.*.tsv; do
	awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
		$c["kind"] ~ /^call/ {
			a = $c["client_ip"] ":" $c["client_port"]; b = $c["server_ip"] ":" $c["server_port"]
			flow = $c["proto"] " " (a < b ? a " " b : b " " a)
			if (last[flow] == $c["kind"]) { print FILENAME ": " $c["kind"] " again: " flow; exit 1 }
			last[flow] = $c["kind"]
		}' "$f" || fail "a call is counted twice"
done
