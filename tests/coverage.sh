#!/bin/bash
# How often do the intervals of sums over five repetitions hold what twenty say?
#
#	tests/coverage.sh [SCENARIO]		about 8 minutes on two processors; not in make check
#
# Runs the scenario (scenarios/paper-matrix.yaml) with the seeds 1..20, five at a time. Each row that is
# summed over repetitions, and further over settings, versions or vantages, then has four intervals of
# recall and of precision, and one figure over all twenty seeds. Printed are the share of intervals that
# hold it, by what was summed, among the rows in which anything varies from five seeds to five; and the
# design effect: the squared width of the interval by that of Wilson's, which takes all flows for
# independent. Exits 1 when fewer than 90 or more than 98 in a hundred intervals of sums hold.
set -euo pipefail
cd "$(dirname "$0")/.."
SKYPELAB=${SKYPELAB:-build/skypelab}
scenario=${1:-scenarios/paper-matrix.yaml}
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
kinds=("version,config,vantage,signature" "version,vantage,signature" "vantage,signature" "version,signature" "signature")
for first in 1 6 11 16; do
	"$SKYPELAB" -q run --no-report --seeds $first..$((first + 4)) -o "$TMP/run" "$scenario" >/dev/null
	for k in "${!kinds[@]}"; do
		"$SKYPELAB" results show --by "${kinds[k]}" --format tsv "$TMP/run" >"$TMP/$k.$first"
	done
	rm -rf "$TMP/run"
	echo "seeds $first to $((first + 4)) have run" >&2
done

# held NAME FILE...: one line for the rows of these tables, the same rows in each
held() {
	awk -F'\t' -v name="$1" '
	function wilson_width(k, n, z) { z = 1.959964; return 2 * z / (1 + z * z / n) * sqrt(k / n * (1 - k / n) / n + z * z / 4 / n / n) }
	function add(key, measure, k, n, low, high, i) {
		if (n == 0 || low == "-") return
		key = key SUBSEP measure
		i = ++count[key]; num[key] += k; den[key] += n
		lows[key, i] = low; highs[key, i] = high; shares[key, i] = k / n; counts[key, i] = n
	}
	FNR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
	{
		key = ""
		for (i = 1; i <= c["unit"]; i++) key = key "|" $i
		tp = $c["tp"]
		add(key, "recall", tp, tp + $c["fn"], $c["recall_low"], $c["recall_high"])
		add(key, "precision", tp, tp + $c["fp"] + $c["wrong_role"], $c["precision_low"], $c["precision_high"])
	}
	END {
		for (key in count) {
			if (count[key] < 4) continue
			mean = num[key] / den[key]; differs = 0
			for (i = 2; i <= 4; i++) differs += shares[key, i] != shares[key, 1]
			if (!differs) { constant++; continue }
			rows++
			for (i = 1; i <= 4; i++) {
				all++
				held += lows[key, i] - 0.00005 <= mean && mean <= highs[key, i] + 0.00005
				w = wilson_width(shares[key, i] * counts[key, i], counts[key, i])
				effect[all] = ((highs[key, i] - lows[key, i]) / w) ^ 2
			}
		}
		for (i = 2; i <= all; i++) { v = effect[i]; for (k = i - 1; k > 0 && effect[k] > v; k--) effect[k + 1] = effect[k]; effect[k + 1] = v }
		printf "%s\t%d\t%d\t%d\t%d\t%.1f\t%.1f\t%.1f\n", name, rows, constant, held, all, 100 * held / (all ? all : 1), effect[int((all + 1) / 2)], effect[all]
	}' "${@:2}"
}
{
	printf 'rows by\trows\tconstant\theld\tof\tper cent\tdesign effect, median\tlargest\n'
	for k in "${!kinds[@]}"; do held "${kinds[k]}" "$TMP/$k".{1,6,11,16}; done
} >"$TMP/table"
column -t -s $'\t' "$TMP/table"
awk -F'\t' 'NR > 1 { held += $4; all += $5 } NR > 2 { h += $4; a += $5 }
	END { printf "all rows: %.1f %% of %d intervals hold; sums over settings: %.1f %% of %d\n", 100 * held / all, all, 100 * h / a, a
	      exit !(held / all >= 0.9 && held / all <= 0.98) }' "$TMP/table"
