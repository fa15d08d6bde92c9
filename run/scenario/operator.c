// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * operator.c - who sits on a site's gateway, as the scenario says it
 *
 * The operator sees the inside of a site's gateway, which has to be captured, and filters in it.
 * Its signatures are the detector's; its policy is a file of skypelab-filter(5), or "none": the
 * same network without an operator, against which the others are held.
 *
 * Limits: one operator, who sees the clients' own addresses: SITE.lan.
 */
#include <stdio.h>
#include <string.h>

#include "base/label.h"
#include "detector/detector.h"
#include "run/scenario/library.h"
#include "run/scenario/operator.h"

struct signature_set *operator_signatures(const struct scenario *s, const char *text, struct err *e)
{
	char all[LABEL_LEN + 8];

	snprintf(all, sizeof(all), "all:%s", s->target);
	if (!strcmp(text, "all") && !label_is(s->target, LABEL_SKYPE))
		text = all;
	return signatures_load(&text, 1, e);
}

int operator_signature_check(const struct scenario *s, const char *text, struct err *e)
{
	struct signature_set *set = operator_signatures(s, text, e);

	signatures_free(set);
	return set ? 0 : -1;
}

static bool captured(const struct scenario *s, const char *vantage)
{
	bool found = !s->vantages_len; /* then every site's lan and wan */

	for (unsigned i = 0; i < s->vantages_len; i++)
		found |= !strcmp(s->vantages[i], vantage);
	return found;
}

int scenario_check_operator(struct scenario *s, struct err *e)
{
	struct scenario_operator *o = s->operator;
	const char *dot = strchr(o->at, '.');
	const struct scenario_site *t = dot ? scenario_site(s, o->at, (size_t)(dot - o->at)) : NULL;

	if (!t || strcmp(dot, ".lan") != 0)
		return err_set(e, "at: %.80s, expected SITE.lan", o->at);
	if (!captured(s, o->at))
		return err_set(e, "at: %.80s, expected one of the vantages", o->at);
	if (s->clock == LOOP_REAL)
		return err_set(e, "an operator filters in emulated time; `clock: real` has none");
	if (operator_signature_check(s, o->signature, e) < 0)
		return -1;
	if (!strcmp(o->policy, OPERATOR_NONE))
		return 0;
	o->filter = library_filter(s->library, o->policy, e);
	return o->filter ? 0 : -1;
}
