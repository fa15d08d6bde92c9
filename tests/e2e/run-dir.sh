#!/bin/bash
# A run directory belongs to one run at a time, and nothing else in it is removed. No two cells have one
# folder, whatever their values are called.
. tests/e2e/lib.sh
need_namespaces
mkdir "$TMP/p"
for f in a.yaml b.yaml p/x.yaml p-x.yaml; do cp scenarios/firewalls/open.yaml "$TMP/$f"; done
# scenario FILE VALUES: two firewalls x two ways to log in, the firewalls' files under $TMP
scenario() {
	cat >"$TMP/$1" <<-END
		scenario: t
		duration: 120
		super-nodes: 12
		sites:
		  - {name: caller}
		clients:
		  - {name: al, site: caller, version: "1.4", script: [login, wait 5, quit]}
		matrix:
		  - {axis: caller.firewall, values: [$2]}
		  - {axis: login, values: [manual, automatic]}
		vantages: [caller.lan]
	END
}
S=$(realpath "$SKYPELAB")
D=${SKYPELAB_DATA:-$PWD}

# files with a dot before them, in the working directory: four cells, none hidden
scenario hidden.yaml './a.yaml, ./b.yaml'
plan=$(cd "$TMP" && SKYPELAB_DATA=$D "$S" run --dry-run hidden.yaml)
[ "$(grep -c manual <<<"$plan")$(grep -c automatic <<<"$plan")" = 22 ] || fail "four cells: $plan"
! grep -q '^  \.' <<<"$plan" || fail "a cell has a hidden name: $plan"

# two values that would make one folder: refused, with both
scenario same.yaml 'p/x.yaml, p-x.yaml'
(cd "$TMP" && SKYPELAB_DATA=$D "$S" run --dry-run same.yaml) 2>"$TMP/err" && fail "two cells with one name"
grep -q 'same.yaml:[0-9]*: two cells would both be called p-x.yaml_manual' "$TMP/err" || fail "$(cat "$TMP/err")"

# long values keep apart what differs behind the end of a name
long=$(printf 'x%.0s' {1..200})
for k in 1 2; do cp scenarios/firewalls/open.yaml "$TMP/$long$k.yaml"; done
scenario long.yaml "./${long}1.yaml, ./${long}2.yaml"
[ "$(cd "$TMP" && SKYPELAB_DATA=$D "$S" run --dry-run long.yaml | grep -c '^  ')" = 4 ] || fail "long names"

# more cells than anybody can run are refused at once, also where nothing would be run
bomb=$(printf '  - {axis: s%d.hosts, values: [1,2,3,4,5,6,7,8,9,10]}\n' {0..9})
{
	printf 'scenario: x\nsites:\n'
	printf '  - {name: s%d}\n' {0..9}
	printf 'matrix:\n%s\n' "$bomb"
} >"$TMP/bomb.yaml"
for command in "run --dry-run" "lab graph"; do
	# shellcheck disable=SC2086
	timeout 10 "$SKYPELAB" $command "$TMP/bomb.yaml" >"$TMP/out" 2>"$TMP/err" && fail "$command: taken"
	grep -q 'bomb.yaml:14: more than 200000 combinations' "$TMP/err" || fail "$command: $(cat "$TMP/err")"
done

# a hidden file and a hidden folder of somebody else's survive a run into their directory
scenario one.yaml "$TMP/a.yaml"
mkdir -p "$TMP/mine/cells/.precious"
echo keep >"$TMP/mine/cells/.precious/file"
echo keep >"$TMP/mine/.note"
# while it runs, nobody else may use the directory; the holder is named
"$SKYPELAB" run -j 1 --no-report "$TMP/one.yaml" -o "$TMP/mine" >/dev/null 2>"$TMP/first" &
pid=$!
for ((i = 0; i < 400; i++)); do
	[ ! -e "$TMP/mine/scenario.yaml" ] || break
	sleep 0.01
done
"$SKYPELAB" run -j 1 --no-report "$TMP/one.yaml" -o "$TMP/mine" >/dev/null 2>"$TMP/second" && fail "two runs at once"
grep -q "mine: process $pid is running in it" "$TMP/second" || fail "$(cat "$TMP/second")"
wait $pid || fail "$(cat "$TMP/first")"
if ! [ -s "$TMP/mine/cells/.precious/file" ] || ! [ -s "$TMP/mine/.note" ]; then
	fail "something else was removed"
fi
[ "$(find "$TMP/mine/cells" -name cell.json | wc -l)" = 2 ] || fail "two cells: $(ls -a "$TMP/mine/cells")"

# where files that are no run's lie, nothing is written, nothing made and nothing removed
for name in notes.txt accuracy.tsv cells/other/file cells/file; do
	rm -rf "$TMP/foreign"
	mkdir -p "$(dirname "$TMP/foreign/$name")"
	echo keep >"$TMP/foreign/$name"
	before=$(find "$TMP/foreign" -printf '%p %T@\n' | sort)
	"$SKYPELAB" run --no-report "$TMP/one.yaml" -o "$TMP/foreign" >/dev/null 2>"$TMP/err" && fail "a run beside $name"
	grep -q "holds files that are no run's, such as ${name%%/*};" "$TMP/err" || fail "$name: $(cat "$TMP/err")"
	same "$(find "$TMP/foreign" -printf '%p %T@\n' | sort)" "$before" "files beside $name after a run was refused"
done

# a run that fails before its first cell leaves a directory that it made as if it had not been
"$SKYPELAB" run --no-report --repeat 3 "$TMP/one.yaml" -o "$TMP/mine" 2>"$TMP/err" && fail "into a finished run"
grep -q 'holds a finished run' "$TMP/err" || fail "$(cat "$TMP/err")"
