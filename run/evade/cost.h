/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_EVADE_COST_H
#define RUN_EVADE_COST_H

#include <stddef.h>

#include "run/evade/changes.h"
#include "run/evade/trials.h"

/**
 * struct cost - what a change costs in a session, on the average of its trials
 * @bytes:	More bytes, with headers of IP and UDP or TCP; less than 0: fewer
 * @packets:	More packets
 * @seconds:	Longer waits
 * @share:	The bytes of messages that became more, as a share of those of the unchanged session, plus
 *		@seconds, if more than 0, as a share of its login: what is saved elsewhere is not set
 *		against it
 */
struct cost {
	double bytes, packets, seconds, share;
};

/* What the @n changes @made cost in @with, against @without them. */
struct cost cost_of(const struct trials *with, const struct trials *without,
		    const struct change *const *made, size_t n);

#endif
