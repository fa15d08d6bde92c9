# shellcheck shell=bash
# junit.sh: what the runners of tests write as JUnit's XML, to be sourced. JUNIT=FOLDER names the folder; without it
# nothing is written.

junit_text() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g' | tr '\001-\010\013-\037' '?'; }

# junit_case CLASS NAME SECONDS [failure|skipped LOG]: a case, on standard output; SECONDS "": nobody knows. The last line of
# the file LOG is the message.
junit_case() {
	printf '<testcase classname="%s" name="%s"%s>' "$(junit_text <<<"$1")" "$(junit_text <<<"$2")" "${3:+ time=\"$3\"}"
	[ $# -lt 4 ] || printf '<%s message="%s">%s</%s>' "$4" "$(tail -n 1 "$5" | junit_text)" "$(tail -n 60 "$5" | junit_text)" "$4"
	printf '</testcase>\n'
}

# junit_suite NAME CASES: the cases of that file as a suite, on standard output
junit_suite() {
	printf '<testsuite name="%s" tests="%d" failures="%d" skipped="%d">\n' "$(junit_text <<<"$1")" \
		"$(grep -c '^<testcase' "$2")" "$(grep -c '^<testcase.*><failure' "$2")" "$(grep -c '^<testcase.*><skipped' "$2")"
	cat "$2"
	echo '</testsuite>'
}

# junit_write FILE: the suites of standard input as JUNIT/FILE
junit_write() {
	mkdir -p "$JUNIT" || return
	{
		echo '<?xml version="1.0" encoding="UTF-8"?>'
		echo '<testsuites>'
		cat
		echo '</testsuites>'
	} >"$JUNIT/$1"
}
