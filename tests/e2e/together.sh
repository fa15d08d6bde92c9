#!/bin/bash
# Signatures do not see each other: each says the same alone as when all run in one pass, down to
# the bytes and the lines of its rules (rules that ask the same question are asked once for all).
. tests/e2e/lib.sh
need_namespaces
made_corpora
bad=
count=0 at=0
every=$(rounds 2 1) # of the pairs every second one: each signature on half of the captures
for f in "$MADE"/positives/* "$SKYPELAB_CORPORA"/positives/*; do
	[ -e "$f" ] || continue
	"$SKYPELAB" -q detect -s "all:*" --explain --eve "$TMP/all" "$f"
	for s in detector/signatures/*.yaml; do
		at=$((at + 1))
		[ $((at % every)) = 0 ] || continue
		name=$(basename "$s" .yaml)
		"$SKYPELAB" -q detect -s "$name" --explain --eve "$TMP/one" "$f"
		grep "\"signature\":\"$name\"" "$TMP/all" | sort >"$TMP/a" || true
		sort "$TMP/one" >"$TMP/b"
		cmp -s "$TMP/a" "$TMP/b" ||
			bad="$bad $name on $(basename "$f"): $(wc -l <"$TMP/b") events alone, $(wc -l <"$TMP/a") together;"
		count=$((count + 1))
	done
done
[ -z "$bad" ] || fail "$bad"
echo "$count pairs of signature and capture"
