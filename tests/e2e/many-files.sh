#!/bin/bash
# Many captures are read by as many processes as there are processors; what is printed, written and said of bad ones
# is the same with one. Of one processor and of all: score with its claims, score --matrix, regress with copies, detect --shard; a
# thousand small captures take no more memory than a few.
. tests/e2e/lib.sh
need "$BUILD/tools/mkcapture"
need_namespaces
[ "$(nproc)" -gt 1 ] || skip "one processor; on two or more"
made_corpora
D=$TMP/many
mkdir -p "$D"
for i in 1 2 3 4 5 6 7 8 9; do
	"$BUILD/tools/mkcapture" heavy "$D/$i.pcap" $((i * 400)) $((i * 40)) $i >/dev/null
done
cp "$D/1.pcap" "$D/cut.pcap"
truncate -s 9999 "$D/cut.pcap"
head -c 300 /dev/urandom >"$D/none.pcap"
cp "$MADE"/negatives/* "$D"
export SKYPELAB_CORPORA=$MADE

# both NAME ARGUMENTS...: on one processor, then on all; OUT in an argument is a file that is compared too.
both() {
	local name=$1 how rc pin
	shift
	for how in one all; do
		rc=0
		pin=
		[ $how = all ] || pin="taskset -c 0"
		# shellcheck disable=SC2086
		$pin "$SKYPELAB" "${@/OUT/$TMP/file.$how}" >"$TMP/out.$how" 2>"$TMP/err.$how" || rc=$?
		echo $rc >>"$TMP/out.$how"
		[ -e "$TMP/file.$how" ] || : >"$TMP/file.$how"
	done
	for f in out err file; do
		cmp "$TMP/$f.one" "$TMP/$f.all" || fail "$name: another $f by several processes"
	done
	[ -s "$TMP/out.all" ] || [ -s "$TMP/file.all" ] || fail "$name: nothing to compare"
	rm -f "$TMP"/file.*
}
both "score -n" score -n --claims OUT "$D"
grep -q none.pcap "$TMP/err.all" || fail "nothing was said of a bad capture: $(cat "$TMP/err.all")"
both "score" score --errors -o OUT "$MADE"/positives/*.pcap
both "score --shard" score -n --shard 1/2 --part OUT "$D"
both "score --matrix" score --matrix --baseline OUT
both "regress" regress --json --vary 1 --against ehlert-petgang-1.4 skypelab-2006
both "regress, two" regress skypelab-2006 skypelab-2013
both "detect --shard" detect --shard 1/1 -s all --explain --eve OUT "$D"
both "detect --shard, a table" detect --shard 1/1 "$D"

# A shard that cannot be written is not half there.
rc=0
(ulimit -f 1; "$SKYPELAB" -q detect --shard 1/1 -s all --eve "$TMP/cut" "$D") 2>"$TMP/err" || rc=$?
if [ $rc = 0 ] || [ -e "$TMP/cut" ]; then fail "a shard that could not be written ends with $rc"; fi

# Memory: a thousand captures against fifty.
mkdir "$TMP/few" "$TMP/thousand"
for i in $(seq 1000); do
	ln "$D/1.pcap" "$TMP/thousand/$i.pcap"
	[ "$i" -gt 50 ] || ln "$D/1.pcap" "$TMP/few/$i.pcap"
done
peak() { "$BUILD/tools/measure" -n 1 "$SKYPELAB" -q detect --shard 1/1 --eve "$TMP/eve" "$1" | cut -f3; }
few=$(peak "$TMP/few") many=$(peak "$TMP/thousand")
[ "$many" -lt $((few + 4096)) ] || fail "1000 captures take $many KiB, 50 take $few"
echo "1000 captures take $many KiB, 50 take $few"
