#!/bin/bash
# The terminal view in a real terminal (tmux): whole screens, as tests/samples/view/ has them, of 500
# clients that two sensors saw. All times are the sensors', so the screens are always the same.
# VIEW_SAMPLES=write writes them anew: then look at them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need tmux

samples=tests/samples/view
export TMUX_TMPDIR=$TMP
SERVER=0 # each view has a tmux server of its own: one that is ending would take the next view with it
SHELL=$(command -v bash) # what tmux starts; the user's own may be nologin
export SHELL
echo "set-option -g remain-on-exit on" >"$TMP/tmux.conf" # from the first moment: what ends at once takes its server along
tm() { tmux -L "view$SERVER" -f "$TMP/tmux.conf" "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$TMP"' EXIT

# What two sensors write of 500 clients, seven seconds apart. Client N probes; most then log in, some call,
# some end their session; a few have hostile or foreign names, an IPv6 address, or are seen in part.
awk -v out="$TMP/" 'BEGIN {
	for (i = 0; i < 500; i++) {
		t = 1156534332 + 7 * i
		host = i % 2 ? "gw-inside" : "gw-outside"
		if (i % 50 == 7) host = "evil\\u001b[2J\\u001b]0;x\\u0007\\u202e"
		if (i % 50 == 9) host = "K\\u00f6ln-\\u6771\\u4eac"
		ip = "192.168." int(i / 250) "." 1 + i % 250
		if (i % 100 == 33) ip = "2001:db8:1234:5678:9abc:def0:1234:" 1000 + i
		node = (ip ~ /:/ ? "2001:db8:ffff::" : "198.51.100.") 1 + i % 200
		version = i % 97 == 1 ? "1.4\\u001b[31m" : i % 4 ? "1.4" : "2.0"
		say("probe-accepted", "udp probe", "UDP", 0, "")
		if (i % 3) say("session-start", "tcp login", "TCP", 1, ",\"super_node\":{\"ip\":\"" node "\",\"port\":" 1024 + i * 13 "},\"client_version\":\"" version "\"")
		if (i % 17 == 1 && i % 3) say("call-start", "call", "TCP", 2, "")
		if (i % 11 == 2 && i % 3) say("session-end", "tcp login", "TCP", 3, "")
	}
}
function when(s) { return strftime("%Y-%m-%dT%H:%M:", s, 1) sprintf("%02d", s % 60) "." (s % 2 ? "077827" : "5") "+0000" }
function say(event, rule, proto, later, more) {
	printf "{\"timestamp\":\"%s\",\"event_type\":\"skype\",\"src_ip\":\"%s\",\"src_port\":35990,\"dest_ip\":\"%s\",\"dest_port\":%d,\"proto\":\"%s\",\"host\":\"%s\",\"skype\":{\"signature\":\"skypelab-2006\",\"revision\":5,\"event\":\"%s\",\"client_ip\":\"%s\",\"rule\":\"%s\",\"answered\":true%s%s,\"evidence\":[{\"message\":\"U1\",\"timestamp\":\"%s\",\"pcap_cnt\":%d,\"size\":18,\"direction\":\"to_server\"},{\"message\":\"U4\",\"timestamp\":\"%s\",\"pcap_cnt\":%d,\"size\":18,\"direction\":\"to_client\"}]}}\n", \
		when(t + later), ip, node, 1024 + i * 13, proto, host, event, ip, rule, i % 9 == 1 ? ",\"in_part\":true" : "", more, when(t + later - 1), 100 + i, when(t + later), 101 + i >> (out (i % 2 ? "inside" : "outside") ".json")
}'
same "$(cat "$TMP"/*.json | wc -l)" "$(jq -c . "$TMP"/*.json | wc -l)" "lines of JSON"

OPTION="" MORE="--once --view"
# begin COLS ROWS [NAME=VALUE...]: the view in a terminal of that size.
begin() {
	local size=("-x" "$1" "-y" "$2")
	shift 2
	tm kill-server 2>/dev/null || true
	SERVER=$((SERVER + 1))
	rm -f "$TMP/rc"
	tm new-session -d "${size[@]}" "env $OPTION LC_ALL=C.UTF-8 TERM=screen-256color $* '$SKYPELAB' watch --merge $MORE '$TMP/inside.json' '$TMP/outside.json'; echo \$? >'$TMP/rc'"
	[ "${TERM_GOOD:-yes}" = no ] || all_read
}
# all_read: every event is in the picture, and the rate of events is that of silence, now and after it was
# reckoned anew.
all_read() {
	local i twice=
	for i in $(seq 200); do
		if [[ "$(tm capture-pane -p)" =~ Events/s\ 0\ \ Events\ 884 ]]; then
			[ -z "$twice" ] || return 0
			twice=yes
			sleep 2.2
		else
			twice=
			sleep 0.1
		fi
	done
	fail "not all was read: $(tm capture-pane -p)"
}
# screen NAME [OPTION...]: what is on the screen now is the sample; it may take its time to come there.
# OPTIONs are capture-pane's.
screen() {
	local name=$1 i
	shift
	if [ "${VIEW_SAMPLES:-}" = write ]; then
		sleep 1.5
		tm capture-pane -p "$@" >"$samples/$name.txt"
		return
	fi
	for i in $(seq 100); do
		tm capture-pane -p "$@" >"$TMP/screen" 2>/dev/null || true
		cmp -s "$TMP/screen" "$samples/$name.txt" && return
		sleep 0.1
	done
	fail "the screen is not $samples/$name.txt: $(diff "$samples/$name.txt" "$TMP/screen" | cat -v)"
}
keys() { tm send-keys "$@"; }
ended() { # the view has given the terminal back: EXIT-STATUS
	local i
	for i in $(seq 100); do
		[ ! -s "$TMP/rc" ] || break
		sleep 0.1
	done
	same "$(cat "$TMP/rc")" "$1" "exit status of the view"
}

begin 80 24
screen list-80x24
keys Down Down Down
screen cursor-80x24 -e
keys / 1 . 2 4
screen search-80x24 -e
keys Enter n Enter
screen client-80x24
keys End
screen client-end-80x24
keys Right
screen client-next-80x24
keys q f s e s s i o n Space '!' 1 . 4 Enter
screen filter-80x24
keys Escape s
screen sort-80x24
keys Home Enter
screen by-client-80x24
keys r PageDown
screen by-client-reversed-80x24
keys End
screen end-80x24
keys '?'
screen help-80x24
keys End
screen help-end-80x24
keys q q
ended 0

# Another size while it runs, and back.
begin 200 50
screen list-200x50

# The help and the manual name the same keys in the same order.
manual=$(sed -n '/^\.Sh KEYS/,/^\.El/s/^\.It //p' man/skypelab-watch.1 | sed 's/\\&//; s/\\e/\\/; s/ ,//g')
keys '?'
for _ in $(seq 100); do
	help=$(tm capture-pane -p | sed -n '/^Keys$/,/^$/p' | cut -c 1-19 | sed '1d; s/ *$//; /^$/d')
	[ "$help" != "$manual" ] || break
	sleep 0.1
done
same "$help" "$manual" "keys of the help and of the manual"
keys q
screen list-200x50
tm resize-window -x 40 -y 10
screen list-40x10
keys Down Enter
screen client-40x10
keys q
tm resize-window -x 9 -y 3
screen list-9x3
tm resize-window -x 1 -y 1
sleep 0.5
tm resize-window -x 200 -y 50
keys g
screen list-200x50
keys q
ended 0

# Names that would command the terminal are shown as what they are; others as they are, where the locale
# has them.
begin 200 24
keys f 'evil' Enter Enter
screen hostile-200x24
keys q f C-u 'ln-' Enter
screen foreign-200x24
same "$(tm display-message -p '#{pane_title}')" "$(hostname)" "the terminal's title"

# Without colours by wish, and by the terminal; without UTF-8.
begin 80 24 NO_COLOR=1
keys / 1 . 4 Enter
screen no-color-80x24 -e
begin 80 24 TERM=vt100 LC_ALL=C
keys f 'ln-' Enter Down
screen vt100-c-80x24 -e

# Followed, on a terminal: the view without being asked for; with other lines, which is no picture.
MORE=
begin 80 24
screen list-80x24
keys q
ended 0
MORE=--lines
TERM_GOOD=no begin 200 24
for _ in $(seq 100); do
	[[ "$(tm capture-pane -p)" =~ 192.168.1.2.*198.51.100 ]] && break
	sleep 0.1
done
[[ ! "$(tm capture-pane -p)" =~ Clients ]] || fail "--lines shows the view"
tm send-keys C-c
ended 0
MORE="--once --view"

# The terminal goes: the program ends, also when it is not told. One that nothing can be drawn on is an error
# that says so.
OPTION=--ignore-signal=HUP begin 80 24
pid=$(pgrep -P "$(tm display-message -p '#{pane_pid}')")
tm kill-server
for _ in $(seq 100); do
	[ -e "/proc/$pid" ] || break
	sleep 0.1
done
[ ! -e "/proc/$pid" ] || fail "the program outlives its terminal"
TERM_GOOD=no begin 80 24 TERM=nonsense
ended 3
