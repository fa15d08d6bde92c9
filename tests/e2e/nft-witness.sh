#!/bin/bash
# nft(8) lists every gateway's rules as skypelab does: our listing, read from the kernel by our own
# code, against nft's, for every policy and every NAT behaviour. Who lacks the permission is told.
. "$(dirname "$0")/lib.sh"
need_namespaces
need nft
tool="$BUILD/tools/gwrules"
[ -x "$tool" ] || skip "tests/tools are not built"

# nft leaves out a protocol test that the next word implies; the order of counters and the line
# breaks between a set's elements are its own.
normal() {
	grep -v '^#' "$1" | sed -E 's/meta l4proto (udp|tcp) //; s/^[[:space:]]+//' |
		sed -E ':join; /,$/ { N; s/\n[[:space:]]*/ /; b join }' | sort
}

compare() { # FIREWALL NAT [internet|dmz]
	# shellcheck disable=SC2016
	isolated sh -c '"$0" "$@" >"$TMP/ours" && nft list ruleset >"$TMP/nfts"' "$tool" "$@" ||
		fail "$*: not loaded"
	diff <(normal "$TMP/ours") <(normal "$TMP/nfts") || fail "$*: nft lists other rules"
	n=$((n + 1))
}
export TMP
n=0
for f in scenarios/firewalls/*.yaml; do
	f=$(basename "$f" .yaml)
	for sw in "" :reject; do
		compare "$f$sw" public
		compare "$f$sw" full-cone
	done
	compare "$f" public internet
done
for nat in scenarios/nats/*.yaml; do
	compare open "$(basename "$nat" .yaml)"
done
for m in endpoint-independent address-dependent address-and-port-dependent; do
	for f in endpoint-independent address-dependent address-and-port-dependent; do
		for hk in hairpinning=no hairpinning=yes,port-preservation=yes; do
			compare inbound-restricted "mapping=$m,filtering=$f,$hk"
		done
	done
done
compare proxy-only public dmz
compare proxy-only full-cone dmz
echo "$n listings are equal"
# 10 policies, 5 each; 6 presets; 18 combinations; 2 with a DMZ
[ "$n" -ge 76 ] || fail "only $n compared"

rc=0
as_user "$tool" open full-cone 2>"$TMP/err" >/dev/null || rc=$?
same "$rc" 3 "exit status without permission"
grep -q 'no permission to load rules.*CAP_NET_ADMIN' "$TMP/err" || fail "$(cat "$TMP/err")"
