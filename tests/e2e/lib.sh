# Shared by the end-to-end tests: source it first.
set -euo pipefail
: "${BUILD:?run through tests/run-e2e.sh}" "${SKYPELAB:?}"
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
fail() { echo "FAIL: $*" >&2; exit 1; }
skip() { echo "$*"; exit 77; }
need() { command -v "$1" >/dev/null || skip "$1 is not installed"; }
need_corpus() { [ -e "$SKYPELAB_CORPORA/$1" ] || skip "no $1 under SKYPELAB_CORPORA ($SKYPELAB_CORPORA)"; }
need_namespaces() {
	unshare -Urn true 2>/dev/null ||
		{ [ "$(id -u)" = 0 ] && unshare -n true 2>/dev/null; } ||
		skip "the kernel refuses network namespaces here"
}
# as_user CMD...: runs a command as an ordinary user (itself when not root).
as_user() {
	if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi
}
# exec_as_user CMD...: the same in place of this shell, so that `exec_as_user CMD &` gives CMD's pid.
exec_as_user() {
	if [ "$(id -u)" = 0 ]; then exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else exec "$@"; fi
}
same() { [ "$1" = "$2" ] || fail "${3:-values differ}: got «$1», expected «$2»"; }
# marked_run CMD...: as_user, with $MARK in the environment so that marked() can find what is left.
# Where an ordinary user may not read the build folder, the test runs as it is.
MARK=e2e-$$-$RANDOM
marked_run() {
	if as_user test -r "$SKYPELAB" 2>/dev/null; then
		as_user env SKYPELAB_TEST_MARK="$MARK" "$@"
	else
		env SKYPELAB_TEST_MARK="$MARK" "$@"
	fi
}
# marked: process numbers that still carry the mark.
marked() {
	local f
	for f in $(grep -lsxz "SKYPELAB_TEST_MARK=$MARK" /proc/[0-9]*/environ); do
		f=${f#/proc/}
		echo "${f%/environ}"
	done
}
# nothing_left: no marked process after at most 5 s (a killed process takes the kernel a moment).
nothing_left() {
	local i
	for i in $(seq 100); do
		[ -z "$(marked)" ] && return 0
		sleep 0.05
	done
	fail "$1: processes left: $(marked | tr '\n' ' ')"
}
