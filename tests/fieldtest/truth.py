# SPDX-License-Identifier: GPL-2.0-or-later
"""What the bytes of messages are. None of it comes from the analysis.

Emulated Skype: layouts.tsv by the name that the sender wrote into messages.tsv. Recorded Skype: layouts.tsv by the
function nibble, on flows that a label file calls Skype's. Other protocols: every field of tshark's dissection."""
import csv
import os
import subprocess
import xml.etree.ElementTree as ET

HERE = os.path.dirname(os.path.abspath(__file__))
FUNCTIONS = {"request": 2, "answer": 2, "resend": 3, "ack": 5, "nack": 7, "media": 13, "media-keep-alive": 13,
             "fragment": 15}
LATE_NS = 2_000_000_000  # between the sender's socket and the capture, at most


def table(name):
    with open(os.path.join(HERE, name)) as f:
        return list(csv.DictReader((line for line in f if not line.startswith("#")), delimiter="\t"))


class Field:
    def __init__(self, begin, end, meaning):
        self.begin, self.end, self.meaning = begin, end, meaning


class Truth:
    """Of one message: a name, and its fields where meanings are known, else edges alone."""

    def __init__(self, name, edges, fields=()):
        self.name, self.edges, self.fields = name, edges, fields


def read_layouts():
    layouts = {}
    for row in table("layouts.tsv"):
        layouts.setdefault(row["layout"], []).append(row)
    return layouts


LAYOUTS = read_layouts()


def laid_out(name, layout, size):
    fields = []
    for row in LAYOUTS[layout]:
        end = size if row["end"] == "-" else int(row["end"])
        if int(row["begin"]) < min(end, size):
            fields.append(Field(int(row["begin"]), min(end, size), row["meaning"]))
    return Truth(name, {f.begin for f in fields} - {0, size}, fields)


def layout_fits(layout, m):
    """The names are the sender's; that the bytes are what it names is looked at once more."""
    return layout not in FUNCTIONS or (len(m.head) > 2 and m.head[2] & 0x8f == FUNCTIONS[layout])


# --- emulated ---------------------------------------------------------------------------------

class Rule:
    def __init__(self, row):
        self.name, self.transport, self.direction, self.layout = (row[k] for k in
                                                                  ("name", "transport", "direction", "layout"))
        low, dash, high = row["sizes"].partition("-")
        self.low = int(low or 0)
        self.high = int(high) if high else (1 << 32 if dash else self.low)
        self.port = row["port"]

    def fits(self, name, transport, direction, size, port):
        return (self.name == name and self.transport == transport and self.direction in ("-", direction) and
                self.low <= size <= self.high and self.port in ("-", port))


RULES = [Rule(row) for row in table("messages.tsv")]


def layout_of(name, transport, direction, size, port):
    for rule in RULES:
        if rule.fits(name, transport, direction, size, port):
            return rule.layout
    return None


class Sent:
    """messages.tsv of a cell, by what a capture beyond a NAT still shows: the flow's peer, direction, size, time."""

    def __init__(self, path):
        self.udp, self.tcp = {}, {}
        with open(path) as f:
            for row in csv.DictReader(f, delimiter="\t"):
                seconds, _, rest = row["time"].partition(".")
                ts = int(seconds) * 10**9 + int(rest)
                direction = ">" if row["direction"] == "from-opener" else "<"
                key = (row["opener"], row["peer"], direction)
                if row["proto"] == "udp":
                    self.udp.setdefault((*key, int(row["size"])), []).append([ts, row["name"], False])
                else:
                    self.tcp.setdefault(key, {}).setdefault(row["flow"], []).append((ts, int(row["size"]), row["name"]))

    def name_udp(self, m, direction):
        for row in self.udp.get((m.src, m.dst, direction, m.size), []):
            if not row[2] and 0 <= m.ts - row[0] < LATE_NS:
                row[2] = True
                return row[1]
        return None

    def name_tcp(self, m, direction):
        """The name of the message that fills it, from its first byte to its last."""
        for sent in self.tcp.get((m.src, m.dst, direction), {}).values():
            at = 0
            for ts, size, name in sent:
                if at == m.at and size == m.size and 0 <= m.ts - ts < 15 * LATE_NS:
                    return name
                at += size
        return None


def of_run(cells, messages):
    """By message: its truth. @cells: by input, the folder. Also the messages that had a name that does not fit."""
    sent = [Sent(os.path.join(c, "messages.tsv")) for c in cells]
    truth, wrong = {}, []
    for m in messages:
        direction = "<" if m.reply else ">"
        find = sent[m.input].name_udp if m.proto == "udp" else sent[m.input].name_tcp
        name = None if m.broken else find(m, direction)
        layout = name and layout_of(name, m.proto, direction, m.size, m.dst.rpartition(":")[2])
        if not layout:
            continue
        if not layout_fits(layout, m):
            wrong.append((name, m))
            continue
        truth[m] = laid_out(f"{name} {m.proto} {direction}", layout, m.size)
    return truth, wrong


# --- recorded ---------------------------------------------------------------------------------

def labelled(path):
    """The flows that a label file calls Skype's: protocol, client, server."""
    with open(path) as f:
        return {(row["proto"], f"{row['client_ip']}:{row['client_port']}", f"{row['server_ip']}:{row['server_port']}")
                for row in csv.DictReader((line for line in f if not line.startswith("#")), delimiter="\t")
                if row["label"] == "skype"}


def of_labels(path, messages):
    """UDP messages of flows that the label file calls Skype's, by their function."""
    skype = {(client, server) for proto, client, server in labelled(path) if proto == "udp"}
    layouts = {n: k for k, n in FUNCTIONS.items() if k not in ("answer", "media-keep-alive")}
    truth = {}
    for m in messages:
        if m.proto != "udp" or m.size < 3 or not ({(m.src, m.dst), (m.dst, m.src)} & skype):
            continue
        layout = layouts.get(m.head[2] & 0x8f)
        if layout == "request" and m.reply:
            layout = "answer"
        if layout == "media" and m.size == 3:
            layout = "media-keep-alive"
        if layout and (layout not in ("nack", "ack") or m.size == 11):
            truth[m] = laid_out(f"{layout} udp {'<' if m.reply else '>'}", layout, m.size)
    return truth


# --- dissected --------------------------------------------------------------------------------

def spans(element, out):
    for f in element.iter("field"):
        size, pos = int(f.get("size", "0")), int(f.get("pos", "0"))
        if size > 0 and f.get("hide") != "yes":
            out.append((pos, pos + size))


def dissect(capture, protocols, layer):
    """By frame: (size of the payload, edges) of frames that hold one of @protocols over @layer."""
    args = ["tshark", "-n", "-r", capture, "-Y", " or ".join(protocols), "-T", "pdml",
            "-o", "tcp.desegment_tcp_streams:FALSE"]
    process = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    frames = {}
    for _, packet in ET.iterparse(process.stdout):
        if packet.tag != "packet":
            continue
        number, length, payload, found = 0, 0, None, []
        for proto in packet.findall("proto"):
            if proto.get("name") == "frame":
                number = int(proto.find("field[@name='frame.number']").get("show"))
                length = int(proto.find("field[@name='frame.len']").get("show"))
            elif proto.get("name") == layer:
                payload = int(proto.get("pos")) + int(proto.get("size"))
            elif payload is not None:
                spans(proto, found)
        if payload is not None and found:
            size = length - payload
            frames[number] = (size, {e - payload for s in found for e in s if 0 < e - payload < size})
        packet.clear()
    process.stdout.close()
    if process.wait():
        raise SystemExit(f"tshark cannot read {capture}")
    return frames


def of_dissection(capture, protocols, layer, messages):
    frames = dissect(capture, protocols, layer)
    truth = {}
    for m in messages:
        size, edges = frames.get(m.frame, (None, None))
        if size == m.size and not m.broken:
            truth[m] = Truth(f"{protocols[0]} {'<' if m.reply else '>'}", edges)
    return truth
