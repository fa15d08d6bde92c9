#!/usr/bin/env python3
"""learner.py [-m AUC] RECORDED.pcap RECORDED.tsv EMULATED.pcap EMULATED.tsv [EMULATED.pcap ...]

Tries to tell emulated Skype from recorded Skype by what needs no decoding: times and sizes of the
packets of each flow. A decision tree of depth 3 learns on four fifths of the flows and is asked
about the last fifth, in turn; flows with one remote address stay together, and both kinds weigh the
same however many emulated captures there are. Prints the area under the ROC curve (0.5 = cannot
tell, 1 = always right) for each question, the mean of REPEATS ways to cut the fifths, and which
features the tree used. Ends with 1 when an area is above AUC. Reads captures on its own: it shares
nothing with the emulator, and nothing is learnt for the next run.

The TSV files have columns proto client_ip client_port server_ip server_port label; only flows with
label skype count. Limits: classic pcap with Ethernet, IPv4, no fragments.
"""
import socket
import statistics
import struct
import sys

import numpy
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.tree import DecisionTreeClassifier

FOLDS, REPEATS, DEPTH, LEAF = 5, 20, 3, 3
NEVER = 99.0  # seconds: what did not happen


def packets(path):
    data = open(path, "rb").read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    unit = 1e9 if data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1e6
    at = 24
    while at + 16 <= len(data):
        sec, part, caplen, _ = struct.unpack(order + "IIII", data[at:at + 16])
        frame = data[at + 16:at + 16 + caplen]
        at += 16 + caplen
        if frame[12:14] != b"\x08\x00" or frame[23] not in (6, 17):
            continue
        ip = frame[14:14 + struct.unpack(">H", frame[16:18])[0]]
        head = (ip[0] & 15) * 4
        if struct.unpack(">H", ip[6:8])[0] & 0x1FFF or len(ip) < head + 8:
            continue
        sport, dport = struct.unpack(">HH", ip[head:head + 4])
        src, dst = (socket.inet_ntoa(ip[12:16]), sport), (socket.inet_ntoa(ip[16:20]), dport)
        if ip[9] == 17:
            yield sec + part / unit, "udp", src, dst, 0, len(ip) - head - 8
        else:
            off = (ip[head + 12] >> 4) * 4
            yield sec + part / unit, "tcp", src, dst, ip[head + 13], len(ip) - head - off


def flows(pcap, tsv):
    """{(proto, client, server): [(time, from client?, TCP flags, payload bytes)]}"""
    rows = [line.rstrip("\n").split("\t") for line in open(tsv) if not line.startswith("#")]
    col = {name: i for i, name in enumerate(rows[0])}
    found = {}
    for r in rows[1:]:
        if r[col["label"]] == "skype":
            found[r[col["proto"]], (r[col["client_ip"]], int(r[col["client_port"]])),
                  (r[col["server_ip"]], int(r[col["server_port"]]))] = []
    for time, proto, src, dst, flags, size in packets(pcap):
        if (proto, src, dst) in found:
            found[proto, src, dst].append((time, True, flags, size))
        elif (proto, dst, src) in found:
            found[proto, dst, src].append((time, False, flags, size))
    return {k: v for k, v in found.items() if v}


def first(values, default=NEVER):
    return next(iter(values), default)


def gaps(f):
    return [b[0] - a[0] for a, b in zip(f, f[1:])] or [NEVER]


def udp_times(f):
    g, opened = gaps(f), f[0][0]
    answers = [b[0] - a[0] for a, b in zip(f, f[1:]) if a[1] != b[1] and b[1] != f[0][1]]
    return {
        "first answer after": first(p[0] - opened for p in f if p[1] != f[0][1]),
        "second request after": first(p[0] - opened for p in f[1:] if p[1] == f[0][1]),
        "least gap": min(g),
        "median gap": statistics.median(g),
        "greatest gap": max(g),
        "least time to answer": min(answers, default=NEVER),
        "greatest time to answer": max(answers, default=NEVER),
        "duration": f[-1][0] - opened,
    }


def udp_sizes(f):
    mine, theirs = [p[3] for p in f if p[1]], [p[3] for p in f if not p[1]]
    return {
        "first size": f[0][3],
        "first answer's size": first((p[3] for p in f if p[1] != f[0][1]), 0),
        "packets out": len(mine),
        "packets in": len(theirs),
        "greatest size out": max(mine, default=0),
        "greatest size in": max(theirs, default=0),
        "bytes out": sum(mine),
        "bytes in": sum(theirs),
    }


def tcp_times(f):
    syn = first((p[0] for p in f if p[2] & 0x12 == 0x02), f[0][0])
    stood = first((p[0] for p in f if p[2] & 0x12 == 0x12), syn)
    said = [p for p in f if p[3]]
    mine = [p[0] for p in said if p[1]]
    turns = [b[0] - a[0] for a, b in zip(said, said[1:]) if a[1] and not b[1]]
    g = gaps(said[:6])
    return {
        "handshake": stood - syn,
        "first bytes after": first(mine, NEVER + stood) - stood,
        "least answer": min(turns, default=NEVER),
        "median answer": statistics.median(turns or [NEVER]),
        "answer less handshake": min(turns, default=NEVER) - (stood - syn),
        "least gap of six": min(g),
        "median gap of six": statistics.median(g),
        "greatest gap of six": max(g),
    }


QUESTIONS = (("UDP timing", "udp", udp_times), ("UDP sizes", "udp", udp_sizes),
             ("TCP timing", "tcp", tcp_times))


def ask(title, proto, features, captures):
    rows, kinds, groups = [], [], []
    for number, capture in enumerate(captures):
        for key, f in capture.items():
            if key[0] == proto and any(p[3] for p in f):
                values = features(f)
                rows.append(list(values.values()))
                kinds.append(number > 0)
                groups.append(hash((number, key[2][0])))
    x, y, groups = numpy.array(rows), numpy.array(kinds), numpy.array(groups)
    areas, used = [], numpy.zeros(x.shape[1])
    for r in range(REPEATS):
        guess = numpy.zeros(len(y))
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=r)
        for learn, test in folds.split(x, y, groups):
            tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=LEAF,
                                          class_weight="balanced", random_state=r)
            tree.fit(x[learn], y[learn])
            guess[test] = tree.predict_proba(x[test])[:, 1]
            used += tree.feature_importances_
        areas.append(roc_auc_score(y, guess))
    area = sum(areas) / REPEATS
    print(f"{title}: AUC {area:.2f} ({sum(~y)} recorded flows, {sum(y)} emulated)")
    for value, name in sorted(zip(used / used.sum(), values), reverse=True):
        if value >= 0.01:
            here, there = x[~y, list(values).index(name)], x[y, list(values).index(name)]
            quarters = [", ".join(f"{q:.3g}" for q in numpy.quantile(v, (0.25, 0.5, 0.75)))
                        for v in (here, there)]
            print(f"    {value:4.0%} {name}: quartiles {quarters[0]} recorded, "
                  f"{quarters[1]} emulated")
    return area


def main(args):
    limit = 1.0
    if args[:1] == ["-m"]:
        limit, args = float(args[1]), args[2:]
    if len(args) < 4 or len(args) % 2:
        sys.exit(__doc__)
    captures = [flows(*pair) for pair in zip(args[::2], args[1::2])]
    areas = [ask(*question, captures) for question in QUESTIONS]
    sys.exit(any(round(a, 2) > limit for a in areas))


main(sys.argv[1:])
