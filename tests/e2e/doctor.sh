#!/bin/bash
# `skypelab doctor`: what is there is good; what is missing is named with what it is for and how to mend it, as
# text and as JSON; exit 3 only when a command does not work without it.
. tests/e2e/lib.sh
need jq
need_namespaces
doctor() { # STATUS [COMMAND] [OPTION]: its output is in $TMP/out
	local rc=0
	"$SKYPELAB" doctor "${@:2}" >"$TMP/out" 2>"$TMP/err" || rc=$?
	same "$rc" "$1" "exit status of doctor ${*:2}: $(cat "$TMP/out" "$TMP/err")"
}
doctor 0 run
grep -q '^good   namespaces ' "$TMP/out" && grep -q '^good   gateways ' "$TMP/out" || fail "$(cat "$TMP/out")"
! grep -q '^.....  sweeps' "$TMP/out" || fail "doctor run tells of submit"
doctor 0 run --json
same "$(jq -r '.[] | select(.name == "gateways") | "\(.good) \(.part) \(.commands | index("run") != null)"' "$TMP/out")" "true null true" "the gateways in JSON"
"$SKYPELAB" doctor --json >"$TMP/all" || [ $? = 3 ]
for c in $(jq -r '.[].commands[]' "$TMP/all" | sort -u); do
	"$SKYPELAB" help "$c" >/dev/null 2>&1 || fail "doctor names $c, which is no sub-command"
done

# what is missing
PATH=/nowhere doctor 0 results
grep -q '^part   gnuplot .*apt install' "$TMP/out" && grep -q '^ *for plots and reports: ' "$TMP/out" || fail "$(cat "$TMP/out")"
SKYPELAB_CORPORA=$TMP/none doctor 0 score
grep -q "^part   captures  *0 of [0-9]* .*skypelab corpora fetch -d $TMP/none" "$TMP/out" || fail "$(cat "$TMP/out")"
refused() { # without namespaces
	unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces 2>/dev/null || exit 9; exec setpriv --bounding-set=-all --inh-caps=-all "$@"' sh "$@"
}
if refused true 2>/dev/null; then
	rc=0
	refused "$SKYPELAB" doctor run >"$TMP/out" 2>&1 || rc=$?
	same $rc 3 "exit status without namespaces: $(cat "$TMP/out")"
	grep -q '^lacks  namespaces .*max_user_namespaces' "$TMP/out" || fail "$(cat "$TMP/out")"
fi
as_user "$SKYPELAB" doctor replay >"$TMP/out" 2>&1 && fail "an ordinary user may send frames"
grep -q '^lacks  packets .*sudo' "$TMP/out" || fail "$(cat "$TMP/out")"
PATH=/nowhere doctor 0 submit # --print needs neither of them
grep -q '^part   sweeps .*apt install' "$TMP/out" || fail "$(cat "$TMP/out")"
doctor 2 "evade lab"
doctor 2 rnu
grep -q 'nothing that is tried is for rnu' "$TMP/err" || fail "$(cat "$TMP/err")"
