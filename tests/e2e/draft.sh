#!/bin/bash
# skypelab signature draft: from emulated clients of 1.4 a signature that finds both logins of a recorded
# client of 2006 and nothing else; the same with one flow in ten foreign, and with a constant planted
# into one host's traffic, neither of which may enter the draft; from a client of 2015 one for 2014, and
# the other way round. Where recordings are not at hand (SKYPELAB_CORPORA), what we make stands in.
# long: drafts from all recorded negatives
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespaces
need jq python3
made_corpora

draft() { "$SKYPELAB" -q signature draft "$@"; }
# claimed SIGNATURE CAPTURE: "PROTO ADDRESS:PORT" of the other side of each flow that is claimed
claimed() {
	"$SKYPELAB" -q detect -s "$1" --eve - "$2" |
		jq -r 'select(.dest_ip) | "\(.proto) \(.dest_ip):\(.dest_port)"' | sort -u
}
# false_flows SIGNATURE CAPTURE...: flows wrongly claimed, by the capture's labels, or where it has none at all
false_flows() {
	local s=$1
	shift
	"$SKYPELAB" -q score -s "$s" -f tsv --unit flow "$@" 2>/dev/null | tsv '{ n += $c["fp"] } END { print n + 0 }'
}
false_in_folder() { "$SKYPELAB" -q score -n "$2" -s "$1" 2>/dev/null | awk 'END { print $2 }'; }
# rules FILE: what it asks, without figures
rules() { sed -n '/^rules:/,$p' "$1" | sed 's/ *#.*//'; }

"$SKYPELAB" -q run --no-report -o "$TMP/run" --filter version=1.4 --filter operation=login-typed \
	scenarios/paper-traces.yaml >/dev/null || fail "no run to draft from"
# Recorded negatives where there are any; then look-alikes are kept apart.
N=$MADE/negatives
[ ! -d "$SKYPELAB_CORPORA/negatives" ] || N=$SKYPELAB_CORPORA/negatives
negatives=(--negative "$N")

# check_draft FILE: it is a signature, keeps out all negatives, and finds logins that it has not seen
check_draft() {
	"$SKYPELAB" signature check "$1" >/dev/null || fail "$1 is no signature"
	same "$(false_in_folder "$1" "$N")" 0 "negatives that $1 claims"
	"$SKYPELAB" -q detect -s "$1" --eve "$TMP/made.json" "$MADE/positives/made-emulated.pcap" >/dev/null
	[ -s "$TMP/made.json" ] || fail "$1 does not find the emulated client of 1.2"
	[ -e "$SKYPELAB_CORPORA/positives/SkypeIRC.cap" ] || return 0
	same "$(false_flows "$1" "$SKYPELAB_CORPORA/positives/SkypeIRC.cap")" 0 "flows of SkypeIRC.cap wrongly claimed"
	claimed "$1" "$SKYPELAB_CORPORA/positives/SkypeIRC.cap" >"$TMP/claimed"
	for f in "UDP 165.124.253.241:15294" "TCP 68.206.150.243:57322" \
		"UDP 208.2.71.2:13141" "TCP 67.71.69.121:12492"; do # probe and super node, twice
		grep -qFx "$f" "$TMP/claimed" || fail "$1 misses $f, of a login in SkypeIRC.cap"
	done
}

# ---- from a run
draft --positive "$TMP/run" "${negatives[@]}" --name made-draft --vary 1 -o "$TMP/made-draft.yaml" >"$TMP/table" ||
	fail "no draft of a run"
check_draft "$TMP/made-draft.yaml"
echo "look-alikes that were kept apart: $(false_in_folder "$TMP/made-draft.yaml" "$MADE/negatives") flows wrongly claimed"
grep -q '^kept apart: 5 folds of captures or cells' "$TMP/table" || fail "nothing was kept apart: $(cat "$TMP/table")"
grep -q '^copies in which' "$TMP/table" || fail "no varied copies"
grep -q '  emulated clients: 10 of 10 found' "$TMP/table" || fail "clients are missed: $(cat "$TMP/table")"
grep -qE '^  # [0-9]+ of [0-9]+ positive flows, [0-9]+ of [0-9]+ hosts; 0 of ' "$TMP/made-draft.yaml" ||
	fail "rules without support"
grep -q '  positive: .*/run, 20 captures, sha256 ' "$TMP/made-draft.yaml" || fail "the captures are not named"
grep -q 'count: {in: ' "$TMP/made-draft.yaml" || fail "the counter of ids is no part of it"
if [ "${THOROUGH:-}" = 1 ]; then # in short below, with one capture
	draft --positive "$TMP/run" "${negatives[@]}" --name made-draft --vary 0 2>/dev/null >"$TMP/again.yaml"
	[ "$(rules "$TMP/again.yaml")" = "$(rules "$TMP/made-draft.yaml")" ] || fail "the same captures, another draft"
fi

# ---- the same as captures with labels, for what changes them
# flat FOLDER: captures and labels of the run's inner vantage
flat() {
	local c name
	mkdir -p "$1"
	for c in "$TMP"/run/cells/*/; do
		name=$(basename "$c" | tr . -)
		cp "$c/caller-gw.lan.pcap" "$1/$name.pcap"
		cp "$c/truth.caller.lan.tsv" "$1/$name.pcap.tsv"
	done
}

# One flow in ten of what is labelled skype is another application's.
flat "$TMP/noise"
for f in "$TMP"/noise/*.tsv; do
	awk -F'\t' -v OFS='\t' 'NR == FNR { if (FNR > 1 && $6 == "skype") n++; next }
		FNR > 1 && $6 != "skype" && $6 != "unknown" && done < int((n + 8) / 9) { $6 = "skype"; done++ } { print }' \
		"$f" "$f" >"$f.new"
	cmp -s "$f" "$f.new" && fail "no foreign flow in $f"
	mv "$f.new" "$f"
done
draft --positive "$TMP/noise" "${negatives[@]}" --vary 0 -o "$TMP/noise.yaml" >"$TMP/table" || fail "no draft with noise"
check_draft "$TMP/noise.yaml"
flat "$TMP/clean"
for f in "$TMP"/clean/*.pcap; do
	same "$(false_flows "$TMP/noise.yaml" "$f")" 0 "foreign flows that the draft claims in $(basename "$f")"
done

# A constant in all UDP of one client.
flat "$TMP/planted"
python3 - "$TMP"/planted/*_open_public.pcap <<'PY'
import struct, sys
data = bytearray(open(sys.argv[1], 'rb').read())
at, planted = 24, 0
order = '<' if data[:4] in (b'\xd4\xc3\xb2\xa1', b'\x4d\x3c\xb2\xa1') else '>'
while at + 16 <= len(data):
    n = struct.unpack(order + 'I', data[at + 8:at + 12])[0]
    f = at + 16
    ip = f + 14
    udp = ip + (data[ip] & 15) * 4
    if data[f + 12:f + 14] == b'\x08\x00' and data[ip + 9] == 17 and udp + 8 + 15 <= f + n and \
            data[udp + 8 + 2] == 2:
        data[udp + 8 + 11:udp + 8 + 15] = b'\xde\xad\xbe\xef'
        data[udp + 6:udp + 8] = b'\0\0'  # no checksum
        planted += 1
    at = f + n
open(sys.argv[1], 'wb').write(data)
sys.exit(planted < 20)
PY
draft --positive "$TMP/planted" "${negatives[@]}" --vary 0 -o "$TMP/planted.yaml" >"$TMP/table" || fail "no draft with a constant"
check_draft "$TMP/planted.yaml"
if rules "$TMP/planted.yaml" | has -iE 'de ad|ad be|be ef'; then fail "the planted constant is in the draft"; fi

# ---- bad input: one line, and nothing is written
# refused STATUS WORDS ARGUMENT...
refused() {
	local status=$1 words=$2 got=0
	shift 2
	draft "$@" -o "$TMP/none.yaml" >"$TMP/out" 2>"$TMP/err" || got=$?
	same "$got" "$status" "exit status of draft $*"
	grep -q "$words" "$TMP/err" || fail "draft $*: $(cat "$TMP/err")"
	[ ! -e "$TMP/none.yaml" ] || fail "draft $* wrote a file"
	[ ! -s "$TMP/out" ] || fail "draft $* printed: $(cat "$TMP/out")"
}
one=("$TMP"/clean/*_open_public.pcap)
mkdir "$TMP/empty"
: >"$TMP/nothing.pcap"
head -c 24 "${one[0]}" >"$TMP/no-packet.pcap"
cp "${one[0]}.tsv" "$TMP/no-packet.pcap.tsv"
cp "${one[0]}.tsv" "$TMP/nothing.pcap.tsv"
cp tests/e2e/draft.sh "$TMP/text.pcap"
cp "${one[0]}.tsv" "$TMP/text.pcap.tsv"
refused 2 'no label file' --positive "$MADE/negatives/$(basename "$(find "$MADE/negatives" -name '*.pcap' | head -n 1)")"
refused 2 'is for one purpose' --positive "${one[0]}" --negative "${one[0]}"
refused 2 'is for one purpose' --positive "${one[0]}" --apart "${one[0]}"
refused 2 'no capture there' --positive "$TMP/empty"
refused 2 'nothing.pcap' --positive "$TMP/nothing.pcap"
refused 2 'no flow with payload' --positive "$TMP/no-packet.pcap"
refused 2 'text.pcap' --positive "$TMP/text.pcap"
refused 2 'labelled gopher' --positive "${one[0]}" --target gopher
refused 2 'no cell of the run' --positive "$TMP/run" --traffic-version 9.9
refused 2 'expected 1 to 60' --positive "${one[0]}" --name 'a b'
refused 2 'expected the name' --positive "${one[0]}" --target 'a b'
# two applications that are the same traffic: nothing separates them
mkdir "$TMP/same"
cp "${one[0]}" "$TMP/same/a.pcap"
"$BUILD/tools/mkfriends" opaque "$TMP/same/a.pcap" flows=300 seed=1
"$BUILD/tools/mkfriends" opaque "$TMP/same/b.pcap" flows=300 seed=2
"$SKYPELAB" labels init "$TMP/same/a.pcap" | sed 's/unknown/skype/' >"$TMP/same/a.pcap.tsv"
refused 1 'no rule separates' --positive "$TMP/same/a.pcap" --negative "$TMP/same/b.pcap"
# cut off: said, and no draft from half of a positive; a negative counts as far as it goes
head -c $(($(stat -c %s "${one[0]}") / 2)) "${one[0]}" >"$TMP/cut.pcap"
cp "${one[0]}.tsv" "$TMP/cut.pcap.tsv"
refused 2 'cut off' --positive "$TMP/cut.pcap"
# one host: it is said that nothing can be kept apart
"$SKYPELAB" signature draft --positive "$MADE/positives/made-2013.pcap" --negative "$MADE/negatives" --vary 0 \
	-o "$TMP/one.yaml" >"$TMP/out" 2>"$TMP/err" || fail "no draft of one host: $(cat "$TMP/err")"
grep -q 'nothing can be kept apart' "$TMP/err" || fail "no word of one host"
grep -q '^kept apart: nothing' "$TMP/out" || fail "a score without anything apart"

# a copy under another name is no second host
mkdir "$TMP/copies"
for c in a b; do
	cp "$MADE/positives/made-2013.pcap" "$TMP/copies/$c.pcap"
	cp "$MADE/labels/made-2013.pcap.tsv" "$TMP/copies/$c.pcap.tsv"
done
"$SKYPELAB" signature draft --positive "$TMP/copies" --negative "$MADE/negatives" --vary 0 -o "$TMP/copies.yaml" \
	>"$TMP/out" 2>"$TMP/err" || fail "no draft of a copy: $(cat "$TMP/err")"
grep -q 'copies: 1 captures are copies of others' "$TMP/err" || fail "a copy is left out in silence"
[ "$(rules "$TMP/copies.yaml")" = "$(rules "$TMP/one.yaml")" ] || fail "the same capture, another draft"
grep -q '^kept apart: nothing' "$TMP/out" || fail "a copy is kept apart from itself"

if command -v editcap >/dev/null; then # nor is one in another form
	editcap -F pcapng "$TMP/copies/a.pcap" "$TMP/copies/b.pcapng" 2>/dev/null || fail "editcap"
	mv "$TMP/copies/b.pcap.tsv" "$TMP/copies/b.pcapng.tsv"
	rm "$TMP/copies/b.pcap"
	"$SKYPELAB" signature draft --positive "$TMP/copies" --negative "$MADE/negatives" --vary 0 \
		-o "$TMP/copies.yaml" >"$TMP/out" 2>"$TMP/err" || fail "no draft of a copy: $(cat "$TMP/err")"
	grep -q 'b.pcapng: [0-9]* of its flows are in an earlier capture' "$TMP/err" || fail "shared flows count in silence"
	grep -q '^kept apart: nothing' "$TMP/out" || fail "a copy is kept apart from itself"
	refused 2 'is for one purpose' --positive "$TMP/copies/a.pcap" --negative "$MADE/negatives" \
		--apart "$TMP/copies/b.pcapng"
fi
# labels that meet nothing are said
printf 'proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\treason\nudp\t9.9.9.9\t1\t9.9.9.8\t2\thttp\tx\n' \
	>"$TMP/clean/other.pcap.tsv"
cp "$MADE/positives/made-emulated.pcap" "$TMP/clean/other.pcap"
"$SKYPELAB" signature draft --positive "$MADE/positives/made-2013.pcap" --negative "$MADE/negatives" \
	--negative "$TMP/clean/other.pcap" --vary 0 -o "$TMP/one.yaml" >/dev/null 2>"$TMP/err" || fail "labels that meet nothing"
grep -q 'other.pcap: its labels meet none' "$TMP/err" || fail "labels that meet nothing: $(cat "$TMP/err")"
# an output that cannot be is found before anything is printed
draft --positive "$TMP/copies/a.pcap" --negative "$MADE/negatives" --vary 0 -o "$TMP/copies/a.pcap" \
	>"$TMP/out" 2>"$TMP/err" && fail "an input was written over"
[ ! -s "$TMP/out" ] || fail "a table although the file could not be written"

# ---- recordings of two years, each tried on the other
for pair in ndpi_skype.pcap:diffdetector_skype_2014.pcap diffdetector_skype_2014.pcap:ndpi_skype.pcap; do
	a=$SKYPELAB_CORPORA/positives/${pair%:*} b=$SKYPELAB_CORPORA/positives/${pair#*:}
	if [ ! -e "$a" ] || [ ! -e "$b" ]; then continue; fi
	draft --positive "$a" "${negatives[@]}" --apart "$b" --vary 0 -o "$TMP/pair.yaml" >"$TMP/table" 2>/dev/null ||
		fail "no draft of $a"
	sed -n '/--apart/,$p' "$TMP/table"
	sed -n '/--apart/,$p' "$TMP/table" | has 'recorded clients: 1 of 1 found.*; 0 wrongly claimed of [1-9]' ||
		fail "a draft of $a does not find the client of $b, or finds others"
done
[ -e "$SKYPELAB_CORPORA/positives/SkypeIRC.cap" ] ||
	echo "tried on made captures alone: no recordings under SKYPELAB_CORPORA ($SKYPELAB_CORPORA)"
