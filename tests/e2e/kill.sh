#!/bin/bash
# kill -9 in the middle of a run leaves no namespace, interface, process or half-written file.
. tests/e2e/lib.sh
need_namespaces
chmod 755 "$TMP"
mkdir -m 777 "$TMP/out"
netns() { find /proc/[0-9]*/ns/net -maxdepth 0 -exec readlink {} + 2>/dev/null | sort -u; }
links() { ls /sys/class/net; }
before_ns=$(netns)
before_links=$(links)
R=$TMP/out/run
for moment in 0.02 0.1 0.3 0.6 1 1.5 2; do
	rm -rf "$R"
	as_user "$SKYPELAB" run -j 2 scenarios/first-light.yaml -o "$R" >/dev/null 2>&1 &
	pid=$!
	sleep "$moment"
	kill -9 $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
	for _ in $(seq 50); do
		left=$(pgrep -f "run -j 2 scenarios/first-light.yaml -o $R" || true)
		[ -z "$left" ] && [ "$(netns)" = "$before_ns" ] && break
		sleep 0.1
	done
	[ -z "$left" ] || fail "after $moment s: processes left: $left"
	same "$(netns)" "$before_ns" "after $moment s: network namespaces"
	same "$(links)" "$before_links" "after $moment s: interfaces"
	half=$(find "$R" \( -name '.*' -o -name '*.tmp*' -o -size 0 \) 2>/dev/null || true)
	[ -z "$half" ] || fail "after $moment s: half-written: $half"
	if [ -d "$R" ] && [ ! -e "$R/manifest.json" ]; then
		for c in "$R"/cells/*/; do [ -e "$c/cell.json" ] || fail "after $moment s: $c is not whole"; done
	fi
done
# an interrupted run is taken up where it stopped
[ -d "$R" ] || as_user timeout -s KILL 1.5 "$SKYPELAB" run scenarios/first-light.yaml -o "$R" >/dev/null 2>&1 || true
as_user "$SKYPELAB" run scenarios/first-light.yaml -o "$R" >/dev/null || {
	[ -e "$R/manifest.json" ] || fail "could not take up an interrupted run"
}
[ -s "$R/manifest.json" ] || fail "no manifest after the run was taken up"
