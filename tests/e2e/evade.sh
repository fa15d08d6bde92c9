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
# On a terminal it says how many tries there may be, before the first of them is over.
python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$SKYPELAB" evade -c "$TMP/changes.yaml" --scenario "$TMP/one.yaml" --repeat 30 \
	"$TMP/t4.yaml" </dev/null | tr '\r' '\n' >"$TMP/shown"
grep -q '^ *[1-9][0-9.]* %  0 of [0-9]* tries at most' "$TMP/shown" || fail "progress: $(head -n 3 "$TMP/shown")"
same "$(field t4 change) $(field t4 tried)" "T4 of 18 4" "changes of the client alone"
grep -q 't4: 18' "$TMP/t4-version.yaml" || fail "its version file"

# 4. A detector of others: one that claims flows which begin with 18 bytes and 11 in answer is missed as `two`'s
# probe is; one that
# fails is no detector that sees nothing.
need python3
mkdir "$TMP/d"
detector() { # NAME; its program on standard input
	{ echo '#!/bin/bash'; cat; } >"$TMP/d/$1.sh"
	chmod 755 "$TMP/d/$1.sh"
	cat >"$TMP/d/$1.yaml" <<-END
		name: $1
		title: made for this test
		source: tests/e2e/evade.sh
		version: [./$1.sh, --version]
		command: [./$1.sh, "{capture}"]
		claims: flow
		outputs:
		  - file: "-"
		    format: csv
		    columns: {src-ip: [src], src-port: [sport], dst-ip: [dst], dst-port: [dport], protocol: [proto], verdict: [name]}
		verdicts:
		  - {match: [Skype], application: skype}
	END
}
detector sized <<'END'
[ "$1" != --version ] || { echo "sized 1.5"; exit; }
exec python3 - "$1" <<'PROGRAM'
import socket, struct, sys
b, at, flows = open(sys.argv[1], "rb").read(), 24, {}
while at < len(b):
    n = struct.unpack_from("<I", b, at + 8)[0]
    f, at = b[at + 16:at + 16 + n], at + 16 + n
    if f[12:14] == b"\x08\0" and f[23] == 17:
        ends = [(socket.inet_ntoa(f[i:i + 4]), *struct.unpack_from(">H", f, j)) for i, j in ((26, 34), (30, 36))]
        flows.setdefault(frozenset(ends), (ends, []))[1].append(struct.unpack_from(">H", f, 38)[0] - 8)
print("src,sport,dst,dport,proto,name")
for (s, d), sizes in flows.values():
    if sizes[:2] == [18, 11]:
        print(*s, *d, "udp", "Skype", sep=",")
PROGRAM
END
detector faulty <<'END'
[ "$1" != --version ] || { echo "faulty 2.3"; exit; }
echo "no such luck" >&2
exit 4
END
chmod -R a+rX "$TMP"
sed '/late\|60\|hello\|T4/d' "$TMP/changes.yaml" >"$TMP/probe.yaml"
evade -f tsv -c "$TMP/probe.yaml" -D "$TMP/d/sized.yaml" --versions "$TMP/foreign" >"$TMP/table" || fail "a detector of others: $(cat "$TMP/table")"
same "$(field sized verdict) $(field sized revision): $(field sized change) $(field sized tried)" "found 1.5: U1 of 19 1" "a detector of others"
same "$(field sized seen_before) $(field sized trials_before) $(field sized in) $(field sized seen)" "10 10 10 0" "its trials"
grep -q "probe: 19" "$TMP/foreign/sized.yaml" && grep -q "evade -D sized" "$TMP/foreign/sized.yaml" || fail "its version file"

# 5. What is wrong is named, and nothing is left.
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
wrong 'name a signature' --scenario "$TMP/one.yaml"
wrong 'name its signatures' -D skypelab
wrong 'no sessions' -D "$TMP/d/sized.yaml" --miss session-start
rc=0
evade -c "$TMP/probe.yaml" -D "$TMP/d/faulty.yaml" >"$TMP/out" 2>"$TMP/err" || rc=$?
same "$rc" 2 "a detector that fails: $(cat "$TMP/err")"
grep -q "no such luck" "$TMP/err" && [ ! -s "$TMP/out" ] || fail "a detector that fails: $(cat "$TMP/err" "$TMP/out")"
# Who looks at some trials only does not miss the client in the others.
sed '1,/^scenario/s/^scenario.*/&\ndetector-repeat: 2/' "$TMP/one.yaml" >"$TMP/some.yaml"
rc=0
evade -c "$TMP/probe.yaml" --scenario "$TMP/some.yaml" -D "$TMP/d/sized.yaml" >"$TMP/out" 2>"$TMP/err" || rc=$?
same "$rc" 2 "a detector that looks at some: $(cat "$TMP/err")"
grep -q "sized has no line for cell v.*.yaml@3" "$TMP/err" || fail "a detector that looks at some: $(cat "$TMP/err")"

# 6. Killed, it leaves no folder, and its run goes with it.
for signal in TERM KILL; do
	"$SKYPELAB" evade --scenario "$TMP/one.yaml" "$TMP/any.yaml" >"$TMP/out" 2>&1 &
	folder=
	for ((i = 0; i < 200; i++)); do # the run is made in a folder of the search
		for child in $(cat "/proc/$!/task/$!/children" || true); do
			at=$(readlink "/proc/$child/cwd") || continue
			case $at in /tmp/skypelab-evade.*/1) folder=${at%/1} run=$child ;; esac
		done
		[ -z "$folder" ] || break
		sleep 0.05
	done
	[ -d "$folder" ] || fail "$signal: no folder seen: $(cat "$TMP/out")"
	kill -"$signal" $!
	wait $! || true
	for ((i = 0; i < 200; i++)); do
		[ -e "$folder" ] || [ -e "/proc/$run" ] || break
		sleep 0.05
	done
	[ ! -e "$folder" ] || fail "$signal leaves $(find "$folder")"
	[ ! -e "/proc/$run" ] || fail "$signal leaves its run"
done
