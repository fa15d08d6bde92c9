#!/bin/bash
# The bundled signatures on recorded Skype: what must be found follows from the label files, for any
# labelled captures that SKYPELAB_CORPORA holds; beside it, figures that others measured of their rules.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need jq
need_corpus labels
need_corpus positives
page=$TMP/page.md
"$SKYPELAB" score --matrix -o "$page" --baseline "$TMP/baseline.tsv" 2>"$TMP/err" || [ $? -le 2 ] || fail "$(cat "$TMP/err")"

# a signature that is known in part is not taken for the published detector
for name in perenyi-2007 suh-2006; do
	sed -n '/only a part was readable/,/^$/p' "$page" | has "$name" || fail "the page does not say that $name is known in part"
done

# cell CAPTURE SIGNATURE COLUMN: "found/all" (or false flows) of a row of the page
cell() {
	awk -F'|' -v c="## $1" -v s=" $2 " -v n="$3" '
		/^## / { in_it = $0 == c }
		in_it && $2 == s { gsub(/ /, "", $n); print $n; exit }' "$page"
}
both="skypelab-2006 + skypelab-2013"
found=0 all=0 tcp=0 tcp_all=0 captures=0
for labels in "$SKYPELAB_CORPORA"/labels/*.tsv; do
	capture=$(basename "$labels" .tsv)
	[ -e "$SKYPELAB_CORPORA/positives/$capture" ] || continue
	captures=$((captures + 1))
	udp=$(cell "$capture" "$both" 3)
	t=$(cell "$capture" "$both" 4)
	clients=$(cell "$capture" "$both" 6)
	[ -n "$udp" ] || fail "$capture: no row for $both on the page"
	same "${udp#*/}" "$(awk -F'\t' '$1 == "udp" && $6 == "skype"' "$labels" | wc -l)" \
		"$capture: Skype UDP flows on the page, and in the label file"
	same "${clients%/*}" "${clients#*/}" "$capture: clients found, and labelled"
	same "$(cell "$capture" "$both" 7 | cut -d/ -f1)" 0 "$capture: flows that are not Skype but claimed"
	found=$((found + ${udp%/*})) all=$((all + ${udp#*/}))
	tcp=$((tcp + ${t%/*})) tcp_all=$((tcp_all + ${t#*/}))
done
[ $captures -gt 0 ] || skip "no labelled capture under SKYPELAB_CORPORA ($SKYPELAB_CORPORA)"
echo "$captures captures: $found of $all UDP flows, $tcp of $tcp_all TCP flows with payload"
[ $((found * 100)) -ge $((all * 99)) ] || fail "under 99 % of the Skype UDP flows"
[ $((tcp * 100)) -ge $((tcp_all * 80)) ] || fail "under 80 % of the Skype TCP flows with payload"

# claims SIGNATURE CAPTURE: 5-tuples it claims, "proto address:port address:port", smaller address first
claims() {
	"$SKYPELAB" detect -s "$1" --eve - "$SKYPELAB_CORPORA/positives/$2" 2>/dev/null |
		jq -r 'select(.event_type == "skype") | "\(.proto | ascii_downcase) " +
			([.src_ip + ":" + (.src_port | tostring), .dest_ip + ":" + (.dest_port | tostring)]
			| sort | join(" "))' | sort -u
}
# labelled CAPTURE PATTERN: the same of Skype's rows whose reason holds PATTERN
labelled() {
	awk -F'\t' -v re="$2" '$6 == "skype" && $7 ~ re {
		a = $2 ":" $3; b = $4 ":" $5; print $1, (a < b ? a " " b : b " " a) }' \
		"$SKYPELAB_CORPORA/labels/$1.tsv" | sort -u
}
# every SIGNATURE CAPTURE PATTERN: it claims every flow labelled so
every() {
	local missed
	labelled "$2" "$3" >"$TMP/want"
	[ -s "$TMP/want" ] || fail "$2: no label speaks of «$3»"
	claims "$1" "$2" >"$TMP/got"
	missed=$(comm -23 "$TMP/want" "$TMP/got")
	[ -z "$missed" ] || fail "$2: $1 does not claim, though labelled «$3»:"$'\n'"$missed"
}
export LC_ALL=C
if [ -e "$SKYPELAB_CORPORA/positives/ndpi_skype.pcap" ]; then
	for s in skypelab-2006 skypelab-2013 ehlert-petgang-1.4 ehlert-petgang-2.0 snort-2010; do
		every $s ndpi_skype.pcap "fake TLS ClientHello"
	done
	for s in skypelab-2013 snort-2010; do
		every $s ndpi_skype.pcap "5-byte pseudo-TLS"
	done
	every skypelab-2013 ndpi_skype.pcap "LCG pad"
	every skypelab-2013 ndpi_skype.pcap "second session"
	# Suricata's threshold: one alert, though nine probes go to port 33033
	same "$(cell ndpi_skype.pcap emerging-threats 3)" 1/144 "Emerging Threats' rule for UDP"
	# nDPI's own suite holds this capture, where its change of 2019 shows nothing
	same "$(cell ndpi_skype.pcap ndpi-2019 3)" "$(cell ndpi_skype.pcap ndpi-2018 3)" \
		"nDPI's rule before and after 2019"
fi
if [ -e "$SKYPELAB_CORPORA/positives/SkypeIRC.cap" ]; then
	every snort-2010 SkypeIRC.cap "5-byte pseudo-TLS"
	every emerging-threats SkypeIRC.cap "ui.skype.com"
	every skypelab-2006 SkypeIRC.cap "same local port number"
	# what nDPI 2.8 and 3.2 themselves find here
	same "$(cell SkypeIRC.cap ndpi-2018 3)" 80/80 "nDPI's rule of 2018"
	same "$(cell SkypeIRC.cap ndpi-2019 3)" 13/80 "nDPI's rule of 2019"
	# tshark with its heuristic on finds these and errs so; Suricata with both sets of rules finds six
	same "$(cell SkypeIRC.cap wireshark-2009 3)" 80/80 "Wireshark's heuristic"
	same "$(cell SkypeIRC.cap wireshark-2009 7)" 29/87 "false flows of Wireshark's heuristic"
	# both sessions by flow records; TLS 1.0 heads; small packets, which are not Skype's
	same "$(cell SkypeIRC.cap snack-2011 4) $(cell SkypeIRC.cap snack-2011 7)" "2/10 0/87" "SNACK"
	# the same asked of packets: both, and one where the answer has to be the first packet, as in a record of its own
	same "$(cell SkypeIRC.cap snack-2011-packets 4) $(cell SkypeIRC.cap snack-2011-packets 7)" "2/10 0/87" "SNACK on packets"
	sed 's/size: 18}/size: 18, nth: 1}/' detector/signatures/snack-2011-packets.yaml >"$TMP/nth.yaml"
	same "$(claims "$TMP/nth.yaml" SkypeIRC.cap | wc -l)" 1 "SNACK on packets, first answers alone"
	same "$(claims packet-query-fan-out SkypeIRC.cap | wc -l)" 1 "ten servers in 0.1 s"
	same "$(claims ptacek-2011 SkypeIRC.cap | wc -l)" 2 "checks for a newer version, by name and records"
	same "$(cell SkypeIRC.cap cisco-fpm-2007 4)" 4/10 "Cisco's filter"
	same "$(claims mmt-2014 SkypeIRC.cap | grep -c '^tcp') $(cell SkypeIRC.cap mmt-2014 4)" "2 0/10" "MMT's rule for TCP of 2014"
	# the NACK with the client's public address: only who knows it finds it
	own=$("$SKYPELAB" detect -s fortigate-own-address --own-address 86.128.245.115 --json "$SKYPELAB_CORPORA/positives/SkypeIRC.cap" |
		jq -r 'select(.event_type == "skype").dest_ip' | sort | tr '\n' ' ')
	same "$own $(claims fortigate-own-address SkypeIRC.cap | wc -l)" "165.124.253.241 208.2.71.2  0" "NACKs with an own address, known or not"
	tcp=$({ claims snort-2010 SkypeIRC.cap; claims emerging-threats SkypeIRC.cap; } | grep -c '^tcp')
	same "$tcp" 6 "TCP flows of Snort's and Emerging Threats' rules"
	"$SKYPELAB" detect -s skypelab-2006 --eve - "$SKYPELAB_CORPORA/positives/SkypeIRC.cap" |
		jq -r 'select(.skype.event | test("^session-"; "")) |
			"\(.skype.event) \(.dest_ip):\(.dest_port)"' >"$TMP/sessions"
	same "$(cat "$TMP/sessions")" "session-start 68.206.150.243:57322
session-end 68.206.150.243:57322
session-start 67.71.69.121:12492
session-end 67.71.69.121:12492" "sessions"
	"$SKYPELAB" detect -s skypelab-2006 --eve - "$SKYPELAB_CORPORA/positives/SkypeIRC.cap" |
		jq -r 'select(.skype.rule == "version-check") | .skype.client_version' | sort -u >"$TMP/version"
	same "$(cat "$TMP/version")" 1.2.0.18 "client version"
fi
if [ -e "$SKYPELAB_CORPORA/positives/diffdetector_skype_2014.pcap" ]; then
	same "$(cell diffdetector_skype_2014.pcap ndpi-2018 3)" 44/44 "nDPI's rule of 2018"
	same "$(cell diffdetector_skype_2014.pcap ndpi-2019 3)" 0/44 "nDPI's rule of 2019"
	# the client's port by four relations with keep-alives every 20 s; two bursts at once
	same "$(cell diffdetector_skype_2014.pcap perenyi-2007 3)" 44/44 "keep-alives every 20 s"
	# both directions of the call, over two addresses, by chi-square; Tstat's size of voice is not theirs
	same "$(cell diffdetector_skype_2014.pcap bonfiglio-csc 3) $(cell diffdetector_skype_2014.pcap bonfiglio-csc 7)" "2/44 0/26" "chi-square"
	same "$(claims bonfiglio-nbc diffdetector_skype_2014.pcap | wc -l)" 0 "beliefs"
	same "$(claims suh-2006 diffdetector_skype_2014.pcap | wc -l)" 1 "bursts of a host at once"
fi

# what the protocol leaves free may not matter; in 1 copy of 125 an exchange looks like another protocol's
"$SKYPELAB" regress --vary 10 skypelab-2006 skypelab-2013 >"$TMP/regress" 2>"$TMP/err" ||
	fail "$(cat "$TMP/regress" "$TMP/err")"

# the page in docs/ is what the command makes, where the captures are those it speaks of
doc=$(dirname "$0")/../../docs/signatures.md
if [ "$(grep -E '^## |captures \(' "$doc")" = "$(grep -E '^## |captures \(' "$page")" ]; then
	# so for the committed baseline: no signature is worse or better than it says. After a wanted change: tests/baselines.sh
	"$SKYPELAB" results compare results/baselines/recorded.tsv "$TMP/baseline.tsv" >"$TMP/compare" ||
		fail "against results/baselines/recorded.tsv: $(head -n 30 "$TMP/compare")"
	grep -q '^equal' "$TMP/compare" || fail "not what results/baselines/recorded.tsv says: $(head -n 30 "$TMP/compare")"
	diff -u "$doc" "$page" >"$TMP/diff" || fail "docs/signatures.md is not what
skypelab score --matrix -o docs/signatures.md --baseline results/baselines/recorded.tsv makes: $(cat "$TMP/diff")"
else
	echo "docs/signatures.md speaks of other captures: not compared"
fi
