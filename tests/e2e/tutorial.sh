#!/bin/bash
# The tutorial: its commands are run in order, and what each prints is what the page shows; "..." stands for lines
# that the page leaves out. Messages are the same whatever else the machine does, but not the time to the
# millisecond (same_run in lib.sh), nor then the number of a frame: these are not compared.
. tests/e2e/lib.sh
need_namespaces
need python3
ln -s "$PWD/detector" "$PWD/scenarios" "$TMP/"
ln -s "$(realpath "$BUILD")" "$TMP/build"
python3 - docs/tutorial.md "$TMP" <<'PY'
import re, subprocess, sys

def bare(line):
    return re.sub(r"(:\d\d)\.\d{3}\b", r"\1", re.sub(r"\bframe \d+|\d+ frames", "frame", line))

def same(shown, printed):
    """Whether the lines printed are those shown, where "..." is any number of lines, one or more."""
    shown, printed = [bare(l) for l in shown], [bare(l) for l in printed]
    pattern = "".join("(?:.*\n)+?" if l == "..." else re.escape(l) + "\n" for l in shown)
    return re.fullmatch(pattern, "".join(l + "\n" for l in printed))

blocks = re.findall(r"^```console\n(.*?)^```$", open(sys.argv[1]).read(), re.M | re.S)
for block in blocks:
    lines = block.splitlines()
    words = [lines[0].removeprefix("$ ")]
    while len(words) < len(lines) and lines[len(words)].startswith("> "):
        words.append(lines[len(words)][2:])
    ran = subprocess.run(["bash", "-c", "\n".join(words)], cwd=sys.argv[2], text=True,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if not lines[0].startswith("$ ") or ran.returncode or not same(lines[len(words):], ran.stdout.splitlines()):
        sys.exit("FAIL: the page shows\n%sbut exit status %d and\n%s" % (block, ran.returncode, ran.stdout))
print(len(blocks), "commands of the tutorial print what it shows")
if len(blocks) < 8:
    sys.exit("FAIL: the commands of the page were not found")
PY
