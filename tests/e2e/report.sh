#!/bin/bash
# A run's results: the manifest holds, the report is one file that works from disk: no console error,
# every picture and link there, no sideways scroll at 400 pixels, in light and in dark.
. tests/e2e/lib.sh
need_namespaces
need jq
run=$TMP/run
"$SKYPELAB" run -o "$run" scenarios/first-light.yaml >"$TMP/table" 2>"$TMP/err" || fail "run: exit $?"
grep -q gnuplot "$TMP/err" && fail "a plot failed: $(grep gnuplot "$TMP/err")"
"$SKYPELAB" results verify "$run" || fail "the run's manifest does not hold"

# Tables: every format, and the numbers agree between them.
for format in text markdown tsv json; do
	"$SKYPELAB" results show "$run" --by signature --unit client --format $format >"$TMP/$format" ||
		fail "show --format $format"
done
tp=$(tsv '$c["unit"] == "client" { n += $c["tp"] } END { print n }' "$run/accuracy.tsv")
same "$(tsv '{ n += $c["tp"] } END { print n }' "$TMP/tsv")" "$tp" "clients found, tsv"
if command -v jq >/dev/null; then
	same "$(jq '[.[].tp] | add' "$TMP/json")" "$tp" "clients found, json"
fi
awk 'length > 100 { exit 1 }' "$TMP/text" || fail "the table is wider than 100 columns"
grep -q $'\033' "$TMP/text" && fail "colours in a pipe"

# The bounds of the summary are those of the tables, and never round to nothing.
# A wrong word: what there is.
wrong() { # WORDS COMMAND...
	"$SKYPELAB" "${@:2}" >/dev/null 2>"$TMP/wrong" && fail "accepted: ${*:2}"
	grep -qF -- "$1" "$TMP/wrong" || fail "${*:2}: $(cat "$TMP/wrong")"
}
wrong 'expected one of flow, client, session,' results show --unit flows "$run"
wrong 'nor an axis of the table: host_cache, login' results show --by vantages "$run"
wrong 'there is caller.lan, caller.wan' claims --vantage nope "$run"
wrong 'the first cell has caller.lan, caller.wan' late --vantage nope "$run"
wrong 'emulatd: no baseline of that name' results compare emulatd "$run"
bound=$("$SKYPELAB" results show "$run" --by vantage,signature --unit flow --format json | jq '.[] | select(.vantage == "caller.lan").fpr_upper_95')
shown=$(grep -o '<td class="n">[0-9.e-]*</td><td>[0-9]* of [0-9]*</td>' "$run/report.html" | sed '1!d; s/<td class="n">//; s/<.*//')
awk -v a="$bound" -v b="$shown" 'BEGIN { exit !(b > 0 && a / b < 1.06 && a / b > 0.94) }' ||
	fail "false rate below: the report says $shown, the table $bound"

# Every link of the report leads to a file, every plot stands beside its data and script.
if ! command -v gnuplot >/dev/null; then skip "gnuplot is not installed"; fi
links=0
while read -r link; do
	case $link in
	'#'*) grep -q "id=\"${link#\#}\"" "$run/report.html" || fail "no part $link" ;;
	data:*) ;;
	*) [ -e "$run/$link" ] || fail "link to $link, which is not there" ;;
	esac
	links=$((links + 1))
done < <(grep -o 'href="[^"]*"' "$run/report.html" | sed 's/^href="//; s/"$//')
[ $links -gt 50 ] || fail "only $links links"
grep -qE '(src|href)="(https?:)?//' "$run/report.html" && fail "the report asks the network"
twice=$(grep -o '<figcaption>[^<]*' "$run/report.html" | sort | uniq -d)
[ -z "$twice" ] || fail "plots that nobody can tell apart: $twice"
for svg in "$run"/plots/*.svg; do
	for end in tsv gp png; do [ -s "${svg%.svg}.$end" ] || fail "${svg%.svg}.$end is missing"; done
done
cp -r "$run/plots" "$TMP/again" && rm "$TMP"/again/*.svg "$TMP"/again/*.png
(cd "$TMP/again" && gnuplot -d ./*.gp) || fail "the scripts do not run by themselves"
same "$(ls "$TMP/again")" "$(ls "$run/plots")" "plots made again"

# How near the background came: as score --reach reads the captures; as many flows as were scored.
mapfile -t signatures < <(tsv '{ if (!seen[$c["signature"]]++) print "-s\n" $c["signature"] }' "$run/reach.tsv")
mapfile -t captures < <(for cell in "$run"/cells/*/; do echo "$cell$(jq -r '.taps["caller.lan"].file' "$cell/cell.json")"; done)
"$SKYPELAB" score --reach --format tsv "${signatures[@]}" "${captures[@]}" >"$TMP/reach" ||
	fail "score --reach on a run's captures: exit $?"
cmp "$TMP/reach" "$run/reach.tsv" || fail "reach.tsv is not what score --reach says"
same "$(tsv '!seen[$c["proto"]]++ { n += $c["flows"] } END { print n }' "$run/reach.tsv")" \
	"$(tsv '$c["unit"] == "flow" && $c["vantage"] == "caller.lan" { n += $c["fp"] + $c["tn"]; s[$c["signature"]] }
		END { print n / length(s) }' "$run/accuracy.tsv")" "flows that are not Skype"
grep -q 'id="reach"' "$run/report.html" || fail "the report has no part on the reach of the background"

# A flow has one number at all vantages and in messages.tsv, also where NAT gave it another address.
cell=$run/cells/inbound-restricted_full-cone_manual
for vantage in caller.lan caller.wan; do
	tsv '$c["flow"] ~ /^[0-9]+$/ { print $c["flow"], $c["node"], $c["opened"] }' "$cell/truth.$vantage.tsv" | sort >"$TMP/numbers.$vantage"
done
same "$(comm -13 "$TMP/numbers.caller.lan" "$TMP/numbers.caller.wan" | grep -c caller-h)" 0 "flows outside that the inside numbers otherwise"
[ "$(comm -12 "$TMP/numbers.caller.lan" "$TMP/numbers.caller.wan" | wc -l)" -gt 20 ] || fail "flows have other numbers outside"
same "$(tsv 'NR == FNR { at[$c["flow"]] = $c["proto"] $c["client_ip"] ":" $c["client_port"]; next }
	FNR > 1 && $4 in at && $2 ~ /^caller-h/ && $5 == "from-opener" && at[$4] != $8 $9' "$cell/truth.caller.lan.tsv" "$cell/messages.tsv" | wc -l)" 0 \
	"messages whose flow the truth numbers otherwise"

# Every missed flow of the sample, which is the whole run here, has the condition that failed first.
same "$(tsv '{ n[$c["signature"]] += $c["flows"] } END { for (s in n) print s, n[s] }' "$run/misses.tsv" | sort)" \
	"$(tsv '$c["unit"] == "flow" && $c["vantage"] == "caller.lan" { n[$c["signature"]] += $c["fn"] }
		END { for (s in n) if (n[s]) print s, n[s] }' "$run/accuracy.tsv" | sort)" "missed flows by condition"
tsv '$c["rule"] == "udp probe" && $c["condition"] ~ /^U4 did not follow, line [0-9]+$/ { found = 1 } END { exit !found }' \
	"$run/misses.tsv" || fail "no unanswered probe in misses.tsv: $(cat "$run/misses.tsv")"
grep -q '<tr><td class="n">[0-9]*</td><td>[^<]*\(<a [^>]*>[^<]*</a>\)*</td><td>udp probe</td><td>U4 did not follow, line [0-9]*</td>' "$run/report.html" || fail "the report does not say which condition failed"

# A newer run is refused, whichever of its files is read; that of a cell stands for its captures and truth.
cp -r "$run" "$TMP/newer" && sed -i '0,/"format": 1/s//"format": 2/' "$TMP/newer/manifest.json"
for what in "results show" "results verify" "results compare --force $run" "score --run" claims "results history --db $TMP/newer.db add"; do
	# shellcheck disable=SC2086
	"$SKYPELAB" $what "$TMP/newer" >"$TMP/out" 2>"$TMP/why" && fail "$what reads a newer run"
	grep -q 'newer/manifest.json: format 2 is newer than what this skypelab reads, up to 1' "$TMP/why" || fail "$what: $(cat "$TMP/why")"
done
cell=$(find "$TMP/newer/cells" -mindepth 1 -maxdepth 1 | sort | sed -n 1p)
sed -i 's/"format": 1/"format": 2/' "$cell/cell.json"
"$SKYPELAB" score "$cell/caller-gw.lan.pcap" >"$TMP/out" 2>"$TMP/why" && fail "a capture of a newer cell is scored"
grep -q 'cell.json: format 2 is newer than' "$TMP/why" || fail "score: $(cat "$TMP/why")"
! "$SKYPELAB" -q run -o "$TMP/newer" scenarios/first-light.yaml >"$TMP/out" 2>"$TMP/why" || fail "a newer run was taken up"

# Refused when edited or incomplete, named; compared when forced.
"$SKYPELAB" results compare "$run" "$run" >"$TMP/equal" || fail "a run differs from itself"
grep -q '^equal' "$TMP/equal" || fail "a run is not equal to itself"
cp -r "$run" "$TMP/edited" && sed -i '2s/\t1\t/\t2\t/' "$TMP/edited/outcomes.tsv"
"$SKYPELAB" results compare "$run" "$TMP/edited" 2>"$TMP/why" && fail "an edited run was compared"
grep -q 'outcomes.tsv: changed since the run' "$TMP/why" || fail "not named: $(cat "$TMP/why")"
"$SKYPELAB" results compare --force "$run" "$TMP/edited" >/dev/null 2>&1 || fail "--force does not"
cp -r "$run" "$TMP/half" && rm "$TMP/half/manifest.json"
"$SKYPELAB" results compare "$run" "$TMP/half" 2>"$TMP/why" && fail "a half run was compared"
grep -q 'did not end' "$TMP/why" || fail "not named: $(cat "$TMP/why")"

# Repeated from its manifest, filter and all: the same messages, tables and counters.
"$SKYPELAB" -q run --no-report --filter caller.firewall=open -o "$TMP/part" scenarios/first-light.yaml \
	>/dev/null || fail "run --filter"
"$SKYPELAB" -q run --manifest "$TMP/part/manifest.json" -o "$TMP/repeated" >"$TMP/differs" ||
	fail "the run repeated from its manifest differs: $(tail -n 5 "$TMP/differs")"
grep -q ' 0 differences' "$TMP/differs" || fail "$(tail -n 1 "$TMP/differs")"

# Baseline and history.
"$SKYPELAB" results baseline save "$TMP/base.tsv" "$run" >/dev/null || fail "baseline save"
"$SKYPELAB" results compare "$TMP/base.tsv" "$run" --format junit >"$TMP/junit.xml" || fail "baseline"
grep -q 'failures="0"' "$TMP/junit.xml" || fail "junit: $(head -2 "$TMP/junit.xml")"
"$SKYPELAB" results history --db "$TMP/h.db" add "$run" || fail "history add"
"$SKYPELAB" results history --db "$TMP/h.db" -s ehlert-petgang-1.4 --unit client \
	--plot "$TMP/hist" | has emulated || fail "history"
[ -s "$TMP/hist/history-ehlert-petgang-1-4.svg" ] || fail "no plot of the history"

# A comparison as a page: a flow that is no longer found is there with what both sides say; equal runs say so.
cp -r "$run" "$TMP/lost" && awk -F'\t' -v OFS='\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
	NR > 1 && !done && $c["result"] == "tp" && $c["unit"] == "flow" { $c["result"] = "fn"; done = $c["subject"]; print done >"/dev/stderr" } 1' \
	"$run/claims.tsv" >"$TMP/lost/claims.tsv" 2>"$TMP/subject"
"$SKYPELAB" results compare --force --html -o "$TMP/compared.html" "$run" "$TMP/lost" 2>/dev/null || [ $? = 1 ] || fail "compare --html: exit $?"
grep -q "<th scope=\"row\">$(cat "$TMP/subject")</th><td>found</td><td>missed</td>" "$TMP/compared.html" || fail "the page lacks the lost flow"
"$SKYPELAB" results compare --html "$run" "$run" >"$TMP/equal.html" || fail "--html: a run differs from itself"
grep -q '<h1>equal</h1>' "$TMP/equal.html" || fail "the page of equal runs: $(head -c 300 "$TMP/equal.html")"

# A page over runs: each with its report; one that cannot be read with the reason; a plot of what two runs have.
mkdir -p "$TMP/runs/deeper" "$TMP/runs/half" && cp -r "$run" "$TMP/runs/index" && cp -r "$TMP/part" "$TMP/runs/deeper/<b>" && echo '{' >"$TMP/runs/half/manifest.json"
"$SKYPELAB" results index "$TMP/runs" >"$TMP/said" || fail "results index: exit $?"
grep -q ': 3 runs$' "$TMP/said" || fail "results index: $(cat "$TMP/said")"
grep -q '<a href="./index/report.html">index</a></th><td>2' "$TMP/runs/index.html" || fail "no link to the report"
grep -q 'deeper/&lt;b&gt;</th>' "$TMP/runs/index.html" || fail "the name of a run is not quoted"
grep -q 'half/manifest.json:' "$TMP/runs/index.html" || fail "no reason why a run cannot be read"
same "$(grep -o 'src="data:image/svg+xml;base64,[^"]*"' "$TMP/runs/index.html" | wc -l)" 1 "plots over the runs"
same "$(grep -o 'download="history-[^"]*" href="data:[^"]*"' "$TMP/runs/index.html" | sed 's/.*base64,//; s/"$//' | base64 -d | grep -c '^[0-9]')" 4 "lines of the plot's data: two runs, two vantages"
"$SKYPELAB" results verify "$TMP/runs/index" || fail "the page wrote into a run"
same "$(find "$TMP/runs" -maxdepth 1 | sort | xargs -n 1 basename | tail -n +2 | xargs)" "deeper half index index.html" "what the page leaves"
# More runs than the page has: it says so, and so does the command.
for k in $(seq 2001); do mkdir "$TMP/runs/deeper/$k" && echo '{' >"$TMP/runs/deeper/$k/manifest.json"; done
"$SKYPELAB" results index "$TMP/runs" >"$TMP/said" || fail "results index of many: exit $?"
grep -q ': 2004 runs, of which the newest 2000 are shown$' "$TMP/said" || fail "results index: $(cat "$TMP/said")"
grep -q '2004 in .*; the newest 2000 are shown' "$TMP/runs/index.html" || fail "the page does not say what it leaves out"
grep -q '<a href="./index/report.html">index</a></th><td>2' "$TMP/runs/index.html" || fail "the newest run is not shown"

# Short enough to be read at once; what is long is beside it, one file a setting.
[ "$(stat -c %s "$run/report.html")" -lt 1000000 ] || fail "report.html has $(stat -c %s "$run/report.html") bytes"
same "$(grep -o 'data-cell="[0-9]*"' "$run/report.html" | sort -u | wc -l)" "$(find "$run/report" -name 'cell-*.js' | wc -l)" \
	"settings that open, and their files"

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
	skip "no chromium here to look at the report with"
# The page is asked about itself: a probe is put at the end of a copy beside its run. It opens a setting and a table;
# a client's login has one chart, with what others opened to the client.
cat >"$TMP/probe" <<'PROBE'
<script>addEventListener('load',async()=>{const d=document,e=d.documentElement;
const until=async f=>{for(let i=0;i<200&&!f();i++)await new Promise(r=>setTimeout(r,20));return !!f()};
const t=d.querySelector('table.sort'),b=t.querySelectorAll('th button')[0];b.click();
const n=d.querySelectorAll('*').length;
for(const i of d.images)i.loading='eager';await Promise.all([...d.images].map(i=>i.decode().catch(()=>0)));
const scroll=e.scrollWidth>e.clientWidth;
d.querySelector('details[data-table=accuracy]').open=true;
const rows=await until(()=>d.querySelector('details[data-table=accuracy] tbody tr'));
for(const x of d.querySelectorAll('details'))x.open=true;
const wide=e.scrollWidth>e.clientWidth;
d.querySelector('[data-cell]').click();
const chart=await until(()=>d.querySelector('dialog[open] svg[role=img] path'));
const titles=()=>[...d.querySelectorAll('dialog details.open>summary')].map(x=>x.textContent.split(' (')[0]);
const parts=titles();
location.hash='#cell-9999';
const two=await until(()=>titles().includes('bob: messages')&&titles().some(x=>x.startsWith('alice: login 1')));
location.hash='#cell-9998';
const last=()=>[...d.querySelectorAll('dialog table')].find(t=>t.caption.textContent.includes('flows of Skype'));
await until(()=>last()&&last().tBodies[0].rows[0].textContent.includes('silent'));
const fates=[...last().tBodies[0].rows].map(r=>r.lastChild.textContent).join('|');
const faults=window.axe?(await axe.run(d,{runOnly:['wcag2a','wcag2aa','wcag21aa']})).violations:[];
for(const v of faults)console.error(v.id+': '+v.nodes.slice(0,3).map(x=>x.html.slice(0,160)).join(' | '));
const said=['scroll',scroll||wide,'width',innerWidth,
'broken',[...d.images].filter(i=>!i.complete||!i.naturalWidth).length,
'noalt',[...d.images].filter(i=>!i.alt).length,'rows',rows,'chart',chart,'twice',parts.length-new Set(parts).size,'two',two,'axe',faults.length,
'sorted',b.parentNode.getAttribute('aria-sort'),'strip',[...d.querySelectorAll('.strip li')].every(x=>x.children.length===2),
'bg',getComputedStyle(d.body).backgroundColor,'none',getComputedStyle(d.querySelector('.h0')).backgroundColor,
'fates',fates,'elements',n].join(' ');parent===window?d.title=said:parent.postMessage(said,'*')})</script>
PROBE
# The rules of accessibility are axe-core's, where npm can bring it.
: >"$TMP/axe"
if command -v npm >/dev/null && (cd "$TMP" && HOME=$TMP npm pack --silent axe-core@4 >"$TMP/pack" 2>&1); then
	tar xzf "$TMP/$(tail -n 1 "$TMP/pack")" -C "$TMP" package/axe.min.js
	{ echo '<script>'; cat "$TMP/package/axe.min.js"; echo '</script>'; } >"$TMP/axe"
else
	echo "no npm here, or it cannot reach its registry: contrast and names were not tried with axe-core"
fi
cat "$run/report.html" "$TMP/axe" "$TMP/probe" >"$run/probe.html"
# A setting that was made from the first: another host of the site has done the same, as bob.
sed 's/^skypelab("cell-0",//; s/);$//' "$run/report/cell-0.js" | jq -c '(.flows | length) as $n |
	.flows += [.flows[] | if .node == "caller-h1" then .node = "caller-h2" else .server = "caller-h2" end | if .spoke then .spoke = "bob" else . end] |
	.messages += [.messages[] | arrays | .[1] += $n]' | sed 's/^/skypelab("cell-9999",/; s/$/);/' >"$run/report/cell-9999.js"
# A setting of one vantage: no counter that dropped is for the first flow, one behind the vantage may have dropped the
# second, the internet's did drop the third, and the fourth was answered.
cat >"$run/report/cell-9998.js" <<'CELL'
skypelab("cell-9998",{"name":"x","version":"1.4","extra":"","vantage":"caller.lan","caller":["x","x"],"callee":["-","-"],
"vantages":["caller.lan"],"verdicts":[],"ways":[],"told":true,"events":[],"trials":[["x",[]]],"flows_left":0,
"counters":[["internet","blocked-udp",3,[["in","udp",7,7,null]]],["caller-gw","outbound-closed",2,[["out","udp",0,65535,["198.51.100.1"]]]]],
"messages":[["3.0",3,0,"U1",18,1],["4.0",3,1,"U2",11,1]],
"flows":[{"key":"tcp 192.0.2.1:1 198.51.100.1:7","at":"caller.lan","kind":"silent","node":"caller-h1","client":"192.0.2.1","server":"","opened":"1.0","seen":{"caller.lan":"tcp 192.0.2.1:1 198.51.100.1:7"},"with":[],"verdicts":{}},
{"key":"udp 192.0.2.1:2 198.51.100.1:6","at":"caller.lan","kind":"silent","node":"caller-h1","client":"192.0.2.1","server":"","opened":"1.0","seen":{"caller.lan":"udp 192.0.2.1:2 198.51.100.1:6"},"with":[],"verdicts":{}},
{"key":"udp 192.0.2.1:3 198.51.100.2:7","at":"caller.lan","kind":"silent","node":"caller-h1","client":"192.0.2.1","server":"","opened":"1.0","seen":{"caller.lan":"udp 192.0.2.1:3 198.51.100.2:7"},"with":[],"verdicts":{}},
{"key":"udp 192.0.2.1:4 198.51.100.2:7","at":"caller.lan","kind":"answered","node":"caller-h1","client":"192.0.2.1","server":"","opened":"1.0","seen":{"caller.lan":"udp 192.0.2.1:4 198.51.100.2:7"},"with":[],"verdicts":{"s":"tp"},"spoke":"alice","answered":true}]});
CELL
# No window of chromium is less than 500 pixels wide: the narrow page is in a frame.
cat >"$run/narrow.html" <<'NARROW'
<!doctype html><title></title><iframe src="probe.html" style="width:400px;height:900px;border:0"></iframe>
<script>onmessage=e=>{document.title=e.data}</script>
NARROW
# When it is there to be read, in real time: its elements, laid out.
{ cat "$run/report.html"; echo "<script>document.body.getBoundingClientRect();document.title='laid '+Math.round(performance.now())</script>"; } >"$run/laid.html"
browse() { # FILE OPTION...: the page's title, and whatever the console says
	HOME=$TMP timeout 90 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
		--enable-logging=stderr --v=0 --dump-dom "${@:2}" "file://$run/$1" >"$TMP/dom" 2>"$TMP/console" || true
	awk 'match($0, /<title>[^<]*/) { print substr($0, RSTART, RLENGTH); exit }' "$TMP/dom"
}
looked() { # WHAT TITLE BACKGROUND
	case $2 in
	*'scroll false'*'broken 0 noalt 0 rows true chart true twice 0 two true axe 0 sorted ascending strip true bg '"$3 "*) ;;
	*) fail "$1: «$2» $(grep CONSOLE "$TMP/console")" ;;
	esac
	case $2 in
	*' fates no answer|no answer; caller-gw dropped such packets (outbound-closed), but only caller.lan is watched: '*'|internet: blocked-udp elements '*) ;;
	*) fail "$1: what became of flows: $2" ;;
	esac
	[ "$(sed 's/.* elements \([0-9]*\).*/\1/' <<<"$2")" -lt 10000 ] || fail "$1: too many elements: $2"
	! grep CONSOLE "$TMP/console" || fail "$1: the console says so"
}
title=$(browse narrow.html --window-size=800,900 --virtual-time-budget=20000)
looked "at 400 pixels, light" "$title" 'rgb(255, 255, 255) none rgb(247, 251, 255)'
case $title in *' width 400 '*) ;; *) fail "not 400 pixels wide: $title" ;; esac
looked "at 1200 pixels, dark" "$(browse probe.html --window-size=1200,900 --virtual-time-budget=20000 --blink-settings=preferredColorScheme=0)" \
	'rgb(20, 24, 29) none rgb(27, 39, 51)'
for try in 1 2 3 4 5; do # by the clock: on a busy machine the fastest of five says how long it takes
	laid=$(browse laid.html --window-size=1280,900)
	ms=$(sed 's/.*laid //' <<<"$laid")
	[ "$ms" -ge 1000 ] || break
done
[ "$ms" -lt 1000 ] || fail "laid out late, in ms: $laid"
# Printed, it is whole: what is folded up, and what is a button on the screen.
if command -v pdftotext >/dev/null; then
	HOME=$TMP timeout 90 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --virtual-time-budget=20000 \
		--print-to-pdf="$TMP/report.pdf" "file://$run/report.html" >/dev/null 2>&1 || true
	flow=$(sed -n 's/.* data-flow="\([^"]*\)".*/\1/p' "$run/report.html" | sed -n 1p)
	[ -n "$flow" ] || fail "the page names no flow"
	pdftotext "$TMP/report.pdf" - | tr -d ' \n' >"$TMP/printed"
	grep -qF "${flow// /}" "$TMP/printed" || fail "printed, the page lacks $flow"
else
	echo "pdftotext is not installed: the printed page was not looked at"
fi
echo "links $links; $title; $laid"
