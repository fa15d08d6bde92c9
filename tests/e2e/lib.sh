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
	unshare -Urn true 2>/dev/null || [ "$(id -u)" = 0 ] && unshare -n true 2>/dev/null ||
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
