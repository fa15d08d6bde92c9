#!/bin/bash
# The embedded default, as an ordinary user: six settings and two logins, the ways in that the
# kernel's rules leave, the counters that show why, and the tables.
. tests/e2e/lib.sh
need_namespaces
R=$TMP/run
chmod 755 "$TMP"
mkdir -m 777 "$TMP/out"
R=$TMP/out/run
as_user "$SKYPELAB" run --max-fp 0 --junit "$TMP/out/junit.xml" scenarios/first-light.yaml -o "$R" >"$TMP/table" || fail "run ended with $?"
cat "$TMP/table"
same "$(sed -n 's/.*<testsuite \(.*\)>/\1/p' "$TMP/out/junit.xml")" 'name="skypelab run" tests="18" failures="0"' "JUnit of 16 cells and two vantages"
# The answer, in words: the figures of the table, at both vantages, and where the rest is.
[ "$(wc -l <"$TMP/table")" -le 12 ] || fail "the answer is long"
same "$(tail -n 1 "$TMP/table")" "$R/report.html" "the last line"
for at in caller.lan caller.wan; do
	for unit in client flow; do
		read -r found of < <(tsv '$c["vantage"] == at && $c["unit"] == unit { tp += $c["tp"]; of += $c["tp"] + $c["fn"] }
			END { print tp, of }' at=$at unit=$unit "$R/accuracy.tsv")
		sed -n "/ at $at: Skype 1.4, emulated, 16 trials$/,/^[^ ]/p" "$TMP/table" | grep "^  $found of $of ${unit}s found" >/dev/null ||
			fail "$at: $found of $of ${unit}s are not in the answer"
	done
done
[ "$(head -1 "$R/outcomes.tsv" | cut -f1-6)" = "$(printf 'cell\tcaller_firewall\tcaller_nat\tcallee_firewall\tcallee_nat\tclient')" ] ||
	fail "outcomes.tsv: header"
field() { awk -F'\t' -v n="$1" 'NR==1{for(i=1;i<=NF;i++)c[$i]=i} NR>1&&$c["cell"]==cell{print $c[n]}' cell="$2" "$R/outcomes.tsv"; }
for fw in open inbound-restricted full-restricted; do for nat in public full-cone; do for login in manual automatic; do
	cell=${fw}_${nat}_${login}
	same "$(field result "$cell")" in "$cell: result"
	path=$(field path "$cell")
	port=$(field tcp_port "$cell")
	if [ $fw = full-restricted ]; then
		same "$port" 443 "$cell: the port that is left"
		case $path in *"R1 R2 R3 T2 T3 T4"*) ;; *) fail "$cell: path $path" ;; esac
		grep -q U4 <<<"$path" && fail "$cell: an answered probe through a closed firewall"
		grep -E '^[[:space:]]*packets [1-9]' "$R/cells/$cell/rules.txt" >/dev/null || fail "$cell: no drop counted"
	else
		[ "$port" -gt 1024 ] || fail "$cell: port $port"
		case $path in *"U4 T1 T2 T3 T4"*) ;; *) fail "$cell: path $path" ;; esac
	fi
	case $login in
	manual) case $path in *"L1 L2 L3 L4"*) ;; *) fail "$cell: no login server in $path" ;; esac ;;
	automatic) case $path in *L1*) fail "$cell: a login server in $path" ;; esac ;;
	esac
done; done; done
for nat in public full-cone; do
	same "$(field tcp_port "only-80_${nat}_manual")" 80 "443 closed too: port"
done
# both kinds of probe are there
awk -F'\t' 'NR==1{for(i=1;i<=NF;i++)c[$i]=i} NR>1{print $c["path"]}' "$R/outcomes.tsv" >"$TMP/paths"
grep -q 'U1 U2 U3 U4 T1' "$TMP/paths" || fail "no full probe led in"
grep -q '^U1 U4 T1' "$TMP/paths" || fail "no partial probe led in"
for cell in "$R"/cells/*/; do
	for f in caller-gw.lan.pcap caller-gw.wan.pcap truth.caller.lan.tsv truth.caller.wan.tsv eve.json rules.txt; do
		[ -s "$cell/$f" ] || fail "$cell$f is missing or empty"
	done
done
for f in manifest.json accuracy.tsv outcomes.tsv report.html; do [ -s "$R/$f" ] || fail "$f"; done
head -1 "$R/accuracy.tsv" | has "$(printf '^source\ttraffic_version\tsignature\tvantage\tcaller_firewall\tcaller_nat\tcallee_firewall\tcallee_nat\thost_cache\tlogin\tunit\ttp\tfp\tfn\ttn\tprecision\trecall\tf1')" ||
	fail "accuracy.tsv: header"
# emulated clients are found in every setting, and nothing that is not Skype is called so
awk -F'\t' 'NR==1{for(i=1;i<=NF;i++)c[$i]=i} NR>1&&$c["unit"]=="client"&&($c["fn"]>0||$c["fp"]>0){print; bad=1} END{exit bad}' \
	"$R/accuracy.tsv" || fail "a client was missed or made up"
ls "$R"/plots/*.svg >/dev/null || fail "no plot"

# Cells do not repeat each other: the first payload of a Skype flow over UDP (all UDP here but look-ups)
# occurs once, in whichever cell.
if command -v tshark >/dev/null; then
	for pcap in "$R"/cells/*/caller-gw.lan.pcap; do
		tshark -n -r "$pcap" 2>/dev/null -Y 'udp && udp.port != 53' -T fields -e udp.stream -e udp.payload |
			awk -v cell="$pcap" '!seen[$1]++ { print $2, cell }'
	done >"$TMP/first"
	flows=$(wc -l <"$TMP/first") distinct=$(cut -d' ' -f1 "$TMP/first" | sort -u | wc -l)
	echo "$flows flows over UDP begin with $distinct different payloads"
	same "$distinct" "$flows" "different first payloads"
	[ "$flows" -gt 200 ] || fail "only $flows flows"
fi

# Repetitions: directories, tables, resume and refusal.
run() { as_user "$SKYPELAB" -q run --no-report --filter caller.firewall=open --filter login=manual "$@" scenarios/first-light.yaml; }
A=$TMP/out/again
run --repeat 3 -o "$A" >"$TMP/table" || fail "run --repeat 3 ended with $?"
same "$(find "$A/cells" -mindepth 1 -maxdepth 1 -name '*@3' | wc -l)" 4 "third repetitions"
grep -q 'ratio-t' "$A/accuracy.tsv" || fail "no interval over trials"
sums() { tsv '{ n[$c["vantage"] " " $c["caller_nat"] " " $c["host_cache"] " " $c["unit"]] += $c[by] }
	END { for (k in n) print k, n[k] }' by="$2" "$1" | sort; }
for column in tp fp fn tn wrong_role unmatched; do
	same "$(sums "$A/clusters.tsv" $column)" "$(sums "$A/accuracy.tsv" $column)" "sums of $column by trial"
done
rm "$A/manifest.json" "$A"/*.tsv && rm -r "$A/cells/open_public_manual@2"
as_user cp -r "$A" "$TMP/out/half"
run --repeat 3 -o "$A" >"$TMP/again" || fail "the interrupted run was not taken up"
same "$(cat "$TMP/again")" "$(cat "$TMP/table")" "the table of a run that was taken up"
run --repeat 3 --seed 5 -o "$TMP/out/half" 2>"$TMP/why" && fail "cells of another seed were kept"
grep -q 'another seed' "$TMP/why" || fail "not named: $(cat "$TMP/why")"
run -o "$TMP/out/half" 2>"$TMP/why" && fail "cells of more repetitions were kept"
grep -q 'another number of repetitions' "$TMP/why" || fail "not named: $(cat "$TMP/why")"
# The second of the seeds 7..8 is what seed 8 is alone; --manifest repeats both.
run --seeds 7..8 -o "$TMP/out/two" >/dev/null && run --seed 8 -o "$TMP/out/one" >/dev/null || fail "run --seeds"
for cell in "$TMP"/out/one/cells/*/; do
	same "$(jq .truth_digest "$cell/cell.json")" \
		"$(jq .truth_digest "$TMP/out/two/cells/$(basename "$cell")@2/cell.json")" "messages of seed 8"
done
as_user "$SKYPELAB" -q run --manifest "$TMP/out/two/manifest.json" -o "$TMP/out/repeated" >"$TMP/differs" ||
	fail "the run repeated from its manifest differs: $(tail -n 5 "$TMP/differs")"
run --repeat 2 --seeds 1..2 -o "$TMP/out/no" 2>"$TMP/why" && fail "--repeat beside --seeds"
same "$(run --repeat 3 --dry-run | head -n 1)" "first-light: 4 cells, 3 repetitions of each: 12 trials" "the plan"
