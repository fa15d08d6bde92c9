#!/usr/bin/env python3
"""near_misses.py TRUTH PCAP: every near miss breaks what its reason says, and nothing else.

Reads a run's truth and the capture of the same vantage (through tshark), and holds each session
against the constraints of Ehlert and Petgang (2006), sections 4 to 6 and 9, written down here anew.
Prints how many sessions break what; exits 1 when one breaks something else, or nothing."""
import collections
import subprocess
import sys

# What a reason breaks, and how many ways of breaking each generator has to show.
SAYS = {
    "U1 of 17 bytes": "U1 size", "U1 of 19 bytes": "U1 size", "U1's function": "U1 function",
    "U2's id": "U2 id", "U2 of 10 bytes": "U2 size", "U2 of 12 bytes": "U2 size", "U2's function": "U2 function",
    "U3's id": "U3 id", "U3 a byte short": "U3 size", "U3 a byte long": "U3 size", "U3's function": "U3 function",
    "U4 of 17 bytes": "U4 size", "U4 of 19 bytes": "U4 size", "U4's function": "U4 function",
    "U4 refuses": "U4 size", "U4 from the client": "U4 way", "TCP to another port": "TCP port",
}
HANDSHAKE = {
    "T2 of 21 bytes": "T2 size", "T2 of 30 bytes": "T2 size", "T3 of 339 bytes": "T3 size",
    "T3 of 57 bytes": "T3 size", "T4 of 3 bytes": "T4 size", "T4 of 5 to 14 bytes": "T4 size", "T4 of 18 bytes": "T4 size",
}
R1 = {
    443: {"R1 of 71 bytes": "R1 size", "R1 of 73 bytes": "R1 size", "a fixed byte of R1": "R1 bytes"},
    80: {"R1 of 15 bytes": "R1 size", "R1 of 17 bytes": "R1 size", "a nibble of R1": "R1 nibbles"},
}
R1_443 = bytes.fromhex("804601030100 2d0000001000000500000400000a0000090000640000620000080000030000"
                       "06010080 0700c00300800600400200800400 80")
R2_443 = bytes.fromhex("160301004a020000460301401be48602ade029e17774e544b9c99cb431315e02dd779d154a9609ba5da870"
                       "201ca0e4f64c6351ae2f8e4ee1e6766a0a88d5d8c55cae98c5e481f22a69bf9058000500")


def handshake(client, server, broken):
    """T2, T3 and T4: the last two of the client's messages, and the server's between them."""
    t2, t4, t3 = client[-2], client[-1], server[-2]
    if not 22 <= len(t2) <= 29:
        broken.add("T2 size")
    if len(t3) <= 57 or len(t3) == 339:
        broken.add("T3 size")
    if len(t4) not in (4, 15, 16, 17):
        broken.add("T4 size")


def probe(messages, ip_server):
    """U1 to U4: what is broken, and whether U4 is the positive one."""
    broken = set()
    (_, u1), (w2, u2), (w3, u3), (w4, u4) = messages
    low = lambda m: m[2] & 15
    for what, bad in {
        "U1 size": len(u1) != 18, "U1 function": u1[2] != 2,
        "U2 way": w2 != "server", "U2 size": len(u2) != 11, "U2 id": u2[:2] != u1[:2], "U2 function": low(u2) != 7,
        "U3 way": w3 != "client", "U3 size": len(u3) != len(u1) + 5, "U3 id": u3[:2] != u1[:2],
        "U3 function": low(u3) != 3, "U3 constant": u3[3] != 1, "U3 first tuple": u3[12:16] != u1[7:11],
        "U3 second tuple": not u3[4:8].startswith(u2[7:11]), "U3 address": u3[8:12] != ip_server,
        "U4 way": w4 != "server", "U4 size": len(u4) != 18, "U4 function": u4[2] != 2, "U4 id": u4[:2] == u1[:2],
    }.items():
        if bad:
            broken.add(what)
    return broken


def r1(port, client, server, broken):
    m = client[0]
    if len(m) != (72 if port == 443 else 16):
        broken.add("R1 size")
    if port == 443:
        if m[11:56] != R1_443[11:56] or [m[i] for i in range(11) if i not in (1, 10)] != \
                [R1_443[i] for i in range(11) if i not in (1, 10)]:
            broken.add("R1 bytes")
        elif len(m) == 72 and m[:56] != R1_443:
            broken.add("R1 bytes")
        if server[0][:79] != R2_443:
            broken.add("R2 bytes")
    elif any((m[i - 10] ^ m[i]) & 0xF0 for i in range(14, min(len(m), 16))):
        broken.add("R1 nibbles")
    if len(client[1]) != 14:
        broken.add("R3 size")


def read(truth, pcap):
    """Flows of the truth, in order of their time: reason, tuple and messages."""
    flows = {}
    with open(truth, encoding="utf-8") as f:
        head = f.readline().rstrip("\n").split("\t")
        for line in f:
            r = dict(zip(head, line.rstrip("\n").split("\t")))
            key = (r["proto"], r["client_ip"], int(r["client_port"]), r["server_ip"], int(r["server_port"]))
            flows[key] = (r["reason"], [])
    out = subprocess.run(["tshark", "-n", "-r", pcap, "-Y", "udp || tcp.len > 0", "-T", "fields", "-e", "ip.src",
                          "-e", "ip.dst", "-e", "udp.srcport", "-e", "udp.dstport", "-e", "tcp.srcport",
                          "-e", "tcp.dstport", "-e", "udp.payload", "-e", "tcp.payload"],
                         check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        s, d, us, ud, ts, td, up, tp = line.split("\t")
        proto, sp, dp, data = ("udp", us, ud, up) if us else ("tcp", ts, td, tp)
        for way, key in (("client", (proto, s, int(sp), d, int(dp))), ("server", (proto, d, int(dp), s, int(sp)))):
            if key in flows:
                flows[key][1].append((way, bytes.fromhex(data.replace(":", ""))))
    return flows


def main():
    flows = read(*sys.argv[1:3])
    seen, wrong, cut = collections.Counter(), [], 0
    for (proto, client, _, server, port), (reason, messages) in flows.items():
        kind, _, says = reason.partition(": ")
        if not kind.startswith("near-miss") or kind == "near-miss tcp":
            continue
        broken = set()
        if proto == "udp":
            expected = {{**SAYS, **HANDSHAKE}[says]}
            if len(messages) < 4:
                cut += 1
                continue
            broken = probe(messages, bytes(int(x) for x in server.split(".")))
            if says[:2] in ("U2", "U3"):
                expected.add("U4 size")
            later = [(k[4], m) for k, (r, m) in flows.items()
                     if k[0] == "tcp" and r == "near-miss tcp: " + says and k[1] == client and k[3] == server
                     and k[4] - port in (0, 1)]
            if "U4 size" in broken and len(messages[3][1]) == 51:
                if later:
                    broken.add("TCP after a refusal")
            elif not later:
                cut += 1
                continue
            else:
                tcp_port, m = later[0]
                if tcp_port != port:
                    broken.add("TCP port")
                if len(m) < 6:
                    cut += 1
                    continue
                handshake([x for w, x in m if w == "client"], [x for w, x in m if w == "server"], broken)
        else:
            expected = {{**R1[port], **HANDSHAKE}[says]}
            if len(messages) < 7:
                cut += 1
                continue
            c, s = [x for w, x in messages if w == "client"], [x for w, x in messages if w == "server"]
            r1(port, c, s, broken)
            handshake(c, s, broken)
        seen[kind, says] += 1
        if broken != expected:
            wrong.append(f"{reason}: breaks {sorted(broken)}, expected {sorted(expected)}")
    every = [("near-miss", x) for x in {**SAYS, **HANDSHAKE}] + \
            [(f"near-miss-{p}", x) for p in R1 for x in {**R1[p], **HANDSHAKE}]
    for key in every:
        print(f"{key[0]:14s} {key[1]:22s} {seen[key]}")
        if not seen[key]:
            wrong.append(f"{key[0]}: none has {key[1]}")
    print(f"{sum(seen.values())} sessions, {cut} cut by the end of the run")
    for w in wrong[:10]:
        print(w)
    return 1 if wrong or cut * 10 > sum(seen.values()) else 0


sys.exit(main())
