// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * made_messages.c - messages that tests of the analysis' fields make up
 */
#include <string.h>

#include "tests/unit/made_messages.h"

void made_begin(struct made *t, uint64_t seed, const char *stream)
{
	memset(t, 0, sizeof(*t));
	t->a = field_analysis_new(NULL);
	t->now = 1700000000 * SEC;
	rng_init(&t->rng, seed, stream);
}

void made_say(struct made *t, bool reply, const uint8_t *bytes, uint32_t n)
{
	struct message m = {.flow = &t->flow,
			    .ts_ns = t->now += SEC / 50,
			    .number = ++t->number,
			    .reply = reply,
			    .place = t->flow.messages[0] + t->flow.messages[1],
			    .nth = t->flow.messages[reply],
			    .bytes = bytes,
			    .kept = n,
			    .size = n};

	t->flow.messages[reply]++;
	field_analysis_message(t->a, &m);
}

void made_finish(struct made *t)
{
	t->m = field_analysis_finish(t->a);
}

void made_end(struct made *t)
{
	field_map_free(t->m);
	field_analysis_free(t->a);
}
