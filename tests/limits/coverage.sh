#!/bin/bash
# coverage.sh BUILD OUT: how many monitors it takes, with the recall of every vantage. docs/limits.md
set -eu
build=$1 out=$2
runs=$out/runs
[ -e "$runs/limits-vantages/manifest.json" ] ||
	"$build/skypelab" -q run --no-report -o "$runs/limits-vantages" scenarios/limits-vantages.yaml >/dev/null
[ -e "$runs/limits-sites/manifest.json" ] ||
	"$build/skypelab" -q run --no-report -o "$runs/limits-sites" scenarios/limits-sites.yaml >/dev/null
set -x
"$build/skypelab" coverage -n 10000 -o "$out/coverage" "$runs/limits-vantages"
"$build/skypelab" coverage --sites "$runs/limits-sites"
"$build/skypelab" coverage --sites -f tsv "$runs/limits-sites" >"$out/coverage/sites.tsv"
