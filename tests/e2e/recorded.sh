#!/bin/bash
# A recorded client behind the lab's firewalls and NATs. Where nothing is dropped, every flow ends
# complete and the detector says of the replay what it says of the recording. Behind an inbound
# filter or a NAT exactly the flows are lost that, by the labels, a remote opened.
. "$(dirname "$0")/lib.sh"
need jq; need_namespaces
need_corpus positives/SkypeIRC.cap
client=192.168.1.2
timeout 300 "$SKYPELAB" -q run -o "$TMP/run" --filter recording=positives/SkypeIRC.cap \
	--filter callee.firewall=open --filter callee.nat=public scenarios/recorded-matrix.yaml \
	>"$TMP/table" 2>"$TMP/err" || { rc=$?; [ $rc = 3 ] && skip "$(tail -n 1 "$TMP/err")"; fail "run: exit $rc: $(tail -n 3 "$TMP/err")"; }

# Label rows name the opener first: those whose client_ip is not the recorded client are inbound.
labels="$SKYPELAB_CORPORA/labels/SkypeIRC.cap.tsv"
awk -F'\t' -v c="$client" 'NR > 1 && $2 != c && $4 == c { print $1, $2 ":" $3, $5 }' "$labels" | sort >"$TMP/inbound"
[ -s "$TMP/inbound" ] || fail "no label row of a remote that opened a flow"

fates() { echo "$TMP/run/cells/positives-SkypeIRC.cap_$1_open_public/fates.tsv"; }
lost() { awk -F'\t' '$8 == "never-started" { split($3, b, ":"); print $1, $2, b[2] }' "$(fates "$1")" | sort; }
played() { awk -F'\t' 'NR > 1 && $8 != "not-played" && $6 == "remote" { split($3, b, ":"); print $1, $2, b[2] }' "$(fates "$1")" | sort; }

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
[ "$(wc -l <"$TMP/lost")" -gt 100 ] || fail "full-restricted lost only $(wc -l <"$TMP/lost") flows"

# Verdicts, without what the lab changes: the client's address. Evidence (a flow's matches that no
# rule needed to report anything) depends on which of several flows was first, which a millisecond
# decides; it counts here as its flow does.
verdicts() { # CAPTURE CLIENT
	"$SKYPELAB" detect -s all --eve - "$1" 2>/dev/null | jq -r --arg c "$2" 'select(.event_type == "skype") |
		(.src_ip == $c) as $up | [.skype.signature, (if .skype.event == "evidence" then "flow" else .skype.event end), .proto,
		(if $up then .src_port else .dest_port end),
		(if $up then .dest_ip else .src_ip end), (if $up then .dest_port else .src_port end)] | @tsv' |
		grep -vE '	(192\.168\.|198\.1[89]\.)' | sort -u
}
cell="$TMP/run/cells/positives-SkypeIRC.cap_open_public_open_public"
ip=$(awk -F'\t' '$6 == "client" && $4 != "-" { split($4, a, ":"); print a[1]; exit }' "$cell/fates.tsv")
verdicts "$SKYPELAB_CORPORA/positives/SkypeIRC.cap" "$client" >"$TMP/before"
verdicts "$cell/caller-gw.lan.pcap" "$ip" >"$TMP/after"
echo "$(wc -l <"$TMP/before") verdicts of all signatures on the recording, $(wc -l <"$TMP/after") on its replay"
[ -s "$TMP/before" ] || fail "no verdict on the recording"
cmp -s "$TMP/before" "$TMP/after" || fail "verdicts differ: $(diff "$TMP/before" "$TMP/after" | head -5)"
