#!/bin/bash
# Names of labs are files of folders that are this user's alone. Another user who takes names wherever he
# can (abstract sockets, /tmp, his own XDG_RUNTIME_DIR) keeps none from us, and nothing of him reaches the
# terminal; what kill -9 leaves is taken over.
# Abstract names belong to a network namespace, and root's folder is below /run: root's part has its own.
if [ -z "${SQUAT:-}" ] && [ "$(id -u)" = 0 ]; then
	SQUAT=1 exec unshare -nm bash -c 'mount -t tmpfs -o mode=755 none /run && exec bash "$0"' "$0"
fi
. tests/e2e/lib.sh

need_namespaces
need python3
cat >"$TMP/squat.py" <<'PY'
import os, socket, sys
owner, folders = int(sys.argv[1]), sys.argv[2:]
if os.getuid() == 0: # who has no second user takes the names himself
    os.setgid(65534)
    os.setuid(65534)
held = []
def take(address, backlog=16):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.bind(address)
    s.listen(backlog)
    held.append(s)
names = [b"\x1b[31mEVIL\x1b[0m", b"x\ny", b"z" * 60, b"lab", b"held"]
for name in names:
    take(b"\0skypelab/%d/" % owner + name, 0 if name == b"lab" else 16)
    for folder in folders:
        take(folder.encode() + b"/" + name)
print("held", flush=True)
sys.stdin.read()
PY
mkfifo "$TMP/go" "$TMP/held"
mkdir -m 777 "$TMP/his" "$TMP/his/skypelab"
chmod 755 "$TMP"
chmod a+rw "$TMP/go" "$TMP/held"
exec 8<>"$TMP/go" 9<>"$TMP/held"
me=$(id -u)
[ "$me" != 0 ] || chown -R 65534 "$TMP/his"
python3 "$TMP/squat.py" "$me" "$TMP/his/skypelab" <&8 >&9 &
squat=$!
trap 'kill $squat 2>/dev/null; rm -rf "$TMP"' EXIT
read -r -t 20 <&9 || fail "the names cannot be taken"
# says CODE MESSAGE COMMAND...
says() {
	local code=$1 want=$2 rc=0
	shift 2
	timeout 20 "$@" >"$TMP/out" 2>&1 || rc=$?
	same $rc "$code" "exit code of $*: $(cat "$TMP/out")"
	grep -q -- "$want" "$TMP/out" || fail "$*: «$(cat "$TMP/out")» lacks «$want»"
	! grep -q $'\033\|EVIL\|^y\|zzzz' "$TMP/out" || fail "another user's words in $*: $(cat "$TMP/out")"
}
lab() { "$SKYPELAB" lab "$@"; }
# The whole life of labs under the names that are taken, in the folder $1.
life() { # FOLDER OPTION-OF-NAME...
	local name pid
	for name in "${@:2}"; do
		says 2 "no lab named '$name' is up" "$SKYPELAB" lab status -n "$name"
		says 2 "no lab named '$name' is up" "$SKYPELAB" lab exec -n "$name" a-h1 true
		says 2 "no lab named '$name' is up" "$SKYPELAB" lab down -n "$name"
		lab up -n "$name" --site a || fail "lab up -n $name beside names that are taken: exit $?"
		same "$(stat -c '%a %u %F' "$1")" "700 $me directory" "the folder of names"
		[ -S "$1/$name" ] || fail "no name $1/$name"
		says 0 "^lab $name, process [1-9]" "$SKYPELAB" lab status
		same "$(lab exec -n "$name" a-h1 echo in)" in "a program in lab $name"
		says 2 "a lab named '$name' is up" "$SKYPELAB" lab up -n "$name" --site a
	done
	# A program inside is no user of its lab.
	! lab exec -n "$2" a-h1 timeout 5 "$SKYPELAB" lab rules -n "$2" a-gw >"$TMP/out" 2>&1 || fail "a program inside asked its lab"
	# kill -9 leaves a name: it is no lab, it is taken over, and other names are swept with it.
	for name in "${@:2}"; do
		pid=$(lab status | sed -n "s/^lab $name, process //p")
		kill -9 "$pid"
	done
	for name in "${@:2}"; do
		for ((i = 0; i < 200; i++)); do lab status -n "$name" >/dev/null 2>&1 || break; sleep 0.02; done
		[ -S "$1/$name" ] || fail "kill -9 left no name: this test tests nothing"
	done
	lab up -n "$2" --site a || fail "lab up -n $2 after kill -9: exit $?"
	same "$(ls "$1")" "$2" "names after one was taken over"
	lab down -n "$2" || fail "lab down: exit $?"
	[ ! -e "$1" ] || fail "left after the last lab: $(ls -la "$1")"
}
if [ "$me" = 0 ]; then
	says 1 'no lab is up' "$SKYPELAB" lab status
	life /run/skypelab lab held
	# A folder that is another user's is not used, whatever the environment says, nor one behind a link.
	XDG_RUNTIME_DIR=$TMP/his life /run/skypelab lab held
	XDG_RUNTIME_DIR=relative life /run/skypelab lab
	mkdir -m 700 "$TMP/mine"
	XDG_RUNTIME_DIR=$TMP/mine life "$TMP/mine/skypelab" lab held
	# Labs in one folder are found from an environment that prefers another one.
	XDG_RUNTIME_DIR=$TMP/mine lab up -n other --site a
	lab up -n here --site a
	XDG_RUNTIME_DIR=$TMP/mine says 2 "a lab named 'here' is up" "$SKYPELAB" lab up -n here --site a
	same "$(XDG_RUNTIME_DIR=$TMP/mine lab status | grep -c '^lab ')" 2 "labs in two folders"
	XDG_RUNTIME_DIR=$TMP/mine lab down --all
	says 1 'no lab is up' "$SKYPELAB" lab status
	# One folder by two spellings holds each lab once.
	[ -d /run/user/0 ] || { mkdir -p /run/user && mkdir -m 700 /run/user/0; }
	XDG_RUNTIME_DIR=/run/user/0/ lab up --site a || fail "lab up: exit $?"
	same "$(XDG_RUNTIME_DIR=/run/user/0/ lab status | grep -c '^lab ')" 1 "labs in a folder with two spellings"
	same "$(lab status | grep -c '^lab ')" 1 "labs of a login, without its environment"
	XDG_RUNTIME_DIR=/run/user/0/ lab down || fail "lab down: exit $?"
	# An ordinary user without a login: /tmp, when nobody else made the folder.
	user=$((41000 + RANDOM % 20000))
	that=(setpriv "--reuid=$user" "--regid=$user" --clear-groups)
	if "${that[@]}" test -x "$SKYPELAB"; then
		mkdir -m 700 "/tmp/skypelab-$user"
		trap 'kill $squat 2>/dev/null; rm -rf "$TMP" "/tmp/skypelab-$user"' EXIT
		says 3 "/tmp/skypelab-$user is another user's; set XDG_RUNTIME_DIR" "${that[@]}" "$SKYPELAB" lab up --site a
		rmdir "/tmp/skypelab-$user"
		ln -s "$TMP/his" "/tmp/skypelab-$user"
		says 3 'set XDG_RUNTIME_DIR' "${that[@]}" "$SKYPELAB" lab up --site a
		rm "/tmp/skypelab-$user"
		"${that[@]}" "$SKYPELAB" lab up --site a || fail "lab up of an ordinary user: exit $?"
		same "$(stat -c '%a %u' "/tmp/skypelab-$user")" "700 $user" "an ordinary user's folder of names"
		"${that[@]}" "$SKYPELAB" lab down || fail "lab down of an ordinary user: exit $?"
		[ ! -e "/tmp/skypelab-$user" ] || fail "an ordinary user's folder of names is left"
	fi
else
	mkdir -m 700 "$TMP/mine"
	export XDG_RUNTIME_DIR=$TMP/mine
	life "$TMP/mine/skypelab" "squat$$" "held$$"
fi
