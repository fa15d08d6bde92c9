#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Copies of a classic pcap file: at another speed, or every flow as a capture of its own.

    cut_capture.py speed FACTOR IN OUT      time between packets divided by FACTOR (20: 20 times as fast)
    cut_capture.py flows IN DIRECTORY       DIRECTORY/PROTO-A-PORT-B-PORT.pcap, one a flow of UDP or TCP

Ethernet (also with VLAN tags), Linux cooked, raw IP; IPv4. Fragments and all else are left out by
`flows`.
"""
import os
import struct
import sys


def read(path):
    data = open(path, "rb").read()
    magic = data[:4]
    order = "<" if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    if magic not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d"):
        sys.exit(f"{path}: no classic pcap file")
    nano = magic in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")
    link = struct.unpack(order + "I", data[20:24])[0] & 0xFFFF
    packets, at = [], 24
    while at + 16 <= len(data):
        sec, sub, caught, length = struct.unpack(order + "IIII", data[at : at + 16])
        if at + 16 + caught > len(data):
            break
        packets.append((sec * 10**9 + sub * (1 if nano else 1000), length, data[at + 16 : at + 16 + caught]))
        at += 16 + caught
    return link, packets


def write(path, link, packets):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link))
        for ns, length, frame in packets:
            out.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(frame), length) + frame)


def flow_of(link, frame):
    """(proto, end, end) with the ends in order, or None."""
    at = {1: 12, 113: 14, 101: 0, 12: 0, 228: 0}.get(link)
    if at is None:
        sys.exit(f"link type {link} is not known here")
    if link in (1, 113):
        while frame[at : at + 2] == b"\x81\x00":
            at += 4
        if frame[at : at + 2] != b"\x08\x00":
            return None
        at += 2
    ip = frame[at:]
    if len(ip) < 24 or ip[0] >> 4 != 4 or ip[9] not in (6, 17) or struct.unpack(">H", ip[6:8])[0] & 0x3FFF:
        return None
    ports = struct.unpack(">HH", ip[(ip[0] & 15) * 4 :][:4])
    ends = [(".".join(map(str, ip[12 + 4 * k : 16 + 4 * k])), ports[k]) for k in (0, 1)]
    return ("tcp" if ip[9] == 6 else "udp", *sorted(ends))


def main(argv):
    if len(argv) == 5 and argv[1] == "speed":
        link, packets = read(argv[3])
        first = packets[0][0]
        write(argv[4], link, [(first + int((ns - first) / float(argv[2])), n, f) for ns, n, f in packets])
    elif len(argv) == 4 and argv[1] == "flows":
        link, packets = read(argv[2])
        flows = {}
        for packet in packets:
            flow = flow_of(link, packet[2])
            if flow:
                flows.setdefault(flow, []).append(packet)
        os.makedirs(argv[3], exist_ok=True)
        for (proto, a, b), of_flow in flows.items():
            write(f"{argv[3]}/{proto}-{a[0]}-{a[1]}-{b[0]}-{b[1]}.pcap", link, of_flow)
    else:
        sys.exit(__doc__)


main(sys.argv)
