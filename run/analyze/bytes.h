/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_ANALYZE_BYTES_H
#define RUN_ANALYZE_BYTES_H

#include <pthread.h>

#include "analysis/compare/leave_out.h"
#include "analysis/field/analysis.h"
#include "run/analyze/one_pass.h"

/* What messages' bytes are, and what would break that: beside the pass for who talks with whom, or in it. */

/**
 * struct bytes - that question while it is worked on, and its answer
 * @map, @rests: (owned) From bytes_finish() on
 * @beside:	A thread reads the captures for it, and waits for nobody
 */
struct bytes {
	const struct material *material;
	const struct flow_choice *choice;
	struct field_analysis *fields; /* (owned) */
	struct tape *tape;	       /* (owned) */
	struct looks *looks;	       /* (owned) at the tape, once they are under way */
	struct field_map *map;
	struct leave_out *rests;
	bool beside;
	pthread_t thread;
	int rc; /* of the thread's pass */
	struct err e;
};

/* Borrows @m and @choice until bytes_clear(), which is called in any case. Adds to @to what is to be fed
 * by the caller's pass: nothing if a thread has begun to read. */
void bytes_begin(struct bytes *b, const struct material *m, const struct flow_choice *choice,
		 struct listeners *to);
/* After the caller's pass. 0; -1 with @e set: the thread could not read. */
int bytes_finish(struct bytes *b, struct err *e);
void bytes_clear(struct bytes *b);

#endif
