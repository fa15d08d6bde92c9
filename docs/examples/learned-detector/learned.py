#!/usr/bin/python3
"""A learned detector: a decision tree over sizes and times of the first packets of a flow.

  learned.py train MODEL.json CAPTURE LABELS.tsv [CAPTURE LABELS.tsv ...]   needs python3-sklearn
  learned.py detect MODEL.json CAPTURE FLOWS.csv                            needs Python only

The tree knows no address, no port and no byte of payload. The model is JSON: a pickle of a stranger's would
run what is in it. Limits: classic pcap with Ethernet and IPv4, no fragments; a flow is a tuple.
"""
import csv
import json
import socket
import statistics
import struct
import sys

FIRST = 12  # packets with payload of a flow that are looked at
NEVER = -1.0  # a feature of a packet that did not come
DEPTH, LEAF = 7, 5


def packets(path):
    """(time, protocol, source, destination, payload bytes) of each UDP or TCP packet with payload"""
    with open(path, "rb") as f:
        data = f.read()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}.get(data[:4])
    if not order or len(data) < 24 or struct.unpack(order + "I", data[20:24])[0] & 0xFFFF != 1:
        sys.exit(f"{path}: expected a classic pcap file of Ethernet frames")
    unit = 1e9 if b"\x3c" in data[1:3] else 1e6
    at = 24
    while at + 16 <= len(data):
        sec, part, caplen, _ = struct.unpack(order + "IIII", data[at:at + 16])
        frame = data[at + 16:at + 16 + caplen]
        at += 16 + caplen
        if len(frame) < 42 or frame[12:14] != b"\x08\x00" or frame[23] not in (6, 17):
            continue
        ip = frame[14:14 + struct.unpack(">H", frame[16:18])[0]]
        head = (ip[0] & 15) * 4
        if len(ip) < head + (8 if ip[9] == 17 else 20) or struct.unpack(">H", ip[6:8])[0] & 0x1FFF:
            continue
        sport, dport = struct.unpack(">HH", ip[head:head + 4])
        size = len(ip) - head - (8 if ip[9] == 17 else (ip[head + 12] >> 4) * 4)
        if size > 0:
            yield sec + part / unit, ip[9], (socket.inet_ntoa(ip[12:16]), sport), (socket.inet_ntoa(ip[16:20]), dport), size


def flows(path):
    """{(protocol, opener, other): [(time, from the opener?, size)]}, the first packets of each flow, and its last time"""
    found, last = {}, {}
    for t, proto, src, dst, size in packets(path):
        key = (proto, dst, src) if (proto, dst, src) in found else (proto, src, dst)
        seen = found.setdefault(key, [])
        if len(seen) < FIRST:
            seen.append((t, key[1] == src, size))
        last[key] = t
    return found, last


def features(proto, seen):
    out = [float(proto == 6)]
    for direction in (True, False):
        own = [(t, s) for t, d, s in seen if d == direction]
        sizes = [s for _, s in own]
        gaps = [b[0] - a[0] for a, b in zip(own, own[1:])]
        out += [len(own), statistics.fmean(sizes) if sizes else NEVER, statistics.pstdev(sizes) if sizes else NEVER]
        out += [sizes[i] if i < len(sizes) else NEVER for i in range(3)]
        out += [statistics.fmean(gaps) if gaps else NEVER, own[0][0] - seen[0][0] if own else NEVER]
    return out


def train(model, files):
    import numpy
    from sklearn.tree import DecisionTreeClassifier

    rows, truth = [], []
    for capture, labels in zip(files[::2], files[1::2]):
        with open(labels, encoding="utf-8") as f:
            table = csv.DictReader((line for line in f if not line.startswith("#")), delimiter="\t")
            label = {}
            for r in table:
                a, b = (r["client_ip"], int(r["client_port"])), (r["server_ip"], int(r["server_port"]))
                label[{"udp": 17, "tcp": 6}[r["proto"]], frozenset((a, b))] = r["label"]
        for (proto, src, dst), seen in flows(capture)[0].items():
            name = label.get((proto, frozenset((src, dst))), "unknown")
            if name != "unknown":
                rows.append(features(proto, seen))
                truth.append(name == "skype")
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=LEAF, class_weight="balanced", random_state=1)
    tree.fit(numpy.array(rows), truth)
    t = tree.tree_
    nodes = [[int(t.feature[i]), round(float(t.threshold[i]), 6), int(t.children_left[i]), int(t.children_right[i])]
             if t.children_left[i] >= 0 else [bool(t.value[i][0][1] > t.value[i][0][0])] for i in range(t.node_count)]
    with open(model, "w", encoding="utf-8") as f:
        json.dump({"flows": len(rows), "skype": sum(truth), "nodes": nodes}, f)
        f.write("\n")
    print(f"{len(rows)} flows, {sum(truth)} of them Skype, {t.node_count} nodes")


def detect(model, capture, out):
    with open(model, encoding="utf-8") as f:
        nodes = json.load(f)["nodes"]
    found, last = flows(capture)
    with open(out, "w", encoding="utf-8", newline="") as f:
        table = csv.writer(f, lineterminator="\n")
        table.writerow(["protocol", "src_ip", "src_port", "dst_ip", "dst_port", "start", "end", "class"])
        for (proto, src, dst), seen in found.items():
            x, node = features(proto, seen), nodes[0]
            while len(node) > 1:
                node = nodes[node[2] if x[node[0]] <= node[1] else node[3]]
            table.writerow([proto, *src, *dst, f"{seen[0][0]:.6f}", f"{last[proto, src, dst]:.6f}", "skype" if node[0] else "other"])


if __name__ == "__main__":
    if len(sys.argv) >= 5 and sys.argv[1] == "train" and len(sys.argv) % 2 == 1:
        train(sys.argv[2], sys.argv[3:])
    elif len(sys.argv) == 5 and sys.argv[1] == "detect":
        detect(*sys.argv[2:])
    else:
        sys.exit(__doc__)
