/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_WIRE_H
#define OPERATOR_FILTER_WIRE_H

#include "operator/filter/filter.h"

/* Messages between the process that reads packets and the one that changes rules: of one size, each
 * checked by whoever gets it. */

enum wire_type {
	WIRE_SIGHTING, /* to the filter: @sighting */
	WIRE_UNBLOCK,  /* @ip, family 0 = all; answered by lines and WIRE_DONE */
	WIRE_LIST,     /* answered likewise */
	WIRE_READY,    /* from the filter: the table is there, privilege is gone */
	WIRE_FAILED,   /* it ends; @failure */
	WIRE_LINE,     /* @line */
	WIRE_TOTALS,   /* @totals, each second */
	WIRE_DONE,     /* @count lines made the answer */
	WIRE_TYPES,
};

struct wire {
	uint32_t magic, type;
	union {
		struct sighting sighting;
		struct ip ip;
		struct err failure;
		struct filter_block line;
		struct filter_totals totals;
		uint64_t count;
	};
};

/* A message of @type, zeroed. */
void wire_new(struct wire *w, enum wire_type type);
/* Sends it, or says why not: 0, or -1 with errno. @flags as send(2)'s. */
int wire_send(int fd, const struct wire *w, int flags);
/* Reads one. 1; 0 = none is waiting (MSG_DONTWAIT); -1 = the other side is gone, or what it sent is no
 * message for the filter (@to_filter) or from it. */
int wire_receive(int fd, struct wire *w, bool to_filter, int flags);

#endif
