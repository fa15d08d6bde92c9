#!/bin/bash
# drafting.sh [BUILD]: makes the figures of docs/drafting.md anew, between its two marks. Needs root, for a
# run, and SKYPELAB_CORPORA, for recorded captures. Some minutes.
set -euo pipefail
cd "$(dirname "$0")/.." || exit 2
build=$(realpath "${1:-build}")
: "${SKYPELAB_CORPORA:?the folder with recorded captures}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
home=$PWD
cd "$tmp"
ln -s "$SKYPELAB_CORPORA" corpora
export SKYPELAB_CORPORA=$tmp/corpora SKYPELAB_DATA=$home

# shellcheck disable=SC2016 # Markdown
# show TITLE COMMAND...: the command line and what it prints
show() {
	printf '\n### %s\n\n```\nskypelab %s\n```\n\n```\n' "$1" "${*:2}"
	"$build/skypelab" -q "${@:2}" 2>/dev/null
	printf '```\n'
}
figures() {
	show "From emulated 1.4 to the client of 2006" signature draft --positive run --negative corpora/negatives \
		--apart corpora/positives/SkypeIRC.cap --name from-1.4 -o from-1.4.yaml
	show "From 2015 to 2014" signature draft --positive corpora/positives/ndpi_skype.pcap \
		--negative corpora/negatives --apart corpora/positives/diffdetector_skype_2014.pcap \
		--name from-2015 -o from-2015.yaml
	show "From 2014 to 2015" signature draft --positive corpora/positives/diffdetector_skype_2014.pcap \
		--negative corpora/negatives --apart corpora/positives/ndpi_skype.pcap \
		--name from-2014 -o from-2014.yaml
	# shellcheck disable=SC2016
	printf '\n### The file\n\nThe rules of `from-2015.yaml`:\n\n```yaml\n'
	sed -n '/^sets:/,$p' from-2015.yaml
	printf '```\n'
}
"$build/skypelab" -q run --no-report -o run --filter version=1.4 --filter operation=login-typed \
	"$home/scenarios/paper-traces.yaml" >/dev/null
figures >made
awk -v file=made '/^<!-- figures begin/ { print; while ((getline line < file) > 0) print line; skip = 1 }
	/^<!-- figures end/ { print ""; skip = 0 } !skip { if (!/^<!-- figures begin/) print }' "$home/docs/drafting.md" >page
cp page "$home/docs/drafting.md"
