#!/bin/bash
# `skypelab signature`: check names file, line, value and what was expected; list and show know every
# bundled signature; --explain gives for each verdict the packets, the bytes and the rule's line.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need jq
sig() { "$SKYPELAB" signature "$@"; }

# every bundled signature is right, listed once, and can be shown
sig list --json >"$TMP/list.json" || fail "list"
n=$(find detector/signatures -name '*.yaml' | wc -l)
same "$(jq length "$TMP/list.json")" "$n" "signatures listed"
sig check detector/signatures/*.yaml >"$TMP/out" || fail "a bundled signature is wrong: $(cat "$TMP/out")"
same "$(grep -c ': right$' "$TMP/out")" "$n" "signatures checked"
while read -r name; do
	sig show "$name" >"$TMP/out" || fail "show $name"
	grep -q "^$name, revision" "$TMP/out" || fail "show $name does not name it"
done < <(jq -r '.[].name' "$TMP/list.json")

# wrong usage and wrong files: exit 2, one line, nothing on standard output; the others are checked
for args in "" "chekc x" "check" "show" "list --yaml"; do
	got=0
	# shellcheck disable=SC2086
	sig $args >"$TMP/out" 2>"$TMP/err" || got=$?
	same "$got" 2 "exit status of «signature $args»"
done
good=detector/signatures/ehlert-petgang-1.4.yaml
sed 's/size: 11$/size: eleven/' $good >"$TMP/bad.yaml"
line=$(grep -n 'size: eleven' "$TMP/bad.yaml" | cut -d: -f1)
got=0
sig check "$TMP/bad.yaml" $good >"$TMP/out" 2>"$TMP/err" || got=$?
same "$got" 2 "exit status for a wrong file"
same "$(cut -d, -f1 "$TMP/err")" "skypelab: $TMP/bad.yaml:$line: \"eleven\"" "the fault"
grep -q expected "$TMP/err" || fail "not said what was expected: $(cat "$TMP/err")"
same "$(wc -l <"$TMP/err")" 1 "lines of the fault"
grep -q "^$good: .* right" "$TMP/out" || fail "the right file was not checked"

# explained verdicts, on a probe made by hand: U1 and a positive U4
need text2pcap
printf '000000 15 f2 02 e2 b4 59 e6 64 4a 65 4d 81 76 3a c9 db f5 36\n' >"$TMP/u1"
printf '000000 94 91 02 f2 d4 ed 78 3d 8a 20 a7 b8 1b e2 75 0b 16 52\n' >"$TMP/u4"
made=yes
text2pcap -q -F pcap -4 192.0.2.1,198.51.100.7 -u 5000,33000 "$TMP/u1" "$TMP/1.pcap" 2>/dev/null || made=no
text2pcap -q -F pcap -4 198.51.100.7,192.0.2.1 -u 33000,5000 "$TMP/u4" "$TMP/2.pcap" 2>/dev/null || made=no
[ $made = yes ] || skip "this text2pcap cannot make the packets"
cat "$TMP/1.pcap" >"$TMP/probe.pcap"
tail -c +25 "$TMP/2.pcap" >>"$TMP/probe.pcap"
"$SKYPELAB" detect -s ehlert-petgang-1.4 --explain --eve - "$TMP/probe.pcap" >"$TMP/eve.json"
same "$(jq -r '.skype.event' "$TMP/eve.json")" probe-accepted "the event"
line=$(awk '/message: U4/ { u4 = 1 } u4 && /bytes:/ { print NR; exit }' $good)
same "$(jq -c '.skype.evidence[1] | [.message, .pcap_cnt, .size, .direction, .ranges[0]]' "$TMP/eve.json")" \
	"[\"U4\",2,18,\"to_client\",{\"offset\":2,\"length\":1,\"line\":$line,\"bytes\":\"02\"}]" "the explanation"
"$SKYPELAB" detect -s ehlert-petgang-1.4 --explain "$TMP/probe.pcap" >"$TMP/out"
grep -q "ehlert-petgang-1.4.yaml:[0-9]*: rule udp probe" "$TMP/out" || fail "$(cat "$TMP/out")"
grep -q "line $line *bytes 2..2  02" "$TMP/out" || fail "$(cat "$TMP/out")"
# and what a rule asked besides messages
cat >"$TMP/figures.yaml" <<'SIGNATURE'
signature: figures
revision: 1
date: 2006-01-01
title: Figures
source: this test
versions: []
sets: {once: 1 min}
rules:
  - rule: two
    proto: udp
    flow: {unknown: {in: once, key: client}}
    tally: [{count: said, from: either}]
    when: [{count: said, is: 2}, {bytes: ..36}]
    then: {event: flow, count: {in: once, key: client}}
SIGNATURE
"$SKYPELAB" detect -s "$TMP/figures.yaml" --explain "$TMP/probe.pcap" >"$TMP/out"
# text2pcap has the second in which it runs, which may be the next one for the second packet
same "$(sed -n '4,8{s/ [01]\.000 s after/ 0.000 s after/;p}' "$TMP/out")" "        unknown in once: client address, client port (line 11)
        when there are 2 of said (line 13)
        and there are 0 to 36 bytes of payload (line 13)
        counts in once by client address, client port; acts from 1 on
        the flow had 2 packets and 36 bytes of payload, 0.000 s after its first packet" "what a rule asked, with the flow's figures"
