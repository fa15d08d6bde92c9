// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record_ports.c - which packets can be of a flow record that some rule takes
 *
 * Most signatures about records name ports, and a record that none of them can take need not be made. Asked of
 * every packet, so it is two loads: the ports that any rule wants of the sender, and of the receiver. It may allow
 * too much (the sender's port of one rule with the receiver's of another), never too little.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "detector/engine/record_ports.h"

/* Adds the ports from @lo to @hi, which have the upper byte @high. */
static void add_page(struct port_groups *g, unsigned high, uint32_t lo, uint32_t hi, uint8_t bit)
{
	bool whole = !(lo & 0xff) && (hi & 0xff) == 0xff;

	if (whole)
		g->of[high] |= bit;
	if (!whole && !g->page[high]) {
		g->page[high] = xmalloc(256);
		memset(g->page[high], g->of[high], 256);
	}
	for (uint32_t v = lo; g->page[high] && v <= hi; v++)
		g->page[high][v & 0xff] |= bit;
}

static void add(struct port_groups *g, const struct numset *s, uint8_t bit)
{
	for (unsigned i = 0; i < (s->n ? s->n : 1U); i++) {
		uint32_t lo = s->n ? s->r[i].lo : 0, hi = s->n ? s->r[i].hi : UINT16_MAX;

		if (hi > UINT16_MAX)
			hi = UINT16_MAX;
		for (; lo <= hi; lo = (lo | 0xff) + 1)
			add_page(g, lo >> 8, lo, (lo | 0xff) < hi ? lo | 0xff : hi, bit);
	}
}

static void clear(struct port_groups *g)
{
	for (unsigned i = 0; i < ARRAY_LEN(g->page); i++)
		free(g->page[i]);
}

void record_ports_clear(struct record_ports *t)
{
	for (unsigned tcp = 0; tcp < 2; tcp++) {
		clear(&t->from[tcp]);
		clear(&t->to[tcp]);
	}
}

void record_ports_add(struct record_ports *t, const struct rule *r, unsigned group, bool both)
{
	bool sends = r->client == CLIENT_SENDER;
	uint8_t bit = (uint8_t)(1U << group);

	for (unsigned tcp = 0; tcp < 2; tcp++) {
		if (!(tcp ? r->tcp : r->udp))
			continue;
		if (sends || both) {
			add(&t->from[tcp], &r->client_port, bit);
			add(&t->to[tcp], &r->server_port, bit);
		}
		if (!sends || both) {
			add(&t->from[tcp], &r->server_port, bit);
			add(&t->to[tcp], &r->client_port, bit);
		}
	}
}
