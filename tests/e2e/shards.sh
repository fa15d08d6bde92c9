#!/bin/bash
# `run --shard` and `merge`: parts of a run, one killed in the middle, become the run that one machine makes;
# what is missing, differs or is forged is said, and nothing is left of a merge that fails.
. tests/e2e/lib.sh
need jq
need_namespaces
cat >"$TMP/s.yaml" <<-END
	scenario: shards
	seed: 11
	repeat: 3
	duration: 120
	super-nodes: 12
	sites:
	  - {name: caller}
	clients:
	  - {name: al, site: caller, version: "1.4", script: [login, wait 5, quit]}
	matrix:
	  - {axis: caller.firewall, values: [open, inbound-restricted]}
	  - {axis: login, values: [manual, automatic]}
	vantages: [caller.lan, caller.wan]
END
unset "${!SLURM_@}" JOB_COMPLETION_INDEX
run() { "$SKYPELAB" -q run "$@" "$TMP/s.yaml"; }
P=$TMP/parts
"$SKYPELAB" -q run --no-report -o "$TMP/one" "$TMP/s.yaml" >/dev/null

# the plan is divided, and the environment says the same
for i in 1 2 3; do run --dry-run --shard $i/3 | grep '^  '; done | sort >"$TMP/plan"
(cd "$TMP/one/cells" && printf '  %s\n' *) | sort | cmp - "$TMP/plan" || fail "three shards are not all cells, once each"
cmp <(run --dry-run --shard 2/3) <(SLURM_ARRAY_TASK_ID=8 SLURM_ARRAY_TASK_MIN=7 SLURM_ARRAY_TASK_COUNT=3 run --dry-run) || fail "Slurm's second is another"
cmp <(run --dry-run --shard 2/3) <(JOB_COMPLETION_INDEX=1 run --dry-run --shard auto/3) || fail "Kubernetes' second is another"
JOB_COMPLETION_INDEX=1 run --dry-run 2>"$TMP/err" && fail "an index without a number of pods"
grep -q 'say --shard auto/N' "$TMP/err" || fail "$(cat "$TMP/err")"

# the second is killed when it has some cells, and goes on; the third says who it is
run --shard 1/3 -o "$P/1" >/dev/null
"$SKYPELAB" run --shard 2/3 -j 1 -o "$P/2" "$TMP/s.yaml" >/dev/null 2>&1 &
for ((k = 0; k < 1000; k++)); do
	[ -z "$(ls "$P/2/cells" 2>/dev/null)" ] || break
	sleep 0.01
done
kill -9 $! 2>/dev/null || true
wait $! 2>/dev/null || true
before=$(find "$P/2/cells" -mindepth 1 -maxdepth 1 ! -name '.*' -printf '%i %f\n' | sort)
run --shard 2/3 -o "$P/2" >/dev/null || fail "the killed shard does not go on"
after=$(find "$P/2/cells" -mindepth 1 -maxdepth 1 -printf '%i %f\n' | sort)
[ -z "$(comm -23 <(echo "$before") <(echo "$after"))" ] || fail "cells were not kept: $before"
SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=3 run -o "$P/3" >"$TMP/out" || fail "the third"
grep -q '^shard 3 of 3 (SLURM_ARRAY_TASK_ID): [0-9]* cells$' "$TMP/out" || fail "$(cat "$TMP/out")"
run --shard 3/3 -o "$P/3" >/dev/null || fail "a shard that is done is not done again"

"$SKYPELAB" merge --no-report "$P"/1 "$P"/2 "$P"/3 -o "$TMP/run" >"$TMP/out" || fail "merge: exit $?"
same_run "$TMP/one" "$TMP/run"
[ "$("$SKYPELAB" results verify "$TMP/run")" = "$TMP/run: whole" ] || fail "the merged run is not whole"
rerun=$("$SKYPELAB" -q run --manifest "$TMP/run/manifest.json" -o "$TMP/again") || fail "the merged run again: $rerun"

# refused: exit STATUS, a message, and nothing is left
refused() { # STATUS MESSAGE PART...
	local rc=0
	"$SKYPELAB" merge --no-report "${@:3}" -o "$TMP/no" >"$TMP/out" 2>"$TMP/err" || rc=$?
	[ $rc = "$1" ] || fail "merge ${*:3}: exit $rc, expected $1: $(cat "$TMP/err")"
	grep -q "$2" "$TMP/err" || fail "merge ${*:3}: no «$2»: $(cat "$TMP/err")"
	[ -z "$(ls -d "$TMP"/no "$TMP"/.no* 2>/dev/null)" ] || fail "merge ${*:3} leaves $(ls -d "$TMP"/no "$TMP"/.no*)"
}

# what is missing, and the one command that makes it
refused 1 'cells are missing' "$P/1" "$P/3" "$P/never-began"
diff <(sort "$TMP/no.missing") <(cd "$P/2/cells" && printf '%s\n' *) || fail "other cells are missing"
[ "$(wc -l <"$TMP/out")" = 1 ] || fail "not one command: $(cat "$TMP/out")"
(eval "$(sed "s|^skypelab|\"$SKYPELAB\" -q|" "$TMP/out")") >/dev/null || fail "the command: $(cat "$TMP/out")"
"$SKYPELAB" merge --no-report "$P/1" "$P/3" "$TMP/no.rest" -o "$TMP/mended" >/dev/null || fail "merge with the rest"
same_run "$TMP/one" "$TMP/mended"

# done twice: equal is well, different is said
"$SKYPELAB" merge --no-report "$P"/1 "$P"/2 "$P"/3 "$TMP/no.rest" -o "$TMP/twice" >/dev/null || fail "the same cells twice"
same_run "$TMP/one" "$TMP/twice"
copy() { rm -rf "$TMP/copy" && cp -r "$P/2" "$TMP/copy" && cell=$(cd "$P/2/cells" && set -- * && echo "$1"); }
copy
sed -i 's/[0-9a-f]\{64\} \([0-9]* rules.txt\)/'"$(printf '0%.0s' {1..64})"' \1/' "$TMP/copy/kept/$cell"
refused 1 "not deterministic: $cell: rules.txt differs" "$P"/1 "$P"/2 "$P"/3 "$TMP/copy"
copy
sed -i 's/"truth_digest": "./"truth_digest": "x/' "$TMP/copy/cells/$cell/cell.json"
refused 1 "not deterministic: $cell: the messages sent differ" "$P"/1 "$P"/2 "$P"/3 "$TMP/copy"

# of another run
run --seed 12 --filter login=manual --shard 2/3 -o "$TMP/other" >/dev/null
refused 2 'other: of another run: seed: 12, not 11' "$P/1" "$TMP/other" "$P/3"
for other in '.sweep.repeat = 7' '.sweep.filters = ["login=manual"]' '.sweep.target = "dns"' '.sweep.signatures["ehlert-petgang-1.4"] = "00"' \
	'.sweep.scenario = "00"'; do
	copy && jq -c "$other" "$P/2/shard.json" >"$TMP/copy/shard.json"
	what=${other#.sweep.} what=${what#signatures} what=${what%% =*}
	refused 2 "copy: of another run: .*$(tr -d '"[]' <<<"$what"): " "$P/1" "$TMP/copy" "$P/3"
done
copy && sed -i 's/"version": ".*"/"version": "0.0.1"/' "$TMP/copy/shard.json"
refused 2 'copy: of another run: program version: "0.0.1"' "$P/1" "$TMP/copy" "$P/3"
copy && sed -i 's|\("scenarios/nats/public.yaml": "\)....|\10000|' "$TMP/copy/shard.json"
refused 2 'copy: made with another scenarios/nats/public.yaml' "$P/1" "$TMP/copy" "$P/3"

# forged: links, names, sizes, forms
copy && rm "$TMP/copy/cells/$cell/eve.json" && ln -s /etc/passwd "$TMP/copy/cells/$cell/eve.json"
refused 2 'eve.json: not a regular file' "$P/1" "$TMP/copy" "$P/3"
copy && mv "$TMP/copy/cells/$cell" "$TMP/copy/elsewhere" && ln -s ../elsewhere "$TMP/copy/cells/$cell"
refused 2 'not a folder of this folder' "$P/1" "$TMP/copy" "$P/3"
copy && mv "$TMP/copy/cells" "$TMP/copy/elsewhere" && ln -s elsewhere "$TMP/copy/cells"
refused 2 'copy/cells: not a folder of this part' "$P/1" "$TMP/copy" "$P/3"
copy && echo more >>"$TMP/copy/cells/$cell/rules.txt"
refused 2 'bytes, but its part kept that they are' "$P/1" "$TMP/copy" "$P/3"
copy && mkdir "$TMP/copy/cells/stranger"
refused 2 'cells/stranger: no cell of' "$P/1" "$TMP/copy" "$P/3"
copy && sed -i "s| rules.txt$| ../../$cell/rules.txt|" "$TMP/copy/kept/$cell"
refused 2 'not what a shard of this version keeps' "$P/1" "$TMP/copy" "$P/3"
copy && truncate -s -9 "$TMP/copy/kept/$cell"
refused 2 'its scores are not whole' "$P/1" "$TMP/copy" "$P/3"
copy && rm "$TMP/copy/kept/$cell" && mkfifo "$TMP/copy/kept/$cell"
refused 2 'not a regular file' "$P/1" "$TMP/copy" "$P/3"
copy && jq -c '.options.filters = [7]' "$P/2/shard.json" >"$TMP/copy/shard.json"
refused 2 'not a plan that' "$P/1" "$TMP/copy" "$P/3"
copy && jq -c '.options.scenario = "/dev/zero" | .sweep.scenario = "0"' "$P/2/shard.json" >"$TMP/copy/shard.json"
refused 2 'not the scenario of the parts' "$TMP/copy" "$P/1"

# a merge that is killed leaves nothing, and a run that is there is not touched
for moment in 0.01 0.03 0.06; do
	"$SKYPELAB" merge --no-report "$P"/1 "$P"/2 "$P"/3 -o "$TMP/killed" >/dev/null 2>&1 &
	sleep $moment
	kill -9 $! 2>/dev/null || true
	wait $! 2>/dev/null || true
	for ((k = 0; k < 100; k++)); do
		[ -n "$(ls -d "$TMP"/.killed* 2>/dev/null)" ] || break
		sleep 0.05
	done
	[ -z "$(ls -d "$TMP"/.killed* 2>/dev/null)" ] || fail "killed after $moment s: $(ls -d "$TMP"/.killed*)"
	[ ! -e "$TMP/killed" ] || [ -e "$TMP/killed/manifest.json" ] || fail "killed after $moment s: a half run"
	rm -rf "$TMP/killed"
done
"$SKYPELAB" merge "$P"/1 -o "$TMP/one" 2>"$TMP/err" && fail "over a run"
grep -q 'one: is not empty' "$TMP/err" || fail "$(cat "$TMP/err")"

# a whole run is no part, and a part no whole run
run -o "$P/1" >/dev/null 2>"$TMP/err" && fail "a whole run in a part"
run --shard 1/2 -o "$P/1" >/dev/null 2>"$TMP/err" && fail "another part in a part"
rm -rf "$TMP/other" && mkdir "$TMP/other" && run --shard 9/16 --filter login=manual -o "$TMP/other/none" >"$TMP/out" || fail "a shard without cells: $(cat "$TMP/out")"

# no namespaces: said before anything is made
if [ "$(id -u)" = 0 ]; then lower=(unshare -U --map-root-user); else lower=(unshare -Ur); fi
rc=0
"${lower[@]}" sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; echo 0 >/proc/sys/user/max_net_namespaces; exec "$@"' sh \
	"$SKYPELAB" run --shard 1/3 -o "$TMP/lacks" "$TMP/s.yaml" >"$TMP/out" 2>"$TMP/err" || rc=$?
[ $rc = 3 ] || fail "without namespaces: exit $rc: $(cat "$TMP/err")"
[ "$(wc -l <"$TMP/err")" = 1 ] && grep -q namespace "$TMP/err" || fail "without namespaces: $(cat "$TMP/err")"
[ ! -e "$TMP/lacks" ] || fail "without namespaces it makes a directory"

# captures: two shards of scores sum up to what one machine prints, whatever their order
made_corpora
C=$TMP/captures
cp -r "$MADE" "$C"
head -c 700 "$C/negatives/dns.pcap" >"$C/negatives/short.pcap" 2>/dev/null || head -c 700 "$(ls "$C"/negatives/*.pcap | head -n 1)" >"$C/negatives/short.pcap"
score() { "$SKYPELAB" -q score "$@"; }
for what in positives negatives; do
	folder=$C/$what option=()
	[ $what = positives ] || option=(-n)
	rc=0 parts=0
	score "${option[@]}" -o "$TMP/one.tsv" -c "$TMP/one.claims" "$folder" >"$TMP/one.txt" 2>"$TMP/one.err" || rc=$?
	for i in 1 2 3; do
		score "${option[@]}" --shard $i/3 --part "$TMP/$i.part" "$folder" >"$TMP/out" 2>"$TMP/err" || [ $? = $rc ] || fail "shard $i: $(cat "$TMP/err")"
		[ ! -s "$TMP/out" ] || fail "a shard prints: $(cat "$TMP/out")"
	done
	score --parts -o "$TMP/sum.tsv" -c "$TMP/sum.claims" "$TMP/3.part" "$TMP/1.part" "$TMP/2.part" >"$TMP/sum.txt" 2>"$TMP/sum.err" || parts=$?
	same "$parts" "$rc" "exit status of the sum of $what"
	cmp "$TMP/one.tsv" "$TMP/sum.tsv" && cmp "$TMP/one.claims" "$TMP/sum.claims" && cmp "$TMP/one.txt" "$TMP/sum.txt" || fail "the sum of $what is another"
	[ "$rc" = 0 ] || diff <(sort "$TMP/one.err") <(sort "$TMP/sum.err") || fail "the sum of $what reports other faults"
	same "$rc" "$([ $what = negatives ] && echo 2 || echo 0)" "exit status of $what"
done
unsummed() { # STATUS MESSAGE PART...
	local rc=0
	score --parts -o "$TMP/no.tsv" "${@:3}" >"$TMP/out" 2>"$TMP/err" || rc=$?
	same "$rc $(cat "$TMP/out")" "$1 " "exit status and output of --parts ${*:3}"
	grep -q "$2" "$TMP/err" || fail "--parts ${*:3} says $(cat "$TMP/err")"
	[ ! -e "$TMP/no.tsv" ] || fail "--parts ${*:3} leaves a table"
}
unsummed 1 'shard 2 of 3 is missing' "$TMP/1.part" "$TMP/3.part"
unsummed 2 'are both shard 1 of 3' "$TMP/1.part" "$TMP/1.part" "$TMP/3.part"
head -c -9 "$TMP/2.part" >"$TMP/cut.part"
unsummed 2 'cut off or damaged' "$TMP/1.part" "$TMP/cut.part" "$TMP/3.part"
score -n -s skypelab-2006 --shard 2/3 --part "$TMP/other.part" "$C/negatives" 2>/dev/null || true
unsummed 2 'do not score the same' "$TMP/1.part" "$TMP/other.part" "$TMP/3.part"
score -n --shard 2/3 --part "$TMP/few.part" "$C/negatives/short.pcap" 2>/dev/null || true
unsummed 2 'give parts of the same captures' "$TMP/1.part" "$TMP/few.part" "$TMP/3.part"
{ echo 'skypelab-score-part 2'; tail -n +2 "$TMP/2.part"; } >"$TMP/newer.part"
unsummed 2 'newer.part: format 2 is newer than what this skypelab reads, up to 1' "$TMP/1.part" "$TMP/newer.part" "$TMP/3.part"
# Another build of the program, which named its version: its part of the same format is as good.
LC_ALL=C sed '2s/"subject":{/"subject":{"version":"0.0.1",/' "$TMP/2.part" >"$TMP/build.part"
! cmp -s "$TMP/2.part" "$TMP/build.part" || fail "no subject in the head of a part"
for p in 2 build; do score --parts -o "$TMP/by-$p.tsv" "$TMP/1.part" "$TMP/$p.part" "$TMP/3.part" >/dev/null 2>&1 || true; done
cmp "$TMP/by-2.tsv" "$TMP/by-build.tsv" || fail "the part of another build is not summed up"
unsummed 2 'not what .score --part. writes' "$C/labels/made-2006.pcap.tsv"
unsharded() { # MESSAGE OPTION...
	local rc=0
	score -n --part "$TMP/no.part" "${@:2}" "$C/negatives" >"$TMP/out" 2>"$TMP/err" || rc=$?
	same "$rc" 2 "exit status of ${*:2}"
	grep -q -- "$1" "$TMP/err" && [ ! -e "$TMP/no.part" ] || fail "${*:2} says $(cat "$TMP/err")"
}
unsharded 'give --max-fp to score --parts' --shard 1/2 --max-fp 0
unsharded 'give --by to score --parts' --shard 1/2 --by signature
unsharded '501 shards, expected at most 500' --shard 1/501
unsharded 'is no shard' --shard all

# detection: the lines of all shards are those of each capture by itself
for i in 1 2 3; do "$SKYPELAB" -q detect --shard $i/3 -e "$TMP/$i.json" "$C/positives"; done
for f in "$C"/positives/*.pcap; do "$SKYPELAB" -q detect -e - "$f"; done | sort >"$TMP/each"
[ -s "$TMP/each" ] || fail "nothing was detected"
cmp <(sort "$TMP"/[123].json) "$TMP/each" || fail "shards of detection find something else"
