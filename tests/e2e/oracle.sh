#!/bin/bash
# The second scorer (tests/oracle, written from the manual pages) agrees with every row of accuracy.tsv,
# clusters.tsv and confusion.tsv: of emulated runs, of one with repetitions, of recordings, and of copies whose events and
# truth are edited at random. A table with one edited count is refused.
# long: runs of many cells
. tests/e2e/lib.sh
need python3; need_namespaces
export PYTHONDONTWRITEBYTECODE=1
oracle() { python3 tests/oracle/score.py "$@" >"$TMP/oracle"; }
agrees() { # RUN LEAST-ROWS
	oracle "$1" || fail "$(basename "$1"): exit $?: $(head -n 20 "$TMP/oracle")"
	sed "s|$TMP/||" "$TMP/oracle"
	[ "$(grep -c . <"$1/accuracy.tsv")" -gt "$2" ] || fail "$(basename "$1"): few rows"
}
run() { "$SKYPELAB" -q run --no-report "$@" >/dev/null 2>"$TMP/err" || fail "run: exit $?: $(tail -n 3 "$TMP/err")"; }

run -o "$TMP/first-light" scenarios/first-light.yaml
agrees "$TMP/first-light" 200
run -o "$TMP/matrix" --repeat 2 --filter caller.firewall=open,udp-blocked --filter callee.firewall=inbound-restricted,open \
	--filter caller.nat=full-cone,public --filter callee.nat=public --filter version=1.4 scenarios/paper-matrix.yaml
agrees "$TMP/matrix" 200
# Another target: the same scenario, scored for DNS.
run -o "$TMP/dns" --target dns -s dns-example -s ehlert-petgang-1.4 scenarios/first-light.yaml
agrees "$TMP/dns" 60
if [ -e "$SKYPELAB_CORPORA/positives/SkypeIRC.cap" ]; then
	recording="SkypeIRC.cap"
else
	made_corpora
	export SKYPELAB_CORPORA="$MADE"
	recording="made-2006.pcap"
	echo "a made recording: no positives/SkypeIRC.cap under SKYPELAB_CORPORA"
fi
cat >"$TMP/recorded.yaml" <<-EOF
	scenario: recorded
	seed: 3
	duration: 7200
	super-nodes: 8
	sites:
	  - {name: caller, hosts: 3, firewall: open, nat: public}
	recordings:
	  - {capture: positives/$recording, labels: labels/$recording.tsv, version: "1.2", client: 192.168.1.2, site: caller}
	matrix:
	  - axis: caller.firewall
	    values: [open, inbound-restricted]
	  - axis: caller.nat
	    values: [public, full-cone]
	vantages: [caller.lan, caller.wan, core]
	signatures: [ehlert-petgang-1.4, skypelab-2006]
EOF
run -o "$TMP/recorded" "$TMP/recorded.yaml"
agrees "$TMP/recorded" 40
# Background beside the recording: cells of two sources.
sed 's/^recordings:/background:\n  - {site: caller, mix: light}\n&/' \
	"$TMP/recorded.yaml" >"$TMP/both.yaml"
run -o "$TMP/both" "$TMP/both.yaml"
agrees "$TMP/both" 40
for source in emulated recorded; do grep -q "^$source" "$TMP/both/accuracy.tsv" || fail "no row of $source traffic"; done

# Events and truth edited at random: `score --run` and the oracle agree on these too.
for name in first-light recorded dns; do
	for seed in $(seq "$(rounds 1 2)"); do
		rm -rf "$TMP/edited"
		cp -r "$TMP/$name" "$TMP/edited"
		python3 tests/oracle/edit.py $seed "$TMP/edited" || fail "edit.py $seed $name"
		"$SKYPELAB" -q score --run "$TMP/edited" -f tsv -o "$TMP/table" >/dev/null 2>"$TMP/err" ||
			fail "score --run of $name, edited with seed $seed: $(tail -n 1 "$TMP/err")"
		"$SKYPELAB" -q score --run "$TMP/edited" --confusion -f tsv >"$TMP/confusion" 2>/dev/null ||
			fail "score --confusion of $name, edited with seed $seed"
		oracle --accuracy "$TMP/table" --confusion "$TMP/confusion" "$TMP/edited" ||
			fail "$name, edited with seed $seed: $(head -n 20 "$TMP/oracle")"
		echo "$name, edited with seed $seed: $(tail -n 1 "$TMP/oracle" | sed 's/.*tsv: //')"
		cmp -s "$TMP/table" "$TMP/$name/accuracy.tsv" && fail "$name: edits changed nothing"
	done
done

# One count, ratio or interval edited, one row gone: the oracle tells the column, and nothing else. Two cells have
# rows of every kind.
small_run "$TMP/small" || fail "no small run"
agrees "$TMP/small" 20
mutate() { # TABLE COLUMN
	cp "$TMP/small/$1" "$TMP/kept"
	awk -F'\t' -v OFS='\t' -v n="$2" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
		NR == 8 { $c[n] = $c[n] == "-" ? 1 : $c[n] + 1 } { print }' "$TMP/kept" >"$TMP/small/$1"
	oracle "$TMP/small" && fail "$1 with another $2 was accepted"
	same "$(grep -c " is .*, not " "$TMP/oracle")" 1 "differences in $1 with another $2"
	grep -q ": $2 is .*, not " "$TMP/oracle" || fail "the column $2 of $1 is not named: $(head -n 3 "$TMP/oracle")"
	mv "$TMP/kept" "$TMP/small/$1"
}
for column in tp fp fn tn wrong_role unmatched unlabelled host_seconds; do
	mutate clusters.tsv $column
	mutate accuracy.tsv $column
done
mutate confusion.tsv flows
for column in precision recall f1 precision_low precision_high recall_low recall_high fpr fpr_upper clusters interval \
	fp_clusters neg_clusters fpr_clusters_upper; do
	mutate accuracy.tsv $column
done
sed -i 9d "$TMP/small/accuracy.tsv"
oracle "$TMP/small" && fail "a row that is gone was not missed"
grep -q 'the row is missing' "$TMP/oracle" || fail "not named: $(cat "$TMP/oracle")"
