#!/bin/bash
# `submit`: the script that it prints is one that a shell reads, with the user's words in it unharmed; by GNU parallel on
# this machine the run is the one that `run` makes. Slurm: slurm.sh.
. tests/e2e/lib.sh
need_namespaces
unset "${!SLURM_@}" JOB_COMPLETION_INDEX
cat >"$TMP/s.yaml" <<-END
	scenario: submit
	seed: 31
	duration: 120
	super-nodes: 12
	sites:
	  - {name: caller}
	clients:
	  - {name: al, site: caller, version: "1.4", script: [login, wait 5, quit]}
	matrix:
	  - {axis: caller.firewall, values: [open, inbound-restricted]}
	  - {axis: login, values: [manual, automatic]}
	vantages: [caller.lan]
END
submit() { "$SKYPELAB" submit "$@"; }

# who is told: sbatch is a script that keeps what it is given
mkdir "$TMP/bin"
cat >"$TMP/bin/sbatch" <<-'END'
	#!/bin/sh
	n=$(($(ls "$KEEP" | wc -l) + 1))
	printf '%s\n' "$*" >"$KEEP/$n"
	cat >"$KEEP/$n.sh"
	echo "$n;cluster"
END
chmod +x "$TMP/bin/sbatch"
export KEEP=$TMP/keep
mkdir "$KEEP"
cp "$TMP/s.yaml" "$TMP/it's \$(touch fell) %a.yaml"
out="$TMP/run of \`touch fell\` %a"
PATH="$TMP/bin:$PATH" submit --slurm -n 3 -j 2 --filter login=manual,automatic --seeds 5..6 --no-report -o "$out" "$TMP/it's \$(touch fell) %a.yaml" >"$TMP/said" ||
	fail "submit: $(cat "$TMP/said")"
[ ! -e fell ] && [ ! -e "$KEEP/fell" ] || fail "a name was read as a command"
grep -q '^array 1: 3 shards; merge 3$' "$TMP/said" || fail "it said: $(cat "$TMP/said")"
grep -q -- '--array=1-3 --cpus-per-task=2' "$KEEP/1" || fail "sbatch was told: $(cat "$KEEP/1")"
grep -q -- '--dependency=afterany:1 ' "$KEEP/3" || fail "sbatch was told: $(cat "$KEEP/3")"
export skypelab=$SKYPELAB run=$out
for i in 1 2 3; do SLURM_ARRAY_TASK_ID=$i sh "$KEEP/1.sh" >/dev/null || fail "task $i"; done
sh "$KEEP/3.sh" >/dev/null || fail "the merge"
[ ! -e fell ] && [ ! -e "$KEEP/fell" ] || fail "a name was read as a command by a job"
"$SKYPELAB" -q run --seeds 5..6 --no-report -o "$TMP/one" "$TMP/s.yaml" >/dev/null
same_run "$TMP/one" "$out"
unset skypelab run
submit --slurm "$TMP/s.yaml" -n 1 -o "$out" 2>"$TMP/err" && fail "over a run"

# --print does nothing, and prints what would be done; a calibration makes shards of a minute
touch "$TMP/script" "$TMP/err"
before=$(ls -A "$TMP")
submit --print -o "$TMP/never" "$TMP/s.yaml" >"$TMP/script" 2>"$TMP/err" || fail "--print: $(cat "$TMP/err")"
[ "$(ls -A "$TMP")" = "$before" ] || fail "--print made something: $(ls -A "$TMP")"
sh -n "$TMP/script" || fail "no script: $(cat "$TMP/script")"
grep -q '^a cell takes [0-9.]* s of a processor, all 4 of them [0-9]* s: 1 shards$' "$TMP/err" || fail "$(cat "$TMP/err")"
grep -q 'array=1-1 ' "$TMP/script" || fail "four cells in more than one shard: $(cat "$TMP/script")"

# to nobody; to who is not there
submit "$TMP/s.yaml" 2>"$TMP/err" && fail "to nobody"
grep -q 'say to whom' "$TMP/err" || fail "$(cat "$TMP/err")"
rc=0
PATH=/nowhere submit --parallel : -n 2 "$TMP/s.yaml" 2>"$TMP/err" || rc=$?
[ $rc = 3 ] && grep -q 'parallel is not in the PATH; install GNU parallel' "$TMP/err" || fail "exit $rc: $(cat "$TMP/err")"

need parallel
submit --parallel : -n 2 --seeds 5..6 --no-report -o "$TMP/by parallel" "$TMP/s.yaml" >"$TMP/said" 2>&1 || fail "by GNU parallel: $(cat "$TMP/said")"
same_run "$TMP/one" "$TMP/by parallel"
[ "$(tail -n +2 "$TMP/by parallel.shards/joblog" | wc -l)" = 2 ] || fail "not two shards: $(cat "$TMP/by parallel.shards/joblog")"
