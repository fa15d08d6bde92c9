/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_DIST_H
#define BASE_DIST_H

#include <stdint.h>

#include "base/rng.h"

#define DIST_PARTS 16

/**
 * struct dist - a distribution of whole numbers: weighted ranges, uniform inside each
 * @text:	(owned by what read it from a file) As the file says it; NULL = not there
 * @parts:	How many; 0 = never set
 * @total:	Sum of the weights
 */
struct dist {
	char *text;
	unsigned parts;
	uint32_t total;
	struct {
		uint32_t lo, hi, weight;
	} part[DIST_PARTS];
};

/* Reads "18" or "22-29" or "51:4 53:1" or "18:3 22:21 24-37:255"; @d->text is left alone. 0, or -1
 * when it is no distribution. */
int dist_parse(const char *text, struct dist *d);
uint32_t dist_draw(const struct dist *d, struct rng *r); /* 0 when never set */

#endif
