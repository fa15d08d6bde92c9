#!/bin/bash
# The embedded default, as an ordinary user: six settings and two logins, the ways in that the
# kernel's rules leave, the counters that show why, and the tables.
. tests/e2e/lib.sh
need_namespaces
R=$TMP/run
chmod 755 "$TMP"
mkdir -m 777 "$TMP/out"
R=$TMP/out/run
as_user "$SKYPELAB" run scenarios/first-light.yaml -o "$R" >"$TMP/table" || fail "run ended with $?"
cat "$TMP/table"
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
head -1 "$R/accuracy.tsv" | grep -q "$(printf '^source\ttraffic_version\tsignature\tvantage\tcaller_firewall\tcaller_nat\tcallee_firewall\tcallee_nat\tunit\ttp\tfp\tfn\ttn\tprecision\trecall\tf1')" ||
	fail "accuracy.tsv: header"
# emulated clients are found in every setting, and nothing that is not Skype is called so
awk -F'\t' 'NR==1{for(i=1;i<=NF;i++)c[$i]=i} NR>1&&$c["unit"]=="client"&&($c["fn"]>0||$c["fp"]>0){print; bad=1} END{exit bad}' \
	"$R/accuracy.tsv" || fail "a client was missed or made up"
ls "$R"/plots/*.svg >/dev/null || fail "no plot"
