#!/bin/bash
# structure.sh [--only KIND] [BUILD]: does every part stand in the room that its name says? Reads
# the headers and, with nm, the objects in BUILD/obj (default: build). Exits 1 on any finding.
#
#   layers   an include, or a symbol used, against base <- lab, replay, detector, results <- analysis, operator
#            <- run <- cli; analysis uses nothing of lab and replay; operator uses nothing of replay and
#            results, and of lab only lab/nft and lab/netlink
#   unused   an exported function or variable that no other file of the product uses (a test does not
#            count; what is kept for tests or tools stands in tests/structure.allow with its reason)
#   headers  a function of foo.c that is not declared in foo.h beside it, or also somewhere else
#   circles  files that call each other in a ring and are not listed in docs/architecture.md, section
#            "Files that call each other"; and lines of that list that are no longer true
#   rooms    the same for the folders of a layer (listed there as folders: `- lab/ lab/nft/: why`)
set -uo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 2
kinds="layers unused headers circles rooms"
only=$kinds
if [ "${1:-}" = --only ]; then
	only=${2:-}
	shift 2
	case " $kinds " in *" $only "*) ;; *) echo "structure.sh: KIND is one of: $kinds" >&2; exit 2 ;; esac
fi
build=${1:-build}
layers="base lab replay detector results analysis operator run cli"
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

# shellcheck disable=SC2086
find $layers -name '*.c' 2>/dev/null | sort >"$tmp/sources"
# shellcheck disable=SC2086
find $layers -name '*.h' 2>/dev/null | sort >"$tmp/headers"
[ -s "$tmp/sources" ] || { echo "structure.sh: no sources here" >&2; exit 2; }
# With the kind of object named, nm does not load every plugin for other kinds that is installed.
target=$(nm --help | sed -n 's/^.*supported targets: \([^ ]*\).*/\1/p')
objects=$(sed "s|^|$build/obj/|; s|c$|o|" "$tmp/sources")
# shellcheck disable=SC2086
nm ${target:+"--target=$target"} -gA $objects >"$tmp/nm" 2>"$tmp/nm.err" || {
	head -n 3 "$tmp/nm.err" >&2
	echo "structure.sh: objects are missing in $build/obj: run make first" >&2
	exit 2
}
# "d FILE NAME" for a definition, "u FILE NAME" for a use; files as foo/bar.c.
awk -v cut="$((${#build} + 6))" '{
	at = index($0, ".o:")
	file = substr($0, cut, at - cut) ".c"
	type = $(NF - 1)
	if (type == "U") print "u", file, $NF
	else if (type ~ /^[TDBRVGSCW]$/) print "d", file, $NF, type
}' "$tmp/nm" >"$tmp/symbols"
# "FILE USED-FILE NAME": who uses whose symbol.
awk '$1 == "d" { if ($3 != "main") def[$3] = $2; next }
	$3 in def && def[$3] != $2 { print $2, def[$3], $3 }' \
	<(grep '^d' "$tmp/symbols") <(grep '^u' "$tmp/symbols") >"$tmp/edges"
allowed() { # KIND: the names that tests/structure.allow lists for it
	[ ! -e tests/structure.allow ] || sed -n "s/^$1 \([^: ]*\): ..*/\1/p" tests/structure.allow
}

# Whether a file may use what stands in another: may(FILE, FILE).
may_use='
	function layer(file) { sub(/\/.*/, "", file); return file }
	function rank(l) { return l == "cli" ? 4 : l == "run" ? 3 : l == "analysis" || l == "operator" ? 2 : l == "base" ? 0 : 1 }
	function may(file, used,    from, to) {
		from = layer(file); to = layer(used)
		if (from == to || to == "base") return 1
		if (from == "analysis" && (to == "lab" || to == "replay")) return 0
		if (from == "operator" && to == "lab") return used ~ /^lab\/(nft|netlink)\//
		if (from == "operator" && to != "detector") return 0
		return from != "base" && rank(from) > rank(to)
	}'

layers() {
	{
		xargs grep -HnE '^[ \t]*#[ \t]*include[ \t]*"' <"$tmp/sources"
		xargs -r grep -HnE '^[ \t]*#[ \t]*include[ \t]*"' <"$tmp/headers"
	} | awk -F: -v order="$layers" "$may_use"'
	BEGIN { n = split(order, o, " "); for (i = 1; i <= n; i++) is[o[i]] = 1 }
	{
		split($3, q, "\"")
		if (q[2] !~ /\//) print $1 ":" $2 ": \"" q[2] "\" is included without its folder"
		else if (!(layer(q[2]) in is) || !may($1, q[2])) print $1 ":" $2 ": " layer($1) "/ includes " q[2]
	}'
	awk "$may_use"' !may($1, $2) { print $1 ": uses " $3 " of " $2 }' "$tmp/edges"
}

unused() {
	allowed unused >"$tmp/allowed"
	find "$build/obj/tests" -name '*.o' -exec nm ${target:+"--target=$target"} -guA {} + 2>/dev/null | sed 's/^.*\/obj\///; s/o:.* / /; s/\. /.c /' >"$tmp/tests"
	awk -v allowed="$tmp/allowed" '
	BEGIN { while ((getline line < allowed) > 0) ok[line] = 1 }
	FILENAME == ARGV[1] { test[$2] = $1; next }
	FILENAME == ARGV[2] { used[$3] = 1; next }
	$1 == "d" && $3 != "main" {
		seen[$3] = 1
		if (!($3 in used) && !($3 in ok))
			print $2 ": " $3 " is used by no other file" ($3 in test ? " (but for " test[$3] ")" : "")
	}
	END { for (n in ok) if (n in used || !(n in seen))
		print "tests/structure.allow: " n (n in used ? " is used by now" : " does not exist") ": remove its line" }' \
		"$tmp/tests" "$tmp/edges" "$tmp/symbols"
}

# The names of functions that the headers declare: "HEADER NAME". What stands in comments, strings,
# macros, braces and inner parentheses is no declaration.
declared() {
	xargs -r awk '
	FNR == 1 { brace = paren = comment = macro = 0; word = ""; static = 0 }
	{
		line = $0
		if (macro || (!comment && line ~ /^[ \t]*#/)) { macro = line ~ /\\$/; next }
		gsub(/"([^"\\]|\\.)*"/, "", line)
		n = length(line)
		for (i = 1; i <= n; i++) {
			c = substr(line, i, 1)
			if (comment) { if (c == "*" && substr(line, i + 1, 1) == "/") { comment = 0; i++ } continue }
			if (c == "/") {
				d = substr(line, i + 1, 1)
				if (d == "/") break
				if (d == "*") { comment = 1; i++; continue }
			}
			if (c ~ /[A-Za-z0-9_]/) { if (done) word = ""; done = 0; word = word c; continue }
			if (word == "static" || word == "typedef") static = 1
			if (c == "(") {
				if (!paren && !brace && word != "" && !static && word != "__attribute__" && word != "_Static_assert")
					print FILENAME, word
				paren++
			} else if (c == ")") paren--
			else if (c == "{") brace++
			else if (c == "}") { brace--; if (!brace) static = 0 }
			else if (c == ";" && !brace && !paren) static = 0
			done = 1
			if (c !~ /[ \t]/) word = ""
		}
		if (word == "static" || word == "typedef") static = 1
		done = 1
	}' <"$tmp/headers" | sort -u
}

headers() {
	allowed headers >"$tmp/allowed"
	declared >"$tmp/declared"
	awk -v allowed="$tmp/allowed" '
	BEGIN { while ((getline line < allowed) > 0) ok[line] = 1 }
	FILENAME == ARGV[1] { where[$2] = where[$2] " " $1; next }
	$1 == "d" && $4 ~ /[TW]/ && $3 != "main" && !($3 in ok) && !($2 in ok) {
		own = $2; sub(/c$/, "h", own)
		n = split(where[$3], at, " ")
		if (!n) { print $2 ": " $3 " is declared in no header"; next }
		for (i = 1; i <= n; i++) if (at[i] != own)
			print $2 ": " $3 " is declared in " at[i] ", not " (n > 1 ? "only " : "") "in " own
	}' "$tmp/declared" "$tmp/symbols"
}

# The list in docs/architecture.md, one line each, names made whole: a name without a folder is in
# the folder of the one before it.
listed() {
	[ -e docs/architecture.md ] || return 0
	awk '
	/^## / { on = /^## Files that call each other/; item = ""; next }
	!on { next }
	/^- / { put(); item = substr($0, 3); next }
	/^[ \t]+[^ \t]/ { if (item != "") item = item " " $0; next }
	{ put() }
	END { put() }
	function put(    i, n, w, folder, out) {
		if (item !~ /: *[^ ]/) { if (item != "") print "! " item; item = ""; return }
		sub(/:.*/, "", item)
		gsub(/[`,]/, " ", item)
		n = split(item, w, " ")
		for (i = 1; i <= n; i++) {
			if (w[i] ~ /\//) { folder = w[i]; sub(/[^\/]*$/, "", folder) } else w[i] = folder w[i]
			out = out " " w[i]
		}
		print "=" out
		item = ""
	}' docs/architecture.md
}

# rings WHAT < "A B NAME" edges: the strongly connected components with more than one member,
# compared with the list; WHAT is a pattern of the list entries meant (files or folders).
rings() {
	listed >"$tmp/listed"
	awk -v what="$1" '
	function sorted(set, n,    i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && set[j] < set[j - 1]; j--) { t = set[j]; set[j] = set[j - 1]; set[j - 1] = t }
		t = set[1]
		for (i = 2; i <= n; i++) t = t " " set[i]
		return t
	}
	function visit(v,    i, n, w, to) { # Tarjan
		num[v] = low[v] = ++counter
		stack[++top] = v; on[v] = 1
		n = split(out[v], to, " ")
		for (i = 1; i <= n; i++) {
			w = to[i]
			if (!(w in num)) { visit(w); if (low[w] < low[v]) low[v] = low[w] }
			else if (on[w] && num[w] < low[v]) low[v] = num[w]
		}
		if (low[v] == num[v]) {
			n = 0
			do { w = stack[top--]; on[w] = 0; set[++n] = w } while (w != v)
			if (n > 1) ring[sorted(set, n)] = n
		}
	}
	FILENAME == ARGV[1] {
		if ($1 == "!") { if (what ~ /c/) print "docs/architecture.md: a ring is listed without a reason: " substr($0, 3); next }
		if ($2 !~ what) next
		n = 0
		for (i = 2; i <= NF; i++) set[++n] = $i
		list[sorted(set, n)] = 1
		next
	}
	!(($1, $2) in why) { out[$1] = out[$1] " " $2; node[++nodes] = $1 }
	{ if (!(($1, $2) in why) || count[$1, $2] < 3) why[$1, $2] = why[$1, $2] " " $3; count[$1, $2]++ }
	END {
		for (i = 1; i <= nodes; i++) if (!(node[i] in num)) visit(node[i])
		for (r in ring) if (!(r in list)) {
			print r ": call each other"
			n = split(r, m, " ")
			for (i = 1; i <= n; i++) for (j = 1; j <= n; j++) if ((m[i], m[j]) in why)
				print "\t" m[i] " -> " m[j] ":" why[m[i], m[j]] (count[m[i], m[j]] > 3 ? " ... (" count[m[i], m[j]] ")" : "")
		}
		for (r in list) if (!(r in ring)) print "docs/architecture.md: lists " r ", which is not a ring (any more, or not the whole of it)"
	}' "$tmp/listed" -
}

circles() { sort -u "$tmp/edges" | rings '[.]c$'; }
rooms() {
	sort -u "$tmp/edges" | awk '{
		a = $1; b = $2; sub(/[^\/]*$/, "", a); sub(/[^\/]*$/, "", b)
		la = a; lb = b; sub(/\/.*/, "", la); sub(/\/.*/, "", lb)
		if (la == lb && a != b) print a, b, $3
	}' | rings '/$'
}

bad=0
for kind in $only; do
	"$kind" >"$tmp/found" || { echo "structure.sh: $kind failed" >&2; exit 2; }
	# A line that begins with a tab explains the one before it.
	n=$(grep -c $'^[^\t]' "$tmp/found")
	sed "s/^\([^\t]\)/$kind: \1/" "$tmp/found"
	echo "$kind: $n"
	[ "$n" = 0 ] || bad=1
done
exit $bad
