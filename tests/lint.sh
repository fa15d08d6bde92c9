#!/bin/bash
# lint.sh: the sources as a reader and two analysers see them. Tools that are not installed are
# named and passed over; `make lint` then still fails if any other finds something.
set -u
cd "$(dirname "$0")/.." || exit 2
bad=0
sources=$(git ls-files '*.c' '*.h')
have() { command -v "$1" >/dev/null 2>&1 || { echo "lint: $1 is not installed, passed over"; return 1; }; }
if have clang-format; then
	# shellcheck disable=SC2086
	clang-format --dry-run -Werror $sources || bad=1
fi
if have cppcheck; then
	cppcheck -q --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=unknownMacro \
		--suppress=readdirCalled --suppress=invalidFunctionArg:detector/engine/pool.c \
		--library=posix -D_GNU_SOURCE -I. \
		--error-exitcode=1 base lab replay detector results run cli || bad=1
fi
# Left out: what clang 14 says of every va_list, and of arrays of pointers; and of files with
# uthash.h, whose macros it cannot follow, what hangs on them.
if have clang-tidy; then
	checks='-*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.*,-clang-analyzer-optin.performance.Padding,-clang-analyzer-valist.Uninitialized,bugprone-suspicious-*,bugprone-misplaced-*,bugprone-string-*,bugprone-too-small-loop-variable,bugprone-infinite-loop,bugprone-integer-division,-bugprone-suspicious-include,-bugprone-suspicious-string-compare'
	uthash=',-clang-analyzer-unix.Malloc,-clang-analyzer-core.UndefinedBinaryOperatorResult,-clang-analyzer-core.uninitialized.Assign'
	tidy() { # CHECKS; files on standard input
		xargs -r -P "$(nproc)" -n 8 clang-tidy --quiet --warnings-as-errors='*' --checks="$1" \
			--extra-arg=-std=gnu17 --extra-arg=-D_GNU_SOURCE --extra-arg='-DSKYPELAB_VERSION="0"' \
			--extra-arg='-DSKYPELAB_PREFIX="/usr/local"' --extra-arg=-I. \
			--extra-arg=-I/usr/include 2> >(grep -v 'warnings generated\|compilation database\|No such file\|^json-\|^Running without' >&2)
	}
	git ls-files '*.c' | grep -v '^tests/' | xargs grep -L 'uthash.h' | tidy "$checks" || bad=1
	git ls-files '*.c' | grep -v '^tests/' | xargs grep -l 'uthash.h' | tidy "$checks$uthash" || bad=1
fi
if have shellcheck; then
	# shellcheck disable=SC2046
	shellcheck -S warning -x -e SC1091,SC2034 -s bash $(git ls-files 'tests/*.sh' 'tests/**/*.sh') || bad=1
fi
if have mandoc; then
	for m in man/*.[1-8]; do mandoc -Tlint -W warning "$m" || bad=1; done
fi
# Words that have no place in the product.
if git grep -nE '\b(strcpy|strcat|sprintf|gets|system|popen)\(' -- '*.c' ':!tests' |
	grep -v ': *[/ ]\*'; then
	echo "lint: a banned function"
	bad=1
fi
exit $bad
