#!/bin/bash
# skypelab score --reach: exact counts on five packets, and every rule that claims a flow of a capture of
# Skype acted on at least as many.
. tests/e2e/lib.sh

need python3

cat >"$TMP/near.yaml" <<'EOF'
signature: near
revision: 1
date: "2026-11-28"
title: An exchange
source: made for this test
versions: []
rules:
  - rule: exchange
    proto: udp
    client: sender
    steps:
      - {message: a, from: client, size: 4, bytes: {2: "02"}}
      - {message: b, from: server, size: 4, equal: {at: 0, length: 2, to: a}}
    then: {event: evidence}
  - rule: unseen
    proto: udp
    client: sender
    steps: [{message: c, from: client, size: 900, bytes: {0: "ff"}}]
    then: {event: evidence}
EOF
python3 - "$TMP/five.pcap" <<'EOF'
import struct, sys
def packet(src, sport, dst, dport, data):
    udp = struct.pack('>HHHH', sport, dport, 8 + len(data), 0) + data
    ip = struct.pack('>BBHHHBBH4B4B', 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, *src, *dst)
    return b'\2' * 12 + b'\x08\0' + ip + udp
a, peers = (10, 0, 0, 1), [(10, 0, 0, n) for n in range(2, 6)]
packets = [packet(a, 2000, peers[0], 53, b'\0\1\7\0\0'),  # size and byte are wrong
           packet(a, 2000, peers[1], 53, b'\0\1\2\0\0'),  # the size is wrong
           packet(a, 2000, peers[2], 53, b'\0\1\2\0'),    # all right, not answered
           packet(a, 2000, peers[3], 53, b'\0\1\2\0'),    # and answered
           packet(peers[3], 53, a, 2000, b'\0\1\5\0')]
with open(sys.argv[1], 'wb') as f:
    f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for i, p in enumerate(packets):
        f.write(struct.pack('<IIII', 1000 + i, 0, len(p), len(p)) + p)
EOF
reach() { "$SKYPELAB" score --reach -s "$TMP/near.yaml" --format tsv "$@"; }
reach --not-skype "$TMP/five.pcap" >"$TMP/t" || fail "score --reach --not-skype: exit $?"
same "$(awk -F'\t' '$4 == "exchange"' "$TMP/t" | cut -f1,6-15)" \
	"$(printf 'recorded\t4\t4\t3\t2\t1\t1\t1\tacted\tsize of a, line 12\t1')" "the rule exchange"
same "$(awk -F'\t' '$4 == "unseen"' "$TMP/t" | cut -f6-13)" \
	"$(printf '4\t4\t0\t0\t-\t0\t0\tblind')" "the rule unseen"

# Of a capture with labels only flows that are not Skype count.
{
	printf 'proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\treason\n'
	printf 'udp\t10.0.0.1\t2000\t10.0.0.3\t53\tnot-skype\t-\n'
	printf 'udp\t10.0.0.1\t2000\t10.0.0.5\t53\tskype\t-\n'
} >"$TMP/five.tsv"
reach --labels "$TMP/five.tsv" "$TMP/five.pcap" >"$TMP/t" || fail "score --reach --labels: exit $?"
same "$(awk -F'\t' '$4 == "exchange"' "$TMP/t" | cut -f6-13)" \
	"$(printf '1\t1\t1\t0\t0\t0\t0\treached')" "the rule exchange, by labels"

# The word for a person; what cannot be is named.
"$SKYPELAB" score --reach --not-skype -s "$TMP/near.yaml" "$TMP/five.pcap" >"$TMP/t"
grep -q '^1 captures: 4 flows that are not Skype, 5 packets; 1 of 2 rules are blind$' "$TMP/t" ||
	fail "$(cat "$TMP/t")"
rc=0
reach --not-skype "$TMP/none.pcap" >/dev/null 2>"$TMP/err" || rc=$?
same $rc 2 "exit code without a capture"

# The slow reading and the detector agree: a rule that reports on a flow acted on it.
on_captures made-2006.pcap SkypeIRC.cap
for s in skypelab-2006 ehlert-petgang-1.4; do
	"$SKYPELAB" detect -s $s --eve "$TMP/eve.json" "$CAPTURE"
	"$SKYPELAB" score --reach --not-skype -s $s --format tsv "$CAPTURE" >"$TMP/t"
	python3 - "$TMP/eve.json" "$TMP/t" <<'EOF' || fail "$s on $NAME"
import csv, json, sys
flows = {}
for line in open(sys.argv[1]):
    e = json.loads(line)
    if e['event_type'] == 'skype':
        ends = sorted([(e['src_ip'], e['src_port']), (e['dest_ip'], e['dest_port'])])
        flows.setdefault(e['skype']['rule'], set()).add((e['proto'], *ends))
rows = {r['rule']: r for r in csv.DictReader(open(sys.argv[2]), delimiter='\t')}
bad = [r for r in flows if int(rows[r]['acted']) < len(flows[r])]
bad += [r for r, v in rows.items()
        if not int(v['flows']) >= int(v['all_but_one']) >= int(v['first']) >= int(v['all_steps'])]
print(sum(map(len, flows.values())), 'reports by rule and flow were acts')
for r in bad:
    print(r, len(flows.get(r, ())), rows[r])
sys.exit(bool(bad) or not flows)
EOF
done
