#!/bin/bash
# partial.sh BUILD OUT: recall of who gets a part of the traffic, on emulated and, where they are, recorded captures.
# docs/limits.md
set -eu
build=$1 out=$2
run=$out/runs/limits-vantages
if [ ! "$run/manifest.json" -nt scenarios/limits-vantages.yaml ]; then
	rm -rf "$run"
	"$build/skypelab" -q run --no-report -o "$run" scenarios/limits-vantages.yaml >/dev/null
fi
recorded=${SKYPELAB_CORPORA:-corpora}/positives
[ -n "$(ls -A "$recorded" 2>/dev/null)" ] || recorded=
set -x
"$build/skypelab" partial -s skypelab-2006 -s ehlert-petgang-1.4 -s ehlert-petgang-2.0 -o "$out/partial" "$run" ${recorded:+"$recorded"}
