#!/bin/bash
# package.sh SUITE [FOLDER]: the Debian package as a user meets it: built twice with the same bytes, and linted, in one
# fresh root of SUITE (bookworm, trixie), installed in another that has no sources, used there by an ordinary user, and
# purged, after which the root has the files that it had before. As root; needs debootstrap and a Debian mirror (MIRROR).
# FOLDER keeps the roots and the package (default build/package); a base root of SUITE that is there is used again.
#
# Not part of `make check`: it takes minutes and the network.
set -euo pipefail
cd "$(dirname "$0")/.."
suite=${1:?package.sh SUITE [FOLDER]} mirror=${MIRROR:-http://deb.debian.org/debian}
mkdir -p "${2:-build/package}"
at=$(cd "${2:-build/package}" && pwd)
base=$at/$suite.base build=$at/$suite.build use=$at/$suite.use
say() { echo "package.sh: $suite: $*"; }
fail() { say "$*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "run it as root: it makes roots"

# in_root ROOT CMD...: with ROOT as /, not by chroot(2), in which the kernel lets nobody make user namespaces.
in_root() {
	# shellcheck disable=SC2016
	unshare --mount --pid --fork --propagation private env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive sh -ec '
		mount --bind "$1" "$1"
		cd "$1"
		mount -t proc proc proc
		mount -t sysfs sys sys
		mount --rbind /dev dev
		mkdir -p mnt/old
		pivot_root . mnt/old
		cd /
		umount -l /mnt/old
		rmdir /mnt/old
		shift
		exec "$@"' sh "$@"
}
as_ann() { in_root "$1" setpriv --reuid=ann --regid=ann --clear-groups env HOME=/home/ann sh -ec "cd /home/ann; $2"; }
made_root() { # ROOT: a fresh one
	rm -rf --one-file-system "$1"
	cp -a "$base" "$1"
	cp /etc/resolv.conf "$1/etc/resolv.conf"
	in_root "$1" useradd -m ann
}
files_of() { # ROOT: all but what dpkg and apt keep of themselves
	(cd "$1" && find . \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./home -o -path ./var/log -o -path ./var/cache \
		-o -path ./var/lib/dpkg -o -path ./var/lib/apt \) -prune -o -print | LC_ALL=C sort)
}

if [ ! -e "$base" ]; then
	say "making a root"
	debootstrap --variant=minbase "$suite" "$base.new" "$mirror" >"$at/$suite.debootstrap" || fail "see $at/$suite.debootstrap"
	cp /etc/resolv.conf "$base.new/etc/resolv.conf"
	in_root "$base.new" apt-get -qq update
	mv "$base.new" "$base"
fi

say "building"
made_root "$build"
mkdir -p "$build/home/ann/skypelab"
git archive HEAD | tar -xf - -C "$build/home/ann/skypelab"
{
	in_root "$build" apt-get -qq install -y --no-install-recommends build-essential lintian
	in_root "$build" apt-get -qq build-dep -y --no-install-recommends /home/ann/skypelab
	in_root "$build" chown -R ann:ann /home/ann
	as_ann "$build" 'cd skypelab && dpkg-buildpackage -us -uc -b'
} >"$at/$suite.build.log" 2>&1 || fail "see $at/$suite.build.log"
say "building it again, elsewhere"
{
	as_ann "$build" 'mkdir -p other/place && cp -r skypelab other/place && cd other/place/skypelab && debian/rules clean &&
		DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage -us -uc -b'
} >"$at/$suite.again.log" 2>&1 || fail "see $at/$suite.again.log"
cmp "$build"/home/ann/skypelab_*.deb "$build"/home/ann/other/place/skypelab_*.deb || fail "two builds differ"
as_ann "$build" 'lintian --fail-on error,warning --pedantic skypelab_*.changes' || fail "lintian found something"
deb=$(ls "$build"/home/ann/skypelab_*.deb)
cp "$deb" "$at/"

say "installing ${deb##*/}"
made_root "$use"
files_of "$use" >"$at/$suite.before"
cp "$deb" "$use/home/ann/"
in_root "$use" apt-get -qq install -y --no-install-recommends "/home/ann/${deb##*/}" >"$at/$suite.install.log" 2>&1 ||
	fail "see $at/$suite.install.log"
say "using it as an ordinary user"
as_ann "$use" '
	skypelab version
	skypelab doctor run
	skypelab -q run -o light first-light
	skypelab results verify light
	skypelab regress ehlert-petgang-1.4
	skypelab completion words -- detect -s ehlert' >"$at/$suite.use.log" 2>&1 || fail "see $at/$suite.use.log"
say "following the tutorial"
# Its commands are for the folder of the sources: here that has links to what is installed.
# shellcheck disable=SC2016
as_ann "$use" '
	mkdir -p tutorial/build && cd tutorial
	ln -s /usr/bin/skypelab build/skypelab
	ln -s /usr/share/skypelab/detector detector
	page=$(find /usr/share/doc/skypelab/ -name "tutorial.md*")
	zcat -f "$page" | awk "/^\`\`\`console/ { c = 1; next } /^\`\`\`/ { c = 0 } c && sub(/^[\$>] /, \"\")" >commands
	[ "$(wc -l <commands)" -gt 10 ] && sh -e commands' >>"$at/$suite.use.log" 2>&1 || fail "see the end of $at/$suite.use.log"

say "removing it"
in_root "$use" apt-get -qq purge -y --autoremove skypelab >>"$at/$suite.install.log" 2>&1
files_of "$use" >"$at/$suite.after"
diff "$at/$suite.before" "$at/$suite.after" || fail "the root has other files than before"
say "good: $at/${deb##*/}"
