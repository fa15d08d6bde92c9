# SPDX-License-Identifier: GPL-2.0-or-later
"""Statements of the analysis held against the truth: edges of fields, and what they mean.

A message's map is the one of the smallest class that holds it. What its statements say begins and ends somewhere: these
are the edges that the analysis claims, at offsets 1 .. size - 1. Edges of the truth are the beginnings of its fields.
"""
from truth import table

MEANINGS = {row["meaning"]: row for row in table("meanings.tsv")}


class Counts:
    def __init__(self, right=0.0, wrong=0.0, missed=0.0, neither=0.0, seen=0.0):
        self.right, self.wrong, self.missed, self.neither = right, wrong, missed, neither
        self.seen = seen  # of right and missed: those that the values can show

    def add(self, o, weight=1.0):
        for k in ("right", "wrong", "missed", "neither", "seen"):
            setattr(self, k, getattr(self, k) + getattr(o, k) * weight)

    @staticmethod
    def part(a, b):
        return a / b if b else float("nan")

    def precision(self):
        return self.part(self.right, self.right + self.wrong)

    def recall(self):
        return self.part(self.right, self.right + self.missed)

    def recall_seen(self):
        return self.part(self.right, self.seen)

    def false_rate(self):
        return self.part(self.wrong, self.wrong + self.neither)

    def f1(self):
        p, r = self.precision(), self.recall()
        return 2 * p * r / (p + r) if p + r > 0 else float("nan")


EVEN_LEAST = 64  # messages to see whether bytes are even
EVEN_MOST = 37.7  # chi-squared of 16 values of half a byte, 15 degrees of freedom: in one of 1,000 by chance


def even(values):
    """Whether half bytes are as even as those of ciphertext: both halves of @values."""
    for shift in (0, 4):
        n = [0] * 16
        for v in values:
            n[v >> shift & 15] += 1
        expected = len(values) / 16
        if sum((x - expected) ** 2 for x in n) / expected > EVEN_MOST:
            return False
    return True


def even_around(messages, begin, end):
    """Whether the kept bytes of [begin, end) are even, and each XORed with the next."""
    heads = [m.head[begin:end] for m in messages]
    width = min(map(len, heads))
    return all(even([h[k] for h in heads]) for k in range(width)) and \
        all(even([h[k] ^ h[k + 1] for h in heads]) for k in range(width - 1))


def sent_once(truth):
    """Names whose checksum looks like the ciphertext beside it, as no value of it comes again in any message: the names,
    each with the offsets where it begins and ends. Where messages are too few to see that, or a byte is uneven, none."""
    seen, named = {}, {}
    for m, t in truth.items():
        for a, f, b in zip(t.fields, t.fields[1:], t.fields[2:]):
            if f.meaning == "crc" and len(m.head) >= f.end:
                value = m.head[f.begin:f.end]
                seen[value] = seen.get(value, 0) + 1
                named.setdefault((t.name, f.begin, f.end, a.begin), []).append((m, value))
    once = {}
    for (name, begin, end, before), rows in named.items():
        messages = [m for m, _ in rows]
        if len(rows) >= EVEN_LEAST and all(seen[v] == 1 for _, v in rows) and even_around(messages, before, end + 1):
            once.setdefault(name, set()).update((begin, end))
    return once


def visible(t, once=()):
    """Edges that are not between two random-looking fields; all of them where meanings are not known. A checksum is one
    of those where its name is in @once."""
    if not t.fields:
        return t.edges
    hidden = set()
    for a, b in zip(t.fields, t.fields[1:]):
        looks = [MEANINGS[f.meaning]["look"] for f in (a, b)]
        if looks == ["random", "random"]:
            hidden.add(b.begin)
        elif t.name in once and b.begin in once[t.name] and sorted(looks) == ["copied", "random"]:
            hidden.add(b.begin)
    return t.edges - hidden


class Named:
    """The messages of one name."""

    def __init__(self):
        self.n, self.counts = 0, Counts()
        self.wrong, self.missed = {}, {}  # (class, offset): messages


def edges(dump, truth):
    """By name: the counts of its edges, summed over its messages."""
    names, cache, once = {}, {}, sent_once(truth)
    for m, t in truth.items():
        cls = dump.narrowest(m)
        if (cls, m.size) not in cache:
            cache[cls, m.size] = dump.edges(cls, m.size)
        said = cache[cls, m.size] | m.begins
        named = names.setdefault(t.name, Named())
        named.n += 1
        hit = said & t.edges
        shown = visible(t, once)
        named.counts.add(Counts(len(hit), len(said - t.edges), len(t.edges - said),
                                max(m.size - 1, 0) - len(said | t.edges), len(shown | hit)))
        for at in said - t.edges:
            named.wrong[cls, at] = named.wrong.get((cls, at), 0) + 1
        for at in shown - said:
            named.missed[cls, at] = named.missed.get((cls, at), 0) + 1
    return names


CLASS_LEAST = 4  # messages of a class, at least: analysis/field/classes.c


def enough(names):
    """Names with so many messages that a class of them can be: of others the analysis does not speak."""
    return {name: named for name, named in names.items() if named.n >= CLASS_LEAST}


def each_name_once(names):
    total = Counts()
    for named in names.values():
        total.add(named.counts, 1 / named.n)
    return total


def each_message_once(names):
    total = Counts()
    for named in names.values():
        total.add(named.counts)
    return total


# --- meanings ---------------------------------------------------------------------------------

def grade(statement, t, size):
    """right, weak or wrong about the fields of one message that it touches; None = not in it."""
    span = statement.span(size)
    if span is None or not t.fields:
        return None
    worst = "right"
    for f in t.fields:
        if f.begin >= span[1] or f.end <= span[0]:
            continue
        m = MEANINGS[f.meaning]
        if statement.kind in m["right"].split():
            continue
        if statement.kind not in m["weak"].split():
            return "wrong"
        worst = "weak"
    return worst


def meanings(dump, truth):
    """Each statement once, by what it is about most of the messages of its class that have a truth: a list of
    (statement, grade). And per name and field that is not random: the share of messages of which a right kind is said."""
    tally = {}
    for m, t in truth.items():
        for cls in m.classes:
            for s in dump.by_class.get(cls, []):
                if s.own():
                    g = grade(s, t, m.size)
                    if g:
                        row = tally.setdefault(s, {"right": 0, "weak": 0, "wrong": 0})
                        row[g] += 1
    graded = []
    for s, row in tally.items():
        total = sum(row.values())
        if row["right"] >= 0.95 * total:
            graded.append((s, "right"))
        elif row["right"] + row["weak"] >= 0.95 * total:
            graded.append((s, "weak"))
        else:
            graded.append((s, "wrong"))
    return graded


def meant(dump, truth):
    """By name: fields that are not random, and how many of them get a statement of a right kind, over messages."""
    names = {}
    for m, t in truth.items():
        said = [s for s in dump.by_class.get(dump.narrowest(m), []) if s.span(m.size)]
        row = names.setdefault(t.name, [0, 0])
        for f in t.fields:
            kinds = MEANINGS[f.meaning]["right"].split()
            if f.meaning in ("random", "stream", "crc"):
                continue
            row[1] += 1
            row[0] += any(s.kind in kinds and s.span(m.size)[0] < f.end and s.span(m.size)[1] > f.begin for s in said)
    return {k: v for k, v in names.items() if v[1]}


# --- less of the same -------------------------------------------------------------------------

FEW = 20  # messages of a class that are left and have the bytes: below, nothing can be asked of them


def sizes_of(dump):
    """The sizes of the messages of each class, by its name, where FEW of them were looked at."""
    sizes = {dump.names[c]: [] for c, n in dump.sampled.items() if n >= FEW}
    for m in dump.messages:
        for c in m.classes:
            if dump.names[c] in sizes:
                sizes[dump.names[c]].append(m.size)
    return sizes


def kept(whole, part):
    """Statements of @whole that @part has too, or from whose statements they follow: (kept, lost list, untested list)."""
    have, all_of = {}, {}
    for s in part.statements:
        have.setdefault(part.names[s.cls], set()).add(s.key)
        all_of.setdefault(part.names[s.cls], []).append(s)
    sizes = sizes_of(part)
    same, lost, untested = 0, [], []
    for s in whole.statements:
        name = whole.names[s.cls]
        if not s.own() or s.kind == "random":
            continue
        if s.key in have.get(name, ()) or any(t.implies(s) for t in all_of.get(name, ())):
            same += 1
        elif sum(s.span(size) is not None for size in sizes.get(name, ())) >= FEW:
            lost.append(s)
        else:
            untested.append(s)
    return same, lost, untested
