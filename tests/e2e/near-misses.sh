#!/bin/bash
# The near misses miss, by one constraint each. A reader of its own (near_misses.py) holds every
# session against the paper's constraints; the paper's signature calls none of them a session; and
# with one of its constraints relaxed it calls those that break this one, on every path, and no other.
. "$(dirname "$0")/lib.sh"
need tshark; need python3; need jq; need_namespaces
cat >"$TMP/mix.yaml" <<'EOF2'
name: near
generators:
  - {generator: near-miss, per_minute: 30}
  - {generator: near-miss-443, per_minute: 14, servers: 4}
  - {generator: near-miss-80, per_minute: 14, servers: 4}
EOF2
cat >"$TMP/scenario.yaml" <<EOF2
scenario: near-misses
seed: 2006
duration: 900
sites: [{name: caller, hosts: 1, firewall: open, nat: full-cone}]
background: [{site: caller, mix: $TMP/mix.yaml}]
vantages: [caller.lan]
signatures: [ehlert-petgang-1.4]
EOF2
"$SKYPELAB" run --no-report -o "$TMP/run" "$TMP/scenario.yaml" >"$TMP/table" 2>"$TMP/err" ||
	fail "the scenario did not run: $(cat "$TMP/err")"
pcap="$TMP/run/cells/cell/caller-gw.lan.pcap" truth="$TMP/run/cells/cell/truth.caller.lan.tsv"
python3 tests/near_misses.py "$truth" "$pcap" || fail "a near miss is not what it says"

# called SIGNATURE: which near misses it calls a session, once each.
called() {
	"$SKYPELAB" detect -s "$1" --eve - "$pcap" 2>"$TMP/err" | jq -r 'select(.skype.event == "session-start") |
		"\(.src_ip):\(.src_port) \(.dest_ip):\(.dest_port)"' >"$TMP/called" || fail "detect: $(cat "$TMP/err")"
	awk -F'\t' 'NR == FNR { split($1, a, " "); c[a[1] " " a[2]] = c[a[2] " " a[1]] = 1; next }
		($2 ":" $3 " " $4 ":" $5) in c { sub(/ tcp:/, ":", $7); print $7 }' "$TMP/called" "$truth" | sort -u
}
paper=detector/signatures/ehlert-petgang-1.4.yaml
"$SKYPELAB" detect -s $paper --eve - "$pcap" >/dev/null || fail "detect ended with $?" # called() cannot end the test
same "$(called $paper)" "" "what the paper's signature calls a session"

# relaxed WHAT SED REASON...: with the sed expression the signature calls all flows of these reasons
# (at least one each) and of no other.
relaxed() {
	local what=$1 sed=$2 got
	shift 2
	sed -E "$sed" $paper >"$TMP/relaxed.yaml"
	cmp -s $paper "$TMP/relaxed.yaml" && fail "$what: nothing was relaxed"
	got=$(called "$TMP/relaxed.yaml")
	same "$got" "$(printf '%s\n' "$@" | sort -u)" "called with $what relaxed"
	echo "$what: $# kinds of near misses are called"
}
# everywhere REASON...: of all three generators.
everywhere() { for r in "$@"; do printf 'near-miss: %s\nnear-miss-443: %s\nnear-miss-80: %s\n' "$r" "$r" "$r"; done; }
in_rule() { echo "/^  - rule: $1/,/^    then:/ { $2 }"; }
relaxed "U1's size" "$(in_rule 'udp probe' '/message: U1/,/bytes/ s/size: 18/size: 17..19/')" \
	"near-miss: U1 of 17 bytes" "near-miss: U1 of 19 bytes"
relaxed "U1's function" "$(in_rule 'udp probe' '/message: U1/,/bytes/ s/"02"/"??"/')" "near-miss: U1's function"
relaxed "U4's size" "$(in_rule 'udp probe' '/message: U4/,/bytes/ s/size: 18/size: 17..19/')" \
	"near-miss: U4 of 17 bytes" "near-miss: U4 of 19 bytes"
relaxed "U4's function" "$(in_rule 'udp probe' '/message: U4/,/bytes/ s/"02"/"??"/')" "near-miss: U4's function"
relaxed "U4's way" "$(in_rule 'udp probe' '/message: U4/,/bytes/ s/from: server/from: client/')" \
	"near-miss: U4 from the client"
# An address with one good probe then stands for all its ports, those of broken probes too.
relaxed "the connection's port" 's/\[client-ip, server\]/[client-ip, server-ip]/' "near-miss: TCP to another port" \
	"near-miss: U1 of 17 bytes" "near-miss: U1 of 19 bytes" "near-miss: U1's function" "near-miss: U4 of 17 bytes" \
	"near-miss: U4 of 19 bytes" "near-miss: U4's function" "near-miss: U4 from the client"
mapfile -t kinds < <(everywhere "T2 of 21 bytes" "T2 of 30 bytes")
relaxed "T2's size" 's/size: 22\.\.29/size: 21..30/; s/size: 36\.\.43/size: 35..44/' "${kinds[@]}"
mapfile -t kinds < <(everywhere "T3 of 339 bytes" "T3 of 57 bytes")
relaxed "T3's size" 's/\[58\.\., "!339"\]/[57..]/' "${kinds[@]}"
mapfile -t kinds < <(everywhere "T4 of 3 bytes" "T4 of 5 to 14 bytes" "T4 of 18 bytes")
relaxed "T4's size" 's/\[4, 15, 16, 17\]/3..18/' "${kinds[@]}"
relaxed "R1's size on 443" "$(in_rule 'super node on 443' 's/size: 72/size: 71..73/; s/"80 46 01 03 01 00 2d 00 00 00 10/"80 ?? 01 03 01 00 2d 00 00 00 ??/')" \
	"near-miss-443: R1 of 71 bytes" "near-miss-443: R1 of 73 bytes"
relaxed "R1's bytes on 443" "$(in_rule 'super node on 443' '/message: R1/,/then/ { s/00 00 05 .*62/00 ?? '"$(printf '?? %.0s' {1..17})"'/; s/00 00 08 .*80"/'"$(printf '?? %.0s' {1..26})??"'"/ }')" \
	"near-miss-443: a fixed byte of R1"
relaxed "R1's size on 80" "$(in_rule 'super node on 80' 's/size: 16$/size: 16..17/')" "near-miss-80: R1 of 17 bytes"
relaxed "R1's nibbles on 80" '/nibbles:/d' "near-miss-80: a nibble of R1"
