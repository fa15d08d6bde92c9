#!/bin/bash
# The paper's operations through the detector, in one setting and two versions: what each one's users
# reach, what truth says happened, that a table per operation says what was found, and that the same
# seed gives the same course again.
. tests/e2e/lib.sh
need_namespaces
R=$TMP/run

"$SKYPELAB" run --dry-run scenarios/paper-traces.yaml >"$TMP/plan" || fail "dry run ended with $?"
cells=$(grep -c '_1\.2_\|_1\.4_\|_2\.0_\|_2\.5_' "$TMP/plan")
[ "$cells" -ge 700 ] || fail "$cells cells, expected at least 700"

setting=(--filter caller.firewall=open --filter caller.nat=public --filter caller.loss=0)
"$SKYPELAB" run scenarios/paper-traces.yaml --no-report "${setting[@]}" --filter version=1.4,2.0 \
	-o "$R" >"$TMP/table" || fail "run ended with $?"

# results OPERATION KIND: how these ended, over both versions, sorted
results() {
	awk -F'\t' -v o="$1" -v k="$2" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
		NR > 1 && index($1, o "_") == 1 && $c["kind"] == k { print $c["result"] }' \
		"$R/outcomes.tsv" | sort | uniq -c | awk '{ printf "%s%d %s", n++ ? ", " : "", $1, substr($0, index($0, $2)) }'
}
while read -r operation kind expected; do
	same "$(results "$operation" "$kind")" "$expected" "$operation: $kind"
done <<'END'
first-login login 2 in
new-account login 2 in
login-typed login 2 in
login-saved login 2 in
other-name login 4 in
wrong-password login 2 refused
log-off-and-on login 4 in
contacts-online login 8 in
contacts-offline login 4 in
presence login 2 in
search login 2 in
call login 4 in
call call 2 in
call-incoming call 2 in
call-not-answered call 2 refused
call-busy call 2 refused
call-blocked call 2 refused
conference call 4 in
telephone call 2 in
uninstall-and-reinstall login 4 in
other-port login 4 in
ten-minutes login 2 in
node-leaves login 2 in
sleep-and-wake login 2 in
roam login 2 in
super-node login 4 in
call-tcp call 2 in
call-tcp-incoming call 2 in
END

# happened CELL: alice's session events in order
happened() {
	awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } /^#/ { next }
		$c["kind"] ~ /^session/ { printf "%s%s", n++ ? " " : "", $c["kind"] }' \
		"$R/cells/$1/events.caller.lan.tsv"
}
for v in 1.4 2.0; do
	at=${v}_open_public
	same "$(happened "login-typed_$at")" "session-start session-end" "login-typed $v"
	same "$(happened "wrong-password_$at")" "session-start session-end" "wrong-password $v"
	same "$(happened "log-off-and-on_$at")" "session-start session-end session-start session-end" "log-off-and-on $v"
	same "$(happened "node-leaves_$at")" "session-start session-change session-end" "node-leaves $v"
	same "$(happened "sleep-and-wake_$at")" "session-start session-change session-end" "sleep-and-wake $v"
	same "$(happened "roam_$at")" "session-start session-start session-end" "roam $v"
	# the address that the client went to is in truth, and its old connection ended without a word
	same "$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
		$c["kind"] == "session-start" { print $c["client"] }' \
		"$R/cells/roam_$at/events.caller.lan.tsv" | sort -u | wc -l)" 2 "roam $v: addresses"
	# a client that sleeps sends nothing for half an hour
	awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
		$c["node"] == "caller-h1" && $c["client"] == "alice" && $c["direction"] == "from-opener" {
			if (last && $c["time"] - last > gap) gap = $c["time"] - last
			last = $c["time"]
		}
		END { exit !(gap >= 1800) }' "$R/cells/sleep-and-wake_$at/messages.tsv" ||
		fail "sleep-and-wake $v: no half hour without a message"
done

# lines TABLE CONDITION: how many lines of a table of a cell (at=) meet the awk condition
lines() { awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } /^#/ { next }
	'"$2"' { n++ } END { print n + 0 }' "$R/cells/$at/$1"; }
for v in 1.4 2.0; do
	# A client that is a super node as well: at its own site and outside of it, those who use it are the
	# clients of their flows, and it is their super node; and it is the client of its own.
	at=super-node_${v}_open_public
	for vantage in caller.lan core; do
		own='$c["client"] ~ /^203\.0\.113\./' theirs='$c["client"] ~ /^198\.51\.100\./'
		for kind in session-start session-end; do
			same "$(lines events.$vantage.tsv "$theirs"' && $c["kind"] == "'$kind'" && $c["super_node"] ~ /^203\.0\.113\./')" 4 \
				"$at, $vantage: $kind of guests"
			same "$(lines events.$vantage.tsv "$own"' && $c["kind"] == "'$kind'" && $c["super_node"] ~ /^198\.19\./')" 1 \
				"$at, $vantage: $kind of its own"
		done
		same "$(lines truth.$vantage.tsv "$theirs"' && $c["session"] == "sn" && $c["peer"] == "client" && $c["server_host"] == "caller-h1"')" 4 \
			"$at, $vantage: sessions with it"
		same "$(lines truth.$vantage.tsv "$own"' && $c["session"] == "sn" && $c["client_host"] == "caller-h1"')" 1 \
			"$at, $vantage: its own session"
	done
	# A call over TCP: at both vantages its flow is the one on which the call starts and ends, and no
	# media is beside it.
	for o in call-tcp call-tcp-incoming; do
		at=${o}_${v}_open_public
		for vantage in caller.lan core; do
			same "$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
				$c["kind"] ~ /^call/ { print $c["kind"], $c["proto"] }' "$R/cells/$at/events.$vantage.tsv" | tr '\n' ' ')" \
				"call-start tcp call-end tcp " "$at, $vantage"
			same "$(lines truth.$vantage.tsv '$c["reason"] ~ /^call tcp, media/ && $c["peer"] == "client"')" 1 "$at, $vantage: flow"
		done
		same "$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
			$c["name"] == "media" { print $c["proto"] }' "$R/cells/$at/messages.tsv" | sort -u)" tcp "$at: media"
	done
done

# the table per operation agrees with the accuracy table
total() { awk -F'\t' -v n="$2" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } NR > 1 { s += $c[n] } END { print s }' "$R/$1"; }
same "$(total operations.tsv found)" "$(total accuracy.tsv tp)" "found, in both tables"
same "$(total operations.tsv false)" "$(total accuracy.tsv fp)" "false, in both tables"
# the wrong case that the paper names: no login, and a session is reported
same "$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
	$c["operation"] == "wrong-password" && $c["unit"] == "session" && $c["vantage"] == "caller.lan" &&
	$c["signature"] == "skypelab-2006" { print $c["in"], $c["refused"], $c["found"] }' "$R/operations.tsv" |
	sort -u)" "0 1 1" "wrong-password: in, refused, found"

# The same seed, the same messages, however busy the machine is.
"$SKYPELAB" run scenarios/paper-traces.yaml --no-report "${setting[@]}" --filter version=2.0 \
	--filter operation=roam,node-leaves,sleep-and-wake,conference,super-node,call-tcp -o "$TMP/again" >/dev/null || fail "again"
for cell in "$TMP"/again/cells/*/; do
	name=$(basename "$cell")
	same "$(jq -c .truth_digest "$cell/cell.json")" "$(jq -c .truth_digest "$R/cells/$name/cell.json")" \
		"$name: the messages of a second run"
done
