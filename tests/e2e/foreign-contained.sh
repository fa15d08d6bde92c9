#!/bin/bash
# A foreign detector that does what it must not is stopped, named and "failed", as root and as an
# ordinary user; it reaches nothing outside; and one that behaves is read.
. "$(dirname "$0")/lib.sh"
need_namespaces
need "$BUILD/tools/mkskype" python3

mkdir -p "$TMP/run/cells" "$TMP/programs"
"$BUILD/tools/mkskype" linux-2006 "$TMP/run/cells/vantage.pcap" "$TMP/run/cells/truth.tsv" seed=1
echo "the truth" >>"$TMP/run/cells/truth.tsv"
CAPTURE=$TMP/run/cells/vantage.pcap
chmod -R a+rX "$TMP"

# Detectors have none of our environment: what is left of one is known by how long it sleeps.
PAUSE=1000.$$
sleeping() { grep -lsxzF "$PAUSE" /proc/[0-9]*/cmdline >/dev/null; }
none_sleeps() {
	local i
	for ((i = 0; i < 100; i++)); do
		sleeping || return 0
		sleep 0.05
	done
	fail "what a detector started is left"
}

# detector NAME: a definition, and a program whose text is standard input. $out is where it
# writes, $capture what it reads, $pause how long it may sleep, $head a good first line, $good a good one.
detector() {
	{
		echo '#!/bin/bash'
		echo 'capture=$1 out=$2 head=src,sport,dst,dport,proto,from,name'
		echo "pause=$PAUSE"
		echo 'good=192.168.1.2,40000,192.0.2.7,443,6,1156534332.5,Skype'
		cat
	} >"$TMP/programs/$1.sh"
	chmod 755 "$TMP/programs/$1.sh"
	cat >"$TMP/programs/$1.yaml" <<-YAML
		name: $1
		title: made for this test
		source: tests/e2e/foreign-contained.sh
		version: [./$1.sh, --version]
		command: [./$1.sh, "{capture}", "{out}"]
		claims: flow
		limits: {seconds: 20, memory: 128, output: 8, files: 40, processes: 20, records: 100}
		outputs:
		  - file: flows.csv
		    format: csv
		    time: seconds
		    columns:
		      src-ip: [src]
		      src-port: [sport]
		      dst-ip: [dst]
		      dst-port: [dport]
		      protocol: [proto]
		      start: [from]
		      verdict: [name]
		verdicts:
		  - match: ["Skype*"]
		    application: skype
	YAML
	chmod a+r "$TMP/programs/$1.yaml"
}

detector good <<'PROGRAM'
[ "$1" != --version ] || { echo "good version 1.2.3"; exit; }
[ -s "$capture" ] || exit 9
printf '%s\n' "$head" "$good" >"$out/flows.csv"
PROGRAM
detector forks <<'PROGRAM'
bomb() { bomb | bomb & }
bomb
sleep "$pause"
PROGRAM
detector connects <<'PROGRAM'
printf '%s\n' "$head" "$good" >"$out/flows.csv"
exec 3<>/dev/tcp/198.51.100.1/80
PROGRAM
detector fills <<'PROGRAM'
for i in 1 2 3 4 5; do head -c 3000000 /dev/zero >"$out/$i" || exit 0; done
PROGRAM
detector one-file <<'PROGRAM'
cat /dev/zero >"$out/flows.csv"
PROGRAM
detector many-files <<'PROGRAM'
for i in {1..100}; do : >"$out/$i" || exit 0; done
PROGRAM
detector holes <<'PROGRAM'
for i in 1 2 3; do truncate -s 7M "$out/$i"; done
PROGRAM
detector truth <<PROGRAM
cat "$TMP/run/cells/truth.tsv" >"\$out/flows.csv" || { ls -R "$TMP/run" >&2; exit 4; }
PROGRAM
detector endless <<'PROGRAM'
printf '%s\n' "$head" "$good" >"$out/flows.csv"
sleep "$pause"
PROGRAM
sed -i 's/seconds: 20/seconds: 1/' "$TMP/programs/endless.yaml"
detector waits <<'PROGRAM'
sleep "$pause"
PROGRAM
detector spins <<'PROGRAM'
trap '' XCPU
for i in 1 2 3 4 5 6; do (trap '' XCPU; while :; do :; done) & done
wait
PROGRAM
sed -i 's/seconds: 20/seconds: 1/' "$TMP/programs/spins.yaml"
detector memory <<'PROGRAM'
for i in 1 2 3; do python3 -c 'import time; x = bytearray(70 << 20); time.sleep(30)' & done
wait
PROGRAM
detector garbage <<'PROGRAM'
head -c 100000 /dev/urandom >"$out/flows.csv"
PROGRAM
detector half-a-line <<'PROGRAM'
printf '%s\n%s' "$head" "${good%,*,*}" >"$out/flows.csv"
PROGRAM
detector million <<'PROGRAM'
{ echo "$head"; yes 1.2.3.4,5,6.7.8.9,10,6,1,X | head -n 1000000; } >"$out/flows.csv"
PROGRAM
sed -i 's/output: 8/output: 64/' "$TMP/programs/million.yaml"
detector columns <<'PROGRAM'
printf '%s\n' "${head/dport/dest_port}" "$good" >"$out/flows.csv"
PROGRAM
detector time <<'PROGRAM'
printf '%s\n' "$head" "${good/1156534332.5/25 Aug 2006}" >"$out/flows.csv"
PROGRAM
detector nothing <<'PROGRAM'
exit 0
PROGRAM
detector empty <<'PROGRAM'
: >"$out/flows.csv"
PROGRAM
detector says-why <<'PROGRAM'
printf '%s\n' "$head" "$good" >"$out/flows.csv"
printf 'loading\nno rules in \e[31m/etc/rules\n\n' >&2
exit 7
PROGRAM
detector dies <<'PROGRAM'
printf '%s\n' "$head" "$good" >"$out/flows.csv"
kill -SEGV $$
PROGRAM
detector link <<'PROGRAM'
ln -s /etc/passwd "$out/flows.csv"
PROGRAM
detector pipe <<'PROGRAM'
mkfifo "$out/flows.csv"
PROGRAM
detector leaves <<'PROGRAM'
printf '%s\n' "$head" "$good" >"$out/flows.csv"
setsid sleep "$pause" &
PROGRAM
detector elsewhere <<PROGRAM
printf '%s\n' "\$head" "\$good" >"\$out/flows.csv"
for f in /etc/x /usr/x /x /in/x "\$capture" "$TMP/x" "$TMP/run/cells/x" "$TMP/programs/elsewhere.sh" /proc/sys/kernel/panic; do
	! (echo x >>"\$f") 2>/dev/null || { echo "could write \$f" >&2; [ "\$f" = "$TMP/x" ] || exit 5; }
done
PROGRAM
detector capable <<'PROGRAM'
refused() { if "$@" 2>/dev/null; then echo "allowed: $*" >&2; exit 6; fi; }
printf '%s\n' "$head" "$good" >"$out/flows.csv"
refused unshare -U true
refused unshare -Ur true
refused mount -t tmpfs none /tmp
kill -KILL 1 2>/dev/null || true # no effect: else nobody would say how this one ended
refused cat /etc/shadow
refused chown 1:1 "$out/flows.csv"
refused ip link set lo up
refused python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'
refused ls /root /home /var /run /sys
refused cat /proc/1/environ
[ "$(ls -d /proc/[0-9]* | wc -l)" -lt 8 ] || { echo "sees processes" >&2; exit 6; }
[ "$(sed -n 's/^CapBnd:\s*//p' /proc/self/status)" = 0000000000000000 ] || exit 8
PROGRAM
sed 's|\./good.sh|no-such-program|' "$TMP/programs/good.yaml" >"$TMP/programs/missing.yaml"
sed 's|\./good.sh|./good.yaml|' "$TMP/programs/good.yaml" >"$TMP/programs/no-program.yaml"
chmod -R a+rX "$TMP"

# All of them, one after another, by ${WHO[@]}.
tries() {
	local said status i
	one() { # NAME STATUS PATTERN: what it is to say on standard error
		status=0
		said=$("${WHO[@]}" "$SKYPELAB" detector try "$TMP/programs/$1.yaml" "$CAPTURE" 2>"$TMP/err" </dev/null) || status=$?
		[ "$status" = "$2" ] && grep -qE "$3" "$TMP/err" ||
			fail "$1 (${WHO[*]}): exit $status, expected $2 and «$3»; it said: $(cat "$TMP/err")"
		if [ "$2" != 0 ]; then same "$said" "" "$1: detections of a detector that failed"; fi
	}
	one good 0 'good 1.2.3: .*'
	[[ "$said" = *skype*192.168.1.2:40000* ]] || fail "good: it printed «$said»"
	one forks 1 '^failed: more than 20 processes'
	one connects 1 'tried 1 times to reach a network'
	grep -q '^failed: exit status 1: .*Network is unreachable' "$TMP/err" || fail "connects: $(cat "$TMP/err")"
	one fills 1 '^failed: more than 8 MiB of output'
	one one-file 1 '^failed: more than 8 MiB of output'
	one many-files 1 '^failed: more than 40 files of output'
	one holes 1 '^failed: more than 8 MiB of output'
	one truth 1 "^failed: exit status 4: .*No such file"
	one endless 1 '^failed: did not end within 1 s'
	one spins 1 '^failed: (more than 2 s of processor time|did not end within 1 s)'
	one memory 1 '^failed: more than 128 MiB of memory'
	one garbage 1 '^failed: .*flows.csv'
	one half-a-line 1 '^failed: .*flows.csv:2'
	one million 1 '^failed: .*100'
	one columns 1 '^failed: .*dport'
	one time 1 '^failed: .*flows.csv:2.*25 Aug 2006'
	one nothing 1 '^failed: .*flows.csv'
	one empty 1 '^failed: .*flows.csv'
	one says-why 1 '^failed: exit status 7: no rules in .*31m/etc/rules$'
	! grep -q $'\e' "$TMP/err" || fail "control characters reach the terminal"
	one dies 1 '^failed: killed by signal 11'
	one link 1 '^failed: .*flows.csv'
	one pipe 1 '^failed: .*flows.csv'
	one leaves 0 leaves
	one elsewhere 0 elsewhere
	one capable 0 capable
	one missing 1 '^failed: no-such-program cannot be run.*there is no such program here'
	one no-program 1 '^failed: .*cannot be run'
	nothing_left "detectors (${WHO[*]})"
	none_sleeps
	"${EXEC[@]}" "$SKYPELAB" detector try "$TMP/programs/waits.yaml" "$CAPTURE" 2>/dev/null &
	for ((i = 0; i < 200; i++)); do
		! sleeping || break
		sleep 0.05
	done
	[ "$i" -lt 200 ] || fail "waits: it did not start"
	kill -KILL $!
	wait $! 2>/dev/null || true
	nothing_left "kill -9 (${WHO[*]})"
	none_sleeps
	[ ! -e "$TMP/x" ] && [ ! -e "$TMP/run/cells/x" ] || fail "a detector wrote outside"
}
WHO=(marked_run) EXEC=(marked_exec)
tries
if [ "$(id -u)" = 0 ]; then
	WHO=(env SKYPELAB_TEST_MARK="$MARK") EXEC=("${WHO[@]}")
	tries
fi

# In a run they leave the others as they are: rows of ours and of the good one are the same with and
# without them, and each of them failed.
WHO=(marked_run)
mkdir -m 777 "$TMP/runs"
cell() { # NAME STATUS DETECTOR...: a run of one cell
	local name=$1 expected=$2 d status=0 chosen=()
	shift 2
	for d in "$@"; do chosen+=(-D "$TMP/programs/$d.yaml"); done
	"${WHO[@]}" "$SKYPELAB" -q run --no-report -o "$TMP/runs/$name" scenarios/first-light.yaml "${chosen[@]}" \
		--filter caller.firewall=open --filter caller.nat=public >/dev/null 2>"$TMP/err" || status=$?
	same "$status" "$expected" "run with $*: $(cat "$TMP/err")"
	nothing_left "run with $*"
}
cell alone 0 good
cell beside 1 forks good garbage fills elsewhere
for f in accuracy.tsv clusters.tsv; do
	grep -v elsewhere "$TMP/runs/beside/$f" >"$TMP/others"
	cmp -s "$TMP/others" "$TMP/runs/alone/$f" || fail "$f: $(diff "$TMP/others" "$TMP/runs/alone/$f" | head -n 5)"
done
same "$(tsv '{ print $c["signature"], $c["status"] }' "$TMP/runs/beside/detectors.tsv" | sort -u)" \
	"elsewhere ok
fills failed
forks failed
garbage failed
good ok" "detectors.tsv"
for f in "$TMP"/runs/beside/cells/*/truth.*.tsv; do
	cmp <(cut -f 1-7 "$f") <(cut -f 1-7 "${f/beside/alone}") || fail "$f is not what it was"
done
