// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compare.c - compares two baselines
 *
 * Blocks are paired by source, cell, vantage, detector, signature and unit; their revisions may
 * differ. If the truth's digest is equal, every Skype subject that is found on one side only is a
 * change. If it differs (another seed, another overlay), only the figures are compared.
 *
 * The newer side is worse if
 * - recall of emulated traffic fell by more than the tolerance, in any figure;
 * - any subject of a recorded capture was lost;
 * - there is any new false positive;
 * - any block is missing.
 */
#include <stdlib.h>
#include <string.h>

#include "results/history/compare.h"
#include "results/score/measures.h"

static const char *const kinds[CHANGES] = {"lost",   "new false positive",  "no longer scored",
					   "gained", "false positive gone", "other traffic"};

const char *change_text(enum change_kind k)
{
	return kinds[k];
}

static void change_add(struct comparison *c, enum change_kind kind, const struct baseline_block *b,
		       const char *subject, const char *reason, uint64_t packet)
{
	if (!(c->n & (c->n - 1)))
		c->changes = xrealloc(c->changes, (c->n ? 2 * c->n : 1) * sizeof(*c->changes));
	c->changes[c->n++] = (struct change){kind, b, subject, reason, packet};
	c->count[kind]++;
}

static const struct baseline_item *item_find(const struct baseline_block *b, const char *subject)
{
	size_t lo = 0, hi = b->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = strcmp(b->items[mid].subject, subject);

		if (!d)
			return &b->items[mid];
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* The result in @b of a subject that is Skype in both: tp or fn. */
static enum claim_result result_of(const struct baseline_block *b, const char *subject,
				   uint64_t *packet)
{
	const struct baseline_item *it = item_find(b, subject);

	*packet = it ? it->packet : 0;
	if (it && it->result != CLAIM_FP)
		return it->result;
	return b->listed == CLAIM_TP ? CLAIM_FN : CLAIM_TP;
}

/* Compares every Skype subject that the complete side (or the base) lists. */
static void compare_subjects(struct comparison *c, const struct baseline_block *base,
			     const struct baseline_block *now)
{
	const struct baseline_block *from = now->partial ? base : now;

	for (size_t i = 0; i < from->n; i++) {
		const struct baseline_item *it = &from->items[i];
		uint64_t p, q;
		enum claim_result was, is;

		if (it->result == CLAIM_FP)
			continue;
		was = result_of(base, it->subject, &p);
		is = result_of(now, it->subject, &q);
		if (was == CLAIM_TP && is == CLAIM_FN)
			change_add(c, CHANGE_LOST, now, it->subject, it->reason, p);
		else if (was == CLAIM_FN && is == CLAIM_TP)
			change_add(c, CHANGE_GAINED, now, it->subject, it->reason, q);
	}
	/* Both are files: subjects that only the newer one lists. */
	for (size_t i = 0; now->partial && i < now->n; i++) {
		const struct baseline_item *it = &now->items[i];
		uint64_t p;

		if (it->result == CLAIM_FP || item_find(base, it->subject))
			continue;
		if (result_of(base, it->subject, &p) == it->result)
			continue;
		change_add(c, it->result == CLAIM_TP ? CHANGE_GAINED : CHANGE_LOST, now,
			   it->subject, it->reason, it->packet);
	}
}

static bool has_fp(const struct baseline_block *b, const char *subject)
{
	const struct baseline_item *it = item_find(b, subject);

	return it && it->result == CLAIM_FP;
}

static void compare_fp(struct comparison *c, const struct baseline_block *base,
		       const struct baseline_block *now)
{
	for (size_t i = 0; i < now->n; i++)
		if (now->items[i].result == CLAIM_FP && !has_fp(base, now->items[i].subject))
			change_add(c, CHANGE_NEW_FP, now, now->items[i].subject,
				   now->items[i].reason, now->items[i].packet);
	for (size_t i = 0; i < base->n; i++)
		if (base->items[i].result == CLAIM_FP && !has_fp(now, base->items[i].subject))
			change_add(c, CHANGE_GONE_FP, now, base->items[i].subject,
				   base->items[i].reason, base->items[i].packet);
}

static void count_block(struct score_row *r, const struct baseline_block *b)
{
	struct score_row one = {.tp = b->tp, .fp = b->fp, .fn = b->fn};
	struct score_cluster *c = clusters_at(&one.clusters, b->cluster);

	c->n[COUNT_TP] = b->tp;
	c->n[COUNT_FP] = b->fp;
	c->n[COUNT_FN] = b->fn;
	score_row_sum(r, &one);
	score_row_clear(&one);
}

static void figure_add(struct comparison *c, const struct baseline_block *base,
		       const struct baseline_block *now)
{
	struct figure *f = NULL;

	for (size_t i = 0; i < c->figures_n && !f; i++) {
		struct figure *x = &c->figures[i];

		if (x->unit == now->unit && x->source == now->source &&
		    !strcmp(x->version, now->version) && !strcmp(x->vantage, now->vantage) &&
		    !strcmp(x->detector, now->detector) && !strcmp(x->signature, now->signature))
			f = x;
	}
	if (!f) {
		size_t n = c->figures_n++;

		if (!(n & (n - 1)))
			c->figures = xrealloc(c->figures, (n ? 2 * n : 1) * sizeof(*c->figures));
		f = &c->figures[n];
		*f = (struct figure){.source = now->source,
				     .version = now->version,
				     .vantage = now->vantage,
				     .detector = now->detector,
				     .signature = now->signature,
				     .base_revision = base->revision,
				     .revision = now->revision,
				     .unit = now->unit,
				     .base = {.source = now->source, .unit = now->unit},
				     .now = {.source = now->source, .unit = now->unit}};
	}
	count_block(&f->base, base);
	count_block(&f->now, now);
}

/* Recall, 1 where there was nothing to find. */
static double recall_of(uint64_t tp, uint64_t fn)
{
	return tp + fn ? score_share(tp, tp + fn) : 1;
}

static void judge(struct comparison *c, double tolerance)
{
	for (size_t i = 0; i < c->figures_n; i++) {
		struct figure *f = &c->figures[i];
		double was = recall_of(f->base.tp, f->base.fn);
		double is = recall_of(f->now.tp, f->now.fn);
		double allowed = f->source == SOURCE_EMULATED ? tolerance : 0;

		f->worse = was - is > allowed + 1e-12 || f->now.fp > f->base.fp;
		c->worse |= f->worse;
		c->better |= is > was + 1e-12 || f->now.fp < f->base.fp;
	}
	for (size_t i = 0; i < c->n; i++) {
		const struct change *x = &c->changes[i];

		if (x->kind == CHANGE_MISSING || x->kind == CHANGE_NEW_FP ||
		    (x->kind == CHANGE_LOST && x->block->source != SOURCE_EMULATED))
			c->worse = true;
		if (x->kind == CHANGE_GAINED || x->kind == CHANGE_GONE_FP)
			c->better = true;
	}
}

static int by_kind(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	int d = (int)x->kind - (int)y->kind;

	d = d ? d : baseline_block_cmp(x->block, y->block);
	return d ? d : strcmp(x->subject, y->subject);
}

struct comparison *baseline_compare(const struct baseline *base, const struct baseline *now,
				    double tolerance)
{
	struct comparison *c = xcalloc(1, sizeof(*c));
	size_t i = 0, k = 0;

	while (i < base->n || k < now->n) {
		const struct baseline_block *b = i < base->n ? &base->blocks[i] : NULL;
		const struct baseline_block *n = k < now->n ? &now->blocks[k] : NULL;
		int d = !b ? 1 : !n ? -1 : baseline_block_cmp(b, n);

		if (d < 0) {
			change_add(c, CHANGE_MISSING, b, "", "", 0);
			i++;
			continue;
		}
		k++;
		if (d > 0)
			continue; /* new: nothing to compare it with */
		i++;
		c->compared++;
		figure_add(c, b, n);
		compare_fp(c, b, n);
		if (strcmp(b->truth, n->truth) != 0)
			change_add(c, CHANGE_TRUTH, n, "", "", 0);
		else
			compare_subjects(c, b, n);
	}
	judge(c, tolerance);
	if (c->n)
		qsort(c->changes, c->n, sizeof(*c->changes), by_kind);
	return c;
}

void comparison_free(struct comparison *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->figures_n; i++) {
		score_row_clear(&c->figures[i].base);
		score_row_clear(&c->figures[i].now);
	}
	free(c->changes);
	free(c->figures);
	free(c);
}
