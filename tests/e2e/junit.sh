#!/bin/bash
# What lint and the fuzzers write for CI with JUNIT=FOLDER: a suite for each tool with a case for each folder, and a
# case for each fuzzer; what was found stands in the case that it is of, and what could not be run is skipped.
. tests/e2e/lib.sh
need python3 git clang-format

# cases FILE: "SUITE CLASS NAME RESULT" of each
cases() {
	python3 -c 'import sys, xml.etree.ElementTree as x
for s in x.parse(sys.argv[1]).getroot():
	bad = [c for c in s if len(c) and c[0].tag == "failure"]
	assert int(s.get("tests")) == len(s) and int(s.get("failures")) == len(bad), s.attrib
	for c in s: print(s.get("name"), c.get("classname"), c.get("name"), c[0].tag if len(c) else "passed", sep="|")' "$1"
}

# A tree of two folders, one with faults, and tools of which one is not there.
mkdir -p "$TMP/tree/tests" "$TMP/tree/base" "$TMP/tree/cli" "$TMP/tree/man" "$TMP/bin"
cp tests/lint.sh tests/junit.sh "$TMP/tree/tests"
cp .clang-format "$TMP/tree"
printf 'void base(char *to)\n{\n  strcpy(to, "<x>");\n}\n' >"$TMP/tree/base/bad.c"
printf 'int cli(void)\n{\n\treturn 0;\n}\n' >"$TMP/tree/cli/good.c"
printf '.Dd November 30, 2026\n.Dt A 1\n.Os\n.Sh NAME\n.Nm a\n.Nd a page\n' >"$TMP/tree/man/a.1"
git -C "$TMP/tree" init -q
git -C "$TMP/tree" add -A
printf '#!/bin/sh\nexit 0\n' | tee "$TMP/bin/clang-tidy" "$TMP/bin/cppcheck" >"$TMP/bin/shellcheck"
printf '#!/bin/sh\ncase $1 in --version) echo "clang-format version 14.0" ;; *) exec "%s" "$@" ;; esac\n' \
	"$(command -v clang-format)" >"$TMP/bin/clang-format"
chmod 755 "$TMP"/bin/*
rc=0
(cd "$TMP/tree" && PATH=$TMP/bin:$PATH JUNIT=$TMP/junit tests/lint.sh "$TMP/build") >"$TMP/out" 2>&1 || rc=$?
same $rc 1 "exit status of lint: $(cat "$TMP/out")"
cases "$TMP/junit/lint.xml" >"$TMP/cases" || fail "$(cat "$TMP/junit/lint.xml")"
for line in 'lint: clang-format|lint.clang-format|base|failure' 'lint: clang-format|lint.clang-format|cli|passed' \
	'lint: cppcheck|lint.cppcheck|cli|passed' 'lint: clang-tidy|lint.clang-tidy|all|skipped' 'lint: shellcheck|lint.shellcheck|tests|passed' \
	'lint: words|lint.words|base|failure' 'lint: words|lint.words|cli|passed'; do
	grep -qFx "$line" "$TMP/cases" || fail "no case $line: $(cat "$TMP/cases" "$TMP/out")"
done
grep -qF 'strcpy(to, &quot;&lt;x&gt;&quot;)' "$TMP/junit/lint.xml" || fail "what was found is not said: $(cat "$TMP/junit/lint.xml")"

# Fuzzers: one finds nothing, one crashes; without libFuzzer all are skipped.
mkdir -p "$TMP/f/fuzz"
printf '#!/bin/sh\necho "cov: 7"\n' >"$TMP/f/fuzz/well"
printf '#!/bin/sh\necho "ERROR: libFuzzer: deadly signal"\nexit 77\n' >"$TMP/f/fuzz/crash"
printf '#!/bin/sh\nexit 0\n' | tee "$TMP/bin/clang" >"$TMP/bin/make"
chmod 755 "$TMP"/f/fuzz/* "$TMP/bin/clang" "$TMP/bin/make"
rc=0
PATH=$TMP/bin:$PATH JUNIT=$TMP/junit tests/fuzz/run.sh "$TMP/f" 1 well crash >"$TMP/out" 2>&1 || rc=$?
same $rc 1 "exit status of the fuzzers: $(cat "$TMP/out")"
same "$(cases "$TMP/junit/fuzz.xml")" "fuzzers|fuzz|well|passed
fuzzers|fuzz|crash|failure" "cases of fuzzers"
grep -q 'message="ERROR: libFuzzer: deadly signal"' "$TMP/junit/fuzz.xml" || fail "$(cat "$TMP/junit/fuzz.xml")"
printf '#!/bin/sh\nexit 1\n' >"$TMP/bin/clang"
PATH=$TMP/bin:$PATH JUNIT=$TMP/junit tests/fuzz/run.sh "$TMP/f" 1 well crash >"$TMP/out" 2>&1 || fail "no libFuzzer: exit $?"
same "$(cases "$TMP/junit/fuzz.xml" | cut -d '|' -f 4 | sort -u)" skipped "fuzzers without libFuzzer"

