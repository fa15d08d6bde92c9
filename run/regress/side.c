// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * side.c - one of the two revisions, or foreign detectors, that are compared
 *
 * Both are scored under one name, so that their verdicts can be paired flow by flow.
 */
#include <stdio.h>

#include "run/regress/side.h"
#include "run/under_test/score.h"

struct collector {
	const struct regress_side *side;
	const char *name;
	const struct vary *vary;
	struct detections *v;
};

static void collect(void *arg, const struct detection_event *ev)
{
	struct collector *c = arg;
	struct detection one;

	detection_of_event(&one, ev);
	snprintf(one.signature, sizeof(one.signature), "%s", c->name);
	snprintf(one.revision, sizeof(one.revision), "%s", c->side->revision);
	if (c->vary)
		vary_restore(c->vary, &one);
	detections_add(c->v, &one);
}

int side_detect(const struct regress_side *side, const char *name, const char *path,
		const struct vary *vary, struct detections *v, struct flow_index *x, struct err *e)
{
	struct collector c = {side, name, vary, v};

	return detect_with(side->set, path, collect, &c, x, e);
}

int side_detect_foreign(const struct regress_side *side, const char *name, const char *path,
			struct detections *v, const struct flow_index *x, bool *failed,
			struct err *e)
{
	struct detections *said = detections_new();
	int rc = foreign_say(side->foreign, path, x, said, failed, e);

	for (size_t i = 0; i < detections_count(said); i++) {
		struct detection one = *detections_at(said, i);

		snprintf(one.signature, sizeof(one.signature), "%s", name);
		detections_add(v, &one);
	}
	detections_free(said);
	return rc;
}

void side_score(const struct regress_side *side, const char *name, struct score_table *t,
		const struct detections *v, const struct labels *labels, const struct flow_index *x,
		const struct score_setting *s)
{
	const char *names[] = {name}, *revisions[] = {side->revision};
	struct score_input in = {.setting = *s,
				 .target = labels ? labels_target(labels) : NULL,
				 .labels = labels,
				 .detections = v,
				 .flows = x,
				 .signatures = names,
				 .revisions = revisions,
				 .n = 1};

	if (side->foreign) {
		in.setting.detector = side->as->detector;
		in.hosts_only = side->as->hosts_only;
		in.no_sessions = side->as->no_sessions;
	}
	score_cell(t, &in, NULL);
}
