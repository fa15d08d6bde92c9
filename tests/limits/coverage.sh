#!/bin/bash
# coverage.sh BUILD OUT: how many monitors it takes, with the recall of every vantage. docs/limits.md
# shellcheck source=tests/limits/lib.sh
. tests/limits/lib.sh
run_of limits-vantages limits-vantages
run_of limits-sites limits-sites
set -x
"$skypelab" coverage -n 10000 -o "$out/coverage" "$out/runs/limits-vantages"
"$skypelab" coverage --sites "$out/runs/limits-sites"
"$skypelab" coverage --sites -f tsv "$out/runs/limits-sites" >"$out/coverage/sites.tsv"
