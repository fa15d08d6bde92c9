/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_EVADE_TRIALS_H
#define RUN_EVADE_TRIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "results/score/table.h"

#define FIRED_WORDS 8 /* of 64 rules each: RULES_MAX of the detector */

/**
 * struct sight - what one signature or detector made of the trials
 * @seen:	Trials in which it found one of what is looked for
 * @fired:	Rules that reported that in any of them: bit K is the K-th name of its book. Of a foreign
 *		detector, whose rules are not known: the kinds of flows that it claims, "udp", "tcp 443"
 */
struct sight {
	uint64_t seen, fired[FIRED_WORDS];
};

/* Messages of one name, of all trials: how many, their bytes with headers of IP and UDP or TCP, and how
 * long after the one before on their flow, where there is one. */
struct message_sum {
	char name[16];
	uint64_t n, bytes, after_n;
	double after_s;
};

/**
 * struct trials - cells of one version
 * @n:		How many
 * @in:		Those in which every login came in
 * @login_s:	Sum of the seconds of those logins
 * @logins:	How many logins came in
 * @bytes:	Of all messages, with headers
 * @sights:	(owned) by name in the book
 */
struct trials {
	uint64_t n, in, logins, bytes;
	double login_s;
	struct message_sum *sums; /* (owned) */
	size_t sums_n;
	struct sight *sights;
};

/* Names of signatures and foreign detectors, and for each those of its rules, in the order in which they
 * were met. */
struct rule_book;
struct rule_book *rule_book_new(void);
/* Adds a name, which must outlive the book. */
void rule_book_add(struct rule_book *b, const char *name, bool foreign);
void rule_book_free(struct rule_book *b);

/* Adds the cells of a run to @out[i], where @versions[i] (of @n) is the cell's version as the scenario
 * names it. @unit: what has to be found to be seen, UNIT_CLIENT (by any event) or an event. 0, or -1
 * with @e set, also when one of the names did not look at a cell. */
int trials_read(const char *run, const char *const *versions, size_t n, enum score_unit unit,
		struct rule_book *b, struct trials *const *out, struct err *e);
void trials_clear(struct trials *t);
/* The messages of a name; NULL = there is none. */
const struct message_sum *trials_sum(const struct trials *t, const char *name);

#endif
