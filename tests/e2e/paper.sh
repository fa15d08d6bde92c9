#!/bin/bash
# `skypelab paper`: from a small run and captures one self-contained page and its tables. Every table and
# figure has the command that makes it, and the command makes it; figures are those of the run's own
# tables; emulated and recorded stand apart; a paper that fails leaves the older one.
. tests/e2e/lib.sh
need_namespaces
made_corpora
run=$TMP/run out=$TMP/paper
"$SKYPELAB" -q run --no-report --filter operation=login-typed,call,wrong-password --filter version=1.4,2.5 \
	--filter caller.firewall=open,full-restricted -o "$run" scenarios/paper-traces.yaml >/dev/null || fail "run: exit $?"
mkdir "$TMP/captures"
cp "$MADE/positives/made-2006.pcap" "$MADE/labels/made-2006.pcap.tsv" "$TMP/captures" || fail "no made capture"
cp "$MADE/positives/made-2013.pcap" "$TMP/captures/without-labels.pcap"
SKYPELAB_CORPORA=$TMP/none "$SKYPELAB" paper -o "$out" -n "$MADE/negatives" "$run" "$TMP/captures" >"$TMP/said" 2>"$TMP/err" ||
	fail "paper: $(cat "$TMP/err")"
same "$(cat "$TMP/said")" "$out/paper.html" "what it prints"
same "$(find "$TMP" -name '*.unfinished')" "" "unfinished folders"

# The tables: as many fields in every line, and the figures of the run.
for t in "$out"/tables/*.tsv; do
	awk -F'\t' '/^#/ { next } !n { n = NF } NF != n { exit 1 }' "$t" || fail "$t: not the same fields in every line"
done
here='$c["signature"] == "ehlert-petgang-1.4" && $c["unit"] == "session"'
for version in 1.4 2.5; do
	same "$(tsv "$here && \$c[\"version\"] == \"$version\" { print \$c[\"found\"], \$c[\"of\"] }" "$out/tables/accuracy-by-version.tsv")" \
		"$(tsv "$here && \$c[\"traffic_version\"] == \"$version\" && \$c[\"vantage\"] == \"caller.lan\" {
			tp += \$c[\"tp\"]; of += \$c[\"tp\"] + \$c[\"fn\"] } END { print tp, of }" "$run/accuracy.tsv")" "sessions of $version"
done
same "$(tsv '$c["signature"] == "skypelab-2006" && $c["unit"] == "flow" && $c["operation"] == "call" {
	print $c["recall"], $c["recall_low"], $c["recall_high"], $c["trials"] }' "$out/tables/accuracy-by-operation.tsv" | cut -d' ' -f4)" 8 "trials of calls"
same "$(tsv '{ n += $c["trials"] } END { print n }' "$out/tables/versions.tsv")" "$(find "$run/cells" -mindepth 1 -maxdepth 1 | wc -l)" "trials"
# what truth says was sent is what is counted, and each size is one of those sent
same "$(tsv '$c["source"] == "emulated" && $c["message"] == "U2" { n += $c["of"] } END { print n }' "$out/tables/messages.tsv")" \
	"$(for c in "$run"/cells/*; do awk -F'\t' 'NR == FNR { if (FNR > 1) seen[$2 ":" $3 " " $4 ":" $5]; next }
		$6 == "U2" && ($9 " " $10) in seen' "$c/truth.caller.lan.tsv" "$c/messages.tsv"; done | wc -l)" "U2 sent"
same "$(tsv '$c["source"] == "emulated" && $c["message"] == "U2" { print $c["sizes"], $c["direction"] }' "$out/tables/messages.tsv" | sort -u)" \
	"11 to client" "sizes of U2"
# the capture that was recorded, as `score` has it
same "$(tsv '$c["material"] == "made-2006.pcap" && $c["signature"] == "skypelab-2006" { print $c["unit"], $c["found"], $c["of"], $c["false"] }' \
	"$out/tables/accuracy-recorded.tsv" | sort)" \
	"$("$SKYPELAB" score -s skypelab-2006 --format tsv "$TMP/captures/made-2006.pcap" |
		tsv '{ print $c["unit"], $c["tp"], $c["tp"] + $c["fn"], $c["fp"] + $c["wrong_role"] }' | sort)" "recorded accuracy"
grep -q 'without-labels.pcap.*no label file' "$out/tables/captures.tsv" || fail "a capture without labels is not named"
grep -q 'without-labels.pcap' "$out/tables/accuracy-recorded.tsv" && fail "a capture without labels is scored"

# Every table and figure has a number and a command; every table's command prints its file again.
page=$out/paper.html
for what in Table Figure; do
	n=$(grep -oE "(class=\"cap\">|<figcaption>)$what [0-9]+" "$page" | wc -l)
	[ "$n" -gt 4 ] || fail "only $n of $what"
	same "$(grep -oE "(class=\"cap\">|<figcaption>)$what [0-9]+" "$page" | grep -oE '[0-9]+$' | tr '\n' ' ')" "$(seq -s ' ' "$n") " "numbers of $what"
done
same "$(grep -c 'Made by <code>skypelab paper --table' <(grep -v figcaption "$page"))" \
	"$(grep -c 'class="cap">Table' "$page")" "tables with a command"
same "$(grep -o '<figcaption>.*Made by <code>skypelab ' "$page" | wc -l)" "$(grep -c '<figcaption>' "$page")" "figures with a command"
while read -r command; do
	name=${command#*--table } name=${name%% *}
	SKYPELAB_CORPORA=$TMP/none bash -c "\"\$SKYPELAB\" ${command#skypelab }" 2>/dev/null | cmp - "$out/tables/$name.tsv" ||
		fail "«$command» does not print $name.tsv"
done < <(grep -v figcaption "$page" | grep -o 'Made by <code>[^<]*' | sed 's/Made by <code>//' | sort -u)
# a cell of the page is the field of the table
cell=$(tsv '$c["version"] == "1.4" && $c["signature"] == "ehlert-petgang-1.4" && $c["unit"] == "session" {
	printf "%s [%s,\302\240%s] %s\302\240of\302\240%s", $c["recall"], $c["recall_low"], $c["recall_high"], $c["found"], $c["of"] }' "$out/tables/accuracy-by-version.tsv")
grep -qF "<td>$cell</td>" "$page" || fail "the page has no cell «$cell»"
# no table mixes the two sources, and the page fetches nothing
grep -o 'class="cap">[^<]*' "$page" | grep -vE 'Table [0-9]+\. (Emulated|Recorded|Claims)' && fail "a table that is of no source"
grep -o '<figcaption>[^<]*' "$page" | grep -vE 'Figure [0-9]+\. (Emulated|Recorded)' && fail "a figure that is of no source"
grep -qE '(src|href)="(https?:)?//' "$page" && fail "the page asks the network"
while read -r link; do
	case $link in
	'#'*) grep -q "id=\"${link#\#}\"" "$page" || fail "no part $link" ;;
	data:*) ;;
	*) [ -e "$out/$link" ] || fail "link to $link, which is not there" ;;
	esac
done < <(grep -o 'href="[^"]*"' "$page" | sed 's/^href="//; s/"$//')
# well-formed: every element that is opened is closed, in order
if command -v python3 >/dev/null; then
	python3 - "$page" <<'P' || fail "the page is not well-formed"
import html.parser, sys
void = {"meta", "link", "img", "br", "hr", "input"}
class P(html.parser.HTMLParser):
    stack = []
    def handle_starttag(self, tag, attrs):
        if tag not in void: self.stack.append(tag)
    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag: sys.exit(f"{self.getpos()}: </{tag}>")
p = P(); p.feed(open(sys.argv[1]).read()); p.close()
sys.exit(f"open: {p.stack}" if p.stack else 0)
P
fi

# Without recordings the recorded parts say so.
"$SKYPELAB" -q paper -o "$TMP/emulated" "$run" >/dev/null || fail "without recordings"
grep -q 'Recorded traffic: there was none' "$TMP/emulated/paper.html" || fail "it does not say that nothing was recorded"
grep -q '>Table [0-9]*\. Recorded' "$TMP/emulated/paper.html" && fail "a recorded table without recordings"

# What cannot be used is named, and the paper that was there stays; so does one whose maker is killed.
before=$(sha256sum "$page")
refused() { # WORDS ARGUMENT...
	local words=$1
	shift
	if "$SKYPELAB" paper -o "$out" "$@" >/dev/null 2>"$TMP/why"; then fail "not refused: $*"; fi
	grep -q "$words" "$TMP/why" || fail "$*: $(cat "$TMP/why")"
	same "$(sha256sum "$page")" "$before" "the page after a failure"
	same "$(find "$TMP" -name '*.unfinished')" "" "unfinished folders"
}
cp -r "$run" "$TMP/edited" && sed -i '2s/\t1\t/\t2\t/' "$TMP/edited/outcomes.tsv"
cp -r "$run" "$TMP/half" && rm "$TMP/half/manifest.json"
mkdir "$TMP/empty" && : >"$TMP/zero.pcap" && echo text >"$TMP/text.pcap"
head -c 5000 "$TMP/captures/made-2006.pcap" >"$TMP/cut.pcap" && cp "$TMP/captures/made-2006.pcap.tsv" "$TMP/cut.pcap.tsv"
for f in zero text; do cp "$TMP/cut.pcap.tsv" "$TMP/$f.pcap.tsv"; done
cp "$TMP/captures/made-2006.pcap" "$TMP/other.pcap" && cp "$MADE/labels/made-2013.pcap.tsv" "$TMP/other.pcap.tsv"
refused 'changed since the run' "$TMP/edited"
refused 'did not end' "$TMP/half"
refused 'no capture there' "$TMP/empty"
refused 'no such file\|No such file\|cannot' "$TMP/nothing"
refused 'zero.pcap' "$TMP/zero.pcap"
refused 'none of its [0-9]* flows is in' "$TMP/other.pcap"
refused 'no label file\|labels' "$TMP/captures/without-labels.pcap"
refused 'text.pcap' "$TMP/text.pcap"
if "$SKYPELAB" paper --table nothing "$run" 2>"$TMP/why"; then fail "a table that is not there"; fi
grep -q 'no such table; there are versions, ' "$TMP/why" || fail "$(cat "$TMP/why")"
"$SKYPELAB" -q paper -o "$TMP/cut" "$TMP/cut.pcap" >/dev/null 2>&1 || fail "a capture that is cut off"
grep -q 'up to where it is damaged' "$TMP/cut/tables/captures.tsv" || fail "it does not say that a capture is cut off"
touch "$out/notes.txt"
refused 'notes.txt' "$run"
rm "$out/notes.txt"
"$SKYPELAB" paper -o "$out" "$run" "$TMP/captures" >/dev/null 2>&1 &
maker=$!
for ((i = 0; i < 200; i++)); do [ -e "$TMP/.paper.unfinished/tables" ] && break; sleep 0.01; done
kill -9 $maker && wait $maker 2>/dev/null || true
for ((i = 0; i < 100; i++)); do [ -e "$TMP/.paper.unfinished" ] || break; sleep 0.05; done
[ ! -e "$TMP/.paper.unfinished" ] || fail "a killed paper left its folder"
same "$(sha256sum "$page")" "$before" "the page after kill -9"

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
	skip "no chromium here to look at the page with"
cat "$page" - >"$out/probe.html" <<'PROBE'
<script>addEventListener('load',()=>{const d=document,e=d.documentElement;
d.title=['scroll',e.scrollWidth>e.clientWidth,
'broken',[...d.images].filter(i=>!i.complete||!i.naturalWidth).length,
'noalt',[...d.images].filter(i=>!i.alt).length,
'bg',getComputedStyle(d.body).backgroundColor].join(' ')})</script>
PROBE
look() { # WIDTH [OPTION]
	HOME=$TMP timeout 90 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
		--window-size="$1,900" ${2:+"$2"} --dump-dom "file://$out/probe.html" 2>/dev/null | grep -o '<title>[^<]*' | head -n 1
}
narrow=$(look 400) dark=$(look 1280 --blink-settings=preferredColorScheme=0)
case $narrow in
*'scroll false broken 0 noalt 0 bg rgb(255, 255, 255)'*) ;;
*) fail "at 400 pixels, light: «$narrow»" ;;
esac
case $dark in
*'scroll false broken 0 noalt 0 bg rgb(20, 24, 29)'*) ;;
*) fail "at 1280 pixels, dark: «$dark»" ;;
esac
echo "$(grep -c 'class="cap">Table' "$page") tables, $(grep -c '<figcaption>' "$page") figures; $narrow"
