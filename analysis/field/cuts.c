// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cuts.c - fields of random bytes, seen by what a later message repeats of them
 *
 * Two fields of random bytes side by side look like one. Where another class has an echo of some of
 * them, these are a field of their own, in the class that the echo refers to and in those that are part
 * of it.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/field/cuts.h"
#include "analysis/field/holds.h"
#include "base/err.h"

#define REFERS_LEAST 3
#define REFERS_PART  0.04 /* of the class */

static struct referral *new_referral(struct referrals *to)
{
	if (to->n == to->room) {
		to->room = to->room ? 2 * to->room : 16;
		to->r = xrealloc(to->r, to->room * sizeof(*to->r));
	}
	return &to->r[to->n++];
}

static void see(struct referral *r, const struct sample *x, const struct earlier *e, bool reply)
{
	struct referred *s = &r->seen[r->n++];

	s->marks = (struct class_marks){.proto = x->proto,
					.reply = reply,
					.p2p = x->p2p,
					.place = e->place,
					.size = e->size,
					.port = x->port};
	s->marks.kept = e->kept < REFERRED_TOP ? e->kept : REFERRED_TOP;
	memcpy(s->top, e->bytes, s->marks.kept);
}

void refer(struct referrals *to, const struct statement *echo, const struct sample *const *x,
	   uint32_t n)
{
	bool other = echo->of == OF_OTHER || echo->of == OF_OTHER_BEFORE;
	struct referral *r = new_referral(to);
	uint32_t step = n / REFERRED + 1;

	r->offset = echo->of_offset;
	r->width = echo->width;
	r->n = 0;
	for (uint32_t i = 0; i < n; i += step)
		if (statement_holds(echo, x[i]) == 1)
			see(r, x[i], &x[i]->earlier[echo->of], x[i]->reply != other);
	r->each = r->n ? echo->held / (double)r->n : 0;
}

/* Whether @r is about messages of @c, not just about a few of them. */
static bool repeats(const struct referral *r, const struct message_class *c)
{
	double n = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		struct class_marks m = r->seen[i].marks;

		m.bytes = r->seen[i].top;
		n += class_has(c, &m) ? r->each : 0;
	}
	return n >= REFERS_LEAST && n >= REFERS_PART * c->sampled;
}

/* Offsets at which random bytes of @c are cut. */
static void find_cuts(const struct referrals *by, const struct message_class *c,
		      bool cut[SAMPLE_BYTES + 1])
{
	memset(cut, 0, (SAMPLE_BYTES + 1) * sizeof(*cut));
	for (uint32_t i = 0; i < by->n; i++) {
		const struct referral *r = &by->r[i];

		if (!repeats(r, c))
			continue;
		cut[r->offset] = true;
		cut[r->offset + r->width] = true;
	}
}

/* Cuts @whole at @at, and adds what comes before. */
static struct idea first_part(struct idea *whole, uint32_t at)
{
	struct idea part = *whole;

	part.s.width = at - part.s.offset;
	part.s.to_end = false;
	whole->s.width -= part.s.width;
	whole->s.offset = at;
	return part;
}

static void cut(struct board *out, struct idea whole, const bool at[SAMPLE_BYTES + 1])
{
	uint32_t end = whole.s.offset + whole.s.width;

	for (uint32_t o = whole.s.offset + 1; o < end; o++)
		if (at[o])
			*board_add(out, whole.s.kind, 0, 0) = first_part(&whole, o);
	*board_add(out, whole.s.kind, 0, 0) = whole;
}

void cut_random(struct board *found, const struct referrals *by,
		const struct message_class *classes)
{
	struct board out = {.tried = found->tried};
	bool at[SAMPLE_BYTES + 1] = {false};
	uint32_t class = UINT32_MAX;

	for (uint32_t i = 0; i < found->n; i++) {
		struct idea *x = &found->ideas[i];

		if (x->s.kind != STATEMENT_RANDOM) {
			*board_add(&out, x->s.kind, 0, 0) = *x;
			continue;
		}
		if (x->s.class != class)
			find_cuts(by, &classes[x->s.class], at);
		class = x->s.class;
		cut(&out, *x, at);
	}
	board_free(found);
	*found = out;
}
