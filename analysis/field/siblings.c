// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * siblings.c - fields of random bytes, seen in a class with the same head
 *
 * Two fields of random bytes side by side look like one. What a copy repeats of them, or a later message,
 * shows where one ends, but only in a class that has such copies or such answers. Another class of the
 * same protocol and direction whose first bytes say the same type has the same fields there:
 *
 *   the sibling                             | the class
 *   has a cut at offset o (cut_at())        | has random bytes on either side of o
 *   has bits before o that never move       | has HEAD_BITS of the same bits of one byte, and the same values
 *   ...                                     | has none of them with another value
 *   ...                                     | has not COPIES_LEAST copies that show no cut at all
 *
 * So nothing is searched for: it is one question for each cut, and the answer adds a boundary between two
 * statements that the class makes itself.
 */
#include <stdlib.h>

#include "analysis/field/siblings.h"
#include "base/err.h"

#define HEAD	     16
#define HEAD_BITS    4
#define COPIES_LEAST 8
#define CUTS	     24 /* offsets below which random bytes are cut */
#define SURE_P	     1e-9

/* What never moves in the first bytes of a class, and where its random bytes are cut. */
struct head {
	uint8_t mask[HEAD], value[HEAD];
	uint32_t cuts; /* bit by offset */
};

static void know(struct head *h, uint32_t o, uint8_t mask, uint8_t value)
{
	if (o >= HEAD)
		return;
	h->mask[o] |= mask;
	h->value[o] = (uint8_t)((h->value[o] & ~mask) | (value & mask));
}

static void know_class(struct head *h, const struct message_class *c)
{
	if (c->selects)
		know(h, c->sel_offset, c->sel_mask, c->sel_value);
	for (uint32_t i = 0; i < c->prefix_n; i++)
		know(h, i, 0xff, c->prefix[i]);
}

static void know_statement(struct head *h, const struct idea *i)
{
	const struct statement *s = &i->s;

	if (s->from_end || s->second)
		return;
	if (s->kind == STATEMENT_MASKED)
		know(h, s->offset, s->mask, s->value);
	if (s->kind != STATEMENT_CONSTANT)
		return;
	for (uint32_t k = 0; k < s->width && k < HEAD; k++)
		know(h, s->offset + k, 0xff, i->values[k]);
}

static bool copied_field(const struct statement *s)
{
	return s->kind == STATEMENT_ECHO && s->copies && !s->second && s->p <= SURE_P;
}

static bool looks_random(const struct statement *s)
{
	return s->kind == STATEMENT_RANDOM || copied_field(s);
}

/* Whether random bytes, or copied ones, end at @o and others begin there. */
static bool cut_at(const struct idea *ideas, uint32_t n, uint32_t o)
{
	bool ends = false, begins = false;

	for (uint32_t i = 0; i < n; i++) {
		const struct statement *s = &ideas[i].s;

		if (!looks_random(s))
			continue;
		begins = begins || s->offset == o;
		ends = ends || (!s->to_end && s->offset + s->width == o);
	}
	return begins && ends;
}

static void read_head(struct head *h, const struct message_class *c, const struct idea *ideas,
		      uint32_t n)
{
	know_class(h, c);
	for (uint32_t i = 0; i < n; i++)
		know_statement(h, &ideas[i]);
	for (uint32_t o = 1; o < CUTS; o++)
		h->cuts |= cut_at(ideas, n, o) ? 1U << o : 0;
}

/* Whether the bytes before @o say the same in both. */
static bool alike(const struct head *a, const struct head *b, uint32_t o)
{
	bool same = false;

	for (uint32_t i = 0; i < HEAD && i < o; i++) {
		uint8_t both = a->mask[i] & b->mask[i];

		if ((a->value[i] ^ b->value[i]) & both)
			return false;
		same = same || __builtin_popcount(both) >= HEAD_BITS;
	}
	return same;
}

/* The cuts of classes that @c is like. */
static uint32_t siblings_cuts(const struct head *heads, const struct message_class *classes,
			      uint32_t n, const struct message_class *c)
{
	uint32_t cuts = heads[c->id].cuts;

	for (uint32_t k = 0; k < n; k++) {
		const struct message_class *d = &classes[k];

		if (!heads[k].cuts || d->proto != c->proto || d->reply != c->reply)
			continue;
		for (uint32_t o = 1; o < CUTS; o++)
			if (heads[k].cuts >> o & 1 && alike(&heads[c->id], &heads[k], o))
				cuts |= 1U << o;
	}
	return cuts;
}

static void put_cut(struct board *out, struct idea whole, uint32_t cuts)
{
	uint32_t end = whole.s.offset + whole.s.width;

	for (uint32_t o = whole.s.offset + 1; o < end && o < CUTS; o++) {
		struct idea *part;

		if (!(cuts >> o & 1))
			continue;
		part = board_add(out, whole.s.kind, 0, 0);
		*part = whole;
		part->s.width = o - whole.s.offset;
		part->s.to_end = false;
		whole.s.width = end - o;
		whole.s.offset = o;
	}
	*board_add(out, whole.s.kind, 0, 0) = whole;
}

static uint32_t of_class(const struct board *b, uint32_t from)
{
	uint32_t n = 0;

	while (from + n < b->n && b->ideas[from + n].s.class == b->ideas[from].s.class)
		n++;
	return n;
}

void cut_siblings(struct board *found, const struct message_class *classes, uint32_t classes_n,
		  const uint32_t *copied)
{
	struct head *heads = xcalloc(classes_n + 1, sizeof(*heads));
	struct board out = {.tried = found->tried};

	for (uint32_t i = 0, n; i < found->n; i += n) {
		const struct message_class *c = &classes[found->ideas[i].s.class];

		n = of_class(found, i);
		read_head(&heads[c->id], c, found->ideas + i, n);
	}
	for (uint32_t i = 0, n; i < found->n; i += n) {
		const struct message_class *c = &classes[found->ideas[i].s.class];
		uint32_t cuts = siblings_cuts(heads, classes, classes_n, c);

		n = of_class(found, i);
		if (copied[c->id] >= COPIES_LEAST && !heads[c->id].cuts)
			cuts = 0;
		for (uint32_t k = i; k < i + n; k++)
			if (found->ideas[k].s.kind == STATEMENT_RANDOM)
				put_cut(&out, found->ideas[k], cuts);
			else
				*board_add(&out, found->ideas[k].s.kind, 0, 0) = found->ideas[k];
	}
	free(heads);
	board_free(found);
	*found = out;
}
