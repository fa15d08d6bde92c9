#!/bin/bash
# Verdicts that were edited: each lowers the figure that it should lower. One small run gives the verdicts
# and the truth; the edits are made in its eve.json. The figures are those outside a NAT, where two
# clients and an innocent host have one address.
. tests/e2e/lib.sh
need_namespaces
need python3

cat >"$TMP/s.yaml" <<-'EOF'
	scenario: edited
	seed: 11
	duration: 400
	super-nodes: 8
	sites:
	  - {name: caller, hosts: 3, firewall: open, nat: full-cone}
	clients:
	  - {name: alice, site: caller, version: "1.4", script: [login, wait 60, quit, wait 30, login, wait 60, quit]}
	  - {name: bob, site: caller, host: 2, version: "1.4", script: [wait 200, login, wait 60, quit]}
	background:
	  - {site: caller, mix: light}
	vantages: [caller.lan, caller.wan]
	signatures: [ehlert-petgang-1.4]
EOF
"$SKYPELAB" -q run "$TMP/s.yaml" -o "$TMP/run" >/dev/null || fail "run ended with $?"
set -- "$TMP"/run/cells/*/
cell=$1
grep '"pcap_filename":"caller-gw.wan.pcap"' "$cell/eve.json" >"$TMP/right.json"

# score FILE: its table in $TMP/t; get UNIT COLUMN
score() {
	"$SKYPELAB" -q score --eve "$1" --labels "$cell/truth.caller.wan.tsv" \
		--events "$cell/events.caller.wan.tsv" -o "$TMP/t" "$cell/caller-gw.wan.pcap" \
		>/dev/null || fail "score $1: exit $?"
}
get() {
	awk -F'\t' -v u="$1" -v n="$2" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
		NR > 1 && $c["unit"] == u { print $c[n]; hit = 1 } END { if (!hit) print "none" }' "$TMP/t"
}
below() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "-" && a < b) }' || fail "$3: $1 is not below $2"; }

# The run's own table says the same.
score "$TMP/right.json"
for unit in flow client session session-end; do
	same "$(get $unit tp) $(get $unit fp) $(get $unit fn) $(get $unit wrong_role)" \
		"$(awk -F'\t' -v u=$unit 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
			$c["unit"] == u && $c["vantage"] == "caller.wan" {
				print $c["tp"], $c["fp"], $c["fn"], $c["wrong_role"] }' "$TMP/run/accuracy.tsv")" \
		"$unit: the run's row"
done
same "$(get client tp) $(get client fp) $(get client fn) $(get client tn)" "2 0 0 1" "clients behind the NAT"
same "$(get client precision)" 1.0000 "precision of clients before"
same "$(get session tp) $(get session fn)" "3 0" "sessions before"
same "$(get session-end tp)" 3 "ends before"
same "$(get session-change tp)" none "changes before"
flow_precision=$(get flow precision)
flow_recall=$(get flow recall)
starts=$(get session-start precision)
nodes=$(get super-node tp)
[ "$nodes" -gt 0 ] || fail "no super node"

cat >"$TMP/edit.py" <<-'EOF'
	import json, sys
	what, events, out = sys.argv[1], [json.loads(l) for l in sys.stdin], []
	for v in events:
	    if what == "no-ends" and v["skype"]["event"] == "session-end":
	        continue
	    out.append(v)
	    w = json.loads(json.dumps(v))
	    if what == "peers":
	        w["src_ip"], w["dest_ip"] = v["dest_ip"], v["src_ip"]
	        w["src_port"], w["dest_port"] = v["dest_port"], v["src_port"]
	        w["skype"]["client_ip"] = v["dest_ip"]
	        w["skype"]["event"] = "evidence"
	        out.append(w)
	    elif what == "wrong-nodes" and v["skype"]["event"] == "session-start":
	        v["skype"]["super_node"] = {"ip": "198.51.100.1", "port": 1}
	if what == "changes":
	    start = [v for v in events if v["skype"]["event"] == "session-start"][0]
	    for i in range(50):
	        w = json.loads(json.dumps(start))
	        w["skype"]["event"] = "session-change"
	        out.append(w)
	elif what == "made-up":
	    for i in range(20):
	        w = json.loads(json.dumps(events[0]))
	        w["src_ip"], w["src_port"], w["skype"]["client_ip"] = "10.99.0.%d" % (i + 1), 1000, "10.99.0.%d" % (i + 1)
	        w["skype"]["event"] = "evidence"
	        out.append(w)
	elif what == "neighbour":
	    flow = sys.argv[2].split("\t")
	    w = json.loads(json.dumps(events[0]))
	    w["proto"] = flow[0].upper()
	    w["src_ip"], w["src_port"], w["dest_ip"], w["dest_port"] = flow[1], int(flow[2]), flow[3], int(flow[4])
	    w["skype"]["client_ip"], w["skype"]["event"] = flow[1], "evidence"
	    out.append(w)
	elif what == "one-client":
	    keep = set(tuple(f.split()) for f in sys.argv[2].split(","))
	    out = [v for v in events if (v["src_ip"], str(v["src_port"])) in keep]
	sys.stdout.writelines(json.dumps(v) + "\n" for v in out)
EOF
edit() { python3 "$TMP/edit.py" "$@" <"$TMP/right.json" >"$TMP/edited.json" && score "$TMP/edited.json"; }

# Peers named as clients beside the right ones: precision of clients.
edit peers
below "$(get client precision)" 1 "peers as clients: precision of clients"
[ "$(get client wrong_role)" -gt 0 ] || fail "peers as clients: no wrong role"
same "$(get client tp) $(get client fp) $(get client tn)" "2 0 1" "peers as clients: the other counts"
same "$(get flow precision)" "$flow_precision" "peers as clients: precision of flows"

# No ends: recall of ends and of sessions.
edit no-ends
same "$(get session-end recall)" 0.0000 "no ends: recall of ends"
same "$(get session recall)" 0.0000 "no ends: recall of sessions"
same "$(get session-start precision)" "$starts" "no ends: precision of starts"

# Invented changes: precision of changes and of sessions.
edit changes
same "$(get session-change fp) $(get session-change precision)" "50 0.0000" "changes"
below "$(get session precision)" 0.1 "changes: precision of sessions"
same "$(get session-start precision)" "$starts" "changes: precision of starts"

# Flows that do not exist: precision of flows and clients, and the column that says why.
edit made-up
below "$(get flow precision)" "$flow_precision" "made-up flows: precision of flows"
same "$(get flow unmatched)" 20 "made-up flows: unmatched"
same "$(get flow recall)" "$flow_recall" "made-up flows: recall of flows"
same "$(get client unmatched) $(get client fp)" "20 20" "made-up flows: clients"
below "$(get client precision)" 0.1 "made-up flows: precision of clients"

# Wrong super nodes: their own figures, and sessions.
edit wrong-nodes
same "$(get super-node tp) $(get super-node fp)" "0 1" "wrong super nodes"
same "$(get session recall)" 0.0000 "wrong super nodes: recall of sessions"
same "$(get session-start precision)" "$starts" "wrong super nodes: precision of starts"

# The innocent host behind the same NAT, and only one of the two clients.
other=$(awk -F'\t' '$14 == "caller-h3" && $6 != "skype" { print $1 "\t" $2 "\t" $3 "\t" $4 "\t" $5; exit }' \
	"$cell/truth.caller.wan.tsv")
[ -n "$other" ] || fail "no flow of the innocent host outside the NAT"
edit neighbour "$other"
same "$(get client tp) $(get client fp) $(get client tn)" "2 1 0" "the innocent host"
bobs=$(awk -F'\t' '$14 == "caller-h2" && $6 == "skype" { print $2, $3 }' "$cell/truth.caller.wan.tsv" |
	sort -u | paste -sd,)
edit one-client "$bobs"
same "$(get client tp) $(get client fn) $(get client tn)" "1 1 1" "one of two clients behind one address"

# Events that are of no capture of the run, or of no known kind, are refused: they would count nowhere.
refused() { # JQ-LIKE EDIT, WHAT THE MESSAGE SAYS
	mkdir -p "$TMP/other/${cell##*cells/}"
	sed "$1" "$cell/eve.json" >"$TMP/other/${cell##*cells/}/eve.json"
	rc=0
	"$SKYPELAB" -q score --run "$TMP/run" --eve "$TMP/other" >"$TMP/out" 2>&1 || rc=$?
	same "$rc" 2 "$1"
	grep -qF "$2" "$TMP/out" || fail "$1: $(cat "$TMP/out")"
}
refused '2s/"pcap_filename":"[^"]*"/"pcap_filename":"elsewhere.pcap"/' \
	'eve.json:2: pcap_filename is "elsewhere.pcap", but the captures are caller-gw.'
refused '2s/"pcap_filename":"[^"]*",//' 'eve.json:2: a skype event without pcap_filename'
refused '2s/"event":"[^"]*"/"event":"session-stop"/' 'eve.json:2: a skype event without one of the kinds'

# A frame before the flow's first says nothing of how soon it was found; without a frame, the time says it.
sed 's/"pcap_cnt":[0-9]*/"pcap_cnt":1/g' "$TMP/right.json" >"$TMP/edited.json"
times() {
	"$SKYPELAB" -q score --eve "$1" --labels "$cell/truth.caller.wan.tsv" -c "$TMP/c" "$cell/caller-gw.wan.pcap" \
		>/dev/null || fail "score $1: exit $?"
	awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
		$c["unit"] == "flow" && $c["result"] == "tp" { print $c["subject"], $c["detect_packets"], $c["detect_bytes"] }' \
		"$TMP/c" | sort
}
same "$(times "$TMP/edited.json" | cut -d' ' -f4- | sort -u)" "- -" "time to detect before the flow"
sed 's/"pcap_cnt":[0-9]*/"pcap_cnt":0/g' "$TMP/right.json" >"$TMP/edited.json"
same "$(times "$TMP/edited.json")" "$(times "$TMP/right.json")" "packets and bytes by time alone"

# The run's capture alone, or beside events, is what the run says it is.
table() { awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
	NR > 1 && $c["vantage"] == "caller.wan" { print $c["source"], $c["traffic_version"], $c["unit"], $c["tp"], $c["fp"],
		$c["fn"], $c["tn"], $c["wrong_role"], $c["host_seconds"] }' "$1" | sort; }
"$SKYPELAB" -q score -s ehlert-petgang-1.4 -o "$TMP/t" "$cell/caller-gw.wan.pcap" >/dev/null || fail "score: exit $?"
same "$(table "$TMP/t")" "$(table "$TMP/run/accuracy.tsv")" "the capture of a run, by itself"
score "$TMP/right.json"
same "$(table "$TMP/t")" "$(table "$TMP/run/accuracy.tsv")" "the capture of a run, with its events"
head -n 1 "$cell/truth.caller.wan.tsv" >"$TMP/empty.tsv"
rc=0
"$SKYPELAB" score --labels "$TMP/empty.tsv" "$cell/caller-gw.wan.pcap" >"$TMP/out" 2>&1 || rc=$?
same "$rc" 0 "a label file without rows"
grep -q 'empty.tsv: no rows; whatever is claimed counts as false' "$TMP/out" || fail "a label file without rows: $(cat "$TMP/out")"

# A cell that a newer program left is not taken up.
rm "$TMP/run/manifest.json"
sed -i 's/"format": 1/"format": 9/' "$cell/cell.json"
rc=0
"$SKYPELAB" -q run "$TMP/s.yaml" -o "$TMP/run" >/dev/null 2>"$TMP/err" || rc=$?
same $rc 2 "exit status with a cell of a newer program"
grep -q 'cell.json: format 9 is newer than what this skypelab reads' "$TMP/err" || fail "$(cat "$TMP/err")"
