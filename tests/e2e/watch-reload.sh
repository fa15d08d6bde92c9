#!/bin/bash
# `skypelab watch` at SIGHUP: signatures are read anew. A probe before it is known to the connection behind it
# where the signature is the same, and forgotten where it was changed; a bad file leaves the old ones in force.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need tcpreplay ip jq editcap
made_corpora
capture=$MADE/positives/made-2006.pcap
"$SKYPELAB" detect -s ehlert-petgang-1.4 --eve "$TMP/whole.json" "$capture"
at() { jq -r "select(.skype.event == \"$1\") | .pcap_cnt" "$TMP/whole.json" | head -n 1; }
probe=$(at probe-accepted) start=$(at session-start)
[ "$probe" -lt "$((start - 5))" ] || fail "no session of a probe before it in $capture"
editcap -r "$capture" "$TMP/before.pcap" "1-$probe"
editcap -r "$capture" "$TMP/after.pcap" "$((probe + 1))-$start"
cp detector/signatures/ehlert-petgang-1.4.yaml "$TMP/kept.yaml"
sed 's/^signature: .*/signature: other/' "$TMP/kept.yaml" >"$TMP/other.yaml"
cat >"$TMP/inside.sh" <<'INSIDE'
set -eu
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
ip link add d0 type veth peer name d1
for i in d0 d1; do ip link set $i up; done
"$SKYPELAB" -v watch -i d1 -s "$TMP/kept.yaml" -s "$TMP/other.yaml" --readers 1 --eve "$TMP/live.json" \
	>"$TMP/lines" 2>"$TMP/err" &
pid=$!
reading 1
said() { # N TEXT: wait until it was said N times
	for _ in $(seq 200); do
		[ "$(grep -c "$2" "$TMP/err")" -lt "$1" ] || return 0
		sleep 0.05
	done
	echo "not said: $2" >&2
	exit 1
}
events() { grep -c '"event":"probe-accepted"' "$TMP/live.json" || true; }
tcpreplay -q -t -i d0 "$TMP/before.pcap" >"$TMP/replay" 2>&1
for _ in $(seq 100); do [ "$(events)" -lt 2 ] || break; sleep 0.05; done
echo "rules: [" >>"$TMP/other.yaml"
kill -HUP $pid
said 1 "stay in force"
sed 's/^revision: .*/revision: 77/' "$TMP/kept.yaml" | sed 's/^signature: .*/signature: other/' >"$TMP/other.yaml"
cat >>"$TMP/other.yaml" <<'RULE'
  - rule: pattern
    proto: any
    steps: [{message: any, from: either, regex: '^.+$'}]
    then: {event: evidence}
RULE
kill -HUP $pid
said 1 "signatures: 1 unchanged, 1 changed, 0 added, 0 removed"
tcpreplay -q -t -i d0 "$TMP/after.pcap" >"$TMP/replay" 2>&1
sleep 1.2
kill -INT $pid
wait $pid
INSIDE
export TMP
isolated bash "$TMP/inside.sh" || fail "watch ended with $?: $(cat "$TMP/err")"
of() { jq -r "select(.skype.signature == \"$1\") | .skype.event" "$TMP/live.json" | grep -c "^$2\$" || true; }
for name in ehlert-petgang-1.4 other; do same "$(of $name probe-accepted)" 1 "probes of $name"; done
same "$(of ehlert-petgang-1.4 session-start)" 1 "session-start of the signature that was kept"
same "$(of other session-start)" 0 "session-start of what was changed"
# the confined process opens nothing, so that it has the library of regular expressions already
[ "$(of other evidence)" -gt 0 ] || fail "no message matched a regular expression that came with a reload"
same "$(jq -s 'map(select(.event_type == "stats")) | last | .stats.detect.reloads' "$TMP/live.json")" 1 "reloads"
grep -q "other.yaml:[0-9]" "$TMP/err" || fail "the bad file is not named: $(cat "$TMP/err")"
jq -es 'map(select(.skype.event == "session-start") | .skype.answered) | all' "$TMP/live.json" >/dev/null ||
	fail "a session with both sides seen is not answered"
