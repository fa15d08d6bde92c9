#!/bin/bash
# The field test of docs/analysis.md, in short: its measure is held against figures worked out by hand, then the
# analysis against traffic whose fields are known. It fails below the limits of tests/fieldtest/targets.tsv.
# long: it runs cells and four real programs
. "$(dirname "$0")/lib.sh"
need python3; need tshark; need dumpcap; need_namespaces
python3 -B tests/fieldtest/selftest.py || fail "the measure is wrong"
mkdir "$TMP/work"
python3 -B tests/fieldtest/fieldtest.py --build "$BUILD" --check --work "$TMP/work" --faults "$TMP/faults.txt" \
	emulated lab random >"$TMP/out.txt" || {
	cat "$TMP/out.txt"
	head -40 "$TMP/faults.txt"
	fail "the analysis finds less, or more that is not so, than it did"
}
grep '^| [12].*, alone\|^| [12].*, in all\|^| [A-Z]* (\|^| statements' "$TMP/out.txt"
# The measure sees what is missing: a page without its marks is refused, a capture that is none is named.
echo nothing >"$TMP/page.md"
! python3 -B tests/fieldtest/fieldtest.py --build "$BUILD" --check --work "$TMP/work" --page "$TMP/page.md" random \
	>/dev/null 2>"$TMP/err.txt" || fail "a page without marks was written"
grep -q 'lacks <!-- fieldtest: begin' "$TMP/err.txt" || fail "no clear line: $(cat "$TMP/err.txt")"
! "$BUILD/tools/fielddump" "$TMP/page.md" 2>"$TMP/err.txt" || fail "a text was taken for a capture"
grep -q 'page.md' "$TMP/err.txt" || fail "the file is not named: $(cat "$TMP/err.txt")"
