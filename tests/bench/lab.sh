#!/bin/bash
# How long a lab takes: two sites behind full-cone NATs, against a shell script that makes the same
# network with ip(8) and nft(8); the 36 both-node settings; a site of 200 hosts and 2,000 servers.
set -eu
: "${BUILD:?run through tests/bench.sh}"
bench=$BUILD/tools/labbench
cells=40 scripts=5
[ -z "${SKYPELAB_BENCH_QUICK:-}" ] || cells=10 scripts=2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
row() { printf '%-52s %10s %10s\n' "$@"; }

row "" "up ms" "down ms"
"$bench" cells "$cells" full-cone inbound-restricted >"$tmp/cells"
ours=$(awk '{ print $1 }' "$tmp/cells" | median)
row "two-site cell, median of $cells" "$ours" "$(awk '{ print $2 }' "$tmp/cells" | median)"
row "  slowest of them" "$(awk '{ print $1 }' "$tmp/cells" | sort -n | tail -n 1)" \
	"$(awk '{ print $2 }' "$tmp/cells" | sort -n | tail -n 1)"
"$bench" taps "$cells" >"$tmp/taps"
row "five captures on top" "$(awk '{ print $2 }' "$tmp/taps" | median)" \
	"$(awk '{ print $3 }' "$tmp/taps" | median)"
"$bench" large 200 2000 >"$tmp/large"
read -r up down <"$tmp/large"
row "200 hosts behind NAT, 2,000 server addresses" "$up" "$down"

cat >"$tmp/script.sh" <<'SH'
# The same two-site cell by hand: namespaces, links in place, fixed MACs, routes, neighbours,
# settings, offloads off, nftables rules. Runs inside a namespace of its own; leaves nothing.
set -e
mount -t tmpfs none /run
mkdir /run/netns
now() { date +%s%N; }
ethtool=$(command -v ethtool || true) # without it the script is given that much time
start=$(now)
for n in caller-h1 caller-gw callee-h1 callee-gw core internet; do
	ip netns add $n
	ip netns exec $n sh -c 'for s in ipv6/conf/all/disable_ipv6=1 ipv6/conf/default/disable_ipv6=1 \
		ipv4/conf/all/rp_filter=0 ipv4/conf/default/rp_filter=0 ipv4/tcp_timestamps=0 \
		ipv4/tcp_ecn=0 ipv4/tcp_autocorking=0 ipv4/tcp_no_metrics_save=1 \
		ipv4/icmp_ratelimit=0; do echo ${s#*=} >/proc/sys/net/${s%=*}; done'
	ip -n $n link set lo up
done
for n in caller-gw callee-gw core; do
	ip netns exec $n sh -c 'for s in conf/all/send_redirects=0 conf/default/send_redirects=0 \
		ip_forward=1; do echo ${s#*=} >/proc/sys/net/ipv4/${s%=*}; done'
done
# link NODE IF MAC ADDRESS PEER IF MAC ADDRESS
link() {
	ip -n "$1" link add "$2" address "$3" type veth peer name "$6" address "$7" netns "$5"
	for e in "$1 $2 $4" "$5 $6 $8"; do
		set -- $e
		[ -z "$ethtool" ] || ip netns exec "$1" ethtool -K "$2" tx off rx off gso off gro off >/dev/null
		ip -n "$1" addr add "$3/32" dev "$2"
		ip -n "$1" link set "$2" up
	done
}
site() { # NAME LAN-PREFIX WAN
	link $1-gw lan 02:00:00:$4:00:02 $2.1 $1-h1 eth0 02:00:00:$4:01:02 $2.10
	link $1-gw wan 02:00:00:$4:00:03 $3 core $1 02:00:00:$4:02:02 192.0.2.1
	ip -n $1-h1 neigh add $2.1 lladdr 02:00:00:$4:00:02 dev eth0 nud permanent
	ip -n $1-h1 route add default via $2.1 dev eth0 onlink quickack 1
	ip -n $1-gw neigh add $2.10 lladdr 02:00:00:$4:01:02 dev lan nud permanent
	ip -n $1-gw route add $2.10 dev lan quickack 1
	ip -n $1-gw route add unreachable $2.0/24
	ip -n $1-gw neigh add 192.0.2.1 lladdr 02:00:00:$4:02:02 dev wan nud permanent
	ip -n $1-gw route add default via 192.0.2.1 dev wan onlink quickack 1
	ip -n core neigh add $3 lladdr 02:00:00:$4:00:03 dev $1 nud permanent
	ip -n core route add $3 dev $1 quickack 1
	ip netns exec $1-gw nft -f - <<NFT
table ip gateway {
	map mapped-udp { type inet_service : ipv4_addr . inet_service; flags dynamic, timeout; size 65535; timeout 120s; }
	counter input-wan { }
	counter inbound-closed { }
	chain input {
		type filter hook input priority filter
		iifname "wan" ct state established,related accept
		iifname "wan" counter name "input-wan" drop
	}
	chain forward {
		type filter hook forward priority filter
		ct state established,related accept
		iifname "wan" counter name "inbound-closed" drop
	}
	chain prerouting {
		type nat hook prerouting priority dstnat
		iifname "wan" meta l4proto udp dnat to udp dport map @mapped-udp
	}
	chain postrouting {
		type nat hook postrouting priority srcnat
		oifname "wan" meta l4proto udp update @mapped-udp { udp sport : ip saddr . udp sport }
		oifname "wan" masquerade
	}
}
NFT
}
site caller 192.168.200 203.0.113.2 0a
site callee 192.168.201 198.18.16.2 0b
link core internet 02:00:00:0c:00:02 192.0.2.1 internet eth0 02:00:00:0c:00:03 192.0.2.2
ip -n core neigh add 192.0.2.2 lladdr 02:00:00:0c:00:03 dev internet nud permanent
ip -n core route add default via 192.0.2.2 dev internet onlink quickack 1
ip -n internet neigh add 192.0.2.1 lladdr 02:00:00:0c:00:02 dev eth0 nud permanent
ip -n internet route add default via 192.0.2.1 dev eth0 onlink quickack 1
ip -n internet route add local 68.206.150.243 dev lo
up=$(now)
for n in caller-h1 caller-gw callee-h1 callee-gw core internet; do ip netns del $n; done
echo $(((up - start) / 10000)) $((($(now) - up) / 10000))
SH
apart="unshare -nm"
[ "$(id -u)" = 0 ] || apart="unshare -Urnm"
if command -v nft >/dev/null && command -v ip >/dev/null; then
	for _ in $(seq $scripts); do $apart bash "$tmp/script.sh"; done >"$tmp/script"
	script=$(awk '{ print $1 / 100 }' "$tmp/script" | median)
	row "the same cell by a script with ip and nft" "$script" \
		"$(awk '{ print $2 / 100 }' "$tmp/script" | median)"
	awk -v a="$script" -v b="$ours" 'BEGIN { printf "the script takes %.0f times as long\n", a / b }'
else
	echo "no script to compare with: ip and nft are needed"
fi
"$bench" matrix >"$tmp/matrix"
read -r n seconds passed stopped <"$tmp/matrix"
awk -v n="$n" -v s="$seconds" -v p="$passed" -v x="$stopped" 'BEGIN {
	printf "%d both-node settings built, probed and taken down in %.2f s: %.0f cells per second\n",
		n, s, n / s
	printf "  (%d packets came and %d were stopped, as the policies declare)\n", p, x }'
