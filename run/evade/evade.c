// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * evade.c - the cheapest change with which a client comes in and a signature does not see it
 *
 * Every attempt is a version file, and runs in the lab: the emulated client of that version logs in
 * through the scenario's firewalls and NATs, and the detector reads what was captured. All signatures
 * look at the same captures, and so do detectors of others, each capture contained and by itself. The order
 * of things:
 *
 *   1. the version as it is, and each change alone
 *   2. what came through is tried again, with other random streams and twice as many of them, so that
 *      the luckiest of many is not taken for the best: the cheapest first, the next if it fails
 *   3. for signatures without an answer, sets of changes (search.c), some at a time; for those that have
 *      one, the same set without one of its changes; then 2 again, until each has its answer or has had
 *      its tries
 *
 * A version's file is named by its changes, so that its random streams do not depend on what else is
 * tried beside it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/label.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/progress.h"
#include "run/evade/changed_yaml.h"
#include "run/evade/evade.h"
#include "run/fresh/fresh_run.h"
#include "run/fresh/scratch.h"
#include "run/scenario/cells.h"
#include "run/scenario/load.h"
#include "run/scenario/schema.h"

#define AT_A_TIME 4 /* sets for one signature between two looks at what came of them */

struct search {
	const struct evade_request *q;
	struct evade_result *r;
	struct rule_book *book;
	struct scratch scratch;
	char *dir, *scenario; /* @dir: of @scratch, or of those who keep it */
	const char **options; /* (owned) of the runs; the last three are set by run_batch() */
	char **owned;	      /* (owned, and each) texts among them */
	size_t options_n, owned_n;
	unsigned runs;
	struct progress progress;
	size_t cells;	    /* of one version, each once; 0 = nobody knows */
	unsigned long done; /* tries, as count_of() counts them */
};

/* ------------------------------------------------------------------ runs */

/* "v3-17.yaml": the changes. */
static char *file_of(const struct attempt *t)
{
	char *name = xstrdup("v");

	for (unsigned i = 0; i < t->n; i++) {
		char *more = xasprintf("%s%s%u", name, i ? "-" : "", t->change[i] + 1);

		free(name);
		name = more;
	}
	return name;
}

/* All that an attempt sets, "section.key=value" (array owned). */
static const char **sets_of(const struct attempts *a, const struct attempt *t, size_t *n)
{
	const struct change *made[TOGETHER_MAX];
	size_t changes = attempt_changes(a, t, made);
	const char **set = xcalloc(TOGETHER_MAX * 16, sizeof(*set));

	*n = 0;
	for (size_t i = 0; i < changes; i++)
		for (unsigned k = 0; k < made[i]->set_n; k++)
			set[(*n)++] = made[i]->set[k];
	return set;
}

static int write_attempt(const struct evade_result *r, const struct attempt *t, const char *path,
			 const char *head, const char *note, struct err *e)
{
	size_t n;
	const char **set = sets_of(&r->attempts, t, &n);
	int rc = changed_version(r->version, path, head, set, n, note, e);

	free(set);
	return rc;
}

/* The version as it is, beside a single other one, so that its cells are named by their version too: from
 * the name come the random streams. What it does is known, and is not counted again. */
static int write_plain(const struct search *s, const char *dir, char **name, struct err *e)
{
	char *path = path_in(dir, "v.yaml");
	int rc = write_attempt(s->r, &s->r->attempts.list[0], path, "", "changed: nothing", e);

	*name = xstrdup("v.yaml");
	free(path);
	return rc;
}

/* Writes the files of a run and runs it: @list[i] is tried, with further trials if @again. */
static int run_batch(struct search *s, const size_t *list, size_t n, bool again, struct err *e)
{
	char *dir = path_inf(s->dir, "%u", ++s->runs), *scenario = path_in(dir, "scenario.yaml");
	char *run = path_in(dir, "run"), *seed;
	char **names = xcalloc(n + 2, sizeof(*names));
	bool single = n == 1 && list[0];
	struct trials **out = xcalloc(n + 1, sizeof(*out));
	unsigned repeat = s->q->repeat * (again ? 2 : 1);
	int rc = make_dirs(dir, e);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct attempt *t = &s->r->attempts.list[list[i]];
		char *file = file_of(t), *text = attempt_text(&s->r->attempts, t);
		char *path, *note = xasprintf("changed: %.380s", *text ? text : "nothing");

		names[i] = xasprintf("%s.yaml", file);
		out[i] = again ? &t->again : &t->trials;
		path = path_in(dir, names[i]);
		rc = write_attempt(s->r, t, path, "", note, e);
		free(path);
		free(note);
		free(text);
		free(file);
	}
	if (rc == 0 && single)
		rc = write_plain(s, dir, &names[n], e);
	if (rc == 0)
		rc = changed_scenario(s->scenario, scenario, (const char *const *)names, n + single,
				      repeat, e);
	seed = xasprintf("%" PRIu64, s->q->seed + again);
	s->options[s->options_n] = "--seed";
	s->options[s->options_n + 1] = seed;
	s->options[s->options_n + 2] = NULL;
	log_info("run %u: %zu versions%s", s->runs, n, again ? ", again" : "");
	if (rc == 0 &&
	    fresh_run(&(struct fresh_run){.scenario = "scenario.yaml",
					  .dir = "run",
					  .at = dir,
					  .cells = s->cells * (n + single) * repeat,
					  .options = s->options},
		      e) < 0 &&
	    e->code != EXIT_NO) /* 1: a tap lost packets; that cell is in no table */
		rc = -1;
	if (rc == 0)
		rc = trials_read(run, (const char *const *)names, n, s->q->unit, s->book, out, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (!out[i]->n)
			rc = err_set(e, "%s: it has no cell of version %s", run, names[i]);
	for (size_t i = 0; i < n + single; i++)
		free(names[i]);
	free(names);
	free(out);
	free(seed);
	free(run);
	free(scenario);
	free(dir);
	return rc;
}

static void count_costs(struct search *s, const size_t *list, size_t n, bool again)
{
	struct attempts *a = &s->r->attempts;
	const struct change *made[TOGETHER_MAX];

	for (size_t i = 0; i < n; i++) {
		struct attempt *t = &a->list[list[i]];
		size_t changes = attempt_changes(a, t, made);

		t->cost = cost_of(again ? &t->again : &t->trials,
				  again ? &a->list[0].again : &a->list[0].trials, made, changes);
	}
}

/* How much versions count that are tried: with twice as many trials, twice. */
static unsigned long count_of(size_t n, bool again)
{
	return n * (again ? 2 : 1);
}

static bool is_open(const struct search *s, size_t i)
{
	const struct evade_answer *w = &s->r->answers[i];

	return w->verdict == EVADE_NONE && !search_best(&s->r->attempts, i) && !w->all &&
	       w->tried < s->r->attempts.usable + s->q->tries;
}

/* The most that may have to be tried after what is under way, as far as it is known: sets for every signature that
 * may still have no answer, and once more what is found. */
static unsigned long most_to_come(const struct search *s)
{
	const struct attempts *a = &s->r->attempts;
	bool begun = a->n && a->list[0].trials.n;
	unsigned long most = 0;

	for (size_t i = 0; i < s->r->n; i++) {
		const struct evade_answer *w = &s->r->answers[i];
		const struct attempt *best = begun ? search_best(a, i) : NULL;

		if (begun && (w->verdict != EVADE_NONE || (best && best->again.n)))
			continue;
		most += count_of(1, true);
		if (!begun || is_open(s, i))
			most += s->q->together > 1
					? s->q->tries - (w->tried - (begun ? a->usable : 0))
					: 0;
	}
	return most;
}

static int try_these(struct search *s, const size_t *list, size_t n, bool again, struct err *e)
{
	unsigned long next = s->done + count_of(n, again);

	if (!n)
		return 0;
	progress_span(&s->progress, s->done, next, next + most_to_come(s), "tries at most");
	if (run_batch(s, list, n, again, e) < 0)
		return -1;
	s->done = next;
	count_costs(s, list, n, again);
	return 0;
}

/* ------------------------------------------------------------------ the search */

static bool listed(const size_t *list, size_t n, size_t what)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == what)
			return true;
	return false;
}

/* Tries again whatever came through and is the cheapest for some signature, until none is new. */
static int confirm(struct search *s, struct err *e)
{
	struct attempts *a = &s->r->attempts;
	size_t *list = xcalloc(s->r->n + 1, sizeof(*list));
	int rc = 0;

	for (;;) {
		size_t n = 0;

		for (size_t i = 0; i < s->r->n; i++) {
			const struct attempt *t = search_best(a, i);
			size_t at = t ? (size_t)(t - a->list) : 0;

			if (t && !t->again.n && !listed(list, n, at))
				list[n++] = at;
		}
		if (!n)
			break;
		if (!a->list[0].again.n)
			list[n++] = 0;
		rc = try_these(s, list, n, true, e);
		if (rc < 0)
			break;
	}
	free(list);
	return rc;
}

static size_t known(const struct attempts *a, const struct attempt *t)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->list[i].n == t->n &&
		    !memcmp(a->list[i].change, t->change, t->n * sizeof(*t->change)))
			return i;
	return a->n;
}

/* Adds an attempt to those of the next run, if it is not one of them. */
static void add_to_run(struct search *s, const struct attempt *t, size_t *list, size_t *n)
{
	size_t at = known(&s->r->attempts, t);

	if (at == s->r->attempts.n)
		attempt_add(&s->r->attempts, t->change, t->n);
	if (!listed(list, *n, at))
		list[(*n)++] = at;
}

/* The best set without one of its changes, each of them: it may be more than is needed. */
static void try_fewer(struct search *s, size_t i, size_t *list, size_t *n)
{
	const struct attempt *best = search_best(&s->r->attempts, i);
	struct attempt fewer, of = best ? *best : (struct attempt){0};

	for (unsigned drop = 0; of.n > 2 && drop < of.n; drop++) {
		size_t at;

		fewer = (struct attempt){.n = 0};
		for (unsigned k = 0; k < of.n; k++)
			if (k != drop)
				fewer.change[fewer.n++] = of.change[k];
		at = known(&s->r->attempts, &fewer);
		if (at < s->r->attempts.n && s->r->attempts.list[at].trials.n)
			continue;
		add_to_run(s, &fewer, list, n);
		s->r->answers[i].tried++;
	}
}

/* One round of sets for every signature that has no answer, and of smaller ones for those that have.
 * *@more: something was tried. */
static int try_sets(struct search *s, bool *more, struct err *e)
{
	struct attempt next[AT_A_TIME + 1];
	size_t room = AT_A_TIME + TOGETHER_MAX, n = 0;
	size_t *list = xcalloc(s->r->n * room + 1, sizeof(*list));
	int rc;

	for (size_t i = 0; i < s->r->n && s->q->together > 1; i++) {
		struct evade_answer *w = &s->r->answers[i];
		size_t most = s->r->attempts.usable + s->q->tries - w->tried, found;

		if (w->verdict == EVADE_NONE)
			try_fewer(s, i, list, &n);
		if (!is_open(s, i))
			continue;
		found = search_next(&s->r->attempts, i, s->q->together,
				    most < AT_A_TIME ? most : AT_A_TIME, next);
		for (size_t k = 0; k < found; k++)
			add_to_run(s, &next[k], list, &n);
		w->tried += found;
		w->all = !found;
	}
	*more = n > 0;
	rc = try_these(s, list, n, false, e);
	free(list);
	return rc;
}

static enum evade_verdict verdict_before(const struct trials *plain, size_t i)
{
	if (!plain->sights[i].seen)
		return EVADE_UNSEEN;
	return can_tell(plain->n, plain, i) ? EVADE_NONE : EVADE_SELDOM;
}

static int search(struct search *s, struct err *e)
{
	struct attempts *a = &s->r->attempts;
	size_t n = a->usable + 1, *list = xcalloc(n, sizeof(*list));
	bool more = true;
	int rc;

	s->progress = progress_begin(log_level > 0, false);
	s->progress.at_most = true;
	attempt_add(a, NULL, 0);
	for (unsigned i = 0; i < a->usable; i++)
		attempt_add(a, &i, 1);
	for (size_t i = 0; i < n; i++)
		list[i] = i;
	rc = try_these(s, list, n, false, e);
	free(list);
	if (rc == 0 && a->list[0].trials.in < a->list[0].trials.n)
		rc = err_set(e,
			     "%s: the unchanged client came in only in %" PRIu64 " of %" PRIu64
			     " trials of %s; expected all",
			     s->r->version, a->list[0].trials.in, a->list[0].trials.n, s->scenario);
	for (size_t i = 0; rc == 0 && i < s->r->n; i++) {
		s->r->answers[i].tried = a->usable;
		s->r->answers[i].verdict = verdict_before(&a->list[0].trials, i);
	}
	while (rc == 0 && more) {
		rc = confirm(s, e);
		if (rc == 0)
			rc = try_sets(s, &more, e);
	}
	for (size_t i = 0; rc == 0 && i < s->r->n; i++) {
		struct evade_answer *w = &s->r->answers[i];

		w->best = w->verdict == EVADE_NONE ? search_best(a, i) : NULL;
		if (w->best)
			w->verdict = EVADE_FOUND;
	}
	progress_end(&s->progress);
	return rc;
}

/* ------------------------------------------------------------------ beginning and end */

/* Adds an option of the runs; @value is owned from here on. */
static void add_option(struct search *s, const char *option, char *value)
{
	s->owned[s->owned_n++] = value;
	s->options[s->options_n++] = option;
	s->options[s->options_n++] = value;
}

static int add_signature(struct search *s, const struct signature_info *info, struct err *e)
{
	char *path;

	if (!label_is(info->application, LABEL_SKYPE))
		return err_set(e, "%s: it looks for %s, and only Skype can be changed here",
			       info->path, info->application);
	path = realpath(info->path, NULL);
	if (!path)
		return err_sys(e, "%s", info->path);
	add_option(s, "-s", path);
	return 0;
}

/* By absolute paths, since runs are made in a folder of the search. */
static int add_foreign(struct search *s, const struct foreign_detector *d, struct err *e)
{
	char *path = realpath(d->adapter->path, NULL);
	char *rules = d->rules ? realpath(d->rules, NULL) : NULL;
	int rc = 0;

	if (s->q->unit != UNIT_CLIENT && d->list.no_sessions)
		rc = err_set(e, "%s: it reports no sessions, so it cannot miss one",
			     foreign_name(d));
	else if (!path || (d->rules && !rules))
		rc = err_sys(e, "%s", path ? d->rules : d->adapter->path);
	else
		add_option(s, "-D", rules ? xasprintf("%s:%s", path, rules) : xstrdup(path));
	free(path);
	free(rules);
	return rc;
}

/* Makes the options that all runs have: signatures, detectors, jobs. */
static int make_options(struct search *s, struct err *e)
{
	const struct evade_request *q = s->q;
	size_t n = q->set ? signatures_count(q->set) : 0;
	int rc = 0;

	s->options = xcalloc(2 * s->r->n + 6, sizeof(*s->options));
	s->owned = xcalloc(s->r->n + 2, sizeof(*s->owned));
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_signature(s, signatures_info(q->set, i), e);
	for (size_t i = 0; i < q->foreign->n && rc == 0; i++)
		rc = add_foreign(s, &q->foreign->d[i], e);
	if (rc == 0 && q->jobs)
		add_option(s, "-j", xasprintf("%u", q->jobs));
	return rc;
}

/* Who is to see nothing. */
static void name_subjects(struct search *s)
{
	const struct evade_request *q = s->q;
	struct evade_result *r = s->r;

	if (q->set)
		signature_list_of(q->set, &r->names);
	r->n = r->names.n + q->foreign->n;
	r->subjects = xcalloc(r->n, sizeof(*r->subjects));
	r->answers = xcalloc(r->n, sizeof(*r->answers));
	for (size_t i = 0; i < r->n; i++) {
		bool own = i < r->names.n;
		const struct signature_list *l =
			own ? &r->names : &q->foreign->d[i - r->names.n].list;
		size_t at = own ? i : 0;

		r->subjects[i] = (struct evade_subject){l->names[at], l->revisions[at]};
		rule_book_add(s->book, l->names[at], !own);
	}
}

/* How many cells the scenario has for each version. What is wrong with it is said when it runs. */
static void count_cells(struct search *s)
{
	struct err e;
	struct scenario *of = scenario_load(s->scenario, &e);
	struct scenario_cell *cells = NULL;
	size_t n = 0, versions = 1;

	if (of)
		cells = scenario_cells(of, NULL, 0, &n, &e);
	for (unsigned i = 0; of && i < of->matrix_len; i++)
		if (!strcmp(of->matrix[i].axis, "version"))
			versions = of->matrix[i].values_len;
	if (cells) {
		s->cells = n / of->repeat / versions;
		scenario_cells_free(cells, n);
	}
	scenario_free(of);
}

static int make_folder(struct search *s, struct err *e)
{
	if (!s->q->keep) {
		if (scratch_make(&s->scratch, "evade", e) < 0)
			return -1;
		s->dir = xstrdup(s->scratch.dir);
		return 0;
	}
	s->dir = xstrdup(s->q->keep);
	if (!access(s->dir, F_OK))
		return err_set(e, "%s: it is there already; name another folder", s->dir);
	return make_dirs(s->dir, e);
}

/* Puts the changes that may be made first, in their order; returns how many. */
static unsigned usable(struct changes *c, bool alone)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->n; i++) {
		struct change of = c->list[i];

		if (alone && of.who == CHANGE_BOTH)
			continue;
		memmove(&c->list[n + 1], &c->list[n], (i - n) * sizeof(of));
		c->list[n++] = of;
	}
	return n;
}

struct evade_result *evade(const struct evade_request *q, struct err *e)
{
	struct evade_result *r = xcalloc(1, sizeof(*r));
	struct search s = {.q = q, .r = r, .book = rule_book_new(), .scratch = {.janitor = -1}};
	int rc = -1;

	name_subjects(&s);
	r->changes = changes_load(q->changes, e);
	r->attempts.changes = r->changes;
	r->attempts.usable = r->changes ? usable(r->changes, q->alone) : 0;
	r->version = r->changes ? data_file("scenarios/versions", q->version, e) : NULL;
	s.scenario = r->version ? data_file("scenarios", q->scenario, e) : NULL;
	if (s.scenario)
		count_cells(&s);
	if (s.scenario && make_options(&s, e) == 0 && make_folder(&s, e) == 0)
		rc = search(&s, e);
	scratch_remove(&s.scratch);
	for (size_t i = 0; i < s.owned_n; i++)
		free(s.owned[i]);
	free(s.owned);
	free(s.options);
	free(s.dir);
	free(s.scenario);
	rule_book_free(s.book);
	if (rc == 0)
		return r;
	evade_free(r);
	return NULL;
}

void evade_free(struct evade_result *r)
{
	if (!r)
		return;
	attempts_free(&r->attempts);
	changes_free(r->changes);
	signature_list_free(&r->names);
	free(r->version);
	free(r->subjects);
	free(r->answers);
	free(r);
}

int evade_write_version(const struct evade_result *r, size_t i, const char *path, struct err *e)
{
	const struct attempt *best = r->answers[i].best;
	const char *name = r->subjects[i].name;
	char *text = attempt_text(&r->attempts, best);
	char *head =
		xasprintf("# Made by `skypelab evade %s%s`: %s.\n# Format: skypelab-version(5).\n",
			  i < r->names.n ? "" : "-D ", name, text);
	char *note = xasprintf("Changed, so that %.80s does not see it: %.280s", name, text);
	int rc = write_attempt(r, best, path, head, note, e);

	free(note);
	free(head);
	free(text);
	return rc;
}
