#!/bin/bash
# coverage.sh BUILD OUT: how many monitors it takes, with the recall of every vantage. docs/limits.md
set -eu
build=$1 out=$2
for name in limits-vantages limits-sites; do
	run=$out/runs/$name
	[ "$run/manifest.json" -nt scenarios/$name.yaml ] && continue
	rm -rf "$run"
	"$build/skypelab" -q run --no-report -o "$run" scenarios/$name.yaml >/dev/null
done
set -x
"$build/skypelab" coverage -n 10000 -o "$out/coverage" "$out/runs/limits-vantages"
"$build/skypelab" coverage --sites "$out/runs/limits-sites"
"$build/skypelab" coverage --sites -f tsv "$out/runs/limits-sites" >"$out/coverage/sites.tsv"
