// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dispatch.c - one look at a payload for the first messages of all rules
 *
 * Every message that can start a rule gets a bit. A row of bits per payload size and, for the few
 * byte offsets that the first messages test most, a row per byte value: the AND of the rows is the
 * set of starts worth trying, most often none. The cost per packet is a handful of loads and grows
 * with the number of first messages only by one word per 64 of them. Everything the rows cannot say
 * is tested afterwards on the candidates, so the rows may allow too much, never too little.
 *
 * TCP: a segment may be the beginning of a message, so a size row holds every start whose message
 * may be that long or longer, and bytes that are not there yet allow everything.
 */
#include <stdlib.h>
#include <string.h>

#include "detector/dispatch.h"

static void set_bit(uint64_t *row, size_t bit)
{
	row[bit / 64] |= 1ULL << (bit % 64);
}

/* Whether @m allows value @v at offset @at, by its plain byte tests. */
static bool allows(const struct message *m, uint32_t at, uint8_t v)
{
	for (unsigned i = 0; i < m->tests_n; i++) {
		const struct test *t = &m->tests[i];
		bool hit = false;

		if (t->kind != TEST_BYTES || t->negate || t->at < 0 || at < (uint32_t)t->at ||
		    at >= (uint32_t)t->at + t->length)
			continue;
		for (unsigned a = 0; a < t->alternatives && !hit; a++) {
			size_t k = (size_t)a * t->length + (at - (uint32_t)t->at);

			hit = (v & t->masks[k]) == t->values[k];
		}
		if (!hit)
			return false;
	}
	return true;
}

static const struct message *message_of(const struct signature_set *set, const struct start *s)
{
	return &set->rules[s->rule]->messages[s->message];
}

/* The offsets whose bytes shut out the most values over all starts. */
static void choose_offsets(struct dispatch_proto *d, const struct signature_set *set)
{
	unsigned score[64] = {0};

	for (size_t i = 0; i < d->n; i++)
		for (uint32_t at = 0; at < 64; at++)
			for (unsigned v = 0; v < 256; v++)
				score[at] +=
					!allows(message_of(set, &d->starts[i]), at, (uint8_t)v);
	for (d->offsets = 0; d->offsets < DISPATCH_OFFSETS; d->offsets++) {
		unsigned best = 0;

		for (unsigned at = 1; at < 64; at++)
			if (score[at] > score[best])
				best = at;
		if (!score[best])
			break;
		d->offset[d->offsets] = (uint16_t)best;
		score[best] = 0;
	}
}

static void fill(struct dispatch_proto *d, const struct signature_set *set, bool tcp)
{
	d->words = (unsigned)((d->n + 63) / 64);
	d->nth_max = 0;
	choose_offsets(d, set);
	for (size_t i = 0; i < d->n; i++) {
		const struct rule *r = set->rules[d->starts[i].rule];
		const struct message *m = message_of(set, &d->starts[i]);
		bool parts = tcp && !r->psh;
		uint32_t nth = numset_max(&m->nth), nf = numset_max(&m->nth_of_flow);

		if (m->nth_of_flow.n && nf < nth)
			nth = nf;
		if (nth > d->nth_max)
			d->nth_max = nth;
		for (uint32_t s = 1; s < DISPATCH_SIZES; s++)
			if (parts ? s <= numset_max(&m->size) : numset_has(&m->size, s))
				set_bit(d->size[s], i);
		if (numset_max(&m->size) >= DISPATCH_SIZES)
			set_bit(d->size[DISPATCH_SIZES], i);
		for (unsigned o = 0; o < d->offsets; o++) {
			for (unsigned v = 0; v < 256; v++)
				if (allows(m, d->offset[o], (uint8_t)v))
					set_bit(d->byte[o][v], i);
			set_bit(d->beyond[o], i); /* cut off by the snap length, or not there yet */
		}
	}
}

static void add_start(struct dispatch_proto *d, uint16_t rule, unsigned message)
{
	if (d->n < DISPATCH_WORDS * 64)
		d->starts[d->n++] = (struct start){rule, (uint8_t)message};
}

struct dispatch *dispatch_new(const struct signature_set *set)
{
	struct dispatch *d = xcalloc(1, sizeof(*d));

	for (size_t i = 0; i < set->rules_n; i++) {
		const struct rule *r = set->rules[i];
		unsigned n = r->tallies ? r->messages_n : r->steps_n ? r->steps[0].n : 0;

		if (r->on_open) {
			d->open[d->open_n++] = (uint16_t)i;
			continue;
		}
		for (unsigned m = 0; m < n; m++) {
			if (r->udp)
				add_start(&d->udp, (uint16_t)i, m);
			if (r->tcp)
				add_start(&d->tcp, (uint16_t)i, m);
		}
	}
	fill(&d->udp, set, false);
	fill(&d->tcp, set, true);
	return d;
}

void dispatch_free(struct dispatch *d)
{
	free(d);
}
