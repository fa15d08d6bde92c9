#!/bin/bash
# Any application: first-light scored for DNS, by its own run and by another's captures; a confusion table
# of more than five applications, whose truth tshark sees, too; real programs and hand-made labels; regress of
# a signature for DNS; what is refused.
. tests/e2e/lib.sh
need jq; need_namespaces
refused() { # WORDS ARGS...
	local words=$1 rc=0
	shift
	"$SKYPELAB" "$@" >"$TMP/out" 2>"$TMP/err" || rc=$?
	same $rc 2 "exit code of skypelab $* ($(cat "$TMP/err"))"
	grep -qF -- "$words" "$TMP/err" || fail "«$words» is not said by skypelab $*: $(cat "$TMP/err")"
}
get() { # TABLE UNIT COLUMN: the sum over its rows
	tsv '$c["unit"] == unit { n += $c[column] } END { print n + 0 }' unit="$2" column="$3" "$1"
}

# A run about Skype, and one of the same seed about DNS: the same traffic, each with its own figures.
small=(--filter caller.firewall=open --filter login=manual --filter host-cache=known scenarios/first-light.yaml)
"$SKYPELAB" -q run --no-report -o "$TMP/skype" "${small[@]}" >/dev/null
"$SKYPELAB" -q run --no-report -o "$TMP/dns" --target dns "${small[@]}" >"$TMP/table"
same "$(tsv '{ print $c["signature"] }' "$TMP/dns/accuracy.tsv" | sort -u)" dns-example "signatures of the run for DNS"
same "$(tsv '{ print $c["unit"] }' "$TMP/dns/accuracy.tsv" | sort -u | paste -sd' ')" "client flow" "units of DNS"
same "$(jq -r .run.target "$TMP/dns/manifest.json") $(jq -r .scoring.target "$TMP"/dns/cells/open_public_manual/cell.json)" \
	"dns dns" "the target that the run keeps"
asked=$(tsv '$c["label"] == "dns" { n++ } END { print n }' "$TMP/dns/cells/open_public_manual/truth.caller.lan.tsv")
[ "$asked" -gt 10 ] || fail "$asked DNS flows"
same "$(tsv '$c["unit"] == "flow" && $c["vantage"] == "caller.lan" && $c["caller_nat"] == "public" { print $c["tp"] + $c["fn"] }' \
	"$TMP/dns/accuracy.tsv")" "$asked" "positives"
same "$(get "$TMP/dns/accuracy.tsv" flow fn) $(get "$TMP/dns/accuracy.tsv" flow fp)" "0 0" "misses and false ones of dns-example"
[ "$(get "$TMP/dns/accuracy.tsv" client tp)" -gt 0 ] || fail "no client of DNS"
# The clients are who asks, not the servers, also where addresses are public on both sides.
tsv '$c["unit"] == "client" { print $c["subject"] }' "$TMP/dns/claims.tsv" | sort -u >"$TMP/clients"
grep -qv '^caller-h[12]$' "$TMP/clients" && fail "clients of DNS: $(cat "$TMP/clients")"
"$SKYPELAB" -q run -o "$TMP/page" --target dns --filter caller.nat=public "${small[@]}" >/dev/null
grep -q 'This run looks for <b>dns</b>' "$TMP/page/report.html" || fail "the report does not say what is looked for"
rm "$TMP/page/manifest.json"
refused "made for target dns, not skype" run -o "$TMP/page" --filter caller.nat=public "${small[@]}"
# The run about Skype has the figures for DNS, too: its detector runs again with what looks for it.
"$SKYPELAB" -q score --run "$TMP/skype" --target dns -f tsv >"$TMP/again" 2>"$TMP/err" || fail "$(cat "$TMP/err")"
cmp "$TMP/again" <("$SKYPELAB" -q score --run "$TMP/dns" -f tsv) || fail "two ways to the figures of DNS differ"
# And the other way round: the run about DNS had the scenario's own signature beside it.
"$SKYPELAB" -q score --run "$TMP/dns" --target skype -f tsv >"$TMP/again"
cmp "$TMP/again" <("$SKYPELAB" -q score --run "$TMP/skype" -f tsv) || fail "two ways to the figures of Skype differ"
# Events have the application's name, and are read back.
jq -e 'select(.event_type == "dns") | .dns.signature == "dns-example" and (has("skype") | not)' \
	"$TMP/dns/cells/open_public_manual/eve.json" >/dev/null || fail "no event of DNS"
"$SKYPELAB" -q score --eve "$TMP/dns/cells/open_public_manual/eve.json" -s dns-example --target dns --labels \
	"$TMP/dns/cells/open_public_manual/truth.caller.lan.tsv" -f tsv >"$TMP/eve"
same "$(tsv '$c["unit"] == "flow" { print $c["tp"], $c["fn"] }' "$TMP/eve")" "$asked 0" "an EVE file with events of DNS"
# Suricata's own DNS records are none of ours.
sed 's/"dns":{"signature":"[^"]*",/"dns":{/' "$TMP/dns/cells/open_public_manual/eve.json" >"$TMP/suricata.json"
"$SKYPELAB" -q score --eve "$TMP/suricata.json" -s dns-example --target dns --labels \
	"$TMP/dns/cells/open_public_manual/truth.caller.lan.tsv" -f tsv >"$TMP/eve"
same "$(tsv '$c["unit"] == "flow" { print $c["tp"], $c["fn"] }' "$TMP/eve")" "0 $asked" "records of DNS without a signature"

# One of everything: what is confused with what. No traffic of Skype is needed.
cat >"$TMP/everything.yaml" <<-EOF
	scenario: everything
	seed: 14
	duration: 120
	target: dns
	sites:
	  - {name: caller, hosts: 2, firewall: open, nat: full-cone}
	clients:
	  - {name: alice, site: caller, version: "1.4", script: [login, wait 60, quit]}
	background:
	  - {site: caller, mix: everything}
	vantages: [caller.lan, caller.wan]
	signatures: [skypelab-2006, "all:dns", l7-skypetoskype]
EOF
"$SKYPELAB" -q run -o "$TMP/all" "$TMP/everything.yaml" >/dev/null 2>"$TMP/err" || fail "$(cat "$TMP/err")"
tsv '{ print $c["truth"] }' "$TMP/all/confusion.tsv" | sort -u >"$TMP/truths"
[ "$(wc -l <"$TMP/truths")" -gt 5 ] || fail "few applications: $(cat "$TMP/truths")"
# Every held flow of the truth once for each signature, by what it is.
for signature in skypelab-2006 dns-example; do
	same "$(tsv '$c["signature"] == s && $c["vantage"] == "caller.lan" && $c["truth"] == "dns" { n += $c["flows"] } END { print n }' \
		s=$signature "$TMP/all/confusion.tsv")" \
		"$(tsv '$c["unit"] == "flow" && $c["vantage"] == "caller.lan" { print $c["tp"] + $c["fn"] }' "$TMP/all/accuracy.tsv")" \
		"DNS flows of $signature"
done
same "$(tsv '$c["signature"] == "dns-example" && $c["truth"] != "dns" && $c["verdict"] != "-" { n += $c["flows"] } END { print n + 0 }' \
	"$TMP/all/confusion.tsv")" "$(get "$TMP/all/accuracy.tsv" flow fp)" "what is taken for DNS is false"
# The same in words, in the report, and from the run's files.
"$SKYPELAB" -q score --run "$TMP/all" --confusion >"$TMP/words"
grep -Eq '^dns-example@1 +bittorrent +[0-9]+ ' "$TMP/words" || fail "no such line: $(head -n 5 "$TMP/words")"
"$SKYPELAB" -q score --run "$TMP/all" --confusion -f tsv | cmp - "$TMP/all/confusion.tsv" || fail "score --confusion differs"
grep -q 'id="confusion"' "$TMP/all/report.html" || fail "no confusion in the report"
sed 's/^scenario: .*/&\nrepeat: 1/; /mix: everything/d; /^background/d' "$TMP/everything.yaml" >"$TMP/few.yaml"
"$SKYPELAB" -q run -o "$TMP/few" "$TMP/few.yaml" >/dev/null
grep -c 'id="confusion"' "$TMP/few/report.html" >"$TMP/n" || true
same "$(cat "$TMP/n")" "$(tsv '{ print $c["truth"] }' "$TMP/few/confusion.tsv" | sort -u | grep -cv '^-' | awk '{ print ($1 > 1) }')" \
	"a part of the report where the truth has one application"
# tshark names the flows alike: what truth calls DNS, STUN, SIP, HTTP is that.
if command -v tshark >/dev/null; then
	lan="$TMP/all/cells/cell/caller-gw.lan.pcap"
	for app in dns stun sip http ntp; do
		tshark -n -r "$lan" -Y "$app && (udp || tcp)" -T fields -e ip.src -e udp.srcport -e tcp.srcport -e ip.dst \
			-e udp.dstport -e tcp.dstport 2>/dev/null |
			awk -F'\t' '{ a = $1 ":" $2 $3; b = $4 ":" $5 $6; print a < b ? a " " b : b " " a }' | sort -u >"$TMP/seen"
		tsv '$c["label"] == app { a = $c["client_ip"] ":" $c["client_port"]; b = $c["server_ip"] ":" $c["server_port"]
			print a < b ? a " " b : b " " a }' app=$app "$TMP/all/cells/cell/truth.caller.lan.tsv" | sort -u >"$TMP/truth"
		seen=$(comm -12 "$TMP/truth" "$TMP/seen" | wc -l)
		echo "$app: $(wc -l <"$TMP/truth") flows of the truth, tshark dissects $seen of them so, and $(wc -l <"$TMP/seen") in all"
		[ "$seen" -gt 0 ] && [ "$seen" -ge "$(($(wc -l <"$TMP/truth") * 9 / 10))" ] || fail "$app"
	done
fi

# Labels by hand: what is only known to be no Skype may be DNS.
lan="$TMP/skype/cells/open_public_manual/caller-gw.lan.pcap"
cp "$lan" "$TMP/mine.pcap"
cp "$TMP/skype/cells/open_public_manual/truth.caller.lan.tsv" "$TMP/mine.pcap.tsv"
"$SKYPELAB" -q score --target dns -f tsv "$TMP/mine.pcap" >"$TMP/table"
before=$(get "$TMP/table" flow tn)
awk -F'\t' -v OFS='\t' '$6 == "http" { $6 = "not-skype" } 1' \
	"$TMP/skype/cells/open_public_manual/truth.caller.lan.tsv" >"$TMP/mine.pcap.tsv"
"$SKYPELAB" -q score --target dns -f tsv "$TMP/mine.pcap" >"$TMP/table"
web=$(tsv '$c["label"] == "not-skype" { n++ } END { print n }' "$TMP/mine.pcap.tsv")
[ "$web" -gt 0 ] || fail "no flow was relabelled"
same "$(get "$TMP/table" flow tn) $(get "$TMP/table" flow fp)" "$((before - web)) 0" "flows that are not DNS"

sed -i '2,$s/\tnot-skype\t/\tno-skype\t/' "$TMP/mine.pcap.tsv"
"$SKYPELAB" score -f tsv "$TMP/mine.pcap" 2>"$TMP/err" >"$TMP/table"
same "$(grep -c 'label no-skype is taken for the name of another application' "$TMP/err")" 1 "warnings of a label that looks wrong"

# The gate for a signature of DNS: worse is refused, and named.
mkdir "$TMP/worse"
sed '/rule: question to port 53/,/then:/d; s/bytes: \*question/bytes: {2: "01", 5: "02"}/' detector/signatures/dns-example.yaml \
	>"$TMP/worse/dns-example.yaml"
rc=0
"$SKYPELAB" -q regress --run "$TMP/skype" "$TMP/worse/dns-example.yaml" >"$TMP/out" 2>"$TMP/err" || rc=$?
same "$rc $(head -n 1 "$TMP/out")" "1 dns-example: REFUSED: worse" "regress of DNS ($(cat "$TMP/err"))"
grep -q '^  *dns-example  flow udp .*:53 ' "$TMP/out" || fail "no lost flow: $(cat "$TMP/out")"
"$SKYPELAB" -q regress --run "$TMP/skype" --against "$TMP/worse/dns-example.yaml" dns-example >"$TMP/out" || fail "better is refused"
refused 'looks for dns, but' regress --against skypelab-2006 --run "$TMP/skype" dns-example
refused '--vary knows only what Skype' regress --against dns-example --vary 2 --run "$TMP/skype" dns-example

# A target that nothing is labelled, misspelt perhaps, is said; and its recall is no number.
sed 's/^application: dns/application: dnz/' detector/signatures/dns-example.yaml >"$TMP/dnz.yaml"
rc=0
"$SKYPELAB" score --run "$TMP/skype" --target dnz -s "$TMP/dnz.yaml" --min-recall 0.5 >"$TMP/out" 2>"$TMP/err" || rc=$?
same $rc 1 "exit code without a flow to find"
grep -q 'no flow that was seen has the label dnz' "$TMP/err" || fail "$(cat "$TMP/err")"
grep -q 'dns-example: no flow to find, so there is no recall' "$TMP/err" || fail "$(cat "$TMP/err")"
"$SKYPELAB" score --run "$TMP/skype" --target dns >/dev/null 2>"$TMP/err"
if grep -q 'no flow that was seen' "$TMP/err"; then fail "$(cat "$TMP/err")"; fi
# A run's capture has a truth, so it is none without Skype.
refused 'a capture of a run, whose truth is known: give --run' regress --against skypelab-2006 \
	--capture "$TMP/skype/cells/open_public_manual" skypelab-2013

# What was looked for is said.
"$SKYPELAB" -q detect -f 'tcp port 1' -s dns-example "$lan" | has '^no dns found in 0 frames' || fail "no word of DNS"
"$SKYPELAB" -q detect -f 'tcp port 1' -s dns-example -s skypelab-2006 "$lan" | has '^nothing found in' || fail "no word of both"

# What is refused.
refused "--target Unknown, expected an application" score --target Unknown "$lan"
refused "--target unknown, expected an application" run --target unknown "${small[@]}"
refused "nothing looks for skype: dns-example is for dns" score -s dns-example "$lan"
refused "no bundled signature looks for gopher" score --target gopher "$lan"
refused "score --matrix is about Skype; dns-example is for dns" score --matrix -s dns-example
refused "nothing looks for dns" run -o "$TMP/none" --target dns -s skypelab-2006 "${small[@]}"
refused "nothing looks for dns: ehlert-petgang-1.4 is for skype" score --run "$TMP/skype" --eve "$TMP/skype/cells" --target dns
sed 's/^target: .*/target: not-skype/' "$TMP/everything.yaml" >"$TMP/bad.yaml"
refused "bad.yaml:4: target: not-skype, expected an application" run -o "$TMP/none" "$TMP/bad.yaml"
