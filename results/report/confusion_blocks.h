/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_CONFUSION_BLOCKS_H
#define RESULTS_CONFUSION_BLOCKS_H

#include "results/score/confusion.h"

/* A confusion table in the form in which people read one: a block for each source and vantage, summed
 * over versions. */

/**
 * struct confusion_line - what one signature says of the flows of one application
 * @flows:	By verdict of the block (owned)
 * @all:	Their sum
 */
struct confusion_line {
	const char *detector, *signature, *revision, *truth;
	uint64_t *flows;
	uint64_t all;
};

/* A block; its words are borrowed from the confusion. */
struct confusion_block {
	enum traffic_source source;
	const char *vantage;
	const char **verdicts; /* (owned array) of all signatures, in their order */
	size_t n_verdicts;
	struct confusion_line *lines; /* (owned) by signature, then truth */
	size_t n;
};

/* An (owned) array of *n blocks, freed with confusion_blocks_free(). */
struct confusion_block *confusion_blocks(const struct confusion *c, size_t *n);
void confusion_blocks_free(struct confusion_block *all, size_t n);

#endif
