/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_REGRESS_REGRESS_H
#define RUN_REGRESS_REGRESS_H

#include "run/regress/copies.h"

/* Two revisions of a signature, or two foreign detectors, and how their verdicts compare. */
struct regress {
	const char *name; /* of the signature: both sides are scored under it */
	struct regress_side base, now;
	struct copies copies;
	size_t captures; /* read so far */
	size_t failed_only
		[2]; /* foreign: captures that the base, or the newer one, alone failed with */
};

/* Tries both on a labelled capture (@labels) or, with NULL, on one without Skype. @s: source,
 * version, vantage, settings, cell. 0, or -1 with @e set when the capture is not readable to its
 * end: what was read counts. A capture_fn; @regress: struct regress. */
int regress_capture(void *regress, const char *path, const struct labels *labels,
		    const struct score_setting *s, struct err *e);
/* Makes @one, which tries captures for @r in other processes: the same question, nothing learned. Free it with
 * regress_one_free(). The other two are of struct material_apart. */
void regress_one(const struct regress *r, struct regress *one);
void regress_one_free(struct regress *one);
void regress_send(void *one, FILE *out);
bool regress_add(void *regress, FILE *in);
void regress_free(struct regress *r);

#endif
