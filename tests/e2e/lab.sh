#!/bin/bash
# A lab held for a person, as an ordinary user: packets pass and are captured, programs run inside
# with their streams and exit codes, bad input creates nothing, and nothing is left at the end.
. "$(dirname "$0")/lib.sh"
need_namespaces
need ip
need python3

LAB=e2e-$$
lab() { local verb=$1; shift; marked_run "$SKYPELAB" lab "$verb" -n "$LAB" "$@"; }
trap 'marked_run "$SKYPELAB" -q lab down -n "$LAB" 2>/dev/null || true; rm -rf "$TMP"' EXIT
chmod 755 "$TMP"
mkdir -m 777 "$TMP/cap"
links=$(ip -br link)

lab up --site caller,hosts=2 --site callee,nat=full-cone,delay=20 --internet 1.2.3.4 \
	--internet 68.206.0.0/16 --capture "$TMP/cap" || fail "lab up: exit $?"
lab up --site x 2>"$TMP/err" && fail "a second lab took the same name"
grep -q "named '$LAB' is up" "$TMP/err" || fail "wrong words: $(cat "$TMP/err")"

# The kernel's own witnesses.
lab exec caller-h2 -- ip -4 -br addr show eth0 | has 203.0.113.11/32 || fail "no address"
lab exec caller-h1 -- ip neigh | grep -c PERMANENT | has -x 1 || fail "neighbour not permanent"
for s in congestion_control=reno tso_win_divisor=255; do # whatever the host has
	same "$(lab exec caller-h1 -- cat "/proc/sys/net/ipv4/tcp_${s%=*}")" "${s#*=}" "${s%=*}"
done
same "$(lab exec caller-gw -- sh -c 'cat /proc/sys/net/ipv6/conf/*/disable_ipv6' | sort -u)" 1 \
	"IPv6 is on"
if command -v ethtool >/dev/null; then
	lab exec caller-h1 -- ethtool -k eth0 | grep -E '^\s*(tx-checksumming|generic-segmentation-offload|generic-receive-offload|tx-tcp-segmentation|tx-tcp6-segmentation): on' && # newer kernels leave AccECN's on, which does nothing alone
		fail "an offload is on"
fi

# TCP from a host behind NAT over a link of 20 ms to a server on any address of the internet.
cat >"$TMP/server.py" <<'PY'
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("68.206.150.243", 57322))
s.listen(1)
open(sys.argv[1], "w").close()
c, peer = s.accept()
c.sendall(peer[0].encode() + b" " + c.recv(100))
PY
cat >"$TMP/client.py" <<'PY'
import socket, time
s = socket.socket()
start = time.time()
s.connect(("68.206.150.243", 57322))
rtt = time.time() - start
s.sendall(b"hello")
print(s.recv(100).decode(), "late" if rtt >= 0.04 else "early %f" % rtt)
PY
lab exec internet -- timeout 20 python3 "$TMP/server.py" "$TMP/cap/ready" &
for _ in $(seq 100); do [ -e "$TMP/cap/ready" ] && break; sleep 0.05; done
same "$(lab exec callee-h1 -- python3 "$TMP/client.py")" "198.18.16.2 hello late" "TCP across the lab"
wait $!

# Programs inside: exit code, arguments, streams, folder, signals, names.
rc=0; lab exec core -- sh -c 'exit 7' || rc=$?
same $rc 7 "exit code"
rc=0; lab exec core -- sh -c 'kill -TERM $$' || rc=$?
same $rc 143 "exit code of a killed program"
rc=0; lab exec core -- /no/such/program 2>/dev/null || rc=$?
same $rc 127 "exit code of a missing program"
same "$(echo in | lab exec core -- cat - )" in "standard input"
same "$(cd /usr && lab exec core -- pwd)" /usr "folder"
same "$(lab exec core -- printf '%s|' 'a b' -n --all)" "a b|-n|--all|" "arguments"
same "$(lab exec caller-h1 -- getent hosts callee-gw | awk '{print $1}')" 198.18.16.2 "hosts file"
# shellcheck disable=SC2016
same "$(lab exec caller-h1 -- sh -c 'echo $SKYPELAB_NODE')" caller-h1 "node's name"
rc=0; lab exec nobody-h1 -- true 2>"$TMP/err" || rc=$?
same $rc 2 "exit code for an unknown node"
grep -q "no node 'nobody-h1'" "$TMP/err" || fail "wrong words: $(cat "$TMP/err")"

lab status >"$TMP/status"
grep -q '^callee-h1  *host  *192.168.201.10$' "$TMP/status" || fail "status: $(cat "$TMP/status")"
lab graph | has 'callee-gw  wan 198.18.16.2, .*nat full-cone, delay 20 ms' || fail "graph"
# Without a name, down ends the lab that was started without one, and no other.
if ! marked_run "$SKYPELAB" lab status -n lab >/dev/null 2>&1; then
	marked_run "$SKYPELAB" lab down 2>"$TMP/err" && fail "down ended a lab that it was not told to end"
	grep -q "no lab 'lab' is up" "$TMP/err" || fail "wrong words: $(cat "$TMP/err")"
	lab status >/dev/null || fail "the lab is gone"
fi
lab graph | has '^   servers bind: .*68\.206\.' || fail "graph does not say what to bind: $(lab graph)"
lab graph --dot | has '"callee-h1" -- \|-- "callee-h1"' || fail "graph --dot"
if command -v dot >/dev/null; then lab graph --dot | dot -Tsvg >/dev/null || fail "dot refuses"; fi

# A program left running ends with the lab; the captures appear only then, whole.
lab exec callee-h1 -- sleep 1000 &
sleeper=$!
ls "$TMP"/cap/*.pcap 2>/dev/null && fail "a capture has its name before the end"
lab down || fail "lab down: exit $?"
wait $sleeper && fail "a program outlived its lab"
nothing_left "after lab down"
same "$(ip -br link)" "$links" "host links"
grep -q "skypelab.*/$LAB" /proc/net/unix && fail "the lab's socket is left"
[ -z "$(ls -d /tmp/skypelab-*/"$LAB" /run/skypelab/"$LAB" /run/user/*/skypelab/"$LAB" 2>/dev/null)" ] || fail "the lab's name is left"
same "$(cd "$TMP/cap" && echo *.pcap)" "callee-gw.lan.pcap callee-gw.wan.pcap caller-gw.lan.pcap caller-gw.wan.pcap core.any.pcap" "captures"
if command -v tshark >/dev/null; then
	# Checksums are real, because offloads are off; each packet is at the core once.
	count() { tshark -r "$TMP/cap/$1" -o tcp.check_checksum:TRUE -Y "$2" 2>/dev/null | wc -l; }
	same "$(count core.any.pcap 'tcp.flags.syn==1 && tcp.flags.ack==0')" 1 "SYNs at the core"
	same "$(count callee-gw.lan.pcap 'ip.src==192.168.201.10 && tcp.flags.syn==1')" 1 "SYN inside"
	same "$(count callee-gw.wan.pcap 'ip.src==198.18.16.2 && tcp.flags.syn==1')" 1 "SYN outside"
	same "$(count callee-gw.wan.pcap 'tcp.checksum.status!=1')" 0 "bad checksums"
	same "$(count core.any.pcap 'arp || ipv6')" 0 "noise"
fi

# From a scenario: a cell by name or the first; its graph without building it.
scenario=$(dirname "$0")/../../scenarios/first-light.yaml
cell=$(marked_run "$SKYPELAB" run --dry-run "$scenario" 2>/dev/null | awk '$1 ~ /full-cone/  && !n++ { print $1 }')
marked_run "$SKYPELAB" lab graph "$scenario" >"$TMP/graph" || fail "graph of a scenario"
grep -q '^.- caller-gw  wan ' "$TMP/graph" || fail "graph: $(cat "$TMP/graph")"
lab up "$scenario" "$cell" || fail "lab up of a scenario's cell '$cell'"
lab graph | has 'nat full-cone' || fail "not the cell that was asked for"
lab exec caller-h1 -- grep -q '^nameserver ' /etc/resolv.conf || fail "no resolver"
lab down
rc=0; lab up "$scenario" no-such-cell 2>"$TMP/err" || rc=$?
same $rc 2 "exit code for an unknown cell"
grep -q "no cell 'no-such-cell'" "$TMP/err" || fail "wrong words: $(cat "$TMP/err")"
nothing_left "after the scenario's lab"

# Bad input: one line, exit 2, nothing created.
bad() {
	local words=$1 rc=0
	shift
	marked_run "$SKYPELAB" lab up -n "$LAB" "$@" 2>"$TMP/err" || rc=$?
	same $rc 2 "exit code of: $*"
	same "$(wc -l <"$TMP/err")" 1 "lines of: $(cat "$TMP/err")"
	grep -q -- "$words" "$TMP/err" || fail "«$(cat "$TMP/err")» lacks «$words»"
	same "$(marked)" "" "processes left"
}
bad "overlaps" --site caller --internet 203.0.113.9
bad "no-such-nat" --site caller,nat=no-such-nat
bad "no-such-wall" --site caller,firewall=no-such-wall
bad "'colour' is not one of" --site caller,colour=red
bad "two sites are named" --site a --site a
bad "/no/such.yaml" /no/such.yaml
rc=0; marked_run "$SKYPELAB" lab up -n "$LAB" 2>"$TMP/err" || rc=$?
same $rc 2 "exit code without a scenario and without --site"
same "$(head -n 1 "$TMP/err")" "skypelab: lab up: SCENARIO is missing, expected SCENARIO [CELL]"
grep -q 'lab up --site SITE' "$TMP/err" || fail "the usage does not name --site: $(cat "$TMP/err")"
rc=0; marked_run "$SKYPELAB" -q lab down -n "$LAB" 2>/dev/null || rc=$?
same $rc 2 "exit code of down without a lab"

# A kernel that refuses: exit 3, and what to type.
if unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_net_namespaces' 2>/dev/null; then
	rc=0
	unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_net_namespaces; exec "$@"' sh \
		"$SKYPELAB" lab up -n "$LAB" --site a 2>"$TMP/err" || rc=$?
	same $rc 3 "exit code without namespaces"
	same "$(wc -l <"$TMP/err")" 1 "lines of: $(cat "$TMP/err")"
	grep -q 'sudo sysctl -w user.max_net_namespaces=' "$TMP/err" || fail "$(cat "$TMP/err")"
fi
