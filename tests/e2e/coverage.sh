#!/bin/bash
# What k of n monitors find: without a run what passes them, with one times its recall, by the way they look;
# a part of a capture finds less; the small case of six real gateways agrees with the model. Hostile runs end
# with a clear line.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces

coverage() { "$SKYPELAB" coverage "$@"; }

# the topology alone
coverage >"$TMP/text" || fail "no run: exit $?"
grep -q "No run is given" "$TMP/text" || fail "does not say that no run is given"
grep -q "client " "$TMP/text" && fail "speaks of clients without a run"
TIMEFORMAT='%U %S' # of the processor: other tests run beside this one
{ time coverage -n 10000 -f tsv >"$TMP/t.tsv"; } 2>"$TMP/took" || fail "10,000 networks: $(cat "$TMP/took")"
awk '{ exit $1 + $2 >= 10 }' "$TMP/took" || fail "10,000 networks take $(cat "$TMP/took") s"
coverage -n 10000 -f tsv | cmp -s "$TMP/t.tsv" - || fail "one seed gives two tables"
coverage -n 10000 -f tsv --seed 2 | cmp -s "$TMP/t.tsv" - && fail "two seeds give one table"
# monitors at the edge: either end sees it
tsv '$c["placement"] == "edge" { f = $c["monitors"] / $c["places"]; d = $c["share"] - (1 - (1 - f) ^ 2)
	n++; if (d > 0.03 || d < -0.03) { print; bad = 1 } }
	END { exit bad || n < 10 }' "$TMP/t.tsv" || fail "the edge does not follow 1-(1-f)^2"
# a hundredth of the networks, those with the most links, sees nearly all
tsv '$c["placement"] == "degree" && $c["monitors"] == 100 { n++; if ($c["share"] < 0.97) exit 1 } END { exit n != 1 }' \
	"$TMP/t.tsv" || fail "by degree: $(grep degree "$TMP/t.tsv")"

# times the recall of a run
"$SKYPELAB" -q run --no-report --repeat 2 --filter version=1.4 --filter caller.nat=full-cone --filter caller.firewall=open \
	-o "$TMP/run" scenarios/limits-vantages.yaml >/dev/null || fail "no run"
coverage -n 500 -o "$TMP/out" "$TMP/run" >"$TMP/text" || fail "a run: exit $?"
recall() { # LOOK UNIT
	tsv 'index($c["look"], "'"$1"'") && $c["unit"] == "'"$2"'" { print $c["recall"]; exit }' "$TMP/out/recall.tsv"
}
# the table has what the run has
row=$(tsv '$c["vantage"] == "caller.wan" && $c["unit"] == "flow" { tp += $c["tp"]; fn += $c["fn"] }
	END { printf "%d %d", tp, tp + fn }' "$TMP/run/accuracy.tsv")
[ "$row" = "$(tsv 'index($c["look"], "outside it") && $c["unit"] == "flow" { print $c["found"], $c["of"] }' "$TMP/out/recall.tsv")" ] ||
	fail "recall.tsv does not have what accuracy.tsv has: $row"
[ "$(recall "inside the NAT" client)" = 1.0000 ] || fail "clients of the caller's own site: $(recall "inside the NAT" client)"
# who sees a part finds less, and of the same number
for look in "answers only" "1 packet in 10"; do
	awk "BEGIN { exit !($(recall "$look" flow) < $(recall "outside it" flow)) }" || fail "$look finds as much as all"
done
awk "BEGIN { exit !($(recall "openers' packets" flow) > $(recall "answers only" flow)) }" ||
	fail "requests show less than answers"
[ "$(tsv '$c["unit"] == "flow" && index($c["look"], "outside") { print $c["of"] }' "$TMP/out/recall.tsv" | sort -u | wc -l)" = 1 ] ||
	fail "what passed unseen does not count"
# no curve lies above what passes, nor above the recall
tsv 'function key() { return $c["placement"] " " $c["monitors"] }
	$c["look"] == "all that passes" && $c["unit"] == "conversation" { most[key()] = $c["share"]; next }
	$c["unit"] != "client" { n++; if ($c["share"] > most[key()] + 0.0001) { print; exit 1 } }
	END { if (n < 50) exit 1 }' "$TMP/out/coverage.tsv" || fail "more is found than passes"
[ -s "$TMP/out/monitors.tsv" ] || fail "no monitors.tsv"
for f in conversations clients-degree-skypelab-2006 sessions-edge-skypelab-2006; do
	grep -q "</svg>" "$TMP/out/plots/$f.svg" || fail "no plot $f"
done
# a vantage that is not there is named
coverage -n 500 --node nowhere.wan "$TMP/run" >"$TMP/text" || fail "no node: exit $?"
grep -q "does not have: nowhere.wan" "$TMP/text" || fail "is silent about a vantage that is missing"

# the small case, with real gateways
"$SKYPELAB" -q run --no-report --repeat 2 -o "$TMP/sites" scenarios/limits-sites.yaml >/dev/null || fail "no run of sites"
coverage --sites -f tsv "$TMP/sites" >"$TMP/sites.tsv" || fail "lab and model: exit $?: $(cat "$TMP/sites.tsv")"
tsv '{ n++; k = $c["tapped"]; want = 1 - (6 - k) * (5 - k) / 30; if (k > 5) want = 1
	if ($c["conversations"] != 24 || $c["share"] - want > 0.001 || want - $c["share"] > 0.001 || $c["agree"] != "yes") { print; exit 1 } }
	END { exit n != 6 }' "$TMP/sites.tsv" || fail "24 conversations, each at two gateways"
# a gateway whose capture lost its packets sees less: they no longer agree
for cell in "$TMP/sites/cells/"*; do
	for gw in a b c d; do head -c 24 "$cell/$gw-gw.wan.pcap" >"$TMP/x" && cp "$TMP/x" "$cell/$gw-gw.wan.pcap"; done
done
rc=0
coverage --sites "$TMP/sites" >"$TMP/text" || rc=$?
[ $rc = 1 ] || fail "blind gateways: exit $rc: $(cat "$TMP/text")"
grep -q "  no$" "$TMP/text" || fail "blind gateways are not said"

# bad input: one line each
bad() { # WORD ARGUMENTS...
	local rc=0 word=$1
	shift
	coverage "$@" >"$TMP/out1" 2>"$TMP/err" || rc=$?
	[ $rc = 2 ] || fail "coverage $*: exit $rc"
	[ ! -s "$TMP/out1" ] || fail "coverage $*: a table all the same"
	grep -q -- "$word" "$TMP/err" || fail "coverage $*: $(cat "$TMP/err")"
}
bad accuracy.tsv "$TMP"
bad "100 to 10000" -n 10
bad nowhere "$TMP/run" --inside nowhere.a --outside nowhere.b --node nowhere.c
bad no-such-signature -s no-such-signature "$TMP/run"
bad SITE.wan --sites "$TMP/run"
cp -r "$TMP/run" "$TMP/hostile"
printf 'source\tnothing\n\xff\xfe\t1\n' >"$TMP/hostile/claims.tsv"
bad claims.tsv "$TMP/hostile"
