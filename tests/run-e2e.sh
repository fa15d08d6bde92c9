#!/bin/bash
# run-e2e.sh BUILD [NAME...]: the end-to-end tests, each a script of its own in tests/e2e.
# A script passes with exit 0, skips with 77 (its last line says why), fails otherwise.
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=$(cd "${1:-build}" && pwd) || exit 2
shift
export BUILD
SKYPELAB="$BUILD/skypelab"
export SKYPELAB
SKYPELAB_CORPORA=${SKYPELAB_CORPORA:-$PWD/corpora}
export SKYPELAB_CORPORA
passed=0 failed=0 skipped=0
tests=("$@")
[ ${#tests[@]} -gt 0 ] || for f in tests/e2e/*.sh; do
	n=$(basename "$f" .sh)
	[ "$n" = lib ] || tests+=("$n")
done
for name in "${tests[@]}"; do
	log=$(mktemp)
	start=$SECONDS
	timeout -k 10 600 bash "tests/e2e/$name.sh" >"$log" 2>&1
	rc=$?
	took=$((SECONDS - start))
	case $rc in
	0) passed=$((passed + 1)); echo "PASS $name (${took}s)" ;;
	77) skipped=$((skipped + 1)); echo "SKIP $name: $(tail -n 1 "$log")" ;;
	*)
		failed=$((failed + 1))
		echo "FAIL $name (exit $rc, ${took}s)"
		sed 's/^/    /' "$log" | tail -n 60
		;;
	esac
	rm -f "$log"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
