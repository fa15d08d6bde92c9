// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record_ports.c - which packets can be of a flow record that some rule takes
 *
 * Most signatures about records name ports, and a record that none of them can take need not be made. Asked of
 * every packet, so it is two loads: the ports that any rule wants of the sender, and of the receiver. It may allow
 * too much (the sender's port of one rule with the receiver's of another), never too little.
 */
#include "detector/engine/record_ports.h"

static void add(uint8_t groups[65536], const struct numset *s, uint8_t bit)
{
	for (unsigned i = 0; i < (s->n ? s->n : 1U); i++) {
		uint32_t lo = s->n ? s->r[i].lo : 0, hi = s->n ? s->r[i].hi : UINT16_MAX;

		for (uint32_t v = lo; v <= hi && v <= UINT16_MAX; v++)
			groups[v] |= bit;
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
			add(t->from[tcp], &r->client_port, bit);
			add(t->to[tcp], &r->server_port, bit);
		}
		if (!sends || both) {
			add(t->from[tcp], &r->server_port, bit);
			add(t->to[tcp], &r->client_port, bit);
		}
	}
}
