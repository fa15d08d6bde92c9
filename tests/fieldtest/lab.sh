#!/bin/bash
# lab.sh PROTOCOL FILE [MESSAGES]: captures real programs that speak PROTOCOL (dns, ntp, dhcp, smb) in a
# network of their own, until about as many messages (1,000) are there. It exits 77 and says what is missing
# where a program is not installed. Five clients of different addresses each, one server.
set -euo pipefail
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
protocol=$1 file=$(realpath -m "$2") messages=${3:-1000}
here=$(dirname "$(realpath "$0")")

lacks() {
	for p in "$@"; do
		command -v "${p%%=*}" >/dev/null || { echo "no ${p%%=*}; apt install --no-install-recommends ${p#*=}"; exit 77; }
	done
}
lacks dumpcap=tshark ip=iproute2
case $protocol in
dns) lacks dnsmasq=dnsmasq-base dig=bind9-dnsutils ;;
ntp) lacks chronyd=chrony ;;
dhcp) lacks dnsmasq=dnsmasq-base udhcpc=udhcpc ;;
smb) lacks smbd=samba smbclient=smbclient ;;
*) echo "usage: lab.sh dns|ntp|dhcp|smb FILE [MESSAGES]" >&2; exit 2 ;;
esac

if [ -z "${IN_LAB:-}" ]; then
	isolate=(unshare -nmpf --mount-proc)
	[ "$(id -u)" = 0 ] || isolate=(unshare -Urnmpf --mount-proc)
	IN_LAB=1 exec "${isolate[@]}" "$here/lab.sh" "$protocol" "$file" "$messages"
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
ip link set lo up
for k in 1 2 3 4 5; do ip addr add 10.0.0.$k/32 dev lo; done
for k in 1 2 3; do ip addr add 20.0.0.$k/32 dev lo; done

# listen INTERFACE FILTER: dumpcap, when it captures; what follows ends with stop.
listen() {
	dumpcap -P -q -i "$1" -f "$2" -w "$file" 2>dumpcap.txt &
	listening=$!
	for _ in $(seq 200); do
		! grep -q '^File' dumpcap.txt || return 0
		sleep 0.05
	done
	cat dumpcap.txt >&2
	exit 1
}
stop() {
	sleep 0.3
	kill -INT "$listening"
	wait "$listening" || true
}

# TCP segments sent here, of which at least every third is a message.
segments() { awk '/^Tcp: [0-9]/ { print $12 }' /proc/net/snmp; }
word() { # word N: a name that depends on N
	local letters=abcdefghijklmnopqrstuvwxyz n=$1 w=
	for ((i = 0; i <= n % 9 + 2; i++)); do
		n=$(((n * 1103515245 + 12345) % 2147483648))
		w+=${letters:$((n / 65536 % 26)):1}
	done
	echo "$w"
}

dns() {
	dnsmasq --no-daemon --conf-file=/dev/null --user=root --listen-address=20.0.0.1 --bind-interfaces --no-resolv \
		--no-hosts --address=/example.com/192.0.2.1 --mx-host=example.com,mail.example.com \
		--txt-record=example.com,"v=spf1 -all" --pid-file="$tmp/pid" 2>dnsmasq.txt &
	sleep 0.5
	listen lo "udp port 53"
	local types=(A A A A AAAA MX TXT) options=(+edns=0 +noedns)
	for ((i = 0; i < messages / 2; i++)); do
		echo "-b 10.0.0.$((i % 5 + 1)) @20.0.0.1 $(word $i).example.com ${types[i % 7]} ${options[i / 7 % 2]} +nocookie"
	done >queries.txt
	# One query a line of the batch files, five at a time, one file per client.
	for k in 0 1 2 3 4; do
		awk -v k=$k 'NR % 5 == k' queries.txt >queries.$k
		dig -f queries.$k >/dev/null &
		digs[k]=$!
	done
	wait "${digs[@]}"
	stop
}

# Three servers: one of its own clock, one that follows it, one that follows that one. Clients ask all three.
ntp() {
	for k in 1 2 3; do
		printf 'allow all\nbindaddress 20.0.0.%s\nbindacqaddress 20.0.0.%s\ncmdport 0\nbindcmdaddress /\npidfile %s/s%s.pid\n' \
			$k $k "$tmp" $k >s$k.conf
	done
	echo "local stratum 3" >>s1.conf
	echo "server 20.0.0.1 minpoll 0 maxpoll 0 iburst" >>s2.conf
	echo "server 20.0.0.2 minpoll 0 maxpoll 0 iburst" >>s3.conf
	for k in 1 2 3; do
		chronyd -x -d -u root -f "$tmp/s$k.conf" >s$k.txt 2>&1 &
		sleep 2
	done
	listen lo "udp port 123"
	for k in 1 2 3 4 5; do
		printf 'bindacqaddress 10.0.0.%s\nport 0\ncmdport 0\nbindcmdaddress /\npidfile %s/c%s.pid\n' $k "$tmp" $k >c$k.conf
		for server in 1 2 3; do
			echo "server 20.0.0.$server minpoll -3 maxpoll -$((k % 3 + 1)) version $((k % 2 + 3))" >>c$k.conf
		done
		timeout $((messages / 130 + 2)) chronyd -x -d -u root -f "$tmp/c$k.conf" >c$k.txt 2>&1 &
		clients[k]=$!
	done
	wait "${clients[@]}" || true
	stop
}

dhcp() {
	ip link add s0 type veth peer name c0
	ip addr add 20.1.0.1/16 dev s0
	ip link set s0 up
	ip link set c0 up
	dnsmasq --no-daemon --conf-file=/dev/null --user=root --port=0 --interface=s0 --bind-interfaces --no-ping \
		--dhcp-mac=set:phone,02:00:5e:01:*:* --dhcp-mac=set:guest,02:00:5e:02:*:* \
		--dhcp-range=tag:phone,20.1.201.0,20.1.220.0,255.255.0.0,12h \
		--dhcp-range=tag:guest,20.1.221.0,20.1.250.0,255.255.0.0,10m \
		--dhcp-range=20.1.1.0,20.1.200.0,255.255.0.0,1h --dhcp-option=3,20.1.0.1 --dhcp-option=6,20.1.0.53 \
		--domain=lab.example --dhcp-leasefile="$tmp/leases" --dhcp-authoritative --pid-file="$tmp/pid" \
		2>dnsmasq.txt &
	sleep 0.5
	listen s0 "udp port 67 or udp port 68"
	for ((i = 0; i < messages / 4; i++)); do
		ip link set c0 down
		ip link set c0 address "$(printf '02:00:5e:%02x:%02x:%02x' $((i % 7)) $((i * 37 % 256)) $((i * 101 % 251)))"
		ip link set c0 up
		udhcpc -i c0 -n -q -f -s /bin/true -t 4 -T 1 -A 1 -x "hostname:$(word $i)" >>udhcpc.txt 2>&1 ||
			tail -n 1 udhcpc.txt
	done
	stop
}

# smbd ends its process group when it ends: it gets one of its own.
smb() {
	mkdir -p share private lock state cache pid
	for ((i = 0; i < 40; i++)); do head -c $((i * 997 % 5000 + 10)) /dev/urandom >"share/$(word $i).bin"; done
	cat >smb.conf <<-END
		[global]
		workgroup = LAB
		server role = standalone server
		map to guest = bad user
		guest account = root
		interfaces = lo 20.0.0.1/32
		smb ports = 445
		disable netbios = yes
		disable spoolss = yes
		load printers = no
		private dir = $tmp/private
		lock directory = $tmp/lock
		state directory = $tmp/state
		cache directory = $tmp/cache
		pid directory = $tmp/pid
		ncalrpc dir = $tmp/state/ncalrpc
		[share]
		path = $tmp/share
		guest ok = yes
		read only = no
		force user = root
	END
	setsid smbd -F --no-process-group -s "$tmp/smb.conf" -l "$tmp" --debug-stdout >smbd.txt 2>&1 &
	sleep 2
	listen lo "tcp port 445"
	i=0
	before=$(segments)
	while [ $(($(segments) - before)) -lt $((3 * messages)) ] && [ $i -lt 200 ]; do
		ip route replace local 20.0.0.1 dev lo src 10.0.0.$((i % 5 + 1)) table local
		smbclient -s "$tmp/smb.conf" -N -m SMB3 "//20.0.0.1/share" \
			-c "ls; get $(word $((i % 40))).bin /dev/null; put smb.conf $(word $((i + 100))); rm $(word $((i + 100))); du" \
			>>client.txt 2>&1 || true
		i=$((i + 1))
	done
	stop
	head -5 client.txt
}

"$protocol"
for p in $(jobs -p); do kill "$p" 2>/dev/null || true; done
wait 2>/dev/null || true
