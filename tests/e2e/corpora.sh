#!/bin/bash
# skypelab corpora with a mirror on disk: list, fetch, resume, verify; a digest that differs is not
# used and both digests are printed.
. "$(dirname "$0")/lib.sh"
mkdir -p "$TMP/data/scenarios/corpora/labels" "$TMP/mirror/positives" "$TMP/mirror/negatives/x+y"
export SKYPELAB_DATA="$TMP/data" SKYPELAB_CORPORA="$TMP/corpora"
head -c 300000 /dev/urandom >"$TMP/mirror/positives/a.pcap"
head -c 5000 /dev/urandom >"$TMP/mirror/negatives/x+y/b c.pcap"
head -c 5000 /dev/urandom >"$TMP/mirror/negatives/x+y/bad.pcap"
sum() { sha256sum "$1" | cut -d ' ' -f 1; }
printf 'proto\tclient_ip\n' >"$TMP/data/scenarios/corpora/labels/a.pcap.tsv"
cat >"$TMP/data/scenarios/corpora/test.yaml" <<YAML
corpus: test
about: files of this test
captures:
  - path: positives/a.pcap
    role: skype
    sha256: $(sum "$TMP/mirror/positives/a.pcap")
    bytes: 300000
    licence: none
    labels: labels/a.pcap.tsv
  - path: 'negatives/x+y/b c.pcap'
    role: not-skype
    sha256: $(sum "$TMP/mirror/negatives/x+y/b c.pcap")
    licence: none
  - path: 'negatives/x+y/bad.pcap'
    role: not-skype
    sha256: $(printf '0%.0s' $(seq 64))
    licence: none
YAML
run() { "$SKYPELAB" corpora "$@"; }
code() { local rc=0; "$@" >"$TMP/out" 2>"$TMP/err" || rc=$?; echo $rc; }

same "$(run list 2>/dev/null | grep -c pcap)" 3 "captures listed"
same "$(code run verify)" 1 "verify with nothing there"
# Half of a file from an earlier attempt: only the rest is asked for.
mkdir -p "$SKYPELAB_CORPORA/positives"
head -c 120000 "$TMP/mirror/positives/a.pcap" >"$SKYPELAB_CORPORA/positives/a.pcap.part"
same "$(code run fetch --mirror "file://$TMP/mirror" --role skype)" 0 "fetch"
cmp "$TMP/mirror/positives/a.pcap" "$SKYPELAB_CORPORA/positives/a.pcap" || fail "resumed file differs"
[ -e "$SKYPELAB_CORPORA/labels/a.pcap.tsv" ] || fail "labels were not put beside the captures"
same "$(code run verify a.pcap)" 0 "verify of the fetched one"
same "$(code run fetch -d "$TMP/by-folder" --mirror "$TMP/mirror" a.pcap)" 0 "a folder as mirror"
same "$(code run fetch -d "$TMP/by-folder" --mirror "$TMP/nowhere" a.pcap)" 2 "a mirror that is not there"
same "$(wc -l <"$TMP/err")" 1 "lines about it"
# The rest: one good, one with another digest.
same "$(code run fetch --mirror "file://$TMP/mirror")" 2 "fetch with a wrong digest"
grep -q "$(sum "$TMP/mirror/negatives/x+y/bad.pcap")" "$TMP/err" || fail "found digest not printed"
grep -q 00000000000000000000000000000000 "$TMP/err" || fail "expected digest not printed"
[ -e "$SKYPELAB_CORPORA/negatives/x+y/b c.pcap" ] || fail "the good one was not fetched"
[ -z "$(find "$SKYPELAB_CORPORA" -name 'bad*')" ] || fail "a file with a wrong digest was left"
# A mirror with a gigabyte in the place of 300,000 bytes: stopped early, and nothing is left.
mkdir -p "$TMP/large/positives"
truncate -s 1G "$TMP/large/positives/a.pcap"
same "$(code run fetch -d "$TMP/by-size" --mirror "$TMP/large" a.pcap)" 2 "fetch of something larger"
grep -q 'more than the 300000 bytes expected' "$TMP/err" || fail "something larger: $(cat "$TMP/err")"
[ -z "$(find "$TMP/by-size" -type f)" ] || fail "something larger was left"
# A file that was changed later.
printf x >>"$SKYPELAB_CORPORA/positives/a.pcap"
same "$(code run verify a.pcap)" 1 "verify of a changed file"
grep -q differs "$TMP/out" || fail "the change is not named"
same "$(code run fetch --mirror "file://$TMP/nowhere" 'b*')" 2 "fetch from nowhere"
same "$(code run fetch nothing-like-it)" 2 "no match"
sed -i 's/sha256: 0000/sha256: zz00/' "$TMP/data/scenarios/corpora/test.yaml"
same "$(code run list)" 2 "malformed corpus file"
cat >"$TMP/data/scenarios/corpora/zz-other.yaml" <<YAML
corpus: other
about: beside a malformed one
captures:
  - {path: positives/other.pcap, role: skype, sha256: $(printf '1%.0s' $(seq 64)), licence: none}
YAML
same "$(code run list)" 2 "malformed corpus file beside a good one"
grep -q positives/other.pcap "$TMP/out" || fail "the good corpus file was not listed"
grep -q 'test.yaml:[0-9]*: zz00.*SHA-256' "$TMP/err" || fail "no line for the malformed digest: $(cat "$TMP/err")"
# The project's own files are well formed.
unset SKYPELAB_DATA
n=$("$SKYPELAB" corpora list 2>/dev/null | tail -n +2 | wc -l)
echo "$n captures in the project's corpora"
[ "$n" -gt 500 ] || fail "the project's corpora list only $n captures"
