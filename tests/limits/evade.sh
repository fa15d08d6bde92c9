#!/bin/bash
# evade.sh BUILD OUT: the cheapest change of a client that each bundled signature does not see, and the same with
# changes that the client can make alone; then the first for detectors of others, those that are installed, and
# with THOROUGH=1 the second, too; emulated. docs/limits.md
set -eu
build=$1 out=$2/evade
mkdir -p "$out"
search() { # TABLE OPTION...: a signature without an answer is no failure
	local rc=0
	(set -x; "$build/skypelab" evade --table "$@") || rc=$?
	[ $rc -le 1 ] || exit $rc
	cat "$1"
}
search "$out/evade.md" -f markdown --versions "$out" all
search "$out/evade-alone.md" -f markdown --alone all
detectors=()
for d in ndpi:ndpiReader tshark:tshark; do
	if command -v "${d#*:}" >/dev/null; then
		detectors+=(-D "${d%:*}")
	else
		echo "${d%:*} is left out: ${d#*:} is not installed (make deps)"
	fi
done
if [ ${#detectors[@]} -gt 0 ]; then
	search "$out/evade-detectors.md" -f markdown --versions "$out" "${detectors[@]}"
	[ -z "${THOROUGH:-}" ] || search "$out/evade-detectors-alone.md" -f markdown --alone "${detectors[@]}"
fi
