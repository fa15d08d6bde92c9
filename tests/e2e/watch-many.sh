#!/bin/bash
# long: many packets
# `skypelab watch` over 300,000 packets (THOROUGH=1: a million) of mixed traffic, replayed in a loop: all are read, none is lost, and every
# event that `detect` finds in a capture of the first round was found live (tests/bench/watch.sh, which does more of them).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# A machine that others keep busy may be too slow for so many a second: then fewer. What is lost must be said.
packets=$(rounds 300000 1000000)
for pps in 50000 15000; do
	rc=0
	SKYPELAB_WATCH_PACKETS=$packets SKYPELAB_WATCH_PPS=$pps bash tests/bench/watch.sh >"$TMP/said" 2>&1 || rc=$?
	[ $rc != 77 ] || skip "$(tail -n 1 "$TMP/said")"
	cat "$TMP/said"
	same "$rc" 0 "exit status"
	! grep -q ' read, 0 dropped;' "$TMP/said" || break
	grep -q 'warning: [0-9]* packets were lost in the last second' "$TMP/said" || fail "packets were lost without a word"
done
read -r sent taken < <(sed -n 's/^\([0-9]*\) packets sent in .*, \([0-9]*\) read, 0 dropped;.*/\1 \2/p' "$TMP/said")
[ "${sent:-0}" -ge "$packets" ] || fail "packets were lost, or not sent"
same "$taken" "$sent" "packets read"
read -r kinds lost < <(sed -n 's/^\([0-9]*\) kinds of events .*, \([0-9]*\) of them not seen live$/\1 \2/p' "$TMP/said")
[ "${kinds:-0}" -gt 1000 ] || fail "too few events for a test"
same "$lost" 0 "events that were not seen live"
