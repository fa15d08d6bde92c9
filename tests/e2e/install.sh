#!/bin/bash
# `make install` from an archive without git: the program finds its data wherever the installed tree lies, an
# ordinary user runs a scenario by name with nothing of the sources at hand, and `make uninstall` leaves nothing.
. tests/e2e/lib.sh
need make
need_namespaces

# The sources as an archive has them.
if git rev-parse --show-toplevel >/dev/null 2>&1; then
	git ls-files -z --cached --others --exclude-standard >"$TMP/files"
else
	find . -path ./build -prune -o -type f -print0 >"$TMP/files"
fi
mkdir "$TMP/archive"
tar -cf - --null --no-recursion -T "$TMP/files" | tar -xf - -C "$TMP/archive"
installing() { # TARGET: with the program that is built already
	make -s -C "$TMP/archive" -o "$BUILD/skypelab" BUILD="$BUILD" DESTDIR="$TMP/root" PREFIX=/opt/lab "$1" >"$TMP/said" 2>&1 ||
		fail "make $1: $(cat "$TMP/said")"
}
installing install

# Two trees at paths of their own give the same bytes.
need cc
cp -r "$TMP/archive" "$TMP/another-archive"
for tree in archive another-archive; do
	CCACHE_DISABLE=1 make -s -C "$TMP/$tree" V=1 BUILD=b b/obj/cli/cmd_doctor.o >"$TMP/said" 2>&1 || fail "make: $(cat "$TMP/said")"
done
cmp "$TMP/archive/b/obj/cli/cmd_doctor.o" "$TMP/another-archive/b/obj/cli/cmd_doctor.o" || fail "objects of two trees differ"

# Moved as a whole, below a name that make knew nothing of.
mkdir "$TMP/moved" "$TMP/work"
cp -r "$TMP/root/opt/lab" "$TMP/moved/here"
chmod -R a+rX "$TMP"
chmod 1777 "$TMP/work"
cd "$TMP/work"
lab() { as_user env -i HOME="$TMP/work" LC_ALL=C.UTF-8 PATH="$TMP/moved/here/bin:/usr/bin:/bin" skypelab "$@"; }
# shellcheck disable=SC2016
lab doctor results >"$TMP/out" || fail "doctor: exit $?, $(cat "$TMP/out")"
lab -q run --no-report --filter caller.firewall=open --filter login=manual --filter host-cache=known -o run first-light \
	>"$TMP/out" || fail "run first-light: exit $?, $(cat "$TMP/out")"
lab results baseline save mine run >"$TMP/out" || fail "baseline save: $(cat "$TMP/out")"
[ -s results/baselines/mine.tsv ] || fail "the baseline of an installed program is not below the working directory"
lab results baseline list >"$TMP/out"
same "$(tail -n +2 "$TMP/out" | cut -d' ' -f1 | tr '\n' ' ')" "emulated recorded regress mine " "baselines of an installed program"
lab results compare mine run >"$TMP/out" || fail "compare: exit $?, $(cat "$TMP/out")"
same "$(lab signature list | grep -c '^ehlert-petgang-1.4 ')" 1 "bundled signatures of an installed program"
# A bundled signature, without a recording, against what the committed baseline found; and one that was spoilt.
lab regress ehlert-petgang-1.4 >"$TMP/out" 2>&1 || fail "regress: exit $?, $(cat "$TMP/out")"
grep -q '^ehlert-petgang-1.4: accepted: equal' "$TMP/out" || fail "regress: $(cat "$TMP/out")"
sed -i 's/size: 18$/size: 19/' "$TMP/moved/here/share/skypelab/detector/signatures/ehlert-petgang-1.4.yaml"
rc=0
lab regress ehlert-petgang-1.4 >"$TMP/out" 2>&1 || rc=$?
same $rc 1 "exit status of regress with a spoilt signature: $(cat "$TMP/out")"
lab run --dry-run nosuch >"$TMP/out" 2>&1 && fail "a scenario that is not there"
grep -q 'nosuch is not in scenarios, expected one of .*first-light' "$TMP/out" || fail "$(cat "$TMP/out")"
# The README, as installed: its documents are there, and its commands name scenarios that are.
doc=$TMP/moved/here/share/doc/skypelab
for link in $(sed -n 's/.*](\([^)#]*\)).*/\1/p' "$doc/README.md"); do
	[ -e "$doc/$link" ] || fail "README.md names $link, which is not installed"
done
for name in $(sed -n 's|^build/skypelab \(run\|lab up\) \([a-z-]*\) .*|\2|p' "$doc/README.md"); do
	lab run --dry-run "$name" >/dev/null || fail "README.md names the scenario $name"
done
for page in "$OLDPWD"/man/*.[1-8]; do
	[ -s "$TMP/moved/here/share/man/man${page##*.}/${page##*/}" ] || fail "${page##*/} is not installed"
done
grep -q '^#compdef skypelab' "$TMP/moved/here/share/zsh/site-functions/_skypelab" || fail "no completion for zsh"
cd "$OLDPWD"

same "$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)" "$(cat VERSION)" "version of the Debian package"
touch "$TMP/root/opt/lab/bin/other"
installing uninstall
same "$(cd "$TMP/root" && find . ! -type d)" ./opt/lab/bin/other "left by uninstall"
[ -z "$(find "$TMP/root" -type d -name 'skypelab*')" ] || fail "folders left: $(find "$TMP/root" -type d)"
