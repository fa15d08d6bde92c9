/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_LANGUAGE_STATISTIC_H
#define DETECTOR_LANGUAGE_STATISTIC_H

#include <stdio.h>

#include "detector/language/value.h"

/* Conditions of tallies on chi-square and on beliefs: see detector/engine/statistic.c. */

#define STATISTIC_NIBBLES 16 /* halves of bytes looked at, each with one of 16 values */

/**
 * struct nibble_state - what stood in the first bytes of the messages
 * @n:		Messages, at most UINT16_MAX
 * @squares:	By place: the sum of the squares of @counts
 */
struct nibble_state {
	uint32_t n, squares[STATISTIC_NIBBLES];
	uint16_t counts[STATISTIC_NIBBLES][16];
};

/**
 * struct belief_state - how well messages fit
 * @from_ns:	Of a gap: when the window began, if @begun
 * @n:		Samples (messages, or gaps) in the window under way
 * @windows:	Whole ones; @mean: of their beliefs
 * @sums:	By class: of the logarithms in this window
 */
struct belief_state {
	uint64_t from_ns;
	bool begun;
	uint32_t n, windows;
	double mean, sums[STATISTIC_CLASSES_MAX];
};

/* Reads {chi-square: NAME, ...} and {belief: ..., ...}, whose first value is @v. 0, or -1 with the error set. */
int sig_chi_square(struct sigparse *p, yaml_node_t *n, yaml_node_t *v, struct when *w);
int sig_belief(struct sigparse *p, yaml_node_t *n, yaml_node_t *v, struct when *w);
/* Such a condition in words. */
void statistic_show(FILE *f, const struct rule *r, const struct when *w);

#endif
