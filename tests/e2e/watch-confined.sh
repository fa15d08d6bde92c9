#!/bin/bash
# `skypelab watch` while it reads packets: no user, no capability, no way to gain one, and in every thread a filter of
# system calls, under which its signatures are read again, its EVE file is opened anew and its counters are
# replaced all the same. From inside of its threads what opens, connects, starts and traces is tried, and refused.
# `watch --merge` is held to the same, and follows files that are renamed and made in a folder it may not enter.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need tcpreplay ip jq cc
made_corpora
cp detector/signatures/ehlert-petgang-1.4.yaml "$TMP/own.yaml"
mkdir "$TMP/log"
chmod 700 "$TMP" "$TMP/log" # nobody may enter

# What each thread tries when it waits for packets (poll) or in its loop (epoll_pwait2): only then the filter is there.
cat >"$TMP/try.c" <<'TRY'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
static int s = -1;
__attribute__((constructor)) static void make(void) { s = socket(AF_UNIX, SOCK_STREAM, 0); }
static void say(const char *what, long rc)
{
	char line[80];
	int n = snprintf(line, sizeof(line), "tried %s: %s\n", what, rc < 0 ? strerror(errno) : "done");
	(void)!write(2, line, n);
}
static void try_all(void)
{
	static __thread int tried;
	struct sockaddr_un a = {AF_UNIX, "/run/x"};
	char *argv[] = {"/bin/true", NULL};
	if (tried++)
		return;
	say("open", open("/etc/passwd", O_RDONLY));
	say("openat", syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
	say("connect", connect(s, (void *)&a, sizeof(a)));
	say("execve", execve(argv[0], argv, argv + 1));
	say("socket", socket(AF_INET, SOCK_DGRAM, 0));
	say("ptrace", syscall(SYS_ptrace, PTRACE_ATTACH, getppid(), 0, 0));
	say("kill", syscall(SYS_kill, getppid(), 0));
	say("fork", syscall(SYS_fork));
}
int poll(struct pollfd *f, nfds_t n, int ms)
{
	int (*real)(struct pollfd *, nfds_t, int) = dlsym(RTLD_NEXT, "poll");
	if (n != 1)
		try_all();
	return real(f, n, ms);
}
int epoll_pwait2(int fd, struct epoll_event *ev, int n, const struct timespec *t, const sigset_t *set)
{
	int (*real)(int, struct epoll_event *, int, const struct timespec *, const sigset_t *) = dlsym(RTLD_NEXT, "epoll_pwait2");
	try_all();
	return real(fd, ev, n, t, set);
}
TRY
cc -shared -fPIC -o "$TMP/try.so" "$TMP/try.c" -ldl || fail "cannot compile what is to be tried"

cat >"$TMP/inside.sh" <<'INSIDE'
set -eu
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
ip link add d0 type veth peer name d1
for i in d0 d1; do ip link set $i up; done
start() { # FILE [OPTION]...: watch, its messages in FILE
	"$SKYPELAB" -v watch -i d1 -s "$TMP/own.yaml" --readers 2 "${@:2}" --eve "$TMP/log/eve.json" \
		--metrics "$TMP/log/watch.prom" --control "$TMP/log/control" >"$TMP/lines" 2>"$1" &
	pid=$!
	reading 2
	sleep 1
}
until_true() { # COMMAND...
	for _ in $(seq 200); do
		! "$@" || return 0
		sleep 0.05
	done
	echo "never: $*"
	exit 1
}
said() { [ "$(grep -c "$2" "$TMP/err")" -ge "$1" ]; }
events() { [ "$(grep -c '"event_type":"skype"' "$TMP/log/eve.json")" -gt 0 ]; }
replaced() { [ "$(stat -c %i "$TMP/log/watch.prom")" != "$1" ]; }

start "$TMP/err"
for t in /proc/$pid/task/*; do
	echo "$(cat "$t/comm"): $(grep -E '^(Uid|CapEff|CapPrm|CapInh|CapAmb|NoNewPrivs|Seccomp):' "$t/status" | tr -s '\t\n' ' ')"
done >"$TMP/threads"
opener=$(pgrep -P $pid)
grep -E '^(CapEff|NoNewPrivs|Seccomp):' "/proc/$opener/status" | tr -s '\t\n' ' ' >"$TMP/opener"
ls -l "/proc/$opener/fd" | sed -n 's/.* -> //p' >"$TMP/opener.fds"
tcpreplay -q -x 80 -i d0 "$MADE/positives/made-2006.pcap" >"$TMP/replay" 2>&1
until_true events
# renamed, and opened anew by itself; then at the signal
mv "$TMP/log/eve.json" "$TMP/log/eve.1"
until_true test -e "$TMP/log/eve.json"
mv "$TMP/log/eve.json" "$TMP/log/eve.2"
kill -HUP $pid
until_true said 1 "signatures: 1 unchanged"
until_true test -e "$TMP/log/eve.json"
# signatures: a bad one, another one, in a file that took the place of the first
echo "rules: [" >"$TMP/bad.yaml"
mv "$TMP/bad.yaml" "$TMP/own.yaml"
kill -HUP $pid
until_true said 1 "own.yaml:[0-9].*stay in force"
sed 's/^revision: .*/revision: 77/' "$DATA/ehlert-petgang-1.4.yaml" >"$TMP/own.yaml"
kill -HUP $pid
until_true said 1 "signatures: 0 unchanged, 1 changed"
rm "$TMP/own.yaml"
kill -HUP $pid
until_true said 1 "own.yaml: .*No such file"
cp "$DATA/ehlert-petgang-1.4.yaml" "$TMP/own.yaml"
prom=$(stat -c %i "$TMP/log/watch.prom")
tcpreplay -q -x 80 -i d0 "$MADE/positives/made-2006.pcap" >"$TMP/replay" 2>&1
until_true events
for _ in $(seq 20); do replaced "$prom" && break; sleep 1; done
replaced "$prom" || { echo "the counters are not replaced"; exit 1; }
kill -TERM $pid
wait $pid
[ ! -e "$TMP/log/control" ] || { echo "the control socket is left"; exit 1; }
[ ! -e "/proc/$opener" ] || { echo "the opener is left"; exit 1; }

# killed: the opener ends; its end is the end of the watch
start "$TMP/err2"
opener=$(pgrep -P $pid)
kill -KILL $pid
wait $pid || true
until_true test ! -e "/proc/$opener"
start "$TMP/err2"
pkill -KILL -P $pid
rc=0
wait $pid || rc=$?
[ $rc = 3 ] && grep -q "process that opens files has ended" "$TMP/err2" || { echo "without its opener it ends with $rc: $(cat "$TMP/err2")"; exit 1; }

LD_PRELOAD=$TMP/try.so start "$TMP/tried"
kill -TERM $pid
wait $pid

# sensors' files, merged
cd "$TMP/log"
client() { sed "s/192\.168\.1\.2\b/192.168.1.$1/g" "$TMP/of"; }
merge() { # FILE: its messages
	LD_PRELOAD=$TMP/try.so "$SKYPELAB" watch --merge --lines in.json later.json --eve merged.json >"$TMP/merged" 2>"$1" &
	pid=$!
}
seen() { grep -q "^192\.168\.1\.$1	" "$TMP/merged"; }
jq -cn 'first(inputs | select(.skype.event == "probe-accepted"))' eve.* >"$TMP/of"
client 2 >in.json
merge "$TMP/merge.tried"
until_true seen 2
grep -E '^(Uid|CapEff|CapPrm|CapInh|CapAmb|NoNewPrivs|Seccomp):' /proc/$pid/status | tr -s '\t\n' ' ' >"$TMP/merge.status"
opener=$(pgrep -P $pid)
grep -E '^(CapEff|NoNewPrivs|Seccomp):' "/proc/$opener/status" | tr -s '\t\n' ' ' >>"$TMP/opener"
ls -l "/proc/$opener/fd" | sed -n 's/.* -> //p' >>"$TMP/opener.fds"
mv in.json in.json.1
client 98 >in.json
client 99 >later.json
until_true seen 98
until_true seen 99
kill -KILL "$opener"
rc=0
wait $pid || rc=$?
[ $rc = 3 ] && grep -q "process that opens files has ended" "$TMP/merge.tried" || { echo "a merge without its opener ends with $rc"; exit 1; }
merge "$TMP/err2"
until_true seen 98
opener=$(pgrep -P $pid)
kill -KILL $pid
wait $pid || true
until_true test ! -e "/proc/$opener"
client 7 >again.json
rc=0
"$SKYPELAB" watch --merge in.json again.json --eve ./again.json 2>"$TMP/loop" || rc=$?
[ $rc = 2 ] && grep -q 'again.json: is read as an input too' "$TMP/loop" || { echo "an output that is read: $rc"; exit 1; }

rc=0
"$SKYPELAB" watch -i d1 -Z nobody-of-this-name 2>"$TMP/unknown" || rc=$?
[ $rc = 3 ] && grep -q "no user 'nobody-of-this-name' here" "$TMP/unknown" || { echo "an unknown user: $rc"; exit 1; }
INSIDE
export TMP MADE DATA=$PWD/detector/signatures
isolated bash "$TMP/inside.sh" >"$TMP/said" 2>&1 || fail "ended with $?: $(cat "$TMP/said" "$TMP/err")"

if [ "$(id -u)" = 0 ]; then
	who=$(id -u nobody) kept=000000000000000b # of files
else
	who=0 kept='' # another user does not exist in its namespace
fi
none=0000000000000000
same "$(wc -l <"$TMP/threads")" 3 "threads"
want="Uid: $who $who $who $who CapInh: $none CapPrm: $none CapEff: $none CapAmb: $none NoNewPrivs: 1 Seccomp: 2 "
while read -r line; do same "${line#*: } " "$want" "a thread's status"; done <"$TMP/threads"
same "$(cat "$TMP/merge.status")" "$want" "the status of what merges"
same "$(grep -oE "CapEff: ${kept:-[0-9a-f]+} NoNewPrivs: 1 Seccomp: 2" "$TMP/opener" | wc -l)" 2 "openers' status: $(cat "$TMP/opener")"
same "$(grep -vc '^/dev/null$' "$TMP/opener.fds")" 3 "what openers have open: $(cat "$TMP/opener.fds")"
same "$(grep -c '^tried' "$TMP/tried")" 24 "tries of three threads"
same "$(grep -c '^tried' "$TMP/merge.tried")" 8 "tries of what merges"
for f in tried merge.tried; do
	same "$(grep '^tried' "$TMP/$f" | grep -vc 'Operation not permitted$')" 0 "tries that were not refused: $(grep '^tried' "$TMP/$f" | sort | uniq -c)"
done
# no line was lost: two replays, the same events
for f in eve.1 eve.2 eve.json; do jq -e . "$TMP/log/$f" >/dev/null || fail "$f: no JSON"; done
same "$(cat "$TMP"/log/eve.* | jq -r 'select(.skype.revision == 77) | .skype.event' | grep -c probe-accepted)" \
	"$(cat "$TMP"/log/eve.* | jq -r 'select(.skype.event == "probe-accepted" and .skype.revision != 77) | .skype.event' | wc -l)" \
	"probes of the signature that was changed"
