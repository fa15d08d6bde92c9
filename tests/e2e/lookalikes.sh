#!/bin/bash
# skypelab-2006 and skypelab-2013 on emulated look-alikes: of Skype as it was measured in captures
# (tests/tools/mkskype.c), and of what has Skype's bytes but is not (tests/tools/mkfriends.c). At least
# 99 % of the UDP flows, 80 % of the TCP flows with payload, every client, nothing that is not Skype.
# Recorded traffic with the unlucky byte set (tests/tools/third02.c) may lose single flows of noise.
# long: measures many captures
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
mkskype=$BUILD/tools/mkskype mkfriends=$BUILD/tools/mkfriends
need jq
need "$mkskype"
need "$mkfriends"
ours=(-s skypelab-2006 -s skypelab-2013)
kinds="linux-2006 mac-call mac-idle mac-one-flow mobile windows blocked silent"

# Every look-alike follows from its seed, so that fewer of them (rounds) find the same things every time. Where a
# floor leaves room for a share of misses there are enough that the share is more than one of them.
# measure SEEDS KINDS OPTION...: "udp all tcp all clients all false" of both together, into $sums
measure() {
	local kind s dir=$TMP/c
	rm -rf "$dir"
	mkdir -p "$dir"/{positives,labels,negatives}
	for kind in $2; do
		for s in $(seq "$1"); do
			"$mkskype" "$kind" "$dir/positives/$kind-$s.pcap" "$dir/labels/$kind-$s.pcap.tsv" \
				seed="$s" "${@:3}" || fail "mkskype $kind $*"
		done
	done
	"$mkfriends" bfd "$dir/negatives/x.pcap"
	SKYPELAB_CORPORA=$dir "$SKYPELAB" score --matrix "${ours[@]}" -o "$TMP/page" 2>"$TMP/err" ||
		fail "$*: $(cat "$TMP/err")"
	# a capture that holds no packet of a kind has nothing to find
	sums=$(awk -F'[|/]' '/^## / { on = /pcap/ }
		on && / skypelab-2006 \+ / { u += $3; ua += $4; t += $5; ta += $6; c += $9; ca += $10; f += $11 }
		END { print u + 0, ua + 0, t + 0, ta + 0, c + 0, ca + 0, f + 0 }' "$TMP/page")
	echo "$*: $sums"
}
# no_peers WHAT: of the last measurement; no host but the clients was named as one.
no_peers() {
	SKYPELAB_CORPORA=$TMP/c "$SKYPELAB" -q score "${ours[@]}" --unit client --format tsv "$TMP"/c/positives/*.pcap \
		>"$TMP/clients" || fail "$1: score"
	same "$(tsv '{ n += $c["wrong_role"] } END { print(NR > 1 ? n + 0 : "no row") }' "$TMP/clients")" 0 "$1: peers named as clients"
}
# floors WHAT UDP% TCP% CLIENTS%: of the last measurement; clients "all" or a share
floors() {
	local u ua t ta c ca f
	read -r u ua t ta c ca f <<<"$sums"
	same "$f" 0 "$1: flows that are not Skype but claimed"
	[ "$ua" -gt 0 ] || fail "$1: nothing to find"
	[ $((u * 100)) -ge $((ua * $2)) ] || fail "$1: $u of $ua UDP flows"
	[ $((t * 100)) -ge $((ta * $3)) ] || fail "$1: $t of $ta TCP flows with payload"
	[ $((c * 100)) -ge $((ca * $4)) ] || fail "$1: $c of $ca clients"
}

for kind in $kinds; do # each by itself, so that none hides behind another
	measure "$(rounds 2 6)" "$kind"
	floors "$kind" 99 80 100
done
for how in link=vlan link=cooked link=raw clients=3 "side=wan clients=3" ids=free; do
	# shellcheck disable=SC2086
	measure "$(rounds 1 2)" "$kinds" $how
	floors "$how" 99 80 100
done
# TCP's padding is beyond 68 bytes; UDP does not need more
measure "$(rounds 1 2)" "$kinds" snap=68
floors snap=68 99 0 100
# the capture begins when the client is long there
measure "$(rounds 1 3)" "linux-2006 mac-idle mobile windows blocked silent" from=20
floors from=20 99 80 100
# One exchange is all there is. Its bytes may look like another protocol's: 1 in 100 is not taken.
measure "$(rounds 40 100)" mac-one-flow
floors "one flow" 97 97 97
# Rare ones: requests whose repeats cross, or that are answered late or out of turn; a connection to a
# super node that no UDP was seen of; one from the port that takes UDP; calls by strangers; nodes that
# are asked again before they have answered.
measure "$(rounds 24 80)" odd-flow chat=no
floors "odd flows" 95 0 95
measure "$(rounds 20 40)" one-node chat=no
floors "another node" 95 95 95
measure "$(rounds 5 20)" own-port chat=no
floors "own port" 99 99 100
for kind in called asked-again; do
	measure "$(rounds 2 4)" $kind chat=no
	floors $kind 99 99 100
	no_peers $kind
	measure "$(rounds 2 4)" $kind chat=no side=wan
	floors "$kind, public" 99 99 100
done

for run in "1 link=eth" "2 link=vlan" "3 link=cooked snap=68"; do
	rm -rf "$TMP/f"
	mkdir "$TMP/f"
	for p in $("$mkfriends" list); do
		# shellcheck disable=SC2086
		"$mkfriends" "$p" "$TMP/f/$p.pcap" seed=$run || fail "mkfriends $p"
	done
	"$SKYPELAB" -q score --not-skype "${ours[@]}" --max-fp 0 "$TMP/f" >"$TMP/t" 2>&1 || {
		for p in $("$mkfriends" list); do
			"$SKYPELAB" detect "${ours[@]}" --eve - "$TMP/f/$p.pcap" | jq -r --arg p "$p" \
				'select(.skype) | "\($p): \(.skype.signature) \(.skype.rule)"' | sort | uniq -c
		done
		fail "look-alikes are taken for Skype, seed $run: $(cat "$TMP/t")"
	}
	head -n 1 "$TMP/t"
done

# Chance: a flow of noise that begins with 02 in the third byte both ways is claimed, 1 in 65,536, and
# takes none along. 100,000 flows from one port: 1.5 to be expected.
"$mkfriends" opaque "$TMP/o.pcap" flows=100000 seed=2
n=$("$SKYPELAB" detect "${ours[@]}" --eve - "$TMP/o.pcap" | grep '"skype"' |
	grep -o '"src_ip.*"dest_port":[0-9]*' | sort -u | wc -l)
echo "noise over UDP: $n of 100000 flows"
[ "$n" -le 8 ] || fail "$n of 100,000 flows of noise are taken for Skype"
"$mkfriends" opaque-tcp "$TMP/o.pcap" flows=20000
"$SKYPELAB" detect "${ours[@]}" --eve - "$TMP/o.pcap" >"$TMP/e" 2>"$TMP/err" || fail "$(cat "$TMP/err")"
if grep -q '"skype"' "$TMP/e"; then fail "noise over TCP: $(cat "$TMP/e")"; fi

# All recorded negatives with 02 in the third byte of every UDP payload, both ways: what is left is noise
# (Ethereum, QUIC and alike), single flows, and no port is named for it.
[ -e "$SKYPELAB_CORPORA/negatives" ] || {
	echo "no recorded negatives under SKYPELAB_CORPORA ($SKYPELAB_CORPORA): not tried"
	exit 0
}
mkdir "$TMP/u"
mapfile -t files < <(find "$SKYPELAB_CORPORA/negatives" -type f | sort)
"$BUILD/tools/third02" "$TMP/u" "${files[@]}"
"$SKYPELAB" -q score --not-skype "${ours[@]}" -s ndpi-2018 --format tsv --claims "$TMP/claims" "$TMP/u" >"$TMP/t" 2>"$TMP/err" ||
	[ $? = 2 ] || fail "$(cat "$TMP/err")"
claimed() { awk -F'\t' -v s="$1" '$3 == s && $9 == "flow" { print $11, $11 + $13 }' "$TMP/t"; }
read -r n all <<<"$(claimed skypelab-2013)"
read -r other _ <<<"$(claimed ndpi-2018)"
echo "third byte 02: skypelab-2013 takes $n of $all flows for Skype, ndpi-2018 $other"
[ $((n * 100)) -le "$all" ] || fail "$n of $all flows with the third byte set are taken for Skype"
[ "$other" -gt $((n * 10)) ] || fail "the third byte was not set: ndpi-2018 claims $other"
# Only where something was claimed is there a rule to ask for.
tsv '$c["signature"] ~ /^skypelab/ { print $c["cell"] }' "$TMP/claims" | sort -u >"$TMP/claimed"
[ -s "$TMP/claimed" ] || fail "no capture with a claim, although $n flows are claimed"
while read -r f; do
	"$SKYPELAB" detect "${ours[@]}" --eve - "$f" 2>/dev/null || [ $? = 2 ]
done <"$TMP/claimed" | jq -r 'select(.skype and .proto == "UDP") | .skype.rule' | sort -u >"$TMP/rules"
if grep -vE '^(asked-)?exchange$|^(address|equal|event-server|list|longer-list|presence|probe|search|short)-exchange$' \
	"$TMP/rules"; then
	fail "a rule that names a client's port"
fi
[ -s "$TMP/rules" ] || fail "no rule was told"
