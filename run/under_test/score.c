// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * score.c - foreign detectors over a capture that is no run's, scored
 */
#include "base/label.h"
#include "run/under_test/look.h"
#include "run/under_test/score.h"

int foreign_say(const struct foreign_detector *d, const char *capture,
		const struct flow_index *flows, struct detections *v, bool *failed, struct err *e)
{
	struct detector_fact fact = {0};

	if (foreign_look(d, capture, NULL, "/tmp", LABEL_SKYPE, flows, v, &fact, e) < 0)
		return -1;
	if (!fact.failed)
		return 0;
	log_error("%s failed with %s, which has no rows of it: %s", foreign_name(d), capture,
		  fact.last_line);
	*failed = true;
	return 0;
}

int foreign_score(struct score_table *t, const struct under_test *u, const char *capture,
		  const struct score_input *in, bool *failed, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < u->n; i++) {
		struct detections *v = detections_new();
		struct score_input one = *in;
		bool bad = false;

		one.detections = v;
		signature_list_use(&u->d[i].list, &one);
		rc = foreign_say(&u->d[i], capture, in->flows, v, &bad, e);
		if (rc == 0 && !bad)
			rc = score_cell(t, &one, e);
		*failed |= bad;
		detections_free(v);
	}
	return rc;
}
