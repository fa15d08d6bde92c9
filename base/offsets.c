// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * offsets.c - which emulated time was it, when it was so late in real time?
 *
 * Every change of the difference is kept, so that a packet's stamp can be translated long after. Where
 * the difference shrank, the emulated clock had gone too far. Times before that are cut off at what
 * the clock was set back to, so that the order of stamps is kept.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/offsets.h"

struct offset_since {
	uint64_t real_ns, offset;
};

void offsets_note(struct offsets *o, uint64_t real_ns, uint64_t offset)
{
	if (o->count == o->cap) {
		o->cap = o->cap ? o->cap * 2 : 256;
		o->at = xrealloc(o->at, o->cap * sizeof(*o->at));
	}
	o->at[o->count++] = (struct offset_since){real_ns, offset};
}

void offsets_begin(struct offsets *o, uint64_t offset)
{
	if (o->count)
		o->at[0].offset = offset;
	else
		offsets_note(o, 0, offset);
}

uint64_t offsets_stamp(const struct offsets *o, uint64_t real_ns)
{
	size_t lo = 0, hi = o->count;
	uint64_t at, most;

	while (hi - lo > 1) {
		size_t mid = (lo + hi) / 2;

		if (o->at[mid].real_ns <= real_ns)
			lo = mid;
		else
			hi = mid;
	}
	at = real_ns + o->at[lo].offset;
	if (lo + 1 == o->count)
		return at;
	most = o->at[lo + 1].real_ns + o->at[lo + 1].offset;
	return at < most ? at : most;
}

void offsets_free(struct offsets *o)
{
	free(o->at);
	*o = (struct offsets){0};
}
