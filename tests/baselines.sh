#!/bin/bash
# Makes the committed baselines anew, after a wanted change of signatures or of the emulation:
#
#	results/baselines/emulated.tsv  the paper's matrix, every cell once, at caller.wan (needs root)
#	results/baselines/regress.tsv   scenarios/regress.yaml, what regress is held against without recordings
#	results/baselines/recorded.tsv  the bundled captures; docs/signatures.md is made with it
#
# Usage: tests/baselines.sh [BUILD]; BUILD defaults to build. The recorded part needs SKYPELAB_CORPORA and
# is left out, with a message, without it. Look at `git diff` before the commit: a row that got worse is a
# finding, not noise, because the seeds are fixed.
set -eu
cd "$(dirname "$0")/.."
skypelab=$PWD/${1:-build}/skypelab
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$skypelab" -q run --no-report --repeat 1 -o "$tmp/run" scenarios/paper-matrix.yaml >"$tmp/log" 2>&1 || {
	tail -n 20 "$tmp/log" >&2
	exit 1
}
"$skypelab" results baseline save emulated "$tmp/run" --vantage caller.wan

"$skypelab" -q run --no-report -s all -o "$tmp/regress" scenarios/regress.yaml >"$tmp/log" 2>&1 || {
	tail -n 20 "$tmp/log" >&2
	exit 1
}
"$skypelab" results baseline save "$tmp/regress.tsv" "$tmp/regress"
# The labels of its captures, which regress reads, do not tell which probes were accepted.
awk -F'\t' '$1 != "" { drop = $7 == "probe-accepted" } !drop' "$tmp/regress.tsv" >results/baselines/regress.tsv

if [ -d "${SKYPELAB_CORPORA:-}" ]; then
	"$skypelab" score --matrix -o docs/signatures.md --baseline results/baselines/recorded.tsv
else
	echo "recorded.tsv and docs/signatures.md are left as they are: SKYPELAB_CORPORA names no directory" >&2
fi
git --no-pager diff --stat -- results/baselines docs/signatures.md
