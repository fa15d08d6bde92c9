/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_RECORD_PORTS_H
#define DETECTOR_ENGINE_RECORD_PORTS_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/capture/packet.h"
#include "detector/language/signature.h"

/* Ports between which some rule may take a flow record. */

#define RECORD_PORTS_GROUPS 8

/**
 * struct port_groups - groups of rules by port, a bit each
 * @of:		Of 256 ports in a row, by the upper byte, where they are all of the same groups
 * @page:	(owned) Else: by the lower byte; NULL = they are
 */
struct port_groups {
	uint8_t of[256];
	uint8_t *page[256];
};

/**
 * struct record_ports - for UDP and for TCP
 * @from:	By port of the sender
 * @to:		By port of the receiver
 */
struct record_ports {
	struct port_groups from[2], to[2];
};

/* Adds those of @r, a rule that asks records, to a group. @both: packets in either direction count. */
void record_ports_add(struct record_ports *t, const struct rule *r, unsigned group, bool both);
void record_ports_clear(struct record_ports *t);

static inline uint8_t port_groups_of(const struct port_groups *g, uint16_t port)
{
	const uint8_t *page = g->page[port >> 8];

	return page ? page[port & 0xff] : g->of[port >> 8];
}

/* The groups of which some rule may take a record with this packet in it, by bit. */
static inline uint8_t record_ports_of(const struct record_ports *t, const struct packet *p)
{
	unsigned tcp = p->proto == IPPROTO_TCP;

	return port_groups_of(&t->from[tcp], p->src.port) &
	       port_groups_of(&t->to[tcp], p->dst.port);
}

#endif
