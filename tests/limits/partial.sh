#!/bin/bash
# partial.sh BUILD OUT: recall of who gets a part of the traffic, on emulated and, where they are, recorded captures.
# docs/limits.md
# shellcheck source=tests/limits/lib.sh
. tests/limits/lib.sh
run_of limits-vantages limits-vantages
set -x
"$skypelab" partial -s skypelab-2006 -s ehlert-petgang-1.4 -s ehlert-petgang-2.0 -o "$out/partial" "$run" ${recorded:+"$recorded"}
