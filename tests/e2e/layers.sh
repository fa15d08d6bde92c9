#!/bin/bash
# Layers point one way, and the emulator and the detector share no protocol code: an emulator that
# fed its own signature would prove nothing.
. tests/e2e/lib.sh
bad=$(grep -rno '#include "[a-z]*/' --include='*.[ch]' base lab replay detector results |
	sed 's/:[0-9]*:#include "/ /; s/\/$//' |
	while read -r file layer; do
		own=${file%%/*}
		case "$layer" in "$own" | base) ;; *) echo "$file includes $layer/" ;; esac
		[ "$own" != base ] || [ "$layer" = base ] || echo "$file includes $layer/"
	done)
[ -z "$bad" ] || fail "$bad"
# the longest byte strings of the protocol stand once in the emulator's C and once in signature data
grep -rlE '0x80, *0x46, *0x01, *0x03|80 46 01 03' --include='*.[ch]' detector && fail "protocol bytes in the detector's code"
# nothing of the product starts a program by name, gnuplot aside
if grep -rnE '\b(system|popen)\(' --include='*.c' base lab replay detector results run cli; then fail "a program started by name"; fi
exit 0
