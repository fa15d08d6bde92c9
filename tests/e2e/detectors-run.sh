#!/bin/bash
# A run with foreign detectors: each has rows of its own beside ours, in every table and at every vantage;
# one that fails has none, and says why; a run that was interrupted gives the same tables; the second
# scorer agrees; what is not the same is refused.
. tests/e2e/lib.sh
need python3; need_namespaces
export PYTHONDONTWRITEBYTECODE=1
one_cell=(--filter caller.firewall=open --filter caller.nat=public --filter login=manual --filter host-cache=known)
run() { # OPTION...; $status is then the exit status
	status=0
	"$SKYPELAB" -q run --no-report "${one_cell[@]}" "$@" scenarios/first-light.yaml >"$TMP/out" 2>"$TMP/err" || status=$?
}

# A detector that says what its rules say, and one that fails after a word.
mkdir "$TMP/d"
program() { # NAME, program on standard input
	{ echo '#!/bin/bash'; cat; } >"$TMP/d/$1.sh"
	chmod 755 "$TMP/d/$1.sh"
	cat >"$TMP/d/$1.yaml" <<-YAML
		name: $1
		title: made for this test
		source: tests/e2e/detectors-run.sh
		version: [./$1.sh, --version]
		command: [./$1.sh, "{out}", "{capture}", "{rules}"]
		claims: flow
		outputs:
		  - file: flows.csv
		    format: csv
		    columns:
		      src-ip: [src]
		      src-port: [sport]
		      dst-ip: [dst]
		      dst-port: [dport]
		      protocol: [proto]
		      verdict: [name]
		verdicts:
		  - {match: [Skype], application: skype}
	YAML
}
program copier <<'END'
[ "$1" != --version ] || { echo "copier 2.3"; exit; }
[ "$(od -An -tu4 -j20 -N4 "$2" | tr -d " ")" = 1 ] || { echo "no Ethernet" >&2; exit 5; }
cp "$3" "$1/flows.csv"
END
program faulty <<'END'
echo "src,sport" >"$1/flows.csv"
echo "no such luck" >&2
exit 4
END
chmod -R a+rX "$TMP"

run -o "$TMP/plain"
same $status 0 "run: $(cat "$TMP/err")"
truth=$TMP/plain/cells/open_public_manual/truth.caller.lan.tsv
echo "src,sport,dst,dport,proto,name" | tee "$TMP/whole.csv" >"$TMP/half.csv"
# The server's side first: a record need not know who opened the flow.
tsv '$c["label"] == "skype" { print $c["server_ip"] "," $c["server_port"] "," $c["client_ip"] "," $c["client_port"] "," $c["proto"] ",Skype" }' \
	"$truth" >>"$TMP/whole.csv"
awk 'NR % 2 == 0' "$TMP/whole.csv" >>"$TMP/half.csv"
echo "192.168.1.99,5000,203.0.113.77,53,udp,Skype" >>"$TMP/half.csv" # nobody's
chmod a+r "$TMP"/*.csv

run -o "$TMP/run" -D "$TMP/d/copier.yaml:$TMP/whole.csv" -D "$TMP/d/copier.yaml:$TMP/half.csv" -D "$TMP/d/faulty.yaml"
same $status 1 "a detector that failed: $(cat "$TMP/err")"
grep -q 'faulty failed with 2 of 2 captures.*exit status 4: no such luck' "$TMP/err" || fail "failure: $(cat "$TMP/err")"
figures() { # TABLE SIGNATURE VANTAGE UNIT
	tsv '$c["signature"] == s && $c["vantage"] == v && $c["unit"] == u { print $c["detector"], $c["revision"], $c["tp"], $c["fp"], $c["fn"], $c["unmatched"] }' \
		s="$2" v="$3" u="$4" "$1"
}
all=$(($(wc -l <"$TMP/whole.csv") - 1))
half=$(($(wc -l <"$TMP/half.csv") - 2))
[ "$all" -gt 20 ] || fail "only $all flows"
for vantage in caller.lan caller.wan; do
	same "$(figures "$TMP/run/accuracy.tsv" copier:whole.csv $vantage flow)" "copier 2.3 $all 0 0 0" "whole at $vantage"
	same "$(figures "$TMP/run/accuracy.tsv" copier:half.csv $vantage flow)" "copier 2.3 $half 1 $((all - half)) 1" "half at $vantage"
	same "$(figures "$TMP/run/accuracy.tsv" copier:whole.csv $vantage client)" "copier 2.3 1 0 0 0" "client at $vantage"
	same "$(figures "$TMP/run/accuracy.tsv" copier:whole.csv $vantage session)" "" "a detector without sessions has none to miss"
	# Ours are what they are without others.
	same "$(figures "$TMP/run/accuracy.tsv" ehlert-petgang-1.4 $vantage flow)" \
		"$(figures "$TMP/plain/accuracy.tsv" ehlert-petgang-1.4 $vantage flow)" "ours at $vantage"
done
# All side by side, by version and vantage.
grep -Eq '^emulated +1.4 +copier:whole.csv@2.3 +1 +1.000 \(0\) +1.000 \(0\)$' "$TMP/out" || fail "side by side: $(tail -n 8 "$TMP/out")"
grep -Eq '^emulated +1.4 +ehlert-petgang-1.4@3 +1 +0\.' "$TMP/out" || fail "ours side by side: $(tail -n 8 "$TMP/out")"
grep -q faulty "$TMP/run/accuracy.tsv" "$TMP/run/claims.tsv" && fail "rows of a detector that failed"
same "$(tsv '$c["signature"] == "faulty" { print $c["status"], $c["last_line"] }' "$TMP/run/detectors.tsv" | sort -u)" \
	"failed exit status 4: no such luck" "detectors.tsv"
same "$(tsv '$c["status"] == "ok" { print $c["signature"], $c["records"], $c["first_s"] }' "$TMP/run/detectors.tsv" | sort -u)" \
	"$(printf 'copier:half.csv %d -\ncopier:whole.csv %d -' $((half + 1)) "$all")" "records"
for table in clusters.tsv claims.tsv; do
	same "$(tsv '{ print $c["detector"] }' "$TMP/run/$table" | sort -u | paste -sd' ')" "copier skypelab" "detectors in $table"
done
tsv '$c["detector"] == "copier" { print $c["detect_s"] $c["packet"] }' "$TMP/run/claims.tsv" | grep -v -- '^--$' | head -n 1 |
	grep . && fail "a record without a time says when the flow was recognised"
python3 tests/oracle/score.py "$TMP/run" >"$TMP/oracle" || fail "oracle: $(head -n 5 "$TMP/oracle")"

# Interrupted: the cell is there, the tables are not.
cp -r "$TMP/run" "$TMP/again"
for f in manifest.json accuracy.tsv clusters.tsv detectors.tsv; do rm "$TMP/again/$f"; done
run -o "$TMP/again" -D "$TMP/d/copier.yaml:$TMP/whole.csv" -D "$TMP/d/copier.yaml:$TMP/half.csv" -D "$TMP/d/faulty.yaml"
same $status 1 "the run that was taken up"
for f in accuracy.tsv clusters.tsv detectors.tsv; do cmp "$TMP/run/$f" "$TMP/again/$f" || fail "$f differs"; done
rm "$TMP/again/manifest.json"
run -o "$TMP/again" -D "$TMP/d/copier.yaml:$TMP/whole.csv"
same $status 2 "cells of other detectors"
grep -q "made with other detectors" "$TMP/err" || fail "other detectors: $(cat "$TMP/err")"
# Rules that have changed are others.
echo "192.168.1.99,5000,203.0.113.78,53,udp,Skype" >>"$TMP/half.csv"
run -o "$TMP/again" -D "$TMP/d/copier.yaml:$TMP/whole.csv" -D "$TMP/d/copier.yaml:$TMP/half.csv" -D "$TMP/d/faulty.yaml"
same $status 2 "other rules"

# The scenario's list; only some repetitions; a run again from its manifest. The tap on all interfaces of the
# core, which records other frames, is read as Ethernet.
sed "s|^vantages: .*|vantages: [caller.lan, core]|; s|^signatures:|detectors: [skypelab, \"$TMP/d/copier.yaml:$TMP/whole.csv\"]\ndetector-repeat: 1\n&|" \
	scenarios/first-light.yaml >"$TMP/listed.yaml"
"$SKYPELAB" -q run --no-report --repeat 2 "${one_cell[@]}" -o "$TMP/listed" "$TMP/listed.yaml" >"$TMP/out" 2>"$TMP/err" ||
	fail "listed: $(cat "$TMP/err")"
same "$(tsv '$c["vantage"] == "caller.lan" && $c["unit"] == "flow" { print $c["signature"], $c["clusters"] }' "$TMP/listed/accuracy.tsv" | sort | paste -sd' ')" \
	"copier:whole.csv 1 ehlert-petgang-1.4 2" "trials"
python3 tests/oracle/score.py "$TMP/listed" >"$TMP/oracle" || fail "oracle: $(head -n 5 "$TMP/oracle")"
"$SKYPELAB" -q run --manifest "$TMP/listed/manifest.json" -o "$TMP/repeated" >"$TMP/out" 2>&1 || fail "repeat: $(cat "$TMP/out")"
grep -q copier "$TMP/repeated/accuracy.tsv" || fail "a repeated run without its detectors"

# Two of one name, a name that a signature has, no such definition, no such rules.
refused() { # WHAT MESSAGE OPTION...
	local what=$1 message=$2
	shift 2
	run -o "$TMP/none" "$@"
	same $status 2 "$what"
	grep -q "$message" "$TMP/err" || fail "$what: $(cat "$TMP/err")"
	[ ! -e "$TMP/none" ] || fail "$what: left a directory"
}
refused "twice" "two detectors of one name" -D "$TMP/d/faulty.yaml" -D "$TMP/d/faulty.yaml"
sed 's/^name: .*/name: skypelab-2006/' "$TMP/d/faulty.yaml" >"$TMP/d/named.yaml"
refused "a signature's name" "a signature and a detector of one name" -s skypelab-2006 -D "$TMP/d/named.yaml"
refused "no definition" "no-such-detector" -D no-such-detector
refused "no rules" "cannot read the rules" -D "$TMP/d/copier.yaml:$TMP/nothing.csv"
