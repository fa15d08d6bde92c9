#!/bin/bash
# The manual pages agree with the option tables of the commands: NAME, SYNOPSIS and the list of
# options of every page are what `skypelab help --mdoc COMMAND` prints. Needs no privilege.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

names=$("$SKYPELAB" help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p')
[ "$(wc -w <<<"$names")" -ge 11 ] || fail "commands listed: $names"
for name in $names; do
	"$SKYPELAB" help --mdoc "$name" >"$TMP/table" || fail "help --mdoc $name"
	about=$(sed -n 's/^\.Nd //p' "$TMP/table")
	grep -A1 "^\.It Cm $name$" man/skypelab.1 | has -xF "$about" ||
		fail "man/skypelab.1 does not say of $name: $about"
	[ "$name" != version ] || continue # it has no options; skypelab(1) says all of it
	page=man/skypelab-$name.1
	[ -e "$page" ] || fail "$page is missing"
	diff <(sed '/^\.Sh DESCRIPTION/q' "$TMP/table") \
		<(sed -n '/^\.Sh NAME/,/^\.Sh DESCRIPTION/p' "$page") >"$TMP/diff" ||
		fail "$page: head and table of $name differ (< table, > page): $(cat "$TMP/diff")"
	diff <(grep '^\.It' "$TMP/table" | sort) <(grep '^\.It Fl' "$page" | sort) >"$TMP/diff" ||
		fail "$page: options and table of $name differ (< table, > page): $(cat "$TMP/diff")"
	# help is for people: a line for every option, on standard output
	"$SKYPELAB" "$name" --help >"$TMP/help" || fail "$name --help: exit $?"
	while read -r option; do
		grep -q -- "--$option\b" "$TMP/help" || fail "$name --help does not name --$option"
	done < <(sed -n 's/^\.It.*Fl -\([a-z-]*\).*/\1/p' "$TMP/table")
done
# a page for every command, and no other
for page in man/skypelab-*.1; do
	name=${page#man/skypelab-}
	grep -qxF "${name%.1}" <<<"$names" || fail "$page describes no command"
done
need mandoc
for page in man/*.[1-8]; do
	mandoc -Tlint -W warning "$page" >"$TMP/lint" 2>/dev/null || fail "$(cat "$TMP/lint")"
done
