"""The flows of a pcap file: when each flow's packets came. Used by score.py.

Reads pcap (not pcapng) in either byte order, micro- or nanoseconds; Ethernet, with VLAN tags, and
Linux "cooked" frames of both versions; IPv4 with TCP or UDP. Later fragments have no ports: left out.
"""
import collections
import socket
import struct

ETHERNET, COOKED, COOKED_2 = 1, 113, 276
NAMES = {6: "tcp", 17: "udp"}


class Packets:
    def __init__(self):
        self.flows = {}  # (protocol, lesser end, greater end) -> times in ns
        self.first = self.last = 0  # times of the first and last packet in ns
        self.number = 0


def read(path):
    with open(path, "rb") as f:
        data = f.read()
    order, scale = {b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000),
                    b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1)}.get(data[:4], (None, 0))
    if not order:
        raise ValueError(f"{path}: not a pcap file")
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    at_type, header = {ETHERNET: (12, 14), COOKED: (14, 16), COOKED_2: (0, 20)}[link]
    record, ports = struct.Struct(order + "IIII"), struct.Struct(">HH")
    packets, by_wire, position, end = Packets(), collections.defaultdict(list), 24, len(data)
    while position + 16 <= end:
        seconds, fraction, size, _ = record.unpack_from(data, position)
        start, position = position + 16, position + 16 + size
        at = seconds * 10**9 + fraction * scale
        packets.number += 1
        packets.first = min(packets.first or at, at)
        packets.last = max(packets.last, at)
        kind, ip = data[start + at_type:start + at_type + 2], start + header
        while link == ETHERNET and kind in (b"\x81\x00", b"\x88\xa8"):
            kind, ip = data[ip + 2:ip + 4], ip + 4
        if kind != b"\x08\x00" or ip + 24 > position or data[ip] >> 4 != 4:
            continue
        proto, later = data[ip + 9], struct.unpack_from(">H", data, ip + 6)[0] & 0x1FFF
        if proto not in NAMES or later:
            continue
        payload = ip + (data[ip] & 15) * 4
        if payload + 4 <= position:
            by_wire[proto, data[ip + 12:ip + 20], data[payload:payload + 4]].append(at)
    for (proto, addresses, of), times in by_wire.items():
        a, b = ports.unpack(of)
        ends = sorted([(socket.inet_ntoa(addresses[:4]), a), (socket.inet_ntoa(addresses[4:]), b)])
        packets.flows.setdefault((NAMES[proto], ends[0], ends[1]), []).extend(times)
    return packets
