#!/bin/bash
# `skypelab watch` over many packets: a mixed capture (the emulator's client, two of mkskype's, look-alikes) replayed
# in a loop on a veth. Memory by the tenth, packets lost, and what `detect` finds in the first round that was not found
# live. SKYPELAB_WATCH_PACKETS: how many (50 million); SKYPELAB_WATCH_PPS: how fast (200,000 a second, or top);
# SKYPELAB_WATCH_READERS: readers (1).
set -u
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh
need_namespaces
need tcpreplay mergecap editcap dumpcap jq ip
made_corpora
quick=${SKYPELAB_BENCH_QUICK:+1000000}
packets=${SKYPELAB_WATCH_PACKETS:-${quick:-50000000}}
PPS=${SKYPELAB_WATCH_PPS:-200000}
if [ "$PPS" = top ]; then PACE=--topspeed; else PACE="--pps=$PPS --pps-multi=64"; fi
mergecap -F nsecpcap -w "$TMP/mixed.pcap" "$MADE"/positives/made-{2006,2013,blocked,emulated}.pcap "$MADE"/negatives/*.pcap
editcap -F nsecpcap -s 1514 "$TMP/mixed.pcap" "$TMP/loop.pcap"
one=$("$BUILD/tools/pcaploop" "$TMP/loop.pcap" | cut -d' ' -f1)
LOOPS=$(((packets + one - 1) / one)) TOTAL=$((one * ((packets + one - 1) / one)))
READERS=${SKYPELAB_WATCH_READERS:-1}
export TMP PACE LOOPS TOTAL READERS ONE="$one"
cat >"$TMP/inside.sh" <<'INSIDE'
set -eu
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 # no frames but ours
ip link add d0 type veth peer name d1
ip link set d0 up
ip link set d1 up
"$SKYPELAB" watch -i d1 --readers "$READERS" --eve "$TMP/eve.json" --control "$TMP/control" >/dev/null 2>"$TMP/err" &
pid=$!
catching=() catching_pids=()
reading "$READERS"
catch d1 "$TMP/first.pcapng" -c "$ONE"
seen() { ip -s -j link show d1 | jq '.[0].stats64.rx.packets'; }
tcpreplay -q --preload-pcap --loop="$LOOPS" $PACE -i d0 "$TMP/loop.pcap" >"$TMP/replay" 2>&1 &
replay=$!
tenth=0
while kill -0 $replay 2>/dev/null; do
	now=$(($(seen) * 10 / TOTAL))
	if [ "$now" -gt "$tenth" ]; then
		tenth=$now
		echo "$((now * 10)) % of the packets: $(sed -n 's/^VmRSS:\t *//p' /proc/$pid/status) resident"
	fi
	sleep 0.2
done
wait $replay || { cat "$TMP/replay"; exit 1; }
sleep 1
kill -INT $pid
wait $pid
INSIDE
start=$(date +%s.%N)
isolated bash "$TMP/inside.sh" || fail "watch ended with $?: $(cat "$TMP/err")"
seconds=$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.0f", b - a }')
cat "$TMP/err"
tail -n 1 "$TMP/eve.json" | jq -r --argjson sent "$TOTAL" --argjson seconds "$seconds" \
	'"\($sent) packets sent in \($seconds) s, \(.stats.capture.packets) read, \(.stats.capture.kernel_drops) dropped; \(.stats.detect.events) events, \(.stats.detect.memory) bytes in the detector"'
# What detect finds in the first round as it was captured beside watch: each flow's events by rule.
words() { jq -r 'select(.event_type == "skype") | [.community_id, .skype.signature, .skype.rule, .skype.event] | @tsv' | sort -u; }
"$SKYPELAB" detect --eve "$TMP/file.json" "$TMP/first.pcapng"
words <"$TMP/file.json" >"$TMP/file"
words <"$TMP/eve.json" >"$TMP/live"
echo "$(wc -l <"$TMP/file") kinds of events by flow in the first round, $(comm -23 "$TMP/file" "$TMP/live" | wc -l) of them not seen live"
comm -23 "$TMP/file" "$TMP/live" | cut -f 2- | sort | uniq -c | head
