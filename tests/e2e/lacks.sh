#!/bin/bash
# What a machine can lack: a disk that is full, open files, processes, file size, memory. The program says
# which, exits 3, and leaves nothing half-made. A signal just before a wait is not lost.
. tests/e2e/lib.sh

need_namespaces
need prlimit cc "$BUILD/tools/mkskype"
"$BUILD/tools/mkskype" linux-2006 "$TMP/c.pcap" "$TMP/c.pcap.tsv" seed=1
chmod -R a+rX "$TMP"
mkdir -m 777 "$TMP/w"
first=scenarios/first-light.yaml
# lacks WHAT COMMAND...: exit 3, WHAT in its one message, nothing left in the folder.
lacks() {
	local want=$1 rc=0
	shift
	${AS:-} timeout 60 "$@" >"$TMP/out" 2>"$TMP/err" || rc=$?
	same $rc 3 "exit code of $*: $(cat "$TMP/err")"
	grep -q -- "$want" "$TMP/err" || fail "$*: «$(cat "$TMP/err")» lacks «$want»"
	[ "$(wc -l <"$TMP/err")" -le 2 ] || fail "$*: many words: $(cat "$TMP/err")"
	same "$(find "$TMP/w" -mindepth 1 | head -n 3)" "" "what $* left"
}

# What was read of a capture before it cannot be read on is used, as of one that is cut.
rc=0
prlimit --nofile=4 "$SKYPELAB" detect -s skypelab-2006 --eve "$TMP/e" "$TMP/c.pcap" 2>"$TMP/err" || rc=$?
same $rc 3 "exit code of detect with 4 files: $(cat "$TMP/err")"
grep -q 'Too many open files' "$TMP/err" || fail "detect with 4 files: $(cat "$TMP/err")"
lacks 'need .* open files; the limit is 24' prlimit --nofile=24 "$SKYPELAB" run -o "$TMP/w/r" $first
lacks 'Too many open files' prlimit --nofile=8:8 "$SKYPELAB" run -o "$TMP/w/r" $first
for size in 100 20000; do
	lacks 'File too large' prlimit --fsize=$size "$SKYPELAB" detect -s skypelab-2006 --eve "$TMP/w/e" "$TMP/c.pcap"
	lacks 'File too large' prlimit --fsize=$size "$SKYPELAB" run -j 1 -o "$TMP/w/r" $first
done
lacks 'File too large' prlimit --fsize=100 "$SKYPELAB" score -s skypelab-2006 -o "$TMP/w/a" "$TMP/c.pcap"
lacks 'File too large' prlimit --fsize=100 "$SKYPELAB" labels init -o "$TMP/w/l" "$TMP/c.pcap"
lacks 'out of memory' prlimit --as=80000000 "$SKYPELAB" detect -s skypelab-2006 --eve "$TMP/w/e" "$TMP/c.pcap"
lacks 'memory' prlimit --as=80000000 "$SKYPELAB" run -j 1 -o "$TMP/w/r" $first
# No more processes: the limit does not hold for root.
if as_user test -x "$SKYPELAB"; then
	AS=as_user lacks 'Resource temporarily unavailable' prlimit --nproc=1 "$SKYPELAB" run -o "$TMP/w/r" $first
	AS=as_user lacks 'Resource temporarily unavailable' prlimit --nproc=1 "$SKYPELAB" lab up -n "lacks$$" --site a
fi

# A disk that is full, of two sizes: nothing fits; some cells fit, and the run goes on from there.
unshare_disk() { if [ "$(id -u)" = 0 ]; then unshare -m "$@"; else unshare -Urm "$@"; fi; }
export TMP SKYPELAB first
export -f lacks same fail
# shellcheck disable=SC2016
unshare_disk bash -euc '
	mount -t tmpfs -o size=16k none "$TMP/w"
	lacks "No space left" "$SKYPELAB" detect -s skypelab-2006 --eve "$TMP/w/e" "$TMP/c.pcap"
	lacks "No space left" "$SKYPELAB" score -s all --claims "$TMP/w/k" "$TMP/c.pcap"
	lacks "No space left" "$SKYPELAB" run -j 1 -o "$TMP/w/r" $first
	umount "$TMP/w"
	mount -t tmpfs -o size=4m none "$TMP/w"
	rc=0
	"$SKYPELAB" run -j 1 -o "$TMP/w/r" $first >"$TMP/out" 2>"$TMP/err" || rc=$?
	same $rc 3 "exit code of a run whose disk fills up"
	grep -q "No space left" "$TMP/err" || fail "a run whose disk fills up: $(cat "$TMP/err")"
	same "$(find "$TMP/w/r/cells" -mindepth 1 -maxdepth 1 -name ".*")" "" "unfinished cells"
	[ ! -e "$TMP/w/r/manifest.json" ] || fail "a run is called whole on a full disk"
	mount -t tmpfs -o remount,size=64m none "$TMP/w" # with both names no older option is passed on
	"$SKYPELAB" -q run -o "$TMP/w/r" $first >"$TMP/out" 2>"$TMP/err" || fail "the run does not go on: $(cat "$TMP/err")"
	"$SKYPELAB" results verify "$TMP/w/r" >/dev/null || fail "not whole"
' || exit 1

# A signal that comes after the look whether one came, and before the wait: the worker is stopped then,
# so that a lost signal would be waited for without end.
cat >"$TMP/early.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
static pid_t last, of;
pid_t fork(void)
{
	pid_t p = ((pid_t(*)(void))dlsym(RTLD_NEXT, "fork"))();
	if (p > 0) last = p, of = getpid();
	return p;
}
pid_t waitpid(pid_t pid, int *status, int options)
{
	static int calls;
	if (of == getpid() && pid == -1 && !calls++) {
		kill(last, SIGSTOP);
		kill(getpid(), atoi(getenv("EARLY")));
	}
	return ((pid_t(*)(pid_t, int *, int))dlsym(RTLD_NEXT, "waitpid"))(pid, status, options);
}
C
cc -shared -fPIC -o "$TMP/early.so" "$TMP/early.c" -ldl
for sig in 15 2 1; do
	rc=0
	EARLY=$sig LD_PRELOAD=$TMP/early.so ASAN_OPTIONS=verify_asan_link_order=0 timeout 20 \
		"$SKYPELAB" run -j 1 -o "$TMP/w/r" $first >"$TMP/out" 2>"$TMP/err" || rc=$?
	same $rc 2 "exit code of a run with an early signal $sig: $(cat "$TMP/err")"
	grep -q 'interrupted' "$TMP/err" || fail "an early signal $sig: $(cat "$TMP/err")"
done
for _ in $(seq 100); do
	[ -e "$TMP/w/r" ] || exit 0
	sleep 0.05
done
fail "left after a signal: $(find "$TMP/w")"
