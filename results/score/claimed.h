/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_CLAIMED_H
#define RESULTS_CLAIMED_H

#include <stdbool.h>
#include <stddef.h>
#include <uthash.h>

#include "results/score/detections.h"

#define CLAIMED_KEY 64

/* Flows, hosts or super nodes that a signature named, each once, in order of first naming. NULL =
 * none. */
struct claimed {
	unsigned char key[CLAIMED_KEY];
	const struct detection *first; /* the earliest event that names it, in time if one does */
	bool used;		       /* truth has an answer to it */
	UT_hash_handle hh;
};

/* Notes that @v names what has this key, of CLAIMED_KEY bytes at most. */
void claimed_note(struct claimed **map, const void *key, size_t len, const struct detection *v);
struct claimed *claimed_find(struct claimed *map, const void *key, size_t len);
void claimed_free(struct claimed **map);

#endif
