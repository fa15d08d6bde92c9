#!/bin/bash
# kill -9 at random moments of a lab's set-up and life, at whichever of its processes, and a fault at
# every single step of the set-up: nothing is left, and a fault is reported.
# long: many kills and every step
. "$(dirname "$0")/lib.sh"
need_namespaces
need ip
chmod 755 "$TMP"
LAB=kill-$$
links=$(ip -br link)
up() { marked_run "$SKYPELAB" lab up -f -n "$LAB" --site caller,hosts=4,nat=full-cone \
	--site callee,nat=symmetric,delay=5 --internet 1.2.3.0/24 --capture "$TMP/cap"; }
clean() {
	nothing_left "$1"
	same "$(ip -br link)" "$links" "$1: links of the host"
	for _ in $(seq 40); do grep -q "skypelab.*/$LAB\$" /proc/net/unix || break; sleep 0.05; done
	grep "skypelab.*/$LAB\$" /proc/net/unix && fail "$1: the lab's socket is left"
	# Its name may be left as a file; then it is no lab, and the next `lab up` takes it.
	marked_run "$SKYPELAB" lab status -n "$LAB" >/dev/null 2>&1 && fail "$1: the lab is up"
	[ -z "$(find "$TMP/cap" -type f)" ] || fail "$1: files left: $(ls -a "$TMP/cap")"
}
mkdir -m 777 "$TMP/cap"

# How long a set-up takes here: the first moment is drawn from twice that.
start=$(date +%s%N)
up >"$TMP/out" 2>&1 &
for _ in $(seq 200); do grep -q 'is up' "$TMP/out" && break; sleep 0.01; done
took=$((($(date +%s%N) - start) / 1000))
grep -q 'is up' "$TMP/out" || fail "no lab: $(cat "$TMP/out")"
[ "$(marked | wc -l)" -ge 3 ] || fail "the search for leftovers finds nothing even while a lab is up"
marked_run "$SKYPELAB" lab exec -n "$LAB" caller-h1 -- sleep 1000 &
sleep 0.2
kill -9 "$(marked | head -n 1)"
wait
rm -f "$TMP"/cap/*
clean "kill -9 with a program inside"

RANDOM=${SKYPELAB_TEST_SEED:-$(($$ % 32768))}
echo "seed $RANDOM, the first set-up took $took us"
early=0
kills=$(rounds 8 20)
for i in $(seq "$kills"); do
	up >"$TMP/out" 2>&1 &
	job=$!
	usec=$((RANDOM * 2 * took / 32768 + 1000))
	sleep "$(printf '%d.%06d' $((usec / 1000000)) $((usec % 1000000)))"
	pids=()
	while [ ${#pids[@]} -eq 0 ] && kill -0 $job 2>/dev/null; do mapfile -t pids < <(marked); done
	# The next moment is drawn from half the time or twice it, so that some hit the set-up on any machine.
	if grep -q 'is up' "$TMP/out"; then
		took=$((took / 2 + 1000))
	else
		early=$((early + 1)) took=$((took * 2))
	fi
	if [ ${#pids[@]} -gt 0 ]; then
		victim=${pids[$((RANDOM % ${#pids[@]}))]}
		kill -9 "$victim" 2>/dev/null || true
	fi
	wait
	clean "kill -9 number $i after $usec us"
done
echo "$kills kills, $early of them during set-up"
[ "$early" -gt 0 ] || fail "no kill hit the set-up"

# A fault at step n, until a lab comes up without meeting it.
n=1
while :; do
	rc=0
	marked_run env SKYPELAB_FAULT_STEP=$n "$SKYPELAB" lab up -n "$LAB" --site caller,hosts=2 \
		--site callee,nat=full-cone,delay=5 --internet 1.2.3.4 --capture "$TMP/cap" \
		>"$TMP/out" 2>&1 || rc=$?
	[ $rc -eq 0 ] && break
	same $rc 3 "exit code of a fault at step $n"
	same "$(wc -l <"$TMP/out")" 1 "lines of the error at step $n"
	grep -q "fault injected at step $n: " "$TMP/out" || fail "step $n: $(cat "$TMP/out")"
	clean "fault at step $n"
	n=$((n + 1))
	[ $n -lt 200 ] || fail "still meeting faults at step $n"
done
echo "$((n - 1)) steps fail cleanly"
[ $n -gt 20 ] || fail "only $((n - 1)) steps can fail"
marked_run "$SKYPELAB" lab down -n "$LAB"
rm -f "$TMP"/cap/*
clean "after lab down"
