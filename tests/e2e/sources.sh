#!/bin/bash
# A cell with generated background, two recordings of two versions and an internet behind a firewall:
# emulated and recorded flows have rows of their own, never of both; every file that was read stands in
# the manifest with its digest; both recordings have their fates; and run --manifest agrees.
. "$(dirname "$0")/lib.sh"
need jq sha256sum; need_namespaces
made_corpora
export SKYPELAB_CORPORA="$MADE"
cat >"$TMP/both.yaml" <<'Y'
scenario: both
duration: 3600
internet-firewall: sn-tcp-restricted
sites:
  - {name: caller, hosts: 3, firewall: open, nat: full-cone, cgn: symmetric}
background:
  - {site: caller, host: 3, mix: light}
recordings:
  - {capture: positives/made-2006.pcap, labels: labels/made-2006.pcap.tsv, version: "1.2", client: 192.168.1.2, site: caller}
  - {capture: positives/made-2013.pcap, labels: labels/made-2013.pcap.tsv, version: "7.0", client: 192.168.1.2, site: caller}
vantages: [caller.lan, caller.wan]
signatures: [ehlert-petgang-1.4, skypelab-2013]
Y
rc=0
"$SKYPELAB" -q run -o "$TMP/run" "$TMP/both.yaml" >"$TMP/table" 2>"$TMP/err" || rc=$?
[ $rc != 3 ] || skip "$(tail -n 1 "$TMP/err")"
same $rc 0 "exit code ($(tail -n 3 "$TMP/err"))"
run="$TMP/run" cell="$TMP/run/cells/cell"

# --- each source by itself ----------------------------------------------------------------------
same "$(tsv '{ print $c["source"], $c["traffic_version"] }' "$run/accuracy.tsv" | sort -u | paste -sd ';')" \
	"emulated -;recorded mixed" "sources and versions of the rows"
same "$(tsv '{ print $c["source"], $c["cluster"] }' "$run/clusters.tsv" | sort -u | paste -sd ';')" \
	"emulated cell@1;recorded positives/made-2006.pcap 192.168.1.2 + positives/made-2013.pcap 192.168.1.2" "clusters"
# counted SOURCE: flows of the source with this label in the truth that the LAN's capture holds, and the
# sum that the table has of them.
need tshark
tshark -n -r "$cell/caller-gw.lan.pcap" -Y '(udp || tcp) && !icmp' -T fields -e ip.src -e ip.dst -e udp.srcport \
	-e udp.dstport -e tcp.srcport -e tcp.dstport 2>/dev/null |
	awk -F'\t' '{ a = $1 ":" ($3 != "" ? $3 : $5); b = $2 ":" ($4 != "" ? $4 : $6)
		print ($3 != "" ? "udp" : "tcp"), a, b; print ($3 != "" ? "udp" : "tcp"), b, a }' | sort -u >"$TMP/seen"
for source in emulated recorded; do
	for label in skype not-skype; do
		tsv '$c["source"] == source && ($c["label"] == "skype") == (label == "skype") && $c["label"] != "unknown" {
			print $c["proto"], $c["client_ip"] ":" $c["client_port"], $c["server_ip"] ":" $c["server_port"] }' \
			source=$source label=$label "$cell/truth.caller.lan.tsv" | sort -u | comm -12 - "$TMP/seen" >"$TMP/flows"
		n=$(wc -l <"$TMP/flows")
		echo "$source $label: $n flows"
		[ "$n" -gt 0 ] || [ $source-$label = emulated-skype ] || fail "no $source flows that are $label"
		same "$(tsv '$c["vantage"] == "caller.lan" && $c["unit"] == "flow" && $c["signature"] == "skypelab-2013" && $c["source"] == source {
			print label == "skype" ? $c["tp"] + $c["fn"] : $c["tn"] + $c["fp"] - $c["unlabelled"] }' \
			source=$source label=$label "$run/accuracy.tsv")" \
			"$n" "$source flows that are $label in the table"
	done
done

# --- every input has its digest -----------------------------------------------------------------
jq -r '.run.inputs[] | "\(.sha256)  \(.path)"' "$run/manifest.json" >"$TMP/inputs"
sha256sum --quiet -c "$TMP/inputs" || fail "a digest of the manifest is wrong"
for input in firewalls/sn-tcp-restricted.yaml firewalls/open.yaml nats/full-cone.yaml nats/symmetric.yaml \
	mixes/light.yaml positives/made-2006.pcap positives/made-2013.pcap \
	labels/made-2006.pcap.tsv labels/made-2013.pcap.tsv; do
	grep -q "/$input\$" "$TMP/inputs" || fail "$input is not among the inputs of the manifest: $(cat "$TMP/inputs")"
done
same "$(jq -r '.run.signatures | length' "$run/manifest.json")" 2 "signatures in the manifest"

# --- both recordings have their fates -----------------------------------------------------------
for n in 1 2; do
	capture=positives/made-$( [ $n = 1 ] && echo 2006 || echo 2013).pcap
	file="$cell/fates$( [ $n = 1 ] || echo .$n).tsv"
	same "$(tsv '$c["capture"] == capture { n += $c["flows"] } END { print n + 0 }' capture="$capture" "$run/fates.tsv")" \
		"$(($(wc -l <"$file") - 1))" "flows of $capture in the run's fates.tsv"
done

# --- and again ----------------------------------------------------------------------------------
"$SKYPELAB" -q run --manifest "$run/manifest.json" -o "$TMP/again" >"$TMP/table" 2>"$TMP/err" ||
	fail "run --manifest: $(tail -n 5 "$TMP/table" "$TMP/err")"
# A firewall of the internet that has changed since is noticed.
jq '(.run.inputs[] | select(.path | endswith("sn-tcp-restricted.yaml"))).sha256 = "00"' "$run/manifest.json" >"$TMP/m"
mkdir "$TMP/edited"; cp -r "$run/." "$TMP/edited/"; cp "$TMP/m" "$TMP/edited/manifest.json"
"$SKYPELAB" -q run --manifest "$TMP/edited/manifest.json" -o "$TMP/third" >"$TMP/table" 2>"$TMP/err" || true
grep -q 'inputs: sn-tcp-restricted.yaml differs' "$TMP/table" || fail "a changed input is not noticed: $(head -5 "$TMP/table")"
