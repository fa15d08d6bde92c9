#!/bin/bash
# lint.sh [BUILD]: the sources as a reader and two analysers see them. Tools that are not installed are
# named and passed over; `make lint` then still fails if any other finds something.
#
# The analysers are slow (minutes of one core over everything). What they found nothing in is kept in
# BUILD/lint, by the digest of a file, of all it includes and of the options: only what changed is
# looked at again. JUNIT=FOLDER: also as JUnit's XML, FOLDER/lint.xml: a suite for each tool, a case for each folder.
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/junit.sh
kept=${1:-build}/lint
mkdir -p "$kept"
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
bad=0
sources=$(git ls-files '*.c' '*.h')
product=$(git ls-files '*.c' | grep -v '^tests/')
have() { # TOOL [MAJOR-VERSION]
	command -v "$1" >/dev/null 2>&1 || { echo "lint: $1 is not installed, passed over; make deps installs it"; return 1; }
	[ $# = 1 ] || "$1" --version | grep -q "version $2\." || { echo "lint: $1 is not version $2 (Debian 12), passed over"; return 1; }
}
# look TOOL VERSION FUNCTION <FILES: says what FUNCTION says of the files, which stand in $tmp/files, and notes it by the folder of
# whose files it speaks. VERSION "": any; TOOL "": it needs none.
look() {
	local name=${1:-words} group at=0
	cat >"$tmp/files"
	if [ -n "$1" ] && ! have "$1" ${2:+"$2"} >"$tmp/said"; then
		cat "$tmp/said"
		junit_case "lint.$name" all "" skipped "$tmp/said" >"$tmp/cases"
	else
		"$3" >"$tmp/said" 2>&1 || at=1
		cat "$tmp/said"
		bad=$((bad | at))
		cut -s -d/ -f1 "$tmp/files" | sort -u | while read -r group; do
			if [ $at = 1 ] && grep -E "(^|[ /:])$group/" "$tmp/said" >"$tmp/here"; then
				junit_case "lint.$name" "$group" "" failure "$tmp/here"
			else
				junit_case "lint.$name" "$group" ""
			fi
		done >"$tmp/cases"
		# What it finds may name no file.
		[ $at = 0 ] || grep -q '><failure' "$tmp/cases" || junit_case "lint.$name" "no file" "" failure "$tmp/said" >>"$tmp/cases"
	fi
	junit_suite "lint: $name" "$tmp/cases" >>"$tmp/suites"
}

# "DIGEST FILE" of each source of the product: of the file and of the project's headers it includes, as
# the headers' own includes say.
digests() {
	# shellcheck disable=SC2086
	git ls-files -z '*.c' '*.h' | xargs -0 sha256sum >"$tmp/sums"
	# shellcheck disable=SC2086
	grep -HoE '^ *# *include *"[^"]*"' $sources | sed 's/:.*"\(.*\)"/ \1/' >"$tmp/includes"
	rm -rf "$tmp/of"
	mkdir "$tmp/of"
	awk -v to="$tmp/of/" '
	FILENAME == ARGV[1] { sum[$2] = $1; next }
	FILENAME == ARGV[2] { inc[$1] = inc[$1] " " $2; next }
	FILENAME == ARGV[3] { options = options $0 "\n"; next }
	{
		split("", seen); n = 1; todo[1] = $1; seen[$1] = 1; all = ""
		while (n) {
			f = todo[n--]; all = all sum[f] " "
			k = split(inc[f], i, " ")
			for (j = 1; j <= k; j++) if (!(i[j] in seen)) { seen[i[j]] = 1; todo[++n] = i[j] }
		}
		name = $1; gsub("/", "%", name)
		print all options >(to name)
		close(to name)
	}' "$tmp/sums" "$tmp/includes" "$tmp/options" -
	(cd "$tmp/of" && sha256sum -- *) | awk '{ gsub("%", "/", $2); print substr($1, 1, 40), $2 }'
}
# Files whose macros an analyser may be told to take more gently: which use uthash.
uthash='uthash\.h|HASH_(ADD|DEL|FIND|ITER|CLEAR)'
# analyse TOOL FUNCTION: FUNCTION FILE... for all files that TOOL has not passed as they are now, in parallel. To
# start an analyser costs more than to read most files, so that each gets many, of one kind; where it finds
# something in these, each is looked at by itself.
analyse() {
	local digest file kind left=0
	declare -f "$2" >"$tmp/options"
	{ declare -p uthash; "$1" --version; } >>"$tmp/options" 2>&1
	: >"$tmp/todo"
	while read -r digest file; do
		[ -e "$kept/$1-$digest" ] || echo "$kept/$1-$digest $file" >>"$tmp/todo"
	done < <(printf '%s\n' $product | digests)
	[ -s "$tmp/todo" ] || return 0
	cut -d' ' -f2 "$tmp/todo" | xargs grep -lE "$uthash" >"$tmp/gently"
	awk -v to="$tmp/todo" 'FILENAME == ARGV[1] { gently[$1]; next } { print >(to ($2 in gently ? ".gently" : ".other")) }' \
		"$tmp/gently" "$tmp/todo"
	export -f "${2?}" many
	export uthash
	for kind in "$tmp"/todo.*; do
		# shellcheck disable=SC2016
		xargs -r -P "$(nproc)" -n 48 bash -c 'many "$0" "$@"' "$2" <"$kind" || left=1
		rm "$kind"
	done
	return $left
}
# many FUNCTION MARK FILE MARK FILE...: makes the MARK of each FILE in which FUNCTION finds nothing
many() {
	local of=$1 i found=0 marks=() files=()
	shift
	while [ $# -gt 0 ]; do
		marks+=("$1")
		files+=("$2")
		shift 2
	done
	if "$of" "${files[@]}" >/dev/null 2>&1; then
		touch "${marks[@]}"
		return 0
	fi
	for i in "${!files[@]}"; do
		if "$of" "${files[i]}"; then touch "${marks[i]}"; else found=1; fi
	done
	return $found
}

one_cppcheck() {
	cppcheck -q --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=unknownMacro \
		--suppress=readdirCalled --suppress=invalidFunctionArg:base/space.c --suppress=invalidFunctionArg:base/fan.c --suppress=invalidFunctionArg:base/once.c \
		--library=posix -D_GNU_SOURCE -I. --error-exitcode=1 "$@"
}
# Left out: what clang 14 says of every va_list, and of arrays of pointers; and of files
# that use uthash, whose macros it cannot follow, what hangs on them. It follows a function's paths
# LINT_NODES far: by itself it would go 225000 far, and take eight times as long.
one_tidy() {
	local checks='-*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.*,-clang-analyzer-optin.performance.Padding,-clang-analyzer-valist.Uninitialized,bugprone-suspicious-*,bugprone-misplaced-*,bugprone-string-*,bugprone-too-small-loop-variable,bugprone-infinite-loop,bugprone-integer-division,-bugprone-suspicious-include,-bugprone-suspicious-string-compare'
	local said rc=0 glib # whose headers, which libfixbuf's ask for, lie in folders of their own
	read -ra glib < <(pkg-config --cflags-only-I libfixbuf 2>/dev/null)
	! grep -qE "$uthash" "$@" ||
		checks+=',-clang-analyzer-unix.Malloc,-clang-analyzer-core.UndefinedBinaryOperatorResult,-clang-analyzer-core.uninitialized.Assign'
	said=$(clang-tidy --quiet --warnings-as-errors='*' --checks="$checks" \
		--extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=${LINT_NODES:-8000} \
		--extra-arg=-std=gnu17 --extra-arg=-D_GNU_SOURCE --extra-arg='-DSKYPELAB_VERSION="0"' \
		--extra-arg=-I. --extra-arg=-I/usr/include "${glib[@]/#/--extra-arg=}" "$@" 2>&1) || rc=1
	grep -vE 'warnings? generated|compilation database|No such file|^json-|^Running without|^$' <<<"$said"
	return $rc
}

formatted() { xargs -P "$(nproc)" -n 100 clang-format --dry-run -Werror <"$tmp/files"; }
checked() { analyse cppcheck one_cppcheck; }
tidied() { analyse clang-tidy one_tidy; }
scripts() { xargs -P "$(nproc)" -n 8 shellcheck -S warning -x -e SC1091,SC2034 -s bash <"$tmp/files"; }
pages() {
	local m rc=0
	while read -r m; do mandoc -Tlint -W warning "$m" || rc=1; done <"$tmp/files"
	return $rc
}
# Words that have no place in the product.
words() {
	xargs grep -nE '\b(strcpy|strcat|sprintf|gets|system|popen)\(' <"$tmp/files" | grep -v ': *[/ ]\*' || return 0
	echo "lint: a banned function"
	return 1
}

# Another version formats and warns otherwise.
look clang-format 14 formatted <<<"$sources"
look cppcheck "" checked <<<"$product"
look clang-tidy 14 tidied <<<"$product"
look shellcheck "" scripts < <(git ls-files 'tests/*.sh' 'tests/**/*.sh')
look mandoc "" pages < <(ls man/*.[1-8])
look "" "" words <<<"$product"
[ -z "${JUNIT:-}" ] || junit_write lint.xml <"$tmp/suites"
[ $bad -ne 0 ] || echo "lint: nothing found"
exit $bad
