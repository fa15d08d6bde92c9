#!/bin/sh
# fieldtest.sh BUILD [OPTION...]: the field test of docs/analysis.md; writes its tables into the page. BUILD has
# skypelab and tools/fielddump. Exit status 1: a target is missed, and the last lines say which.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
[ $# = 0 ] || shift
exec python3 -B tests/fieldtest/fieldtest.py --build "$build" --page docs/analysis.md "$@"
