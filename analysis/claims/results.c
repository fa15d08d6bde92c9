// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * results.c - every claim over every scene
 *
 * A scene is of one source, so its cases go to the figures of that source alone, and to those of its
 * capture or version. Hosts and flows of different scenes are different trials.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/claims/measures_flows.h"
#include "analysis/claims/measures_messages.h"
#include "analysis/claims/measures_named.h"
#include "analysis/claims/measures_tables.h"
#include "analysis/claims/results.h"

struct claim_results *claim_results_new(const struct claim_set *set)
{
	struct claim_results *r = xcalloc(1, sizeof(*r));

	r->set = set;
	r->of = xcalloc(set->claims_n, sizeof(*r->of));
	return r;
}

void claim_results_free(struct claim_results *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->set->claims_n; i++)
		for (int s = 0; s <= SOURCE_RECORDED; s++) {
			struct claim_finding *f = &r->of[i][s];

			for (size_t g = 0; g < f->groups_n; g++)
				claim_tally_clear(&f->groups[g]);
			free(f->groups);
			claim_tally_clear(&f->tally);
		}
	free(r->of);
	free(r);
}

static struct claim_tally *group_of(struct claim_finding *f, const char *name)
{
	for (size_t i = 0; i < f->groups_n; i++)
		if (!strcmp(f->groups[i].group, name))
			return &f->groups[i];
	f->groups = xrealloc(f->groups, (f->groups_n + 1) * sizeof(*f->groups));
	memset(&f->groups[f->groups_n], 0, sizeof(*f->groups));
	f->groups[f->groups_n].group = xstrdup(name);
	return &f->groups[f->groups_n++];
}

static void measure(const struct claim_set *s, const struct claim *c,
		    const struct claim_scene *scene, struct claim_cases *out)
{
	char list[300];

	switch (c->measure.kind) {
	case CLAIM_KIND_MESSAGES:
		measure_messages(s, c, scene, out);
		break;
	case CLAIM_KIND_FLOWS:
		measure_flows(s, c, scene, out);
		break;
	case CLAIM_KIND_FOLLOWS:
		measure_follows(s, c, scene, out);
		break;
	case CLAIM_KIND_COUNTER:
		measure_counter(s, c, scene, out);
		break;
	case CLAIM_KIND_TABLE:
		measure_table(c, scene, out);
		break;
	case CLAIM_KIND_DETECT:
		measure_detect(c, scene, out);
		break;
	case CLAIM_KIND_FUNCTION:
		measure_named_find(c->measure.function, list, sizeof(list))->fn(s, c, scene, out);
		break;
	case CLAIM_KIND_NONE:
		break;
	}
}

void claim_results_add(struct claim_results *r, const struct claim_scene *scene)
{
	const struct claim_set *s = r->set;

	r->scenes[scene->source]++;
	for (unsigned i = 0; i < s->claims_n; i++) {
		const struct claim *c = &s->claims[i];
		struct claim_cases *cases;

		if (!claim_scene_meets(scene, s->where.items, s->where.n) ||
		    !claim_scene_meets(scene, c->where.items, c->where.n))
			continue;
		cases = claim_cases_new();
		measure(s, c, scene, cases);
		claim_tally_add(&r->of[i][scene->source].tally, cases, c->expect);
		if (claim_cases_any(cases))
			claim_tally_add(group_of(&r->of[i][scene->source], scene->group), cases,
					c->expect);
		claim_cases_free(cases);
	}
}

struct claim_verdict claim_results_verdict(const struct claim_results *r, size_t i,
					   enum traffic_source source)
{
	return claim_tally_verdict(&r->of[i][source].tally, &r->set->claims[i]);
}

struct claim_verdict claim_results_group(const struct claim_results *r, size_t i,
					 enum traffic_source source, size_t group)
{
	return claim_tally_verdict(&r->of[i][source].groups[group], &r->set->claims[i]);
}
