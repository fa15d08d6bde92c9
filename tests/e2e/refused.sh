#!/bin/bash
# Machines that refuse what a lab needs: the message names the switch and what to type, at every step.
. "$(dirname "$0")/lib.sh"
need cc
chmod 755 "$TMP"

# What Ubuntu 24.04 answers: unshare() is granted, and writing one of the files about ids is not. The
# library answers in the kernel's place.
cat >"$TMP/refuse.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int answer(const char *path, int flags, int mode)
{
	int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64");
	const char *refused = getenv("REFUSED");
	int fds[2];

	if (refused && (flags & O_ACCMODE) != O_RDONLY && !strcmp(path, refused))
		return errno = atoi(getenv("REFUSED_BY")), -1;
	if (strstr(path, "apparmor_restrict_unprivileged_userns")) {
		if (pipe(fds) < 0 || write(fds[1], "1\n", 2) != 2)
			return -1;
		close(fds[1]);
		return fds[0];
	}
	return next(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list a;
	int mode;

	va_start(a, flags);
	mode = va_arg(a, int);
	va_end(a);
	return answer(path, flags, mode);
}
int open64(const char *, int, ...) __attribute__((alias("open")));
C
cc -shared -fPIC -o "$TMP/refuse.so" "$TMP/refuse.c" -ldl
chmod a+rx "$TMP/refuse.so"

up() { # ENVIRONMENT...: `lab up` as an ordinary user, which must be refused
	rc=0
	as_user env "$@" "$SKYPELAB" lab up -n "e2e-$$" --site home >"$TMP/out" 2>"$TMP/err" || rc=$?
	same $rc 3 "exit code ($*); $(cat "$TMP/err")"
	same "$(wc -l <"$TMP/err")" 1 "lines of: $(cat "$TMP/err")"
}
if isolated true 2>/dev/null && as_user unshare -U true 2>/dev/null; then
	for file in setgroups uid_map gid_map; do
		for errno in 1 13; do
			up "LD_PRELOAD=$TMP/refuse.so" "REFUSED=/proc/self/$file" REFUSED_BY=$errno
			grep -q "refuses to write /proc/self/$file" "$TMP/err" || fail "no place: $(cat "$TMP/err")"
			grep -q 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0' "$TMP/err" ||
				fail "no switch: $(cat "$TMP/err")"
			grep -q 'AppArmor profile lab/skypelab.apparmor' "$TMP/err" || fail "no profile: $(cat "$TMP/err")"
		done
	done
	[ -e lab/skypelab.apparmor ] || fail "the profile that the message names is not there"
fi

# Roots of other kinds need a real root to be made: a folder that is no mount point, as of a plain chroot,
# with and without /proc.
[ "$(id -u)" = 0 ] || exit 0
cat >"$TMP/rooted.sh" <<'SH'
set -eu
mkdir -p "$TMP/root"
for f in /*; do
	[ "$f" != /proc ] || [ "$1" = proc ] || continue
	if [ -L "$f" ]; then
		[ -L "$TMP/root$f" ] || cp -P "$f" "$TMP/root/"
	elif [ -d "$f" ]; then
		mkdir -p "$TMP/root$f"
		mount --rbind "$f" "$TMP/root$f"
	fi
done
cd /
exec chroot "$TMP/root" "$SKYPELAB" lab up -n "e2e-$$" --site home
SH
export TMP SKYPELAB_DATA=$PWD
rooted() {
	rc=0
	unshare -m bash "$TMP/rooted.sh" "$1" >"$TMP/out" 2>"$TMP/err" || rc=$?
	same $rc 3 "exit code in a chroot; $(cat "$TMP/err")"
	same "$(wc -l <"$TMP/err")" 1 "lines of: $(cat "$TMP/err")"
}
unshare -m true 2>/dev/null || exit 0
rooted proc
grep -q 'plain chroot.*systemd-nspawn' "$TMP/err" || fail "plain chroot: $(cat "$TMP/err")"
rooted none
grep -q '/proc is missing here' "$TMP/err" || fail "without /proc: $(cat "$TMP/err")"
