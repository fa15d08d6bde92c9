/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_REGRESS_COPIES_H
#define RUN_REGRESS_COPIES_H

#include "results/score/intervals.h"
#include "run/regress/side.h"

#define COPIES_MAX 10000

/* A flow or client whose verdict changes in a copy. */
struct overfit {
	char *capture, *subject; /* (owned) */
	bool alone;		 /* when each node's flows are a client's only ones */
	bool was_found;		 /* in the recording */
	unsigned own;		 /* copies in which the newer revision's verdict changes alone */
	unsigned both;		 /* ... in which the baseline's changes as well */
};

/* What copies of captures showed. */
struct copies {
	unsigned n; /* of each labelled capture; 0 = none */
	uint64_t seed;
	bool no_base; /* no baseline says what chance does: only what was found and is lost counts */
	size_t captures, unvaried; /* captures tried; of these, nothing could be rewritten in */
	uint64_t rewritten;	   /* payloads */
	struct overfit *list;	   /* (owned) */
	size_t list_n;
};

/* Tries both sides, base and newer, on copies of a labelled capture, of which they said @v. 0, or -1
 * with @e set. */
int copies_try(struct copies *c, struct regress_side *const sides[2], const char *name,
	       const char *path, const struct labels *labels, const struct flow_index *x,
	       const struct score_setting *s, struct detections *const v[2], struct err *e);
/* The share of copies in which a verdict changes: the one-sided 95 % bounds, each exact. */
struct interval overfit_share(const struct copies *c, const struct overfit *o);
/* Whether the newer revision is to blame. With a baseline: it changes that verdict alone, in some copy; of flows on
 * their own, which chance may hide, in a quarter of the copies. Without one: it loses what it found in more copies
 * than chance does, that is surely in more than a quarter. */
bool overfit_own(const struct copies *c, const struct overfit *o);
/* Without a baseline: it loses what it found in some copies, and they are too few to say whether it is to blame. */
bool overfit_open(const struct copies *c, const struct overfit *o);
/* Verdicts for which it is to blame; for which nobody can say; that it loses in some copy, whoever is to blame. */
size_t copies_overfit(const struct copies *c);
size_t copies_open(const struct copies *c);
size_t copies_lost(const struct copies *c);
/* How many copies would say of each of these, if it changed in as large a part of them; more than COPIES_MAX: none. */
unsigned copies_enough(const struct copies *c);
/* How many copies in which nothing is lost say that it is not lost in more than chance does. */
unsigned copies_to_trust(void);
/* Verdicts that neither revision keeps, in the same copies. */
size_t copies_neither(const struct copies *c);
/* Writes what @c has learned and empties it; adds to @c what another learned so. False when that is not whole. */
void copies_send(struct copies *c, FILE *out);
bool copies_add(struct copies *c, FILE *in);
void copies_free(struct copies *c);

#endif
