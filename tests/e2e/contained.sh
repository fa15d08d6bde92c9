#!/bin/bash
# A program in a node does there what root may, and nothing to the host's kernel: not as an ordinary
# user's lab, and not as root's.
. "$(dirname "$0")/lib.sh"
need_namespaces
need ip unshare
LAB=e2e-$$

cat >"$TMP/inside.sh" <<'INSIDE'
refused() { # WHAT COMMAND...: the command must fail
	local what=$1
	shift
	if "$@" 2>/dev/null; then echo "$what was allowed"; fi
}
write() { printf '%s\n' "$(cat "$1" 2>/dev/null)" >"$1"; } # a value written back changes nothing
refused "writing /proc/sys/kernel/panic" write /proc/sys/kernel/panic
refused "writing /proc/sys/net/ipv4/ip_forward" write /proc/sys/net/ipv4/ip_forward
[ ! -e /sys/kernel/profiling ] || refused "writing below /sys" write /sys/kernel/profiling
refused "opening /proc/sysrq-trigger" sh -c ': >>/proc/sysrq-trigger'
refused "remounting /proc/sys" mount -o remount,bind,rw /proc/sys
refused "unmounting /proc/sys" umount /proc/sys
refused "unmounting in a namespace of its own" unshare -Urm umount /proc/sys
refused "remounting in a namespace of its own" unshare -Urm mount -o remount,bind,rw /proc/sys
refused "naming the machine" sh -c 'hostname "$(hostname)"'
refused "entering the mounts of the lab" nsenter -t 1 -m true
refused "making a device" mknod /dev/disk b 8 0
for d in /dev/*; do [ ! -b "$d" ] || echo "$d is a disk"; done
[ -c /dev/null ] && [ -c /dev/urandom ] && [ -c /dev/tty ] || echo "/dev lacks a usual device"
: >/dev/null || echo "/dev/null cannot be written"
# and what a node is for
ip link add v0 type veth peer name v1 || echo "no link can be made"
ip addr add 192.0.2.1/24 dev v0 || echo "no address can be set"
INSIDE
chmod -R a+rX "$TMP"

try() { # WHO: prefix of a command
	local said
	"$@" "$SKYPELAB" -q lab up -n "$LAB" --site a || fail "lab up"
	said=$("$@" "$SKYPELAB" lab exec -n "$LAB" a-h1 -- bash "$TMP/inside.sh" 2>&1) || true
	"$@" "$SKYPELAB" -q lab down -n "$LAB" || fail "lab down"
	same "$said" "" "what a program in a node may do ($*)"
}
try marked_run
if [ "$(id -u)" = 0 ]; then try env; fi
