#!/bin/bash
# Real programs as background, as an ordinary user: whichever pairs are installed talk through the
# lab's NAT in real time, every flow of theirs is in the truth as what it is, no signature speaks,
# and nothing of them is left afterwards.
. "$(dirname "$0")/lib.sh"
need tshark; need_namespaces
installed=$("$SKYPELAB" replay --generators | sed -n 's/^\([a-z-]*\) .*(real programs)$/\1/p')
[ -n "$installed" ] || skip "none of the real programs is installed"
{
	echo "name: real"
	echo "programs:"
	for p in $installed; do echo "  - {program: $p, per_minute: 60}"; done
} >"$TMP/real.yaml"
sed "s/duration: .*/duration: 10/; s|mix: real|mix: $TMP/real.yaml|" scenarios/real-programs.yaml >"$TMP/scenario.yaml"
chmod -R a+rX "$TMP"
mkdir -m 777 "$TMP/out"
rc=0
as_user "$SKYPELAB" run -o "$TMP/out/run" "$TMP/scenario.yaml" >"$TMP/table" 2>"$TMP/err" || rc=$?
[ $rc != 3 ] || skip "$(tail -n 1 "$TMP/err")"
same $rc 0 "exit code ($(tail -n 2 "$TMP/err"))"
cell="$TMP/out/run/cells/cell"
for p in $installed; do
	n=$(awk -F'\t' -v p="$p" '$6 == "not-skype" && $7 == p' "$cell/truth.caller.wan.tsv" | wc -l)
	echo "$p: $n flows"
	[ "$n" -gt 0 ] || fail "no flow of $p"
done
[ ! -s "$cell/eve.json" ] || fail "a signature spoke: $(head -c 300 "$cell/eve.json")"
tshark -n -r "$cell/caller-gw.wan.pcap" -Y 'ip && (udp || tcp) && !icmp' -T fields -e ip.src -e ip.dst \
	-e udp.srcport -e udp.dstport -e tcp.srcport -e tcp.dstport 2>/dev/null |
	awk -F'\t' '{ p = $3 != "" ? "udp" : "tcp"; a = $1 ":" ($3 != "" ? $3 : $5); b = $2 ":" ($4 != "" ? $4 : $6)
		print p, (a < b ? a " " b : b " " a) }' | sort -u >"$TMP/wire"
awk -F'\t' 'NR > 1 { a = $2 ":" $3; b = $4 ":" $5; print $1, (a < b ? a " " b : b " " a) }' \
	"$cell/truth.caller.wan.tsv" | sort -u >"$TMP/truth"
same "$(comm -23 "$TMP/wire" "$TMP/truth" | wc -l)" 0 "flows on the wire that the truth does not have ($(comm -23 "$TMP/wire" "$TMP/truth" | head -3))"
# With the virtual clock such a mix is refused, before anything is made.
sed 's/clock: real/clock: virtual/' "$TMP/scenario.yaml" >"$TMP/virtual.yaml"
rc=0
"$SKYPELAB" run -o "$TMP/out/virtual" "$TMP/virtual.yaml" >/dev/null 2>"$TMP/err" || rc=$?
same $rc 2 "exit code with the virtual clock"
grep -q 'clock: real' "$TMP/err" || fail "the mend is not named: $(cat "$TMP/err")"
