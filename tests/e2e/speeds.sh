#!/bin/bash
# A signature of the paper says the same of a client however fast it is: copies of a capture 20 times
# slower to 20 times faster lose no verdict of the capture, and slower ones have no other. A probe has
# 30 s for its answer, so a faster copy may have one more that was too late in the capture.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need jq
export LC_ALL=C
need python3
made_corpora
captures=("$MADE"/positives/made-2006.pcap "$MADE"/positives/made-blocked.pcap "$MADE"/positives/made-emulated.pcap)
[ ! -e "$SKYPELAB_CORPORA/positives/SkypeIRC.cap" ] || captures+=("$SKYPELAB_CORPORA/positives/SkypeIRC.cap")

verdicts() { # SIGNATURE CAPTURE
	"$SKYPELAB" detect -s "$1" --eve - "$2" 2>/dev/null | jq -r 'select(.event_type == "skype") |
		[.skype.event, .skype.rule, .proto, .src_ip, .src_port, .dest_ip, .dest_port] | @tsv' | sort
}
all=0
for capture in "${captures[@]}"; do
	for s in ehlert-petgang-1.4 ehlert-petgang-2.0; do
		verdicts $s "$capture" >"$TMP/as-it-is"
		n=$(wc -l <"$TMP/as-it-is")
		all=$((all + n))
		for speed in 0.05 0.2 0.5 2 5 20; do
			python3 tests/tools/cut_capture.py speed $speed "$capture" "$TMP/copy.pcap" || fail "cut_capture.py"
			verdicts $s "$TMP/copy.pcap" >"$TMP/copy"
			same "$(comm -23 "$TMP/as-it-is" "$TMP/copy")" "" "${capture##*/} at $speed times its speed, $s: lost"
			comm -13 "$TMP/as-it-is" "$TMP/copy" >"$TMP/gained"
			[ "${speed%%.*}" = 0 ] || sed -i '/^probe-accepted/d' "$TMP/gained"
			same "$(cat "$TMP/gained")" "" "${capture##*/} at $speed times its speed, $s: gained"
		done
		echo "${capture##*/}: $n verdicts of $s at every speed"
	done
done
[ $all -ge 50 ] || fail "hardly a verdict: $all"
