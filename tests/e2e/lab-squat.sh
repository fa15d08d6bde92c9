#!/bin/bash
# Another user takes names of root's labs: they are no labs of root's, nothing of them reaches the
# terminal, and a lab under another name works. An ordinary user takes names that are none.
# Such names belong to a network namespace: this test has one of its own.
[ -n "${SQUAT:-}" ] || [ "$(id -u)" != 0 ] || SQUAT=1 exec unshare -n bash "$0"
. tests/e2e/lib.sh

need_namespaces
need python3
cat >"$TMP/squat.py" <<'PY'
import os, socket, sys
owner = os.getuid()
names = [b"\x1b[31mEVIL\x1b[0m", b"x\ny", b"z" * 90]
if owner == 0: # who has no second user takes such names for his own
    os.setgid(65534)
    os.setuid(65534)
    names += [b"lab", b"held"]
held = []
for name in names:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.bind(b"\0skypelab/%d/" % owner + name)
    s.listen(0 if name == b"lab" else 16)
    held.append(s)
print("held", flush=True)
sys.stdin.read()
PY
mkfifo "$TMP/go" "$TMP/held"
chmod -R a+rX "$TMP"
exec 8<>"$TMP/go" 9<>"$TMP/held"
python3 "$TMP/squat.py" <&8 >&9 &
squat=$!
trap 'kill $squat 2>/dev/null; rm -rf "$TMP"' EXIT
read -r -t 20 <&9 || fail "the names cannot be taken"
# refused CODE MESSAGE COMMAND...
refused() {
	local code=$1 want=$2 rc=0
	shift 2
	timeout 20 "$SKYPELAB" "$@" >"$TMP/out" 2>&1 || rc=$?
	same $rc "$code" "exit code of $*: $(cat "$TMP/out")"
	grep -q -- "$want" "$TMP/out" || fail "$*: «$(cat "$TMP/out")» lacks «$want»"
	! grep -q $'\033\|EVIL' "$TMP/out" || fail "another user's words in $*: $(cat "$TMP/out")"
}
if [ "$(id -u)" != 0 ]; then
	# Other labs of this user may be up: only what is shown counts.
	"$SKYPELAB" lab status >"$TMP/out" 2>&1 || true
	! grep -q $'\033\|EVIL\|^y\|zzzz' "$TMP/out" || fail "names that are none in lab status: $(cat "$TMP/out")"
	exit 0
fi
refused 1 'no lab is up' lab status
refused 2 'no lab is up' lab exec a-h1 true
refused 2 "another user's" lab status -n held
refused 2 "another user's" lab exec -n held a-h1 true
refused 2 "another user's" lab down -n held
refused 3 'held by a process of another user' lab up -n held --site a
"$SKYPELAB" lab up -n mine --site a || fail "lab up beside names that are taken: exit $?"
"$SKYPELAB" lab status >"$TMP/out"
grep -q '^lab mine,' "$TMP/out" || fail "status: $(cat "$TMP/out")"
same "$(grep -c '^lab ' "$TMP/out")" 1 "labs of status"
same "$("$SKYPELAB" lab exec a-h1 echo in)" in "a program in the only lab"
"$SKYPELAB" lab down || fail "lab down: exit $?"
