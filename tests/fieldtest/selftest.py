#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The measure of the field test, measured: made-up statements about made-up messages, and figures worked out by hand."""
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import score  # noqa: E402
import truth  # noqa: E402
from dump import Dump, Message, Statement  # noqa: E402


def statement(cls, kind, offset, width, to_end=0, from_end=0, second=0, said_in=-1, key=""):
    return Statement(["statement", str(cls), kind, str(offset), str(width), str(from_end), str(to_end), "-",
                      "-1", "0", "0", str(second), str(said_in), "9", "9", "", "", key])


def message(size, classes, head="000002", begins=""):
    return Message(["message", "0", "1", "0", "udp", "a", "b", "0", "0", "0", str(size), "0", classes, head, begins])


def dump(statements, sizes, begins=None):
    d = Dump.__new__(Dump)
    d.begins = begins or {}
    d.names = {c: f"class {c}" for c in sizes}
    d.sizes, d.sampled, d.statements = sizes, dict(sizes), statements
    d.index()
    return d


def same(what, got, wanted):
    if abs(got - wanted) > 1e-9:
        raise SystemExit(f"{what}: {got}, and by hand {wanted}")


def requests(n, again):
    """Requests of random bytes; with @again the last one has the checksum of the first."""
    rng = random.Random(1)
    heads = [b"\0\0\2" + rng.randbytes(13) for _ in range(n)]
    if again:
        heads[-1] = heads[-1][:7] + heads[0][7:11] + heads[-1][11:]
    return {message(18, "0,1", head=h.hex()): truth.laid_out("U1", "request", 18) for h in heads}


def seen_edges(d):
    for n, again, wanted in ((200, False, 2 / 2), (200, True, 2 / 4), (40, False, 2 / 4)):
        got = score.each_name_once(score.edges(d, requests(n, again))).recall_seen()
        same(f"recall of visible, {n} requests, again {again}", got, wanted)


def follows(whole):
    """Kept is also what follows from what is said: of fewer values, of more bytes. More values are another statement, and
    bytes that too few messages have are not asked for."""
    few = statement(1, "values", 2, 1, key="2 values 01 02 03 & ff")
    text = statement(1, "text", 10, 4, key="10-13 text ")
    whole.statements = [few, text]
    for said, wanted in (([statement(1, "values", 2, 2, key="2-3 values 01 07 02 07 & ff")], [1, 0, 1]),
                         ([statement(1, "values", 2, 1, key="2 values 01 04 & ff")], [0, 1, 1]),
                         ([statement(1, "constant", 2, 1, key="2 constant 01 & ff")], [0, 1, 1]),
                         ([statement(1, "text", 8, 6, key="8-13 text ")], [1, 1, 0])):
        part = dump(said, {1: 50})
        part.messages = [message(4, "1")] * 50
        got = [x if isinstance(x, int) else len(x) for x in score.kept(whole, part)]
        if got != wanted:
            raise SystemExit(f"kept, lost, untested of {said[0].key}: {got}")


def main():
    # A request of 18 bytes has fields at 2, 3, 7, 11. Claimed: 2, 3 and 9; the bigger class's 5 and the second one's 6 are not.
    said = [statement(1, "counter", 0, 2, key="k"), statement(1, "constant", 2, 1), statement(1, "random", 9, 9, to_end=1),
            statement(1, "values", 6, 1, second=1), statement(0, "constant", 5, 1)]
    d = dump(said, {0: 100, 1: 50}, {0: {5, 6}, 1: {2, 3, 9}})
    m = message(18, "0,1")
    facts = {m: truth.laid_out("U1", "request", 18)}
    c = score.each_name_once(score.edges(d, facts))
    same("precision", c.precision(), 2 / 3)
    same("recall", c.recall(), 2 / 4)
    same("false rate", c.false_rate(), 1 / 13)
    # Of an answer the edges at 7 and 11 are between fields that look random.
    facts = {m: truth.laid_out("U4", "answer", 18)}
    same("recall of visible", score.each_name_once(score.edges(d, facts)).recall_seen(), 2 / 2)
    # A checksum is seen where one comes again, and not where none does: then the two edges found are all that show.
    seen_edges(d)
    # What the message's own options show is claimed of it alone.
    m = message(18, "0,1", begins="7")
    same("recall with options", score.each_name_once(score.edges(d, {m: truth.laid_out("U1", "request", 18)})).recall(), 3 / 4)
    # From the end: 18 - 4 = 14 is false. An edge beyond the end of the message is not claimed of it.
    d = dump(said + [statement(1, "constant", 4, 4, from_end=1)], {0: 100, 1: 50}, {1: {2, 3, 7, 9, 11, 18, 40}})
    c = score.each_name_once(score.edges(d, {m: truth.laid_out("U1", "request", 18)}))
    same("recall of four", c.recall(), 1)
    same("precision of six", c.precision(), 4 / 6)
    # Meanings: a counter is right about an id, a constant is weak about an address, text is wrong about a type.
    fields = truth.laid_out("U2", "nack", 11)
    grades = [score.grade(statement(0, k, at, n), fields, 11) for k, at, n in
              (("echo", 0, 2), ("constant", 3, 4), ("text", 2, 1), ("echo", 1, 3), ("address", 20, 4))]
    if grades != ["right", "weak", "wrong", "wrong", None]:
        raise SystemExit(f"grades: {grades}")
    # A tenth: the same key in the same class is kept; a class of few messages is not asked.
    part = dump([statement(1, "counter", 0, 2, key="k")], {0: 10, 1: 50})
    part.messages = [message(4, "1")] * 50
    whole = dump([statement(1, "counter", 0, 2, key="k"), statement(1, "constant", 2, 1, key="c"),
                  statement(0, "constant", 2, 1, key="c")], {0: 100, 1: 500})
    got = [x if isinstance(x, int) else len(x) for x in score.kept(whole, part)]
    if got != [1, 1, 1]:
        raise SystemExit(f"kept, lost, untested: {got}")
    follows(whole)
    # Of a name with three messages there is no class.
    names = score.edges(dump([], {}), {message(18, ""): truth.laid_out("U1", "request", 18) for _ in range(3)})
    if score.enough(names) or not names:
        raise SystemExit(f"names with enough messages: {score.enough(names)}")
    print("the measure measures")


if __name__ == "__main__":
    main()
