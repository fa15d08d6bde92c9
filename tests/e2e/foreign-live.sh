#!/bin/bash
# Detectors that read an interface in a cell while its traffic flows: every frame arrives, what they say
# live and of the file is the same where they are honest, and each difference is named where not.
. "$(dirname "$0")/lib.sh"
need_namespaces
need tcpdump

# A detector that names the flow of each UDP frame, if it has one; from a file, or of an interface. What
# it says live of the port of DNS is another thing, if it lies.
cat >"$TMP/flows.sh" <<'PROGRAM'
#!/bin/bash
lies=no fails=no
name=dns how=$1 from=$2 out=$3
if [ "$how" = -i ]; then
	tcpdump -B 16384 -ni "$from" -w "$out/raw.pcap" 2>"$out/messages" &
	trap 'kill -INT $!' INT
	wait $!; wait $!
	[ $lies = no ] || name=tls
	[ $fails = no ] || { echo "cannot go on" >&2; exit 3; }
	from=$out/raw.pcap
fi
echo src,sport,dst,dport,proto,name >"$out/flows.csv"
tcpdump -qtnr "$from" udp 2>/dev/null | sed -nE 's/^IP ([0-9.]+)\.([0-9]+) > ([0-9.]+)\.([0-9]+): .*/\1,\2,\3,\4,17,other/p' |
	sed "/,53,17,/s/other/$name/; /,53,[0-9.]*,[0-9]*,17/s/other/$name/" | sort -u >>"$out/flows.csv"
[ "$how" = -r ] || tcpdump -qtnr "$from" 2>/dev/null | wc -l >&2
PROGRAM
cat >"$TMP/flows.yaml" <<'YAML'
name: flows
title: made for this test
source: tests/e2e/foreign-live.sh
command: [./flows.sh, -r, "{capture}", "{out}"]
live: [./flows.sh, -i, "{interface}", "{out}"]
claims: flow
outputs:
  - file: flows.csv
    format: csv
    columns:
      src-ip: [src]
      src-port: [sport]
      dst-ip: [dst]
      dst-port: [dport]
      protocol: [proto]
      verdict: [name]
verdicts:
  - match: [dns]
    application: dns
  - match: [tls]
    application: tls
YAML
sed '/^live/d; s/^name: .*/name: file-only/' "$TMP/flows.yaml" >"$TMP/file-only.yaml"
chmod -R a+rX "$TMP"
chmod a+x "$TMP/flows.sh"

live() { # NAME STATUS [OPTION...]
	local status=0 name=$1 expected=$2
	shift 2
	mkdir -m 777 "$TMP/$name"
	"${WHO[@]}" "$SKYPELAB" run --no-report --live -o "$TMP/$name/run" -D "$TMP/flows.yaml" "$@" \
		scenarios/first-light.yaml --filter caller.firewall=open --filter caller.nat=full-cone \
		>"$TMP/$name/out" 2>"$TMP/$name/err" || status=$?
	same "$status" "$expected" "$name: $(cat "$TMP/$name/err")"
	nothing_left "$name"
}
sum() { tsv '$c["signature"] == "flows" { n += $c["'"$2"'"] } END { print n + 0 }' "$TMP/$1/run/live.tsv"; }

WHO=(marked_run)
# Honest: all that the tap captured has arrived and was read, and nothing differs.
live honest 0 -D "$TMP/file-only.yaml"
table=$TMP/honest/run/live.tsv
tsv '$c["frames"] < 100 || $c["lost"] != 0 || $c["last_line"] != $c["frames"] || $c["status"] != "ok" { print; bad = 1 }
	END { exit bad }' "$table" || fail "honest: frames are missing"
[ "$(sum honest same)" -gt 10 ] || fail "honest: $(cat "$table")"
same "$(sum honest differ)" 0 "differences of an honest detector"
same "$(wc -l <"$TMP/honest/run/live-differences.tsv")" 1 "live-differences.tsv of an honest detector"
! grep -q file-only "$table" || fail "a detector without a live command has rows"
rows=$(wc -l <"$table")
same "$(cat "$TMP"/honest/run/cells/*/live.tsv | grep -vc '^cell')" $((rows - 1)) "rows of the cells"
tsv '{ print $c["cell"], $c["vantage"], $c["frames"] }' "$table" | while read -r cell vantage frames; do
	captured=$(python3 - "$TMP/honest/run/cells/$cell/cell.json" "$vantage" <<-'COUNT'
		import json, sys
		print(json.load(open(sys.argv[1]))["taps"][sys.argv[2]]["packets"])
	COUNT
	)
	same "$frames" "$captured" "frames of $vantage in $cell"
done

# One that says other things live: each of these flows is named, and nothing else.
sed -i s/lies=no/lies=yes/ "$TMP/flows.sh"
live lies 0
differ=$(sum lies differ)
[ "$differ" -gt 0 ] || fail "no difference is seen"
grep -q "other things live than of the file of $differ of" "$TMP/lies/err" || fail "lies: $(cat "$TMP/lies/err")"
same "$(tsv '$c["file"] == "dns" && $c["live"] == "tls" && ($c["a"] ~ /:53$/ || $c["b"] ~ /:53$/)' "$TMP/lies/run/live-differences.tsv" | wc -l)" \
	"$differ" "flows that are named"
same "$(tail -n +2 "$TMP/lies/run/live-differences.tsv" | wc -l)" "$differ" "rows of live-differences.tsv"

# One that fails live only: said, its rows are failed, and what it said of the files stands.
sed -i s/fails=no/fails=yes/ "$TMP/flows.sh"
live fails 1
grep -q 'flows failed live .*exit status 3: cannot go on' "$TMP/fails/err" || fail "fails: $(cat "$TMP/fails/err")"
tsv '$c["status"] != "failed" || $c["same"] != "-" { exit 1 }' "$TMP/fails/run/live.tsv" || fail "fails: rows"
grep -q flows "$TMP/fails/run/accuracy.tsv" || fail "what it said of the files is gone"

# As root.
if [ "$(id -u)" = 0 ]; then
	sed -i s/fails=yes/fails=no/ "$TMP/flows.sh"
	WHO=(env SKYPELAB_TEST_MARK="$MARK")
	live root 0
	[ "$(sum root same)" -gt 10 ] || fail "root: $(cat "$TMP/root/run/live.tsv")"
	[ "$(sum root differ)" -gt 0 ] || fail "root: no difference is seen"
fi
