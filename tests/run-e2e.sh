#!/bin/bash
# run-e2e.sh [-j N] BUILD [NAME...]: the end-to-end tests, each a script of its own in tests/e2e, N at a
# time (default: one more than there are processors, since most of them wait for something).
#
# A script passes with exit 0, skips with 77 (its last line says why and what to do), fails otherwise.
# Lines in a script that are read here:
#	# alone: WHY	it measures real time: runs after all others, with none beside it
#	# long: WHY	it takes longest: begins first
# JUNIT=FOLDER: also as JUnit's XML, FOLDER/e2e.xml.
# THOROUGH=1 repeats more: all seeds, copies and kills of each kind (rounds in lib.sh).
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/junit.sh
jobs=$(($(nproc) + 1))
if [ "${1:-}" = -j ]; then
	jobs=$2
	shift 2
fi
BUILD=$(cd "${1:-build}" && pwd) || exit 2
shift
E2E_SHARED=$(mktemp -d) || exit 2 # what tests share: see made_corpora in lib.sh
export E2E_SHARED
chmod 755 "$E2E_SHARED"
trap 'rm -rf "$E2E_SHARED"' EXIT
SKYPELAB_CORPORA=${SKYPELAB_CORPORA:-$PWD/corpora}
export SKYPELAB_CORPORA
# Root's tests run skypelab as an ordinary user too. Where that one may not look (a clone below /root),
# the tests run in a copy of the sources and of what was built.
if [ "$(id -u)" = 0 ] && ! setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$BUILD/skypelab" -a -r Makefile; then
	mkdir -p "$E2E_SHARED/tree/build"
	tar -cf - --exclude=./.git --exclude=./corpora --exclude="./$(realpath --relative-to=. "$BUILD")" . |
		tar -xf - -C "$E2E_SHARED/tree" || exit 2
	cp -r "$BUILD"/{skypelab,tools,obj} "$E2E_SHARED/tree/build/" || exit 2
	chmod -R a+rX "$E2E_SHARED/tree"
	cd "$E2E_SHARED/tree" || exit 2
	BUILD=$PWD/build
fi
export BUILD
SKYPELAB="$BUILD/skypelab"
export SKYPELAB
[ -z "${JUNIT:-}" ] || { mkdir -p "$JUNIT" && JUNIT=$(cd "$JUNIT" && pwd); } || exit 2
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM
passed=0 failed=0 skipped=0
declare -A running=()
tests=("$@")
[ ${#tests[@]} -gt 0 ] || for f in tests/e2e/*.sh; do
	n=$(basename "$f" .sh)
	[ "$n" = lib ] || tests+=("$n")
done
first=() then=() alone=()
for name in "${tests[@]}"; do
	if grep -q '^# alone: ' "tests/e2e/$name.sh" 2>/dev/null; then alone+=("$name")
	elif grep -q '^# long: ' "tests/e2e/$name.sh" 2>/dev/null; then first+=("$name")
	else then+=("$name"); fi
done

run() { # NAME: in the background
	(
		TIMEFORMAT='%0R %0U %0S'
		{ time timeout -k 10 600 bash "tests/e2e/$1.sh" >"$E2E_SHARED/$1.log" 2>&1 </dev/null; } 2>"$E2E_SHARED/$1.took"
	) &
	running[$!]=$1
}
reap() { # waits for one and says how it went
	local pid rc name took
	wait -n -p pid "${!running[@]}"
	rc=$?
	name=${running[$pid]}
	unset "running[$pid]"
	took=$(awk '{ printf "%ds, %ds of processor", $1, $2 + $3 }' "$E2E_SHARED/$name.took")
	case $rc in
	0) junit_case e2e "$name" "${took%%s,*}" ;;
	77) junit_case e2e "$name" "${took%%s,*}" skipped "$E2E_SHARED/$name.log" ;;
	*) junit_case e2e "$name" "${took%%s,*}" failure "$E2E_SHARED/$name.log" ;;
	esac >>"$E2E_SHARED/cases"
	case $rc in
	0) passed=$((passed + 1)); echo "PASS $name ($took)" ;;
	77) skipped=$((skipped + 1)); echo "SKIP $name: $(tail -n 1 "$E2E_SHARED/$name.log")" ;;
	*)
		failed=$((failed + 1))
		echo "FAIL $name (exit $rc, $took)"
		sed 's/^/    /' "$E2E_SHARED/$name.log" | tail -n 60
		;;
	esac
}
for name in ${first[@]+"${first[@]}"} ${then[@]+"${then[@]}"}; do
	[ ${#running[@]} -lt "$jobs" ] || reap
	run "$name"
done
while [ ${#running[@]} -gt 0 ]; do reap; done
for name in ${alone[@]+"${alone[@]}"}; do
	run "$name"
	reap
done
[ -z "${JUNIT:-}" ] || junit_suite "end-to-end tests" "$E2E_SHARED/cases" | junit_write e2e.xml
echo "end-to-end tests: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
