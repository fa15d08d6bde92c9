#!/bin/bash
# Can a learner tell emulated Skype 1.2 from the recorded one? A shallow decision tree tries, by
# times and sizes of packets, on flows that it has not seen (tests/tools/learner.py).
. "$(dirname "$0")/lib.sh"
need_namespaces
need_corpus positives/SkypeIRC.cap
need_corpus labels/SkypeIRC.cap.tsv
# Debian's python3: another one that comes first in PATH does not have the package.
python=/usr/bin/python3
"$python" -c 'import sklearn' 2>/dev/null || skip "apt-get install python3-sklearn"

"$SKYPELAB" run -o "$TMP/run" --no-report --seeds 11..15 scenarios/fidelity-1.2.yaml >"$TMP/log" 2>&1 ||
	{ cat "$TMP/log"; fail "run"; }
captures=()
for cell in "$TMP"/run/cells/*; do captures+=("$cell/caller-gw.lan.pcap" "$cell/truth.caller.lan.tsv"); done
same "${#captures[@]}" 10 "emulated captures and their truth"
PYTHONHASHSEED=0 "$python" tests/tools/learner.py -m 0.75 "$SKYPELAB_CORPORA/positives/SkypeIRC.cap" \
	"$SKYPELAB_CORPORA/labels/SkypeIRC.cap.tsv" "${captures[@]}" || fail "an area is above 0.75"
