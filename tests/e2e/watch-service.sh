#!/bin/bash
# `skypelab watch` as a service: its EVE file is rotated a hundred times under load and no line is lost; it goes
# into the background, or says why not; it answers at its control socket, hostile lines too; it tells a service
# manager how it is; and the unit that make install installs is one that systemd takes, and hardened.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need tcpreplay ip jq dumpcap python3
made_corpora
mkdir "$TMP/log"
cat >"$TMP/inside.sh" <<'INSIDE'
set -eu
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 # no frames but ours
ip link add d0 type veth peer name d1
ip link set d0 up
ip link set d1 up
catching=() catching_pids=()
catch d1 "$TMP/d1.pcapng"
"$SKYPELAB" watch -i d1 -s all --readers 1 --sensor edge --eve "$TMP/log/eve.json" >"$TMP/lines" 2>"$TMP/err" &
pid=$!
reading 2
tcpreplay -q -x 20 -i d0 "$MADE/positives/made-2006.pcap" >"$TMP/replay" 2>&1 &
for i in $(seq -w 100); do
	[ -e "$TMP/log/eve.json" ] && mv "$TMP/log/eve.json" "$TMP/log/eve.json.$i"
	# most are opened anew on the signal, some because the name is gone
	[ $((10#$i % 20)) = 0 ] && sleep 1.2 || kill -HUP $pid
	sleep 0.03
done
wait $!
caught
kill -TERM $pid
wait $pid
INSIDE
export TMP MADE
isolated bash "$TMP/inside.sh" || fail "rotated, it ended with $?: $(cat "$TMP/err")"
[ ! -s "$TMP/err" ] || fail "rotated, it said: $(cat "$TMP/err")"
[ "$(find "$TMP/log" -name 'eve.json.*' -size +0 | wc -l)" -gt 10 ] || fail "not enough files hold lines: $(ls -l "$TMP/log")"
cat "$TMP"/log/eve.json.* "$TMP/log/eve.json" | grep -v '"event_type":"stats"' |
	sed -E 's/"in_iface":"d1",//; s/"host":"edge",//; s/,"answered":(true|false),"in_part":false\},"flow":\{[^}]*\}\}$/}}/' >"$TMP/live"
"$SKYPELAB" detect -s all --eve "$TMP/file.json" "$TMP/d1.pcapng"
diff "$TMP/live" <(sed -E 's/"pcap_filename":"[^"]*",//' "$TMP/file.json") >"$TMP/diff" ||
	fail "lines of rotated files (< them, > the capture): $(head -n 4 "$TMP/diff")"
[ "$(wc -l <"$TMP/live")" -gt 100 ] || fail "too few events for a test"

# In the background, with what belongs to a daemon; ask SOCKET LINE prints the answer.
cat >"$TMP/ask.py" <<'ASK'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(20)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\n")
answer = b""
while not answer.endswith(b"\n"):
    part = s.recv(65536)
    if not part: break
    answer += part
sys.stdout.write(answer.decode())
ASK
cat >"$TMP/hostile.py" <<'HOSTILE'
import os, socket, sys, time
path = sys.argv[1]
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.settimeout(20)
    return s
def lines(data, n):  # n answers to data
    s = connect()
    s.sendall(data)
    got = b""
    while got.count(b"\n") < n:
        part = s.recv(65536)
        assert part, (data[:40], got)
        got += part
    return got.decode().splitlines()
for bad in (b"\n", b"nonsense\n", b"[]\n", b"{}\n", b'{"verb":7}\n', b'{"verb":"no such"}\n', b'{"verb":"status","verb":"status"}\n',
            b"\xff\xfe\x00\n", b"[" * 4000 + b"\n", b'{"verb":"' + b"x" * 4000 + b'"}\n'):
    answer, = lines(bad, 1)
    assert '"ok":false' in answer, (bad[:40], answer)
assert all('"ok":true' in a for a in lines(b'{"verb":"status"}\n' * 3, 3)), "three requests at once"
s = connect()  # a byte at a time
for b in b'{"verb":"status"}\n':
    s.sendall(bytes([b]))
assert b'"ok":true' in s.recv(65536)
s = connect()  # a line that never ends: closed
try:
    s.sendall(b"x" * 100000)
    assert s.recv(10) == b"", "an endless line was answered"
except (BrokenPipeError, ConnectionResetError):
    pass
idle = [connect() for _ in range(40)]  # more than it takes: those beyond are closed
time.sleep(0.3)
closed = 0
for s in idle:
    s.setblocking(False)
    try:
        closed += s.recv(1) == b""
    except BlockingIOError:
        pass
assert closed >= 30, "of 40 clients only %d were turned away" % closed
for s in idle: s.close()
s = connect()  # never reads: does not hold up others
s.settimeout(0.2)
try:
    while True: s.sendall(b'{"verb":"status"}\n' * 100)
except socket.timeout:
    pass
assert '"ok":true' in lines(b'{"verb":"status"}\n', 1)[0], "held up by one who does not read"
HOSTILE
cat >"$TMP/daemon.sh" <<'INSIDE'
set -eu
ip link set lo up
"$SKYPELAB" watch -i lo --daemon --pid-file "$TMP/pid" --control "$TMP/control" --eve "$TMP/daemon.json" </dev/null >"$TMP/out" 2>"$TMP/err" 3>&-
pid=$(cat "$TMP/pid")
trap 'kill $pid 2>/dev/null || true' EXIT
[ "$(readlink /proc/$pid/cwd)" = / ] || { echo "its folder is $(readlink /proc/$pid/cwd)"; exit 1; }
[ "$(readlink /proc/$pid/fd/2)" = /dev/null ] || { echo "it holds on to $(readlink /proc/$pid/fd/2)"; exit 1; }
[ "$(ps -o sid= -p "$pid" | tr -d ' ')" = "$pid" ] || { echo "it is in no session of its own"; exit 1; }
[ "$(stat -c %a "$TMP/control")" = 600 ] || { echo "control socket: $(stat -c %a "$TMP/control")"; exit 1; }
python3 "$TMP/ask.py" "$TMP/control" '{"verb":"status"}' >"$TMP/status"
python3 "$TMP/hostile.py" "$TMP/control"
"$SKYPELAB" watch -i lo --control "$TMP/control" 2>"$TMP/second" && { echo "two at one control socket"; exit 1; }
grep -q "another program answers there" "$TMP/second"
kill -TERM "$pid"
for _ in $(seq 100); do
	[ -e "/proc/$pid" ] || break
	sleep 0.05
done
[ ! -e "/proc/$pid" ] || { echo "it does not end"; exit 1; }
[ ! -e "$TMP/pid" ] && [ ! -e "$TMP/control" ] || { echo "it left files: $(ls "$TMP")"; exit 1; }
# one that cannot says why where it was called, with its status
rc=0
"$SKYPELAB" watch -i gone0 --daemon 2>"$TMP/gone" || rc=$?
[ $rc = 2 ] && grep -q "gone0: no such interface" "$TMP/gone" || { echo "a daemon that cannot: $rc, $(cat "$TMP/gone")"; exit 1; }
rc=0
"$SKYPELAB" watch -i lo --daemon --eve "$TMP/no/folder/eve.json" 2>"$TMP/gone" || rc=$?
[ $rc = 2 ] && grep -q "cannot write" "$TMP/gone" || { echo "a daemon that cannot write: $rc, $(cat "$TMP/gone")"; exit 1; }
# a socket that a dead one left is taken over
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$TMP/stale"
"$SKYPELAB" watch -i lo --daemon --pid-file "$TMP/pid" --control "$TMP/stale" 2>"$TMP/err"
kill "$(cat "$TMP/pid")"
INSIDE
isolated bash "$TMP/daemon.sh" >"$TMP/said" 2>&1 || fail "as a daemon: $(cat "$TMP/said" "$TMP/err")"
same "$(jq -r '[.ok, .version, .signatures[0].name, (.signatures[0].revision > 0), .capture.kernel_drops, (.interfaces | keys[0])] | @csv' "$TMP/status")" \
	"true,\"$(cat VERSION)\",\"skypelab-2006\",true,0,\"lo\"" "status"

# A service manager is told.
cat >"$TMP/manager.py" <<'MANAGER'
import os, signal, socket, subprocess, sys, time
path = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(path)
s.settimeout(20)
p = subprocess.Popen([os.environ["SKYPELAB"], "watch", "-i", "lo"], env=dict(os.environ, NOTIFY_SOCKET=path), stdout=subprocess.DEVNULL)
def until(word):
    while True:
        if word in s.recv(4096).decode().splitlines(): return
until("READY=1")
until("WATCHDOG=1")
p.send_signal(signal.SIGHUP)
until("RELOADING=1")
until("READY=1")
p.send_signal(signal.SIGTERM)
until("STOPPING=1")
assert p.wait() == 0
MANAGER
# shellcheck disable=SC2016
isolated bash -c 'ip link set lo up; python3 "$TMP/manager.py" "$TMP/notify"' >"$TMP/said" 2>&1 || fail "service manager: $(cat "$TMP/said")"

# The unit, as installed, by systemd's own tools.
make -s install BUILD="$BUILD" DESTDIR="$TMP/root" PREFIX=/usr >"$TMP/said" 2>&1 || fail "make install: $(cat "$TMP/said")"
[ -s "$TMP/root/usr/share/skypelab/service/skypelab.logrotate" ] || fail "no logrotate snippet is installed"
unit=$TMP/root/usr/lib/systemd/system/skypelab-watch@.service
grep -q '^ExecStart=/usr/bin/skypelab watch ' "$unit" || fail "the unit starts $(grep ExecStart "$unit")"
command -v systemd-analyze >/dev/null || skip "all but the unit passed; systemd-analyze is not installed; sudo apt install systemd"
mkdir "$TMP/unit"
sed "s|/usr/bin/skypelab|$SKYPELAB|" "$unit" >"$TMP/unit/skypelab-watch@.service"
said=$(systemd-analyze verify "$TMP/unit/skypelab-watch@.service" 2>&1 | grep skypelab-watch | grep -v "Command 'man " || true)
[ -z "$said" ] || fail "systemd-analyze verify: $said"
systemd-analyze security --offline=true --threshold=25 "$TMP/unit/skypelab-watch@.service" >"$TMP/security" 2>&1 ||
	fail "systemd-analyze security: $(tail -n 1 "$TMP/security")"
tail -n 1 "$TMP/security"
