#!/usr/bin/env python3
"""Two ends of a conversation, for tests of what a gateway lets through.

talk.py serve ADDRESS PORT...                echoes UDP and TCP on these ports; prints "serving"
talk.py super-node ADDRESS PORT              answers Skype's probes: refuses, accepts when asked again
talk.py client                               for each line "udp|tcp PORT ADDRESS PORT [FROM]" one message from the
                                             first port: answered, silent or refused; "hold ..." opens a TCP
                                             connection, "more" sends another message in it; "probe ..." is a
                                             client's probe of a super node, answered = accepted
talk.py stream PORT ADDRESS PORT RATE FROM   datagrams, RATE a second, until a line comes; prints how many
talk.py count ADDRESS PORT                   prints how many datagrams came until a line came
"""
import os
import select
import selectors
import socket
import sys
import time

WAIT = 0.4


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def bound(kind, address, port):
    s = socket.socket(family(address), kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port))
    return s


def serve(address, ports):
    sel = selectors.DefaultSelector()
    for port in map(int, ports):
        sel.register(bound(socket.SOCK_DGRAM, address, port), selectors.EVENT_READ, "udp")
        listener = bound(socket.SOCK_STREAM, address, port)
        listener.listen(16)
        sel.register(listener, selectors.EVENT_READ, "listen")
    print("serving", flush=True)
    while True:
        for key, _ in sel.select():
            s = key.fileobj
            try:
                if key.data == "udp":
                    data, peer = s.recvfrom(2048)
                    s.sendto(data, peer)
                elif key.data == "listen":
                    sel.register(s.accept()[0], selectors.EVENT_READ, "tcp")
                else:
                    data = s.recv(2048)
                    if not data:
                        raise ConnectionError
                    s.sendall(data)
            except OSError:
                if key.data == "tcp":
                    sel.unregister(s)
                    s.close()


def super_node(address, port):
    s = bound(socket.SOCK_DGRAM, address, int(port))
    print("serving", flush=True)
    while True:
        data, peer = s.recvfrom(2048)
        if len(data) == 18:  # U1: refused, with the address it came from
            s.sendto(data[:2] + b"\x07" + socket.inet_aton(peer[0]) + os.urandom(4), peer)
        elif len(data) == 23:  # U3: accepted
            s.sendto(bytes(b ^ 0x55 for b in data[:2]) + b"\x02" + os.urandom(15), peer)


def probe(*flow):
    s = connect(socket.SOCK_DGRAM, *flow)
    try:
        asked = os.urandom(2) + b"\x02" + os.urandom(15)
        s.send(asked)
        refused = s.recv(2048)
        s.send(asked[:2] + b"\x03\x01" + refused[7:11] + os.urandom(4) + asked[7:11] + os.urandom(7))
        return "answered" if len(s.recv(2048)) == 18 else "refused"
    except (socket.timeout, TimeoutError):
        return "silent"
    finally:
        s.close()


def exchange(s, text):
    try:
        s.send(text)
        return "answered" if s.recv(2048) else "refused"
    except (socket.timeout, TimeoutError):
        return "silent"
    except OSError:
        return "refused"


def connect(kind, sport, address, port, own=None):
    s = bound(kind, own or ("::" if ":" in address else "0.0.0.0"), int(sport))
    s.settimeout(WAIT)
    s.connect((address, int(port)))
    return s


def outcome(proto, *flow):
    try:
        s = connect(socket.SOCK_DGRAM if proto == "udp" else socket.SOCK_STREAM, *flow)
    except (socket.timeout, TimeoutError):
        return "silent", None
    except OSError:
        return "refused", None
    return exchange(s, b"hello"), s


def client():
    held = None
    print("ready", flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "more":
            said = exchange(held, b"more")
        elif words[0] == "probe":
            said = probe(*words[1:])
        else:
            said, s = outcome(*words)
            if words[0] == "hold":
                held = s
            elif s:
                s.close()
        print(said, flush=True)


def told_to_end(wait):
    return bool(select.select([sys.stdin], [], [], wait)[0])


def stream(sport, address, port, rate, own):
    s = connect(socket.SOCK_DGRAM, sport, address, port, own)
    n = 0
    print("streaming", flush=True)
    while not told_to_end(1 / float(rate)):
        s.send(b"datagram")
        n += 1
    print(n, flush=True)


def count(address, port):
    s = bound(socket.SOCK_DGRAM, address, int(port))
    n = 0
    print("counting", flush=True)
    while True:
        ready = select.select([s, sys.stdin], [], [])[0]
        if s in ready:
            s.recv(2048)
            n += 1
        elif ready:
            break
    print(n, flush=True)


WORDS = {
    "serve": lambda a, *p: serve(a, p),
    "super-node": super_node,
    "client": client,
    "stream": stream,
    "count": count,
}
if len(sys.argv) < 2 or sys.argv[1] not in WORDS:
    sys.exit(__doc__)
WORDS[sys.argv[1]](*sys.argv[2:])
