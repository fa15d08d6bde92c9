#!/bin/bash
# kills.sh [BUILD [N]]: N kills (default 1000) by SIGKILL, at random moments and at whichever process of
# theirs, of runs (first-light, paper-matrix), labs, captures and replays. After each: no process, no
# namespace, no interface, no socket of a lab, nothing half-made. Not part of `make check`, which has
# tests/e2e/kill.sh and lab-kill.sh. SKYPELAB_TEST_SEED repeats the same moments.
set -euo pipefail
cd "$(dirname "$0")/.."
BUILD=$(cd "${1:-build}" && pwd)
SKYPELAB=$BUILD/skypelab
export BUILD SKYPELAB SKYPELAB_CORPORA="${SKYPELAB_CORPORA:-$PWD/corpora}"
kills=${2:-1000}
. tests/e2e/lib.sh
need_namespaces
need ip unshare "$BUILD/tools/mkskype"
chmod 755 "$TMP"
mkdir -m 777 "$TMP/out"
seed=${SKYPELAB_TEST_SEED:-$(($$ % 32768))}
RANDOM=$seed
echo "seed $seed"
O=$TMP/out LAB=kills-$$
"$BUILD/tools/mkskype" linux-2006 "$TMP/in.pcap" "$TMP/in.tsv" seed=1
chmod a+r "$TMP"/in.*

subject() { # NAME: becomes the program
	case $1 in
	first-light) marked_exec "$SKYPELAB" run -j 2 scenarios/first-light.yaml -o "$O/run" ;;
	paper-matrix) marked_exec "$SKYPELAB" run -j 2 --repeat 1 scenarios/paper-matrix.yaml -o "$O/run" ;;
	lab) marked_exec "$SKYPELAB" lab up -f -n $LAB --site caller,hosts=3,nat=full-cone \
		--site callee,nat=symmetric --internet 1.2.3.0/24 --capture "$O/lab" ;;
	capture) marked_exec "$SKYPELAB" capture -o "$O/run" scenarios/real-program.yaml -- sleep 1 ;;
	replay) # shellcheck disable=SC2016
		marked_exec unshare -Urn sh -c 'ip link set lo up; exec "$@"' sh \
			"$SKYPELAB" replay -i lo "$TMP/in.pcap" ;;
	esac
}
# What a killed program may leave: whole cells of a run that is not finished, and whole captures.
# (A run that found nothing has an empty eve.json.)
nothing_half_made() {
	local half c
	half=$(find "$O" \( -name '.*' -o -name '*.tmp*' -o -size 0 \) -type f ! -name eve.json 2>/dev/null)
	[ -z "$half" ] || fail "$1: half-made: $half"
	[ -d "$O/run" ] && [ ! -e "$O/run/manifest.json" ] || return 0
	for c in "$O"/run/cells/*/; do
		[ ! -d "$c" ] || [ -e "$c/cell.json" ] || fail "$1: $c is not whole"
	done
}
links=$(ls /sys/class/net)
nsfs=$(grep -c nsfs /proc/self/mountinfo || true)
declare -A took=() hit=()
fresh() { rm -rf "${O:?}"/*; mkdir -m 777 "$O/lab"; }
measure() { # NAME: how long it takes here, in ms; a lab and a replay are killed within a second
	local start
	start=$(date +%s%N)
	[[ $1 = lab || $1 = replay ]] || (subject "$1") >"$TMP/log" 2>&1 || fail "$1 itself fails: $(tail -n 3 "$TMP/log")"
	took[$1]=$((($(date +%s%N) - start) / 1000000))
	[[ $1 != lab && $1 != replay ]] || took[$1]=1000
	[ "${took[$1]}" -gt 20 ] || took[$1]=20
}
subjects=(first-light paper-matrix lab capture replay)
for s in "${subjects[@]}"; do fresh; measure "$s"; done

for i in $(seq "$kills"); do
	s=${subjects[$((i % ${#subjects[@]}))]}
	fresh
	{ (subject "$s") >"$TMP/log" 2>&1 & } 2>/dev/null
	job=$!
	ms=$((RANDOM * took[$s] / 32768))
	[ "$ms" -le 4000 ] || ms=$((ms % 4000))
	sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	mapfile -t pids < <(marked)
	[ ${#pids[@]} -eq 0 ] || kill -9 "${pids[$((RANDOM % ${#pids[@]}))]}" 2>/dev/null || true
	[ ${#pids[@]} -eq 0 ] || hit[$s]=$((${hit[$s]:-0} + 1))
	# A worker that was killed makes its run fail or go on; that one is killed as well.
	sleep 0.02
	kill -9 $job 2>/dev/null || true
	{ wait $job || true; } 2>/dev/null
	where="kill $i, $s after $ms ms"
	nothing_left "$where"
	same "$(ls /sys/class/net)" "$links" "$where: interfaces"
	same "$(grep -c nsfs /proc/self/mountinfo || true)" "$nsfs" "$where: mounted namespaces"
	for _ in $(seq 40); do grep -q "skypelab.*/$LAB\$" /proc/net/unix || break; sleep 0.05; done
	! grep "skypelab.*/$LAB\$" /proc/net/unix || fail "$where: the lab's socket is left"
	nothing_half_made "$where"
done
for s in "${subjects[@]}"; do echo "$s: ${hit[$s]:-0} kills that met a process"; done
# The name that a killed lab leaves is taken, and goes with the lab that takes it.
marked_run "$SKYPELAB" lab up -n $LAB --site a || fail "lab up after kills: exit $?"
marked_run "$SKYPELAB" lab down -n $LAB || fail "lab down after kills: exit $?"
[ -z "$(ls -d /tmp/skypelab-*/$LAB /run/skypelab/$LAB /run/user/*/skypelab/$LAB 2>/dev/null)" ] || fail "the lab's name is left"
