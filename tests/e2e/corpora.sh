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
same "$(run 2>/dev/null)" "$(run list 2>/dev/null)" "corpora without a verb"
same "$(code run lst)" 2 "corpora lst"
grep -q "no verb 'lst', did you mean list?" "$TMP/err" || fail "corpora lst: $(cat "$TMP/err")"
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
# A download that fails before its first byte leaves nothing; one that is killed leaves what came, which the
# next one continues.
same "$(code run fetch -d "$TMP/none" --mirror http://127.0.0.1:9 a.pcap)" 2 "fetch from where nothing is"
same "$(find "$TMP/none" -type f)" "" "files after a fetch that received nothing"
need python3
cat >"$TMP/slow.py" <<'END'
import http.server, sys, time
data = open(sys.argv[1], "rb").read()
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        at = int(self.headers.get("Range", "bytes=0-")[6:].rstrip("-"))
        self.send_response(206 if at else 200)
        if at:
            self.send_header("Content-Range", "bytes %d-%d/%d" % (at, len(data) - 1, len(data)))
        self.send_header("Content-Length", str(len(data) - at))
        self.end_headers()
        self.wfile.write(data[at:] if at else data[:200000])
        self.wfile.flush()
        if not at:
            time.sleep(60)
    def log_message(self, *a):
        print(self.headers.get("Range", "all"), file=sys.stderr, flush=True)
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
print(s.server_port, flush=True)
s.serve_forever()
END
python3 "$TMP/slow.py" "$TMP/mirror/positives/a.pcap" >"$TMP/port" 2>"$TMP/asked" &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$TMP"' EXIT
for ((i = 0; i < 400; i++)); do [ ! -s "$TMP/port" ] || break; sleep 0.05; done
part=$TMP/killed/positives/a.pcap.part
"$SKYPELAB" corpora fetch -d "$TMP/killed" --mirror "http://127.0.0.1:$(cat "$TMP/port")" a.pcap >/dev/null 2>&1 &
pid=$!
for ((i = 0; i < 400; i++)); do [ ! -s "$part" ] || break; sleep 0.05; done
kill -9 $pid
wait $pid || true
[ -s "$part" ] || fail "nothing is left of a download that was killed"
same "$(code run fetch -d "$TMP/killed" --mirror "http://127.0.0.1:$(cat "$TMP/port")" a.pcap)" 0 "fetch after a kill: $(cat "$TMP/err")"
cmp "$TMP/mirror/positives/a.pcap" "$TMP/killed/positives/a.pcap" || fail "a continued file differs"
grep -q '^bytes=[1-9]' "$TMP/asked" || fail "asked again for all: $(cat "$TMP/asked")"
same "$(find "$TMP/killed" -name '*.part')" "" "parts after a fetch that was continued"

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
