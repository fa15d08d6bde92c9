#!/bin/bash
# Where output goes: a device, a pipe and a link stay what they are and get it; a file that is replaced
# keeps its mode; an input is never written over; every option of every command that writes a file.
. tests/e2e/lib.sh

need "$BUILD/tools/mkskype"
"$BUILD/tools/mkskype" linux-2006 "$TMP/c.pcap" "$TMP/c.pcap.tsv" seed=1
small_run "$TMP/run" ||
	mkdir "$TMP/run" # without namespaces, what needs a run is passed over
cp detector/signatures/ehlert-petgang-1.4.yaml "$TMP/s.yaml"
head -n 1 "$TMP/c.pcap.tsv" >"$TMP/none.tsv"
chmod -R a+rX "$TMP"
mkdir -m 777 "$TMP/own"

# Every command that writes a file, with OUT for its name.
writers=(
	"score -s skypelab-2006 -o OUT $TMP/c.pcap"
	"score -s skypelab-2006 --claims OUT $TMP/c.pcap"
	"detect -s skypelab-2006 --eve OUT $TMP/c.pcap"
	"labels init -o OUT $TMP/c.pcap"
	"regress --against ehlert-petgang-1.4 --capture $TMP/c.pcap -o OUT $TMP/s.yaml"
)
[ ! -e "$TMP/run/accuracy.tsv" ] || writers+=(
	"results baseline save OUT $TMP/run"
	"results compare -o OUT $TMP/run $TMP/run"
)
# Labels without rows are no reason to write nothing.
writers+=("score -s skypelab-2006 --labels $TMP/none.tsv -o OUT $TMP/c.pcap")
# wrote AS WRITER OUT: as the user AS; OUT may be any kind of file.
wrote() {
	local rc=0
	# shellcheck disable=SC2086
	$1 "$SKYPELAB" -q ${2//OUT/$3} >"$TMP/own/said" 2>&1 || rc=$?
	[ $rc = 0 ] || fail "${2//OUT/$3} as $1: exit $rc, $(cat "$TMP/own/said")"
}
users=(as_user)
[ "$(id -u)" != 0 ] || users+=(env)
for as in "${users[@]}"; do
	d=$TMP/own/$as
	$as mkdir "$d"
	for writer in "${writers[@]}"; do
		# A pipe: its reader gets all, and it stays.
		$as mkfifo "$d/pipe.tsv"
		cat "$d/pipe.tsv" >"$TMP/own/piped" &
		wrote $as "$writer" "$d/pipe.tsv"
		wait $!
		[ -p "$d/pipe.tsv" ] || fail "$writer replaced a pipe"
		[ -s "$TMP/own/piped" ] || fail "$writer: nothing came through the pipe"
		# A link, and one that leads nowhere yet: what they lead to is written.
		echo old >"$d/target.tsv"
		chmod 640 "$d/target.tsv"
		[ $as = env ] || [ "$(id -u)" != 0 ] || chown 65534 "$d/target.tsv"
		$as mkdir "$d/links"
		$as ln -s ../target.tsv "$d/links/link.tsv"
		$as ln -s new.tsv "$d/links/ahead.tsv"
		wrote $as "$writer" "$d/links/link.tsv"
		wrote $as "$writer" "$d/links/ahead.tsv"
		[ -L "$d/links/link.tsv" ] && [ -L "$d/links/ahead.tsv" ] || fail "$writer replaced a link"
		[ -s "$d/links/new.tsv" ] || fail "$writer: nothing behind a link that led nowhere"
		[ "$(cat "$d/target.tsv")" != old ] || fail "$writer did not follow a link"
		same "$(stat -c %a "$d/target.tsv")" 640 "mode that $writer leaves"
		# A device, and standard output by its name.
		if [ $as = env ] && mknod -m 666 "$d/null.tsv" c 1 3 2>/dev/null && : 2>/dev/null >"$d/null.tsv"; then
			wrote $as "$writer" "$d/null.tsv"
			[ -c "$d/null.tsv" ] || fail "$writer replaced a device"
		fi
		echo before >"$TMP/own/out"
		chmod 666 "$TMP/own/out"
		# shellcheck disable=SC2086
		$as "$SKYPELAB" -q ${writer//OUT//dev/fd/1} >>"$TMP/own/out" || fail "$writer to /dev/fd/1: exit $?"
		same "$(head -n 1 "$TMP/own/out")" before "first line of what $writer was added to"
		[ "$(wc -l <"$TMP/own/out")" -gt 1 ] || fail "$writer to /dev/fd/1: nothing"
		rm -r "$d"
		$as mkdir "$d"
	done
	# A file of root's stays root's, one that must not be written stays.
	if [ $as = env ]; then
		echo old >"$d/of-user"
		chown 65534:65534 "$d/of-user"
		wrote $as "${writers[0]}" "$d/of-user"
		same "$(stat -c %u:%g "$d/of-user")" 65534:65534 "owner of a replaced file"
	else
		$as sh -c "echo old >'$d/kept'; chmod 444 '$d/kept'"
		rc=0
		# shellcheck disable=SC2086
		$as "$SKYPELAB" -q ${writers[0]//OUT/$d/kept} >"$TMP/own/said" 2>&1 || rc=$?
		same "$rc $(cat "$d/kept")" "2 old" "a file without leave to write"
	fi
done

# refused FILE WRITER [NAME...]: FILE is an input of it, under its own name, through a link, and as a hard link.
refused() {
	local file=$1 name before rc names=("$1" "$TMP/own/soft.tsv" "$TMP/own/hard.tsv")
	[ $# = 2 ] || names=("${@:3}")
	before=$(sha256sum <"$file")
	ln -sf "$file" "$TMP/own/soft.tsv"
	ln -f "$file" "$TMP/own/hard.tsv"
	for name in "${names[@]}"; do
		rc=0
		# shellcheck disable=SC2086
		"$SKYPELAB" -q ${2//OUT/$name} >"$TMP/own/said" 2>&1 </dev/null || rc=$?
		same "$rc $(sha256sum <"$file")" "2 $before" "$2 over its input $name"
		grep -q 'is read as an input too' "$TMP/own/said" || fail "$2: «$(cat "$TMP/own/said")»"
	done
}
for writer in "${writers[@]:0:5}"; do
	refused "$TMP/c.pcap" "$writer"
done
refused "$TMP/c.pcap.tsv" "${writers[0]}"
refused "$TMP/s.yaml" "detect -s $TMP/s.yaml --eve OUT $TMP/c.pcap"
refused "$TMP/s.yaml" "${writers[4]}"
"$SKYPELAB" -q detect -s skypelab-2006 --eve "$TMP/e.json" "$TMP/c.pcap"
refused "$TMP/e.json" "score --eve $TMP/e.json --labels $TMP/c.pcap.tsv -o OUT $TMP/c.pcap"
for f in "$TMP/run/"{accuracy,claims}.tsv; do
	[ ! -e "$f" ] || refused "$f" "${writers[5]}"
done
# Two outputs that are one file, by the same name, another spelling, and links: nothing is written.
rm -rf "$TMP/two"
mkdir "$TMP/two"
twice() { # OUTPUT OUTPUT
	local rc=0 before
	before=$(ls -l "$TMP/two")
	(cd "$TMP/two" && "$SKYPELAB" -q score -s skypelab-2006 -o "$1" --claims "$2" "$TMP/c.pcap") >"$TMP/own/said" 2>&1 || rc=$?
	same $rc 2 "score -o $1 --claims $2: $(cat "$TMP/own/said")"
	grep -q 'are one file' "$TMP/own/said" || fail "-o $1 --claims $2: «$(cat "$TMP/own/said")»"
	same "$(ls -l "$TMP/two")" "$before" "files after -o $1 --claims $2"
}
twice new.tsv new.tsv
twice new.tsv ./new.tsv
twice new.tsv "$TMP/two/../two//new.tsv"
ln -s ahead.tsv "$TMP/two/soft.tsv"
twice ahead.tsv soft.tsv
ln -s . "$TMP/two/here"
twice new.tsv here/new.tsv
echo old >"$TMP/two/old.tsv"
ln "$TMP/two/old.tsv" "$TMP/two/hard.tsv"
twice old.tsv old.tsv
twice old.tsv hard.tsv
rc=0
"$SKYPELAB" -q score --matrix -o "$TMP/two/m.md" --baseline "$TMP/two/./m.md" >"$TMP/own/said" 2>&1 || rc=$?
same "$rc $(grep -c 'are one file' "$TMP/own/said")" "2 1" "score --matrix with two outputs to one file"
"$SKYPELAB" -q score -s skypelab-2006 -o /dev/null --claims /dev/null "$TMP/c.pcap" >/dev/null || fail "two outputs to a device: exit $?"
(cd "$TMP/two" && "$SKYPELAB" -q score -s skypelab-2006 -o a.tsv --claims b.tsv "$TMP/c.pcap" >/dev/null) || fail "two outputs: exit $?"
rc=0
"$SKYPELAB" -q score -s skypelab-2006 -o "$TMP/two/j.xml" --junit "$TMP/two/./j.xml" "$TMP/c.pcap" >"$TMP/own/said" 2>&1 || rc=$?
same "$rc $(grep -c 'are one file' "$TMP/own/said")" "2 1" "score with its table and JUnit to one file"
# Every option that names an output is in the check: none of two is left out.
same "$(grep -c '\.output = true' cli/cmd_score.c)" 5 "options of score that are known as outputs"

# A file of a run that is read, of its capture too, is never replaced.
if [ -e "$TMP/run/accuracy.tsv" ]; then
	cell=$(find "$TMP/run/cells" -mindepth 1 -maxdepth 1 -type d | head -n 1)
	cap=$(find "$cell" -name '*.pcap' | sort | head -n 1)
	for writer in "score --run $TMP/run -o OUT" "score --run $TMP/run --claims OUT" "detect --eve OUT $cap" "labels init -o OUT $cap" \
		"score -s skypelab-2006 -o OUT $cap" "results compare -o OUT $TMP/run $TMP/run" "results baseline save OUT $TMP/run" \
		"regress --against ehlert-petgang-1.4 --capture $cap -o OUT $TMP/s.yaml" "score -n -s skypelab-2006 -o OUT $cell"; do
		refused "$TMP/run/accuracy.tsv" "$writer"
		for f in "$TMP/run/manifest.json" "$TMP/run/scenario.yaml" "$cell/cell.json" "$cell/eve.json"; do
			if [ "${THOROUGH:-}" = 1 ]; then refused "$f" "$writer"; else refused "$f" "$writer" "$f"; fi
		done
	done
	before=$(find "$TMP/run" -type f -print0 | sort -z | xargs -0 sha256sum)
	"$SKYPELAB" -q score --run "$TMP/run" --plots "$TMP/run" >"$TMP/own/said" 2>&1 || true
	same "$(find "$TMP/run" -type f -print0 | sort -z | xargs -0 sha256sum | grep -Fxc "$before")" \
		"$(wc -l <<<"$before")" "files of a run after score --plots into it: $(cat "$TMP/own/said")"
fi

# Standard input is an input too, though its name is not known; live output is added, and not to it.
rc=0
"$SKYPELAB" -q detect --eve "$TMP/c.pcap" - <"$TMP/c.pcap" 2>"$TMP/err" || rc=$?
same $rc 2 "exit code of output over standard input"
grep -q 'is read as an input too' "$TMP/err" || fail "«$(cat "$TMP/err")»"
echo first >"$TMP/live.json"
"$SKYPELAB" -q detect -s skypelab-2006 --eve "$TMP/live.json" - <"$TMP/c.pcap"
same "$(head -n 1 "$TMP/live.json")" first "first line of a file that events are added to"
same "$(wc -l <"$TMP/live.json")" $(($(wc -l <"$TMP/e.json") + 1)) "lines of a file that events are added to"

# A pipe that nobody reads: said within seconds, not waited for without end.
mkfifo "$TMP/alone.tsv"
rc=0
timeout 60 "$SKYPELAB" detect -e "$TMP/alone.tsv" "$TMP/c.pcap" >"$TMP/said" 2>&1 || rc=$?
same $rc 2 "exit code for a pipe without a reader: $(cat "$TMP/said")"
grep -q 'nobody reads from this pipe' "$TMP/said" || fail "a pipe without a reader: $(cat "$TMP/said")"
