#!/bin/bash
# `skypelab completion`: the scripts for bash, zsh and fish offer what the option tables say; files where a
# command reads one, names of bundled data where it takes these. Needs no privilege.
. tests/e2e/lib.sh
export PATH=$TMP/bin:$PATH
mkdir "$TMP/bin" "$TMP/here" "$TMP/here/folder"
ln -s "$SKYPELAB" "$TMP/bin/skypelab"
touch "$TMP/here/a.pcap"
for s in bash zsh fish; do skypelab completion $s >"$TMP/script.$s" || fail "completion $s: exit $?"; done
cd "$TMP/here"

# What a shell offers for a line, its last word under way; each word on a line of its own, sorted.
of_bash() {
	# shellcheck disable=SC2016
	bash -uc '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _skypelab "$1" "${@: -1}"; printf "%s\n" "${COMPREPLY[@]}"' \
		"$TMP/script.bash" "$@"
}
of_zsh() {
	# The widget's surroundings are not there without a terminal; these say what they would be asked.
	# shellcheck disable=SC2016
	zsh -fc 'compdef() { :; }; . "$0"
		_describe() { local w; for w in "${(@P)4}"; do print -r -- "${w%%:*}"; done }
		_files() { local w; for w in *(N); do [[ $w != $PREFIX* || $1 = -/ && ! -d $w ]] || print -r -- $w; done }
		compset() { :; }
		words=("$@"); CURRENT=$#; PREFIX=${@[-1]}; _skypelab' "$TMP/script.zsh" "$@"
}
of_fish() {
	# shellcheck disable=SC2016
	HOME=$TMP fish --no-config -c 'source $argv[1]; complete -C "$argv[2..]"' "$TMP/script.fish" "$*"
}
offers() { # WORDS-EXPECTED LINE...
	local got
	got=$("of_$shell" "${@:2}" | cut -f1 | sed 's|/$||' | LC_ALL=C sort | tr '\n' ' ')
	same "${got% }" "$1" "$shell offers for ${*:2}"
}
tried=
for shell in bash zsh fish; do
	command -v $shell >/dev/null || continue
	tried+=" $shell"
	offers "detect detector" skypelab detec
	offers "--format" skypelab score --fo
	offers "json markdown text tsv" skypelab score --format ""
	offers "ehlert-petgang-1.4 ehlert-petgang-2.0" skypelab detect -s ehl
	offers "paper-matrix paper-traces" skypelab run --no-report paper-
	offers "a.pcap folder" skypelab detect ""
	offers "folder" skypelab run -o ""
	offers "list save" skypelab -q results baseline ""
done
shell=bash
offers "json" skypelab score --format = j # as readline parts it
offers "a.pcap" skypelab score --labels = a
[ "$tried" = " bash zsh fish" ] || echo "tried:$tried; the others are not installed; sudo apt install zsh fish"

# Every option of every command is offered, and nothing else, where only the command was typed.
for name in $(skypelab help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p'); do
	diff <(skypelab help --mdoc "$name" | sed -n 's/^\.It Fl.*Fl -\([a-z-]*\).*/--\1/p; s/^\.It Fl -\([a-z-]*\).*/--\1/p; $a--help' | sort -u) \
		<(skypelab completion words -- "$name" - | cut -f1 | sort -u) >"$TMP/diff" ||
		fail "options of $name and what is offered (< table, > completion): $(cat "$TMP/diff")"
done
