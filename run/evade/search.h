/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_EVADE_SEARCH_H
#define RUN_EVADE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "run/evade/changes.h"
#include "run/evade/cost.h"
#include "run/evade/trials.h"

#define TOGETHER_MAX 6 /* changes at once */

/**
 * struct attempt - changes made together, and what came of it
 * @change:	Indices of the changes, ascending; none: the version as it is
 * @trials:	The search's; n 0 = not tried yet
 * @again:	Further trials, with other random streams, of what came through; n 0 = none
 * @cost:	Against the version as it is; from @again where there is one
 */
struct attempt {
	unsigned change[TOGETHER_MAX], n;
	struct trials trials, again;
	struct cost cost;
};

/* All attempts, in the order in which they were made; the first is the version as it is. */
struct attempts {
	const struct changes *changes;
	unsigned usable;      /* of the changes, the first so many may be made */
	struct attempt *list; /* (owned) */
	size_t n, room;
};

struct attempt *attempt_add(struct attempts *a, const unsigned *change, unsigned n);
void attempts_free(struct attempts *a);
/* Pointers to the changes of one; returns how many. */
size_t attempt_changes(const struct attempts *a, const struct attempt *t,
		       const struct change *out[TOGETHER_MAX]);
/* How many of them take both ends. */
unsigned attempt_on_both(const struct attempts *a, const struct attempt *t);
/* In words, "T2 of 30 bytes + no update check" (owned). */
char *attempt_text(const struct attempts *a, const struct attempt *t);

/* Are @n trials without a sight of the client by @s enough to say so, against @without? */
bool can_tell(uint64_t n, const struct trials *without, size_t s);
/* The cheapest attempt that evades @s and has not failed when it was tried again; NULL = none. */
struct attempt *search_best(const struct attempts *a, size_t s);
/* Up to @most sets of 2 to @together changes to try next against @s, into @out with their number: those
 * under which the fewest rules are expected to report, of these the cheapest. Returns how many. */
size_t search_next(const struct attempts *a, size_t s, unsigned together, size_t most,
		   struct attempt *out);

#endif
