# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests/tools/fielddump.c prints, read."""
import re
import subprocess


class Statement:
    def __init__(self, f):
        self.cls, self.kind = int(f[1]), f[2]
        self.offset, self.width = int(f[3]), int(f[4])
        self.from_end, self.to_end = f[5] == "1", f[6] == "1"
        self.of, self.of_class, self.of_offset = f[7], int(f[8]), int(f[9])
        self.shift = int(f[10])
        self.second, self.said_in = f[11] == "1", int(f[12])
        self.held, self.tried = int(f[13]), int(f[14])
        self.place, self.text, self.key = f[15], f[16], f[17]

    def span(self, size):
        """First byte and the byte after the last in a message of that size; None = not in it."""
        begin = size - self.offset if self.from_end else self.offset
        end = size if self.to_end else begin + self.width
        return (begin, end) if 0 <= begin < end <= size else None

    def edges(self, size):
        """Where it says that a field begins or ends, in a message of that size. Relations between bits of two places, and
        what holds somewhere from an offset on, say nothing of that."""
        span = self.span(size)
        if span is None or self.kind in ("generator", "nibble", "restart"):
            return set()
        return set(span) - {0, size}

    def values(self):
        """Of a constant or a few values: the mask, and the set of values. None = it is neither, or not all are shown."""
        found = re.fullmatch(r"\S+ (?:constant|values) ([0-9a-f ]+)& ([0-9a-f]+)", self.key)
        shown = bytes.fromhex(found[1]) if found else b""
        if not shown or len(shown) % self.width:
            return None
        return found[2], {shown[i:i + self.width] for i in range(0, len(shown), self.width)}

    def implies(self, other):
        """Whether @other follows from it: text or a constant of more bytes, fewer of the values."""
        if self.kind != other.kind or self.from_end or other.from_end or self.offset > other.offset:
            return False
        if not self.to_end and (other.to_end or self.offset + self.width < other.offset + other.width):
            return False
        if self.kind == "text":
            return True
        mine, its = self.values(), other.values()
        at = other.offset - self.offset
        return bool(mine and its) and mine[0] == its[0] and {v[at:at + other.width] for v in mine[1]} <= its[1]

    def own(self):
        """Said of this class first, and not second to another statement."""
        return self.said_in < 0 and not self.second


class Message:
    def __init__(self, f):
        self.input, self.frame, self.ts = int(f[1]), int(f[2]), int(f[3])
        self.proto, self.src, self.dst = f[4], f[5], f[6]
        self.reply, self.flow, self.at = f[7] == "1", int(f[8]), int(f[9])
        self.size, self.broken = int(f[10]), f[11] == "1"
        self.classes = [int(c) for c in f[12].split(",") if c]
        self.head = bytes.fromhex(f[13])
        self.begins = {int(e) for e in f[14].split(",") if e}


class Dump:
    def __init__(self, program, captures, options=()):
        out = subprocess.run([program, *options, *captures], check=True, stdout=subprocess.PIPE, text=True).stdout
        self.names, self.sizes, self.sampled, self.begins = {}, {}, {}, {}
        self.statements, self.messages = [], []
        for line in out.split("\n"):
            f = line.split("\t")
            if f[0] == "class":
                self.names[int(f[1])] = f[2]
                self.sizes[int(f[1])] = int(f[3])
                self.sampled[int(f[1])] = int(f[4])
                self.begins[int(f[1])] = {int(e) for e in f[6].split(",") if e}
            elif f[0] == "statement":
                self.statements.append(Statement(f))
            elif f[0] == "message":
                self.messages.append(Message(f))
            elif f[0] == "end":
                self.seen, self.tried, self.ms = int(f[1]), int(f[2]), float(f[3])
        self.index()

    def index(self):
        self.by_class = {}
        for s in self.statements:
            self.by_class.setdefault(s.cls, []).append(s)

    def edges(self, cls, size):
        """What the map of a class says of where fields begin: what the product says, and what counts from the end."""
        said = {e for e in self.begins.get(cls, ()) if 0 < e < size}
        for s in self.by_class.get(cls, []):
            if s.from_end and not s.second:
                said |= s.edges(size)
        return said

    def narrowest(self, m):
        """The smallest class that holds a message: its map is what a reader looks at. None = no class."""
        return min(m.classes, key=lambda c: (self.sizes[c], c)) if m.classes else None
