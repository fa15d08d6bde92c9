# Shared by the end-to-end tests: source it first.
set -euo pipefail
: "${BUILD:?run through tests/run-e2e.sh}" "${SKYPELAB:?}"
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
# What packages installed comes before programs of a user's own by the same name, which may lack what the
# tests need (another python3 has no module of ours); tools of the administrator, which the PATH of an
# ordinary user lacks, come last.
PATH=/usr/bin:/bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin
fail() { echo "FAIL: $*" >&2; exit 1; }
# ... | has [OPTION...] PATTERN: whether a line has it. It reads all there is: where `grep -q` stops at the first line,
# what comes before it in the pipe may be killed while it still writes, and pipefail makes a failure of that.
has() { [ "$(grep -c "$@")" -gt 0 ]; }
# skip REASON: the last line of a skipped test; it says what is missing and what to do.
skip() { echo "$*"; exit 77; }
# need PROGRAM...: in PATH, or a file of ours; otherwise the test is skipped.
need() {
	local p package
	for p in "$@"; do
		command -v "$p" >/dev/null && continue
		case $p in
		*/*) skip "$p is not built; make e2e builds it" ;;
		dumpcap | editcap | mergecap | text2pcap | tshark) package=tshark ;;
		tcprewrite) package=tcpreplay ;;
		ip) package=iproute2 ;;
		ndpiReader) package=libndpi-bin ;;
		nfcapd) package=nfdump ;;
		nft) package=nftables ;;
		stun) package=stun-client ;;
		turnserver | turnutils_*) package=coturn ;;
		gnuplot) package=gnuplot-nox ;;
		munged) package=munge ;;
		sbatch | scontrol) package=slurm-client ;;
		cc | nm) package=build-essential ;;
		*) package=$p ;;
		esac
		skip "$p is not installed; sudo apt install $package (make deps installs all)"
	done
}
need_corpus() {
	[ -e "$SKYPELAB_CORPORA/$1" ] ||
		skip "no $1 under SKYPELAB_CORPORA ($SKYPELAB_CORPORA); skypelab corpora fetch -d $SKYPELAB_CORPORA"
}
need_namespaces() {
	isolated true 2>/dev/null ||
		skip "the kernel refuses network namespaces here; sudo sysctl -w user.max_user_namespaces=10000 (Ubuntu: also kernel.apparmor_restrict_unprivileged_userns=0), or run as root"
}
# isolated CMD...: in a network of its own, as its root.
isolated() { if [ "$(id -u)" = 0 ]; then unshare -n "$@"; else unshare -Urn "$@"; fi; }
# catch INTERFACE FILE [DUMPCAP-OPTION...]: dumpcap in the background; when this returns it is listening.
# caught: stops all of them, each when its FILE holds as many packets as the interface has received since.
# On lo the emulated clock has packets of its own: there, when FILE has not grown for a second. Both are
# exported to inner shells.
catch() {
	local i before
	before=$(grep -c . /proc/net/packet)
	rm -f "$2"
	catching+=("$1 $2 $(catch_received "$1")")
	dumpcap -q -i "$1" "${@:3}" -B 64 -w "$2" 2>"$2.dumpcap" &
	catching_pids+=("$!")
	for ((i = 0; i < 400; i++)); do
		[ -s "$2" ] && [ "$(grep -c . /proc/net/packet)" -gt "$before" ] && return
		sleep 0.05
	done
	echo "dumpcap does not listen on $1: $(cat "$2.dumpcap")"
	return 1
}
catch_received() { # INTERFACE: without a program, since it is asked again and again
	local name _ n
	while read -r name _ n _; do
		[ "$name" != "$1:" ] || echo "$n"
	done </proc/net/dev
}
caught() {
	local c i n last still=0 interface file from
	for c in "${catching[@]}"; do
		read -r interface file from <<<"$c"
		for ((i = 0; i < 400; i++)); do
			n=$("$BUILD/tools/pcaploop" "$file" | cut -d' ' -f1)
			if [ "$interface" = lo ]; then
				if [ "$n" = "${last:-}" ]; then still=$((still + 1)); else still=0; fi
				last=$n
				[ $still -lt 20 ] || break
			elif [ "$n" -ge $(($(catch_received "$interface") - from)) ]; then
				break
			fi
			sleep 0.05
		done
	done
	kill -INT "${catching_pids[@]}"
	wait "${catching_pids[@]}" || true
	catching=() catching_pids=()
}
catching=() catching_pids=()
# reading N: returns when N packet sockets are open in this network, one an interface that is read. What
# comes before libpcap has given a socket its ring is lost; that takes a moment more.
reading() {
	local i
	for ((i = 0; i < 400; i++)); do
		if [ "$(grep -c . /proc/net/packet)" -gt "$1" ]; then # below a header
			sleep 0.2
			return
		fi
		sleep 0.05
	done
	echo "no program reads $1 interfaces: $(cat /proc/net/packet)"
	return 1
}
export -f catch caught catch_received reading
# tsv AWK [NAME=VALUE]... FILE...: awk over tables with a header line, which it does not see; column
# NAME is $c["NAME"].
tsv() {
	local program=$1
	shift
	awk -F'\t' 'FNR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } '"$program" "$@"
}
# scored FILE UNIT: found and of in an accuracy.tsv, by signature.
scored() {
	tsv '$c["unit"] == "'"$2"'" { tp[$c["signature"]] += $c["tp"]; of[$c["signature"]] += $c["tp"] + $c["fn"] }
		END { for (s in of) print s, tp[s], of[s] }' "$1" | sort
}
# same_run A B: two run directories are equal in all that must be, as `run --manifest` has it: the files
# that are there, the messages sent, and every file without times; of outcomes.tsv all but the seconds.
same_run() {
	local times
	times='\.pcap$|/(plots/.*|report/.*|report\.html|manifest\.json|cell\.json|claims\.tsv|outcomes\.tsv|fates\.[^/]*|events\.[^/]*|survival\.tsv|reach\.tsv|eve\.json|messages\.tsv|truth\.[^/]*)$'
	diff <(cd "$1" && find . -type f | sort) <(cd "$2" && find . -type f | sort) || fail "$1 and $2 have other files"
	diff <(grep messages_sha256 "$1/manifest.json") <(grep messages_sha256 "$2/manifest.json") || fail "$1 and $2: other messages"
	diff <(cd "$1" && find . -type f | grep -vE "$times" | sort | xargs -d '\n' sha256sum) \
		<(cd "$2" && find . -type f | grep -vE "$times" | sort | xargs -d '\n' sha256sum) || fail "$1 and $2 differ"
	diff <(tsv '{ $c["seconds"] = ""; print }' "$1/outcomes.tsv") <(tsv '{ $c["seconds"] = ""; print }' "$2/outcomes.tsv") ||
		fail "$1 and $2: other outcomes"
}

# made_corpora: $MADE is then a folder like SKYPELAB_CORPORA, of captures that this project's tools and
# emulator make, so that tests work where nothing recorded is at hand:
#	positives/made-2006.pcap	mkskype's client of 2006 (192.168.1.2), with its web and DNS
#	positives/made-2013.pcap	mkskype's client on Windows (192.168.1.2), with its web and DNS
#	positives/made-blocked.pcap	mkskype's client (192.168.1.2) whose UDP and most SYNs are lost
#	positives/made-emulated.pcap	the emulator's client of 2006, as the inside of its gateway saw it
#	labels/, negatives/		labels of these; mkfriends' protocols that look like Skype
# Made once for all tests that tests/run-e2e.sh starts together. Needs namespaces.
made_corpora() {
	MADE=${E2E_SHARED:-$TMP}/made
	need flock "$BUILD/tools/mkskype" "$BUILD/tools/mkfriends"
	(
		flock 9
		[ -e "$MADE" ] || make_corpora "$MADE.new" || exit 1
		[ -e "$MADE" ] || mv "$MADE.new" "$MADE"
	) 9>"$MADE.lock" || fail "cannot make captures"
}
make_corpora() { # FOLDER
	local p
	rm -rf "$1"
	mkdir -p "$1"/{positives,labels,negatives} || return
	for p in made-2006:linux-2006 made-2013:windows made-blocked:blocked; do
		"$BUILD/tools/mkskype" "${p#*:}" "$1/positives/${p%:*}.pcap" "$1/labels/${p%:*}.pcap.tsv" seed=1 || return
	done
	for p in $("$BUILD/tools/mkfriends" list); do
		"$BUILD/tools/mkfriends" "$p" "$1/negatives/$p.pcap" seed=1 || return
	done
	"$SKYPELAB" -q run --no-report -o "$1/run" scenarios/fidelity-1.2.yaml >/dev/null || return
	mv "$1"/run/cells/*/caller-gw.lan.pcap "$1/positives/made-emulated.pcap" || return
	cut -f 1-7 "$1"/run/cells/*/truth.caller.lan.tsv >"$1/labels/made-emulated.pcap.tsv" || return
	rm -rf "$1/run"
	chmod -R a+rX "$1"
}
# small_run FOLDER: a copy, the caller's own, of a run of two cells of scenarios/first-light.yaml, for tests to
# which any run will do. Made once, as with made_corpora. Fails where there are no namespaces.
small_run() {
	local made=${E2E_SHARED:-$TMP}/small-run
	need flock
	(
		flock 9
		[ ! -e "$made" ] || exit 0
		rm -rf "$made.new"
		"$SKYPELAB" -q run --no-report --filter caller.firewall=open --filter login=manual --filter host-cache=known \
			-o "$made.new" scenarios/first-light.yaml >/dev/null 2>"$made.err" && chmod -R a+rX "$made.new" &&
			mv "$made.new" "$made"
	) 9>"$made.lock" && cp -r "$made" "$1"
}
# on_captures NAME...: runs the rest of this test once for each capture of made_corpora and of
# SKYPELAB_CORPORA that is there, each in a shell of its own with CAPTURE, LABELS, NAME, CLIENT and, for
# scenarios, SKYPELAB_CORPORA set. Of the made ones at least one has to be named.
on_captures() {
	local name of recorded=
	[ -z "${CAPTURE:-}" ] || return 0
	made_corpora
	export E2E_SHARED="${E2E_SHARED:-$TMP}"
	for name in "$@"; do
		for of in "$MADE" "$SKYPELAB_CORPORA"; do
			[ -e "$of/positives/$name" ] || continue
			[ "$of" = "$MADE" ] || recorded=yes
			echo "--- $name"
			CAPTURE="$of/positives/$name" LABELS="$of/labels/$name.tsv" NAME="$name" SKYPELAB_CORPORA="$of" \
				CLIENT="$(client_of "$of/positives/$name")" bash "$0" "$@" || exit $?
		done
	done
	[ -n "$recorded" ] || echo "made captures only: nothing recorded under $SKYPELAB_CORPORA"
	exit 0
}
# client_of CAPTURE: the address of the Skype client in one of the captures made, or recorded, above.
client_of() {
	case $(basename "$1") in
	ndpi_skype.pcap) echo 192.168.1.34 ;;
	diffdetector_skype_2014.pcap) echo 192.168.1.7 ;;
	made-emulated.pcap) tsv '$c["label"] == "skype" && $c["proto"] == "udp" { print $c["client_ip"]; exit }' \
		"$(dirname "$1")/../labels/made-emulated.pcap.tsv" ;;
	*) echo 192.168.1.2 ;;
	esac
}

# rounds FEW MANY: how often a test repeats one kind of trial (seeds, copies, kills): FEW, or with THOROUGH=1
# MANY. Every kind is tried either way.
rounds() { if [ "${THOROUGH:-}" = 1 ]; then echo "$2"; else echo "$1"; fi; }

# as_user CMD...: runs a command as an ordinary user (itself when not root).
as_user() {
	if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi
}
# exec_as_user CMD...: the same in place of this shell, so that `exec_as_user CMD &` gives CMD's pid.
exec_as_user() {
	if [ "$(id -u)" = 0 ]; then exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else exec "$@"; fi
}
same() { [ "$1" = "$2" ] || fail "${3:-values differ}: got «$1», expected «$2»"; }
# marked_exec CMD...: marked_run in place of this shell, so that `marked_exec CMD &` gives CMD's pid.
marked_exec() {
	export SKYPELAB_TEST_MARK="$MARK"
	if as_user test -r "$SKYPELAB" 2>/dev/null; then exec_as_user "$@"; else exec "$@"; fi
}
# marked_run CMD...: as_user, with $MARK in the environment so that marked() can find what is left.
# Where an ordinary user may not read the build folder, the test runs as it is.
MARK=e2e-$$-$RANDOM
marked_run() {
	if as_user test -r "$SKYPELAB" 2>/dev/null; then
		as_user env SKYPELAB_TEST_MARK="$MARK" "$@"
	else
		env SKYPELAB_TEST_MARK="$MARK" "$@"
	fi
}
# marked: process numbers that still carry the mark.
marked() {
	local f
	for f in $(grep -lsxz "SKYPELAB_TEST_MARK=$MARK" /proc/[0-9]*/environ); do
		f=${f#/proc/}
		echo "${f%/environ}"
	done
}
# nothing_left: no marked process after at most 5 s (a killed process takes the kernel a moment).
nothing_left() {
	local i
	for i in $(seq 100); do
		[ -z "$(marked)" ] && return 0
		sleep 0.05
	done
	fail "$1: processes left: $(marked | tr '\n' ' ')"
}
