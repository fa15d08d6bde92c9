#!/bin/bash
# Independent witnesses name every NAT preset: Debian's RFC 3489 `stun` client, and coturn's
# turnutils_natdiscovery (RFC 5780) against a coturn server with two addresses and two ports inside
# the lab. All presets at once, each in a lab of its own.
# long: witnesses that wait for answers which do not come
. "$(dirname "$0")/lib.sh"
need_namespaces
need stun
need turnserver
need turnutils_natdiscovery
export XDG_RUNTIME_DIR="$TMP"

cat >"$TMP/hairpin.yaml" <<EOF
name: hairpin
summary: a port-restricted cone with hairpinning that keeps ports
reproduces: RFC 4787 REQ-9
translation: seeded
mapping: endpoint-independent
filtering: address-and-port-dependent
hairpinning: true
port-preservation: true
EOF

witness() { # NAME NAT: leaves NAME.stun and NAME.5780
	local name=$1 nat=$2 lab="w$$-$1" ip=192.168.200.10 server
	[ "$nat" = public ] && ip=203.0.113.10
	"$SKYPELAB" lab up -n "$lab" --site "a,nat=$nat" --internet 198.51.100.0/24 --seed 1
	"$SKYPELAB" lab exec -n "$lab" internet -- turnserver -n -c /dev/null \
		-L 198.51.100.1 -L 198.51.100.2 -p 3478 --alt-listening-port=3479 --no-tls --no-dtls \
		--no-auth --stun-only --no-cli --pidfile "$TMP/$name.pid" --log-file "$TMP/$name.log" \
		--simple-log >/dev/null 2>&1 &
	server=$!
	for _ in $(seq 20); do
		timeout 1 "$SKYPELAB" lab exec -n "$lab" a-h1 -- turnutils_stunclient 198.51.100.1 \
			>"$TMP/$name.up" 2>&1 && grep -q 'reflexive addr' "$TMP/$name.up" && break
	done
	timeout 60 "$SKYPELAB" lab exec -n "$lab" a-h1 -- stun 198.51.100.1 -p 5000 -i $ip \
		>"$TMP/$name.stun" 2>&1 || true # its status is the NAT's type
	# On a busy machine it may give up on an answer that comes late, and then has no verdict.
	for _ in 1 2 3; do
		timeout 30 "$SKYPELAB" lab exec -n "$lab" a-h1 -- turnutils_natdiscovery -m -f \
			198.51.100.1 >"$TMP/$name.5780" 2>&1 || true
		grep -q 'Mapping!' "$TMP/$name.5780" && grep -q 'Filtering!' "$TMP/$name.5780" && break
	done
	"$SKYPELAB" lab down -n "$lab"
	wait $server || true
}

presets="public full-cone address-restricted port-restricted symmetric masquerade"
for p in $presets; do
	witness "$p" "$p" &
done
witness hairpin "$TMP/hairpin.yaml" &
wait

says() { # NAME FILE WORDS
	grep -qF -- "$3" "$TMP/$1.$2" || {
		cat "$TMP/$1.$2"
		fail "$1: the witness does not say «$3»"
	}
}
ei="Independent Mapping"
says public stun "Primary: Open"
says full-cone stun "Primary: $ei, Independent Filter, random port, no hairpin"
says address-restricted stun "Primary: $ei, Address Dependent Filter, random port, no hairpin"
says port-restricted stun "Primary: $ei, Port Dependent Filter, random port, no hairpin"
says symmetric stun "Primary: Dependent Mapping, random port, no hairpin"
says masquerade stun "Primary: $ei, Port Dependent Filter, preserves ports, no hairpin"
says hairpin stun "Primary: $ei, Port Dependent Filter, preserves ports, will hairpin"

for p in public full-cone; do
	says $p 5780 "NAT with Endpoint Independent Mapping!"
	says $p 5780 "NAT with Endpoint Independent Filtering!"
done
says address-restricted 5780 "NAT with Endpoint Independent Mapping!"
says address-restricted 5780 "NAT with Address Dependent Filtering!"
for p in port-restricted masquerade hairpin; do
	says $p 5780 "NAT with Endpoint Independent Mapping!"
	says $p 5780 "NAT with Address and Port Dependent Filtering!"
done
says symmetric 5780 "NAT with Address and Port Dependent Mapping!"
says symmetric 5780 "NAT with Address and Port Dependent Filtering!"
