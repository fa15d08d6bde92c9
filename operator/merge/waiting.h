/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_WAITING_H
#define OPERATOR_WAITING_H

#include <stddef.h>
#include <stdint.h>

#include "operator/merge/flows.h"
#include "operator/sighting.h"

/* A sighting whose time has not come; @arrived: the order of those of one time. */
struct waiting {
	struct sighting s;
	struct flow_event event;
	uint64_t arrived;
};

/* Sightings, first of time first: @heap[0] of @count. All zero = empty. */
struct waiting_line {
	struct waiting **heap;
	size_t count, room;
	uint64_t arrivals;
};

/* Frees all that wait. */
void waiting_free(struct waiting_line *l);
/* @w is (owned) by the line from now on. */
void waiting_add(struct waiting_line *l, struct waiting *w);
/* The first, taken out, (owned) by the caller; there must be one. */
struct waiting *waiting_take(struct waiting_line *l);

#endif
