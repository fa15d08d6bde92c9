#!/bin/bash
# kill -9 of the filter at random moments, from its start into the midst of its work. When its processes are gone,
# nothing of it is left; with fail closed everything is, and the next start adopts it. The tables of others
# stay as they were. KILLS is how many in each of the two modes (default 8); where it is given, none may take
# more than 100 ms: `KILLS=1000 BUILD=$PWD/build SKYPELAB=$PWD/build/skypelab tests/e2e/filter-kill.sh`, which
# needs the machine for itself (a kernel that gets no processor ends a table late) and twelve minutes.
# What is killed: the filter alone in a process, driven (tests/tools/filterdrive.c); it, or who drives it, as
# two processes; each eighth time one of the three processes of `skypelab watch --filter` under traffic.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need ip nft tcpreplay "$BUILD/tools/filterdrive" "$BUILD/tools/killtable" "$BUILD/tools/mkskype"
"$BUILD/tools/mkskype" linux-2006 "$TMP/skype.pcap" "$TMP/labels.tsv" seed=1
export TMP WITHIN_MS="${KILLS:+100}" KILLS="${KILLS:-8}"
cat >"$TMP/inside.sh" <<'INSIDE'
set -euo pipefail
trap 'trap - EXIT; kill $(jobs -p) 2>/dev/null || true' EXIT
fail() { echo "FAIL: kill ${n:-} of ${what:-} $victim in ${all[*]}: $*" >&2; exit 1; }
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
ip link add d0 type veth peer name d1
for i in lo d0 d1; do ip link set $i up; done
nft -f - <<'RULES'
table inet theirs { set s { type ipv4_addr; elements = { 203.0.113.1 }; }; chain f { type filter hook forward priority 0; accept; }; }
RULES
# No client's block ends by time while this runs, and all of 10.0.0.0/16 stay: see filterdrive.c.
printf '%s\n' 'block: [super-node, client]' 'rate: 1000000' 'timeout: {super-node: 1, client: 31536000}' >"$TMP/policy.yaml"
tcpreplay -q --pps=2000 --loop=0 -i d0 "$TMP/skype.pcap" >"$TMP/replay" 2>&1 &

mkfifo "$TMP/nothing"
exec 5<>"$TMP/nothing"
pause() { read -rt "$1" -u 5 || true; } # to start sleep takes longer
filter() { # [-c]: what is killed, by $what
	case $what in
	alone) exec "$BUILD/tools/filterdrive" -p "$TMP/policy.yaml" "$@" ;;
	apart) exec "$BUILD/tools/filterdrive" -P -p "$TMP/policy.yaml" "$@" ;;
	watch) exec "$SKYPELAB" watch -i d1 --lines -s skypelab-2006 --filter --policy "$TMP/policy.yaml" ${1:+--fail-closed} ;;
	esac
}
alive() { # PID; a zombie has closed all that it had
	local stat
	read -r stat 2>/dev/null <"/proc/$1/stat" || return
	[[ ${stat##*) } != [ZX]* ]]
}
under_way() {
	until [[ $(<"$TMP/said") == *$'\n'blocked* ]]; do
		alive $pid || fail "it ended: $(cat "$TMP/err")"
		pause 0.005
	done
}
all=() victim=
kill_one() { # gone|orphan [-c]: starts it, lets it come to somewhere, kills one of its processes
	local children took p
	what=alone
	case $((n % 8)) in 1 | 3 | 5) what=apart ;; 7) what=watch ;; esac
	: >"$TMP/said"
	filter "${@:2}" <<<"work $n" >"$TMP/said" 2>"$TMP/err" &
	pid=$!
	disown $pid # its end is no news to the shell
	((n % 4 == 2)) || under_way
	pause 0.0$((RANDOM % 90 + 10))
	read -ra children <"/proc/$pid/task/$pid/children" || true
	all=("$pid" ${children[@]+"${children[@]}"})
	victim=${all[RANDOM % ${#all[@]}]}
	took=$("$BUILD/tools/killtable" skypelab-watch "$1" "$victim" "${all[@]}") || fail "its processes are gone, and the table is not $1"
	echo "$took of $what" >>"$TMP/took"
	for p in "${all[@]}"; do while alive "$p"; do pause 0.005; done; done
	nft -s -t list ruleset >"$TMP/rules"
}
# times: of all kills since it was called last
times() {
	sort -n "$TMP/took" >"$TMP/sorted"
	rm "$TMP/took"
	awk '{ v[NR] = $1 } END { printf "after %d microseconds (median), %d (99 %%), %d (longest)\n", v[int((NR + 1) / 2)], v[int((NR * 99 + 99) / 100)], v[NR] }' "$TMP/sorted"
}
in_time() {
	awk -v most="${WITHIN_MS:-0}" 'most && $1 > 1000 * most' "$TMP/sorted" >"$TMP/late"
	[ ! -s "$TMP/late" ] || fail "$(wc -l <"$TMP/late") of $KILLS took more than $WITHIN_MS ms: $(tail -n 3 "$TMP/late")"
}
theirs() { nft list table inet theirs; }
theirs >"$TMP/set"
nft -s -t list ruleset >"$TMP/theirs"
for ((n = 0; n < KILLS; n++)); do
	kill_one gone
	diff "$TMP/theirs" "$TMP/rules" || fail "fail open: the rules are not as before"
done
echo "fail open: $KILLS kills; nothing was left $(times)"
in_time

# With fail closed all is there: rules, clients that stayed before, and those that a line says are blocked.
clients() { nft list set inet skypelab-watch clients4 | grep -o '[0-9.]* counter' | cut -d' ' -f1 | sort; }
staying() { grep -e '^10\.0\.' -e '^192\.' || true; }
: >"$TMP/before"
for ((n = 0; n < KILLS; n++)); do
	kill_one orphan -c
	[ $n != 0 ] || cp "$TMP/rules" "$TMP/whole"
	diff "$TMP/whole" "$TMP/rules" || fail "fail closed: the rules are others"
	clients >"$TMP/now"
	sed -n 's/^\(blocked\|adopted\) client \([0-9.]*\) .*/\2/p' "$TMP/said" | staying | sort -u - "$TMP/before" | comm -23 - "$TMP/now" >"$TMP/lost"
	[ ! -s "$TMP/lost" ] || fail "fail closed: $(wc -l <"$TMP/lost") blocks were lost, such as $(head -1 "$TMP/lost")"
	staying <"$TMP/now" >"$TMP/before"
done
diff <(sed '/^table inet skypelab-watch/,/^}/d' "$TMP/whole") "$TMP/theirs" || fail "another's table changed"
theirs | diff "$TMP/set" - || fail "another's set changed"
echo "fail closed: $KILLS kills; the table was there without its owner $(times); $(wc -l <"$TMP/before") clients were blocked again and again"
in_time
# An orphan that others tampered with is made whole
nft flush chain inet skypelab-watch check
nft add rule inet skypelab-watch forward counter accept
"$BUILD/tools/filterdrive" -c -p "$TMP/policy.yaml" </dev/null >"$TMP/said"
sed -n 's/^adopted client \([0-9.]*\) .*/\1/p' "$TMP/said" | sort | diff - "$TMP/now" || fail "not all are adopted"
nft -s -t list ruleset | diff "$TMP/whole" - || fail "an orphan is not made whole"
# and a start without fail closed ends it
"$BUILD/tools/filterdrive" -p "$TMP/policy.yaml" </dev/null >"$TMP/said"
nft -s -t list ruleset | diff "$TMP/theirs" - || fail "a start without fail closed leaves something"
INSIDE
isolated bash "$TMP/inside.sh"
