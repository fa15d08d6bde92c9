#!/bin/sh
# deps.sh check|install: what the build and the tests need, as Debian/Ubuntu packages.
# `check` exits 1 when something is missing; `install` says what it installs and installs it.
set -eu
needed="build-essential pkg-config git ca-certificates
	libpcap-dev libnet1-dev libnftnl-dev libmnl-dev libnetfilter-conntrack-dev libcyaml-dev
	libyaml-dev libjansson-dev uthash-dev nettle-dev zlib1g-dev libsqlite3-dev
	libcurl4-openssl-dev check gnuplot-nox clang libclang-rt-dev"
# Independent witnesses of the end-to-end tests; a test whose witness is absent says SKIP.
witnesses="nftables conntrack iproute2 tcpdump tshark stun-client coturn jq"
missing() {
	for p in "$@"; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || echo "$p"
	done
}
# shellcheck disable=SC2086
list=$(missing $needed $witnesses | tr '\n' ' ')
case "${1:-check}" in
check)
	[ -z "$list" ] || { echo "missing: $list"; exit 1; }
	;;
install)
	[ -n "$list" ] || { echo "nothing is missing"; exit 0; }
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	echo "installing: $list"
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq
	# shellcheck disable=SC2086
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $list
	;;
*)
	echo "usage: deps.sh check|install" >&2
	exit 2
	;;
esac
