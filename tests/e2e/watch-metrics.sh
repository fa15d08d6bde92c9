#!/bin/bash
# `skypelab watch --metrics`: what Prometheus' own tool takes without a word, over HTTP and as a file; counters
# grow with the traffic; requests that are slow, endless, many or no HTTP hold nothing up.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need tcpreplay ip curl promtool python3
made_corpora
cat >"$TMP/inside.sh" <<'INSIDE'
set -eu
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
ip link set lo up
ip link add d0 type veth peer name d1
for i in d0 d1; do ip link set $i up; done
"$SKYPELAB" watch -i d1 --readers 1 --metrics 9477 >"$TMP/lines" 2>"$TMP/err" &
http=$!
"$SKYPELAB" watch -i d1 --readers 1 --metrics "$TMP/watch.prom" >"$TMP/lines2" 2>"$TMP/err2" &
file=$!
reading 2
sleep 1.5
curl -sf http://127.0.0.1:9477/metrics >"$TMP/before"
frames=$(tcpreplay -q -t -i d0 "$MADE/positives/made-2006.pcap" | sed -n 's/.*Successful packets: *//p')
sleep 2.5
python3 - <<'END'
import socket, time
def talk(*parts, wait=0.0):
    s = socket.create_connection(("127.0.0.1", 9477), 10)
    try:
        for p in parts:
            s.sendall(p)
            time.sleep(wait)
        got = b""
        while True:
            b = s.recv(65536)
            if not b:
                return got
            got += b
    except OSError:
        return b""
slow = [socket.create_connection(("127.0.0.1", 9477)) for _ in range(40)]
for s in slow[24:]:
    try:
        s.sendall(b"GET /metr")
    except OSError:
        pass
begin = time.time()
assert talk(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 200 OK\r\n"), "beside 40 slow ones"
assert time.time() - begin < 4, "slow ones hold it up" # they have 5 s
assert talk(b"GET /met", b"rics HTTP/1.1\r\n", b"\r\n", wait=0.1).startswith(b"HTTP/1.1 200"), "in parts"
assert talk(b"POST /metrics HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 405"), "POST"
assert talk(b"GET /etc/passwd HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 404"), "another path"
assert talk(b"\0\xff\r\n\r\n").startswith(b"HTTP/1.1 400"), "no HTTP"
assert talk(b"\r\n\r\n").startswith(b"HTTP/1.1 400"), "nothing"
assert talk(b"GET /metrics SMTP\r\n\r\n").startswith(b"HTTP/1.1 400"), "another protocol"
assert talk(b"GET /metrics HTTP/1.1\r\nX: " + b"a" * (4096 - 26)).startswith(b"HTTP/1.1 431"), "too long"
begin = time.time()
talk(b"a" * 1000000) # the end of it may be a reset
assert time.time() - begin < 4, "endless" # as above
head = talk(b"HEAD /metrics HTTP/1.1\r\n\r\n")
assert head.startswith(b"HTTP/1.1 200") and head.endswith(b"\r\n\r\n"), "HEAD"
time.sleep(7)
for s in slow:
    s.settimeout(1)
    try:
        assert s.recv(1) == b"", "a slow one is answered"
    except ConnectionResetError:
        pass
END
curl -sf http://127.0.0.1:9477/metrics >"$TMP/after"
kill -INT $http $file
wait $http
wait $file
echo "$frames" >"$TMP/frames"
INSIDE
export TMP MADE
isolated bash "$TMP/inside.sh" 2>"$TMP/said" || fail "ended with $?: $(cat "$TMP/said" "$TMP/err" "$TMP/err2")"
for f in before after watch.prom; do
	promtool check metrics <"$TMP/$f" >"$TMP/prom" 2>&1 || fail "$f: $(cat "$TMP/prom")"
	[ ! -s "$TMP/prom" ] || fail "$f: promtool says $(cat "$TMP/prom")"
	grep -qE '([0-9]+\.){3}[0-9]+"' "$TMP/$f" && fail "an address is a label in $f"
done
value() { sed -n "s/^skypelab_watch_$2 //p" "$TMP/$1"; }
frames='frames_total{interface="d1"}'
same "$(($(value after "$frames") - $(value before "$frames")))" "$(cat "$TMP/frames")" "frames counted"
same "$(value watch.prom "$frames")" "$(value after "$frames")" "frames in the file"
[ "$(value after events_total)" -gt "$(value before events_total)" ] || fail "events do not grow"
grep -q 'kernel_drops_total{interface="d1"} 0' "$TMP/after" || fail "no drop counter"
wrong() { # TEXT WHERE
	local rc=0
	isolated bash -c 'ip link set lo up; exec "$@"' - "$SKYPELAB" watch -i lo --metrics "$2" >"$TMP/out" 2>"$TMP/err" || rc=$?
	[ "$rc" != 0 ] || fail "--metrics $2 was taken"
	grep -q -- "$1" "$TMP/err" || fail "--metrics $2: $(cat "$TMP/err")"
}
wrong "ADDRESS:PORT" "nonsense"
wrong "cannot listen" "192.0.2.1:9477"
