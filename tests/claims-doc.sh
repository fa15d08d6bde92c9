#!/bin/bash
# Makes docs/paper.md anew: the claims of the paper, tested on a run of its traces, one of its matrix, and
# the three recordings with labels.
#
# Usage: tests/claims-doc.sh [BUILD [TRACES MATRIX]]; BUILD defaults to build. TRACES and MATRIX are run
# directories that are there already; without them both are run (needs root, about five minutes). The
# recordings are under SKYPELAB_CORPORA.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
skypelab=$PWD/$build/skypelab
: "${SKYPELAB_CORPORA:?the folder of the recordings}"
for recording in SkypeIRC.cap diffdetector_skype_2014.pcap ndpi_skype.pcap; do
	[ -e "$SKYPELAB_CORPORA/positives/$recording" ] ||
		{ echo "claims-doc.sh: no positives/$recording under $SKYPELAB_CORPORA" >&2; exit 2; }
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
cat >>"$tmp/paper.md" <<'END'

The runs:

    skypelab run --no-report -o traces scenarios/paper-traces.yaml
    skypelab run --no-report -o matrix scenarios/paper-matrix.yaml

How the decision is made stands in skypelab-claims(1), what each measure counts in
[the claim file](../scenarios/claims/ehlert-petgang-2006.yaml) and skypelab-claims(5); how the emulation
decides what the paper leaves open, in [emulation.md](emulation.md). `tests/claims-doc.sh` makes this page.
END
cp "$tmp/paper.md" docs/paper.md
