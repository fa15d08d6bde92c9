#!/usr/bin/env python3
"""Edits the events and the truth of a copy of a run at random, for score.py and `skypelab score --run`
to disagree about: python3 edit.py SEED RUN.

Detector and sources are right most of the time, so that their runs reach few of the rules of
skypelab-accuracy(5). This makes claims of peers, of flows that nobody has, too early or late, of other
super nodes; rows that are unknown, wrong, missing, of other times, without times, names or client;
events that are missing, moved or of another flow.
"""
import json
import os
import random
import sys


def moved(stamp, by):
    """A time stamp of an EVE line, by whole seconds within its minute."""
    second = min(59, max(0, int(stamp[17:19]) + by))
    return f"{stamp[:17]}{second:02d}{stamp[19:]}"


def edited(event, rng, others):
    """One event of the detector, changed in one way."""
    skype, way = event[event["event_type"]], rng.randrange(8)
    if way == 0:
        for part in ("ip", "port"):
            event[f"src_{part}"], event[f"dest_{part}"] = event[f"dest_{part}"], event[f"src_{part}"]
        skype["client_ip"] = event["src_ip"]
    elif way == 1:
        event["src_port"] = rng.randrange(1, 65536)
    elif way == 2:
        event["dest_ip"] = rng.choice(["198.51.100.7", rng.choice(others)["dest_ip"]])
    elif way == 3:
        event["timestamp"] = moved(event["timestamp"], rng.choice([-40, -20, -6, -3, 3, 6, 20, 40]))
    elif way == 4:
        skype["event"] = rng.choice(["probe-accepted", "session-start", "session-change", "session-end",
                                     "call-start", "call-end", "flow", "evidence"])
    elif way == 5:
        skype["super_node"] = {"ip": rng.choice(others)["dest_ip"], "port": rng.choice(others)["dest_port"]}
    elif way == 6:
        skype["client_ip"] = rng.choice(["", "none", "198.51.100.9", rng.choice(others)["src_ip"], event["dest_ip"]])
    else:
        other = rng.choice(others)
        for part in ("ip", "port"):
            event[f"dest_{part}"] = other[f"dest_{part}"]
    return event


def edit_events(path, rng):
    with open(path, encoding="utf-8") as f:
        lines = [json.loads(l) for l in f]
    out = []
    for event in lines:
        dice = rng.random()
        if dice < 0.05:
            continue
        out.append(event)
        if dice < 0.3:
            out.append(edited(json.loads(json.dumps(event)), rng, lines))
            if dice < 0.15:
                out.pop(-2)
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(json.dumps(e) + "\n" for e in out)


def edit_table(path, rng, change):
    with open(path, encoding="utf-8") as f:
        header, *lines = [l.rstrip("\n").split("\t") for l in f]
    out = []
    for line in lines:
        row = dict(zip(header, line))
        out += [[r[n] for n in header] for r in change(row, rng)]
    with open(path, "w", encoding="utf-8") as f:
        f.writelines("\t".join(l) + "\n" for l in [header] + out)


def truth_row(row, rng):
    dice = rng.random()
    if dice < 0.04:
        return []
    if dice < 0.10:
        row["label"] = rng.choice(["skype", "not-skype", "unknown", "dns", "http"])
    elif dice < 0.13:
        row["opened"] = f"{float(row['opened'] or 0) + rng.choice([-500, 50, 500]):.9f}" if row["opened"] else ""
        row["closed"] = f"{float(row['opened']) + 2:.9f}" if row["opened"] else ""
    elif dice < 0.16:
        row["opened"] = row["closed"] = ""
    elif dice < 0.20:
        row["client"] = rng.choice(["", row["client_ip"], row["server_ip"]])
    elif dice < 0.22:
        row["peer"] = "client" if row["peer"] != "client" else ""
    elif dice < 0.24:
        row["client_host"], row["server_host"] = row["server_host"], row["client_host"]
    elif dice < 0.28:
        row["client_host"] = row["server_host"] = ""
    elif dice < 0.32:
        row["server_port"] = str(rng.randrange(1, 65536))
    elif dice < 0.36 and row["proto"] == "tcp":
        row["session"] = "sn" if row["label"] == "skype" else ""
    elif dice < 0.40:
        row["source"] = rng.choice(["emulated", "recorded"])
    elif dice < 0.50 and row["opened"]:
        # The tuple has two uses, a while apart.
        first, second = dict(row), dict(row)
        first["closed"] = f"{float(row['opened']) + 1:.9f}"
        second["opened"] = f"{float(row['opened']) + rng.choice([1.5, 4, 9, 30]):.9f}"
        second["closed"] = ""
        second["label"] = rng.choice(["skype", "not-skype", "unknown", "dns", "http"])
        return [first, second]
    return [row]


def happened_row(row, rng):
    dice = rng.random()
    if dice < 0.1:
        return []
    if dice < 0.2:
        row["time"] = f"{float(row['time']) + rng.choice([-20, -4, 4, 20]):.9f}"
    elif dice < 0.25 and row["kind"] == "session-start":
        row["kind"] = "session-change"
    elif dice < 0.3:
        row["client_port"] = str(rng.randrange(1, 65536))
    return [row]


def main():
    rng, root = random.Random(int(sys.argv[1])), os.path.join(sys.argv[2], "cells")
    for cell in sorted(os.listdir(root)):
        folder = os.path.join(root, cell)
        edit_events(os.path.join(folder, "eve.json"), rng)
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if name.startswith("truth."):
                edit_table(path, rng, truth_row)
            elif name.startswith("events."):
                edit_table(path, rng, happened_row)


if __name__ == "__main__":
    main()
