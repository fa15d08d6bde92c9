#!/bin/bash
# records.sh BUILD OUT: what flow records alone find (snack-2011), by the exporter's inactive time, beside what packets
# without payload (snack-2011-packets) and with it (adami-2009) give of the same traffic: by version, setting and vantage;
# and with Adami's signature as the truth, as SNACK's authors had it. Emulated traffic of the run limits-records;
# recorded captures apart. docs/limits.md
#
# A trial is a repetition of a cell at a vantage, or a recorded capture. OUT/records/trials.tsv has the trials; the points
# of curves: UNIT-SOURCE.tsv by inactive time, false-emulated.tsv of what is not Skype, payload-emulated.tsv by version,
# setting and vantage, truth-emulated.tsv with Adami's as the truth. OUT/records/plots has the plots.
# shellcheck source=tests/limits/lib.sh
. tests/limits/lib.sh
run_of limits-records limits-records
out=$out/records
rm -rf "$out"
mkdir -p "$out/signatures"
times="1 2 5 10 15 30 60 120 300"
names=(-s adami-2009 -s snack-2011-packets)
for t in $times; do
	sed "s/^signature: .*/signature: snack-$t/; s/inactive: 15 s/inactive: $t s/" detector/signatures/snack-2011.yaml >"$out/signatures/snack-$t.yaml"
	names+=(-s "$out/signatures/snack-$t.yaml")
done
trials=$out/trials.tsv
printf 'source\tversion\tsetting\tvantage\tsignature\tinactive\tunit\tfound\tof\tfalse\tothers\n' >"$trials"
# of SOURCE VERSION SETTING VANTAGE SCORE-OPTION...: a line a signature and unit.
of() {
	"$skypelab" -q score "${names[@]}" --unit client,flow -f tsv "${@:5}" |
		awk -F'\t' -v OFS='\t' -v trial="$1$(printf '\t%s' "${@:2:3}")" '
			NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
			{ name = $c["signature"]; time = "-"
				if (name ~ /^snack-[0-9]+$/ && name != "snack-2011") { time = name; sub(/.*-/, "", time); name = "records" }
				print trial, name, time, $c["unit"], $c["tp"], $c["tp"] + $c["fn"], $c["fp"], $c["fp"] + $c["tn"] }' >>"$trials"
}
for vantage in caller.lan caller.wan node.wan; do
	for truth in "$run"/cells/*/truth."$vantage".tsv; do
		cell=$(dirname "$truth")
		IFS=_ read -r version _ setting <<<"${cell##*/}"
		of emulated "$version" "${setting%@*}" $vantage --labels "$truth" --vantage $vantage "$cell/${vantage%.*}-gw.${vantage#*.}.pcap"
	done
done
for capture in ${recorded:+"$recorded"/*}; do
	of recorded - - "$(basename "$capture")" "$capture"
done
# curves FILE PICK Y OF SUMS [PLOT TITLE XLABEL YLABEL]: the points of what the awk program PICK takes of the trials, into
# OUT/FILE.tsv and a plot. PICK calls by(CURVE, X), or over_time(CURVE) for each inactive time: packets know none.
curves() {
	local sorted=$out/sorted
	awk -F'\t' -v OFS='\t' -v times="$times" '
		function by(curve, x) { print $0, curve, x }
		function over_time(curve,  t, n, i) {
			if ($6 != "-") { by(curve, $6); return }
			n = split(times, t, " ")
			for (i = 1; i <= n; i++) by(curve, t[i]) }
		function who() { return $5 == "records" ? "records of " $6 " s" : $5 }
		NR == 1 { next } '"$2" "$trials" | sort -t '	' -s -k 12,12 -k 13,13V >"$sorted"
	if [ -s "$sorted" ]; then
		sed -i "1i$(head -n 1 "$trials")\tseries\tx" "$sorted"
		# of recorded traffic each capture is a curve of one trial
		"$build/tools/points" "$sorted" series x "$3" "$4" "$5" ${6:+"$out/plots" "${@:6}"} >"$out/$1.tsv"
		cat "$out/$1.tsv"
	fi
	rm -f "$sorted"
}
inactive="inactive time of the exporter (s)"
udp='$1 == "emulated" && ($3 == "open" || $3 == "tcp-high-blocked")' # the other firewalls let no UDP out
for unit in client flow; do
	curves $unit-emulated "$udp"' && $4 != "caller.wan" && $7 == "'$unit'" { over_time($5 ", " $4) }' \
		found of false "records-$unit-emulated" "${unit^}s found, emulated traffic that may use UDP" "$inactive" "recall of ${unit}s"
	curves $unit-recorded '$1 == "recorded" && $7 == "'$unit'" { over_time($5 ", " $4) }' found of false
done
curves false-emulated "$udp"' && $4 == "caller.lan" && $7 == "client" { over_time($5) }' \
	false others "" "records-false-emulated" "Hosts without Skype, emulated traffic at caller.lan" "$inactive" "share of them that is claimed"
# What payload buys. The firewall is the caller's, so it says nothing of the node.
few='$1 == "emulated" && $7 == "client" && ($6 == "-" || $6 == 1 || $6 == 15)'
for vantage in caller.lan node.wan; do
	curves "payload-version-$vantage" "$few && \$4 == \"$vantage\" { by(who(), \$2) }" found of false,others \
		"records-version-$vantage-emulated" "Clients found at $vantage, emulated traffic" "client version" "recall of clients"
done
curves payload-setting "$few && \$4 == \"caller.lan\" { by(who(), \$3) }" found of false,others
curves payload-vantage "$few { by(who(), \$4) }" found of false,others
# Adami's signature as the truth, clients of the watched site alone: who of those it finds is found, and who else.
"$skypelab" -q score --run "$run" "${names[@]}" --unit client -c "$out/claims.tsv" >/dev/null
awk -F'\t' -v OFS='\t' '
	NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
	{ site = $c["vantage"]; sub(/[.].*/, "-h", site) }
	$c["unit"] != "client" || index($c["subject"], site) != 1 { next }
	{ who = $c["cell"] SUBSEP $c["subject"]; name = $c["signature"]
		names[name] = 1
		for (k = 0; k < 2; k++) { at = $c["vantage"] OFS (k ? "all" : $c["caller_firewall"])
			places[at] = 1; claimed[at, name, who] = $c["result"] != "fn"; all[at, who] = who } }
	END {
		print "vantage", "setting", "signature", "adami", "both", "fn", "fp"
		for (at in places) for (s in names) if (s != "adami-2009") {
			n = both = other = 0
			for (w in all) if (index(w, at SUBSEP) == 1) {
				a = claimed[at, "adami-2009", all[w]]; b = claimed[at, s, all[w]]
				n += a; both += a && b; other += b && !a }
			print at, s, n, both, n ? sprintf("%.3f", 1 - both / n) : "-", other } }' "$out/claims.tsv" |
	(IFS= read -r head && printf '%s\n' "$head" && sort -t '	' -k 1,1 -k 2,2 -k 3,3V) >"$out/truth-emulated.tsv"
cat "$out/truth-emulated.tsv"
