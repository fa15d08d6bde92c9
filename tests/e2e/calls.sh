#!/bin/bash
# Calls between NATs: media goes directly unless both ends need to know the other's port beforehand
# (symmetric with port-restricted or symmetric), as RFC 5128 has it; then a super node relays it. And what published rules on statistics and on own addresses say of one.
. "$(dirname "$0")/lib.sh"
need_namespaces
need jq tshark python3
"$SKYPELAB" run -o "$TMP/run" scenarios/calls-nat.yaml >"$TMP/log" 2>&1 || { tail -n 20 "$TMP/log"; fail "run"; }
tsv '
	$c["kind"] == "call" {
		a = $c["caller_nat"]; b = $c["callee_nat"]; n++
		hard = (a == "symmetric" && b ~ /^(symmetric|port-restricted)$/) || (b == "symmetric" && a == "port-restricted")
		want = hard ? "udp relayed" : "udp direct"
		if ($c["result"] != "in" || $c["path"] != want) { print a " to " b ": " $c["result"] ", " $c["path"] ", expected " want; bad = 1 }
	} END { if (n != 25) { print n " calls, expected 25"; bad = 1 } exit bad }' "$TMP/run/outcomes.tsv" || fail "calls"
echo "25 pairs of NATs: direct or relayed as they should be"

# Truth names both ends of a call as clients.
while read -r v; do
	[ "$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
		$c["peer"] == "client" && $c["client_host"] != "" && $c["server_host"] != "" { n++ } END { print n + 0 }' "$v")" -gt 0 ] ||
		fail "$v: no flow between two clients"
done < <(find "$TMP/run/cells" -name 'truth.core.tsv')

# One call on a flow is one, also where both ends opened it: starts and ends take turns, and a call ends once.
for f in "$TMP"/run/cells/*/events.*.tsv; do
	awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
		$c["kind"] ~ /^call/ {
			a = $c["client_ip"] ":" $c["client_port"]; b = $c["server_ip"] ":" $c["server_port"]
			flow = $c["proto"] " " (a < b ? a " " b : b " " a)
			if (last[flow] == $c["kind"]) { print FILENAME ": " $c["kind"] " again: " flow; exit 1 }
			last[flow] = $c["kind"]
		}' "$f" || fail "a call is counted twice"
done

# A call of 20 s, and the published rules for calls and NACKs that look at statistics or at one's own address.
sed 's/call bob 3,/call bob 20,/; s/^scenario: .*/scenario: call-20/; s/wait 60/wait 80/' scenarios/calls-nat.yaml >"$TMP/call-20.yaml"
"$SKYPELAB" -q run --no-report -o "$TMP/call" -s bonfiglio-csc -s bonfiglio-nbc --filter caller.nat=full-cone \
	--filter callee.nat=symmetric "$TMP/call-20.yaml" >"$TMP/log" 2>&1 || { tail -n 20 "$TMP/log"; fail "run"; }
core=$(echo "$TMP"/call/cells/*/core.any.pcap)
"$SKYPELAB" detect -s bonfiglio-csc -s bonfiglio-nbc --json "$core" >"$TMP/eve"
jq -r 'select(.skype.event == "call-start") | "\(.skype.signature) \(.pcap_cnt)"' "$TMP/eve" >"$TMP/starts"

# Where chi-square and beliefs first say so, computed by another program from what tshark reads.
tshark -r "$core" -Y udp -T fields -e frame.number -e frame.time_epoch -e ip.src -e udp.srcport -e ip.dst -e udp.dstport \
	-e udp.payload 2>/dev/null >"$TMP/packets"
python3 - "$TMP/packets" >"$TMP/want" <<'PYTHON'
import collections, math, sys

def gauss(x, mean, deviation):
    p = math.exp(-((x - mean) / deviation) ** 2 / 2) / deviation / math.sqrt(2 * math.pi)
    return math.log10(max(p, 1e-25))

def csc(said):
    said = [s for s in said if len(s[1]) >= 16]
    chi = []
    for i in range(16):
        seen = collections.Counter(s[1][i] for s in said)
        each = len(said) / 16
        chi.append(sum((seen[v] - each) ** 2 for v in "0123456789abcdef") / each)
    end = all(c < 150 for c in chi[:4] + chi[6:]) and min(chi[4:6]) >= 150
    telephone = min(chi[:8]) >= 150 and all(c < 150 for c in chi[8:])
    return end or telephone

def nbc(said):
    sizes, gaps = [], []
    for a in range(0, len(said) - 29, 30):
        sizes.append(sum(gauss(len(s[1]) / 2, 10, 10) for s in said[a:a + 30]) / 30)
    for a in range(0, len(said) - 30, 30):
        gap = (said[a + 30][0] - said[a][0]) * 1000 / 30
        gaps.append(math.log10(1 / 6) + max(gauss(gap, m, 2) for m in range(10, 70, 10)))
    return min(sum(sizes) / len(sizes), sum(gaps) / len(gaps)) >= -5

def first(name, holds, takes):
    ways, done = collections.defaultdict(list), set()
    for line in open(sys.argv[1]):
        number, time, *ends, payload = line.rstrip("\n").split("\t")
        flow = frozenset((tuple(ends[:2]), tuple(ends[2:])))
        if not payload or flow in done or not takes(payload):
            continue
        way = ways[tuple(ends)]
        way.append((float(time), payload))
        if len(way) >= 100 and holds(way):
            done.add(flow)
            print(name, number)

first("bonfiglio-csc", csc, lambda p: len(p) >= 16)
first("bonfiglio-nbc", nbc, lambda p: len(p) < 800)
PYTHON
same "$(sort "$TMP/starts")" "$(sort "$TMP/want")" "call-start of chi-square and of beliefs, by ours and by Python"
same "$(cut -d' ' -f1 "$TMP/starts")" bonfiglio-csc "the call, by chi-square alone: sizes of voice are not those of Tstat's file"

# Both clients get a NACK with the public address that it names; who owns one of these sees one.
mine=$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["client_host"] == "caller-h1" { print $c["client_ip"]; exit }' \
	"${core%/*}"/truth.core.tsv)
nacks() { "$SKYPELAB" detect -s "$@" --json "$core" | jq -r 'select(.event_type == "skype").src_ip' | sort | tr '\n' ' '; }
same "$(nacks fortigate-own-address --own-address "$mine")" "$mine " "NACKs with the address of the caller's NAT"
same "$(nacks fortigate-own-address)" "" "NACKs where no address is one's own"
same "$(nacks biondi-desclaux-2006 | wc -w)" 2 "NACKs with any public address"
