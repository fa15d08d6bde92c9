#!/bin/bash
# Foreign detectors on captures: `score -D` beside our signatures and alone, `score --run -D` as the run
# itself scored them, `score --matrix -D`, and `regress -D OLD -D NEW`, which refuses the worse one and
# names the flows. The detectors are stubs: they say what their rules say.
. tests/e2e/lib.sh
need python3; need_namespaces
made_corpora
export SKYPELAB_CORPORA=$MADE

mkdir "$TMP/d"
stub() { # NAME VERSION [PROGRAM]: copies its rules, unless a program is given
	printf '#!/bin/bash\n[ "$1" != --version ] || { echo "%s %s"; exit; }\n%s\n' "$1" "$2" \
		"${3:-cp \"\$3\" \"\$1/flows.csv\"}" >"$TMP/d/$1.sh"
	chmod 755 "$TMP/d/$1.sh"
	cat >"$TMP/d/$1.yaml" <<-YAML
		name: $1
		title: made for this test
		source: tests/e2e/detectors-score.sh
		version: [./$1.sh, --version]
		command: [./$1.sh, "{out}", "{capture}", "{rules}"]
		claims: flow
		outputs:
		  - file: flows.csv
		    format: csv
		    columns:
		      src-ip: [client_ip]
		      src-port: [client_port]
		      dst-ip: [server_ip]
		      dst-port: [server_port]
		      protocol: [proto]
		      verdict: [label]
		verdicts:
		  - {match: [skype], application: skype}
		  - {match: ["*"], application: none}
	YAML
}
stub stub 1.0
stub broken 9.9 'echo "cannot go on" >&2; exit 3'
capture=$MADE/positives/made-2006.pcap
labels=$MADE/labels/made-2006.pcap.tsv
rules() { tr '\t' , <"$labels" | grep -v '^#'; }
rules >"$TMP/all.csv"
# The new ones lose three flows, of which we know the names, and claim one that is not Skype.
lost=$(tsv '$c["label"] == "skype" && n++ < 3 { print $c["proto"] " " $c["client_ip"] ":" $c["client_port"] " " $c["server_ip"] ":" $c["server_port"] }' "$labels")
rules | awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; print; next }
	$c["label"] == "skype" && n++ < 3 { $c["label"] = "other" }
	$c["label"] == "not-skype" && !m++ { $c["label"] = "skype" } { print }' >"$TMP/worse.csv"
chmod -R a+rX "$TMP"
old="$TMP/d/stub.yaml:$TMP/all.csv" new="$TMP/d/stub.yaml:$TMP/worse.csv"

all=$(tsv '$c["label"] == "skype"' "$labels" | wc -l)
[ "$all" -gt 10 ] || fail "only $all flows"
score() { status=0; "$SKYPELAB" score "$@" >"$TMP/out" 2>"$TMP/err" || status=$?; }
figures() { tsv '$c["unit"] == "flow" { print $c["detector"], $c["signature"], $c["revision"], $c["tp"], $c["fp"], $c["fn"] }' "$TMP/t"; }

# Alone, unless our own are asked for.
score -o "$TMP/t" -D "$old" -D "$new" "$capture"
same $status 0 "score -D: $(cat "$TMP/err")"
same "$(figures)" "$(printf 'stub stub:all.csv 1.0 %d 0 0\nstub stub:worse.csv 1.0 %d 1 3' "$all" $((all - 3)))" "two rule sets"
# Colons in paths are no end of them: of the definition, of its rules, of both; and what is missing is named whole.
mkdir "$TMP/d:e"
cp "$TMP"/d/stub.* "$TMP/d:e"
cp "$TMP/all.csv" "$TMP/d:e/a:l.csv"
chmod -R a+rX "$TMP"
for word in "$TMP/d:e/stub.yaml:$TMP/all.csv" "$TMP/d/stub.yaml:$TMP/d:e/a:l.csv" "$TMP/d:e/stub.yaml:$TMP/d:e/a:l.csv" "$TMP/d:e/stub.yaml:d:e/a:l.csv"; do
	status=0
	(cd "$TMP" && "$SKYPELAB" score -o "$TMP/t" -D "$word" "$capture") >"$TMP/out" 2>"$TMP/err" || status=$?
	same "$status $(figures | cut -d ' ' -f 4-)" "0 $all 0 0" "$word: $(cat "$TMP/err")"
done
score -D "$TMP/d:e/stub.yaml:$TMP/d:e/no:thing.csv" "$capture"
same $status 2 "no rules"
grep -q "d:e/no:thing.csv: cannot read the rules" "$TMP/err" || fail "no rules: $(cat "$TMP/err")"
score -o "$TMP/t" -D "$old" -s skypelab-2006 "$capture"
same "$(figures | cut -d' ' -f 1,2 | paste -sd,)" "skypelab skypelab-2006,stub stub:all.csv" "with a signature"
for who in stub:all.csv@1.0 skypelab-2006@; do grep -q "^$who" "$TMP/out" || fail "$who is not in the printed table"; done
score -D "$TMP/d/broken.yaml" "$capture"
same $status 1 "a detector that fails"
grep -q "broken failed with .*made-2006.pcap.*: cannot go on" "$TMP/err" || fail "its failure: $(cat "$TMP/err")"
score --isolated -D "$old" "$capture"
same $status 2 "--isolated with a foreign detector"
score --run "$TMP" --eve "$TMP" -D "$old"
same $status 2 "--eve with a foreign detector"
grep -q "leave out --eve" "$TMP/err" || fail "--eve with a foreign detector: $(cat "$TMP/err")"
# Captures without Skype: it names flows that they do not hold.
score -o "$TMP/t" --not-skype -D "$old" "$MADE/negatives"
grep -q '^stub:all.csv' "$TMP/out" || fail "captures without Skype: $(cat "$TMP/out" "$TMP/err")"

# The truth of a run.
"$SKYPELAB" -q run --no-report --filter caller.firewall=open --filter caller.nat=public --filter login=manual --filter host-cache=known \
	-D "$old" -o "$TMP/run" scenarios/first-light.yaml >/dev/null 2>"$TMP/err" || fail "run: $(cat "$TMP/err")"
score --run "$TMP/run" -D "$old" -o "$TMP/t"
same $status 0 "score --run -D: $(cat "$TMP/err")"
of_stub() { tsv '$c["detector"] == "stub"' "$1" | sort; }
same "$(of_stub "$TMP/t")" "$(of_stub "$TMP/run/accuracy.tsv")" "score --run -D and the run"

# The matrix of the corpora.
score --matrix -s skypelab-2006 -D "$old" -D "$TMP/d/broken.yaml" -o "$TMP/page.md" --baseline "$TMP/base.tsv"
same $status 1 "score --matrix with a detector that fails"
grep -q '| stub:all.csv 1.0 | ' "$TMP/page.md" || fail "no row: $(cat "$TMP/page.md")"
grep -q '| broken 9.9 | failed |' "$TMP/page.md" || fail "no failed row"
grep -q 'broken failed with [0-9]* captures' "$TMP/page.md" || fail "failures are not counted"
tsv '$c["signature"] == "stub:all.csv" && $c["cell"] == "made-2006.pcap" && $c["unit"] == "flow" { print $c["detector"], $c["tp"], $c["fn"] }' <(grep -v '^#' "$TMP/base.tsv") |
	grep -qx "stub $all 0" || fail "the baseline: $(grep stub: "$TMP/base.tsv" | head -n 3)"

# The gate.
regress() { status=0; "$SKYPELAB" regress --capture "$capture" "$@" >"$TMP/out" 2>"$TMP/err" || status=$?; }
regress -D "$old" -D "$new"
same $status 1 "the worse rules: $(cat "$TMP/err")"
head -n 1 "$TMP/out" | has "stub:worse.csv: REFUSED: worse" || fail "verdict: $(cat "$TMP/out")"
grep -q "^  recall 1.0000 .* -> " "$TMP/out" || grep -q "recall 1.0000" "$TMP/out" || fail "figures: $(cat "$TMP/out")"
while read -r flow; do grep -q "$flow" "$TMP/out" || fail "$flow is not named: $(cat "$TMP/out")"; done <<<"$lost"
grep -q "1 new false positive" "$TMP/out" || fail "the new false positive: $(cat "$TMP/out")"
regress -D "$new" -D "$old"
same $status 0 "the better rules"
grep -q "accepted: better" "$TMP/out" || fail "better: $(cat "$TMP/out")"
regress -D "$old" --against "$old"
same $status 0 "the same"
grep -q "accepted: equal" "$TMP/out" || fail "equal: $(cat "$TMP/out")"
# Rules of one name in two folders.
mkdir "$TMP/next"
cp "$TMP/worse.csv" "$TMP/next/all.csv"
regress -D "$old" -D "$TMP/d/stub.yaml:$TMP/next/all.csv"
same $status 1 "rules of one name: $(cat "$TMP/err")"
grep -q "against $TMP/d/stub.yaml:$TMP/all.csv" "$TMP/out" || fail "they are not told apart: $(cat "$TMP/out")"
# Two programs, one with the other's rules; one that fails is refused, whatever it would have said.
sed 's/^name: .*/name: newer/' "$TMP/d/stub.yaml" >"$TMP/d/newer.yaml"
regress -D "$old" -D "$TMP/d/newer.yaml:$TMP/worse.csv" -f markdown
same $status 1 "the worse program"
regress -D "$old" -D "$TMP/d/broken.yaml" --capture "$MADE/positives"
[ $status != 0 ] || fail "a detector that fails is accepted"
regress -D "$old"
same $status 2 "one detector"
