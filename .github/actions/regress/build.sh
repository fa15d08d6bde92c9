#!/bin/bash
# build.sh PREFIX: builds skypelab, of which this action is part, and installs it under PREFIX. What is missing of its
# packages is installed (apt, through sudo when not root), and user namespaces are allowed where Ubuntu forbids them.
set -euo pipefail
prefix=${1:?build.sh PREFIX}
cd "$(dirname "$0")/../../.."
tests/deps.sh check run >/dev/null || tests/deps.sh install run
make -s -j"$(nproc)" all
make -s install PREFIX="$prefix"
key=kernel.apparmor_restrict_unprivileged_userns
[ "$(id -u)" = 0 ] || [ ! -e "/proc/sys/${key//.//}" ] || sudo sysctl -qw $key=0
"$prefix/bin/skypelab" doctor regress
