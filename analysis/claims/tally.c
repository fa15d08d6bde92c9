// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tally.c - cases of a claim, put together to independent trials, and the verdict on them
 *
 * A case is what a measure looks at: an answer, a flow, a row. Cases of one trial depend on each other
 * (messages of one flow, flows of one host), so only trials count as evidence: "9 of 10 flows" and
 * never "990 of 1,000 packets".
 *
 *   claim      | a trial agrees when  | confirmed when          | refuted when
 *   always     | all its cases hold   | every trial agrees      | one does not: the counter-example is shown
 *   never      | no case happened     | every trial agrees      | one does not: the counter-example is shown
 *   sometimes  | one of its cases did | one trial agrees        | none does, and the upper end of the interval
 *              |                      |                         | is below `at-least` (0.05)
 *   share      | (shares are of       | the interval lies within| the interval lies outside
 *              | cases over trials)   | at-least .. at-most     |
 *
 * No case at all, or an interval that lies on both sides of a limit: not testable here. The interval
 * is Wilson's over trials, and for a share the one of the ratio over trials (results/score/intervals.h),
 * which needs two; where all cases hold, or none, Wilson's over trials. What a capture lacks is no case (measures_*.c): a message with bytes missing, a flow
 * whose beginning was not seen where that matters, an answer that could have come after the capture's end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/claims/tally.h"

#define SOMETIMES_DEFAULT 0.05

struct one_case {
	uint64_t trial, held, count;
};

struct claim_cases {
	struct one_case *c; /* (owned) */
	size_t n, cap;
	struct claim_example yes, no;
	struct claim_value values[CLAIM_VALUES];
	unsigned values_n;
	uint64_t other_values;
};

const char *claim_answer_text(enum claim_answer a)
{
	return a == CLAIM_CONFIRMED ? "confirmed"
	       : a == CLAIM_REFUTED ? "refuted"
				    : "not testable here";
}

struct claim_cases *claim_cases_new(void)
{
	return xcalloc(1, sizeof(struct claim_cases));
}

bool claim_cases_any(const struct claim_cases *c)
{
	return c->n > 0;
}

static void example_clear(struct claim_example *x)
{
	free(x->capture);
	free(x->what);
	memset(x, 0, sizeof(*x));
}

void claim_cases_free(struct claim_cases *c)
{
	if (!c)
		return;
	example_clear(&c->yes);
	example_clear(&c->no);
	free(c->c);
	free(c);
}

static void example_set(struct claim_example *x, const char *capture, uint64_t number,
			const char *what)
{
	if (x->capture)
		return;
	x->capture = xstrdup(capture);
	x->number = number;
	x->what = xstrdup(what ? what : "");
}

static void count_value(struct claim_value *values, unsigned *n, uint64_t *others, const char *text,
			uint64_t times)
{
	for (unsigned i = 0; i < *n; i++)
		if (!strcmp(values[i].text, text)) {
			values[i].n += times;
			return;
		}
	if (*n == CLAIM_VALUES) {
		*others += times;
		return;
	}
	snprintf(values[*n].text, sizeof(values[*n].text), "%s", text);
	values[(*n)++].n = times;
}

void claim_case_counts(struct claim_cases *c, uint64_t trial, uint64_t held, uint64_t count,
		       const char *capture, uint64_t number, const char *what, const char *value)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 16;
		c->c = xrealloc(c->c, c->cap * sizeof(*c->c));
	}
	c->c[c->n++] = (struct one_case){.trial = trial, .held = held, .count = count};
	if (held)
		example_set(&c->yes, capture, number, what);
	if (held < count)
		example_set(&c->no, capture, number, what);
	if (value)
		count_value(c->values, &c->values_n, &c->other_values, value, count);
}

void claim_case(struct claim_cases *c, uint64_t trial, bool held, const char *capture,
		uint64_t number, const char *what, const char *value)
{
	claim_case_counts(c, trial, held, 1, capture, number, what, value);
}

/* ------------------------------------------------------------------ trials */

static int by_trial(const void *a, const void *b)
{
	const struct one_case *x = a, *y = b;

	return (x->trial > y->trial) - (x->trial < y->trial);
}

static void add_trial(struct claim_tally *t, uint64_t held, uint64_t count,
		      enum claim_expect expect)
{
	uint64_t agree = expect == CLAIM_NEVER ? count - held : held;

	t->trials++;
	t->trials_held += expect == CLAIM_SOMETIMES ? agree > 0 : agree == count;
	t->cases += count;
	t->held += agree;
	if (expect != CLAIM_SHARE)
		return;
	if (t->parts_n == t->parts_cap) {
		t->parts_cap = t->parts_cap ? t->parts_cap * 2 : 16;
		t->parts = xrealloc(t->parts, t->parts_cap * sizeof(*t->parts));
	}
	t->parts[t->parts_n++] = (struct ratio_part){.y = agree, .x = count};
}

void claim_tally_add(struct claim_tally *t, const struct claim_cases *c, enum claim_expect expect)
{
	struct one_case *sorted = xcalloc(c->n + 1, sizeof(*sorted));
	const struct claim_example *yes = expect == CLAIM_NEVER ? &c->no : &c->yes;
	const struct claim_example *no = expect == CLAIM_NEVER ? &c->yes : &c->no;

	if (c->n)
		memcpy(sorted, c->c, c->n * sizeof(*sorted));
	qsort(sorted, c->n, sizeof(*sorted), by_trial);
	for (size_t i = 0, k; i < c->n; i = k) {
		uint64_t held = 0, count = 0;

		for (k = i; k < c->n && sorted[k].trial == sorted[i].trial; k++) {
			held += sorted[k].held;
			count += sorted[k].count;
		}
		if (count)
			add_trial(t, held, count, expect);
	}
	free(sorted);
	if (yes->capture)
		example_set(&t->good, yes->capture, yes->number, yes->what);
	if (no->capture)
		example_set(&t->bad, no->capture, no->number, no->what);
	for (unsigned i = 0; i < c->values_n; i++)
		count_value(t->values, &t->values_n, &t->other_values, c->values[i].text,
			    c->values[i].n);
	t->other_values += c->other_values;
}

void claim_tally_clear(struct claim_tally *t)
{
	free(t->group);
	free(t->parts);
	example_clear(&t->good);
	example_clear(&t->bad);
	memset(t, 0, sizeof(*t));
}

/* ------------------------------------------------------------------ the verdict */

static int by_count(const void *a, const void *b)
{
	const struct claim_value *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return strcmp(x->text, y->text);
}

#define SEEN_SHOWN 6

static void show_values(const struct claim_tally *t, char *out, size_t size)
{
	struct claim_value v[CLAIM_VALUES];
	uint64_t rest = t->other_values;
	size_t n = 0;

	memcpy(v, t->values, sizeof(v));
	qsort(v, t->values_n, sizeof(v[0]), by_count);
	*out = '\0';
	for (unsigned i = 0; i < t->values_n; i++) {
		if (i >= SEEN_SHOWN)
			rest += v[i].n;
		else if (n < size)
			n += (size_t)snprintf(out + n, size - n, "%s%s x%llu", i ? ", " : "",
					      v[i].text, (unsigned long long)v[i].n);
	}
	if (rest && n < size)
		snprintf(out + n, size - n, ", others x%llu", (unsigned long long)rest);
}

static void undecided(struct claim_verdict *v, const char *why)
{
	v->answer = CLAIM_NOT_TESTABLE;
	snprintf(v->reason, sizeof(v->reason), "%s", why);
}

static void judge_universal(struct claim_verdict *v, const struct claim_tally *t)
{
	bool agrees = t->trials_held == t->trials;

	v->answer = agrees ? CLAIM_CONFIRMED : CLAIM_REFUTED;
	v->example = agrees ? &t->good : &t->bad;
}

static void judge_existence(struct claim_verdict *v, const struct claim_tally *t,
			    const struct claim *c)
{
	double least = c->at_least > 0 ? (double)c->at_least : SOMETIMES_DEFAULT;

	if (t->trials_held) {
		v->answer = CLAIM_CONFIRMED;
		v->example = &t->good;
	} else if (v->share.high < least) {
		v->answer = CLAIM_REFUTED;
		v->example = &t->bad;
	} else {
		undecided(v, "");
		snprintf(v->reason, sizeof(v->reason),
			 "none among %llu, too few to say that there is none; needs: %s",
			 (unsigned long long)t->trials, c->needs);
	}
}

static void judge_share(struct claim_verdict *v, const struct claim_tally *t, const struct claim *c)
{
	double low = (double)c->at_least, high = c->at_most > 0 ? (double)c->at_most : 1;
	struct ratio_part *parts = xcalloc(t->parts_n + 1, sizeof(*parts));
	bool has;

	if (t->parts_n)
		memcpy(parts, t->parts, t->parts_n * sizeof(*parts));
	has = ratio_t95(parts, t->parts_n, &v->share);
	free(parts);
	if (has && (!t->held || t->held == t->cases))
		v->share = wilson95(t->held ? t->trials : 0, t->trials);
	if (!has) {
		v->share = (struct interval){0, 1};
		undecided(v, "one trial gives no interval for a share; needs another capture");
	} else if (v->share.low >= low && v->share.high <= high) {
		v->answer = CLAIM_CONFIRMED;
		v->example = &t->good;
	} else if (v->share.high < low || v->share.low > high) {
		v->answer = CLAIM_REFUTED;
		v->example = v->share.high < low ? &t->bad : &t->good;
	} else {
		undecided(v, "too few trials: the interval holds the limit of the claim; needs "
			     "more captures or hosts");
	}
}

struct claim_verdict claim_tally_verdict(const struct claim_tally *t, const struct claim *c)
{
	struct claim_verdict v = {.k = t->trials_held,
				  .n = t->trials,
				  .cases = t->cases,
				  .held = t->held,
				  .share = wilson95(t->trials_held, t->trials)};

	show_values(t, v.seen, sizeof(v.seen));
	if (!t->trials)
		snprintf(v.reason, sizeof(v.reason), "%s%s",
			 c->fixed ? "" : "no case here; needs: ", c->fixed ? c->fixed : c->needs);
	else if (c->expect == CLAIM_SOMETIMES)
		judge_existence(&v, t, c);
	else if (c->expect == CLAIM_SHARE)
		judge_share(&v, t, c);
	else
		judge_universal(&v, t);
	if (v.example && !v.example->capture)
		v.example = NULL;
	return v;
}
