#!/bin/bash
# The emulated overlay alone on one loopback: the ways in under packet filters that nft sets here
# (an independent program), calls, a lost super node, determinism, two hundred clients.
. "$(dirname "$0")/lib.sh"
need_namespaces
need nft
RUN="$BUILD/tools/overlay-run"
V=scenarios/versions

# in_net RULES... -- COMMAND: the command in a fresh network namespace with these input rules
in_net() {
	local rules=()
	while [ "$1" != -- ]; do rules+=("$1"); shift; done
	shift
	# shellcheck disable=SC2016 # for the inner shell
	isolated bash -c '
		ip link set lo up
		ip route add local 198.18.0.0/15 dev lo
		ip route add local 10.0.0.0/8 dev lo
		nft add table ip f
		nft "add chain ip f in { type filter hook input priority 0; }"
		n=$1; shift
		for ((i = 0; i < n; i++)); do nft "add rule ip f in $1" || exit 9; shift; done
		exec "$@"' bash ${#rules[@]} "${rules[@]}" "$@"
}
outcomes() { in_net "$@" 2>"$TMP/log" >"$TMP/out" || { cat "$TMP/log"; fail "overlay-run: $*"; }; }
column() { awk -F'\t' -v n="$1" -v k="$2" '$3 == k { print $n }' "$TMP/out" | head -n 1; }

udp='ip saddr 10.0.0.0/8 ip protocol udp drop'
high='ip saddr 10.0.0.0/8 tcp dport > 1024 drop'
c443='ip saddr 10.0.0.0/8 tcp dport 443 drop'
ls='ip daddr { 198.18.2.141, 198.18.3.141 } drop'

# The paper's ways in, each forced by what is dropped.
outcomes -- "$RUN" -f $V/1.4.yaml
same "$(column 8 login)" "U1 U4 T1 T2 T3 T4 L1 L2 L3 L4" "fresh client, nothing blocked"
outcomes -- "$RUN" -m automatic $V/1.4.yaml
same "$(column 8 login)" "U1 U2 U3 U4 T1 T2 T3 T4" "cached login, nothing blocked"
outcomes "$udp" -- "$RUN" -f $V/1.4.yaml
same "$(column 8 login)" "T1 T2 T3 T4 L1 L2 L3 L4" "UDP blocked"
outcomes "$udp" "$high" -- "$RUN" -f $V/2.0.yaml
same "$(column 8 login) $(column 10 login)" "R1 R2 R3 T2 T3 T4 L1 L2 L3 L4 443" "only 443 and 80"
outcomes "$udp" "$high" "$c443" -- "$RUN" -f $V/1.4.yaml
same "$(column 8 login) $(column 10 login)" "R1 R2 R3 T2 T3 T4 L1 L2 L3 L4 80" "only 80"
outcomes "$ls" -- "$RUN" -f $V/1.4.yaml
same "$(column 8 login) $(column 11 login)" "U1 U4 T1 T2 T3 T4 L3 L4 relay" "login servers blocked"
outcomes -- "$RUN" -m wrong $V/1.4.yaml
same "$(column 6 login)" refused "wrong password"
outcomes -- "$RUN" $V/1.4.yaml "login wrong" "login manual" quit
same "$(cut -f 6 "$TMP/out" | tr '\n' ' ')" "refused in " "the right password after the wrong one"
# Before the update check its name is looked up; hosts that are closed refuse.
outcomes -- "$RUN" -t "$TMP/m.tsv" $V/1.4.yaml login "wait 10" quit
same "$(awk -F'\t' '$6 ~ /^(dns|http)/ { print $6 }' "$TMP/m.tsv" | tr '\n' ' ')" \
	"dns-query dns-answer http-get http-reply " "look-up and update check"

# Nothing goes: 2.0 shows an error after eight minutes, 1.4 stops after two hours and has used every
# source port from 1026 up in order.
outcomes 'ip saddr 10.0.0.0/8 drop' -- "$RUN" -m automatic $V/2.0.yaml
same "$(column 6 login) $(column 12 login)" "gave up 480.00" "2.0 gives up"
outcomes 'ip saddr 10.0.0.0/8 drop' -- "$RUN" -m automatic -t "$TMP/m.tsv" -F "$TMP/f.tsv" $V/1.4.yaml
same "$(column 6 login) $(column 12 login)" "gave up 7200.00" "1.4 gives up"
awk -F'\t' '$1 == "tcp" { split($2, a, ":"); if (NR > 1 && last && a[2] != last + 1) bad++; last = a[2]
	if (!first) first = a[2] }
	END { if (bad) print bad " steps that are not 1"; if (first < 1026 || first > 1040) print "first " first }' \
	"$TMP/f.tsv" >"$TMP/ports"
[ ! -s "$TMP/ports" ] || fail "source ports of 1.4: $(cat "$TMP/ports")"

# ... and begins again after half an hour.
outcomes 'ip saddr 10.0.0.0/8 drop' -- "$RUN" -m automatic -t "$TMP/m.tsv" $V/1.4.yaml login "wait 2400" quit
awk -F'\t' 'NR > 1 { if (last && $1 - last > gap) { gap = $1 - last; after = $1 - first } if (!first) first = $1; last = $1 }
	END { exit !(gap >= 1800 && gap < 1900 && after > 8990 && last - first > after) }' "$TMP/m.tsv" ||
	fail "1.4 does not rest for half an hour and begin again"

# The contact list and its server: L1 to L4 on 12350, after a datagram there.
outcomes -- "$RUN" -m automatic -t "$TMP/m.tsv" $V/1.4.yaml login "wait 10" "add somebody" "wait 5" quit
same "$(awk -F'\t' '$NF ~ /:12350$/ { print $6 }' "$TMP/m.tsv" | head -n 6 | sort | tr '\n' ' ')" \
	"L1 L2 L3 L4 event event-reply " "messages with the event server"

# Contacts that are there are asked themselves.
outcomes -- "$RUN" -m automatic -c 2 -n 40 -t "$TMP/m.tsv" $V/1.4.yaml c1: "add c2" "add ghost" "wait 20" \
	login "wait 20" quit c2: login "wait 60" quit
same "$(awk -F'\t' '$6 == "presence"' "$TMP/m.tsv" | wc -l)" 4 "questions to the contact"

# Calls take the best way there is.
call=("$RUN" -m automatic -c 3 -n 40 "$V/2.0.yaml" c1: login "wait 20" "call c2 3" "call nobody 3"
	"pstn +4930 3" "conference c2 c3 3" quit c2: login "wait 90" quit c3: login "wait 90" quit)
outcomes -- "${call[@]}"
same "$(awk -F'\t' '$3 == "call" { printf "%s/%s,", $6, $8 }' "$TMP/out")" \
	"in/udp direct,refused/offline,in/pstn udp,in/udp direct,in/udp direct," "calls"
outcomes 'ip saddr 10.0.0.0/8 ip daddr 10.0.0.0/8 drop' -- "${call[@]}"
same "$(column 8 call)" "udp relayed" "no way between the clients"
outcomes 'ip saddr 10.0.0.1 ip protocol udp drop' -- "${call[@]}"
same "$(column 8 call)" "tcp relayed" "caller without UDP"
outcomes -- "$RUN" -m automatic -c 2 -n 40 $V/1.4.yaml c1: login "wait 20" "call c2 3" quit \
	c2: "block c1" login "wait 60" quit
same "$(column 6 call) $(column 8 call)" "refused blocked" "blocked caller"
outcomes -- "$RUN" -m automatic -c 2 -n 40 $V/1.4.yaml c1: login "wait 20" "call c2 3" quit \
	c2: "answer no" login "wait 90" quit
same "$(column 6 call) $(column 8 call)" "refused not answered" "nobody answers"

# A call over one TCP connection of the two: either end may be the one that can be connected to. Where
# neither can, the call finds a way as any other. flows: opener and peer of the TCP flows between them.
call=("$RUN" -m automatic -c 2 -n 40 -F "$TMP/f.tsv" -t "$TMP/m.tsv" "$V/1.4.yaml" c1: login "wait 20" "call c2 3 tcp" quit
	c2: login "wait 90" quit)
flows() { awk -F'\t' '$1 == "tcp" && $2 ~ /^10/ && $3 ~ /^10/ { split($2, a, ":"); split($3, b, ":"); printf "%s-%s ", a[1], b[1] }' "$TMP/f.tsv"; }
syn='tcp flags & (syn|ack) == syn drop'
outcomes -- "${call[@]}"
same "$(column 6 call) $(column 8 call) $(flows)" "in tcp direct 10.0.0.1-10.0.0.2 " "the callee can be connected to"
same "$(awk -F'\t' '$7 > 0 && $9 ~ /^10/ && $10 ~ /^10/ && $6 != "media" { printf "%s:%s ", $3, $5 == "from-opener" ? $6 : "<" $6 }' "$TMP/m.tsv")" \
	"c1:call-key c1:<key-reply c1:call-signal c1:<call-signal c1:call-signal " "messages of the call, all on that connection"
[ "$(awk -F'\t' '$6 == "media" && $8 == "udp"' "$TMP/m.tsv" | wc -l)" = 0 ] || fail "media over UDP beside it"
outcomes "ip saddr 10.0.0.1 ip daddr 10.0.0.2 $syn" -- "${call[@]}"
same "$(column 6 call) $(column 8 call) $(flows)" "in tcp direct 10.0.0.1-10.0.0.2 10.0.0.2-10.0.0.1 " "only the caller can be"
outcomes "ip saddr 10.0.0.0/8 ip daddr 10.0.0.0/8 $syn" -- "${call[@]}"
same "$(column 6 call) $(column 8 call)" "in udp direct" "neither can be, UDP goes"
outcomes "ip saddr 10.0.0.0/8 ip daddr 10.0.0.0/8 $syn" 'ip saddr 10.0.0.1 ip protocol udp drop' -- "${call[@]}"
same "$(column 6 call) $(column 8 call)" "in tcp relayed" "neither can be, nor does UDP go"
outcomes -- "$RUN" -m automatic -c 2 -n 40 "$V/1.4.yaml" c1: login "wait 20" "call c2 3 tcp" quit c2: "answer busy" login "wait 60" quit
same "$(column 6 call) $(column 8 call)" "refused busy" "busy, over TCP"
outcomes -- "$RUN" -m automatic -c 2 -n 40 "$V/1.4.yaml" c1: login "wait 20" "call c2 3" "call c2 3 tcp" quit \
	c2: login "wait 10" "sleep 300" quit
same "$(awk -F'\t' '$3 == "call" { printf "%s %s,", $6, $8 }' "$TMP/out")" "refused not answered,refused not answered," "a callee that sleeps"
sed '/^call:/a\  direct-tcp: true' "$V/1.4.yaml" >"$TMP/tcp.yaml"
outcomes -- "$RUN" -m automatic -c 2 -n 40 "$TMP/tcp.yaml" c1: login "wait 20" "call c2 3" quit c2: login "wait 90" quit
same "$(column 8 call)" "tcp direct" "a version that always does so"

# A client that becomes a super node: guests probe it and connect to it, it answers them, and stays a
# client. Lists name it, so another client finds it as well.
node=("$RUN" -m automatic -c 2 -n 12 -s 3 -t "$TMP/m.tsv" "$V/1.4.yaml" c1: login "wait 20" "super-node 3" "wait 60" quit
	c2: "wait 45" login "wait 90" quit)
outcomes -- "${node[@]}"
at=$(awk -F'\t' '$3 ~ /^guest/ { print $10; exit }' "$TMP/m.tsv")
same "${at%:*}" 10.0.0.1 "whom the guests come to"
told() { awk -F'\t' -v at="$at" -v who="$1" -v what="$2" '$10 == at && $3 ~ who && $6 == what { print $3 }' "$TMP/m.tsv" | sort -u | wc -l; }
same "$(told guest U1) $(told guest U2) $(told guest U3) $(told guest U4)" "3 3 3 3" "guests that were probed with and answered"
same "$(told guest T1) $(told guest T2) $(told guest T3) $(told guest T4)" "3 3 3 3" "guests that were let in"
same "$(told c2 U1) $(told c2 U4)" "1 1" "c2 finds it"
same "$(grep -c guest "$TMP/out")" 0 "guests in the outcomes"
same "$(awk -F'\t' '$3 == "c1" && $6 == "T4"' "$TMP/m.tsv" | wc -l)" 1 "its own super node stays"
outcomes 'ip saddr 198.19.254.0/24 ip daddr 10.0.0.1 drop' -- "${node[@]}"
same "$(told guest T1) $(told guest U4)" "0 0" "a firewall before it"
outcomes 'ip saddr 10.0.0.1 ip protocol udp drop' -- "${node[@]}"
same "$(grep -c 'guest' "$TMP/m.tsv")" 0 "a client that does not know its address is none"

# One seed, one course of events; another seed, another one.
digest() { in_net -- "$RUN" "$@" 2>/dev/null | awk '/^digest/ { print $2 }'; }
script=(login "wait 100" "call c2 3" logoff "login automatic" "wait 60" quit)
a=$(digest -d -s 7 -c 40 -n 60 $V/2.0.yaml "${script[@]}")
b=$(digest -d -s 7 -c 40 -n 60 $V/2.0.yaml "${script[@]}")
n=("$V/2.0.yaml" login "wait 20" "super-node 4" "wait 60" quit)
same "$(digest -d -m automatic "${n[@]}")" "$(digest -d -m automatic "${n[@]}")" "a super node with guests, the same seed"
c=$(digest -d -s 8 -c 40 -n 60 $V/2.0.yaml "${script[@]}")
[ ${#a} = 64 ] || fail "no digest"
same "$a" "$b" "the same seed gives other messages"
[ "$a" != "$c" ] || fail "another seed gives the same messages"

# Two hundred clients at once.
outcomes -- "$RUN" -c 200 -n 100 $V/1.4.yaml login "wait 30" quit
same "$(grep -c '	in	' "$TMP/out")" 200 "clients that got in"

# The super node goes away: the client finds another and stays.
outcomes -- "$RUN" -m automatic -x 30 -t "$TMP/m.tsv" -n 40 $V/1.4.yaml login "wait 120" quit
same "$(awk -F'\t' '$6 == "T4"' "$TMP/m.tsv" | wc -l)" 2 "super nodes in one session"
echo "ways in, calls, determinism, scale: as they should be"
