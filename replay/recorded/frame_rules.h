/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_FRAME_RULES_H
#define REPLAY_RECORDED_FRAME_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

/* Exchanges the first @bits of an address: those of @from become those of @to. */
struct address_map {
	struct ip from, to;
	unsigned bits;
};

struct port_map {
	uint16_t from, to;
};

/**
 * struct frame_rules - what to change
 * @src_mac, @dst_mac: By direction (0 client to server, 1 server to client); used when set
 * @maps:	First match wins, for source and destination alike
 * @seed:	With @use_seed: every unicast IPv4 address becomes another, the same one each time;
 *		private networks stay private
 * @repair:	Checksums of every packet, not only of those changed
 * @one_way:	Nobody asks for a frame's direction, unless a MAC is set: all go to the server
 */
struct frame_rules {
	bool set_src_mac[2], set_dst_mac[2];
	uint8_t src_mac[2][6], dst_mac[2][6];
	struct address_map maps[32];
	size_t map_count;
	struct port_map ports[32];
	size_t port_count;
	bool use_seed;
	uint64_t seed;
	bool repair, one_way;
};

/* Adds a map from its text, FROM/BITS=TO or FROM=TO; a port map, FROM=TO. 0, or -1 with @e set. */
int frame_rules_map(struct frame_rules *r, const char *text, struct err *e);
int frame_rules_port(struct frame_rules *r, const char *text, struct err *e);
/* Applies the maps to an address of 4 or 16 bytes in place; true when one fits. */
bool frame_map_bytes(const struct frame_rules *r, uint8_t *p, bool v4);
/* What the maps (not the seed) make of an address and port. */
struct endpoint frame_rules_apply(const struct frame_rules *r, const struct endpoint *at);

#endif
