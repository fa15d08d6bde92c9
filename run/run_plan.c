// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_plan.c - shard.json: what a part of a run means to do
 *
 * It is written before the first cell, so that a part that did not end says what is missing, and again
 * at the end, with the cells that are invalid. Two parts belong to one run when "program" and "sweep"
 * are equal; "options" say how to ask for that run again. "inputs" are the data files of the part's own
 * cells: parts read different ones, but none may be read in two versions.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/datadir.h"
#include "base/format.h"
#include "base/inner.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "run/run_inputs.h"
#include "run/run_plan.h"
#include "run/scenario/schema.h"

#define WORDS_MAX 1000 /* in a list of options */

/* ------------------------------------------------------------------ making it */

static json_t *words_json(const char *const *words, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(words[i]));
	return list;
}

static json_t *options_json(const struct run_options *o)
{
	return json_pack("{ss so so so ss* sI sb si sb sb}", "scenario", o->scenario, "signatures",
			 words_json(o->signatures, o->signatures_len), "detectors",
			 words_json(o->detectors, o->detectors_len), "filters",
			 words_json(o->filters, o->filters_len), "target", o->target, "seed",
			 (json_int_t)o->seed, "seed_given", o->seed_given, "repeat", (int)o->repeat,
			 "seeds", o->seeds, "live", o->live);
}

/* Adds NAME: SHA-256 of the file at @path to @to. 0, or -1 with @e set. */
static int add_digest(json_t *to, const char *name, const char *path, struct err *e)
{
	char hex[65];

	if (file_sha256(path, hex, e) < 0)
		return -1;
	json_object_set_new(to, name, json_string(hex));
	return 0;
}

/* {"paper-1.4": SHA-256, ...}; NULL with @e set. */
static json_t *signatures_json(const struct runner *r, struct err *e)
{
	json_t *all = json_object();
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < signatures_count(r->signatures); i++) {
		const struct signature_info *s = signatures_info(r->signatures, i);

		rc = add_digest(all, s->name, s->path, e);
	}
	if (rc == 0)
		return all;
	json_decref(all);
	return NULL;
}

/* What all parts have in common; NULL with @e set. */
static json_t *sweep_json(const struct runner *r, size_t all, struct err *e)
{
	json_t *signatures = signatures_json(r, e);
	char hex[65];

	if (!signatures || file_sha256(r->s->path, hex, e) < 0) {
		json_decref(signatures);
		return NULL;
	}
	return json_pack("{ss sI si sb ss sb so sO* so sI}", "scenario", hex, "seed",
			 (json_int_t)r->s->seed, "repeat", (int)r->s->repeat, "seed_by_repetition",
			 r->s->seed_by_repetition, "target", r->s->target, "live", r->o->live,
			 "signatures", signatures, "detectors", r->detectors.facts, "filters",
			 words_json(r->o->filters, r->o->filters_len), "cells", (json_int_t)all);
}

/* Captures are named below the folder of the corpora, the project's data files below that of the
 * project: they lie elsewhere on other machines. */
static const char *input_name(const char *path)
{
	const char *corpora = corpora_dir(), *scenarios = strstr(path, "/scenarios/");
	size_t n = strlen(corpora);

	if (!strncmp(path, corpora, n) && path[n] == '/')
		return path + n + 1;
	return *path == '/' && scenarios ? scenarios + 1 : path;
}

static json_t *inputs_json(const struct runner *r, struct err *e)
{
	struct run_inputs l = {0};
	json_t *all = json_object();
	int rc = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct scenario *s = scenario_apply(r->s, &r->cells[i]);

		run_inputs_add_scenario(&l, s);
		scenario_free(s);
	}
	for (size_t i = 0; rc == 0 && i < l.n; i++)
		rc = add_digest(all, input_name(l.paths[i]), l.paths[i], e);
	run_inputs_clear(&l);
	if (rc == 0)
		return all;
	json_decref(all);
	return NULL;
}

json_t *plan_new(const struct runner *r, size_t all, struct err *e)
{
	json_t *sweep = sweep_json(r, all, e), *inputs = sweep ? inputs_json(r, e) : NULL;
	json_t *cells = json_array();
	struct utsname u;

	if (!inputs) {
		json_decref(sweep);
		json_decref(cells);
		return NULL;
	}
	uname(&u);
	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(cells, json_string(r->cells[i].name));
	return json_pack("{si s{ss ss} s{ss ss ss} s{si si ss} so so so so so sb}", "format",
			 FORMAT_OF_RUNS, "program", "name", "skypelab", "version", SKYPELAB_VERSION,
			 "system", "host", u.nodename, "kernel", u.release, "machine", u.machine,
			 "shard", "index", (int)r->o->shard.index, "of", (int)r->o->shard.of,
			 "from", r->o->shard.from ? r->o->shard.from : "--cells", "options",
			 options_json(r->o), "sweep", sweep, "inputs", inputs, "cells", cells,
			 "invalid", json_object(), "ended", false);
}

/* ------------------------------------------------------------------ reading it */

/* Are all members of a list, or of an object, texts? */
static bool all_texts(const json_t *list, size_t most)
{
	const char *key;
	json_t *one;
	size_t i;

	if (json_array_size(list) > most || json_object_size(list) > most)
		return false;
	json_array_foreach (list, i, one)
		if (!json_is_string(one))
			return false;
	json_object_foreach ((json_t *)list, key, one)
		if (!json_is_string(one))
			return false;
	return true;
}

static bool is_list(const json_t *j, const char *key, size_t most)
{
	const json_t *list = json_object_get(j, key);

	return json_is_array(list) && all_texts(list, most);
}

static bool options_well_formed(const json_t *o)
{
	const json_t *target = json_object_get(o, "target");

	return json_is_string(json_object_get(o, "scenario")) &&
	       is_list(o, "signatures", WORDS_MAX) && is_list(o, "detectors", WORDS_MAX) &&
	       is_list(o, "filters", WORDS_MAX) && (!target || json_is_string(target)) &&
	       json_is_integer(json_object_get(o, "seed")) &&
	       json_is_integer(json_object_get(o, "repeat")) &&
	       json_integer_value(json_object_get(o, "repeat")) >= 0 &&
	       json_integer_value(json_object_get(o, "repeat")) <= 10000;
}

static bool well_formed(const json_t *j)
{
	const json_t *inputs = json_object_get(j, "inputs"),
		     *invalid = json_object_get(j, "invalid");

	return options_well_formed(json_object_get(j, "options")) &&
	       json_is_object(json_object_get(j, "sweep")) && json_is_object(inputs) &&
	       all_texts(inputs, SIZE_MAX) && json_is_object(invalid) &&
	       all_texts(invalid, SIZE_MAX) && is_list(j, "cells", SIZE_MAX);
}

json_t *plan_read(const char *dir, struct err *e)
{
	json_t *j = inner_json(dir, RUN_DIR_PLAN, e);

	if (!j || (json_integer_value(json_object_get(j, "format")) > 0 && well_formed(j)))
		return j;
	err_set(e, "%s/" RUN_DIR_PLAN ": not a plan that `skypelab run --shard` writes", dir);
	json_decref(j);
	return NULL;
}

/* ------------------------------------------------------------------ comparing */

/* A value for a message, cut. */
static const char *shown(const json_t *value)
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	char *cut = text ? xasprintf("%.80s", text) : xstrdup("nothing");
	const char *quoted = quote_terminal(cut);
	static char out[2][100];
	static unsigned turn;

	snprintf(out[turn ^= 1], sizeof(out[0]), "%s", quoted);
	free(text);
	free(cut);
	return out[turn];
}

/* The first member that differs: "NAME: A, not B" in @out; false = none. Below an object its name is
 * said too. */
static bool member_differs(const json_t *a, const json_t *b, const char *what, char out[400])
{
	const char *key;
	json_t *one;

	for (int turn = 0; turn < 2; turn++)
		json_object_foreach ((json_t *)(turn ? a : b), key, one) {
			const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);

			if (x && y && json_equal(x, y))
				continue;
			if (json_is_object(x) && json_is_object(y))
				return member_differs(x, y, key, out);
			snprintf(out, 400, "%s%s%s: %s, not %s", what, *what ? " " : "",
				 quote_terminal(key), shown(x), shown(y));
			return true;
		}
	return false;
}

const char *plan_differs(const json_t *plan, const json_t *from)
{
	static char text[400];

	if (member_differs(json_object_get(plan, "program"), json_object_get(from, "program"),
			   "program", text) ||
	    member_differs(json_object_get(plan, "sweep"), json_object_get(from, "sweep"), "",
			   text))
		return text;
	return NULL;
}

const char *plan_input_differs(const json_t *plan, const json_t *from)
{
	const json_t *theirs = json_object_get(from, "inputs");
	const char *name;
	json_t *one;

	json_object_foreach (json_object_get(plan, "inputs"), name, one) {
		const json_t *other = json_object_get(theirs, name);

		if (other && !json_equal(one, other))
			return name;
	}
	return NULL;
}

/* ------------------------------------------------------------------ asking again */

/* The texts of a list, at *at of @p->words, which go on there. */
static const char *const *take_words(const json_t *list, const char **words, size_t *at, size_t *n)
{
	const char *const *out = words + *at;
	const json_t *one;
	size_t i;

	*n = json_array_size(list);
	json_array_foreach (list, i, one)
		words[(*at)++] = json_string_value(one);
	return out;
}

void plan_options_of(struct plan_options *p, const json_t *plan)
{
	const json_t *j = json_object_get(plan, "options");
	const json_t *s = json_object_get(j, "signatures"), *d = json_object_get(j, "detectors");
	const json_t *f = json_object_get(j, "filters");
	size_t at = 0;

	*p = (struct plan_options){0};
	p->words = xcalloc(json_array_size(s) + json_array_size(d) + json_array_size(f) + 1,
			   sizeof(*p->words));
	p->o = (struct run_options){
		.scenario = json_string_value(json_object_get(j, "scenario")),
		.target = json_string_value(json_object_get(j, "target")),
		.seed = (uint64_t)json_integer_value(json_object_get(j, "seed")),
		.seed_given = json_is_true(json_object_get(j, "seed_given")),
		.repeat = (unsigned)json_integer_value(json_object_get(j, "repeat")),
		.seeds = json_is_true(json_object_get(j, "seeds")),
		.live = json_is_true(json_object_get(j, "live")),
	};
	p->o.signatures = take_words(s, p->words, &at, &p->o.signatures_len);
	p->o.detectors = take_words(d, p->words, &at, &p->o.detectors_len);
	p->o.filters = take_words(f, p->words, &at, &p->o.filters_len);
}

void plan_options_clear(struct plan_options *p)
{
	free(p->words);
	*p = (struct plan_options){0};
}
