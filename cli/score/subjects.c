// SPDX-License-Identifier: GPL-2.0-or-later
/* subjects.c - the signatures and foreign detectors that `skypelab score` scores */
#include <stdlib.h>
#include <string.h>

#include "cli/score/subjects.h"

int score_subjects_load(struct score_subjects *s, const struct option_list *signatures,
			const struct option_list *detectors, const char *target, bool only,
			struct err *e)
{
	bool own = signatures->n || !detectors->n;
	char *all = xasprintf("all:%s", target);

	*s = (struct score_subjects){0};
	for (size_t i = 0; i < detectors->n; i++)
		own |= !strcmp(detectors->items[i], OWN_DETECTOR);
	if (own)
		s->set = signatures->n ? signatures_load(signatures->items, signatures->n, e)
				       : signatures_load((const char *const[]){all}, 1, e);
	free(all);
	if (own && (!s->set || (only && !signature_set_wanted(s->set, target, e))))
		return -1;
	return under_test_load(&s->foreign, detectors->items, detectors->n, s->set, e);
}

void score_subjects_free(struct score_subjects *s)
{
	signatures_free(s->set);
	under_test_free(&s->foreign);
}
