#!/bin/bash
# Every part stands in the room that its name says (tests/structure.sh), and the emulator and the
# detector share no protocol code: an emulator that fed its own signature would prove nothing.
. tests/e2e/lib.sh
tests/structure.sh "$BUILD" || fail "the structure; tests/structure.sh says what each kind means"
# the longest byte strings of the protocol stand once in the emulator's C and once in signature data
grep -rlE '0x80, *0x46, *0x01, *0x03|80 46 01 03' --include='*.[ch]' detector && fail "protocol bytes in the detector's code"
# nothing of the product starts a program by name, gnuplot aside
if grep -rnE '\b(system|popen)\(' --include='*.c' base lab replay detector results analysis operator run cli; then fail "a program started by name"; fi
exit 0
