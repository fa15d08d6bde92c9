#!/bin/bash
# Claims as data: the bundled file is right and a broken one is refused with its line; made captures give
# verdicts in every form, emulated and recorded apart; recorded ones agree with what was measured by hand;
# docs/paper.md is up to date in all that needs no run. Bad input ends with a clear line.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need jq
claims=scenarios/claims/ehlert-petgang-2006.yaml

"$SKYPELAB" claims check ehlert-petgang-2006 >"$TMP/right" || fail "check: $(cat "$TMP/right")"
n=$(sed -n 's/.*, \([0-9]*\) claims: right$/\1/p' "$TMP/right")
[ "${n:-0}" -ge 45 ] || fail "at least 45 claims: $(cat "$TMP/right")"
sed 's/expect: never/expect: seldom/' "$claims" >"$TMP/broken.yaml"
line=$(grep -n 'expect: seldom' "$TMP/broken.yaml" | head -n 1 | cut -d: -f1)
rc=0
"$SKYPELAB" claims check "$TMP/broken.yaml" >"$TMP/out" 2>&1 || rc=$?
[ $rc = 2 ] || fail "a broken file: exit $rc"
grep -q "broken.yaml:$line: " "$TMP/out" || fail "no line $line: $(cat "$TMP/out")"

# made captures: every claim has both verdicts, and a reason where it has no case
made_corpora
captures=("$MADE"/positives/*.pcap)
"$SKYPELAB" claims -f json "${captures[@]}" >"$TMP/made.json" 2>"$TMP/err" ||
	fail "made captures: $(tail -n 3 "$TMP/err")"
jq -e --argjson n "$n" '.claims | length == $n' "$TMP/made.json" >/dev/null || fail "claims are missing"
jq -e '[.claims[] | .emulated, .recorded | select(.verdict == "not testable here")
	| select((.reason // "") == "")] | length == 0' "$TMP/made.json" >/dev/null || fail "no reason"
jq -e '[.claims[] | .recorded | select(.verdict == "refuted") | select(.example == null)]
	| length == 0' "$TMP/made.json" >/dev/null || fail "refuted, and no counter-example"
jq -e '[.claims[].emulated | select(.n > 0)] | length == 0' "$TMP/made.json" >/dev/null ||
	fail "made captures without a run are not emulated cells"
for format in text markdown tsv json; do
	"$SKYPELAB" claims -f $format -o "$TMP/made.$format" "${captures[0]}" 2>/dev/null || fail "$format"
	grep -q "faithful" "$TMP/made.$format" || fail "$format does not say what emulated traffic shows"
done
awk -F'\t' '!/^#/ { if (NR == 2) n = NF; if (NF != n) exit 1 }' "$TMP/made.tsv" || fail "ragged TSV"

# what is read twice counts once
cp "${captures[0]}" "$TMP/copy.pcap"
cp "$MADE/labels/$(basename "${captures[0]}").tsv" "$TMP/copy.pcap.tsv"
"$SKYPELAB" claims -f tsv "${captures[0]}" >"$TMP/once" 2>/dev/null
"$SKYPELAB" claims -f tsv "${captures[0]}" "$TMP/copy.pcap" >"$TMP/twice" 2>"$TMP/err"
cmp -s "$TMP/once" "$TMP/twice" || fail "a copy counts: $(diff "$TMP/once" "$TMP/twice" | head -n 4)"
grep -q "a copy of a capture" "$TMP/err" || fail "a copy is left out in silence"

# ... and so does a flow of which another capture holds a part
if command -v editcap >/dev/null; then
	editcap -r "${captures[0]}" "$TMP/part.pcap" 1-40 2>/dev/null || fail "editcap"
	cp "$TMP/copy.pcap.tsv" "$TMP/part.pcap.tsv"
	"$SKYPELAB" claims -f tsv "${captures[0]}" "$TMP/part.pcap" >"$TMP/parts" 2>"$TMP/err"
	grep -q "flows are in an earlier capture" "$TMP/err" || fail "a part counts in silence"
	of_flows() { awk -F'\t' '$2 == "-" && $1 ~ /^(u[1-4]-|udp-one|udp-id|update-check|l[1-4]-)/' "$1"; }
	cmp -s <(of_flows "$TMP/once") <(of_flows "$TMP/parts") ||
		fail "a part of a capture counts: $(diff <(of_flows "$TMP/once") <(of_flows "$TMP/parts") | head -n 4)"
fi

# ... and what signatures find in the same packets in another form
if command -v editcap >/dev/null; then
	editcap -F pcapng "${captures[0]}" "$TMP/again.pcapng" 2>/dev/null || fail "editcap"
	cp "$TMP/copy.pcap.tsv" "$TMP/again.pcapng.tsv"
	"$SKYPELAB" claims -f tsv "${captures[0]}" "$TMP/again.pcapng" 2>/dev/null |
		cmp -s "$TMP/once" - || fail "the same packets in another form count"
fi

# a cell counts once, whatever vantages of it are named; so does a recording, however often it is replayed
if [ "$(id -u)" = 0 ]; then
	"$SKYPELAB" -q run --no-report -o "$TMP/run" --filter caller.firewall=open \
		scenarios/first-light.yaml >/dev/null || fail "no run"
	verdicts() { awk -F'\t' '$2 == "-"' "$1" | cut -f 1,5-11; }
	"$SKYPELAB" claims -f tsv "$TMP/run" >"$TMP/once" || fail "a run"
	"$SKYPELAB" claims -f tsv "$TMP/run" "$TMP/run/cells" >"$TMP/twice" 2>"$TMP/err"
	cmp -s <(verdicts "$TMP/once") <(verdicts "$TMP/twice") || fail "a cell counts twice"
	grep -q "counts once, at one vantage" "$TMP/err" || fail "a vantage is left out in silence"
	rm "$(find "$TMP/run/cells" -name outcomes.tsv | head -n 1)"
	rc=0
	"$SKYPELAB" claims "$TMP/run" >"$TMP/out" 2>"$TMP/err" || rc=$?
	[ $rc = 2 ] || fail "a run without a file: exit $rc"
	grep -q "outcomes.tsv: missing" "$TMP/err" || fail "a run without a file: $(cat "$TMP/err")"
fi

# bad input: a line each, and no table where nothing could be tested
: >"$TMP/empty.pcap"
echo "no capture" >"$TMP/text.pcap"
head -c 2000 "${captures[0]}" >"$TMP/cut.pcap"
printf 'proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\treason\n' >"$TMP/empty.pcap.tsv"
cp "$TMP/empty.pcap.tsv" "$TMP/text.pcap.tsv"
cp "$TMP/copy.pcap.tsv" "$TMP/cut.pcap.tsv"
mkdir "$TMP/folder"
for bad in empty.pcap text.pcap folder none.pcap; do
	rc=0
	"$SKYPELAB" claims "$TMP/$bad" >"$TMP/out" 2>"$TMP/err" || rc=$?
	[ $rc = 2 ] || fail "$bad: exit $rc"
	[ ! -s "$TMP/out" ] || fail "$bad: a table although nothing was tested"
	grep -q "$bad" "$TMP/err" || fail "$bad is not named: $(cat "$TMP/err")"
done
rc=0
"$SKYPELAB" claims "$TMP/cut.pcap" >"$TMP/out" 2>"$TMP/err" || rc=$?
[ $rc = 2 ] || fail "a capture that is cut off: exit $rc"
grep -q "cut.pcap" "$TMP/err" || fail "cut.pcap is not named"
printf 'proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\treason\nudp\t9.9.9.9\t1\t9.9.9.8\t2\tskype\tx\n' >"$TMP/copy.pcap.tsv"
rc=0
"$SKYPELAB" claims "$TMP/copy.pcap" >"$TMP/out" 2>"$TMP/err" || rc=$?
[ $rc = 2 ] || fail "labels that meet nothing: exit $rc"
[ ! -s "$TMP/out" ] || fail "labels that meet nothing: a table although nothing was tested"
grep -q "its labels meet none" "$TMP/err" || fail "labels that meet nothing: $(cat "$TMP/err")"

# docs/paper.md: the claims and their words
statements() { awk -F' \\| ' '/^\| `/ { print $1, $2 }' "$1"; }
statements "$TMP/made.markdown" >"$TMP/words"
statements docs/paper.md | cmp -s - "$TMP/words" ||
	fail "docs/paper.md is out of date; run tests/claims-doc.sh: $(diff <(statements docs/paper.md) "$TMP/words" | head -n 4)"

for recording in SkypeIRC.cap diffdetector_skype_2014.pcap ndpi_skype.pcap; do
	[ -e "$SKYPELAB_CORPORA/positives/$recording" ] ||
		{ echo "made captures only: no positives/$recording under $SKYPELAB_CORPORA"; exit 0; }
done
p=$SKYPELAB_CORPORA/positives
recorded=("$p/SkypeIRC.cap" "$p/diffdetector_skype_2014.pcap" "$p/ndpi_skype.pcap")
"$SKYPELAB" claims -f json "${recorded[@]}" >"$TMP/r.json" 2>/dev/null || fail "recorded"
# finding ID JQ: what recorded traffic says of a claim
finding() { jq -e --arg id "$1" ".claims[] | select(.id == \$id) | .recorded | $2" "$TMP/r.json" >/dev/null ||
	fail "$1: expected $2, got $(jq -c --arg id "$1" '.claims[] | select(.id == $id) | .recorded' "$TMP/r.json")"; }
finding l2-by-client '.verdict == "refuted" and .seen == "from server x8"'
finding u4-sizes '.verdict == "confirmed" and .seen == "51 x4, 18 x3"'
finding u2-11-bytes '.verdict == "confirmed" and .cases == 2'
finding u3-size '.verdict == "confirmed" and .cases == 2'
finding r1-443-56-fixed '.verdict == "confirmed" and .k == .n'
finding r2-443-79-fixed '.verdict == "confirmed" and .k == .n'
finding l3-7-bytes-at-207 '.verdict == "confirmed" and .n == 4'
finding accepted-then-tcp '.k == 2 and .n == 3'
finding udp-id-step '.verdict == "refuted" and .by_capture["SkypeIRC.cap"].held == 91'
finding udp-id-step '.by_capture["ndpi_skype.pcap"].held == 145'
finding source-port-begins '.verdict == "not testable here"'
"$SKYPELAB" claims -f markdown "${recorded[@]}" >"$TMP/r.md" 2>/dev/null
column() { awk -F' \\| ' '/^\| `/ { print $1, $4 }' "$1" | sed 's/ |$//'; }
diff <(column docs/paper.md) <(column "$TMP/r.md") >"$TMP/diff" ||
	fail "docs/paper.md: recorded traffic says something else; run tests/claims-doc.sh: $(head -n 4 "$TMP/diff")"
