#!/bin/bash
# An operator on the caller's gateway: it keeps every version out where its signature can see them, hurts
# nothing else, leaves the gateway as it found it, and one seed gives one table.
. "$(dirname "$0")/lib.sh"
need_namespaces
R=$TMP/run
# run OUT [OPTION...]
run() {
	local out=$1
	shift
	"$SKYPELAB" run --no-report -o "$out" "$@" scenarios/containment.yaml >"$TMP/out" 2>"$TMP/err" ||
		fail "run $*: $(cat "$TMP/err")"
}
# shellcheck disable=SC2054 # commas are of the filters
small=(--repeat 1 --filter operator.signature=skypelab-2006 --filter operator.policy=flow,super-node,client,none
	--filter caller.firewall=open,full-restricted,only-80 --filter caller.nat=full-cone)
run "$R" "${small[@]}"

# column NAME: its number in containment.tsv
column() { head -n 1 "$R/containment.tsv" | tr '\t' '\n' | grep -nx "$1" | cut -d : -f 1; }
# of STAGE COLUMN...: these columns of the rows of a stage
of() {
	awk -F'\t' -v OFS='\t' -v stage="$1" -v names="${*:2}" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(names, name, " "); next }
		$at["stage"] == stage { for (i = 1; i <= n; i++) printf "%s%s", $at[name[i]], i < n ? OFS : ORS }' "$R/containment.tsv"
}

# 1. Without an operator each client gets in, over the way that the firewall leaves open.
same "$(of all policy verdict | grep -c '^none.in$')" 12 "clients that get in without an operator"
# 2. With one, none is in at the end: it was never in, or was cut off. Every policy, version and setting.
same "$(of all policy verdict | grep -v '^none' | grep -c 'kept out\|cut off')" 36 "clients kept out"
same "$(of all policy version verdict | grep '^flow' | sort -u | cut -f 3 | sort | uniq -c | xargs)" \
	"4 kept out" "with the policy flow, each version was never in"
# 3. At which stage: behind a firewall that leaves port 80 only, there.
same "$(of 80 policy caller_firewall state | grep '^flow.only-80' | sort -u | cut -f 3)" blocked "port 80"
same "$(of udp policy caller_firewall state | grep '^flow.open' | sort -u | cut -f 3)" blocked "UDP"
# 4. It is quick: packets of the flow, and emulated seconds, until the first block. A client is known by
# its probe's answer after few packets, and from then on by its first packet.
of all policy flow_packets flow_seconds | awk -F'\t' '$1 != "none" && !($2 >= 1 && $2 <= 30 && $3 < 5) { bad = 1; print }
	END { exit bad }' || fail "a flow was blocked late"
# 5. Innocent flows: compared with the same ones without an operator; none blocked, none hurt on other hosts.
of all policy compared innocent_blocked hurt_on_others | awk -F'\t' '$1 != "none" && ($2 < 50 || $3 || $4) { bad = 1; print }
	END { exit bad }' || fail "innocent traffic was hurt"
same "$(of all policy hurt_on_client | awk -F'\t' '$1 == "flow" { n += $2 } END { print n }')" 0 \
	"innocent flows of the client's own host, hurt by the policy flow"
# 6. The gateway is left as it was found: its rules are those of the cell without an operator, and there
# is no table beside its own. Counters and the mappings of the NAT differ with the traffic.
rules() { # FILE: without what the traffic changes
	awk '/elements = \{/ { skip = 1 } !skip { gsub(/packets [0-9]+ bytes [0-9]+/, ""); print } /\}/ { skip = 0 }' "$1"
}
for cell in "$R"/cells/*_flow_* "$R"/cells/*_client_*; do
	none=$(echo "$cell" | sed 's/_\(flow\|client\)_/_none_/')
	rules "$cell/rules.txt" >"$TMP/with"
	rules "$none/rules.txt" >"$TMP/without"
	cmp -s "$TMP/with" "$TMP/without" || fail "$cell: $(diff "$TMP/with" "$TMP/without" | head -n 5)"
	grep -q "^table ip" "$cell/rules.txt" || fail "$cell: no rules at all"
	same "$(grep -c '^table' "$cell/rules.txt")" 1 "tables in $cell"
done
# 7. The same seed, the same table.
run "$TMP/again" "${small[@]}" --filter version=1.2,2.5 --filter operator.policy=flow,none
head -n 1 "$R/containment.tsv" >"$TMP/part"
awk -F'\t' -v v="$(column version)" -v p="$(column policy)" \
	'($v == "1.2" || $v == "2.5") && ($p == "flow" || $p == "none")' "$R/containment.tsv" >>"$TMP/part"
cmp "$TMP/part" "$TMP/again/containment.tsv" || fail "one seed, two tables"
# 8. An operator that is slow lets them in: CrowdSec's ten seconds.
sed 's/^  policy: flow/&\n  delay-ms: 10000/' scenarios/containment.yaml >"$TMP/slow.yaml"
"$SKYPELAB" run --no-report -o "$TMP/slow" --repeat 1 --filter operator.signature=skypelab-2006 --filter operator.policy=flow \
	--filter version=2.0 --filter caller.firewall=open --filter caller.nat=full-cone "$TMP/slow.yaml" >"$TMP/out" 2>"$TMP/err" ||
	fail "$(cat "$TMP/err")"
R=$TMP/slow
[ "$(of all times_in)" -ge 1 ] || fail "a slow operator kept the client out"
# 9. Through a proxy, the last way in. In the LAN the gateway sees the proxy's own flow, which is the client's,
# and blocks it, or with the proxy all that it fetches for others; of a client that speaks with a proxy in a
# DMZ, the gateway's inside knows nothing, and it is in.
sed 's/^vantages: .*/vantages: [caller.lan, caller.wan]/' scenarios/containment.yaml >"$TMP/proxied.yaml"
proxied() { # OUT POLICIES
	"$SKYPELAB" run --no-report -o "$1" --repeat 1 --filter operator.signature=skypelab-2006 --filter "operator.policy=$2" \
		--filter version=2.0 --filter caller.firewall=proxy-only --filter caller.nat=full-cone "$TMP/proxied.yaml" \
		>"$TMP/out" 2>"$TMP/err" || fail "$(cat "$TMP/err")"
}
proxied "$TMP/proxied" flow,client,none
R=$TMP/proxied
same "$(of proxy proxy policy state | LC_ALL=C sort | xargs)" \
	"dmz client open dmz flow open dmz none open lan client blocked lan flow blocked lan none open" "the stage proxy"
same "$(of all proxy policy verdict | grep '^lan' | cut -f 2,3 | LC_ALL=C sort | xargs)" "client cut off flow cut off none in" \
	"a proxy in the LAN"
same "$(of all proxy verdict reason | grep '^dmz' | sort -u)" "dmz	in	not seen, over proxy" "a proxy in a DMZ"
of all proxy policy hurt_on_others | awk -F'\t' '$2 != "none" && ($1 $2 == "lanclient") != ($3 > 0) { bad = 1; print }
	END { exit bad }' || fail "blocking the proxy hurts others, and nothing else does"
for where in lan dmz; do
	cell=$R/cells/skypelab-2006_none_2.0_proxy-only_full-cone_$where
	# the session: of the host both where it asks the proxy and where the proxy goes on, behind the NAT too
	same "$(awk -F'\t' '$13 == "sn" { print $5, $6, $14, $15 }' "$cell/truth.caller.lan.tsv" | sort | xargs)" \
		"3128 skype caller-h1 caller-h1 443 skype caller-proxy caller-h1" "sessions inside, $where"
	same "$(awk -F'\t' '$13 == "sn" { print $2, $5, $14, $15 }' "$cell/truth.caller.wan.tsv" | xargs)" \
		"203.0.113.2 443 caller-proxy caller-h1" "the session outside, $where"
	[ "$(grep -c '	3128	' "$cell/truth.caller.wan.tsv")" = 0 ] || fail "$where: what is said inside is listed outside"
	grep -q '	CONNECT R1 R2 R3 T2 T3 T4	198.19.*:443	3128	' "$cell/outcomes.tsv" || fail "$(cat "$cell/outcomes.tsv")"
done
proxied "$TMP/proxied-again" flow
cmp <(grep -v '_\(none\|client\)_' "$R/containment.tsv" | cut -f 1-30) \
	<(cut -f 1-30 "$TMP/proxied-again/containment.tsv") || fail "one seed, two tables with a proxy"
# 10. What cannot be is said.
for wrong in 's/at: caller.lan/at: caller.wan/' 's/at: caller.lan/at: nowhere.lan/' 's/  policy: flow/  policy: no-such/' \
	's/  signature: skypelab-2006/  signature: no-such/'; do
	sed "$wrong" scenarios/containment.yaml >"$TMP/wrong.yaml"
	status=0
	"$SKYPELAB" run --dry-run "$TMP/wrong.yaml" >"$TMP/out" 2>"$TMP/err" || status=$?
	[ "$status" = 2 ] && grep -q 'wrong.yaml:[0-9]*: ' "$TMP/err" || fail "$wrong: exit $status, $(cat "$TMP/err")"
done
echo "36 clients kept out by 3 policies"
