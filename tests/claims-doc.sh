#!/bin/bash
# Makes docs/paper.md anew: the claims of the paper, tested on a run of its traces, one of its matrix, and
# the three recordings with labels.
#
# Usage: tests/claims-doc.sh [BUILD [TRACES MATRIX]]; BUILD defaults to build. TRACES and MATRIX are run
# directories that are there already; without them both are run (needs root, about five minutes). The
# recordings are under SKYPELAB_CORPORA, the tables of `make limits` under results/limits.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
skypelab=$PWD/$build/skypelab
: "${SKYPELAB_CORPORA:?the folder of the recordings}"
for recording in SkypeIRC.cap diffdetector_skype_2014.pcap ndpi_skype.pcap; do
	[ -e "$SKYPELAB_CORPORA/positives/$recording" ] ||
		{ echo "claims-doc.sh: no positives/$recording under $SKYPELAB_CORPORA" >&2; exit 2; }
done
limits=results/limits
for table in coverage/monitors coverage/recall load/load late/late drift/transfer-emulated learn/learn-recorded; do
	[ -e "$limits/$table.tsv" ] || { echo "claims-doc.sh: no $limits/$table.tsv; make limits makes it" >&2; exit 2; }
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
if [ $# = 3 ]; then
	ln -s "$(realpath "$2")" "$tmp/traces"
	ln -s "$(realpath "$3")" "$tmp/matrix"
else
	"$skypelab" -q run --no-report -o "$tmp/traces" scenarios/paper-traces.yaml >/dev/null
	"$skypelab" -q run --no-report -o "$tmp/matrix" scenarios/paper-matrix.yaml >/dev/null
fi
ln -s "$(realpath "$SKYPELAB_CORPORA")" "$tmp/corpora"
# With relative names, so that the command in the document is one that a reader can give.
(
	cd "$tmp"
	"$skypelab" claims --format markdown traces matrix corpora/positives/SkypeIRC.cap \
		corpora/positives/diffdetector_skype_2014.pcap corpora/positives/ndpi_skype.pcap
) >"$tmp/paper.md"
# rows TABLE CONDITION: lines of a table of make limits, as awk conditions on columns by name, $c["NAME"].
rows() { awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } '"$2" "$limits/$1.tsv"; }
# share FOUND OF LOW HIGH: columns of a row as "3 of 4 (0.75 \[0.30, 0.95\])"
share='function share(y, n, low, high) { return y " of " n " (" sprintf("%.3f", y / n) (low == "-" ? "" : sprintf(" \\[%.3f, %.3f\\]", low, high)) ")" }'
monitors() { # PLACEMENT SHARE
	rows coverage/monitors '$c["look"] == "each by its place" && $c["unit"] == "session" && $c["placement"] == "'"$1"'" && $c["wanted"] + 0 == '"$2"' { print $c["monitors"] }'
}
late() { # VERSION SECONDS
	rows late/late "$share"' $c["source"] == "emulated" && $c["signature"] == "ehlert-petgang-'"$1"'" && $c["traffic_version"] == "'"$1"'" && $c["unit"] == "session" && $c["cut_s"] == '"$2"' {
		print share($c["found"], $c["of"], $c["recall_low"], $c["recall_high"]) }'
}
drifted() { # SIGNATURE VERSION
	rows drift/transfer-emulated "$share"' $c["unit"] == "flow" && $c["signature"] == "'"$1"'" && $c["traffic_version"] == "'"$2"'" {
		print share($c["tp"], $c["tp"] + $c["fn"], $c["recall_low"], $c["recall_high"]) }'
}
loaded() { # DETECTOR READS RATE
	rows load/load "$share"' $c["detector"] == "'"$1"'" && $c["reads"] == "'"$2"'" && $c["asked"] == "'"$3"'" {
		print share($c["found"], $c["of"], $c["low"], $c["high"]) ($c["packets"] > 0 ? sprintf(", %.1f %% of the frames dropped at %d a second", 100 * $c["dropped"] / $c["packets"], $c["sent"] / $c["trials"]) : "") }'
}
drafted() { # FROM FLOWS
	rows learn/learn-recorded '$c["from"] == "'"$1"'" && $c["flows"] == '"$2"' { printf "%.2f to %.2f\n", $c["low"], $c["high"] }'
}
calls() {
	rows coverage/recall "$share"' $c["unit"] == "call" { y += $c["found"]; n += $c["of"] } END { print y " of " n }'
}
cat >>"$tmp/paper.md" <<END

## The limits of its last section, in numbers

What the section only asserts is measured by \`make limits\`, on emulated traffic but for drafts; [limits.md](limits.md)
says how, and has the tables and plots. Square brackets are 95 % intervals.

| the paper says | measured |
|---|---|
| detectors are needed at all points of the network | for 50, 90 and 99 % of the sessions, $(monitors edge 0.5), $(monitors edge 0.9) and $(monitors edge 0.99) of 10,000 networks at the edge, or $(monitors degree 0.5), $(monitors degree 0.9) and $(monitors degree 0.99) of those with most neighbours |
| at high rates strong hardware is needed | skypelab-2006 on one core finds $(loaded skypelab-2006 "one core of its own" 100k), and at the highest rate that the other core sends $(loaded skypelab-2006 "one core of its own" top); nDPI at 100,000 frames a second $(loaded ndpi "its own way" 100k), Wireshark $(loaded tshark "its own way" 100k) |
| the network has to be watched all the time | who begins at once sees $(late 1.4 0) sessions of 1.4, ten seconds late $(late 1.4 10); of 2.0 $(late 2.0 0) and $(late 2.0 10) |
| patterns change with versions | the signature for 1.4 finds $(drifted ehlert-petgang-1.4 1.4) flows of 1.4 and $(drifted ehlert-petgang-1.4 2.0) of 2.0; drafted anew from 10 recorded flows of 2015, a signature finds a share of $(drafted 2015 10) of those of 2014, from 20 $(drafted 2015 20) |
| calls are not detected | $(calls) calls found by skypelab-2006 |
END
cat >>"$tmp/paper.md" <<'END'

The runs:

    skypelab run --no-report -o traces scenarios/paper-traces.yaml
    skypelab run --no-report -o matrix scenarios/paper-matrix.yaml

How the decision is made stands in skypelab-claims(1), what each measure counts in
[the claim file](../scenarios/claims/ehlert-petgang-2006.yaml) and skypelab-claims(5); how the emulation
decides what the paper leaves open, in [emulation.md](emulation.md). `tests/claims-doc.sh` makes this page.
END
cp "$tmp/paper.md" docs/paper.md
