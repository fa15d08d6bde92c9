#!/bin/bash
# Files that come from anybody: what they name is opened only below their own folder and only when it is
# a file, and none of them takes time or memory without end.
. tests/e2e/lib.sh
need python3
# refused WORDS COMMAND...: ends with 1 or 2 within 10 seconds and 1 GB, and says WORDS
refused() {
	local words=$1 got=0
	shift
	(
		ulimit -v 1000000
		timeout 10 "$SKYPELAB" "$@" >"$TMP/out" 2>"$TMP/err"
	) || got=$?
	case $got in 1 | 2) ;; *) fail "$* ended with $got: $(head -c 500 "$TMP/err")" ;; esac
	grep -q -- "$words" "$TMP/out" "$TMP/err" || fail "$*: $(head -c 500 "$TMP/out" "$TMP/err")"
}

# ---- the manifest of a run
R=$TMP/run
mkdir -p "$R/cells/c"
echo hello >"$R/cells/c/a.tsv"
sum=$(sha256sum <"$R/cells/c/a.tsv" | cut -d ' ' -f 1)
manifest() { printf '{"format": 1, "run": {}, "files": {"%s": {"bytes": 6, "sha256": "%s"}}}\n' "$1" "$sum" >"$R/manifest.json"; }
manifest cells/c/a.tsv
"$SKYPELAB" results verify "$R" || fail "a whole run: $?"
cp "$R/cells/c/a.tsv" "$TMP/outside"
for name in ../outside cells/../../outside "$TMP/outside" /dev/zero cells/./c/a.tsv cells//c/a.tsv ''; do
	manifest "$name"
	refused 'expected a file below it' results verify "$R"
done
manifest link
for target in /dev/zero "$TMP/outside" cells/c/a.tsv; do
	ln -sf "$target" "$R/link"
	refused 'link: not a regular file' results verify "$R"
done
ln -sfn "$TMP" "$R/link"
manifest link/outside
refused 'link/outside: not a regular file' results verify "$R"
rm "$R/link"
mkfifo "$R/pipe"
manifest pipe
refused 'pipe: not a regular file' results verify "$R"
rm "$R/pipe"
manifest cells/c/a.tsv
truncate -s 100G "$R/cells/c/a.tsv"
refused 'changed since the run: 107374182400 bytes' results verify "$R"
ln -sf /dev/zero "$R/manifest.json"
refused 'not a regular file' results verify "$R"
rm "$R/manifest.json"
{ printf '[%.0s' {1..200000}; } >"$R/manifest.json"
refused 'manifest.json:1: ' results verify "$R"
printf '{"format": 1, "format": 1}' >"$R/manifest.json"
refused 'manifest.json:1: ' results verify "$R"

# ---- pipes where files of a run, or files that are named, are meant
rm -rf "$R"
if small_run "$R"; then
	cell=$(find "$R/cells" -mindepth 1 -maxdepth 1 -type d | head -n 1)
	cap=$(find "$cell" -name '*.pcap' | sort | head -n 1)
	for file in "$R/accuracy.tsv" "$R/claims.tsv" "$R/manifest.json" "$R/scenario.yaml" "$cell/cell.json" "$cell/eve.json" "$cap"; do
		mv "$file" "$TMP/kept"
		mkfifo "$file"
		for command in "results show $R" "results compare $R $R" "results compare --force $R $R" "results verify $R" \
			"results history add --db $TMP/new.db $R" "results baseline save --force $TMP/b.tsv $R" "score --run $R" \
			"score --run $R -s skypelab-2006" "regress --run $R --against skypelab-2006 skypelab-2013" \
			"run --manifest $R/manifest.json -o $TMP/again"; do
			# shellcheck disable=SC2086
			refused 'not a regular file' $command
		done
		rm "$file"
		mv "$TMP/kept" "$file"
	done
	refused 'read as an input too\|exclude\|finished run' run -o "$R" scenarios/first-light.yaml
fi
"$BUILD/tools/mkskype" linux-2006 "$TMP/c.pcap" "$TMP/c.tsv" seed=1
mkfifo "$TMP/alone"
for command in "score -s skypelab-2006 --labels $TMP/alone $TMP/c.pcap" "score --eve $TMP/alone --labels $TMP/c.tsv $TMP/c.pcap" \
	"results compare $TMP/alone $TMP/alone" "signature check $TMP/alone" "run --dry-run $TMP/alone"; do
	# shellcheck disable=SC2086
	refused 'nobody writes to this pipe' $command
done
# A pipe that somebody writes to, named or not, is read, also when its writer takes a while.
{ sleep 1; cat "$TMP/c.tsv"; } >"$TMP/alone" &
"$SKYPELAB" -q score -s skypelab-2006 --labels "$TMP/alone" "$TMP/c.pcap" >"$TMP/out" || fail "labels from a named pipe: $?"
"$SKYPELAB" -q score -s skypelab-2006 --labels <(cat "$TMP/c.tsv") "$TMP/c.pcap" | cmp - "$TMP/out" || fail "labels from a pipe"
"$SKYPELAB" -q detect -s skypelab-2006 --eve - "$TMP/c.pcap" |
	"$SKYPELAB" -q score --eve - --labels "$TMP/c.tsv" "$TMP/c.pcap" >"$TMP/out" || fail "events from a pipe: $?"
# A scenario's capture is a file.
mkdir -p "$TMP/corpora"
mkfifo "$TMP/corpora/pipe.pcap"
printf 'scenario: s\nsites: [{name: a}]\nrecordings:\n  - {capture: pipe.pcap, site: a, replay: frame}\nvantages: [a.lan]\n' >"$TMP/pipe.yaml"
SKYPELAB_CORPORA=$TMP/corpora refused 'pipe.yaml:4: pipe.pcap, expected a file under' run --dry-run "$TMP/pipe.yaml"
# In a folder, only files are captures.
mkdir "$TMP/folder"
cp "$TMP/c.pcap" "$TMP/folder"
mkfifo "$TMP/folder/pipe.pcap"
timeout 20 "$SKYPELAB" score -n -s skypelab-2006 "$TMP/folder" >"$TMP/out" 2>"$TMP/err" || fail "a folder with a pipe: $?"
grep -q 'pipe.pcap: not a regular file; it is left out' "$TMP/err" || fail "a folder with a pipe: $(cat "$TMP/err")"

# ---- a history that is a program
python3 - "$TMP" <<'END'
import sqlite3, sys
def make(name, *sql):
    db = sqlite3.connect(sys.argv[1] + "/" + name)
    for s in sql:
        db.execute(s)
    db.commit()
cols = "id,ended,dir,scenario,scenario_sha256,program,kernel,seed"
make("view.db", "CREATE VIEW run(%s) AS WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM t)"
     " SELECT x,x,x,x,x,x,x,x FROM t" % cols)
make("trigger.db", "CREATE TABLE run(%s)" % cols, "CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM run; END")
make("newer.db", "PRAGMA user_version=2")
make("generated.db", "CREATE TABLE run(id TEXT PRIMARY KEY, ended AS (hex(zeroblob(1000000))), dir, scenario, program, seed)")
END
refused 'view.db: holds the view run' results history --db "$TMP/view.db"
refused 'trigger.db: holds the ' results history --db "$TMP/trigger.db"
refused 'newer.db: .*format' results history --db "$TMP/newer.db"
refused 'generated.db: holds the table run' results history --db "$TMP/generated.db"
refused 'not a regular file' results history --db /dev/zero
head -c 100000 /dev/zero >"$TMP/zeros.db"
refused 'zeros.db: ' results history --db "$TMP/zeros.db"

# ---- corpora: nothing climbs out of its folder, and nothing is without end
mkdir -p "$TMP/data/scenarios/corpora" "$TMP/mirror"
corpus() {
	cat >"$TMP/data/scenarios/corpora/t.yaml" <<-END
		corpus: t
		about: a test
		captures:
		  - path: ${1:-a.pcap}
		    role: skype
		    sha256: $sum
		    licence: none
		    ${2:-contains: x}
	END
}
corpora() { SKYPELAB_DATA=$TMP/data refused "$@"; }
for labels in ../../x /etc/passwd a/../../x; do
	corpus a.pcap "labels: $labels"
	corpora "t.yaml:4: $labels, expected labels below" corpora list -d "$TMP/corpora"
done
corpus ../a.pcap
corpora 't.yaml:4: ../a.pcap, expected a path below' corpora list -d "$TMP/corpora"
corpus a.pcap "url: file:///dev/zero"
corpora 't.yaml:4: file:///dev/zero, expected an address' corpora fetch -d "$TMP/corpora"
corpus
ln -s /dev/zero "$TMP/mirror/a.pcap"
corpora 'not a regular file' corpora fetch -d "$TMP/corpora" --mirror "file://$TMP/mirror"
rm "$TMP/mirror/a.pcap"
mkfifo "$TMP/mirror/a.pcap"
corpora 'not a regular file' corpora fetch -d "$TMP/corpora" --mirror "file://$TMP/mirror"
rm "$TMP/mirror/a.pcap"
cp "$TMP/outside" "$TMP/mirror/a.pcap"
mkdir -p "$TMP/corpora"
ln -s "$TMP/elsewhere" "$TMP/corpora/a.pcap.part"
corpora 'a.pcap.part' corpora fetch -d "$TMP/corpora" --mirror "file://$TMP/mirror"
[ ! -e "$TMP/elsewhere" ] || fail "a download followed a link"

# ---- tables, events and YAML
"$BUILD/tools/mkcapture" mixed "$TMP/made.pcap" 3000 300 >/dev/null
python3 - "$TMP" <<'END'
import sys
t = sys.argv[1] + "/"
head = "proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel"
row = "udp\t1.1.1.1\t1\t2.2.2.2\t2\tskype\n"
open(t + "wide.tsv", "w").write(head + "\t" * 400000 + "\n" + row * 2000)
open(t + "narrow.tsv", "w").write(head + "".join("\tc%d" % i for i in range(250)) + "\n" + row.replace("\t1\t", "\t%d\t") * 60000 % tuple(1 + i % 60000 for i in range(60000)))
open(t + "line.json", "w").write('{"a": "' + "x" * 3000000 + '"}\n')
open(t + "deep.json", "w").write("[" * 100000 + "\n")
open(t + "deep.yaml", "w").write("{a: " * 100000)
open(t + "laughs.yaml", "w").write("a: &a [x]\n" + "".join(
    "%s: &%s [%s]\n" % (b, b, ",".join(["*" + a] * 30)) for a, b in zip("abcdefgh", "bcdefghi")))
END
refused 'wide.tsv:1: 400006 columns, expected at most 256' score -s skypelab-2006 --labels "$TMP/wide.tsv" "$TMP/made.pcap"
refused 'narrow.tsv: none of its 60000 flows' score -s skypelab-2006 --labels "$TMP/narrow.tsv" "$TMP/made.pcap"
refused 'a device, expected a file' score -s skypelab-2006 --labels /dev/zero "$TMP/made.pcap"
refused 'line.json:1: a line of more than' score --eve "$TMP/line.json" --labels "$TMP/narrow.tsv" "$TMP/made.pcap"
refused 'deep.json:1: not a JSON object' score --eve "$TMP/deep.json" --labels "$TMP/narrow.tsv" "$TMP/made.pcap"
refused '/dev/zero:1: a line of more than' score --eve /dev/zero --labels "$TMP/narrow.tsv" "$TMP/made.pcap"
for file in deep laughs; do
	for command in "run --dry-run" "lab graph" "signature check"; do
		# shellcheck disable=SC2086
		refused "$file.yaml:1: \(nested\|more than 200000 values\)" $command "$TMP/$file.yaml"
	done
done
refused '/dev/zero: a device' run --dry-run /dev/zero
refused '/dev/zero: a device' signature check /dev/zero

# ---- the table of events does not grow with what an attacker sends
python3 - "$TMP/many.pcap" <<'END'
import struct, sys
def ip4(s, d, pl):
    return struct.pack(">BBHHHBBHII", 0x45, 0, 28 + len(pl), 0, 0, 64, 17, 0, s, d)
with open(sys.argv[1], "wb") as f:
    f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 101))
    for i in range(101000):
        pl = b"\x01abc"
        b = ip4(0x0a000000 + i, 0x08080808, pl) + struct.pack(">HHHH", 2000, 3000, 8 + len(pl), 0) + pl
        f.write(struct.pack("<IIII", 1000000000 + i // 1000, i % 1000, len(b), len(b)) + b)
END
cat >"$TMP/each.yaml" <<'END'
signature: each
revision: 1
date: 2006-01-01
title: t
source: s
versions: [all]
rules:
  - rule: r
    proto: udp
    steps:
      - message: m
        size: 1..
    then: {event: flow}
END
"$SKYPELAB" detect -s "$TMP/each.yaml" "$TMP/many.pcap" >"$TMP/out" 2>"$TMP/err" || true
[ "$(grep -c ' flow ' "$TMP/out")" = 100000 ] || fail "lines: $(grep -c flow "$TMP/out")"
grep -q 'further events are counted only' "$TMP/out" || fail "$(tail -n 3 "$TMP/out")"
grep -q '^101000 events in 101000 frames; more than 65536 clients' "$TMP/out" || fail "$(tail -n 3 "$TMP/out")"
