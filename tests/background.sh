#!/bin/bash
# tests/background.sh BUILD [OUT]: what the bundled signatures claim of each background generator's flows. Runs
# scenarios/background.yaml into OUT (a temporary folder) and writes the table into docs/background.md, between
# its two marks.
set -euo pipefail
BUILD=${1:?the folder of the build}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
run=${2:-$tmp/run}
page=docs/background.md

"$BUILD/skypelab" -q run --no-report -o "$run" scenarios/background.yaml >/dev/null
cd "$run"
# A generator is what the reason names, and what it begins counts as its own name says. A flow is a pair of
# ends: HSRP, with its fixed ports, has two however often it speaks.
awk -F'\t' '
FNR == 1 { delete c; for (i = 1; i <= NF; i++) c[$i] = i; truth = FILENAME ~ /truth/; next }
{ name = $c["reason"]; sub(/:.*/, "", name) }
truth && $c["label"] != "skype" && $c["node"] && $c["reason"] ~ /^[a-z0-9-]+(: .*)?$/ {
	end = $c["proto"] " " $c["client_ip"] ":" $c["client_port"] " " $c["server_ip"] ":" $c["server_port"]
	if (!(end in seen)) { seen[end] = 1; flows[name]++; label[name] = $c["label"] }
}
!truth && $c["unit"] == "flow" && $c["result"] == "fp" { claims[name, $c["signature"]]++; signatures[$c["signature"]] = 1 }
END {
	for (name in flows) {
		line = ""
		for (s in signatures)
			if ((name, s) in claims) print name "\t" label[name] "\t" flows[name] "\t" s "\t" claims[name, s]
		print name "\t" label[name] "\t" flows[name] "\t\t0"
	}
}' cells/*/truth.caller.lan.tsv claims.tsv >"$tmp/claims"
cd - >/dev/null
{
	echo "| generator | label | flows | claimed by (of these flows) |"
	echo "|---|---|---:|---|"
	sort -t$'\t' -k1,1 -k5,5nr -k4,4 "$tmp/claims" | awk -F'\t' '
	$1 != name { if (name) print head (said ? said : "none") " |"; name = $1; head = "| " $1 " | " $2 " | " $3 " | "; said = "" }
	$4 { said = said (said ? ", " : "") $4 " " $5 }
	END { print head (said ? said : "none") " |" }'
} >"$tmp/table"
awk -v table="$tmp/table" '
/^<!-- end of the table -->/ { within = 0 }
!within
/^<!-- table by tests\/background.sh -->/ { within = 1; while ((getline line < table) > 0) print line }' "$page" >"$tmp/page"
cat "$tmp/page" >"$page"
