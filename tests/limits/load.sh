#!/bin/bash
# load.sh BUILD OUT: what a detector finds live while the same traffic comes at rising rates, and how much the
# kernel drops for it: with one reader on a core of its own, with two readers on two cores, with every signature,
# behind GRO; and other people's detectors. The sender has a core, too: with two readers it shares it. Emulated
# traffic. docs/limits.md
#
# A trial is a repetition of scenarios/limits-load.yaml: its capture is sent over a veth in a network of its own, and
# what each detector named is held against the truth of the repetition. OUT/load/trials.tsv has the trials,
# OUT/load/load.tsv the points.
# shellcheck source=tests/limits/lib.sh
. tests/limits/lib.sh
run_of limits-load limits-load
out=$out/load
mkdir -p "$out"
if [ -z "${LOAD_INSIDE:-}" ]; then
	for p in ip ethtool taskset; do
		command -v $p >/dev/null || { echo "load.sh: $p is not installed; make deps installs it" >&2; exit 1; }
	done
	user=U
	[ "$(id -u)" != 0 ] || user=
	unshare -${user}nm true 2>/dev/null ||
		{ echo "load.sh: the kernel refuses network namespaces here; skypelab(1), exit status 3" >&2; exit 3; }
	LOAD_INSIDE=1 exec unshare -${user:+Ur}nm bash "$0" "$@"
fi
tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 # no frames but ours
ip link add d0 type veth peer name d1
ip link set d0 up
ip link set d1 up
rates="${LOAD_RATES:-100k 200k 400k top}"
trials=$out/trials.tsv
printf 'detector\treads\tasked\tsent\ttrial\tfound\tof\tfalse\tpackets\tdropped\n' >"$trials"

# tuples: of lines "proto a:port b:port", each once, whichever end comes first.
tuples() { awk '{ print tolower($1), $2 < $3 ? $2 " " $3 : $3 " " $2 }' | sort -u; }
truth() { # TRUTH skype|other
	awk -F'\t' -v want="$2" 'NR > 1 && ($6 == "skype") == (want == "skype") { print $1, $2 ":" $3, $4 ":" $5 }' "$1" | tuples
}
from_eve() {
	sed -n '/"event_type":"skype"/s/.*"src_ip":"\([^"]*\)","src_port":\([0-9]*\),"dest_ip":"\([^"]*\)","dest_port":\([0-9]*\),"proto":"\([^"]*\)".*/\5 \1:\2 \3:\4/p' |
		tuples
}
from_foreign() { # NAME OUTPUT
	"$skypelab" -q detector read "$1" "$2" 2>/dev/null | awk -F'\t' '$5 == "skype" { print $6, $7, $8 }' | tuples
}

# The last statistics of watch: packets read and dropped.
counts() { grep '"event_type":"stats"' "$1" | tail -n 1 | sed 's/.*"kernel_packets":\([0-9]*\),"kernel_drops":\([0-9]*\),.*/\1 \2/'; }
listening() { # how many packet sockets
	local i
	for ((i = 0; i < 400; i++)); do
		[ "$(grep -c . /proc/net/packet)" -le "$1" ] || { sleep 0.3; return; }
		sleep 0.05
	done
	echo "load.sh: nothing listens" >&2
	return 1
}
# The sender says how fast it was.
send() { # CAPTURE RATE
	local pace=(--pps "$2")
	[ "$2" != top ] || pace=(--top-speed)
	$on "$skypelab" -q replay -i d0 "${pace[@]}" "$1" | sed -n 's/.*(\([0-9]*\) frames\/s.*/\1/p'
}
row() { # DETECTOR READS ASKED SENT TRIAL NAMED PACKETS DROPPED
	local found false
	found=$(comm -12 "$6" "$tmp/skype" | wc -l)
	false=$(comm -12 "$6" "$tmp/other" | wc -l)
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$5" "$found" "$(wc -l <"$tmp/skype")" "$false" "$7" "$8" >>"$trials"
}
# Ends the last job as a user at the keyboard would.
end() {
	kill -INT $!
	wait $! || true
}
watched() { # READS RATE TRIAL CAPTURE READERS [WATCH-OPTION...]
	local sent n
	rm -f "$tmp/eve.json"
	$own "$skypelab" -q watch -i d1 --readers "$5" --lines "${@:6}" --eve "$tmp/eve.json" >/dev/null 2>"$tmp/err" &
	listening "$5"
	sent=$(send "$4" "$2")
	sleep 1.2 # its statistics are those of the last second
	end
	[ -s "$tmp/eve.json" ] || { cat "$tmp/err" >&2; exit 1; }
	from_eve <"$tmp/eve.json" >"$tmp/named"
	n=$(counts "$tmp/eve.json")
	row "${signatures:-skypelab-2006}" "$1" "$2" "$sent" "$3" "$tmp/named" "${n% *}" "${n#* }"
}
tshark_on() { # as scenarios/detectors/tshark.yaml has it
	exec $own tshark -n "$@" --enable-heuristic skype_udp -T fields -E header=y -E separator=/t -E occurrence=l \
		-e frame.number -e frame.time_epoch -e frame.protocols -e ip.src -e ip.dst -e ipv6.src -e ipv6.dst \
		-e udp.srcport -e udp.dstport -e tcp.srcport -e tcp.dstport -e _ws.col.Protocol
}
of_file() { # NAME: what it says of the file
	from_foreign "$1" "$tmp/flows.csv" >"$tmp/named"
	row "$1" "the file" file - "$trial" "$tmp/named" - -
}
foreign() { # NAME RATE TRIAL CAPTURE
	local sent dropped=-
	case $1 in
	ndpi) $own ndpiReader -i d1 -q -C "$tmp/flows.csv" >"$tmp/err" 2>&1 & ;;
	tshark) tshark_on -q -l -i d1 >"$tmp/flows.csv" 2>"$tmp/err" & ;;
	esac
	listening 1
	sleep 1
	sent=$(send "$4" "$2")
	sleep 3
	end
	from_foreign "$1" "$tmp/flows.csv" >"$tmp/named"
	dropped=$(sed -n 's/^\([0-9]*\) packets dropped from .*/\1/p' "$tmp/err")
	row "$1" "its own way" "$2" "$sent" "$3" "$tmp/named" "-" "${dropped:--}"
}

cores=$(nproc) on="taskset -c 0" alone="taskset -c 1" # who sends, and a detector by itself
[ "$cores" -gt 1 ] || alone=''
for truth in "$run"/cells/*/truth.caller.lan.tsv; do
	trial=$(basename "$(dirname "$truth")") capture=$(dirname "$truth")/caller-gw.lan.pcap
	truth "$truth" skype >"$tmp/skype"
	truth "$truth" other >"$tmp/other"
	for signatures in skypelab-2006 all; do
		"$skypelab" -q detect -s $signatures --eve - "$capture" | from_eve >"$tmp/named"
		row $signatures "the file" file - "$trial" "$tmp/named" - -
	done
	! command -v ndpiReader >/dev/null || { ndpiReader -i "$capture" -q -C "$tmp/flows.csv" >/dev/null 2>&1; of_file ndpi; }
	! command -v tshark >/dev/null || { (own=''; tshark_on -r "$capture") >"$tmp/flows.csv" 2>/dev/null; of_file tshark; }
	for rate in $rates; do
		own=$alone signatures=skypelab-2006
		watched "one core of its own" "$rate" "$trial" "$capture" 1 -s skypelab-2006
		signatures=all
		watched "one core of its own" "$rate" "$trial" "$capture" 1 -s all
		[ "$cores" -gt 1 ] || continue
		own='' signatures=skypelab-2006
		watched "two cores, two readers" "$rate" "$trial" "$capture" 2 -s skypelab-2006
	done
	for name in ndpi tshark; do
		program=$name
		[ $name != ndpi ] || program=ndpiReader
		command -v $program >/dev/null || { echo "load.sh: $program is not installed: left out" >&2; continue; }
		own=$alone
		for rate in ${LOAD_FOREIGN_RATES:-100k}; do
			foreign $name "$rate" "$trial" "$capture"
		done
	done
done
# GRO: what the kernel hands to the capture is merged. A sender that segments by itself is not merged again, and a
# frame alone has nobody to be merged with: the kernel waits a millisecond for the next.
mount -t sysfs none /sys 2>/dev/null || true
ethtool -K d0 tso off gso off >/dev/null
ethtool -K d1 gro on >/dev/null
echo 1000000 >/sys/class/net/d1/gro_flush_timeout
echo 100 >/sys/class/net/d1/napi_defer_hard_irqs
own=$alone signatures=skypelab-2006
for truth in "$run"/cells/*/truth.caller.lan.tsv; do
	trial=$(basename "$(dirname "$truth")") capture=$(dirname "$truth")/caller-gw.lan.pcap
	truth "$truth" skype >"$tmp/skype"
	truth "$truth" other >"$tmp/other"
	watched "behind GRO" 100k "$trial" "$capture" 1 -s skypelab-2006
	ethtool -K d1 rx-udp-gro-forwarding on >/dev/null
	watched "behind GRO, datagrams too" 100k "$trial" "$capture" 1 -s skypelab-2006
	ethtool -K d1 rx-udp-gro-forwarding off >/dev/null
done
"$build/tools/points" "$trials" detector,reads asked found of sent,false,packets,dropped >"$out/load.tsv"
plot() { # CONDITION Y OF NAME TITLE YLABEL: of the live trials
	awk -F'\t' "NR == 1 || \$2 !~ /the file|GRO/ && ($1)" "$trials" >"$tmp/plot.tsv"
	(
		set -x
		"$build/tools/points" "$tmp/plot.tsv" detector,reads asked "$2" "$3" "" "$out/plots" "$4" "$5, emulated traffic" \
			"frames a second that the sender was asked for" "$6, with 95 % interval over trials"
	) >/dev/null
}
plot 1 found of load "Flows found live against the rate at which they come" "recall of flows"
plot '$9 != "-"' dropped packets load-dropped "Frames dropped against the rate at which they come" "share of frames"
awk -F'\t' '
	NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; print "| detector | reads | frames a second | found | recall | frames dropped | wrongly named |\n|---|---|---|---|---|---|---|"; next }
	{
		rate = $c["sent"] == "-" ? "-" : sprintf("%d", $c["sent"] / $c["trials"])
		dropped = $c["dropped"] == "-" ? "-" : $c["dropped"] ($c["packets"] > 0 ? sprintf(" of %d", $c["packets"]) : "")
		printf "| %s | %s | %s | %d of %d | %.3f [%.3f, %.3f] | %s | %d |\n", $c["detector"], $c["reads"], rate, $c["found"], $c["of"], $c["ratio"], $c["low"], $c["high"], dropped, $c["false"]
	}' "$out/load.tsv" | tee "$out/load.md"
