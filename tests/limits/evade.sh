#!/bin/bash
# evade.sh BUILD OUT: the cheapest change of a client that each bundled signature does not see, and the same for
# ndpi, if it is installed. With THOROUGH=1 also with changes that the client can make alone, and for tshark, which
# takes most of a second to start: half an hour in all. Emulated. docs/limits.md
# shellcheck source=tests/limits/lib.sh
. tests/limits/lib.sh
out=$out/evade
mkdir -p "$out"
search() { # TABLE OPTION...: a signature without an answer is no failure
	local rc=0
	(set -x; "$skypelab" evade --table "$@") || rc=$?
	[ $rc -le 1 ] || exit $rc
	cat "$1"
}
search "$out/evade.md" -f markdown --versions "$out" all
[ -z "${THOROUGH:-}" ] || search "$out/evade-alone.md" -f markdown --alone all
detectors=()
for d in ndpi:ndpiReader ${THOROUGH:+tshark:tshark}; do
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
