#!/bin/bash
# late.sh BUILD OUT: recall of who begins to watch late, on emulated and, where they are, recorded captures.
# docs/limits.md
# shellcheck source=tests/limits/lib.sh
. tests/limits/lib.sh
run_of limits-vantages limits-vantages
set -x
"$skypelab" late -s skypelab-2006 -s ehlert-petgang-1.4 -s ehlert-petgang-2.0 -o "$out/late" "$run" ${recorded:+"$recorded"}
