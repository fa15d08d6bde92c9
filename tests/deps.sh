#!/bin/sh
# deps.sh check|install run|test: what the program needs, or what it and its tests need, as
# Debian/Ubuntu packages. `check` exits 1 when there is something to install; `install` says what it
# installs, what for and by which command, and does it; where it may not, it exits 1. Services that come
# along with a package are not started.
set -eu
compile="build-essential pkg-config git ca-certificates"
libraries="libpcap-dev libnet1-dev libnftnl-dev libmnl-dev libnetfilter-conntrack-dev libcyaml-dev
	libyaml-dev libjansson-dev uthash-dev nettle-dev zlib1g-dev libzstd-dev liblzma-dev liblz4-dev libsqlite3-dev
	libcurl4-openssl-dev libfixbuf-dev libpcre2-dev libseccomp-dev libncurses-dev"
plots=gnuplot-nox
tests="check clang libclang-rt-dev"
# Independent witnesses of the end-to-end tests, and what lint uses. One that cannot be had is named and
# passed over: its test then says SKIP and why.
witnesses="nftables conntrack iproute2 iputils-ping tcpdump tshark stun-client coturn jq python3
	python3-sklearn prometheus tcpreplay ethtool libndpi-bin tinyproxy chromium nginx-light curl chrony dnsmasq-base bind9-dnsutils
	nfdump softflowd sip-tester aria2 opentracker openvpn udhcpc tmux munge slurmctld slurmd slurm-client parallel zsh fish
	clang-format clang-tidy cppcheck shellcheck mandoc"
tried=build/.witnesses-tried
policy=/usr/sbin/policy-rc.d

missing() {
	for p in "$@"; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || echo "$p"
	done
}
may_install() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
apt() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@"
}
# While packages are installed, policy-rc.d says that nothing may be started (101).
# say PURPOSE PACKAGE...: those of them that are missing, and what for.
say() {
	purpose=$1
	shift
	# shellcheck disable=SC2046
	set -- $(missing "$@")
	[ $# = 0 ] || echo "  $purpose: $*"
}
no_services() {
	[ ! -e $policy ] || return 0
	# shellcheck disable=SC2064
	trap "$sudo rm -f $policy" EXIT
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 755 $policy
}

case "${2:-test}" in
run) tests='' witnesses='' ;;
test) ;;
*) set -- help ;;
esac
needed="$compile $libraries $plots $tests"
if ! command -v dpkg-query >/dev/null; then
	[ "${1:-check}" != check ] || exit 0 # the compiler says what is not there
	echo "this is no Debian or Ubuntu; what these packages hold is needed: $needed $witnesses" | tr -s '\n\t ' ' ' >&2
	exit 1
fi
# shellcheck disable=SC2086
list=$(missing $needed | tr '\n' ' ')
# shellcheck disable=SC2086
more=$(missing $witnesses | tr '\n' ' ')
case "${1:-check}" in
check)
	[ -z "$list" ] || { echo "missing: $list"; exit 1; }
	[ -z "$more" ] || [ -e $tried ] || ! may_install || { echo "missing: $more"; exit 1; }
	;;
install)
	if [ -n "$list" ]; then
		echo "missing, to be installed with apt:"
		# shellcheck disable=SC2086
		{
			say "to compile" $compile
			say "libraries of the program" $libraries
			say "plots of its reports" $plots
			say "unit tests, with both compilers" $tests
		}
		how="apt-get install -y --no-install-recommends $list"
		if ! may_install && { ! command -v sudo >/dev/null || [ ! -t 0 ]; }; then
			echo "this user may not install packages; as root: apt-get update && $how" >&2
			exit 1
		fi
		echo "${sudo:+sudo }$how"
	fi
	if [ -n "$list" ] || { [ -n "$more" ] && may_install; }; then no_services; fi
	if [ -n "$list" ]; then
		apt update
		# shellcheck disable=SC2086
		apt install -y --no-install-recommends $list
	fi
	if [ -n "$more" ] && may_install; then
		echo "missing, what the tests compare the program with, and what lint uses; to be installed with apt: $more"
		[ -n "$list" ] || apt update
		# shellcheck disable=SC2086
		apt install -y --no-install-recommends $more || for p in $more; do
			apt install -y --no-install-recommends "$p" ||
				echo "cannot install $p; its tests will be skipped"
		done
		mkdir -p build
		touch $tried
	elif [ -n "$more" ]; then
		echo "not installed, tests that need them will be skipped: $more"
		echo "as root: apt-get update && apt-get install -y --no-install-recommends $more"
	fi
	[ -n "$list$more" ] || echo "nothing is missing"
	;;
*)
	echo "usage: deps.sh check|install [run|test]" >&2
	exit 2
	;;
esac
