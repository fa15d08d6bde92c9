#!/bin/bash
# tests/deps.sh, with a dpkg-query, an apt-get and a sudo of our own: it says what it installs, what for and how,
# before it does; without the right to it names the command and does nothing. Needs no privilege.
. tests/e2e/lib.sh
mkdir "$TMP/bin"
chmod 755 "$TMP" "$TMP/bin"
printf '#!/bin/sh\nshift 2\ncase $1 in gnuplot-nox | libpcap-dev | check | tshark) exit 1 ;; esac\necho "install ok installed"\n' >"$TMP/bin/dpkg-query"
printf '#!/bin/sh\necho "apt-get $*" >>%s/did\n' "$TMP" >"$TMP/bin/apt-get"
chmod 755 "$TMP/bin"/*
touch "$TMP/did"
deps() { # STATUS WORD...: as an ordinary user without sudo
	local rc=0
	: >"$TMP/did"
	as_user env PATH="$TMP/bin:/usr/bin:/bin" sh tests/deps.sh "${@:2}" </dev/null >"$TMP/out" 2>"$TMP/err" || rc=$?
	same $rc "$1" "exit code of deps.sh ${*:2}: $(cat "$TMP/out" "$TMP/err")"
}
if as_user test -r tests/deps.sh && ! as_user sudo -n true 2>/dev/null; then
	deps 1 check run
	same "$(cat "$TMP/out")" "missing: libpcap-dev gnuplot-nox " "what is missing for a run"
	deps 1 install run
	same "$(cat "$TMP/did")" "" "what was installed without the right to"
	grep -q '^  libraries of the program: libpcap-dev$' "$TMP/out" && grep -q '^  plots of its reports: gnuplot-nox$' "$TMP/out" ||
		fail "not said what for: $(cat "$TMP/out")"
	grep -q 'as root: apt-get update && apt-get install -y --no-install-recommends libpcap-dev gnuplot-nox' "$TMP/err" ||
		fail "no command to give: $(cat "$TMP/err")"
	deps 1 install test
	grep -q '^  unit tests, with both compilers: check$' "$TMP/out" || fail "not said what for: $(cat "$TMP/out")"
fi
# Targets apart, and each says what it does.
for target in deps-run deps-test run; do
	make help | has -E "^  $target +[a-z]" || fail "make help does not name $target"
done
