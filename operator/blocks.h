/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_BLOCKS_H
#define OPERATOR_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define CLIENT_BLOCKS 8 /* kept of one client; of more, the last */

/**
 * struct client_block - something that a filter stops, or would stop
 * @what:	"super-node 192.0.2.9:4000 udp": what tells it from others
 * @why:	The signature and the rule
 * @until_ns:	0 = with its flow
 * @dry_run:	Nothing is stopped
 */
struct client_block {
	char what[128], why[132];
	uint64_t until_ns;
	bool dry_run;
};

/* Blocks in force, by the client that is meant; also of clients that were not seen yet. */
struct blocks;

/* The first @n of @list are what is kept of a client's, the newest first; @more are not kept. */
struct blocks_of {
	size_t n;
	uint64_t more;
	struct client_block list[CLIENT_BLOCKS];
};

/* Of at most so many clients: of more, those whose blocks changed last. */
struct blocks *blocks_new(size_t clients);
void blocks_free(struct blocks *t);
/* A block of @who is in force, or ends at another time than before. */
void blocks_put(struct blocks *t, const struct ip *who, const struct client_block *b);
/* The block of @who that is told by @what is none any more. */
void blocks_end(struct blocks *t, const struct ip *who, const char *what);
/* What is in force of @who, NULL = nothing: until the table is changed. */
const struct blocks_of *blocks_of(const struct blocks *t, const struct ip *who);
/* Ends those whose time is over, and whose end was not said. */
void blocks_time(struct blocks *t, uint64_t now_ns);

#endif
