#!/usr/bin/env python3
"""A second scorer, to check the first: python3 score.py RUN...

It recomputes accuracy.tsv, clusters.tsv and confusion.tsv of run directories from their captures, truth, events
and settings, and prints every difference. Exit 0: none; 1: some; 2: a file cannot be read.

Model: skypelab-accuracy(5), skypelab-labels(5), skypelab-eve(5) and skypelab-run-directory(5), and
nothing else: it was written from these pages without a look at the program's scorer. Where page
and program differ, one of the two is wrong.

Limits: captures are pcap files of Ethernet or Linux "cooked" frames with IPv4; IPv6 is left out as
in the lab. Which signatures ran, and their revisions, is taken from the tables and the events.
"""
import argparse
import collections
import ipaddress
import json
import multiprocessing
import os
import re
import sys

import capture
import intervals

SLACK = 5 * 10**9  # ns: how far from its row's time a packet may be, and an event from the truth
CALL_SLACK = 30 * 10**9
FOREVER = 1 << 80
HAPPENED = ["probe-accepted", "session-start", "session-change", "session-end", "call-start", "call-end"]
OF_SESSION = ("session-start", "session-change", "session-end")
BEGINS = ("session-start", "session-change")
COUNTS = ["tp", "fp", "fn", "tn", "wrong_role", "unmatched", "unlabelled", "host_seconds"]
CONFUSION = ["source", "detector", "traffic_version", "vantage", "signature", "revision", "truth", "verdict"]
SETTINGS = ["caller_firewall", "caller_nat", "callee_firewall", "callee_nat"]
PRIVATE = [ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]


class Refused(Exception):
    """A file that is not what the manual pages say."""


def nanoseconds(text):
    whole, _, fraction = text.partition(".")
    return int(whole) * 10**9 + int((fraction + "0" * 9)[:9])


def stamp(text, days={}):
    """2006-08-25T19:32:19.077827+0000, in ns since the epoch."""
    m = re.fullmatch(r"(\d+-\d+-\d+)T(\d+):(\d+):(\d+)\.(\d{1,9})(?:\+0000|Z)", text)
    if not m:
        raise Refused(f"time stamp {text}")
    if m[1] not in days:
        import datetime
        days[m[1]] = (datetime.date.fromisoformat(m[1]) - datetime.date(1970, 1, 1)).days * 86400
    seconds = days[m[1]] + int(m[2]) * 3600 + int(m[3]) * 60 + int(m[4])
    return seconds * 10**9 + int((m[5] + "0" * 9)[:9])


def is_private(address, known={}):
    if address not in known:
        known[address] = any(ipaddress.ip_address(address) in n for n in PRIVATE)
    return known[address]


def is_address(text):
    try:
        ipaddress.ip_address(text)
        return True
    except ValueError:
        return False


def table(path):
    """The lines of a table as dictionaries; empty lines and comments are left out."""
    with open(path, encoding="utf-8") as f:
        lines = [l.rstrip("\n").split("\t") for l in f if l.strip() and not l.startswith("#")]
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(lines[0]):
            raise Refused(f"{path}:{number}: {len(line)} fields, not {len(lines[0])}")
    return [dict(zip(lines[0], l)) for l in lines[1:]]


def flow(proto, a, b):
    """A flow in either direction."""
    return (proto, a, b) if a <= b else (proto, b, a)


def kind_of(label, target):
    """What a label is to who looks for the target."""
    if label == target:
        return "positive"
    if label == "unknown" or (label == "not-skype" and target != "skype"):
        return "unknown"
    return "negative"


class Row:
    """One row of truth: label, what that is to the target, ends (0 the opener's), times, hosts."""

    def __init__(self, line, source, target):
        self.proto = line["proto"]
        self.ends = [(line["client_ip"], int(line["client_port"])), (line["server_ip"], int(line["server_port"]))]
        self.tuple = flow(self.proto, *self.ends)
        own = source is None or (line.get("source") or "emulated") == source
        self.own = own
        self.label = line["label"] if own else "unknown"
        self.kind = kind_of(self.label, target)
        self.client = line.get("client", "")
        self.peer_client = line.get("peer", "") == "client"
        self.session = line.get("session", "") == "sn"
        opened, closed = line.get("opened", ""), line.get("closed", "")
        self.opened = nanoseconds(opened) if opened else None
        self.closed = nanoseconds(closed) if closed else None
        self.names = [line.get("client_host", ""), line.get("server_host", "")]
        self.held = False

    def host(self, side):
        return ("name", self.names[side]) if self.names[side] else ("address", self.ends[side][0])

    def widen(self, other):
        """Takes the time of another row of the same tuple and label."""
        if self.opened is not None:
            self.opened = None if other.opened is None else min(self.opened, other.opened)
        if self.closed is not None:
            self.closed = None if other.closed is None else max(self.closed, other.closed)

    def distance(self, at):
        begin = -FOREVER if self.opened is None else self.opened
        end = FOREVER if self.closed is None else self.closed
        return max(begin - at, at - end, 0)

    def monitored(self):
        if bool(self.names[0]) != bool(self.names[1]):
            return 0 if self.names[0] else 1
        return 1 if is_private(self.ends[1][0]) and not is_private(self.ends[0][0]) else 0


class Truth:
    """The rows of one vantage for one source, and which of them the capture holds.

    Rows of a tuple are one flow where all are the same to the target, or, with by_name, have the same label."""

    def __init__(self, lines, source, both, packets, target, by_name=False):
        self.packets = packets
        self.target = target
        self.of = collections.defaultdict(list)
        for line in lines:
            row = Row(line, source if both else None, target)
            if row.own or not by_name:
                self.of[row.tuple].append(row)
        for key, rows in self.of.items():
            if len({r.label if by_name else r.kind for r in rows}) == 1:
                for other in rows[1:]:
                    rows[0].widen(other)
                    rows[0].session |= other.session
                self.of[key] = rows[:1]
        self.rows = [r for rows in self.of.values() for r in rows]
        for key, rows in self.of.items():
            times = packets.flows.get(key)
            if not times:
                continue
            if len(rows) == 1:
                begin, end = min(times), max(times)
                rows[0].held = (rows[0].opened is None or rows[0].opened - SLACK <= end) and \
                    (rows[0].closed is None or rows[0].closed + SLACK >= begin)
            else:
                for at in times:
                    row = self.nearest(rows, at)
                    if row:
                        row.held = True
        self.skype_of = collections.Counter()
        for row in self.rows:
            if row.kind == "positive":
                for address in {e[0] for e in row.ends}:
                    self.skype_of[address] += 1
        self.any_session = any(r.session and r.kind == "positive" for r in self.rows)
        self.place_hosts()

    @staticmethod
    def nearest(rows, at):
        row = min(rows, key=lambda r: (r.distance(at), r.kind == "unknown"))
        return row if row.distance(at) <= SLACK else None

    def tuple_held(self, key):
        return key in self.packets.flows

    def row_of(self, key, at):
        rows = self.of.get(key)
        if not rows:
            return None
        if len(rows) == 1 and (rows[0].held or self.tuple_held(key)):
            return rows[0] if rows[0].held else None
        return self.nearest(rows, at)

    def owns(self, claim, rowless):
        """Whether a claim is of the source that is scored: by its flow's row, first row if none is of its time."""
        row = self.row_of(claim.tuple, claim.at)
        rows = [row] if row else self.of.get(claim.tuple)
        return rows[0].own if rows else rowless

    def client_side(self, row):
        for side in (0, 1):
            if row.client == row.ends[side][0]:
                return side
        if row.label != "skype":
            return row.monitored()
        private = [is_private(e[0]) for e in row.ends]
        if private[0] != private[1]:
            return private.index(True)
        count = [self.skype_of[e[0]] for e in row.ends]
        return 1 if count[1] > count[0] else 0

    def place_hosts(self):
        """What each host is: the first of client, peer, unknown, innocent, none that is true of it."""
        ranks = collections.defaultdict(set)
        self.at_end = collections.defaultdict(set)
        self.at_address = collections.defaultdict(set)
        self.host_held = set()
        for row in self.rows:
            if row.kind == "positive":
                side = self.client_side(row)
                ranks[row.host(side)].add("client" if row.held else "none")
                ranks[row.host(1 - side)].add("client" if row.held and row.peer_client else "peer")
            elif row.kind == "unknown":
                for side in (0, 1):
                    ranks[row.host(side)].add("unknown")
            else:
                side = row.monitored()
                ranks[row.host(side)].add("innocent" if row.held else "none")
                ranks[row.host(1 - side)].add("none")
            for side in (0, 1):
                self.at_end[row.proto, row.ends[side]].add(row.host(side))
                self.at_address[row.ends[side][0]].add(row.host(side))
                if row.held:
                    self.host_held.add(row.host(side))
        order = ["client", "peer", "unknown", "innocent", "none"]
        self.role = {h: min(r, key=order.index) for h, r in ranks.items()}


def endpoint(text):
    address, _, port = text.rpartition(":")
    return (address.strip("[]"), int(port)) if port else (text, 0)


class Claim:
    """One event of the detector."""

    def __init__(self, event, order):
        skype = event[event["event_type"]]
        self.application = event["event_type"]
        self.proto = event["proto"].lower()
        self.src = (event["src_ip"], event["src_port"])
        self.dst = (event["dest_ip"], event["dest_port"])
        self.tuple = flow(self.proto, self.src, self.dst)
        self.at = stamp(event["timestamp"])
        self.order = order
        self.kind = skype["event"]
        client = skype.get("client_ip", "")
        self.client = client if is_address(client) else self.src[0]
        node = skype.get("super_node")
        self.node = (node["ip"], node["port"]) if node else self.dst


    @classmethod
    def foreign(cls, line, order):
        """A line of detections.tsv."""
        self = cls.__new__(cls)
        self.proto, self.src, self.dst = line["proto"], endpoint(line["src"]), endpoint(line["dst"])
        self.tuple = flow(self.proto, self.src, self.dst)
        self.at, self.order = int(line["time_ns"]), order
        self.application = line["application"]
        self.kind = "evidence" if line["event"] == "-" else line["event"]
        self.client = None if line["client"] == "-" else line["client"]
        self.node = self.dst if line["super_node"] == "-" else endpoint(line["super_node"])
        return self


class Happened:
    """One event of the truth: lines of (flow, client, super node), a kind and a time."""

    def __init__(self, kind, at):
        self.kind, self.at = kind, at
        self.lines = []
        self.counts = False

    def about(self, claim, session):
        for key, client, node, _ in self.lines:
            if claim.tuple == key or (session and (claim.client, claim.node) == (client, node)):
                return True
        return False

    def in_time(self, claim):
        if self.at is None:
            return True
        after = CALL_SLACK if self.kind in ("call-start", "call-end") else SLACK
        return self.at - SLACK <= claim.at <= self.at + after


def true_events(path, truth, source):
    """The events of a vantage in order, and whether a file told them."""
    events = []
    if source == "emulated" and os.path.exists(path) and truth.target == "skype":
        known = {}
        for line in table(path):
            if line["event"] not in known:
                known[line["event"]] = Happened(line["kind"], nanoseconds(line["time"]))
                events.append(known[line["event"]])
            ends = (line["client_ip"], int(line["client_port"])), (line["server_ip"], int(line["server_port"]))
            node = None
            if line["super_node"] != "-":
                address, _, port = line["super_node"].rpartition(":")
                node = (address, int(port))
            key = flow(line["proto"], *ends)
            known[line["event"]].lines.append((key, line["client"], node, truth.tuple_held(key)))
        told = True
    else:
        for row in truth.rows:
            if row.session and row.kind == "positive":
                side = truth.client_side(row)
                line = (row.tuple, row.ends[side][0], row.ends[1], row.held)
                for kind, at in (("session-start", row.opened), ("session-end", row.closed)):
                    if kind == "session-start" or at is not None:
                        events.append(Happened(kind, at))
                        events[-1].lines.append(line)
        told = False
    for e in events:
        e.counts = any(l[3] for l in e.lines) and (e.at is None or e.at <= truth.packets.last)
    events.sort(key=lambda e: -FOREVER if e.at is None else e.at)
    return events, told


class Scorer:
    """Counts of one signature at one vantage for one source."""

    def __init__(self, truth, events, told, claims, rowless):
        self.truth, self.events, self.told, self.rowless = truth, events, told, rowless
        self.claims = sorted(claims, key=lambda c: (c.at, c.order))
        for c in self.claims:
            c.row = truth.row_of(c.tuple, c.at)
        self.claims = [c for c in self.claims if truth.owns(c, rowless)]
        self.counts = collections.defaultdict(collections.Counter)

    def score(self):
        self.flows()
        self.clients()
        for kind in HAPPENED:
            self.happened(kind)
        self.sessions()
        self.super_nodes()
        always = {"flow", "client"}
        return {u: c for u, c in self.counts.items() if u in always or any(c[k] for k in ("tp", "fp", "fn"))}

    def flows(self):
        truth, count = self.truth, self.counts["flow"]
        claimed_rows = {id(c.row) for c in self.claims if c.row}
        for row in truth.rows:
            hit = id(row) in claimed_rows
            if row.held and row.kind == "positive":
                count["tp" if hit else "fn"] += 1
            elif row.held and row.kind == "negative":
                count["fp" if hit else "tn"] += 1
        # What meets no held row: once for each flow and row, or flow without one.
        for key, row in {(c.tuple, c.row) for c in self.claims}:
            if key in truth.of and not truth.tuple_held(key):
                count.update(("fp", "unmatched"))
            elif row and not row.held:
                count["fp"] += 1
            elif not row:
                count.update(("fp", "unmatched", "unlabelled"))

    def client_of(self, claim):
        """Whom a claim without a client means: the client of its flow's label, or the monitored side."""
        if claim.client is not None:
            return claim.client
        rows = self.truth.of.get(claim.tuple, [])
        row = rows[0] if len(rows) == 1 else self.truth.nearest(rows, claim.at) if rows else None
        if not row:
            both = [is_private(claim.src[0]), is_private(claim.dst[0])]
            return claim.dst[0] if both == [False, True] else claim.src[0]
        side = self.truth.client_side(row) if row.label == "skype" else row.monitored()
        return row.ends[side][0]

    def named_host(self, claim):
        """The host that a claim names, else None."""
        client = self.client_of(claim)
        ends = [e for e in (claim.src, claim.dst) if e[0] == client]
        if ends:
            own = [claim.row] if claim.row else self.truth.of.get(claim.tuple, [])
            hosts = {r.host(r.ends.index(ends[0])) for r in own}
            if len(hosts) == 1:
                return next(iter(hosts))
            hosts = self.truth.at_end.get((claim.proto, ends[0]), ())
            if len(hosts) == 1:
                return next(iter(hosts))
        hosts = self.truth.at_address.get(client, ())
        return next(iter(hosts)) if len(hosts) == 1 else None

    def clients(self):
        truth, count = self.truth, self.counts["client"]
        claimed, nobody = set(), set()
        for claim in self.claims:
            host = self.named_host(claim)
            if host:
                claimed.add(host)
            else:
                nobody.add(self.client_of(claim))
        watched = truth.watched or (truth.packets.last - truth.packets.first + 10**9 // 2) // 10**9
        for host, role in truth.role.items():
            hit = host in claimed
            count["host_seconds"] += watched if role == "innocent" else 0
            if role == "client":
                count["tp" if hit else "fn"] += 1
            elif role == "peer":
                count["wrong_role"] += hit
            elif role == "innocent":
                count["fp" if hit else "tn"] += 1
            elif role == "none" and hit:
                count["fp"] += 1
                count["unmatched"] += host not in truth.host_held
        for address in nobody:
            count["fp"] += 1
            count["unmatched"] += 1
            count["unlabelled"] += address not in truth.at_address

    def ignored(self, claim):
        """A claim of something that happened, of which the truth cannot tell."""
        if claim.row is None:
            return False
        if claim.row.kind == "unknown":
            return True
        silent = not self.told and (claim.kind not in OF_SESSION or not self.truth.any_session)
        return claim.row.kind == "positive" and silent

    def false(self, claim, unit):
        if self.ignored(claim):
            return
        count = self.counts[unit]
        count["fp"] += 1
        count["unmatched"] += claim.row is None or not self.truth.tuple_held(claim.tuple)
        count["unlabelled"] += claim.row is None

    def happened(self, kind):
        free = [c for c in self.claims if c.kind == kind]
        for event in self.events:
            if event.kind != kind or not event.counts:
                continue
            for claim in free:
                if event.in_time(claim) and event.about(claim, kind in OF_SESSION):
                    free.remove(claim)
                    self.counts[kind]["tp"] += 1
                    break
            else:
                self.counts[kind]["fn"] += 1
        for claim in free:
            self.false(claim, kind)

    def end_of(self, session):
        """The next session event on the same flow, if that is an end that counts."""
        keys = {l[0] for l in session.lines}
        later = [e for e in self.events if e.kind in OF_SESSION]
        for event in later[later.index(session) + 1:]:
            if keys & {l[0] for l in event.lines}:
                return event if event.kind == "session-end" and event.counts else None
        return None

    def ended_early(self, session):
        """Whether a claim ends a session that does not end."""
        keys = {l[0] for l in session.lines}
        nodes = {l[1:3] for l in session.lines}
        later = [e for e in self.events if e.kind in BEGINS]
        until = FOREVER
        for event in later[later.index(session) + 1:]:
            if keys & {l[0] for l in event.lines} or nodes & {l[1:3] for l in event.lines}:
                until = event.at
                break
        since = -FOREVER if session.at is None else session.at - SLACK
        return any(c.kind == "session-end" and session.about(c, True) and since <= c.at < until
                   for c in self.claims)

    def sessions(self):
        count = self.counts["session"]
        free = [c for c in self.claims if c.kind in OF_SESSION]

        def take(event, kinds):
            for kind in kinds:
                for claim in free:
                    if claim.kind == kind and event.in_time(claim) and event.about(claim, True):
                        free.remove(claim)
                        return claim
            return None

        for session in self.events:
            if session.kind not in BEGINS or not session.counts:
                continue
            start = take(session, BEGINS)
            right = start is not None and start.node in {l[2] for l in session.lines}
            if right:
                end = self.end_of(session)
                right = take(end, ("session-end",)) is not None if end else not self.ended_early(session)
            count["tp" if right else "fn"] += 1
        for claim in free:
            if claim.kind in BEGINS:
                self.false(claim, "session")

    def super_nodes(self):
        count = self.counts["super-node"]
        true = set()
        for event in self.events:
            if event.kind in BEGINS and event.counts:
                true.add(next(l[2] for l in event.lines if l[3]))
        claimed = {c.node for c in self.claims if c.kind in BEGINS and not self.ignored(c)}
        count["tp"], count["fn"], count["fp"] = len(true & claimed), len(true - claimed), len(claimed - true)


def foreign(directory, facts, events):
    """Adds what foreign detectors said. Returns {name: units that it has no rows of}, {(name, vantage) that failed}."""
    knows, failed = {}, set()
    for d in facts.get("detectors", []):
        absent = set() if d["sessions"] else set(HAPPENED) | {"session", "super-node"}
        knows[d["signature"]] = absent | ({"flow"} if d["hosts_only"] else set())
    if knows:
        for line in table(os.path.join(directory, "detectors.tsv")):
            if line["status"] != "ok":
                failed.add((line["signature"], line["vantage"]))
        for order, line in enumerate(table(os.path.join(directory, "detections.tsv"))):
            signature = (line["detector"], line["signature"], line["revision"])
            events[line["capture"], signature].append(Claim.foreign(line, order))
    return knows, failed


def verdict_of(applications):
    """What is said of a flow, in words; "-" is the application that no label names."""
    names = sorted(a for a in applications if a != "-")
    return "+".join(names) if names else "other" if applications else "-"


def confusion(truth, claims):
    """Flows of one signature, by (label, verdict)."""
    said = collections.defaultdict(set)
    for claim in claims:
        said[claim.tuple, truth.row_of(claim.tuple, claim.at)].add(claim.application)
    flows = collections.Counter()
    for row in truth.rows:
        if row.held:
            flows[row.label, verdict_of(said.get((row.tuple, row), ()))] += 1
    for (_, row), applications in said.items():
        if row is None or not row.held:
            flows["-", verdict_of(applications)] += 1
    return flows


def own_event(event):
    """Whether a line of eve.json is an event of skypelab-eve(5)."""
    kind = event.get("event_type", "")
    own = event.get(kind)
    return kind == "skype" or (isinstance(own, dict) and "signature" in own and "event" in own)


def score_cell(job):
    """Counts of one cell: {(key of the row, cluster): counts}, its cell and how many packets it read."""
    directory, signatures, confused, target = job  # signatures: (detector, name, revision), of the tables
    with open(os.path.join(directory, "cell.json"), encoding="utf-8") as f:
        facts = json.load(f)
    scoring = facts["scoring"]
    target = target or scoring.get("target", "skype")
    axes = [tuple(a.split("=", 1)) for a in scoring["axes"].split("\t") if a]
    settings = tuple((n, scoring[n]) for n in SETTINGS) + tuple(sorted(axes))
    events = collections.defaultdict(list)
    with open(os.path.join(directory, "eve.json"), encoding="utf-8") as f:
        for order, line in enumerate(f):
            event = json.loads(line)
            if own_event(event):
                skype = event[event["event_type"]]
                signature = ("skypelab", skype["signature"], str(skype["revision"]))
                events[event.get("pcap_filename"), signature].append(Claim(event, order))
    knows, failed = foreign(directory, facts, events)
    out, packets_read, named = {}, 0, collections.Counter()
    for vantage, tap in sorted(facts["taps"].items()):
        packets = capture.read(os.path.join(directory, tap["file"]))
        packets_read += packets.number
        lines = table(os.path.join(directory, f"truth.{vantage}.tsv"))
        for source, made in scoring["sources"].items():
            both = len(scoring["sources"]) > 1
            truth = Truth(lines, source, both, packets, target)
            truth.watched = scoring.get("watched_seconds", 0)
            happened, told = true_events(os.path.join(directory, f"events.{vantage}.tsv"), truth, source)
            rowless = source == "emulated" or "emulated" not in scoring["sources"]
            by_name = Truth(lines, source, both, packets, "skype", by_name=True)
            for signature in confused:
                ran = signature[0] == "skypelab" or signature[1] in knows and "flow" not in knows[signature[1]]
                if (signature[1], vantage) in failed or not ran:
                    continue
                counts = confusion(by_name, [c for c in events[tap["file"], signature] if truth.owns(c, rowless)])
                for (label, verdict), n in counts.items():
                    named[source, signature[0], made["traffic_version"], vantage, *signature[1:], label, verdict] += n
            about = {s for (_, s), claims in events.items() if any(c.application == target for c in claims)}
            for signature in signatures | about:
                if (signature[1], vantage) in failed or signature[0] != "skypelab" and signature[1] not in knows:
                    continue
                claims = [c for c in events[tap["file"], signature] if c.application == target]
                scorer = Scorer(truth, happened, told, claims, rowless)
                for unit, counts in scorer.score().items():
                    if unit in knows.get(signature[1], ()):
                        continue
                    key = (("source", source), ("traffic_version", made["traffic_version"]),
                           ("detector", signature[0]), ("signature", signature[1]), ("vantage", vantage)) + \
                          settings + (("unit", unit), ("revision", signature[2]))
                    out[key, made["cluster"]] = {c: counts[c] for c in COUNTS}
    return facts["cell"], out, packets_read, named


def show(key):
    return " ".join(f"{n}={v}" for n, v in key if v != "-")


def compare(name, wanted, path):
    """Prints every difference of a table to what was recomputed; returns rows and differences."""
    differences, seen, lines = 0, set(), table(path)
    values = {"accuracy.tsv": {"cluster"} | set(COUNTS) | set(intervals.COLUMNS), "clusters.tsv": set(COUNTS),
              "confusion.tsv": {"flows"}}[name]
    absent = {"unit", "revision", "cluster", "detector", "source", "traffic_version", "signature", "vantage", "truth",
              "verdict"} | set(SETTINGS)
    for line in lines:
        key = frozenset((n, v) for n, v in line.items() if n not in values and (v != "-" or n in absent))
        text = f"{path}: " + show([(n, v) for n, v in line.items() if n not in values])
        if key in seen:
            differences += 1
            print(f"{text}: the row is there twice")
        elif key not in wanted:
            differences += 1
            print(f"{text}: the row should not be there")
        else:
            for column, value in wanted[key].items():
                if line.get(column) != value:
                    differences += 1
                    print(f"{text}: {column} is {line.get(column)}, not {value}")
        seen.add(key)
    for key in wanted:
        if key not in seen:
            differences += 1
            print(f"{path}: {show(sorted(key))}: the row is missing")
    return len(lines), differences


def signatures_of(path):
    return {(l["detector"], l["signature"], l["revision"]) for l in table(path)}


def check(run, jobs, options):
    """Recomputes one run, to compare with its tables or those given; returns the number of differences."""
    tables = {n: os.path.join(run, n) for n in ("accuracy.tsv", "clusters.tsv", "confusion.tsv")}
    if options.accuracy or options.confusion:
        tables = {"accuracy.tsv": options.accuracy, "confusion.tsv": options.confusion}
    tables = {n: p for n, p in tables.items() if p}
    signatures = signatures_of(tables["accuracy.tsv"]) if "accuracy.tsv" in tables else set()
    confused = signatures_of(tables["confusion.tsv"]) if "confusion.tsv" in tables else set()
    root = os.path.join(run, "cells")
    work = [(os.path.join(root, c), signatures, confused, options.target) for c in sorted(os.listdir(root))]
    per_row = collections.defaultdict(dict)  # key -> cluster -> counts
    parts = collections.Counter()  # (key, cluster) -> cells in it
    packets, named = 0, collections.Counter()
    with multiprocessing.Pool(jobs) as pool:
        for cell, counts, read, by_name in pool.imap(score_cell, work, chunksize=1):
            packets += read
            named.update(by_name)
            for (key, cluster), c in counts.items():
                key = frozenset((n, v) for n, v in key)
                have = per_row[key].setdefault(cluster, collections.Counter())
                have.update(c)
                parts[key, cluster] += 1
    units = {key: dict(key)["unit"] for key in per_row}
    wanted = {"accuracy.tsv": {}, "clusters.tsv": {}}
    wanted["confusion.tsv"] = {frozenset(zip(CONFUSION, key)): {"flows": str(n)} for key, n in named.items()}
    for key, clusters in per_row.items():
        is_sum = any(parts[key, c] > 1 for c in clusters)
        emulated = dict(key)["source"] == "emulated"
        has_tn = units[key] in ("flow", "client")
        wanted["accuracy.tsv"][key] = intervals.row(clusters, emulated, has_tn, is_sum)
        for cluster, c in clusters.items():
            wanted["clusters.tsv"][key | {("cluster", cluster)}] = {n: str(c[n]) for n in COUNTS}
    total = 0
    print(f"{run}: {len(work)} cells, {packets} packets")
    for name, path in tables.items():
        rows, differences = compare(name, wanted[name], path)
        print(f"{path}: {rows} rows, {len(wanted[name])} recomputed, {differences} differences", flush=True)
        total += differences
    return total


def main():
    parser = argparse.ArgumentParser(description="recompute the tables of run directories")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), help="cells at a time")
    parser.add_argument("--accuracy", metavar="FILE", help="compare this table, not those of the run")
    parser.add_argument("--confusion", metavar="FILE", help="the same for a confusion.tsv")
    parser.add_argument("--target", metavar="NAME", help="the application that is positive, not the run's")
    parser.add_argument("run", nargs="+", help="a run directory")
    options = parser.parse_args()
    try:
        return 1 if sum(check(run, options.jobs, options) for run in options.run) else 0
    except (Refused, OSError, KeyError, ValueError) as e:
        print(f"score.py: {type(e).__name__}: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
