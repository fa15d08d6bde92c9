#!/bin/bash
# A sweep beside one run on this machine. Real cells, SKYPELAB_SWEEP_CELLS of them (200) for each processor: time and
# processor time of one run of all, and of as many shards at once as there are processors, with their merge; ideal is
# that the shards take what the run takes. Stub results, SKYPELAB_SWEEP_STUBS of them (100000) in 10 shards: plans and
# directories made, merged; with the peak of memory of each.
set -u
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh
need_namespaces
need python3 "$BUILD/tools/stubshards"
processors=$(nproc)
cells=${SKYPELAB_SWEEP_CELLS:-${SKYPELAB_BENCH_QUICK:+10}}
stubs=${SKYPELAB_SWEEP_STUBS:-${SKYPELAB_BENCH_QUICK:+10000}}
cells=${cells:-200} stubs=${stubs:-100000}
# scenario FILE REPETITIONS: 10 cells each
scenario() {
	cat >"$1" <<-END
		scenario: sweep
		seed: 41
		repeat: $2
		duration: 120
		super-nodes: 12
		sites:
		  - {name: caller}
		clients:
		  - {name: al, site: caller, version: "1.4", script: [login, wait 5, quit]}
		matrix:
		  - {axis: caller.firewall, values: [open, inbound-restricted, full-restricted, only-80, udp-blocked]}
		  - {axis: login, values: [manual, automatic]}
		vantages: [caller.lan, caller.wan]
	END
}
# measured COMMAND...: "SECONDS PROCESSOR-SECONDS MIB" on standard output
measured() {
	python3 - "$@" <<-'END'
		import resource, subprocess, sys, time
		t = time.monotonic()
		rc = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
		u = resource.getrusage(resource.RUSAGE_CHILDREN)
		print("%.2f %.2f %.0f" % (time.monotonic() - t, u.ru_utime + u.ru_stime, u.ru_maxrss / 1024))
		sys.exit(rc)
	END
}
scenario "$TMP/s.yaml" $((cells * processors / 10))
all=$((cells * processors))
cat >"$TMP/shards" <<-END
	for i in $(seq -s ' ' "$processors"); do
		"$SKYPELAB" -q run --shard \$i/$processors -j 1 -o "$TMP/parts/\$i" "$TMP/s.yaml" >/dev/null &
	done
	wait
END
read -r whole whole_cpu _ < <(measured "$SKYPELAB" -q run --no-report -o "$TMP/one" "$TMP/s.yaml")
read -r shards shards_cpu _ < <(measured bash "$TMP/shards")
read -r merge merge_cpu memory < <(measured "$SKYPELAB" merge --no-report "$TMP"/parts/* -o "$TMP/run")
same_run "$TMP/one" "$TMP/run"
awk -v n="$all" -v p="$processors" -v w="$whole" -v wc="$whole_cpu" -v s="$shards" -v sc="$shards_cpu" -v m="$merge" -v mc="$merge_cpu" -v mem="$memory" 'BEGIN {
	printf "%d cells in one run: %.1f s, %.1f s of processor\n", n, w, wc
	printf "in %d shards at once: %.1f s, %.1f s of processor\n", p, s, sc
	printf "merge: %.2f s, %.2f s of processor, %d MiB; %.2f s per 1,000 cells\n", m, mc, mem, m / n * 1000
	printf "efficiency: %.2f by time, %.2f by processor time\n", w / (s + m), wc / (sc + mc)
}'
scenario "$TMP/stubs.yaml" $((stubs / 10))
read -r made _ made_memory < <(measured "$BUILD/tools/stubshards" "$TMP/stubs.yaml" 10 "$TMP/stubs")
read -r merge merge_cpu memory < <(measured "$SKYPELAB" merge --no-report "$TMP"/stubs/* -o "$TMP/merged")
[ -e "$TMP/merged/manifest.json" ] || fail "no merged run"
awk -v n="$stubs" -v d="$made" -v dm="$made_memory" -v m="$merge" -v mc="$merge_cpu" -v mem="$memory" 'BEGIN {
	printf "%d stub results in 10 shards: made in %.1f s, %d MiB; merged in %.1f s, %.1f s of processor, %d MiB\n", n, d, dm, m, mc, mem
	printf "%.2f s per 1,000 stub results merged; in all %.1f s\n", m / n * 1000, d + m
}'
