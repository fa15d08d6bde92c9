#!/bin/bash
# skypelab analyze: the parts and what is in them, every form can be read by other programs, the page needs
# nothing beside it, bad input gives one line and no output. Needs no privilege.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need jq python3 "$BUILD/tools/mkskype" "$BUILD/tools/mkcapture"
"$BUILD/tools/mkskype" linux-2006 "$TMP/a.pcap" "$TMP/a.pcap.tsv" seed=1 || fail "mkskype"
"$BUILD/tools/mkskype" windows "$TMP/b.pcap" "$TMP/b.pcap.tsv" seed=1 || fail "mkskype"
analyze() { "$SKYPELAB" analyze "$@"; }

# Seven parts in order; exchanges that the client is known for, and their names.
analyze -a skype "$TMP/a.pcap" >"$TMP/text" 2>"$TMP/err" || fail "exit $?: $(cat "$TMP/err")"
same "$(grep -o '^[1-9]\. .*' "$TMP/text" | tr '\n' '|')" \
	'1. What is here|2. Classes of messages|3. What their bytes are|4. Exchanges|5. Clocks|6. Side by side|7. What would break it|' parts
for name in U1 U2 U3; do
	grep -q "| *-* *$name [0-9]* B\|$name [0-9]* B" "$TMP/text" || fail "no $name in the chart of $TMP/a.pcap"
done
same "$(LC_ALL=C grep -c '[^[:print:][:space:]]' "$TMP/text" || true)" 0 "lines with other than plain characters"

# JSON: one object, every number a number; what it counts is what the capture has.
analyze -f json "$TMP/a.pcap" >"$TMP/json" || fail "json"
jq -e . "$TMP/json" >/dev/null || fail "no JSON"
same "$(jq -c 'keys_unsorted' "$TMP/json")" \
	'["about","here","classes","fields","exchanges","clocks","side_by_side","breaks"]' "members"
same "$(jq '[.here.flows[]] | length' "$TMP/json")" \
	"$(tsv 'END { print FNR - 1 }' <("$SKYPELAB" labels init "$TMP/a.pcap"))" "flows of the capture"
jq -e '.exchanges.exchanges | length > 0 and all(.[]; (.n | type) == "number" and .n <= .of_requests)' \
	"$TMP/json" >/dev/null || fail "exchanges: $(jq -c '.exchanges.exchanges[0]' "$TMP/json")"
jq -e '.fields.statements | length > 0 and all(.[]; .held <= .tried and .example_frame != null)' \
	"$TMP/json" >/dev/null || fail "a statement without support or example"
jq -e '.here.usage | (map(.flows) | add) == .[0].of_flows' "$TMP/json" >/dev/null || fail "usage does not sum up"

# TSV: the same tables; in one stream and as files.
analyze -f tsv "$TMP/a.pcap" >"$TMP/tsv" || fail "tsv"
awk -F'\t' '/^#/ { head = 1; next } head { n = NF; head = 0; next } NF != n { print FNR ": " NF " fields, not " n; bad = 1 } END { exit bad }' \
	"$TMP/tsv" >"$TMP/bad" || fail "tsv: $(head -n 3 "$TMP/bad")"
if command -v gnuplot >/dev/null; then
	analyze -f tsv -o "$TMP/tables/" "$TMP/a.pcap" >"$TMP/out" || fail "folder"
	[ ! -s "$TMP/out" ] || fail "a folder, and standard output too"
	for f in "$TMP"/tables/*.tsv; do
		grep -q "^# $(basename "$f" .tsv): " "$TMP/tsv" || fail "$f is not in the stream"
	done
	same "$(cd "$TMP/tables" && echo ./*.svg)" './chart-host.svg ./chart-tcp.svg ./chart-udp.svg ./ports.svg ./sizes.svg ./timeline.svg' pictures
	for f in "$TMP"/tables/*.svg; do
		python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$f" || fail "$f is no XML"
		# but for names of namespaces, which nothing fetches
		! sed 's/xmlns\(:[a-z]*\)\?="[^"]*"//g' "$f" | grep -n 'https\?:\|url(\s*[^#)]' || fail "$f refers to something outside"
	done

	# The page: well formed as a browser sees it, whole, and alone.
	analyze -f html -a skype --against "$TMP/b.pcap" -o "$TMP/page.html" "$TMP/a.pcap" || fail "html"
	python3 - "$TMP/page.html" <<'PYTHON' || fail "the page is not well formed"
import html.parser, sys

class Nesting(html.parser.HTMLParser):
    void = {"meta", "link", "img", "br", "hr"}
    open = []

    def handle_starttag(self, tag, attributes):
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            sys.exit("line %d: </%s>" % (self.getpos()[0], tag))

parser = Nesting()
parser.feed(open(sys.argv[1], encoding="utf-8").read())
parser.close()
sys.exit("left open: %s" % parser.open if parser.open else 0)
PYTHON
	! grep -o '\(src\|href\|action\)="[^"]*"' "$TMP/page.html" | grep -v '="\(data:\|#\)' || fail "the page refers to something outside"
	! grep -n 'url(\|@import\|<link [^>]*stylesheet\|<script [^>]*src' "$TMP/page.html" || fail "the page fetches something"
	same "$(grep -c '<img ' "$TMP/page.html")" 6 "pictures"
	same "$(grep -o '<section id="[a-z_]*"' "$TMP/page.html" | tr '\n' ' ')" \
		'<section id="here" <section id="classes" <section id="fields" <section id="exchanges" <section id="clocks" <section id="side_by_side" <section id="breaks" ' sections
else
	echo "no gnuplot: the page and its plots were not tried"
fi

# Two captures: what differs first is said; a capture against itself differs in nothing.
analyze -f json -a skype --against "$TMP/a.pcap" "$TMP/a.pcap" >"$TMP/json" || fail "against itself"
jq -e '.side_by_side.side_by_side | length > 0 and all(.[]; .change == "same" or .change == "untested")' "$TMP/json" >/dev/null ||
	fail "a capture differs from itself: $(jq -c '.side_by_side.side_by_side[] | select(.change != "same")' "$TMP/json" | head -n 2)"
analyze -a skype --against "$TMP/b.pcap" "$TMP/a.pcap" | has '^What differs first: ' || fail "nothing differs from b.pcap"

# Several captures: each is left out in turn.
analyze -f json "$TMP/a.pcap" "$TMP/b.pcap" >"$TMP/json" || fail "two captures"
same "$(jq -r '[.breaks.left_out[].left_out | select(test("pcap$"))] | sort | join(" ")' "$TMP/json")" \
	"a.pcap b.pcap" "captures that were left out"

# The same captures give the same text.
analyze "$TMP/a.pcap" >"$TMP/1"
analyze "$TMP/a.pcap" >"$TMP/2"
cmp "$TMP/1" "$TMP/2" || fail "two analyses of one capture differ"

# A choice of flows.
host=$(tsv '$c["label"] == "skype" && $c["proto"] == "udp" { print $c["server_ip"] ":" $c["server_port"]; exit }' "$TMP/a.pcap.tsv")
analyze --no-fields --host "$host" -f json "$TMP/a.pcap" >"$TMP/json" || fail "--host $host"
jq -e --arg h "$host" '.here.flows | length > 0 and all(.[]; .other == $h or .opener == $h)' "$TMP/json" >/dev/null || fail "flows of another than $host"
frame=$(jq -r '.here.flows[0].example_frame' "$TMP/json")
analyze --no-fields --flow "$frame" "$TMP/a.pcap" | has "^The flow with frame $frame" || fail "--flow $frame"
analyze --no-fields --port 1 --port 2 -f json "$TMP/a.pcap" | jq -e '[.here.usage[].port] | index("33033") == null' >/dev/null || fail "--port"

# Bad input: one line, status 2, and nothing else.
refused() { # MESSAGE ARGUMENT...
	local want=$1 rc=0
	shift
	rm -f "$TMP/o"
	"$SKYPELAB" analyze -o "$TMP/o" "$@" >"$TMP/out" 2>"$TMP/err" || rc=$?
	same $rc 2 "status of analyze $*"
	grep -q -- "$want" "$TMP/err" || fail "analyze $*: «$(cat "$TMP/err")» lacks «$want»"
	if [ -s "$TMP/out" ] || [ -e "$TMP/o" ]; then fail "analyze $*: refused, but there is output"; fi
	same "$(grep -c . "$TMP/err")" 1 "lines about analyze $*: $(cat "$TMP/err")"
}
: >"$TMP/empty.pcap"
echo "no capture" >"$TMP/text.pcap"
mkdir "$TMP/folder"
head -c 24 "$TMP/a.pcap" >"$TMP/head.pcap"
refused 'empty.pcap' "$TMP/empty.pcap"
refused 'text.pcap' "$TMP/text.pcap"
refused 'no capture there' "$TMP/folder"
refused 'cannot read' "$TMP/none.pcap"
refused 'no UDP or TCP flow in it' "$TMP/head.pcap"
refused 'no flows of 192.0.2.77 among' --host 192.0.2.77 "$TMP/a.pcap"
refused 'expected an address' --host nowhere "$TMP/a.pcap"
refused 'with the label spotify among' -a spotify "$TMP/a.pcap"
refused 'expected a label' -a 'A b' "$TMP/a.pcap"
refused 'none of its [0-9]* flows is among' --labels "$TMP/b.pcap.tsv" "$TMP/a.pcap"
refused 'compares bytes' --no-fields --against "$TMP/b.pcap" "$TMP/a.pcap"
refused 'is for one capture' --labels "$TMP/a.pcap.tsv" "$TMP/a.pcap" "$TMP/b.pcap"
cp "$TMP/a.pcap" "$TMP/bare.pcap"
refused 'needs labels' -a skype "$TMP/bare.pcap"
awk -F'\t' -v OFS='\t' 'NR == 1 { print $0, "source"; next } { print $0, "emulated" }' "$TMP/b.pcap.tsv" >"$TMP/e.tsv"
cp "$TMP/b.pcap" "$TMP/e.pcap"
mv "$TMP/e.tsv" "$TMP/e.pcap.tsv"
refused 'never analysed together' "$TMP/a.pcap" "$TMP/e.pcap"

# One packet, one class: a whole answer that says what it lacks.
"$BUILD/tools/mkcapture" mixed "$TMP/one.pcap" 1 1 >/dev/null
analyze "$TMP/one.pcap" >"$TMP/text" || fail "one packet: exit $?"
grep -q 'no class has enough messages' "$TMP/text" || fail "one packet: $(cat "$TMP/text")"
[ "$(grep -c '^[1-9]\. ' "$TMP/text")" = 7 ] || fail "one packet: parts"

# Cut off: what was read is analysed, and the fault is said.
head -c $(($(stat -c %s "$TMP/a.pcap") / 2 + 3)) "$TMP/a.pcap" >"$TMP/cut.pcap"
rc=0
analyze "$TMP/cut.pcap" >"$TMP/text" 2>"$TMP/err" || rc=$?
same $rc 2 "status for a capture that is cut off"
grep -q 'cut.pcap' "$TMP/err" || fail "cut: $(cat "$TMP/err")"
grep -q '^7\. ' "$TMP/text" || fail "cut: what was read is not analysed"

# Memory does not grow with the capture (the man page says the bound).
"$BUILD/tools/mkcapture" mixed "$TMP/large.pcap" 300000 200000 >/dev/null
read -r _ _ peak <<<"$("$BUILD/tools/measure" -n 1 "$SKYPELAB" -q analyze -o /dev/null "$TMP/large.pcap")"
[ "$peak" -lt $((700 * 1024)) ] || fail "$peak KiB for 200,000 flows"
