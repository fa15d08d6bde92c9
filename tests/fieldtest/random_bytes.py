# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures of messages without fields: 1,000 datagrams of random bytes, ten entropies from 0.8 to 8 bits a byte. Every
byte value may occur at every place; at the lower entropies few do often."""
import math
import random
import struct

MESSAGES = 1000
ENTROPIES = [0.8 * k for k in range(1, 11)]


def weights(entropy):
    """256 geometric weights of that entropy."""
    low, high = 0.0, 1.0
    for _ in range(60):
        r = (low + high) / 2
        w = [r**i for i in range(256)]
        total = sum(w)
        h = -sum(x / total * math.log2(x / total) for x in w if x > 0)
        low, high = (r, high) if h < entropy else (low, r)
    return w


def datagram(rng, src, dst, sport, dport, payload):
    udp = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), rng.randrange(65536), 0, 64, 17, 0, src, dst)
    return ip + udp


def write(path, entropy, varied, seed=1):
    """@varied: sizes from 16 to 95 bytes, not 64 always. Both directions of 100 flows between ten hosts and ten."""
    rng = random.Random(f"{seed} {entropy:.1f} {varied}")
    values = list(range(256))
    rng.shuffle(values)
    w = weights(entropy)
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for i in range(MESSAGES):
            a, b = 10 << 24 | 1 + i % 10, 20 << 24 | 1 + i // 10 % 10
            ends = [(a, 40000 + i % 10), (b, 5000)]
            if rng.random() < 0.4:
                ends.reverse()
            size = rng.randrange(16, 96) if varied else 64
            payload = bytes(rng.choices(values, w, k=size))
            packet = datagram(rng, struct.pack(">I", ends[0][0]), struct.pack(">I", ends[1][0]), ends[0][1],
                              ends[1][1], payload)
            f.write(struct.pack("<IIII", 1152000000 + i // 10, i % 10 * 100000 + rng.randrange(99999), len(packet),
                                len(packet)))
            f.write(packet)
