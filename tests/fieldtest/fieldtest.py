#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""fieldtest.py --build DIR [--check] [--work DIR] [--page FILE] [--faults FILE] [PART...]

The field test of docs/analysis.md: runs the analysis over traffic whose fields are known, holds what it says against
the truth, and prints the tables. PARTs: emulated recorded lab random tenth; all of them without. --page writes the tables
between the page's marks. --faults lists what is wrong and what is missed. --check: less of everything, and the limits that
targets.tsv has for that. Exit status 1: a figure is not what targets.tsv wants."""
import argparse
import glob
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import random_bytes  # noqa: E402
import score  # noqa: E402
import truth  # noqa: E402
from dump import Dump  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
BEGIN, END = "<!-- fieldtest: begin -->", "<!-- fieldtest: end -->"
RECORDED = [("SkypeIRC.cap", "1.2 for Linux, 2006"), ("diffdetector_skype_2014.pcap", "Windows, 2014"),
            ("ndpi_skype.pcap", "7.7 for Mac, 2015")]
LAB = [("dns", ["dns"], "udp", "dnsmasq and dig"), ("ntp", ["ntp"], "udp", "chronyd"),
       ("dhcp", ["dhcp"], "udp", "dnsmasq and udhcpc"), ("smb", ["smb2", "smb"], "tcp", "smbd and smbclient")]


class Report:
    def __init__(self, column):
        self.lines, self.faults, self.missed = [], [], []
        self.targets = {t["figure"]: (t["side"], float(t[column])) for t in truth.table("targets.tsv")}

    def say(self, line=""):
        self.lines.append(line)

    def row(self, *cells):
        self.say("| " + " | ".join(str(c) for c in cells) + " |")

    def head(self, *cells):
        self.say()
        self.row(*cells)
        self.row(*(["---"] + ["---:"] * (len(cells) - 1)))

    def target(self, figure_name, label, value):
        side, limit = self.targets[figure_name]
        if not (value >= limit if side == "least" else value <= limit):
            words = figure_name.removeprefix("alone ").removeprefix("in all traffic ")
            self.missed.append(f"{label}: {words} {value:.3f}, wanted at {side} {limit:g}")

    def shortfalls(self):
        self.say("\n### Below what is aimed at\n")
        for line in self.missed:
            self.say(f"- {line}")
        if not self.missed:
            self.say("Nothing.")


def figure(x):
    return "–" if x != x else f"{x:.3f}"


def cls_name(dump, cls):
    return "no class" if cls is None else dump.names[cls]


def list_faults(report, what, dump, names, graded=()):
    report.faults.append(f"== {what}: {dump.seen} messages, {len(dump.statements)} statements, {dump.ms:.0f} ms")
    for name, named in sorted(names.items()):
        for kind, found in (("wrong edge", named.wrong), ("missed edge", named.missed)):
            for (cls, at), n in sorted(found.items(), key=lambda x: -x[1])[:6]:
                said = [s for s in dump.by_class.get(cls, []) if not s.second and
                        (at in s.edges(1 << 16) or s.from_end)] if kind == "wrong edge" else []
                report.faults.append(f"{name} ({named.n}): {kind} {at} in {n}, class \"{cls_name(dump, cls)}\"" +
                                     "".join(f"; {s.place}: {s.text} ({s.held}/{s.tried})" for s in said))
    for s, g in graded:
        if g == "wrong":
            report.faults.append(f"wrong meaning: class \"{dump.names[s.cls]}\", {s.place}: {s.text} "
                                 f"({s.held}/{s.tried})")


def skype_row(report, label, how, dump, facts):
    label = f"{label}, {how}"
    names = score.edges(dump, facts)
    graded = score.meanings(dump, facts)
    found = score.meant(dump, facts)
    total = score.each_name_once(names)
    enough = score.enough(names)
    seen = score.each_name_once(enough).recall_seen()
    right = sum(g == "right" for _, g in graded)
    weak = sum(g == "weak" for _, g in graded)
    shares = [a / b for name, (a, b) in found.items() if name in enough]
    share = sum(shares) / len(shares) if shares else float("nan")
    meaning = right / len(graded) if graded else float("nan")
    true_of_bytes = (right + weak) / len(graded) if graded else float("nan")
    report.row(label, len(facts), len(names), len(names) - len(enough), figure(total.precision()),
               figure(total.recall()), figure(seen), figure(total.false_rate()), len(graded), figure(meaning),
               figure(true_of_bytes), figure(share))
    report.target(f"{how} precision", label, total.precision())
    report.target(f"{how} recall of visible", label, seen)
    report.target(f"{how} false rate", label, total.false_rate())
    report.target(f"{how} true", label, true_of_bytes)
    report.target(f"{how} meanings found", label, share)
    list_faults(report, label, dump, names, graded)
    return names, found


def each_message(report, names, found):
    report.head("message", "messages", "edges", "precision", "recall", "of visible", "false rate", "meanings found")
    for name, named in sorted(names.items()):
        c = named.counts
        a, b = found.get(name, (0, 0))
        report.row(name.replace("<", "&lt;").replace(">", "&gt;"), named.n, f"{(c.right + c.missed) / named.n:.1f}",
                   figure(c.precision()), figure(c.recall()), figure(c.recall_seen()), figure(c.false_rate()),
                   figure(a / b if b else float("nan")))


SKYPE_HEAD = ("traffic", "messages", "names", "too few", "precision", "recall", "of visible", "false rate", "statements",
              "right meaning", "true", "meanings found")


class Test:
    def __init__(self, args, work):
        self.build, self.quick, self.work = args.build, args.check, work
        self.tool = os.path.join(args.build, "tools", "fielddump")
        self.report = Report("check" if args.check else "wanted")

    def run_of(self):
        """A run of the paper's matrix, made once."""
        run = os.path.join(self.work, "run")
        if not os.path.exists(os.path.join(run, "manifest.json")):
            filters = ["--filter", "callee.firewall=open", "--filter", "callee.nat=public"] if self.quick else []
            subprocess.run([os.path.join(self.build, "skypelab"), "run", "--repeat", "1" if self.quick else "2",
                            "--no-report", "-o", run, *filters, os.path.join(HERE, "../../scenarios/paper-matrix.yaml")],
                           check=True, stdout=subprocess.DEVNULL)
        return run

    def cells(self, version):
        return sorted(glob.glob(os.path.join(self.run_of(), "cells", f"{version}_*")))

    def alone(self, captures, labels):
        """What the analysis says when it gets the flows of the label files alone; by input."""
        path = os.path.join(self.work, "flows.txt")
        with open(path, "w") as f:
            for i, name in enumerate(labels):
                f.writelines(f"{i}\t{client}\t{server}\n" for _, client, server in sorted(truth.labelled(name)))
        return Dump(self.tool, captures, ("-l", path))

    def emulated_row(self, version, how, cells, dump):
        facts, wrong = truth.of_run(cells, dump.messages)
        if wrong:
            raise SystemExit(f"the truth is wrong: {len(wrong)} messages are not what their name says, "
                             f"first {wrong[0][0]}, frame {wrong[0][1].frame} of {cells[wrong[0][1].input]}")
        return skype_row(self.report, version, how, dump, facts)

    def emulated(self):
        shown = None
        self.report.say("### Skype, emulated")
        self.report.head(*SKYPE_HEAD)
        for version in ("1.4", "2.0"):
            cells = self.cells(version)
            captures = [os.path.join(c, "caller-gw.lan.pcap") for c in cells]
            labels = [os.path.join(c, "truth.caller.lan.tsv") for c in cells]
            got = self.emulated_row(version, "alone", cells, self.alone(captures, labels))
            shown = shown or got
            self.emulated_row(version, "in all traffic", cells, Dump(self.tool, captures))
        self.report.say("\nEach message of 1.4, alone:")
        each_message(self.report, *shown)

    def corpus(self, *parts):
        folder = os.environ.get("SKYPELAB_CORPORA", os.path.join(HERE, "../../corpora"))
        return os.path.join(folder, *parts)

    def recorded(self):
        there = [r for r in RECORDED if os.path.exists(self.corpus("positives", r[0])) and
                 os.path.exists(self.corpus("labels", r[0] + ".tsv"))]
        self.report.say("\n### Skype, recorded (datagrams)")
        if not there:
            self.report.say("\nNo capture is under SKYPELAB_CORPORA.")
            return
        self.report.head(*SKYPE_HEAD)
        shown = {}
        for name, words in there:
            capture, labels = self.corpus("positives", name), self.corpus("labels", name + ".tsv")
            for how, dump in (("alone", self.alone([capture], [labels])), ("in all traffic", Dump(self.tool, [capture]))):
                got = skype_row(self.report, f"{words} ({name})", how, dump, truth.of_labels(labels, dump.messages))
                shown.setdefault(name, got)
        for name, got in shown.items():
            self.report.say(f"\nEach message of {name}, alone:")
            each_message(self.report, *got)

    def lab_capture(self, protocol):
        """The capture, or None and the words why not."""
        path = os.path.join(self.work, protocol + ".pcap")
        if os.path.exists(path) and os.path.getsize(path) > 24:
            return path, ""
        done = subprocess.run([os.path.join(HERE, "lab.sh"), protocol, path, "300" if self.quick else "1000"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode == 77:
            return None, done.stdout.strip().split("\n")[-1]
        if done.returncode:
            raise SystemExit(f"lab.sh {protocol}: {done.stdout}")
        return path, ""

    def lab(self):
        self.report.say("\n### Other protocols, by real programs")
        self.report.head("protocol", "messages", "with truth", "precision", "recall", "false rate", "F1")
        total, n = score.Counts(), 0
        for protocol, layers, over, words in LAB:
            path, lack = self.lab_capture(protocol)
            if not path:
                self.report.row(f"{protocol.upper()} ({words})", f"not made: {lack}", "", "", "", "", "")
                continue
            dump = Dump(self.tool, [path])
            facts = truth.of_dissection(path, layers, over, dump.messages)
            names = score.edges(dump, facts)
            c = score.each_message_once(names)
            if facts:
                total.add(c, 1 / len(facts))
                n += 1
            self.report.row(f"{protocol.upper()} ({words})", len(dump.messages), len(facts), figure(c.precision()),
                            figure(c.recall()), figure(c.false_rate()), figure(c.f1()))
            self.report.target(f"{protocol.upper()} F1", words, c.f1())
            list_faults(self.report, protocol.upper(), dump, names)
        self.report.row(f"{n} protocols, each once", "", "", figure(total.precision()), figure(total.recall()),
                        figure(total.false_rate()), figure(total.f1()))

    def random(self):
        self.report.say("\n### Random bytes")
        self.report.head("bits a byte", *(f"{h:.1f}" for h in random_bytes.ENTROPIES))
        for varied in (False, True):
            found = []
            for h in random_bytes.ENTROPIES:
                path = os.path.join(self.work, f"random-{h:.1f}-{int(varied)}.pcap")
                random_bytes.write(path, h, varied)
                dump = Dump(self.tool, [path])
                said = [s for s in dump.statements if any(s.edges(size) for size in range(16, 96)) or s.kind != "random"]
                found.append(len(said))
                self.report.target("random statements", f"{h:.1f} bits a byte", len(said))
                self.report.faults += [f"random {h:.1f} {'varied' if varied else '64'}: class "
                                       f"\"{dump.names[s.cls]}\", {s.place}: {s.text} ({s.held}/{s.tried})" for s in said]
            self.report.row("statements, sizes 16 to 95" if varied else "statements, all of 64 bytes", *found)

    def tenth_row(self, label, whole, part):
        same, lost, untested = score.kept(whole, part)
        asked = same + len(lost)
        share = same / asked if asked else float("nan")
        self.report.row(label, f"{whole.seen} → {part.seen}", asked, same, figure(share), len(untested))
        if asked:
            self.report.target("tenth kept", label, share)
        self.report.faults.append(f"== tenth, {label}")
        self.report.faults += [f"lost: class \"{whole.names[s.cls]}\", {s.place}: {s.text} ({s.held}/{s.tried})"
                               for s in lost]

    def tenth(self):
        self.report.say("\n### A tenth of the capture")
        self.report.head("capture", "messages", "asked", "kept", "share", "class too small")
        captures = [os.path.join(c, "caller-gw.lan.pcap") for c in self.cells("1.4")]
        whole = Dump(self.tool, captures)
        self.tenth_row("emulated 1.4, every tenth capture", whole, Dump(self.tool, captures[::10]))
        self.tenth_row("emulated 1.4, every tenth flow", whole, Dump(self.tool, captures, ("-f", "1/10")))
        for name, _ in RECORDED[:1]:
            path = self.corpus("positives", name)
            if not os.path.exists(path):
                continue
            whole = Dump(self.tool, [path])
            self.tenth_row(f"{name}, every tenth flow", whole, Dump(self.tool, [path], ("-f", "1/10")))
            times = [m.ts for m in whole.messages]
            seconds = (max(times) - min(times)) / 1e10
            self.tenth_row(f"{name}, the first {seconds:.0f} s", whole, Dump(self.tool, [path], ("-t", f"{seconds}")))


def put(page, text):
    with open(page) as f:
        old = f.read()
    before, mark, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise SystemExit(f"{page} lacks {BEGIN} or {END}")
    with open(page + ".new", "w") as f:
        f.write(before + BEGIN + "\n" + text + "\n" + END + after)
    os.rename(page + ".new", page)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--work")
    parser.add_argument("--page")
    parser.add_argument("--faults")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("parts", nargs="*")
    args = parser.parse_args()
    parts = args.parts or ["emulated", "recorded", "lab", "random", "tenth"]
    with tempfile.TemporaryDirectory() as temporary:
        test = Test(args, args.work or temporary)
        os.makedirs(test.work, exist_ok=True)
        for part in parts:
            getattr(test, part)()
    test.report.shortfalls()
    text = "\n".join(test.report.lines)
    print(text)
    if args.page:
        put(args.page, text)
    if args.faults:
        with open(args.faults, "w") as f:
            f.write("\n".join(test.report.faults) + "\n")
    return 1 if test.report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
