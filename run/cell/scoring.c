// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scoring.c - what a cell is to the scorer: its settings, sources, versions, trials
 *
 * A running cell knows it from its scenario and writes it into cell.json, so that a finished run can be
 * scored again, by another detector or after a signature has changed, from its own files alone.
 */
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/quote.h"
#include "run/cell/scoring.h"
#include "run/cell/sources.h"

#define EACH_SOURCE(s) (enum traffic_source s = SOURCE_EMULATED; s <= SOURCE_RECORDED; s++)

void cell_scoring_of(struct cell_scoring *c, const struct cell_job *job, uint64_t watched_s)
{
	struct scenario_columns at = scenario_columns(job->scenario);

	memset(c, 0, sizeof(*c));
	c->dir = xstrdup(job->dir);
	c->name = xstrdup(job->name);
	c->watched_s = watched_s;
	c->caller_firewall = xstrdup(at.caller_firewall);
	c->caller_nat = xstrdup(at.caller_nat);
	c->callee_firewall = xstrdup(at.callee_firewall);
	c->callee_nat = xstrdup(at.callee_nat);
	c->axes = xstrdup(job->scenario->axes ? job->scenario->axes : "");
	c->target = xstrdup(job->scenario->target);
	for
		EACH_SOURCE(s)
		{
			c->of[s].has = cell_has_source(job, s);
			if (!c->of[s].has)
				continue;
			c->of[s].traffic_version = xstrdup(cell_version_of(job, s));
			c->of[s].cluster = cell_cluster_of(job, s);
		}
}

json_t *cell_scoring_json(const struct cell_scoring *c)
{
	json_t *sources = json_object();

	for
		EACH_SOURCE(s)
	if (c->of[s].has)
		json_object_set_new(sources, source_text(s),
				    json_pack("{ssss}", "traffic_version", c->of[s].traffic_version,
					      "cluster", c->of[s].cluster));
	return json_pack("{sssssssssssssIso}", "caller_firewall", c->caller_firewall, "caller_nat",
			 c->caller_nat, "callee_firewall", c->callee_firewall, "callee_nat",
			 c->callee_nat, "axes", c->axes, "target", c->target, "watched_seconds",
			 (json_int_t)c->watched_s, "sources", sources);
}

uint64_t cell_scoring_watched(const json_t *facts)
{
	json_int_t s = json_integer_value(
		json_object_get(json_object_get(facts, "scoring"), "watched_seconds"));

	return s > 0 && s < INT32_MAX ? (uint64_t)s : 0;
}

static char *text_in(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? xstrdup(text) : NULL;
}

static bool whole(const struct cell_scoring *c)
{
	bool any = false;

	for
		EACH_SOURCE(s)
		{
			if (c->of[s].has && (!c->of[s].traffic_version || !c->of[s].cluster))
				return false;
			any |= c->of[s].has;
		}
	return any && c->caller_firewall && c->caller_nat && c->callee_firewall && c->callee_nat &&
	       c->axes && label_names_application(c->target);
}

int cell_scoring_read(struct cell_scoring *c, const char *dir, const char *name,
		      const json_t *facts, struct err *e)
{
	const json_t *o = json_object_get(facts, "scoring"),
		     *sources = json_object_get(o, "sources");

	memset(c, 0, sizeof(*c));
	c->dir = xstrdup(dir);
	c->name = xstrdup(name);
	c->caller_firewall = text_in(o, "caller_firewall");
	c->caller_nat = text_in(o, "caller_nat");
	c->callee_firewall = text_in(o, "callee_firewall");
	c->callee_nat = text_in(o, "callee_nat");
	c->axes = text_in(o, "axes");
	c->target = text_in(o, "target");
	if (!c->target)
		c->target = xstrdup(LABEL_SKYPE); /* of a run before there were others */
	c->watched_s = cell_scoring_watched(facts);
	for
		EACH_SOURCE(s)
		{
			const json_t *one = json_object_get(sources, source_text(s));

			c->of[s].has = one != NULL;
			c->of[s].traffic_version = text_in(one, "traffic_version");
			c->of[s].cluster = text_in(one, "cluster");
		}
	if (whole(c))
		return 0;
	cell_scoring_clear(c);
	return err_set(e,
		       "%s/cell.json: no complete \"scoring\" in it; it is of an older version, so "
		       "run the scenario again",
		       dir);
}

void cell_scoring_clear(struct cell_scoring *c)
{
	free(c->dir);
	free(c->name);
	free(c->caller_firewall);
	free(c->caller_nat);
	free(c->callee_firewall);
	free(c->callee_nat);
	free(c->axes);
	free(c->target);
	for
		EACH_SOURCE(s)
		{
			free(c->of[s].traffic_version);
			free(c->of[s].cluster);
		}
	memset(c, 0, sizeof(*c));
}

bool cell_knows_events(const struct cell_scoring *c)
{
	return c->of[SOURCE_EMULATED].has;
}

char *cell_vantages(json_t *taps)
{
	char *all = xstrdup(""), *more;
	const char *vantage;
	json_t *tap;

	json_object_foreach (taps, vantage, tap) {
		more = xasprintf("%s%s%s", all, *all ? ", " : "", quote_terminal(vantage));
		free(all);
		all = more;
	}
	return all;
}
