/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_CONFUSION_H
#define RESULTS_CONFUSION_H

#include <stddef.h>
#include <stdint.h>

#include "results/score/source.h"

/*
 * The confusion table: how many flows are truly one application and, to a detector, another. It
 * knows no target.
 */

#define CONFUSION_NONE	"-"	/* verdict: the detector says nothing; truth: no row of labels */
#define CONFUSION_OTHER "other" /* verdict: something that no label names */

/* What flows are counted by. */
enum confusion_word {
	CONFUSION_DETECTOR,
	CONFUSION_VERSION, /* of the traffic */
	CONFUSION_VANTAGE,
	CONFUSION_SIGNATURE,
	CONFUSION_REVISION,
	CONFUSION_TRUTH,   /* a label, or CONFUSION_NONE */
	CONFUSION_VERDICT, /* an application, several of them with + between, or as above */
	CONFUSION_WORDS,
};

/* One count; the confusion owns the words. */
struct confusion_cell {
	enum traffic_source source;
	char *words[CONFUSION_WORDS];
	uint64_t flows;
};

/* Zeroed = empty. */
struct confusion {
	struct confusion_cell *cells; /* in order of first appearance */
	size_t n;
	void *index; /* (private) */
};

/* Adds @flows to the count of these words; NULL and "" are "-". */
void confusion_add(struct confusion *c, enum traffic_source source,
		   const char *const words[CONFUSION_WORDS], uint64_t flows);
void confusion_merge(struct confusion *to, const struct confusion *from);
void confusion_clear(struct confusion *c);
/* Order of words in tables: by name, then "other", then "-". */
int confusion_compare_words(const char *a, const char *b);
/* The cells in order of their words; an (owned) array of c->n. */
const struct confusion_cell **confusion_sorted(const struct confusion *c);
/* How many applications the truth has; other labels and no row do not count. */
size_t confusion_applications(const struct confusion *c);

#endif
