#!/bin/bash
# The cheapest change that a signature does not see: signatures whose answer is known because we wrote them.
. "$(dirname "$0")/lib.sh"
need_namespaces
cat >"$TMP/two.yaml" <<-'END'
	signature: two
	revision: 1
	date: "2026-11-29"
	title: A refused probe of 18 bytes, or the first message to a login server
	source: this test
	versions: ["1.4"]
	rules:
	  - rule: probe
	    proto: udp
	    client: initiator
	    steps:
	      - {message: U1, from: client, nth-of-flow: 1, size: 18, bytes: {2: "02"}}
	      - {message: U2, from: server, next: yes, size: 11}
	    then: {event: flow}
	  - rule: hello
	    proto: tcp
	    client: initiator
	    steps:
	      - {message: L1, from: client, nth: 1, size: 5, bytes: {0: "16 03 01 00 00"}}
	    then: {event: evidence}
END
sed '/message: U2/d; s/signature: two/signature: any/; s/size: 18, bytes.*/size: "1.."}/' "$TMP/two.yaml" >"$TMP/any.yaml"
sed '/message: U2/d; /rule: hello/,$d; s/signature: two/signature: t4/; s/proto: udp/proto: tcp/
	s/{message: U1.*/{message: T4, from: client, nth: "1..9", size: [4, 15, 16, 17]}/' "$TMP/two.yaml" >"$TMP/t4.yaml"
cat >"$TMP/changes.yaml" <<-'END'
	changes: test
	list:
	  - {change: late, set: ["tcp.give-up=1", "udp.resend-after=30", "udp.patience=600"], who: client}
	  - {change: U1 of 60, set: ["udp.probe=60"], touches: [U1, U3], who: client}
	  - {change: U1 of 19, set: ["udp.probe=19"], touches: [U1, U3], who: client}
	  - {change: no hello, set: ["login.no-hello=yes"], touches: [L1, L2], who: both}
	  - {change: T4 of 18, set: ["tcp.t4=18"], touches: [T4], who: client}
END
sed 's/wait 60/wait 5/; /^matrix/,/^vantages/{/firewall\|nat/,+1d}' scenarios/evade.yaml >"$TMP/one.yaml"
evade() { "$SKYPELAB" evade -c "$TMP/changes.yaml" --scenario "$TMP/one.yaml" --repeat 5 "$@"; }

# 1. `two` needs two changes at once, and of the probes the smaller; `any` sees whatever is sent; `t4` is missed
# by a client that never comes in, which is no answer.
rc=0
evade -f tsv --versions "$TMP/versions" --keep "$TMP/keep" "$TMP"/{two,any,t4}.yaml >"$TMP/table" || rc=$?
same $rc 1 "exit status where one signature has no answer"
# field SIGNATURE COLUMN
field() { awk -F'\t' -v s="$1" -v c="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) k = i } $1 == s { print $k }' "$TMP/table"; }
same "$(field two verdict): $(field two change), $(field two needs)" "found: U1 of 19 + no hello, both" "the change"
same "$(field two set)" "udp.probe=19 login.no-hello=yes" "its keys"
same "$(field two seen_before) $(field two trials_before) $(field two in) $(field two seen)" "10 10 10 0" "its trials"
same "$(field any verdict) $(field any trials)" "none -" "what sees everything"
last=("$TMP"/keep/*/run/cells/v3-4.yaml@1) # tried, and tried again
# One byte more for each U1 and U3; two messages of 45 bytes fewer, one in each direction.
awk -F'\t' '$6 == "U1" || $6 == "U3" { n++ } END { printf "%.1f\n", n / 10 - 90 }' \
	"$(dirname "${last[-1]}")"/v3-4.yaml@*/messages.tsv >"$TMP/last"
same "$(field two bytes)" "$(cat "$TMP/last")" "bytes, counted from the messages"
same "$(field two packets)" "-2.0" "packets"

# 2. What it wrote is a version that anyone can run: the client is in, the signature sees nothing of it.
sed "s|values: .*|values: [\"$TMP/versions/two.yaml\"]|" "$TMP/one.yaml" >"$TMP/again.yaml"
"$SKYPELAB" -q run --no-report -s "$TMP/two.yaml" -o "$TMP/run" --seed 77 "$TMP/again.yaml" >"$TMP/out"
same "$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "result") k = i } NR > 1 { print $k }' \
	"$TMP/run/outcomes.tsv" | sort | uniq -c | xargs)" "3 in" "logins of the changed version"
same "$(grep -c '"signature":"two"' "$TMP"/run/cells/*/eve.json | awk -F: '{ n += $NF } END { print n }')" 0 "events"
[ ! -e "$TMP/versions/any.yaml" ] || fail "a version without an answer"

# 3. With the client alone, a hello cannot be left out; and one signature's version goes where -o says.
same "$(field t4 verdict): $(field t4 change) $(field t4 tried)" "found: T4 of 18 5" "the change of one message"
evade -f tsv --alone -o "$TMP/t4-version.yaml" "$TMP/t4.yaml" >"$TMP/table" || fail "t4: $(cat "$TMP/table")"
same "$(field t4 change) $(field t4 tried)" "T4 of 18 4" "changes of the client alone"
grep -q 't4: 18' "$TMP/t4-version.yaml" || fail "its version file"

# 4. What is wrong is named, and nothing is left.
wrong() { # TEXT OPTION...
	local rc=0
	"$SKYPELAB" evade "${@:2}" >"$TMP/out" 2>"$TMP/err" || rc=$?
	[ $rc = 2 ] || fail "$*: exit $rc"
	grep -q -- "$1" "$TMP/err" || fail "$*: $(cat "$TMP/err")"
	same "$(grep -c . "$TMP/err")" 1 "messages of $*"
}
bad() { # TEXT SET: a change that is none
	printf 'changes: bad\nlist:\n  - {change: x, set: ["%s"], who: client}\n' "$2" >"$TMP/bad.yaml"
	wrong "$1" -c "$TMP/bad.yaml" --scenario "$TMP/one.yaml" ehlert-petgang-1.4
}
bad 'bad.yaml:3: set udp, expected section.key=value' udp
bad 'no section urp' urp.probe=19
bad 'prob' udp.prob=19
bad 'out of range' udp.probe=7
bad 'not a distribution' udp.probe=a
bad "$(printf 'assumptions')" assumptions.x=1
wrong 'no axis version' --scenario first-light ehlert-petgang-1.4
wrong '-o takes the change of one' -o "$TMP/o" "$TMP/two.yaml" "$TMP/t4.yaml"
wrong 'it looks for dns' dns-example
wrong 'it is there already' --keep "$TMP/keep" "$TMP/two.yaml"
wrong 'nowhere' -c "$TMP/nowhere.yaml" "$TMP/two.yaml"
