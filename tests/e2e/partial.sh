#!/bin/bash
# Who gets a part of the traffic: all of it is what score says; of short frames what score says of a capture that
# editcap cut; a sampled flow is whole, and a sampled packet alone; what is not seen is missed; looks are no trials;
# one seed gives one table. Bad input ends with a clear line.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
made_corpora
partial() { "$SKYPELAB" partial -f tsv -s skypelab-2006 -s ehlert-petgang-1.4 "$@"; }
# counts FILE SOURCE UNIT AXIS LEVEL ASKED: found and of, by signature
counts() {
	tsv '$c["source"] == "'"$2"'" && $c["unit"] == "'"$3"'" && $c["axis"] == "'"$4"'" && $c["level"] == '"$5"' && $c["asked"] == "'"$6"'" {
		print $c["signature"], $c["found"], $c["of"] }' "$1" | sort
}
score() { # OUT ARGUMENTS...
	"$SKYPELAB" -q score -s skypelab-2006 -s ehlert-petgang-1.4 -o "$@" >/dev/null || fail "score: exit $?"
}

"$SKYPELAB" -q run --no-report -o "$TMP/run" --filter caller.firewall=open --filter caller.nat=public \
	--filter host-cache=known scenarios/first-light.yaml >/dev/null || fail "no run"
capture=$MADE/positives/made-2006.pcap
levels=(--packets 1 --packets 10 --flows 1 --flows 3 --snaplen 60 --snaplen 65535)
partial "${levels[@]}" -o "$TMP/out" "$TMP/run" "$capture" >"$TMP/t.tsv" || fail "exit $?"
cmp -s "$TMP/t.tsv" "$TMP/out/partial.tsv" || fail "the file is not what is printed"
"$SKYPELAB" partial -s skypelab-2006 "${levels[@]}" "$capture" >"$TMP/text" || fail "text: exit $?"
grep -q "found of those that passed, recorded traffic, by who gets 1 flow in n" "$TMP/text" || fail "text: $(cat "$TMP/text")"

# all of it: what score says
score "$TMP/run.tsv" --run "$TMP/run"
{ head -n 1 "$TMP/run.tsv"; tsv '$c["vantage"] == "caller.lan"' "$TMP/run.tsv"; } >"$TMP/lan.tsv"
score "$TMP/capture.tsv" "$capture"
for all in "packets 1" "flows 1" "snaplen 65535"; do
	for unit in flow client session; do
		[ -n "$(counts "$TMP/t.tsv" emulated $unit $all passed)" ] || fail "$all: no $unit of the run"
		[ "$(counts "$TMP/t.tsv" emulated $unit $all passed)" = "$(scored "$TMP/lan.tsv" $unit)" ] ||
			fail "run, $unit, $all: $(counts "$TMP/t.tsv" emulated $unit $all passed), score says $(scored "$TMP/lan.tsv" $unit)"
	done
	[ "$(counts "$TMP/t.tsv" recorded flow $all passed)" = "$(scored "$TMP/capture.tsv" flow)" ] || fail "capture, $all"
done

# frames cut short: what score says of the capture that another program cut; what passed stays what it was
if command -v editcap >/dev/null; then
	editcap -s 60 "$capture" "$TMP/cut.pcap" || fail "editcap"
	cp "$MADE/labels/made-2006.pcap.tsv" "$TMP/cut.pcap.tsv"
	score "$TMP/cut.tsv" "$TMP/cut.pcap"
	[ "$(counts "$TMP/t.tsv" recorded flow snaplen 60 passed)" = "$(scored "$TMP/cut.tsv" flow)" ] ||
		fail "60 bytes: $(counts "$TMP/t.tsv" recorded flow snaplen 60 passed), score says $(scored "$TMP/cut.tsv" flow)"
fi
[ "$(counts "$TMP/t.tsv" recorded flow snaplen 60 passed)" != "$(scored "$TMP/capture.tsv" flow)" ] || fail "60 bytes are all"

# all that passed is asked for, however little is seen; what a sample holds is less, and what it finds is in it. Of a
# flow that is kept whole as much is found as before; of single packets less.
tsv '$c["asked"] == "passed" { k = $c["source"] $c["traffic_version"] $c["signature"] $c["unit"]
	if (k in of && $c["of"] != of[k] || $c["found"] > $c["of"]) { print; exit 1 }
	of[k] = $c["of"] }
	$c["asked"] == "kept" && $c["level"] > 1 && ($c["of"] >= of[$c["source"] $c["traffic_version"] $c["signature"] $c["unit"]] && $c["unit"] == "flow" || $c["found"] > $c["of"]) { print; exit 1 }
	$c["looks"] != ($c["axis"] == "snaplen" || $c["level"] == 1 ? 1 : 5) || $c["trials"] > ($c["source"] == "recorded" ? 1 : 2) { print; exit 1 }' \
	"$TMP/t.tsv" || fail "what passed, what is kept"
recall() { # AXIS LEVEL ASKED: of skypelab-2006, flows of the run
	tsv '$c["source"] == "emulated" && $c["unit"] == "flow" && $c["signature"] == "skypelab-2006" && $c["axis"] == "'"$1"'" && $c["level"] == '"$2"' && $c["asked"] == "'"$3"'" { print $c["recall"] }' "$TMP/t.tsv"
}
awk "BEGIN { exit !($(recall flows 3 kept) > 0.9 && $(recall flows 3 passed) > 0.15 && $(recall flows 3 passed) < 0.55 && $(recall packets 10 passed) < 0.3) }" ||
	fail "recall: $(recall flows 3 kept) of kept flows, $(recall flows 3 passed) of all, $(recall packets 10 passed) with 1 packet in 10"
for f in packets-flows-emulated flows-flows-recorded snaplen-sessions-emulated; do
	grep -q "</svg>" "$TMP/out/plots/$f.svg" || fail "no plot $f"
done

# one seed, one table; another one, another; and each capture has draws of its own
partial "${levels[@]}" "$TMP/run" "$capture" | cmp -s "$TMP/t.tsv" - || fail "one seed gives two tables"
partial "${levels[@]}" "$capture" --seed 2 | cmp -s <(grep -v "^emulated" "$TMP/t.tsv") - && fail "two seeds give one table"
partial --flows 3 --looks 1 "$capture" >"$TMP/one"
cp "$capture" "$TMP/other.pcap"
cp "$MADE/labels/made-2006.pcap.tsv" "$TMP/other.pcap.tsv"
partial --flows 3 --looks 1 "$TMP/other.pcap" | cmp -s "$TMP/one" - && fail "another name has the same draws"
partial "${levels[@]}" "$TMP/run" | cmp -s <(grep -v "^recorded" "$TMP/t.tsv") - || fail "recorded traffic changes emulated figures"

# bad input: a line that names it, and no table
bad() { # WORD ARGUMENTS...
	local rc=0 word=$1
	shift
	partial "$@" >"$TMP/out1" 2>"$TMP/err" || rc=$?
	[ $rc = 2 ] || fail "partial $*: exit $rc"
	[ ! -s "$TMP/out1" ] || fail "partial $*: a table all the same"
	grep -q -- "$word" "$TMP/err" || fail "partial $*: $(cat "$TMP/err")"
}
bad none.pcap "$TMP/none.pcap"
head -c -5 "$capture" >"$TMP/short.pcap"
cp "$MADE/labels/made-2006.pcap.tsv" "$TMP/short.pcap.tsv"
rc=0
partial --packets 10 "$TMP/short.pcap" >"$TMP/out1" 2>"$TMP/err" || rc=$?
[ "$rc $(grep -c short.pcap "$TMP/err")" = "2 1" ] && [ "$(wc -l <"$TMP/out1")" -gt 1 ] ||
	fail "a capture that is cut off: exit $rc: $(cat "$TMP/err" "$TMP/out1")"
bad nowhere --vantage nowhere "$TMP/run"
for n in 0 -1 1.5 nan "" 1e3 10x 1000000001; do bad "--packets" --packets "$n" "$capture"; done
bad "--flows" --flows 0 "$capture"
for n in 0 262145 64k; do bad "--snaplen" --snaplen "$n" "$capture"; done
bad "--looks" --looks 0 "$capture"
