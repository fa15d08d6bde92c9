/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_REGRESS_SIDE_H
#define RUN_REGRESS_SIDE_H

#include "run/detect/detect_score.h"
#include "run/under_test/under_test.h"
#include "run/vary/vary.h"

/* One revision of a signature, or one of two foreign detectors, and what it found, flow by flow. */
struct regress_side {
	struct signature_set *set; /* of our own, or NULL */
	const struct foreign_detector
		*foreign; /* or NULL. Neither: the table comes from a kept baseline */
	const struct signature_list *as; /* of @foreign: whose words both sides are scored in */
	const char *label;		 /* what the report calls it */
	char revision[16];
	struct score_table *table;
};

/* Runs our own over one file; detections are given the name @name. @vary: the file is its copy, and
 * detections come back in the words of the original; else NULL. @x may be NULL. 0, or -1 with @e set
 * when the file is not readable to its end: what was read counts. */
int side_detect(const struct regress_side *side, const char *name, const char *path,
		const struct vary *vary, struct detections *v, struct flow_index *x, struct err *e);
/* Runs a foreign one over a capture that holds @x; the same. *@failed: it failed, which is reported.
 * 0, or -1 with @e set when it could not be tried. */
int side_detect_foreign(const struct regress_side *side, const char *name, const char *path,
			struct detections *v, const struct flow_index *x, bool *failed,
			struct err *e);
/* Scores detections of either into @t. */
void side_score(const struct regress_side *side, const char *name, struct score_table *t,
		const struct detections *v, const struct labels *labels, const struct flow_index *x,
		const struct score_setting *s);

#endif
