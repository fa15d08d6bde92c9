#!/bin/bash
# In a chroot into a folder that is mounted onto itself, as Debian's builders have it: data are found, and a run
# and a contained program work as elsewhere.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need jq
export TMP
mkdir "$TMP/root"
cat >"$TMP/inside.sh" <<'INSIDE'
set -e
mount --make-rprivate /
mount --rbind / "$TMP/root"
exec chroot "$TMP/root" /bin/sh -c 'cd / && exec "$SKYPELAB" -q run -o "$TMP/run" --filter caller.firewall=open --filter caller.nat=public first-light'
INSIDE
command -v chroot >/dev/null || PATH=$PATH:/usr/sbin:/sbin
if [ "$(id -u)" = 0 ]; then own=(unshare -m); else own=(unshare -Urm); fi
"${own[@]}" mount --rbind / "$TMP/root" 2>/dev/null || skip "this kernel refuses mounts of / to an ordinary user; run as root"
"${own[@]}" bash "$TMP/inside.sh" >"$TMP/out" 2>&1 || fail "run in a chroot: $(cat "$TMP/out")"
[ -s "$TMP/run/accuracy.tsv" ] || fail "no accuracy.tsv: $(cat "$TMP/out")"
