#!/bin/sh
# mkcorpora.sh CORPUS.TSV DIR: writes the corpus files of scenarios/corpora from a table of captures
# (columns path role sha256 bytes packets ... source_repo source_path source_commit licence
# skype_version contains), one per source of the negatives and one for the positives.
set -eu
awk -F'\t' -v dir="$2" '
function q(s) { gsub(/\047/, "\047\047", s); return "\047" s "\047" }
function field(key, value) { if (value != "" && value != "-") printf "    %s: %s\n", key, value > file }
NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; next }
{
	path = $col["path"]; repo = $col["source_repo"]; commit = $col["source_commit"]
	source = $col["source_path"]; role = $col["role"]
	name = role == "skype" ? "skype" : repo
	gsub("/", "-", name)
	file = dir "/" name ".yaml"
	if (!(file in begun)) {
		begun[file] = 1
		printf "# Made by tests/tools/mkcorpora.sh; the format is skypelab-corpus(5).\n" > file
		printf "corpus: %s\n", name > file
		about = role == "skype" ? "Skype, recorded" : "captures without Skype from " repo
		printf "about: %s\n", q(about) > file
		printf "captures:\n" > file
	}
	printf "  - path: %s\n", q(path) > file
	field("role", role)
	field("sha256", $col["sha256"])
	field("bytes", $col["bytes"])
	field("packets", $col["packets"])
	field("repository", repo)
	hash = commit; sub(/ .*/, "", hash)
	if (hash ~ /^[0-9a-f]+$/ && commit !~ /blob/) {
		field("commit", hash)
		bare = source; sub(/ \(.*/, "", bare)
		field("source", q(bare))
	} else
		field("source", q(source " at " commit))
	field("licence", q($col["licence"]))
	if ($col["skype_version"] != "") field("version", q($col["skype_version"]))
	if (role == "skype") {
		base = path; sub(/.*\//, "", base)
		field("labels", "labels/" base ".tsv")
	}
	if ($col["contains"] != "") field("contains", q($col["contains"]))
}' "$1"
