#!/bin/bash
# Real programs as background, as an ordinary user: whichever pairs can run here talk through the
# lab's NAT in real time, every flow of theirs is in the truth as what it is and is dissected by
# tshark as what it says, data of their own arrives, no signature speaks, and nothing of them is
# left. What goes wrong (a mix that cannot be, a program that is missing, fails or dies) is said.
# long: real programs in real time
. "$(dirname "$0")/lib.sh"
need tshark; need_namespaces
# Where /dev/net/tun is root's alone, root lends the user one as udev makes it, in a mount namespace
# of this test's own.
if [ "$(id -u)" = 0 ] && [ -z "${TUN_LENT:-}" ] && [ -c /dev/net/tun ] &&
	! as_user test -w /dev/net/tun && unshare -m true 2>/dev/null; then
	# shellcheck disable=SC2016
	exec env TUN_LENT=1 unshare -m bash -c 'mount -t tmpfs -o mode=755,dev none /mnt &&
		mknod /mnt/tun c 10 200 && chmod 666 /mnt/tun && mount --bind /mnt/tun /dev/net/tun &&
		umount -l /mnt && exec bash "$0"' "$0"
fi
as_user "$SKYPELAB" replay --generators >"$TMP/list"
usable=$(sed -n 's/^\([a-z0-9-]*\) .*(real programs)$/\1/p' "$TMP/list")
unusable=$(sed -n 's/^\([a-z0-9-]*\) .*(real programs; \(.*\))$/\1: \2/p' "$TMP/list" | paste -sd '|' | sed 's/|/; /g')
[ -n "$usable" ] || skip "none of the real programs can run here: $unusable"
# mix_of FILE PROGRAM...: a mix of these, a client of each host every three seconds.
mix_of() {
	local p file=$1
	shift
	{
		echo "name: real"
		echo "programs:"
		for p in "$@"; do echo "  - {program: $p, per_minute: 20}"; done
	} >"$file"
}
# Real time passes while others use the processors, so a busy machine gets more of it.
times=$(awk -v n="$(nproc)" '{ t = $1 / n; print (t < 1 ? 1 : t < 3 ? t : 3) }' /proc/loadavg)
# scenario_of FILE MIX SECONDS: the bundled scenario with another mix.
scenario_of() {
	local seconds
	seconds=$(awk -v s="$3" -v t="$times" 'BEGIN { printf "%d", s * t }')
	sed "s/duration: .*/duration: $seconds/; s|mix: real|mix: $2|" scenarios/real-programs.yaml >"$1"
}
# run NAME SCENARIO: as an ordinary user; sets $rc.
run() {
	rc=0
	as_user env PATH="$PATH" "$SKYPELAB" run --no-report -o "$TMP/out/$1" "$2" >"$TMP/table" 2>"$TMP/err" || rc=$?
}
# said WORDS...: the last run said all of them in one line.
said() {
	local w lines
	lines=$(cat "$TMP/err")
	for w in "$@"; do lines=$(grep -F -- "$w" <<<"$lines") || fail "«$w» is not said: $(cat "$TMP/err")"; done
}
# shellcheck disable=SC2086
mix_of "$TMP/real.yaml" $usable
scenario_of "$TMP/scenario.yaml" "$TMP/real.yaml" 12
chmod -R a+rX "$TMP"
mkdir -m 777 "$TMP/out"
run run "$TMP/scenario.yaml"
[ $rc != 3 ] || skip "$(tail -n 1 "$TMP/err")"
same $rc 0 "exit code ($(tail -n 2 "$TMP/err"))"
cell="$TMP/out/run/cells/cell"

# --- every client did what it came for; those that the end cut short are neither ----------------
need jq
for p in $usable; do
	read -r sessions complete cut < <(jq -r --arg p "$p" \
		'.background[] | select(.what == $p) | "\(.sessions) \(.complete) \(.cut)"' "$cell/cell.json")
	echo "$p: $sessions clients, $complete complete, $cut failed"
	[ "$complete" -gt 0 ] || fail "$p: none complete ($(cat "$TMP/err"))"
	same "$cut" 0 "$p: failed ($(cat "$TMP/err"))"
done
same "$(tsv '{ print $c["source"] }' "$TMP/out/run/accuracy.tsv" | sort -u)" recorded "source of real programs' flows"
[ ! -s "$cell/eve.json" ] || fail "a signature spoke: $(head -c 300 "$cell/eve.json")"

# --- the truth has every flow of the wire -------------------------------------------------------
# ends PROTO A B: one line for a flow, whichever end is named first.
ends='function ends(p, a, b) { return p " " (a < b ? a " " b : b " " a) }'
# all_known CELL VANTAGE CAPTURE: every flow in it has a row of the vantage's truth.
all_known() {
	tshark -n -r "$1/$3" -Y 'ip && (udp || tcp) && !icmp' -T fields -e ip.src -e ip.dst \
		-e udp.srcport -e udp.dstport -e tcp.srcport -e tcp.dstport 2>/dev/null |
		awk -F'\t' "$ends"'{ print ends($3 != "" ? "udp" : "tcp", $1 ":" ($3 != "" ? $3 : $5), $2 ":" ($4 != "" ? $4 : $6)) }' |
		sort -u >"$TMP/wire"
	tsv "$ends"'{ print ends($c["proto"], $c["client_ip"] ":" $c["client_port"], $c["server_ip"] ":" $c["server_port"]) }' \
		"$1/truth.$2.tsv" | sort -u >"$TMP/truth"
	[ -s "$TMP/wire" ] || fail "tshark read nothing of $3"
	same "$(comm -23 "$TMP/wire" "$TMP/truth" | wc -l)" 0 \
		"flows at $2 that its truth does not have ($(comm -23 "$TMP/wire" "$TMP/truth" | head -3 | paste -sd ';'))"
}
all_known "$cell" caller.lan caller-gw.lan.pcap
all_known "$cell" caller.wan caller-gw.wan.pcap

# fake NAME: a program of that name before all others, with its text on standard input.
mkdir "$TMP/bin"
fake() { cat >"$TMP/bin/$1"; chmod 755 "$TMP/bin/$1"; }

# A seeder that comes late finds clients waiting at the tracker, and connects to them. Their ports have
# no mapping: what it sends ends at the gateway, and is in the truth of the outside only.
if grep -qx aria2 <<<"$usable"; then
	mix_of "$TMP/torrent.yaml" aria2
	scenario_of "$TMP/late.yaml" "$TMP/torrent.yaml" 12
	aria2c=$(command -v aria2c)
	fake aria2c <<<"#!/bin/sh
case \"\$*\" in *--seed-ratio*) sleep $(awk -v t="$times" 'BEGIN { print 4 * t }') ;; esac
exec $aria2c \"\$@\""
	chmod -R a+rX "$TMP"
	PATH="$TMP/bin:$PATH" run late "$TMP/late.yaml"
	rm "$TMP/bin/aria2c"
	same $rc 0 "exit code with a late seeder ($(tail -n 2 "$TMP/err"))"
	late="$TMP/out/late/cells/cell"
	all_known "$late" caller.lan caller-gw.lan.pcap
	all_known "$late" caller.wan caller-gw.wan.pcap
	outside=$(tsv '$c["node"] == "internet" && $c["reason"] == "aria2" { n++ } END { print n + 0 }' "$late/truth.caller.wan.tsv")
	echo "late seeder: $outside flows that it opened"
	[ "$outside" -gt 0 ] || fail "the late seeder opened no flow"
fi

# --- and each is what it says -------------------------------------------------------------------
# Program, server's port, tshark's protocol there by its own table of ports, or by the one that
# follows from its call. TCP: a message over several segments is dissected in its last one.
table="nginx-curl tcp 8080 http
chrony udp 123 ntp
dnsmasq-dig udp 53 dns
coturn udp 3478 stun
sipp udp 5060 sip
sipp udp 6000 rtp
aria2 tcp 6881 bittorrent
aria2 tcp 6969 http
openvpn udp 1194 openvpn"
decode=(-d "tcp.port==6969,http")
lan="$cell/caller-gw.lan.pcap"
tshark -n -r "$lan" "${decode[@]}" -Y 'ip && (udp || tcp.len > 0) && !icmp' -T fields -e ip.src -e ip.dst \
	-e udp.srcport -e udp.dstport -e tcp.srcport -e tcp.dstport -e frame.protocols -e _ws.malformed \
	2>/dev/null >"$TMP/frames"
while read -r p proto port says; do
	grep -qx "$p" <<<"$usable" || continue
	awk -F'\t' -v p="$p" -v proto="$proto" -v port="$port" -v says="$says" '
	function flow(t, a, b) { return t (a < b ? a " " b : b " " a) }
	NR == FNR { if ($7 == p && $6 != "skype" && $6 != "not-skype" && $6 != "unknown") mine[flow($1, $2 ":" $3, $4 ":" $5)] = 1; next }
	{
		udp = $3 != ""; s = udp ? $3 : $5; d = udp ? $4 : $6
		if (udp != (proto == "udp") || (s != port && d != port)) next
		if (!(flow(proto, $1 ":" s, $2 ":" d) in mine)) next
		n++; bad += $8 != ""
		if (index(":" $7 ":", ":" says ":")) good++
		else part += !udp && $7 ~ /:tcp(:tcp.segments)?$/
	}
	END {
		printf "%-12s %s %s: %d with payload, %d as %s, %d malformed\n", p, proto, port, n, good, says, bad
		exit !(good && !bad && good + part == n)
	}' "$cell/truth.caller.lan.tsv" "$TMP/frames" || fail "$p is not dissected as $says"
done <<<"$table"
# arrives PROGRAM WHAT FILTER: data of the program's own that the server sent. All are counted in one pass.
whats=() filters=()
arrives() {
	grep -qx "$1" <<<"$usable" || return 0
	whats+=("$1: %s $2") filters+=("($3) && !icmp")
}
arrives nginx-curl "pages" 'tcp.srcport == 8080 && http.response.code == 200 && http.content_length == 60000'
arrives chrony "answers" 'udp.srcport == 123 && ntp.flags.mode == 4'
arrives dnsmasq-dig "answers" 'udp.srcport == 53 && dns.a == 192.0.2.1'
arrives coturn "allocations" 'udp.srcport == 3478 && stun.type == 0x0103'
arrives coturn "relayed messages" 'udp.srcport == 3478 && stun.channel && !stun.type && udp.length > 160'
arrives sipp "answers to calls" 'udp.srcport == 5060 && sip.Status-Code == 200'
arrives sipp "voice packets echoed" 'udp.srcport == 6000 && rtp'
arrives aria2 "peers' handshakes" 'tcp.srcport == 6881 && bittorrent.info_hash'
arrives aria2 "messages with pieces" 'tcp.srcport == 6881 && bittorrent.msg.type == 7'
arrives aria2 "tracker's answers" 'tcp.srcport == 6969 && http.response.code == 200'
arrives openvpn "sessions" 'udp.srcport == 1194 && openvpn.opcode == 8'
arrives openvpn "pings answered through the tunnel" 'udp.srcport == 1194 && openvpn.opcode == 9 && udp.length > 228'
# tshark: a line of figures, "| 0.0 <> 12.3 | frames | bytes | frames | bytes |..." for the whole capture.
# shellcheck disable=SC2059 # formats of ours
read -ra counts < <(tshark -n -q -r "$lan" "${decode[@]}" -z "io,stat,0$(printf ',%s' "${filters[@]}")" 2>/dev/null |
	awk -F'|' '/<>/ { for (i = 3; i < NF; i += 2) printf "%d ", $i; print "" }')
same ${#counts[@]} ${#filters[@]} "filters that tshark counted"
for i in "${!whats[@]}"; do
	# shellcheck disable=SC2059
	printf "${whats[i]}\n" "${counts[i]}"
	[ "${counts[i]}" -gt 0 ] || fail "${whats[i]//%s/0}"
done

# --- what goes wrong is said --------------------------------------------------------------------
# With the virtual clock, or without the tap that tells the flows, such a mix is refused before
# anything is made.
sed 's/clock: real/clock: virtual/' "$TMP/scenario.yaml" >"$TMP/virtual.yaml"
run virtual "$TMP/virtual.yaml"
same $rc 2 "exit code with the virtual clock"
said 'clock: real'
sed 's/caller.lan, //' "$TMP/scenario.yaml" >"$TMP/blind.yaml"
run blind "$TMP/blind.yaml"
same $rc 2 "exit code without the inner tap"
said 'caller.lan' 'add it'
: >"$TMP/empty.yaml"
scenario_of "$TMP/bad.yaml" "$TMP/empty.yaml" 5
run bad "$TMP/bad.yaml"
same $rc 2 "exit code with an empty mix"
said "$TMP/empty.yaml:1: empty"
for left in virtual blind bad; do [ ! -e "$TMP/out/$left" ] || fail "$left: something was made"; done

grep -qx nginx-curl <<<"$usable" || skip "nginx-curl cannot run here; the rest passed"
scenario_of "$TMP/one.yaml" "$TMP/one-mix.yaml" 4
mix_of "$TMP/one-mix.yaml" nginx-curl
chmod -R a+rX "$TMP"
fake curl <<<'#!/bin/sh
echo "curl: (7) Failed to connect" >&2; exit 7'
PATH="$TMP/bin:$PATH" run client "$TMP/one.yaml"
same $rc 0 "exit code with a client that fails"
said 'curl, a client of nginx-curl, failed' 'exit code 7: curl: (7) Failed to connect'
same "$(grep -c 'curl: (7)' "$TMP/err")" 1 "times that it is said"
# Those that had not ended yet when the cell did are neither.
read -r sessions complete cut < <(jq -r '.background[0] | "\(.sessions) \(.complete) \(.cut)"' "$TMP/out/client/cells/cell/cell.json")
same "$complete" 0 "complete clients"
[ "$cut" -gt $((sessions / 2)) ] || fail "of $sessions failed clients only $cut are counted"
fake nginx <<<'#!/bin/sh
echo "nginx: [emerg] bind() failed (98: Address already in use)" >&2; exit 1'
PATH="$TMP/bin:$PATH" run server "$TMP/one.yaml"
same $rc 0 "exit code with a server that dies"
said 'nginx, the server of nginx-curl, ended by itself' 'Address already in use'
# A port that is taken, for real: what nginx itself says after its tries.
nginx=$(PATH="$PATH:/usr/sbin" command -v nginx)
rm "$TMP/bin/curl"
fake nginx <<<"#!/bin/sh
$nginx \"\$@\" & sleep 0.5; exec $nginx \"\$@\""
scenario_of "$TMP/six.yaml" "$TMP/one-mix.yaml" 6
PATH="$TMP/bin:$PATH" run busy "$TMP/six.yaml"
said 'ended by itself' 'Address already in use'
# Not installed: a folder of links to all that is there but one.
mkdir "$TMP/less"
find /usr/bin /bin/ -maxdepth 1 -mindepth 1 ! -name curl -exec ln -sf -t "$TMP/less" {} +
chmod a+rX "$TMP/less"
rc=0
as_user env PATH="$TMP/less" "$SKYPELAB" run -o "$TMP/out/less" "$TMP/one.yaml" >"$TMP/table" 2>"$TMP/err" || rc=$?
same $rc 3 "exit code when none of the mix can run"
said 'nginx-curl is left out: curl not installed (Debian: nginx-light, curl)'
said 'none of its programs can run here'
[ -z "$unusable" ] || skip "all that can run here passed; without $unusable"
