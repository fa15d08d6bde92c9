/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_TOPOLOGY_H
#define LAB_TOPOLOGY_H

#include "lab/plan.h"

/* What the lab's own files share; others use lab.h. */

struct tap;
struct wire;

struct lab {
	char *name; /* (owned) */
	struct plan plan;
	struct loop *loop; /* the caller's */
	char **taps;	   /* (owned) vantages to capture at */
	size_t n_taps;
	struct tap *tap; /* (owned) running captures, or NULL */
	size_t n_tap;
	struct wire *wire; /* (owned) impaired links, or NULL */
	unsigned step;	   /* set-up steps done, for fault injection */
};

/* Every step of the set-up passes here first. SKYPELAB_FAULT_STEP=n in the environment makes the
 * n-th fail, so that a test can show that each failure is reported and leaves nothing. */
int lab_step(struct lab *lab, const char *what, struct err *e);

/* tap.c: stops and drops captures without giving files their names. */
void lab_taps_abort(struct lab *lab);

/* impair.c: carries frames over the plan's wires. 0, or -1 with @e set. */
int lab_wires_start(struct lab *lab, uint64_t seed, struct err *e);
void lab_wires_stop(struct lab *lab);

#endif
