#!/bin/bash
# run-unit.sh BUILD [NAME...]: the unit tests (tests/unit/main.c); with JUNIT=DIRECTORY also as JUnit's XML in a file
# there, named after the build.
set -u
build=${1:?run-unit.sh BUILD [NAME...]}
shift
[ -n "${JUNIT:-}" ] || exec "$build/tests/unit" "$@"
UNIT_TAP=$(mktemp -d) || exit 2
export UNIT_TAP
trap 'rm -rf "$UNIT_TAP"' EXIT
rc=0
"$build/tests/unit" "$@" || rc=$?
mkdir -p "$JUNIT" || exit 2
# A line of a case is "ok 1 - FILE:SUITE:CASE: Passed", of a failed one "not ok 1 - FILE:SUITE:CASE: WHY".
cat "$UNIT_TAP"/*.tap 2>/dev/null | awk -v suite="unit tests of $build" '
function x(s) {
	gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s); gsub(/"/, "\\&quot;", s)
	gsub(/[\001-\010\013-\037]/, "?", s)
	return s
}
/^(not )?ok [0-9]/ {
	bad = /^not/; sub(/^(not )?ok [0-9]+ - /, ""); split($0, part, ":"); n++; failed += bad
	why = $0; sub(/^[^:]*:[^:]*:[^:]*: */, "", why)
	cases = cases sprintf("<testcase classname=\"%s\" name=\"%s\"", x(part[2]), x(part[3])) \
		(bad ? sprintf("><failure message=\"%s\"/></testcase>\n", x(part[1] ": " why)) : "/>\n")
}
END {
	printf "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"%s\" tests=\"%d\" failures=\"%d\">\n%s</testsuite>\n</testsuites>\n",
		x(suite), n, failed, cases
}' >"$JUNIT/unit-$(basename "$build").xml"
exit $rc
