#!/bin/bash
# drift.sh BUILD OUT: every bundled signature on every version of the traffic, and recall while messages change
# step by step; emulated, and recorded captures where they are. docs/limits.md
# shellcheck source=tests/limits/lib.sh
. tests/limits/lib.sh
run_of limits-transfer regress -s all
mkdir -p "$out/drift"
set -x
"$skypelab" results show --by version,signature --unit flow,client -f tsv "$run" >"$out/drift/transfer-emulated.tsv"
{ set +x; } 2>/dev/null
awk -F'\t' '
	NR == 1 { for (i = 1; i <= NF; i++) k[$i] = i; next }
	$k["unit"] == "flow" {
		s = $k["signature"]; v = $k["traffic_version"]
		if (!(s in row)) { row[s] = "| " s " |"; order[++n] = s }
		row[s] = row[s] sprintf(" %d/%d [%.2f, %.2f] |", $k["tp"], $k["tp"] + $k["fn"], $k["recall_low"], $k["recall_high"])
		if (!(v in seen)) { seen[v] = 1; head = head " " v " |"; line = line "---|" }
	}
	END { print "| flows found |" head "\n|---|" line; for (i = 1; i <= n; i++) print row[order[i]] }
' "$out/drift/transfer-emulated.tsv" | tee "$out/drift/transfer-emulated.md"
set -x
"$skypelab" drift all --run "$run" --plots "$out/drift" -f tsv -o "$out/drift/drift-emulated.tsv"
[ -z "$recorded" ] || "$skypelab" drift all --plots "$out/drift" -f tsv -o "$out/drift/drift-recorded.tsv"
[ -z "$recorded" ] || "$skypelab" drift all
