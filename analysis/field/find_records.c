// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * find_records.c - records that each say in their first four bytes how far the next one is
 *
 * From one offset on a number leads to the next such number, and so on, until the end of the
 * message, or of what is kept of it; the last one is 0. That numbers of four bytes lead from one to
 * the next LINKS times in nearly all messages is rare by chance; where all distances are the same
 * in all messages, they are no records.
 *
 * What a record holds is found as in a class of messages: the records are laid out as if each were a
 * message of its own, times and numbers are looked for, and where these begin is noted with the statement.
 * Limits: distances of four bytes; fields at fixed offsets in the record; a class of which at least
 * RECORDS_LEAST whole records are in what is kept of its messages.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/field/find_number.h"
#include "analysis/field/find_records.h"
#include "analysis/field/integers.h"
#include "analysis/field/items.h"
#include "base/err.h"

#define LINKS	      3 /* records of a message */
#define RIGHT	      0.96
#define LEAST_OF      8 /* messages */
#define RECORDS_LEAST 16
#define RECORDS_MOST  256 /* that are laid out */
#define TAIL	      8 /* bytes at the end of the shortest record: its name, or what fills it up */
#define CHANCE                                                                                     \
	1e-6 /* that two numbers lead on by chance: each is below the size, and above the least record */

/* Whether messages hold records from @o on, not all of them of one length. */
static bool right(const struct look *l, uint32_t o, bool little)
{
	uint32_t good = 0, n = 0, first = 0, different = 0;

	for (uint32_t k = 0; k < l->n; k++) {
		const struct sample *x = l->x[k];
		uint32_t at[LINKS] = {o};

		good += records_run(x->bytes, o, x->kept, x->size, little, at, LINKS) >= LINKS;
		first = first ? first : at[1] - o;
		different += at[1] - o != first || at[2] - at[1] != first;
		if (++n == 2 && !good)
			return false;
	}
	return n >= LEAST_OF && good >= RIGHT * n && different * 2 >= n;
}

/* The records of a class, as messages. */
struct laid_out {
	struct sample *x; /* (owned) */
	const struct sample *members[RECORDS_MOST];
	uint32_t n, shortest;
};

static void lay_out(struct laid_out *r, const struct sample *x, uint32_t from, uint32_t to)
{
	struct sample *s = &r->x[r->n];

	*s = *x;
	memset(s->earlier, 0, sizeof(s->earlier));
	memset(s->bytes, 0, sizeof(s->bytes));
	memcpy(s->bytes, x->bytes + from, to - from);
	s->size = to - from;
	s->kept = (uint16_t)s->size;
	s->rank = r->n;
	r->members[r->n++] = s;
	r->shortest = s->size < r->shortest ? s->size : r->shortest;
}

static void lay_all_out(struct laid_out *r, const struct look *l, uint32_t o, bool little)
{
	for (uint32_t k = 0; k < l->n; k++) {
		uint32_t at[SAMPLE_BYTES / RECORD_LEAST + 1];
		uint32_t n = records_run(l->x[k]->bytes, o, l->x[k]->kept, l->x[k]->size, little,
					 at, SAMPLE_BYTES / RECORD_LEAST + 1);

		for (uint32_t i = 0; i + 1 < n && r->n < RECORDS_MOST; i++)
			if (at[i + 1] <= l->x[k]->kept)
				lay_out(r, l->x[k], at[i], at[i + 1]);
	}
}

/* Where fields of the records begin: into @i. */
static void fields_of(struct idea *i, const struct laid_out *r, bool little)
{
	struct look *l = look_new();
	struct service *s = xcalloc(1, sizeof(*s));
	struct board b = {0};
	bool begins[SAMPLE_BYTES + 1] = {false};
	const struct sample *members[RECORDS_MOST];
	uint32_t taken = 0;

	memcpy(members, r->members, sizeof(members));
	look_fill(l, members, r->n, true, 0);
	s->header = r->shortest < l->bytes ? r->shortest : l->bytes;
	s->order = little ? ORDER_LITTLE : ORDER_BIG;
	s->usual = 4;
	for (uint32_t o = 0; o < s->header; o++)
		s->zero[o] = l->col[o].hist[0] == l->col[o].n;
	find_numbers(&b, l);
	find_integers(&b, l, s, &taken, begins);
	begins[4] = true;
	for (uint32_t o = 1; o + TAIL <= s->header && o < 256 && i->s.values_n < BOARD_VALUES; o++)
		if (begins[o])
			i->values[i->s.values_n++] = (uint8_t)o;
	board_free(&b);
	free(s);
	look_free(l);
}

static void add(struct board *b, const struct look *l, uint32_t o, bool little)
{
	struct laid_out r = {.shortest = SAMPLE_BYTES};
	struct idea *i = board_add(b, STATEMENT_RECORDS, o, l->bytes - o);

	i->s.to_end = true;
	i->s.little = little;
	i->chance = CHANCE;
	i->ways = 2.0 * SAMPLE_BYTES;
	r.x = xcalloc(RECORDS_MOST, sizeof(*r.x));
	lay_all_out(&r, l, o, little);
	if (r.n >= RECORDS_LEAST)
		fields_of(i, &r, little);
	free(r.x);
}

void find_records(struct board *b, const struct look *l)
{
	b->tried++;
	for (uint32_t o = 0; o + LINKS * RECORD_LEAST < l->bytes; o += 2)
		for (int little = 0; little < 2; little++)
			if (right(l, o, little)) {
				add(b, l, o, little);
				return;
			}
}
