#!/bin/bash
# The HTTP proxy is the last way in: with everything direct dropped, the client goes through a real
# proxy, for the super node and for the login server. In real time (the proxy is a foreign program),
# so with a version file whose waits are short.
. "$(dirname "$0")/lib.sh"
need_namespaces
need tinyproxy
need nft
sed -e 's/^  connect-timeout: .*/  connect-timeout: 0.6/' -e 's/^  patience: .*/  patience: 0.3/' \
	-e 's/^  stagger: .*/  stagger: 0.2/' -e 's/^  timeout: .*/  timeout: 0.6/' scenarios/versions/2.0.yaml >"$TMP/v.yaml"
cat >"$TMP/proxy.conf" <<X
Port 8888
Listen 10.99.0.1
Bind 10.99.0.1
Timeout 600
MaxClients 50
ConnectPort 443
LogLevel Connect
LogFile "$TMP/proxy.log"
X
export TMP BUILD
# through PROXY...: a login with all direct ways dropped and this proxy, the command, in front
through() {
	# shellcheck disable=SC2016 # for the inner shell
	isolated timeout 50 unshare --pid --fork --kill-child bash -c '
	ip link set lo up
	ip route add local 198.18.0.0/15 dev lo
	ip route add local 10.0.0.0/8 dev lo
	nft add table ip f
	nft "add chain ip f in { type filter hook input priority 0; }"
	nft add rule ip f in ip saddr 10.0.0.0/16 ip daddr 198.18.0.0/15 drop
	"$@" >"$TMP/served" 2>&1 &
	for ((i = 0; i < 50; i++)); do (exec 3<>/dev/tcp/10.99.0.1/8888) 2>/dev/null && break; sleep 0.1; done
	"$BUILD/tools/overlay-run" -R -p 10.99.0.1:8888 "$TMP/v.yaml" login quit' bash "$@" >"$TMP/out" 2>"$TMP/err" ||
		{ cat "$TMP/err"; fail "overlay-run"; }
	same "$(cut -f 6,8,10,11 "$TMP/out")" "in	CONNECT R1 R2 R3 T2 T3 T4 L1 L2 L3 L4	8888	ls" "the way in"
}
through tinyproxy -d -c "$TMP/proxy.conf"
[ "$(grep -c 'Established connection' "$TMP/proxy.log")" -ge 2 ] || fail "the proxy saw less than two connections"
cat "$TMP/out"

# A proxy that closes a CONNECT without a word: the next login server is tried.
if command -v python3 >/dev/null; then
	through python3 tests/tools/closing-proxy.py 10.99.0.1 8888 198.18.2.141
	grep -q "closed 198.18.2.141" "$TMP/served" || fail "the proxy closed nothing: $(cat "$TMP/served")"
	grep -q "served 198.18.3.141" "$TMP/served" || fail "the second login server was not tried"
else
	echo "python3 is not installed: left out"
fi
