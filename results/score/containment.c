// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * containment.c - what operators on a gateway came to: the rows of containment.tsv and their sums
 *
 * An interval is over trials that are independent: all rows of one trial (its repetition, where the
 * cells of a repetition share their draws) are one cluster, since they are one draw seen in several
 * settings. Where all clusters are the same, which is most often all or nothing, the spread says
 * nothing, and the interval is Wilson's of so many trials, not of so many rows.
 */
#include <stdlib.h>
#include <string.h>

#include "results/score/containment.h"

static const char *const names[CONT_COLUMNS] = {
	[CONT_TRIAL] = "trial",
	[CONT_VERSION] = "version",
	[CONT_CALLER_FIREWALL] = "caller_firewall",
	[CONT_CALLER_NAT] = "caller_nat",
	[CONT_CALLEE_FIREWALL] = "callee_firewall",
	[CONT_CALLEE_NAT] = "callee_nat",
	[CONT_PROXY] = "proxy",
	[CONT_SIGNATURE] = "signature",
	[CONT_POLICY] = "policy",
	[CONT_DELAY] = "delay_ms",
	[CONT_STAGE] = "stage",
	[CONT_STATE] = "state",
	[CONT_FLOWS] = "flows",
	[CONT_SESSIONS] = "sessions",
	[CONT_BLOCKED] = "blocked",
	[CONT_FLOW_PACKETS] = "flow_packets",
	[CONT_CLIENT_PACKETS] = "client_packets",
	[CONT_FLOW_SECONDS] = "flow_seconds",
	[CONT_SECONDS] = "seconds",
	[CONT_VERDICT] = "verdict",
	[CONT_SERVED] = "served",
	[CONT_REASON] = "reason",
	[CONT_INNOCENT_BLOCKED] = "innocent_blocked",
	[CONT_COMPARED] = "compared",
	[CONT_HURT_ON_CLIENT] = "hurt_on_client",
	[CONT_HURT_ON_OTHERS] = "hurt_on_others",
};

int containment_read(struct containment *c, const char *path, struct err *e)
{
	*c = (struct containment){.t = tsv_read(path, e)};
	for (int i = 0; c->t && i < CONT_COLUMNS; i++) {
		c->column[i] = tsv_need(c->t, names[i], e);
		if (c->column[i] < 0)
			return -1;
	}
	return c->t ? 0 : -1;
}

void containment_clear(struct containment *c)
{
	tsv_free(c->t);
	c->t = NULL;
}

const char *containment_cell(const struct containment *c, size_t row, enum containment_column k)
{
	return tsv_cell(c->t, row, c->column[k]);
}

static bool like(const struct containment *c, size_t row, const struct containment_key *key)
{
	for (int k = 0; k < CONT_COLUMNS; k++)
		if (key->value[k] && strcmp(key->value[k], containment_cell(c, row, k)) != 0)
			return false;
	return true;
}

bool containment_first(const struct containment *c, size_t row, const struct containment_key *key,
		       const enum containment_column *by, size_t n)
{
	struct containment_key same = *key;

	if (!like(c, row, key))
		return false;
	for (size_t i = 0; i < n; i++)
		same.value[by[i]] = containment_cell(c, row, by[i]);
	for (size_t i = 0; i < row; i++)
		if (like(c, i, &same))
			return false;
	return true;
}

/* A cell's number; false when it is none. */
static bool number(const struct containment *c, size_t row, enum containment_column k, double *out)
{
	const char *text = containment_cell(c, row, k);
	char *end;

	*out = strtod(text, &end);
	return *text && !*end;
}

double containment_total(const struct containment *c, const struct containment_key *key,
			 enum containment_column k)
{
	double sum = 0, one;

	for (size_t i = 0; i < c->t->rows; i++)
		if (like(c, i, key) && number(c, i, k, &one))
			sum += one;
	return sum;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double containment_median(const struct containment *c, const struct containment_key *key,
			  enum containment_column k, size_t *n)
{
	double *all = xcalloc(c->t->rows + 1, sizeof(*all)), median = 0;

	*n = 0;
	for (size_t i = 0; i < c->t->rows; i++)
		if (like(c, i, key) && number(c, i, k, &all[*n]))
			++*n;
	qsort(all, *n, sizeof(*all), by_value);
	if (*n)
		median = (all[(*n - 1) / 2] + all[*n / 2]) / 2;
	free(all);
	return median;
}

/* The part of the trial of @row in @parts, which has room; a new one where it has none yet. */
static struct ratio_part *part_of(const struct containment *c, size_t row, size_t *first,
				  struct ratio_part *parts, size_t *n)
{
	const char *trial = containment_cell(c, row, CONT_TRIAL);

	for (size_t i = 0; i < *n; i++)
		if (!strcmp(containment_cell(c, first[i], CONT_TRIAL), trial))
			return &parts[i];
	first[*n] = row;
	return &parts[(*n)++];
}

static struct interval interval_of(struct ratio_part *parts, size_t n, size_t y, size_t x)
{
	struct interval ci;
	bool equal = true;

	for (size_t i = 1; i < n; i++)
		equal &= parts[i].y * parts[0].x == parts[0].y * parts[i].x;
	if (equal && (!y || y == x))
		return wilson95(y ? n : 0, n);
	return ratio_t95(parts, n, &ci) ? ci : wilson95(y, x);
}

static bool ended_so(const char *verdict, const char *wanted)
{
	return wanted ? !strcmp(verdict, wanted) : strcmp(verdict, "in") != 0;
}

struct containment_share containment_share(const struct containment *c,
					   const struct containment_key *key, const char *verdict)
{
	struct ratio_part *parts = xcalloc(c->t->rows + 1, sizeof(*parts));
	size_t *first = xcalloc(c->t->rows + 1, sizeof(*first)), n = 0;
	struct containment_share s = {0};

	for (size_t i = 0; i < c->t->rows; i++) {
		const char *was = containment_cell(c, i, CONT_VERDICT);
		struct ratio_part *p;

		if (!strcmp(was, "-") || !like(c, i, key))
			continue;
		p = part_of(c, i, first, parts, &n);
		p->x++;
		p->y += ended_so(was, verdict);
		s.of++;
		s.n += ended_so(was, verdict);
	}
	s.ci = interval_of(parts, n, s.n, s.of);
	free(parts);
	free(first);
	return s;
}

/* Words up to a number: "too late by 0.3 s" and "too late by 2 s" are one reason. */
static size_t words(const char *reason)
{
	return strcspn(reason, "0123456789");
}

const char *containment_reason(const struct containment *c, const struct containment_key *key,
			       const char *verdict, size_t *n)
{
	const char *best = "-";

	*n = 0;
	for (size_t i = 0; i < c->t->rows; i++) {
		const char *one = containment_cell(c, i, CONT_REASON);
		size_t times = 0;

		if (!like(c, i, key) || strcmp(containment_cell(c, i, CONT_VERDICT), verdict) != 0)
			continue;
		for (size_t k = 0; k < c->t->rows; k++)
			times += like(c, k, key) &&
				 !strcmp(containment_cell(c, k, CONT_VERDICT), verdict) &&
				 words(one) == words(containment_cell(c, k, CONT_REASON)) &&
				 !strncmp(one, containment_cell(c, k, CONT_REASON), words(one));
		if (times > *n) {
			*n = times;
			best = one;
		}
	}
	return best;
}
