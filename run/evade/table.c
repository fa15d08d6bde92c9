// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * table.c - the answers of a search as a table
 *
 * What is printed of an answer is from the trials that confirmed it, never from those that found it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/listing.h"
#include "results/score/intervals.h"
#include "run/evade/table.h"

struct line {
	const struct evade_subject *subject;
	const struct evade_answer *answer;
	const struct trials *plain, *with; /* @with NULL: nothing was found */
	uint64_t plain_seen;
	char *change; /* (owned) */
	const char *who;
};

static struct line line_of(const struct evade_result *r, size_t i)
{
	const struct evade_answer *a = &r->answers[i];
	const struct attempt *plain = &r->attempts.list[0];
	struct line l = {.subject = &r->subjects[i],
			 .answer = a,
			 .plain = a->best ? &plain->again : &plain->trials,
			 .who = "-"};

	l.plain_seen = l.plain->sights[i].seen;
	if (a->best) {
		l.with = &a->best->again;
		l.change = attempt_text(&r->attempts, a->best);
		l.who = attempt_on_both(&r->attempts, a->best) ? "both" : "client";
	} else if (a->verdict == EVADE_UNSEEN) {
		l.change = xstrdup("none needed: it does not see the unchanged client");
	} else if (a->verdict == EVADE_SELDOM) {
		l.change = xstrdup("not searched: seen too seldom to tell a miss from chance");
	} else {
		l.change = xasprintf("not found in %zu tries%s", a->tried,
				     a->all ? ", and there is no further set" : "");
	}
	return l;
}

/* Login seconds on the average. */
static double login_s(const struct trials *t)
{
	return t->logins ? t->login_s / (double)t->logins : 0;
}

enum column { SIGNATURE, SEEN, OF, NEEDS, BYTES, PACKETS, SECONDS, COST, THEN, OF_THEN, CHANGE };

static void put_line(struct listing *list, const struct line *l, size_t i)
{
	const struct cost *c = l->answer->best ? &l->answer->best->cost : NULL;

	listing_begin(list);
	listing_putf(list, SIGNATURE, "%s@%s", l->subject->name, l->subject->revision);
	listing_putf(list, SEEN, "%" PRIu64, l->plain_seen);
	listing_putf(list, OF, "%" PRIu64, l->plain->n);
	listing_put(list, NEEDS, l->who);
	if (c) {
		listing_putf(list, BYTES, "%+.1f", c->bytes);
		listing_putf(list, PACKETS, "%+.1f", c->packets);
		listing_putf(list, SECONDS, "%+.1f", c->seconds);
		listing_putf(list, COST, "%.2f", 100 * c->share);
	}
	if (l->with) {
		listing_putf(list, THEN, "%" PRIu64, l->with->sights[i].seen);
		listing_putf(list, OF_THEN, "%" PRIu64, l->with->n);
	}
	listing_put(list, CHANGE, l->change);
}

void evade_print(const struct evade_result *r, FILE *f)
{
	static const struct listing_column columns[] = {
		[SIGNATURE] = {.name = "signature"},
		[SEEN] = {.name = "seen", .number = true},
		[OF] = {.name = "of", .number = true},
		[NEEDS] = {.name = "needs"},
		[BYTES] = {.name = "bytes", .number = true},
		[PACKETS] = {.name = "packets", .number = true},
		[SECONDS] = {.name = "seconds", .number = true},
		[COST] = {.name = "cost %", .number = true},
		[THEN] = {.name = "then", .number = true},
		[OF_THEN] = {.name = "of", .number = true},
		[CHANGE] = {.name = "change"}};
	struct listing *list = listing_new(columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < r->n; i++) {
		struct line l = line_of(r, i);

		put_line(list, &l, i);
		free(l.change);
	}
	listing_end(list, f, false);
}

void evade_markdown(const struct evade_result *r, FILE *f)
{
	fputs("| signature | seen before | change | needs | bytes | packets | seconds | cost | "
	      "seen "
	      "after |\n|---|---|---|---|---|---|---|---|---|\n",
	      f);
	for (size_t i = 0; i < r->n; i++) {
		struct line l = line_of(r, i);
		const struct cost *c = l.answer->best ? &l.answer->best->cost : NULL;
		struct interval w = wilson95(l.plain_seen, l.plain->n);

		fprintf(f, "| %s@%s | %" PRIu64 " of %" PRIu64 " (%.2f to %.2f) | %s | %s |",
			l.subject->name, l.subject->revision, l.plain_seen, l.plain->n, w.low,
			w.high, l.change, l.who);
		if (c)
			fprintf(f,
				" %+.1f | %+.1f | %+.1f | %.2f %% | %" PRIu64 " of %" PRIu64
				" (at most %.2f) |\n",
				c->bytes, c->packets, c->seconds, 100 * c->share,
				l.with->sights[i].seen, l.with->n, exact_upper95(0, l.with->n));
		else
			fputs(" - | - | - | - | - |\n", f);
		free(l.change);
	}
}

static void put_sets(const struct evade_result *r, const struct evade_answer *a, FILE *f)
{
	const struct change *made[TOGETHER_MAX];
	size_t n = a->best ? attempt_changes(&r->attempts, a->best, made) : 0;
	bool any = false;

	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < made[i]->set_n; k++) {
			fprintf(f, "%s%s", any ? " " : "", made[i]->set[k]);
			any = true;
		}
	if (!any)
		putc('-', f);
}

void evade_tsv(const struct evade_result *r, FILE *f)
{
	static const char *const verdicts[] = {[EVADE_UNSEEN] = "unseen",
					       [EVADE_SELDOM] = "seldom",
					       [EVADE_FOUND] = "found",
					       [EVADE_NONE] = "none"};

	fputs("signature\trevision\tverdict\ttried\tseen_before\ttrials_before\tseen_before_low\t"
	      "seen_before_high\tchanges\tchange\tset\tneeds\tbytes\tpackets\tseconds\tcost\t"
	      "trials\tin\tseen\tseen_upper\tlogin_s_before\tlogin_s\tbytes_before\n",
	      f);
	for (size_t i = 0; i < r->n; i++) {
		struct line l = line_of(r, i);
		const struct attempt *b = l.answer->best;
		struct interval w = wilson95(l.plain_seen, l.plain->n);

		fprintf(f, "%s\t%s\t%s\t%zu\t%" PRIu64 "\t%" PRIu64 "\t%.3f\t%.3f\t%u\t%s\t",
			l.subject->name, l.subject->revision, verdicts[l.answer->verdict],
			l.answer->tried, l.plain_seen, l.plain->n, w.low, w.high, b ? b->n : 0,
			b ? l.change : "-");
		put_sets(r, l.answer, f);
		if (b)
			fprintf(f,
				"\t%s\t%.1f\t%.1f\t%.1f\t%.4f\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
				"\t%.3f\t%.3f\t%.3f\t%.1f\n",
				l.who, b->cost.bytes, b->cost.packets, b->cost.seconds,
				b->cost.share, l.with->n, l.with->in, l.with->sights[i].seen,
				exact_upper95(l.with->sights[i].seen, l.with->n), login_s(l.plain),
				login_s(l.with), (double)l.plain->bytes / (double)l.plain->n);
		else
			fprintf(f, "\t-\t-\t-\t-\t-\t-\t-\t-\t-\t%.3f\t-\t%.1f\n", login_s(l.plain),
				(double)l.plain->bytes / (double)l.plain->n);
		free(l.change);
	}
}
