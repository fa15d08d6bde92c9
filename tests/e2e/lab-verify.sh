#!/bin/bash
# `skypelab lab verify`: everything behaves as declared, as an ordinary user, twice the same.
# long: 1,024 checks, twice
. "$(dirname "$0")/lib.sh"
need_namespaces
as_user "$SKYPELAB" lab verify >"$TMP/first" 2>"$TMP/err" ||
	{ cat "$TMP/first" "$TMP/err"; fail "verify found differences"; }
[ ! -s "$TMP/err" ] || fail "not quiet in a pipe: $(cat "$TMP/err")"
as_user "$SKYPELAB" lab verify >"$TMP/second" || fail "the second time differs"
cmp "$TMP/first" "$TMP/second" || fail "two runs print different things"
tail -n 1 "$TMP/first"
# 42 behaviours over UDP and TCP, 27 policy variants with 13 probes each, 33 of their own ports and 4 more,
# 81 pairs, and the paper's 36 cells with 14 paths each
same "$(tail -n 1 "$TMP/first")" "1096 checks in 232 labs, 0 differences"
same "$(grep -c ' ok$' "$TMP/first")" 84 "behaviours"

# The oracle measured by hand before this program existed (row's peer sends first).
sed -n '/^Do two peers/,/^The paper/p' "$TMP/first" >"$TMP/peers"
cell() { # ROW COLUMN
	awk -v row="$1" -v col="$2" 'NF > 5 && !head { for (i = 1; i <= NF; i++) at[$i] = i;
		if ("open" in at) head = 1; next } head && $1 == row { print $(at[col]) }' "$TMP/peers"
}
for row in open full-cone address-restricted; do
	for col in open inbound-restricted full-cone address-restricted masquerade; do
		same "$(cell $row $col)" direct "$row, $col"
	done
	same "$(cell $row symmetric)" direct "$row, symmetric"
done
for pair in "inbound-restricted symmetric" "masquerade symmetric" "symmetric inbound-restricted" \
	"symmetric masquerade" "symmetric symmetric" "open udp-blocked" "udp-blocked open"; do
	# shellcheck disable=SC2086
	same "$(cell $pair)" - "$pair"
done
# Without the gateway's closed input these two would depend on who sends first.
same "$(cell inbound-restricted masquerade)" direct "inbound-restricted, masquerade"
same "$(cell masquerade inbound-restricted)" direct "masquerade, inbound-restricted"

# A policy that rejects and opens one port: that port and its neighbour are tried; where nothing gets out
# there is no way in, which is no difference.
policy() { # RULE...
	printf '%s\n' 'name: p' 'summary: one port' 'reproduces: nothing' 'blocked-with: reject' 'inbound: closed' 'outbound: closed' rules:
	printf '  - {label: %s, action: allow}\n' "$@"
}
policy 'app, direction: outbound, protocol: tcp, ports: [8443]' >"$TMP/p.yaml"
policy 'app, direction: outbound, protocol: udp, ports: [7000-7010]' 'ssh, direction: inbound, protocol: tcp, ports: [2222]' >"$TMP/q.yaml"
for f in p q; do
	"$SKYPELAB" lab verify --firewall "$TMP/$f.yaml" >"$TMP/out" 2>&1 || fail "$f.yaml: $(cat "$TMP/out")"
	sed -n '/^The policies. own ports/,/^[0-9]/p' "$TMP/out" | sed -n "s/^[^ ]*$f\.yaml  *//p" | tr -s ' ' |
		sort -u | paste -sd ';' >"$TMP/own"
	case $f in
	p) same "$(cat "$TMP/own")" "full-cone tcp 8443 pass;full-cone tcp 8444 reject;public tcp 8443 pass;public tcp 8444 reject" "own ports of p" ;;
	q) same "$(cat "$TMP/own")" "full-cone tcp in 2222 -;full-cone tcp in 2223 -;full-cone udp 7000 pass;full-cone udp 7011 reject;public tcp in 2222 pass;public tcp in 2223 reject;public udp 7000 pass;public udp 7011 reject" "own ports of q" ;;
	esac
done

# For programs: the same checks, one object each.
need jq
for option in --firewalls --peers; do
	checks=$("$SKYPELAB" lab verify $option | sed -n 's/^\([0-9]*\) checks in .*/\1/p')
	same "$("$SKYPELAB" lab verify $option --json | jq 'map(select(.agrees == "yes" and .declared == .observed)) | length')" "$checks" "checks of $option as JSON"
done

# On a terminal it says how many labs are to come, and those are built.
python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$SKYPELAB" lab verify </dev/null | tr '\r' '\n' |
	{ grep -o 'of [0-9]* labs' || true; } | sort -u >"$TMP/labs"
same "$(cat "$TMP/labs")" "of 232 labs" "progress"

rc=0
"$SKYPELAB" lab verify --seed x 2>"$TMP/err" || rc=$?
same $rc 2 "exit status of a bad seed"
grep -q "expected a number" "$TMP/err" || fail "$(cat "$TMP/err")"
