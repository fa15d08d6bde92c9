/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_SCORE_SUBJECTS_H
#define CLI_SCORE_SUBJECTS_H

#include <stdbool.h>

#include "cli/command/options.h"
#include "run/under_test/under_test.h"

/* What `skypelab score` scores. @set: our signatures, NULL = none; @failed: a foreign detector failed */
struct score_subjects {
	struct signature_set *set;
	struct under_test foreign;
	bool failed;
};

/* Loads what -s and -D name. With -D our signatures are scored only where they are named, or skypelab
 * is. @target: what all that are bundled look for; @only: signatures that look for nothing of it are an
 * error. 0, or -1 with @e set; score_subjects_free() in either case. */
int score_subjects_load(struct score_subjects *s, const struct option_list *signatures,
			const struct option_list *detectors, const char *target, bool only,
			struct err *e);
void score_subjects_free(struct score_subjects *s);

#endif
