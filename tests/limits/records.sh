#!/bin/bash
# records.sh BUILD OUT: what flow records alone find (snack-2011), by the exporter's inactive time, and what signatures
# that see packets find of the same. Emulated traffic of the run limits-vantages, at caller.lan and node.wan;
# recorded captures apart. docs/limits.md
#
# A trial is a repetition of a cell, or a recorded capture. OUT/records/trials.tsv has the trials, OUT/records/UNIT-SOURCE.tsv
# the points, OUT/records/plots the plots.
# shellcheck source=tests/limits/lib.sh
. tests/limits/lib.sh
run_of limits-vantages limits-vantages
out=$out/records
rm -rf "$out"
mkdir -p "$out/signatures"
times="1 2 5 10 15 30 60 120 300"
names=()
for t in $times; do
	sed "s/^signature: .*/signature: snack-$t/; s/inactive: 15 s/inactive: $t s/" detector/signatures/snack-2011.yaml >"$out/signatures/snack-$t.yaml"
	names+=(-s "$out/signatures/snack-$t.yaml")
done
trials=$out/trials.tsv
printf 'source\tseries\tinactive\tunit\tfound\tof\tfalse\n' >"$trials"
# of SOURCE SERIES SCORE-OPTION...: a line a signature and unit. Packets know no inactive time: they stand at every one.
of() {
	"$skypelab" -q score "${names[@]}" -s adami-2009 -s skypelab-2006 --unit client,flow -f tsv "${@:3}" |
		awk -F'\t' -v OFS='\t' -v source="$1" -v series="$2" -v times="$times" '
			NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
			!($c["tp"] + $c["fn"]) { next }
			sub(/^snack-/, "", $c["signature"]) { print source, "records, " series, $c["signature"], $c["unit"], $c["tp"], $c["tp"] + $c["fn"], $c["fp"]; next }
			{ n = split(times, t, " "); for (i = 1; i <= n; i++) print source, $c["signature"] ", " series, t[i], $c["unit"], $c["tp"], $c["tp"] + $c["fn"], $c["fp"] }' >>"$trials"
}
for vantage in caller.lan node.wan; do
	for truth in "$run"/cells/*_open@*/truth."$vantage".tsv; do
		cell=$(dirname "$truth")
		of emulated $vantage --labels "$truth" --vantage $vantage "$cell/${vantage%.*}-gw.${vantage#*.}.pcap"
	done
done
for capture in ${recorded:+"$recorded"/*}; do
	of recorded "$(basename "$capture")" "$capture"
done
for source in emulated recorded; do
	for unit in client flow; do
		{ head -n 1 "$trials"; awk -F'\t' -v s=$source -v u=$unit 'NR > 1 && $1 == s && $4 == u' "$trials" | sort -t '	' -s -k 2,2 -k 3,3g; } >"$out/$source"
		[ "$(wc -l <"$out/$source")" -gt 1 ] || continue
		plot=()
		# of recorded traffic each capture is a curve of one trial
		[ $source = recorded ] || plot=("$out/plots" "records-$unit-$source" "${unit^}s found by flow records, $source traffic" \
			"inactive time of the exporter (s)" "recall of ${unit}s")
		"$build/tools/points" "$out/$source" series inactive found of false "${plot[@]}" >"$out/$unit-$source.tsv"
		cat "$out/$unit-$source.tsv"
	done
	rm -f "$out/$source"
done
