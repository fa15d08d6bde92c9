/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_GATE_H
#define RUN_CELL_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/err.h"
#include "lab/lab.h"

#define TUPLES_MAX 16 /* of one flow at one place */

/* The tuples that a flow has at one place, each once. Further ones than TUPLES_MAX are left out. */
struct tuples {
	struct tuple t[TUPLES_MAX];
	size_t n;
};

struct gate_passage;

/* What a gateway let through, both ways, from its connection tracking. Zero it first. */
struct gate {
	struct gate_passage *by_key;
	struct gate_passage *slab; /* (owned) */
	size_t used;
};

/* Reads the gateway's entries. Call it when the cell's packets have been sent: it settles
 * conntrack. A gateway that is not watched has none. 0; or -1 with @e set: events were lost. */
int gate_load(struct gate *g, const struct lab *lab, const char *node, struct err *e);
void gate_free(struct gate *g);
/* Carries @in from one side of the gateway to the other, in either direction. @out is empty where
 * the gateway let nothing of it through. The direction of each tuple is kept. */
void gate_pass(const struct gate *g, const struct tuples *in, struct tuples *out);
/* The endpoint inside that had @outside, an address and port of the gateway itself, in any entry.
 * false = none had. */
bool gate_inside(const struct gate *g, uint8_t proto, const struct endpoint *outside,
		 struct endpoint *inside);

#endif
