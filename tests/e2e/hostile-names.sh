#!/bin/bash
# Names that another language would obey (a shell, gnuplot, HTML, Markdown, a terminal): none of them is
# obeyed, in no output; those that cannot be printed are refused with file and line, and shown.
. tests/e2e/lib.sh

need "$BUILD/tools/mkskype"
"$BUILD/tools/mkskype" linux-2006 "$TMP/c.pcap" "$TMP/c.pcap.tsv" seed=1
cp "$TMP/c.pcap" "$TMP/$(printf 'c\033[31m\n`x`.pcap')"
cd "$TMP"
esc=$(printf '\033')
# silent FILE...: no escape character, nothing run.
silent() {
	! grep -l "$esc" "$@" || fail "an escape sequence went out"
	[ -z "$(find . -name 'PWNED*')" ] || fail "a name was run: $(find . -name 'PWNED*')"
}
signature() { # NAME in YAML's double quotes
	cat <<-YAML
		signature: "$1"
		revision: 1
		date: 2006-01-01
		title: "<b>t</b> \`touch PWNED_T\`"
		source: s
		versions: [all]
		rules:
		  - rule: "r|\`touch PWNED_R\`"
		    proto: udp
		    steps:
		      - message: m
		        size: 1..
		    then: {event: flow}
	YAML
}
# Names that can be printed are kept, whatever they hold.
names=('x`touch PWNED1`' 'y\"; system \"touch PWNED2' "z'; touch PWNED3; '" '$(touch PWNED4)' '|touch PWNED5' '<img src=x onerror=alert(1)>' '**b** | _c_ | [d](e)' '../../PWNED6' '-e')
all=()
for i in "${!names[@]}"; do
	signature "${names[$i]}" >"s$i.yaml"
	all+=(-s "s$i.yaml")
done
vantage='wan"; system "touch PWNED7'
plots=()
if command -v gnuplot >/dev/null; then plots=(--plots .); fi
"$SKYPELAB" score "${all[@]}" --vantage "$vantage" ${plots[@]+"${plots[@]}"} -o a.tsv --claims k.tsv --format markdown \
	--traffic-version 'v`touch PWNED8`' c.pcap >md 2>err || fail "score: $(cat err)"
silent md err a.tsv k.tsv
"$SKYPELAB" score -s s0.yaml --max-fp 0 --errors c.pcap >out.errors 2>err || true
# shellcheck disable=SC2016
grep -q 'x\\`touch PWNED1\\`' md || fail "a backquote is not escaped in Markdown: $(cat md)"
grep -q '&lt;img src=x' md || fail "markup is not escaped in Markdown"
same "$(awk -F'\t' '{ print NF }' a.tsv | sort -u | wc -l)" 1 "numbers of columns in accuracy.tsv"
if [ ${#plots[@]} -gt 0 ]; then
	same "$(find plots -name '*.gp' | wc -l)" "$(find plots -name '*.svg' | wc -l)" "plots and their scripts"
	[ "$(find plots -name 'settings-*.gp' | wc -l)" -ge ${#names[@]} ] || fail "two plots have one name: $(ls plots)"
	[ -z "$(find plots -name '*[!A-Za-z0-9_.-]*')" ] || fail "odd names of plots: $(ls plots)"
	! grep -l '<img' plots/*.svg || fail "markup in a plot"
fi
for form in text tsv json; do
	"$SKYPELAB" score "${all[@]}" --format $form c.pcap >out.$form 2>err || fail "score --format $form"
done
"$SKYPELAB" detect "${all[@]}" --explain c.pcap >out.table
"$SKYPELAB" detect "${all[@]}" --eve out.eve c.pcap
"$SKYPELAB" signature show s0.yaml >out.show
silent out.* err
python3 -c 'import json, sys
for line in open("out.eve"): json.loads(line)
json.load(open("out.json"))' || fail "JSON that is none"
# The events come back in, with the names of the signatures in them.
"$SKYPELAB" score --eve out.eve --labels c.pcap.tsv ${plots[@]+"${plots[@]}"} --format markdown c.pcap >md 2>err ||
	fail "score --eve: $(cat err)"
silent md err
# A file's name with control characters in it: shown.
"$SKYPELAB" detect -s skypelab-2006 c*.pcap >table 2>err || fail "detect: $(cat err)"
"$SKYPELAB" score -n -s skypelab-2006 -o a.tsv --claims k.tsv --errors c*.pcap >out.n 2>>err || true
"$SKYPELAB" detect "$(printf 'none\033[31m.pcap')" 2>>err >>table || true
silent table err a.tsv k.tsv out.n
grep -q 'c\\x1b\[31m\\x0a`x`.pcap' table || fail "a file's name is not shown: $(tail -n 3 table)"
grep -q 'none\\x1b\[31m.pcap' err || fail "a file's name in an error: $(cat err)"

# refused WHAT COMMAND...: exit 2, no escape character, the message says where.
refused() {
	local want=$1 rc=0
	shift
	"$SKYPELAB" "$@" >out.r 2>&1 || rc=$?
	same $rc 2 "$* with a name that cannot be printed"
	silent out.r
	grep -q -- "$want" out.r || fail "$*: «$(cat out.r)» lacks «$want»"
}
for bad in '\e[31mred' 'a\tb' 'a\nb' '\x7f' '\x9b31m' '\u202egpj'; do
	signature "$bad" >bad.yaml
	refused 'bad.yaml:1: .*cannot be printed' detect -s bad.yaml c.pcap
	refused 'bad.yaml:1: .*cannot be printed' signature check bad.yaml
	printf 'nat: "%s"\n' "$bad" >nat.yaml
	printf 'scenario: x\nsites:\n  - name: "%s"\n' "$bad" >scenario.yaml
	"$SKYPELAB" run --dry-run scenario.yaml >out.r 2>&1 && fail "a site's name with $bad"
	silent out.r
done
signature "$(printf 'x%.0s' {1..64})" >bad.yaml
refused 'bad.yaml:1: .*64 bytes, at most 63' detect -s bad.yaml c.pcap
head -n 1 out.eve >one
for bad in '\u001b]0;OWNED\u0007' '\u009b31m' 'a\tb' 'a\nb' "$(printf 'x%.0s' {1..64})"; do
	jq -c --argjson s "\"$bad\"" '.skype.signature = $s' one >bad.json 2>/dev/null ||
		python3 -c 'import json, sys
o = json.load(open("one")); o["skype"]["signature"] = json.loads(sys.argv[1]); print(json.dumps(o))' "\"$bad\"" >bad.json
	refused 'bad.json:1: .*signature of 1 to 63 bytes' score --eve bad.json --labels c.pcap.tsv c.pcap
done
for bad in "${esc}[31m" $'\x9b31m' $'\xff' "$(printf 'x%.0s' {1..80})"; do
	head -n 1 c.pcap.tsv >bad.tsv
	printf 'udp\t10.0.0.1\t1000\t1.2.3.4\t2000\tskype\t%s\t-\n' "$bad" >>bad.tsv
	refused 'bad.tsv:2: ' score --eve out.eve --labels bad.tsv c.pcap
done
refused '--vantage: .*cannot be printed' score -s skypelab-2006 --vantage "${esc}[31m" c.pcap
