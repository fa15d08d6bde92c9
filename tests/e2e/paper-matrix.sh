#!/bin/bash
# The paper's statements, one by one, on the cells of scenarios/paper-matrix.yaml: outcomes.tsv must
# agree for every setting. docs/emulation.md lists the same statements by the same numbers.
# long: 84 cells
. "$(dirname "$0")/lib.sh"
need_namespaces
# Once each: what repetitions do to names, sums and intervals is tested by the tests of trials.
"$SKYPELAB" run --repeat 1 -o "$TMP/run" scenarios/paper-matrix.yaml >"$TMP/log" 2>&1 || { tail -n 20 "$TMP/log"; fail "run"; }
OUT=$TMP/run/outcomes.tsv
checked=0

# rows NUMBER WANTED CONDITION EXPECTATION: every row of outcomes.tsv that meets the (awk) condition
# meets the expectation, and there are exactly WANTED such rows. Columns by name.
rows() {
	tsv '{ cell = $c["cell"]; fw = $c["caller_firewall"]; nat = $c["caller_nat"]; cfw = $c["callee_firewall"]
		  client = $c["client"]; v = $c["version"]; kind = $c["kind"]; mode = $c["mode"]; result = $c["result"]
		  probe = $c["probe"]; path = $c["path"]; sn = $c["sn"]; port = $c["tcp_port"]; by = $c["login_by"]
		  s = $c["seconds"]; snport = sn; sub(/.*:/, "", snport) }
		'"$3"' { n++; if (!('"$4"')) { print "  " $0; bad++ } }
		END { if (bad) { print bad " rows differ"; exit 1 }
		      if (n != want) { print n + 0 " rows, expected " want; exit 1 } }' want="$2" "$OUT" >"$TMP/bad" ||
		fail "statement $1: $(cat "$TMP/bad")"
	checked=$((checked + 1))
}
L='kind == "login" && client == "alice"'

rows "all get in" 168 "$L" 'result == "in"'
rows 1 50 "$L"' && fw ~ /^(open|inbound-restricted)$/ && mode == "automatic"' 'path == "U1 U2 U3 U4 T1 T2 T3 T4"'
rows 2 50 "$L"' && fw ~ /^(open|inbound-restricted)$/ && mode == "manual"' 'path == "U1 U4 T1 T2 T3 T4 L1 L2 L3 L4"'
rows 3 100 "$L"' && fw ~ /^(open|inbound-restricted)$/' 'port == snport && port > 1024'
rows 5 48 "$L"' && fw == "full-restricted"' 'path ~ /^R1 R2 R3 T2 T3 T4/ && port == 443'
rows 6 4 "$L"' && fw == "only-80"' 'path ~ /^R1 R2 R3 T2 T3 T4/ && port == 80'
rows 7 4 "$L"' && fw == "udp-blocked"' 'path ~ /^T1 T2 T3 T4/ && port > 1024'
rows 8 4 "$L"' && fw == "tcp-high-blocked"' 'path ~ /^U1 .*U4 R1 R2 R3 T2 T3 T4/ && port == 443'
rows 9 84 "$L"' && mode == "automatic"' 'path !~ /L/ && by == "cached"'
rows 10 82 "$L"' && mode == "manual" && fw != "login-servers-blocked"' 'path ~ / L1 L2 L3 L4$/ && by == "ls"'
rows 11 2 "$L"' && mode == "manual" && fw == "login-servers-blocked"' 'path ~ / T4 L3 L4$/ && by == "relay"'
rows 12 84 'kind == "call"' 'result == "in" && path ~ /^(udp direct|udp relayed|tcp relayed)$/'
rows "12, UDP on both sides" 32 'kind == "call" && fw ~ /^(open|inbound-restricted)$/ && cfw != "full-restricted" &&
	cell !~ /sn-tcp/' 'path == "udp direct"'
rows "12, caller without UDP" 30 'kind == "call" && fw ~ /^(full-restricted|udp-blocked|only-443|only-80)$/' \
	'path == "tcp relayed"'
rows 13 8 'cell ~ /sn-tcp-restricted/' 'result == "in"'

# 4: the login does not depend on NAT or on inbound restrictions: one path per mode and version.
n=$(awk -F'\t' '$6 == "alice" && $8 == "login" && ($2 == "open" || $2 == "inbound-restricted") {
	print $7 $10 $13 }' "$OUT" | sort -u | wc -l)
same "$n" 4 "statement 4: paths of open and inbound-restricted settings"

# What the drops say: the restricted settings were forced by the kernel's rules.
for cell in 1.4_full-restricted_public_open_public 2.0_only-80_public_open_public 1.4_udp-blocked_public_open_public \
	1.4_open_public_open_public_sn-tcp-restricted; do
	grep -Eq 'packets [1-9]' "$TMP/run/cells/$cell/rules.txt" || fail "$cell: no rule dropped anything"
done

# The plots of the traffic tell the same: what a firewall stops ran over nothing, and everybody's flows and
# logins stand under the setting of the own site. Nobody behind a full restriction is in within 2 s.
[ -s "$TMP/run/plots/ports.tsv" ] || fail "no plot of ports"
same "$(tsv '$c["setting"] ~ /^(udp-blocked|only-|full-restricted)/ { udp += $c["UDP"] }
	$c["setting"] ~ /^only-80/ { other += $c["TCP 443"] + $c["TCP, port above 1023"] }
	$c["setting"] ~ /^only-443/ { other += $c["TCP 80"] + $c["TCP, port above 1023"] }
	$c["setting"] ~ /^udp-blocked/ { high += $c["TCP, port above 1023"] }
	$c["setting"] ~ /sn-tcp-restricted$/ { special++ }
	END { print udp + 0, other + 0, (high > 0), special }' "$TMP/run/plots/ports.tsv")" "0 0 1 2" \
	"UDP where it is blocked, other ports than the open one, high ports without UDP, bars of sn-tcp-restricted"
same "$(tsv '$c["setting"] ~ /^(full-restricted|only-)/ { n++; fast += $c["seconds"] < 2 } END { print (n > 0), fast + 0 }' \
	"$TMP/run/plots/time-to-login.tsv")" "1 0" "logins behind a full restriction, and those within 2 s"

# On the wire, by tshark: U2 carries the NAT's public address and no private one (paper, 5.1), R1 on
# 443 is 72 bytes with the fixed start, L1 and L2 are the five bytes.
if command -v tshark >/dev/null; then
	cell=$TMP/run/cells/1.4_open_full-cone_open_public
	wan=$(tshark -r "$cell/caller-gw.wan.pcap" -Y 'udp.length == 19' -T fields -e ip.dst -e udp.payload |
		awk '{ f = substr($2, 5, 2); if (f ~ /7$/) print $1, substr($2, 7, 8) }' | sort -u)
	[ -n "$wan" ] || fail "no U2 on the WAN"
	while read -r dst hex; do
		same "$(printf '%d.%d.%d.%d' $((16#${hex:0:2})) $((16#${hex:2:2})) $((16#${hex:4:2})) $((16#${hex:6:2})))" \
			"$dst" "address in U2"
	done <<<"$wan"
	cell=$TMP/run/cells/2.0_full-restricted_public_open_public
	n=$(tshark -r "$cell/caller-gw.lan.pcap" -Y 'tcp.dstport == 443 && tcp.len == 72' -T fields -e tcp.payload |
		grep -c '^8046010301002d00000010' || true)
	[ "$n" -gt 0 ] || fail "no R1 with its fixed bytes on 443"
	cell=$TMP/run/cells/1.4_open_public_open_public
	same "$(tshark -r "$cell/caller-gw.lan.pcap" -Y 'tcp.port == 33033 && tcp.len == 5' -T fields -e tcp.payload |
		sort -u | tr '\n' ' ')" "1603010000 1703010000 " "L1 and L2"
	# every one of these messages is one segment with PSH
	same "$(tshark -r "$cell/caller-gw.lan.pcap" -Y 'tcp.len > 0 && tcp.flags.push == 0 && tcp.port == 33033' |
		wc -l)" 0 "segments without PSH to the login server"
fi
echo "$checked statements agree on $(($(wc -l <"$OUT") - 1)) outcomes"

# No signature is worse on this matrix than the committed baseline says. After a wanted change:
#	tests/baselines.sh
"$SKYPELAB" results compare emulated "$TMP/run" >"$TMP/compare" ||
	fail "against results/baselines/emulated.tsv: $(head -n 30 "$TMP/compare")"
head -n 1 "$TMP/compare"
