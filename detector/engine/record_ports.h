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
 * struct record_ports - groups of rules by port, a bit each, for UDP and for TCP
 * @from:	By port of the sender
 * @to:		By port of the receiver
 */
struct record_ports {
	uint8_t from[2][65536], to[2][65536];
};

/* Adds those of @r, a rule that asks records, to a group. @both: packets in either direction count. */
void record_ports_add(struct record_ports *t, const struct rule *r, unsigned group, bool both);

/* The groups of which some rule may take a record with this packet in it, by bit. */
static inline uint8_t record_ports_of(const struct record_ports *t, const struct packet *p)
{
	unsigned tcp = p->proto == IPPROTO_TCP;

	return t->from[tcp][p->src.port] & t->to[tcp][p->dst.port];
}

#endif
