#!/bin/bash
# evade.sh BUILD OUT: the cheapest change of a client that each bundled signature does not see, and the same with
# changes that the client can make alone; emulated. docs/limits.md
set -eu
build=$1 out=$2/evade
mkdir -p "$out"
search() { # TABLE OPTION...: a signature without an answer is no failure
	local rc=0
	(set -x; "$build/skypelab" evade --table "$@" all) || rc=$?
	[ $rc -le 1 ] || exit $rc
	cat "$1"
}
search "$out/evade.md" -f markdown --versions "$out"
search "$out/evade-alone.md" -f markdown --alone
