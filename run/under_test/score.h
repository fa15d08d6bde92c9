/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_UNDER_TEST_SCORE_H
#define RUN_UNDER_TEST_SCORE_H

#include "results/score/score.h"
#include "run/under_test/under_test.h"

/* Lets a foreign detector look at a capture and adds its detections to @v. One that fails is reported,
 * *@failed becomes true, and @v is as it was. @flows: what the capture holds. 0, or -1 with @e set: it
 * could not be tried. */
int foreign_say(const struct foreign_detector *d, const char *capture,
		const struct flow_index *flows, struct detections *v, bool *failed, struct err *e);
/* Lets each look at a capture and scores it as @in says: setting, labels, events and flows. One that
 * fails has no rows of the capture, and *@failed becomes true. 0, or -1 with @e set. */
int foreign_score(struct score_table *t, const struct under_test *u, const char *capture,
		  const struct score_input *in, bool *failed, struct err *e);

#endif
