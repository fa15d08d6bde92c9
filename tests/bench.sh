#!/bin/bash
# bench.sh BUILD [NAME...]: runs every tests/bench/*.sh. Each prints figures and their ratios, all
# from this run on this machine; none passes or fails. SKYPELAB_BENCH_QUICK=1 makes them small.
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=$(cd "${1:-build}" && pwd) || exit 2
shift
SKYPELAB="$BUILD/skypelab"
export BUILD SKYPELAB
SKYPELAB_CORPORA=${SKYPELAB_CORPORA:-$PWD/corpora}
export SKYPELAB_CORPORA
names=("$@")
[ ${#names[@]} -gt 0 ] || for f in tests/bench/*.sh; do names+=("$(basename "$f" .sh)"); done
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
echo "# $(date -u +%Y-%m-%dT%H:%MZ), $(nproc) x $cpu, Linux $(uname -r), $("$SKYPELAB" --version | head -n 1)"
bad=0
for n in "${names[@]}"; do
	echo
	echo "## $n"
	bash "tests/bench/$n.sh" || bad=1
done
exit $bad
