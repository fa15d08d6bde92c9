#!/bin/bash
# run.sh BUILD SECONDS NAME...: builds each harness with clang, libFuzzer and sanitizers and runs it
# for that long on its seeds and whatever it finds (kept under BUILD). Ends with a failure when one
# crashes, hangs or grows past its memory; says executions and coverage of each. JUNIT=FOLDER: also as JUnit's
# XML, FOLDER/fuzz.xml.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/junit.sh
build=$1 seconds=$2
shift 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
if ! echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n){return d && n > 9 ? 0 : 0;}' |
	clang -x c -fsanitize=fuzzer -o /dev/null - 2>/dev/null; then
	echo "SKIP fuzz: clang has no libFuzzer here (package libclang-rt-dev)" | tee "$tmp/why"
	for name in "$@"; do junit_case fuzz "$name" "" skipped "$tmp/why"; done >"$tmp/cases"
	[ -z "${JUNIT:-}" ] || junit_suite fuzzers "$tmp/cases" | junit_write fuzz.xml
	exit 0
fi
[ $# -gt 0 ] || { echo "SKIP fuzz: no harness"; exit 0; }
make --no-print-directory -s BUILD="$build" fuzzers || exit 1
# harnesses in a build folder elsewhere do not find the signatures beside them
SKYPELAB_DATA=${SKYPELAB_DATA:-$PWD}
export SKYPELAB_DATA
# A short run is a test: it tries the same inputs each time, as far as it comes.
seed=()
[ "$seconds" -ge 30 ] || seed=(-seed=20060725)
# one NAME: its last line says how it went
one() {
	local name=$1 corpus=$build/corpus/$1 log=$build/$1.log seeds=() began=$SECONDS
	mkdir -p "$corpus" "$build/crashes"
	[ -d "tests/fuzz/seeds/$name" ] && seeds=("tests/fuzz/seeds/$name")
	if "$build/fuzz/$name" "${seed[@]}" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 -artifact_prefix="$build/crashes/$name-" \
		"$corpus" "${seeds[@]}" >"$log" 2>&1; then
		echo "PASS fuzz $name: $(sed -n 's/stat::number_of_executed_units: *//p' "$log") executions," \
			"$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)"
		junit_case fuzz "$name" $((SECONDS - began)) >"$tmp/$name.case"
	else
		echo "FAIL fuzz $name"
		junit_case fuzz "$name" $((SECONDS - began)) failure "$log" >"$tmp/$name.case"
		tail -n 40 "$log"
		return 1
	fi
}
bad=0
for name in "$@"; do
	while [ "$(jobs -pr | wc -l)" -ge "$(nproc)" ]; do wait -n || bad=1; done
	one "$name" &
done
for ((i = 0; i < $#; i++)); do
	wait -n
	case $? in 0 | 127) ;; *) bad=1 ;; esac
done
[ -z "${JUNIT:-}" ] || {
	for name in "$@"; do cat "$tmp/$name.case"; done >"$tmp/cases"
	junit_suite fuzzers "$tmp/cases" | junit_write fuzz.xml
}
exit $bad
