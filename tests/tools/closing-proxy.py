#!/usr/bin/env python3
"""closing-proxy.py ADDRESS PORT TARGET: an HTTP proxy that closes the first CONNECT to TARGET without
a word and serves all others. A line for each request goes to standard output."""
import socket
import sys
import threading

ADDRESS, PORT, TARGET = sys.argv[1], int(sys.argv[2]), sys.argv[3]
closed = False


def carry(a, b):
    try:
        while data := a.recv(4096):
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(c):
    global closed
    head = b""
    while b"\r\n\r\n" not in head:
        data = c.recv(4096)
        if not data:
            return
        head += data
    host, port = head.split()[1].decode().split(":")
    if host == TARGET and not closed:
        closed = True
        print("closed", host, flush=True)
        c.close()
        return
    print("served", host, flush=True)
    try:
        s = socket.create_connection((host, int(port)), 5, (ADDRESS, 0))
    except OSError:
        c.close()
        return
    c.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
    threading.Thread(target=carry, args=(s, c), daemon=True).start()
    carry(c, s)


listening = socket.create_server((ADDRESS, PORT))
while True:
    client, _ = listening.accept()
    threading.Thread(target=serve, args=(client,), daemon=True).start()
