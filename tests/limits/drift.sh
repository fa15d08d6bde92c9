#!/bin/bash
# drift.sh BUILD OUT: every bundled signature on every version of the traffic, and recall while messages change
# step by step; emulated, and recorded captures where they are. docs/limits.md
set -eu
build=$1 out=$2
run=$out/runs/limits-transfer
mkdir -p "$out/drift"
[ -e "$run/manifest.json" ] ||
	"$build/skypelab" -q run --no-report -o "$run" -s all scenarios/regress.yaml >/dev/null
recorded=${SKYPELAB_CORPORA:-corpora}/positives
[ -n "$(ls -A "$recorded" 2>/dev/null)" ] || recorded=
set -x
"$build/skypelab" results show --by version,signature --unit flow,client -f tsv "$run" >"$out/drift/transfer-emulated.tsv"
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
"$build/skypelab" drift all --run "$run" --plots "$out/drift" -f tsv -o "$out/drift/drift-emulated.tsv"
[ -z "$recorded" ] || "$build/skypelab" drift all --plots "$out/drift" -f tsv -o "$out/drift/drift-recorded.tsv"
[ -z "$recorded" ] || "$build/skypelab" drift all
