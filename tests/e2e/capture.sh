#!/bin/bash
# A real program's flows, labelled as its user says, with the tuple each vantage sees.
. tests/e2e/lib.sh
need_namespaces
chmod 755 "$TMP"
mkdir -m 777 "$TMP/out"
R=$TMP/out/run
# shellcheck disable=SC2016
as_user "$SKYPELAB" capture -o "$R" --label not-skype --version shell scenarios/real-program.yaml -- \
	bash -c 'trap "" PIPE; exec 3<>/dev/tcp/198.51.100.10/80; echo -e "GET / HTTP/1.0\r\n\r" >&3; echo hello >/dev/udp/198.51.100.10/9999; sleep 0.3' \
	>"$TMP/table" 2>"$TMP/err" || fail "capture ended with $?"
grep gnuplot "$TMP/err" | grep -v 'not installed' && fail "gnuplot was given what it cannot draw"
cell=$(echo "$R"/cells/*)
lan=$(awk -F'\t' '$7=="bash"&&$1=="tcp"{print $2" "$3" "$4" "$5" "$6}' "$cell/truth.caller.lan.tsv")
wan=$(awk -F'\t' '$7=="bash"&&$1=="tcp"{print $2" "$3" "$4" "$5" "$6}' "$cell/truth.caller.wan.tsv")
case $lan in 192.168.*" 198.51.100.10 80 not-skype") ;; *) fail "inside: «$lan»" ;; esac
case $wan in 203.0.113.*" 198.51.100.10 80 not-skype") ;; *) fail "outside: «$wan»" ;; esac
[ "$(cut -d' ' -f2 <<<"$lan")" != "$(cut -d' ' -f2 <<<"$wan")" ] || fail "the NAT kept the port: $lan $wan"
if command -v tcpdump >/dev/null; then
	port=$(cut -d' ' -f2 <<<"$wan")
	tcpdump -nn -r "$cell/caller-gw.wan.pcap" "tcp and src port $port and dst host 198.51.100.10" 2>/dev/null | has . ||
		fail "the flow of the truth file is not in the capture"
fi
awk -F'\t' '$7=="bash"&&$1=="udp"&&$5==9999' "$cell/truth.caller.wan.tsv" | has . || fail "no UDP flow"
grep -Eq ': Skype shell, recorded, ' "$TMP/table" || fail "the declared version is not in the answer, as recorded traffic: $(cat "$TMP/table")"
# a label that is none
"$SKYPELAB" capture --label Maybe scenarios/real-program.yaml -- true 2>"$TMP/err" && fail "a wrong label was taken"
grep -q 'expected skype, not-skype, unknown or another' "$TMP/err" || fail "$(cat "$TMP/err")"
# frames of a capture, made or recorded, out of a lab's host: every one is seen inside the site
frames_of() { # CAPTURE
	local frames sent
	cp "$1" "$TMP/out/in.cap"
	chmod 644 "$TMP/out/in.cap"
	sent=$("$BUILD/tools/pcaploop" "$1" | cut -d' ' -f1)
	rm -rf "$TMP/out/frames"
	as_user "$SKYPELAB" capture -o "$TMP/out/frames" -s ehlert-petgang-1.4 scenarios/real-program.yaml -- \
		"$SKYPELAB" replay "$TMP/out/in.cap" -i eth0 --top-speed >/dev/null || fail "frame replay in a lab ended with $?"
	frames=$(sed -n '/"caller.lan"/,/}/s/.*"packets": \([0-9]*\).*/\1/p' "$TMP/out/frames"/cells/*/cell.json)
	[ "$frames" -ge "$sent" ] || fail "$frames frames of $1 seen inside the site, $sent were replayed"
	grep -q '"event":"session-start"' "$TMP/out/frames"/cells/*/eve.json || fail "no session in the replayed frames of $1"
}
made_corpora
frames_of "$MADE/positives/made-2006.pcap"
[ ! -e "$SKYPELAB_CORPORA/positives/SkypeIRC.cap" ] || frames_of "$SKYPELAB_CORPORA/positives/SkypeIRC.cap"
# a program that fails is told of
as_user "$SKYPELAB" capture -o "$TMP/out/false" scenarios/real-program.yaml -- false >/dev/null 2>"$TMP/err"
grep -q 'false ended with exit status 1' "$TMP/err" || fail "$(cat "$TMP/err")"
