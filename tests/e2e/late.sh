#!/bin/bash
# Who begins to watch late: without a cut it is what score says, with one what score says of the same capture
# without its first packets; what is left shrinks; emulated and recorded traffic stay apart, and what is read
# twice counts once. Bad input ends with a clear line.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
made_corpora
late() { "$SKYPELAB" late -f tsv -s skypelab-2006 -s ehlert-petgang-1.4 "$@"; }
# counts FILE SOURCE UNIT CUT: found and of, by signature
counts() {
	tsv '$c["source"] == "'"$2"'" && $c["unit"] == "'"$3"'" && $c["cut_s"] == '"$4"' { print $c["signature"], $c["found"], $c["of"] }' "$1" | sort
}
score() { # OUT ARGUMENTS...
	"$SKYPELAB" -q score -s skypelab-2006 -s ehlert-petgang-1.4 -o "$@" >/dev/null || fail "score: exit $?"
}

"$SKYPELAB" -q run --no-report -o "$TMP/run" --filter caller.firewall=open --filter caller.nat=public \
	--filter host-cache=known scenarios/first-light.yaml >/dev/null || fail "no run"
capture=$MADE/positives/made-2006.pcap
late -c 0 -c 5 -c 100000 -o "$TMP/out" "$TMP/run" "$capture" >"$TMP/t.tsv" || fail "exit $?"
cmp -s "$TMP/t.tsv" "$TMP/out/late.tsv" || fail "the file is not what is printed"

# no cut: what score says
score "$TMP/run.tsv" --run "$TMP/run"
tsv '$c["vantage"] == "caller.lan" || FNR == 1' "$TMP/run.tsv" >"$TMP/rows"
{ head -n 1 "$TMP/run.tsv"; cat "$TMP/rows"; } >"$TMP/lan.tsv"
score "$TMP/capture.tsv" "$capture"
for unit in flow client session super-node; do
	[ -n "$(counts "$TMP/t.tsv" emulated $unit 0)" ] || fail "no $unit of the run"
	[ "$(counts "$TMP/t.tsv" emulated $unit 0)" = "$(scored "$TMP/lan.tsv" $unit)" ] ||
		fail "run, $unit: $(counts "$TMP/t.tsv" emulated $unit 0), score says $(scored "$TMP/lan.tsv" $unit)"
done
for unit in flow client; do
	[ "$(counts "$TMP/t.tsv" recorded $unit 0)" = "$(scored "$TMP/capture.tsv" $unit)" ] ||
		fail "capture, $unit: $(counts "$TMP/t.tsv" recorded $unit 0), score says $(scored "$TMP/capture.tsv" $unit)"
done

# a cut: what score says of the capture from there on
if command -v editcap >/dev/null; then
	first=$(TZ=UTC tshark -r "$capture" -c 1 -T fields -e frame.time_epoch 2>/dev/null)
	from=$(awk "BEGIN { printf \"%.9f\", $first + 5 }")
	editcap -A "$from" "$capture" "$TMP/rest.pcap" 2>/dev/null || fail "editcap"
	cp "$MADE/labels/made-2006.pcap.tsv" "$TMP/rest.pcap.tsv"
	score "$TMP/rest.tsv" "$TMP/rest.pcap"
	[ "$(counts "$TMP/t.tsv" recorded flow 5)" = "$(scored "$TMP/rest.tsv" flow)" ] ||
		fail "from 5 s on: $(counts "$TMP/t.tsv" recorded flow 5), score says $(scored "$TMP/rest.tsv" flow)"
	# which is part of the other one, and counts with it once
	late -c 0 "$capture" "$TMP/rest.pcap" >"$TMP/parts" 2>"$TMP/err" || fail "a part: exit $?"
	grep -q "rest.pcap: has flows that an earlier capture has" "$TMP/err" || fail "a part is left out in silence"
	[ "$(counts "$TMP/parts" recorded flow 0)" = "$(counts "$TMP/t.tsv" recorded flow 0)" ] || fail "a part counts"
fi
# less is left with every cut, in the end nothing, and then there is no recall
tsv '{ k = $c["source"] $c["traffic_version"] $c["signature"] $c["unit"]
	if (k in of && $c["of"] > of[k] || $c["found"] > $c["of"] || $c["recall_low"] > $c["recall"] + 0 && $c["of"]) { print; exit 1 }
	of[k] = $c["of"]
	if ($c["cut_s"] == 100000 && ($c["of"] || $c["recall"] != "-" || $c["trials"])) { print; exit 1 } }' "$TMP/t.tsv" ||
	fail "what is left"
[ "$(counts "$TMP/t.tsv" emulated flow 5)" != "$(counts "$TMP/t.tsv" emulated flow 0)" ] || fail "the cut cuts nothing"
for f in flows-emulated flows-recorded sessions-emulated; do
	grep -q "</svg>" "$TMP/out/plots/late-$f.svg" || fail "no plot $f"
done

# every curve of the table is drawn, however many signatures there are
"$SKYPELAB" -q late -f tsv -c 0 -c 5 -o "$TMP/all" "$TMP/run" >"$TMP/all.tsv" || fail "all signatures: exit $?"
curves=$(tsv '$c["unit"] == "flow" && $c["cut_s"] == 0 && $c["of"] > 0' "$TMP/all.tsv" | wc -l)
[ "$curves" -gt 14 ] || fail "only $curves curves"
same "$(grep -o 'with yerrorlines' "$TMP/all/plots/late-flows-emulated.gp" | wc -l)" "$curves" "lines of the plot"

# what is read twice counts once, and sources do not mix
cp "$capture" "$TMP/copy.pcap"
cp "$MADE/labels/made-2006.pcap.tsv" "$TMP/copy.pcap.tsv"
late -c 0 -c 5 -c 100000 "$TMP/run" "$TMP/run" "$capture" "$TMP/copy.pcap" 2>"$TMP/err" | cmp -s "$TMP/t.tsv" - ||
	fail "what is read twice counts twice"
[ "$(grep -c "counts once" "$TMP/err")" = 2 ] || fail "is silent about what was read before: $(cat "$TMP/err")"
late -c 0 -c 5 -c 100000 "$TMP/run" | cmp -s <(grep -v "^recorded" "$TMP/t.tsv") - || fail "recorded traffic changes emulated figures"

# bad input: a line that names it, and no table where nothing could be used
: >"$TMP/empty.pcap"
echo "no capture" >"$TMP/text.pcap"
printf 'proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\treason\nudp\t9.9.9.9\t1\t9.9.9.8\t2\tskype\tx\n' >"$TMP/text.pcap.tsv"
cp "$TMP/text.pcap.tsv" "$TMP/empty.pcap.tsv"
cp "$capture" "$TMP/other.pcap"
cp "$TMP/text.pcap.tsv" "$TMP/other.pcap.tsv"
inner=$(find "$TMP/run/cells" -name '*.pcap' | head -n 1)
bad() { # WORD ARGUMENTS...
	local rc=0 word=$1
	shift
	late "$@" >"$TMP/out1" 2>"$TMP/err" || rc=$?
	[ $rc = 2 ] || fail "late $*: exit $rc"
	[ ! -s "$TMP/out1" ] || fail "late $*: a table all the same"
	grep -q -- "$word" "$TMP/err" || fail "late $*: $(cat "$TMP/err")"
}
bad empty.pcap "$TMP/empty.pcap"
bad text.pcap "$TMP/text.pcap"
bad "labels meet no flow" "$TMP/other.pcap"
bad "name the run" "$inner"
bad none.pcap "$TMP/none.pcap"
bad nowhere --vantage nowhere "$TMP/run"
# a run that did not end is none, whoever reads it
cp -r "$TMP/run" "$TMP/half"
rm "$TMP/half/manifest.json"
bad "the run did not end" "$TMP/half"
for line in claims "paper -o $TMP/paper" "signature draft --name x -o $TMP/x.yaml --positive"; do
	rc=0
	# shellcheck disable=SC2086
	"$SKYPELAB" $line "$TMP/half" >"$TMP/out1" 2>"$TMP/err" || rc=$?
	[ $rc = 2 ] && grep -q "half: no manifest.json: .* the run did not end" "$TMP/err" || fail "$line: exit $rc: $(cat "$TMP/err")"
done
for cut in -1 nan inf 1e99 five "" 1s; do bad "--cut" -c "$cut" "$capture"; done
# a capture that is cut off counts as far as it goes
head -c 3000 "$capture" >"$TMP/torn.pcap"
cp "$MADE/labels/made-2006.pcap.tsv" "$TMP/torn.pcap.tsv"
rc=0
late -c 0 "$TMP/torn.pcap" >"$TMP/out1" 2>"$TMP/err" || rc=$?
[ $rc = 2 ] && grep -q torn.pcap "$TMP/err" && grep -q "^recorded" "$TMP/out1" || fail "a torn capture: exit $rc: $(cat "$TMP/err")"
