// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * looks.c - recall by the way in which a monitor looks, from a run
 *
 *   look               capture            the detector gets
 *   inside the NAT     inside vantage     all of it
 *   outside            outside vantage    all of it
 *   node               node's vantage     all of it
 *   openers only       outside vantage    what goes from the side that opened a flow
 *   answers only       outside vantage    what goes to it
 *   1 in n             outside vantage    one packet in n, at random
 *
 * The first three come from the run's accuracy.tsv and, of clients, its claims.tsv, where the signatures
 * are the run's; where others are asked for, and for the last three, the signatures run over the captures
 * again. Of a part of a capture everything that passed counts, seen or not. Clients are those of the
 * vantage's own site; at a super node those that come to it.
 *
 * Limits: rows are summed over the run's settings, each as often as the run has it: the recall is that of
 * the scenario's mix of NATs and firewalls. Recorded traffic in a run is left out.
 */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/progress.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/claims_tsv.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"
#include "results/score/subject.h"
#include "run/limits/looks.h"
#include "run/score_run.h"

#define SIGNATURES_MAX 64

static const enum score_unit units[LOOK_UNITS] = {
	[LOOK_FLOW] = UNIT_FLOW,
	[LOOK_CLIENT] = UNIT_CLIENT,
	[LOOK_SESSION] = UNIT_SESSION,
	[LOOK_CALL] = UNIT_CALL_START,
};

const char *look_unit_text(enum look_unit u)
{
	static const char *const words[] = {"flow", "client", "session", "call"};

	return words[u];
}

/* ------------------------------------------------------------------ rows */

static bool is_ours(const struct score_row *r)
{
	return r->source == SOURCE_EMULATED && !strcmp(r->detector, OWN_DETECTOR);
}

static bool is_of(const struct score_row *r, const struct look_table *of, enum score_unit unit,
		  const char *vantage)
{
	return is_ours(r) && r->unit == unit && !strcmp(r->signature, of->signature) &&
	       !strcmp(r->revision, of->revision) && !strcmp(r->vantage, vantage);
}

/* The clients in claims, one by one: at a super node those that come to it, else those that live there.
 * A client that a vantage sees only as the other end of a call is no client of the vantage. */
static void sum_clients(struct score_row *sum, const struct score_table *t,
			const struct look_table *of, enum look look, const char *vantage)
{
	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *c = &t->claims[i];
		const struct score_row *r = &t->rows[c->row];
		enum score_count what = c->result == CLAIM_TP ? COUNT_TP : COUNT_FN;

		if (!is_of(r, of, UNIT_CLIENT, vantage) ||
		    (c->result != CLAIM_TP && c->result != CLAIM_FN) ||
		    subject_is_at(c->subject, vantage) == (look == LOOK_NODE))
			continue;
		sum->source = r->source;
		clusters_at(&sum->clusters, c->cell)->n[what]++;
		*(what == COUNT_TP ? &sum->tp : &sum->fn) += 1;
	}
	sum->parts = sum->clusters.n;
}

static struct look_recall recall_of(const struct score_table *t, const struct look_table *of,
				    enum look look, enum score_unit unit, const char *vantage)
{
	struct score_row sum = {0};
	struct look_recall out = {.interval = {0, 1}};

	if (unit == UNIT_CLIENT)
		sum_clients(&sum, t, of, look, vantage);
	for (size_t i = 0; unit != UNIT_CLIENT && i < t->n; i++)
		if (is_of(&t->rows[i], of, unit, vantage)) {
			score_row_sum(&sum, &t->rows[i]);
			sum.source = t->rows[i].source;
		}
	out.found = sum.tp;
	out.of = sum.tp + sum.fn;
	out.share = out.of ? score_recall(&sum) : 0;
	out.trials = row_trials(&sum);
	if (out.of && !row_recall_interval(&sum, &out.interval))
		out.interval = (struct interval){0, 1};
	score_row_clear(&sum);
	return out;
}

static bool has_vantage(const struct score_table *t, const char *vantage)
{
	for (size_t i = 0; i < t->n; i++)
		if (is_ours(&t->rows[i]) && !strcmp(t->rows[i].vantage, vantage))
			return true;
	return false;
}

static void fill(struct looks *l, enum look look, const struct score_table *t, const char *vantage)
{
	for (size_t i = 0; i < l->n; i++)
		for (int u = 0; u < LOOK_UNITS; u++)
			l->tables[i].recall[look][u] =
				recall_of(t, &l->tables[i], look, units[u], vantage);
}

/* ------------------------------------------------------------------ signatures */

static void add_signature(struct looks *l, const char *name, const char *revision)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->tables[i].signature, name))
			return;
	l->tables = xrealloc(l->tables, (l->n + 1) * sizeof(*l->tables));
	l->tables[l->n++] =
		(struct look_table){.signature = xstrdup(name), .revision = xstrdup(revision)};
}

/* The signatures as they are now; those that the table names where none are asked for. */
static struct signature_set *load_signatures(const struct score_table *t,
					     const struct looks_request *q, struct err *e)
{
	const char *names[SIGNATURES_MAX];
	struct signature_set *set;
	size_t n = 0, k;

	if (q->n)
		return signatures_load(q->signatures, q->n, e);
	for (size_t i = 0; i < t->n; i++) {
		for (k = 0; k < n && strcmp(names[k], t->rows[i].signature) != 0; k++)
			;
		if (k == n && n < SIGNATURES_MAX && is_ours(&t->rows[i]))
			names[n++] = t->rows[i].signature;
	}
	if (!n) {
		err_set(e, "%s/accuracy.tsv: no row of emulated traffic", q->run);
		return NULL;
	}
	set = signatures_load(names, n, e);
	if (!set)
		err_push(e, "%s: its signatures (name their files with -s)", q->run);
	return set;
}

/* Whether the table has rows of every signature as it is now. */
static bool is_current(const struct looks *l, const struct score_table *t)
{
	for (size_t i = 0; i < l->n; i++) {
		bool has = false;

		for (size_t k = 0; k < t->n && !has; k++)
			has = is_ours(&t->rows[k]) &&
			      !strcmp(t->rows[k].signature, l->tables[i].signature) &&
			      !strcmp(t->rows[k].revision, l->tables[i].revision);
		if (!has)
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------ looks */

static int look_at_part(struct looks *l, enum look look, const struct looks_request *q,
			const struct signature_set *set, const struct capture_part *part,
			const char *vantage, struct err *e)
{
	struct score_table *t = score_table_new();
	int rc = score_run_part(t, NULL, q->run, set, part, vantage, e);

	if (rc == 0)
		fill(l, look, t, vantage);
	score_table_free(t);
	return rc;
}

static void name_looks(struct looks *l, const struct looks_request *q)
{
	l->names[LOOK_INSIDE] = xasprintf("inside the NAT (%s)", q->inside);
	l->names[LOOK_OUTSIDE] = xasprintf("outside it (%s)", q->outside);
	l->names[LOOK_NODE] = xasprintf("super node's side (%s)", q->node);
	l->names[LOOK_OPENER] = xstrdup("outside, openers' packets only");
	l->names[LOOK_ANSWER] = xstrdup("outside, answers only");
	l->names[LOOK_SAMPLED] = xasprintf("outside, 1 packet in %u", q->one_in);
}

static int look_everywhere(struct looks *l, const struct looks_request *q,
			   const struct score_table *t, const struct signature_set *set,
			   struct err *e)
{
	const struct {
		const char *vantage;
		struct capture_part part;
	} how[LOOKS] = {
		[LOOK_INSIDE] = {.vantage = q->inside},
		[LOOK_OUTSIDE] = {.vantage = q->outside},
		[LOOK_NODE] = {.vantage = q->node},
		[LOOK_OPENER] = {q->outside, {.direction = PART_OPENER}},
		[LOOK_ANSWER] = {q->outside, {.direction = PART_ANSWER}},
		[LOOK_SAMPLED] = {q->outside, {.one_in = q->one_in, .seed = q->seed}},
	};
	struct progress progress = progress_begin(log_level > 0, false);
	bool current = is_current(l, t), any = false;
	int rc = 0;

	for (int i = 0; i < LOOKS && rc == 0; i++) {
		progress_count(&progress, (unsigned long)i, LOOKS, "ways to look");
		if (!has_vantage(t, how[i].vantage)) {
			char *more = l->absent ? xasprintf("%s, %s", l->absent, how[i].vantage)
					       : xstrdup(how[i].vantage);

			if (l->absent && strstr(l->absent, how[i].vantage)) {
				free(more);
				continue;
			}
			free(l->absent);
			l->absent = more;
			continue;
		}
		any = true;
		if (i <= LOOK_NODE && current)
			fill(l, (enum look)i, t, how[i].vantage);
		else
			rc = look_at_part(l, (enum look)i, q, set, &how[i].part, how[i].vantage, e);
	}
	progress_end(&progress);
	return any || rc < 0 ? rc : err_set(e, "%s: none of the vantages %s", q->run, l->absent);
}

int looks_read(struct looks *l, const struct looks_request *q, struct err *e)
{
	char *path = path_in(q->run, "accuracy.tsv"), *claims = path_in(q->run, "claims.tsv");
	struct score_table *t = accuracy_read(path, e);
	bool whole = t && claims_read(t, claims, e) == 0;
	struct signature_set *set = whole ? load_signatures(t, q, e) : NULL;
	int rc = -1;

	*l = (struct looks){0};
	name_looks(l, q);
	for (size_t i = 0; set && i < signatures_count(set); i++) {
		char *revision = xasprintf("%u", signatures_info(set, i)->revision);

		add_signature(l, signatures_info(set, i)->name, revision);
		free(revision);
	}
	if (set)
		rc = look_everywhere(l, q, t, set, e);
	signatures_free(set);
	score_table_free(t);
	free(path);
	free(claims);
	return rc;
}

void looks_clear(struct looks *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->tables[i].signature);
		free(l->tables[i].revision);
	}
	for (int i = 0; i < LOOKS; i++)
		free(l->names[i]);
	free(l->tables);
	free(l->absent);
}
