#!/bin/bash
# A recorded client behind the lab's firewalls and NATs. Where nothing is dropped, every flow ends
# complete, a SYN that nobody accepted is not accepted again, and the detector says of the replay what
# it says of the recording: of all three captures, and each difference has its reason. Behind an inbound
# filter or a NAT exactly the flows are lost that, by the labels, a remote opened.
# long: replays every recording in 18 settings
. "$(dirname "$0")/lib.sh"
need jq; need_namespaces
if [ $# = 0 ]; then
	made_corpora
	export E2E_SHARED="${E2E_SHARED:-$TMP}"
	bash "$0" made
	for recording in SkypeIRC.cap diffdetector_skype_2014.pcap ndpi_skype.pcap; do
		[ -e "$SKYPELAB_CORPORA/positives/$recording" ] ||
			{ echo "made captures only: no positives/$recording under $SKYPELAB_CORPORA"; exit 0; }
	done
	bash "$0" recorded
	exit
fi
client=192.168.1.2
case $1 in
recorded) # the first is the one that remotes opened flows to
	recordings="SkypeIRC.cap diffdetector_skype_2014.pcap ndpi_skype.pcap"
	refused=$recordings least_lost=100
	cp scenarios/recorded-matrix.yaml "$TMP/matrix.yaml"
	;;
made) # the same matrix of other captures
	made_corpora
	export SKYPELAB_CORPORA="$MADE"
	recordings="made-2006.pcap made-blocked.pcap made-emulated.pcap"
	refused=made-blocked.pcap least_lost=80
	sed "s/SkypeIRC\.cap/made-2006.pcap/g; s/diffdetector_skype_2014\.pcap/made-blocked.pcap/g
		s/ndpi_skype\.pcap/made-emulated.pcap/g; s/192\.168\.1\.7$/192.168.1.2/
		s/192\.168\.1\.34$/$(client_of "$MADE/positives/made-emulated.pcap")/" \
		scenarios/recorded-matrix.yaml >"$TMP/matrix.yaml"
	;;
esac
first=${recordings%% *}
timeout 300 "$SKYPELAB" -q run --no-report -o "$TMP/run" "$TMP/matrix.yaml" \
	>"$TMP/table" 2>"$TMP/err" || { rc=$?; [ $rc = 3 ] && skip "$(tail -n 1 "$TMP/err")"; fail "run: exit $rc: $(tail -n 3 "$TMP/err")"; }

# The remotes stand on the internet, so the callee's settings have nothing to do with a recording: each is
# played once behind each setting of the caller, and the callee's columns are empty.
same "$(ls "$TMP/run/cells" | wc -l)" 18 "cells"
same "$(tsv '{ print $c["callee_firewall"] "/" $c["callee_nat"] }' "$TMP/run/accuracy.tsv" | sort -u)" "-/-" "settings of the callee"

# Label rows name the opener first: those whose client_ip is not the recorded client are inbound.
labels="$SKYPELAB_CORPORA/labels/$first.tsv"
awk -F'\t' -v c="$client" 'NR > 1 && $2 != c && $4 == c { print $1, $2 ":" $3, $5 }' "$labels" | sort >"$TMP/inbound"
[ -s "$TMP/inbound" ] || fail "no label row of a remote that opened a flow"

fates() { echo "$TMP/run/cells/positives-${first}_$1/fates.tsv"; }
lost() { awk -F'\t' '$8 == "never-started" { split($3, b, ":"); print $1, $2, b[2] }' "$(fates "$1")" | sort; }
played() { awk -F'\t' 'NR > 1 && $8 ~ /^(complete|cut|never-started)$/ && $6 == "remote" { split($3, b, ":"); print $1, $2, b[2] }' "$(fates "$1")" | sort; }

same "$(awk -F'\t' '$8 == "cut" || $8 == "never-started"' "$(fates open_public)" | wc -l)" 0 "flows lost in an open network"
played open_public >"$TMP/opened"
same "$(comm -23 "$TMP/opened" "$TMP/inbound" | wc -l)" 0 "flows played as inbound that the labels do not call so"
n=$(wc -l <"$TMP/opened")
for setting in inbound-restricted_public inbound-restricted_full-cone open_full-cone; do
	lost "$setting" >"$TMP/lost"
	echo "$setting: $(wc -l <"$TMP/lost") flows lost of $n a remote opened"
	cmp -s "$TMP/lost" "$TMP/opened" || fail "$setting lost other flows: $(diff "$TMP/lost" "$TMP/opened" | head -5)"
	same "$(awk -F'\t' '$8 == "cut"' "$(fates "$setting")" | wc -l)" 0 "$setting: flows cut"
done
lost full-restricted_public >"$TMP/lost"
[ "$(wc -l <"$TMP/lost")" -gt $least_lost ] || fail "full-restricted lost only $(wc -l <"$TMP/lost") flows"

# Verdicts of the recordings and of their replays where nothing is dropped, flow by flow: fates.tsv
# says which recorded flow each played one is. Evidence (a flow's matches that no rule needed to
# report anything) depends on which of several flows was first, which a millisecond decides; it
# counts here as its flow does. Three reasons explain a difference, the first two a note in fates.tsv:
# (1) a flow that was not played has no verdict on the replay; (2) of a TCP flow that the recording
# has from its middle the replay has the handshake, which some signatures ask for: it may gain one;
# (3) a TCP flow that the recording leaves open is closed by the replay, so that a session ends.
verdicts() { # CAPTURE FATES|- : signature, event, protocol, the flow as recorded, its lesser end first
	"$SKYPELAB" detect -s all --eve - "$1" 2>/dev/null | jq -r 'select(.event_type == "skype") |
		[.skype.signature, (if .skype.event == "evidence" then "flow" else .skype.event end), (.proto | ascii_downcase),
		"\(.src_ip):\(.src_port)", "\(.dest_ip):\(.dest_port)"] | @tsv' |
	awk -F'\t' -v OFS='\t' -v fates="$2" '
	BEGIN {
		while (fates != "-" && (getline row <fates) > 0) {
			split(row, f, FS)
			was[f[1], f[4], f[5]] = f[2] OFS f[3]; was[f[1], f[5], f[4]] = f[3] OFS f[2]
		}
	}
	{
		if (($3, $4, $5) in was) { split(was[$3, $4, $5], e, FS); $4 = e[1]; $5 = e[2] }
		print $1, $2, $3, ($4 < $5 ? $4 OFS $5 : $5 OFS $4)
	}' | sort -u
}
for recording in $recordings; do
	recording=positives/$recording
	cell="$TMP/run/cells/${recording/\//-}_open_public"
	# Connections that nobody accepted: their SYN is on the wire again, and no SYN-ACK.
	awk -F'\t' '$8 == "unanswered" { print $4, $5 }' "$cell/fates.tsv" | sort >"$TMP/unanswered"
	[ -s "$TMP/unanswered" ] || [[ " $refused " != *" ${recording#*/} "* ]] || fail "$recording: no connection that nobody accepted"
	if command -v tshark >/dev/null; then
		tshark -n -r "$cell/caller-gw.lan.pcap" -Y 'tcp.flags.syn == 1' -T fields -e tcp.flags.ack \
			-e ip.src -e tcp.srcport -e ip.dst -e tcp.dstport 2>/dev/null >"$TMP/syns"
		awk '$1 == 0 || $1 == "False" { print $2 ":" $3, $4 ":" $5 }' "$TMP/syns" | sort -u >"$TMP/asked"
		awk '$1 == 1 || $1 == "True" { print $4 ":" $5, $2 ":" $3 }' "$TMP/syns" | sort -u >"$TMP/answered"
		same "$(comm -23 "$TMP/unanswered" "$TMP/asked" | wc -l)" 0 "$recording: unanswered SYNs that are not on the wire"
		same "$(comm -12 "$TMP/unanswered" "$TMP/answered" | wc -l)" 0 "$recording: unanswered SYNs that were answered"
	fi
	verdicts "$SKYPELAB_CORPORA/$recording" - >"$TMP/before"
	verdicts "$cell/caller-gw.lan.pcap" "$cell/fates.tsv" >"$TMP/after"
	[ -s "$TMP/before" ] || fail "no verdict on $recording"
	{ comm -23 "$TMP/before" "$TMP/after" | sed 's/^/lost\t/'; comm -13 "$TMP/before" "$TMP/after" | sed 's/^/gained\t/'; } |
		awk -F'\t' -v OFS='\t' -v fates="$cell/fates.tsv" '
		BEGIN {
			while ((getline row <fates) > 0) {
				split(row, f, FS)
				fate[f[1], f[2], f[3]] = fate[f[1], f[3], f[2]] = f[8]
				note[f[1], f[2], f[3]] = note[f[1], f[3], f[2]] = f[14]
			}
		}
		{
			why = "?"
			if ($1 == "lost" && fate[$4, $5, $6] == "not-played") why = "not played: " note[$4, $5, $6]
			if ($1 == "gained" && note[$4, $5, $6] == "from-its-middle") why = "handshake of a flow recorded from its middle"
			if ($1 == "gained" && $3 == "session-end") why = "end of a flow that the recording leaves open"
			print why, $0
		}' >"$TMP/differences"
	echo "$recording: $(wc -l <"$TMP/before") verdicts of all signatures on the recording, $(wc -l <"$TMP/after") on its replay"
	cut -f 1,2 "$TMP/differences" | sort | uniq -c
	if grep '^?' "$TMP/differences"; then fail "$recording: verdicts differ without a reason"; fi
	# A reason is no licence: it must be true of the recording.
	command -v tshark >/dev/null || continue
	# flows REASON FLAG: no packet with this TCP flag in the recording's flows that were explained so
	flows() {
		tshark -n -r "$SKYPELAB_CORPORA/$recording" -Y "$2" -T fields -E occurrence=f -e ip.src -e tcp.srcport -e ip.dst -e tcp.dstport \
			2>/dev/null >"$TMP/flagged"
		[ -s "$TMP/flagged" ] || fail "$recording: tshark found no packet with $2"
		awk -F'\t' -v why="$1" '
			FNR == NR { a = $1 ":" $2; b = $3 ":" $4; n[a, b]++; n[b, a]++; next }
			$1 ~ why && n[$6, $7] { print n[$6, $7], $6, $7 }' "$TMP/flagged" "$TMP/differences" | sort -u >"$TMP/contradicted"
		same "$(cat "$TMP/contradicted")" "" "$recording: packets with $2 of flows whose difference is explained as $1"
	}
	flows "from its middle" "tcp.flags.syn == 1"
	flows "leaves open" "tcp.flags.fin == 1 || tcp.flags.reset == 1"
done
