#!/bin/bash
# Real detectors, as Debian has them: ndpiReader and tshark find in emulated Skype traffic what they are
# known to find, twice the same; on a recorded capture, where there is one, the figures that are known of nDPI 4.2 and
# tshark; and our re-writings of their rules claim the same flows (docs/originals.md).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need tshark ndpiReader

try() { # DEFINITION CAPTURE: detections in $TMP/found
	"$SKYPELAB" detector try "$1" "$2" >"$TMP/found" 2>"$TMP/err" || fail "$1 on $2: $(cat "$TMP/err")"
}
# found LABELS: "PROTO LABEL FLOWS" of the flows that $TMP/found calls Skype, by what the labels call them
found() {
	awk -F'\t' '
	function flow(p, a, b) { return p " " (a < b ? a " " b : b " " a) }
	function end(ip, port) { return (ip ~ /:/ ? "[" ip "]" : ip) ":" port }
	/^#/ { next }
	FNR == 1 { for (i = 1; i <= NF; i++) c[FILENAME, $i] = i; next }
	FILENAME == ARGV[1] {
		label[flow(tolower($c[FILENAME, "proto"]), end($c[FILENAME, "client_ip"], $c[FILENAME, "client_port"]),
			end($c[FILENAME, "server_ip"], $c[FILENAME, "server_port"]))] = $c[FILENAME, "label"]
		next
	}
	$c[FILENAME, "application"] == "skype" {
		f = flow($c[FILENAME, "proto"], $c[FILENAME, "src"], $c[FILENAME, "dst"])
		if (!(f in seen)) n[$c[FILENAME, "proto"] " " (f in label ? label[f] : "none")]++
		seen[f] = 1
	}
	END { for (k in n) print k, n[k] }' "$1" "$TMP/found" | sort
}

"$SKYPELAB" -q run -o "$TMP/run" scenarios/first-light.yaml >/dev/null
cell=$TMP/run/cells/open_public_automatic
capture=$cell/caller-gw.wan.pcap
for name in ndpi ndpi-no-guess tshark; do
	try "$name" "$capture"
	cp "$TMP/found" "$TMP/first"
	try "$name" "$capture"
	cmp "$TMP/first" "$TMP/found" || fail "$name says something else the second time"
	grep -q $'\tdns\tudp\t' "$TMP/found" || fail "$name finds no DNS: $(cat "$TMP/found" "$TMP/err")"
done
# Wireshark's heuristic knows the emulated UDP messages.
[ "$(found "$cell/truth.caller.wan.tsv" | awk '$1 == "udp" && $2 == "skype" { print $3 }')" -ge 1 ] ||
	fail "tshark finds no Skype: $(cat "$TMP/found")"

if [ ! -e "$SKYPELAB_CORPORA/positives/SkypeIRC.cap" ]; then
	echo "no recordings under SKYPELAB_CORPORA: only emulated traffic was tried"
	exit 0
fi
irc=$SKYPELAB_CORPORA/positives/SkypeIRC.cap labels=$SKYPELAB_CORPORA/labels/SkypeIRC.cap.tsv
try tshark "$irc"
[ "$(found "$labels")" = $'udp not-skype 29\nudp skype 80' ] || fail "tshark: $(found "$labels")"
for name in ndpi ndpi-no-guess; do
	try "$name" "$irc"
	case $(head -n 1 "$TMP/err") in
	"$name 4.2"*) [ "$(found "$labels")" = $'tcp skype 2\nudp not-skype 2\nudp skype 19' ] || fail "$name: $(found "$labels")" ;;
	*) echo "not nDPI 4.2, so its figures are not known: $(head -n 1 "$TMP/err")" ;;
	esac
done

# ---- our files beside their originals, flow by flow ----
pairs() { sort -u | awk '{ print $1, ($2 < $3 ? $2 " " $3 : $3 " " $2) }' | sort -u; }
ours() { # SIGNATURE CAPTURE
	"$SKYPELAB" -q detect -s "$1" --eve "$TMP/e.json" "$2" >/dev/null
	jq -r 'select(.event_type == "skype") | "\(.proto | ascii_downcase) \(.src_ip):\(.src_port) \(.dest_ip):\(.dest_port)"' \
		"$TMP/e.json" | pairs
}
theirs() { awk -F'\t' '$5 == "skype" { print $6, $7, $8 }' "$TMP/found" | pairs; } # what try found
need jq
for name in SkypeIRC.cap diffdetector_skype_2014.pcap ndpi_skype.pcap; do
	capture=$SKYPELAB_CORPORA/positives/$name
	[ -e "$capture" ] || continue
	try tshark "$capture"
	diff <(ours wireshark-2009 "$capture") <(theirs) >"$TMP/diff" ||
		fail "wireshark-2009 and tshark on $capture: $(cat "$TMP/diff")"
	try ndpi-no-guess "$capture"
	case $(head -n 1 "$TMP/err") in "ndpi-no-guess 4.2"*) ;; *) continue ;; esac
	# nDPI also goes by host names, which our file leaves out: DNS, and TCP
	diff <(ours ndpi-2020 "$capture") <(theirs | grep -v -e '^tcp' -e ':53\b') >"$TMP/diff" ||
		fail "ndpi-2020 and ndpiReader 4.2 on $capture: $(cat "$TMP/diff")"
done
