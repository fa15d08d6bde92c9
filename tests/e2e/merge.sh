#!/bin/bash
# `skypelab watch --merge`: a sensor inside and one outside of a NAT see the same clients. In every NAT of
# the lab, one client is one in the merged picture, two behind the same NAT are two, and each sighting that
# is given to a client is that client's, as the truth of the run has it. Then the inputs: followed, renamed,
# a pipe, hostile lines.
. tests/e2e/lib.sh
need python3
need_namespaces

nats=$(cd scenarios/nats && ls | sed 's/\.yaml$//' | paste -sd, | sed 's/,/, /g')
hosts=3
scenario() { # COUNT
	cat <<-END
		scenario: behind-one-nat
		seed: 1616
		duration: 300
		super-nodes: 12
		sites:
		  - {name: caller, hosts: $hosts, firewall: open, nat: public}
		clients:
		  - {name: user, site: caller, count: $1, version: "1.4", login: manual, script: [login, wait 60, quit]}
		matrix:
		  - {axis: caller.nat, values: [$nats]}
		vantages: [caller.lan, caller.wan]
		signatures: [ehlert-petgang-1.4]
	END
}
# the wan sensor's clock is behind by so many milliseconds
behind() { # MS < EVE
	python3 -c '
import datetime, json, sys
def moved(t):
    d = datetime.datetime.strptime(t, "%Y-%m-%dT%H:%M:%S.%f%z") - datetime.timedelta(milliseconds=int(sys.argv[1]))
    return d.strftime("%Y-%m-%dT%H:%M:%S.%f%z")
for line in sys.stdin:
    o = json.loads(line)
    o["timestamp"] = moved(o["timestamp"])
    for m in o["skype"]["evidence"]:
        m["timestamp"] = moved(m["timestamp"])
    print(json.dumps(o))' "$1"
}
# Whose each line of the wan sensor is, against the truth: lines given to a client inside, and wrong ones.
truth() { # CELL EVE
	python3 - "$@" <<-'END'
		import json, sys
		def rows(name):
		    lines = [l.rstrip("\n").split("\t") for l in open(name)]
		    return [dict(zip(lines[0], l)) for l in lines[1:]]
		cell, eve = sys.argv[1:]
		address = {r["client_host"]: r["client_ip"] for r in rows(cell + "/truth.caller.lan.tsv") if r["client_host"]}
		host = {}
		for r in rows(cell + "/truth.caller.wan.tsv"):
		    a, b = (r["client_ip"], r["client_port"]), (r["server_ip"], r["server_port"])
		    host[r["proto"], a, b] = host[r["proto"], b, a] = r["client_host"] or r["server_host"]
		given = wrong = 0
		for line in open(eve):
		    o = json.loads(line)
		    if not o["host"].endswith("wan.json") or o["merge"]["why"] == "own":
		        continue
		    key = o["proto"].lower(), (o["src_ip"], str(o["src_port"])), (o["dest_ip"], str(o["dest_port"]))
		    given += 1
		    wrong += address.get(host.get(key)) != o["merge"]["client_ip"]
		print(given, wrong)
	END
}
for count in 1 2; do
	scenario $count >"$TMP/scenario.yaml"
	"$SKYPELAB" -q run -o "$TMP/run$count" "$TMP/scenario.yaml" >/dev/null
	for cell in "$TMP/run$count"/cells/*; do
		name="$count behind ${cell##*/}"
		for side in lan wan; do
			"$SKYPELAB" detect --eve "$TMP/$side.json" -s skypelab-2006 -s ehlert-petgang-1.4 "$cell/caller-gw.$side.pcap"
		done
		cd "$TMP"
		"$SKYPELAB" watch --merge --once --eve merged.json lan.json wan.json >picture
		cd "$OLDPWD"
		awk -F '\t' 'NR > 1 && $3 != "undecided" { print $1, $10 }' "$TMP/picture" >"$TMP/clients"
		same "$(grep -c . "$TMP/clients")" $count "clients of $name: $(cat "$TMP/picture")"
		grep -vE ' (lan.json,wan.json|wan.json,lan.json)$' "$TMP/clients" && fail "$name: a client that one sensor alone saw"
		same "$(wc -l <"$TMP/merged.json")" "$(cat "$TMP"/{lan,wan}.json | wc -l)" "lines merged of $name"
		case $name in
		*public) ;;
		*)
			read -r given wrong <<<"$(truth "$cell" "$TMP/merged.json")"
			echo "$name: $given lines of the outer sensor given to clients inside, $wrong wrong; $(awk -F '\t' '{ n += $12 } END { print n + 0 }' "$TMP/picture") undecided"
			[ "$given" -gt 20 ] || fail "$name: hardly anything was joined"
			same "$wrong" 0 "lines given to another client: $name"
			behind 700 <"$TMP/wan.json" >"$TMP/late.wan.json"
			"$SKYPELAB" watch --merge --once --eve "$TMP/merged.json" "$TMP/lan.json" "$TMP/late.wan.json" >"$TMP/picture"
			read -r given wrong <<<"$(truth "$cell" "$TMP/merged.json")"
			echo "  clock 0.7 s behind: $given given, $wrong wrong"
			same "$wrong" 0 "lines given to another client, clocks apart: $name"
			[ "$given" -gt 20 ] || fail "$name: hardly anything was joined where the clocks are apart"
			;;
		esac
	done
done

# Twenty that begin in the same moment, each flow with an outside port of its own: what decides is time.
nats=symmetric hosts=20
scenario 20 >"$TMP/scenario.yaml"
"$SKYPELAB" -q run -o "$TMP/run20" "$TMP/scenario.yaml" >/dev/null
cell=$(echo "$TMP"/run20/cells/*)
for side in lan wan; do
	"$SKYPELAB" detect --eve "$TMP/$side.json" -s skypelab-2006 "$cell/caller-gw.$side.pcap"
done
"$SKYPELAB" watch --merge --once --eve "$TMP/merged.json" "$TMP/lan.json" "$TMP/wan.json" >"$TMP/picture"
same "$(awk -F '\t' '$1 ~ /^192/ && $2 ~ /,/' "$TMP/picture" | wc -l)" 20 "clients of twenty, each with its outside address: $(cat "$TMP/picture")"
read -r given wrong <<<"$(truth "$cell" "$TMP/merged.json")"
read -r undecided all <<<"$(awk -F '\t' '{ n += $12; all += $11 } END { print n + 0, all }' "$TMP/picture")"
echo "20 behind symmetric: $given given, $wrong wrong; $undecided of $all undecided in the end"
same "$wrong" 0 "lines given to another client, of twenty"
[ $((undecided * 20)) -lt "$all" ] || fail "of twenty, too much is undecided"

# Without the inner sensor there is one address, and nothing is joined.
"$SKYPELAB" watch --merge --once "$TMP/wan.json" >"$TMP/picture"
awk -F '\t' 'NR > 1 && $2 ~ /,/' "$TMP/picture" | grep . && fail "joined by one sensor alone"

# Followed: a file that is not there yet, that grows, is renamed; a pipe; lines that are none.
cd "$TMP"
mkfifo pipe
grep '"src_ip":"192' lan.json >inner.json
"$SKYPELAB" watch --merge in.json pipe --eve out.json >lines 2>errors &
pid=$!
waits() { # WHAT CMD...
	for ((i = 0; i < 200; i++)); do
		"${@:2}" && return
		sleep 0.05
	done
	fail "$1: $(cat lines errors)"
}
head -n 20 inner.json >in.json
{ printf '\x00\xff\n{"torn'; echo; head -c 300000 /dev/zero | tr '\0' x; echo; head -n 30 wan.json; } >pipe
waits "lines of a client" grep -q '^192.168' lines
mv in.json in.json.1
sed -n '21,30p' inner.json >>in.json.1
sed -n '31,40p' inner.json >in.json
waits "all lines merged" sh -c '[ "$(wc -l <out.json)" = 70 ]'
kill -TERM $pid
wait $pid || fail "the end by a signal: $?"
grep -q '2 lines could not be read, 1 were too long' errors || fail "what was passed over is not said: $(cat errors)"
head -n 1 lines | has '^client' || fail "no names"

# What cannot be: no input, a folder, a file that is not there, an output that is an input.
refused() { # WORDS ARG...
	rc=0
	said=$("$SKYPELAB" watch --merge "${@:2}" 2>&1) || rc=$?
	same "$rc" 2 "watch --merge ${*:2}"
	grep -q "$1" <<<"$said" || fail "watch --merge ${*:2} says: $said"
}
refused FILE
refused 'a folder' /tmp
refused 'cannot read' --once none.json
refused 'skew' --skew 61 lan.json
cp lan.json both.json
refused 'input' --once --eve both.json both.json
cmp -s lan.json both.json || fail "an input was written over"
exit 0
