#!/bin/bash
# Standard output of every command: a full disk is a failure that is said, a reader that goes away is
# none; a hangup and a closed descriptor lose and spoil nothing.
# long: every command three times
. tests/e2e/lib.sh

need "$BUILD/tools/mkskype" "$BUILD/tools/mkcapture"
[ -c /dev/full ] || skip "no /dev/full here; mknod -m 666 /dev/full c 1 7"
"$BUILD/tools/mkskype" linux-2006 "$TMP/c.pcap" "$TMP/c.pcap.tsv" seed=1
cp detector/signatures/ehlert-petgang-1.4.yaml "$TMP/s.yaml"
small_run "$TMP/run" || rm -rf "$TMP/run"
"$BUILD/tools/mkcapture" mixed "$TMP/n.pcap" 500 50 >/dev/null
c=$TMP/c.pcap r=$TMP/run s=$TMP/s.yaml

# Every command that prints, with each form that prints otherwise.
commands=(
	"help" "help detect" "help --mdoc detect" "--help" "--version" "version" "score --help"
	"detect $c" "detect --explain $c" "detect --eve - $c"
	"signature list" "signature list --json" "signature show all" "signature check $s"
	"detector list" "detector check ndpi" "detector show ndpi" "detector read ndpi tests/samples/detectors/ndpi-4.2"
	"score $c" "score --format tsv $c" "score --format json $c" "score --format markdown $c" "score -o - $c" "score -n $c"
	"score --claims - $c" "score -n --reach $c" "score --errors --max-fp 0 -n $c"
	"run --dry-run scenarios/paper-matrix.yaml"
	"results baseline list" "replay --generators"
	"corpora list" "labels init $c" "labels init -o - $c"
	"regress --against ehlert-petgang-1.4 --capture $c $s"
	"analyze $c" "analyze --no-fields -f tsv $c" "analyze --no-fields -f json $c" "analyze --no-fields -f html $c"
	"claims $c" "claims -f tsv $c" "claims -f json $c" "claims -f markdown $c"
	"drift --change pad --capture $c ehlert-petgang-1.4" "submit --print -n 2 scenarios/first-light.yaml"
	"coverage -n 100" "coverage -n 100 -f tsv" "late -c 0 $c" "late -f tsv -c 0 $c"
	"partial --packets 1 $c" "partial -f tsv --packets 1 $c" "doctor results" "doctor --json results"
	"completion bash" "completion zsh" "completion fish" "completion words -- de"
	"signature draft --positive $c --negative $TMP/n.pcap"
	"lab graph --site a" "lab graph --dot --site a"
)
[ ! -d "$r" ] || commands+=("results show $r" "results show --format json $r" "results compare $r $r" "results verify $r"
	"score --run $r" "claims $r" "paper --table operations $r" "detect $(find "$r" -name '*.pcap' | head -n 1)")
# A part that lacks a cell: merge prints the command that makes it.
for i in 1 2; do
	part=$TMP/part-$i
	"$SKYPELAB" -q run --shard $i/2 --no-report --filter caller.firewall=open --filter login=manual --filter host-cache=known \
		-o "$part" scenarios/first-light.yaml >/dev/null 2>&1 || continue
	[ "$(find "$part/cells" -mindepth 1 -maxdepth 1 | wc -l)" = 2 ] || break
done
[ ! -d "$r" ] || commands+=("merge $part -o $TMP/merged")
for line in "${commands[@]}"; do
	rc=0
	# shellcheck disable=SC2086
	"$SKYPELAB" $line >/dev/full 2>"$TMP/err" </dev/null || rc=$?
	same $rc 3 "exit code of $line to a full disk"
	same "$(grep -c 'No space left on device' "$TMP/err")" 1 "lines about a full disk of $line: $(cat "$TMP/err")"
	! grep -q 'Input/output error' "$TMP/err" || fail "a second error of $line to a full disk: $(cat "$TMP/err")"
	rc=0
	# shellcheck disable=SC2086
	{ "$SKYPELAB" $line 2>"$TMP/err" </dev/null || rc=$?; echo $rc >"$TMP/rc"; } | head -n 1 >"$TMP/out"
	[ -s "$TMP/out" ] || fail "$line prints nothing: mend it, or take it from this list ($(cat "$TMP/err"))"
	[ "$(cat "$TMP/rc")" -le 1 ] && ! grep -qi 'pipe\|standard output' "$TMP/err" ||
		fail "$line | head: exit $(cat "$TMP/rc"), $(cat "$TMP/err")"
	# shellcheck disable=SC2086
	{ sleep 0.01; "$SKYPELAB" $line 2>"$TMP/err" </dev/null || rc=$?; echo $rc >"$TMP/rc"; } | :
	[ "$(cat "$TMP/rc")" -le 1 ] && ! grep -qi 'pipe\|standard output' "$TMP/err" ||
		fail "$line to nobody: exit $(cat "$TMP/rc"), $(cat "$TMP/err")"
done
# For programs: each of these is JSON, with something in it.
for line in "corpora --json" "detector list --json" "signature list --json" "replay --generators --json" \
	"results baseline list --json" "coverage -n 100 --json" "late --json -c 0 $c" "partial --json --packets 1 $c" \
	"score --json $c" "score --reach --json $c" "drift --change pad --json --capture $c ehlert-petgang-1.4" "claims --json $c" "doctor --json results" \
	"regress --json --against ehlert-petgang-1.4 --capture $c $s" "analyze --no-fields --json $c" "detect --json $c" "run --dry-run --json scenarios/paper-matrix.yaml"; do
	# shellcheck disable=SC2086
	"$SKYPELAB" -q $line 2>"$TMP/err" | jq -es 'length > 0 and all(.[]; length > 0)' >/dev/null || fail "$line: no JSON: $(cat "$TMP/err")"
done
[ ! -d "$r" ] || "$SKYPELAB" results compare --json "$r" "$r" | jq -e '.verdict == "equal" and (.figures | length) > 0' >/dev/null ||
	fail "results compare --json"
[ ! -d "$r" ] || "$SKYPELAB" paper --json --table operations "$r" | jq -e 'length > 0' >/dev/null || fail "paper --json"
rc=0
"$SKYPELAB" score --json --errors "$c" >"$TMP/out" 2>"$TMP/err" || rc=$?
same "$rc $(wc -c <"$TMP/out")" "2 0" "lines for people in a table for programs: $(cat "$TMP/err")"
# Colours: on a terminal, where nobody says no.
coloured() { # [NAME=VALUE]...: whether a table on a terminal has any
	env "$@" python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$SKYPELAB" corpora list 'positives*' 2>/dev/null </dev/null >"$TMP/out"
	grep -q "$(printf '\033\\[1m')" "$TMP/out"
}
coloured TERM=xterm NO_COLOR= || fail "no colours on a terminal: $(head -n 2 "$TMP/out")"
! coloured TERM=xterm NO_COLOR=1 || fail "colours in spite of NO_COLOR"
! coloured TERM=dumb NO_COLOR= || fail "colours on a dumb terminal"

# No command was forgotten.
for name in $("$SKYPELAB" help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
	case $name in capture | watch | blocked | unblock | evade) continue ;; esac # live: tests of their own
	[ $name != merge ] || [ -d "$r" ] || continue
	printf '%s\n' "${commands[@]}" | has "^$name" || fail "no test of $name's standard output"
done

# With standard output closed the first file opened is not taken for it.
"$SKYPELAB" -q detect --eve "$TMP/closed.json" "$c" >&- || fail "detect with standard output closed: exit $?"
rc=0
"$SKYPELAB" detect "$c" >&- 2>"$TMP/err" || rc=$?
[ $rc -gt 1 ] || fail "a table to a closed descriptor: exit $rc"

# Live, the reader goes: the program ends at the next event. A hangup: what was written stays, the table
# ends as it should.
for sig in HUP TERM; do
	mkfifo "$TMP/in"
	"$SKYPELAB" detect -s skypelab-2006 - <"$TMP/in" >"$TMP/table" 2>"$TMP/err" &
	pid=$!
	exec 9>"$TMP/in"
	cat "$c" >&9
	for _ in $(seq 200); do
		[ "$(wc -l <"$TMP/table")" -lt 2 ] || break
		sleep 0.02
	done
	kill -$sig $pid
	exec 9>&-
	wait $pid || fail "detect after SIG$sig: exit $?, $(cat "$TMP/err")"
	grep -q 'events in .* frames; ' "$TMP/table" || fail "after SIG$sig: $(tail -n 2 "$TMP/table")"
	rm "$TMP/in"
done
