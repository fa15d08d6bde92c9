#!/bin/bash
# kill -9 in the middle of a run leaves no namespace, interface, process or half-written file.
. tests/e2e/lib.sh
need_namespaces
chmod 755 "$TMP"
mkdir -m 777 "$TMP/out"
links() { ls /sys/class/net; }
nsfs() { grep -c nsfs /proc/self/mountinfo || true; }
before_nsfs=$(nsfs)
before_links=$(links)
R=$TMP/out/run
for moment in 0.02 0.1 0.3 0.6 1 1.5 2; do
	rm -rf "$R"
	marked_exec "$SKYPELAB" run -j 2 scenarios/first-light.yaml -o "$R" >/dev/null 2>&1 &
	pid=$!
	sleep "$moment"
	kill -9 $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
	# a namespace lives as long as a process or a mount that holds it
	nothing_left "after $moment s"
	same "$(nsfs)" "$before_nsfs" "after $moment s: mounted namespaces"
	same "$(links)" "$before_links" "after $moment s: interfaces"
	half=$(find "$R" \( -name '.*' -o -name '*.tmp*' -o -size 0 \) 2>/dev/null || true)
	[ -z "$half" ] || fail "after $moment s: half-written: $half"
	if [ -d "$R" ] && [ ! -e "$R/manifest.json" ]; then
		for c in "$R"/cells/*/; do [ ! -d "$c" ] || [ -e "$c/cell.json" ] || fail "after $moment s: $c is not whole"; done
	fi
done
# an interrupted run is taken up where it stopped
[ -d "$R" ] || marked_run timeout -s KILL 1.5 "$SKYPELAB" run scenarios/first-light.yaml -o "$R" >/dev/null 2>&1 || true
marked_run "$SKYPELAB" run scenarios/first-light.yaml -o "$R" >/dev/null || {
	[ -e "$R/manifest.json" ] || fail "could not take up an interrupted run"
}
[ -s "$R/manifest.json" ] || fail "no manifest after the run was taken up"
