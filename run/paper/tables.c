// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tables.c - the tables of a paper, each a TSV file
 *
 * Every figure in the paper's text and tables is read from one of these, and every one can be had
 * alone: `skypelab paper --table NAME`. Emulated and recorded traffic stand in different rows, told
 * apart by their file or by the column `source`.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/datadir.h"
#include "base/input.h"
#include "base/quote.h"
#include "results/score/operations.h"
#include "run/paper/cuts.h"
#include "run/paper/false_alarms.h"
#include "run/paper/message_book.h"
#include "run/paper/paper_claims.h"
#include "run/paper/tables.h"

/* ------------------------------------------------------------------ accuracy */

static void put_runs(const struct paper_material *m, FILE *f, unsigned by, bool every_vantage)
{
	fputs(CUT_WORDS CUT_FIGURES "\n", f);
	for (size_t i = 0; i < m->runs_n; i++) {
		const struct paper_run *r = &m->runs[i];
		struct cut_request q = {.t = r->t,
					.source = SOURCE_EMULATED,
					.material = r->name,
					.vantage = every_vantage ? NULL : r->vantage,
					.by = by};
		struct cuts c = cuts_of(&q);

		cuts_put(&c, f);
		cuts_clear(&c);
	}
}

static int by_version(struct paper_material *m, FILE *f, struct err *e)
{
	(void)e;
	put_runs(m, f, CUT_VERSION, false);
	return 0;
}

static int by_configuration(struct paper_material *m, FILE *f, struct err *e)
{
	(void)e;
	put_runs(m, f, CUT_CONFIGURATION, false);
	return 0;
}

static int by_vantage(struct paper_material *m, FILE *f, struct err *e)
{
	(void)e;
	put_runs(m, f, CUT_VANTAGE, true);
	return 0;
}

static int by_operation(struct paper_material *m, FILE *f, struct err *e)
{
	(void)e;
	put_runs(m, f, CUT_OPERATION, false);
	return 0;
}

static int by_capture(struct paper_material *m, FILE *f, struct err *e)
{
	struct cut_request q = {.t = m->recorded, .source = SOURCE_RECORDED};
	struct cuts c = cuts_of(&q);

	(void)e;
	fputs(CUT_WORDS CUT_FIGURES "\n", f);
	cuts_put(&c, f);
	cuts_clear(&c);
	return 0;
}

/* ------------------------------------------------------------------ what there is */

/* Flows at the run's vantage, cut by version and @by; the trials of one signature stand for all. */
static int trials(struct paper_material *m, FILE *f, unsigned by)
{
	fputs(CUT_WORDS "\ttrials\n", f);
	for (size_t i = 0; i < m->runs_n; i++) {
		const struct paper_run *r = &m->runs[i];
		struct cut_request q = {.t = r->t,
					.source = SOURCE_EMULATED,
					.material = r->name,
					.vantage = r->vantage,
					.by = by | CUT_VERSION};
		struct cuts c = cuts_of(&q);
		const char *first = NULL;
		size_t len = 0;

		for (size_t k = 0; k < c.n; k++) {
			const char *signature = strchr(c.sums[k].words, '\t') + 1;

			if (!first) {
				first = signature;
				len = strcspn(signature, "\t") + 1;
			}
			if (c.sums[k].row.unit == UNIT_FLOW && !strncmp(first, signature, len))
				fprintf(f, "%s\t%zu\n", c.sums[k].words, c.sums[k].row.clusters.n);
		}
		cuts_clear(&c);
	}
	return 0;
}

static int configurations(struct paper_material *m, FILE *f, struct err *e)
{
	(void)e;
	return trials(m, f, CUT_CONFIGURATION);
}

static int operations(struct paper_material *m, FILE *f, struct err *e)
{
	(void)e;
	return trials(m, f, CUT_OPERATION);
}

static int versions(struct paper_material *m, FILE *f, struct err *e)
{
	(void)e;
	return trials(m, f, 0);
}

/* Without calls there is no answer to count. */
static void put_deeds(FILE *f, const char *run, const struct operation_deeds *d)
{
	fprintf(f, "%s\t%s\t%s\t%zu\t%zu\t%zu\t%zu\t", run, d->operation, d->version, d->logins,
		d->in, d->refused, d->calls);
	if (d->calls)
		fprintf(f, "%zu\n", d->answered);
	else
		fputs("-\n", f);
}

static int deeds(struct paper_material *m, FILE *f, struct err *e)
{
	(void)e;
	fputs("material\toperation\tversion\tlogins\tin\trefused\tcalls\tanswered\n", f);
	for (size_t i = 0; i < m->runs_n; i++) {
		struct operations o = operations_of(m->runs[i].t, m->runs[i].outcomes);

		for (size_t k = 0; k < o.deeds_n; k++)
			put_deeds(f, m->runs[i].name, &o.deeds[k]);
		operations_clear(&o);
	}
	return 0;
}

static void put_day(FILE *f, uint64_t ns)
{
	time_t s = (time_t)((int64_t)ns / 1000000000);
	struct tm tm;
	char text[32] = "-";

	if (ns && gmtime_r(&s, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	fputs(text, f);
}

static int captures(struct paper_material *m, FILE *f, struct err *e)
{
	(void)e;
	fputs("capture\tbegun\tseconds\tpackets\tskype_udp\tskype_tcp\tother\tunknown\tclients\t"
	      "used\n",
	      f);
	for (size_t i = 0; i < m->captures_n; i++) {
		const struct paper_capture *c = &m->captures[i];

		fprintf(f, "%s\t", quote_terminal(c->name));
		put_day(f, c->first_ns);
		fprintf(f, "\t%.0f\t%llu\t%llu\t%llu\t%llu\t%llu\t%zu\t%s\n",
			(double)(c->last_ns - c->first_ns) / 1e9,
			(unsigned long long)c->totals.packets, (unsigned long long)c->skype[0],
			(unsigned long long)c->skype[1], (unsigned long long)c->others,
			(unsigned long long)c->unknown, c->clients,
			c->why	 ? c->why
			: c->cut ? "up to where it is damaged"
				 : "whole");
	}
	return 0;
}

/* ------------------------------------------------------------------ messages */

struct sizes {
	unsigned long long smallest, largest, commonest, commonest_n, distinct;
};

static struct sizes sizes_of(const struct message_count *c)
{
	struct sizes s = {.smallest = ~0ULL};

	for (const struct tally *t = c->sizes; t; t = t->hh.next) {
		unsigned long long size = strtoull(t->text, NULL, 10);

		s.smallest = size < s.smallest ? size : s.smallest;
		s.largest = size > s.largest ? size : s.largest;
		if (t->n[0] > s.commonest_n) {
			s.commonest_n = t->n[0];
			s.commonest = size;
		}
		s.distinct++;
	}
	return s;
}

/* "18", "51, 53", "58-499" */
static void put_sizes(FILE *f, const struct message_count *c, const struct sizes *s)
{
	if (!s->distinct)
		fputs("-", f);
	else if (s->distinct > 3)
		fprintf(f, "%llu–%llu", s->smallest, s->largest);
	else
		for (const struct tally *t = c->sizes; t; t = t->hh.next)
			fprintf(f, "%s%s", t == c->sizes ? "" : ", ", t->text);
}

static void put_message_words(FILE *f, const struct message_count *c)
{
	fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\t%s", source_text(c->source), quote_terminal(c->whose),
		quote_terminal(c->by), quote_terminal(c->name), c->tcp ? "tcp" : "udp",
		c->from_client ? "from client" : "to client",
		message_in_paper(c->name) ? "yes" : "no");
}

#define MESSAGE_WORDS "source\twhose\tby\tmessage\tproto\tdirection\tin_paper"

static int messages(struct paper_material *m, FILE *f, struct err *e)
{
	(void)e;
	fputs(MESSAGE_WORDS
	      "\tsizes\tsmallest\tlargest\tdistinct\tcommonest\tcommonest_n\tseen\tof\n",
	      f);
	for (const struct message_count *c = message_book_sorted(m->book); c; c = c->hh.next) {
		struct sizes s = sizes_of(c);

		put_message_words(f, c);
		fputc('\t', f);
		put_sizes(f, c, &s);
		if (s.distinct)
			fprintf(f, "\t%llu\t%llu\t%llu\t%llu\t%llu", s.smallest, s.largest,
				s.distinct, s.commonest, s.commonest_n);
		else
			fputs("\t-\t-\t0\t-\t0", f);
		fprintf(f, "\t%llu\t%llu\n", (unsigned long long)c->seen,
			(unsigned long long)c->of);
	}
	return 0;
}

static int message_sizes(struct paper_material *m, FILE *f, struct err *e)
{
	(void)e;
	fputs(MESSAGE_WORDS "\tsize\tseen\n", f);
	for (const struct message_count *c = message_book_sorted(m->book); c; c = c->hh.next)
		for (const struct tally *t = c->sizes; t; t = t->hh.next) {
			put_message_words(f, c);
			fprintf(f, "\t%s\t%llu\n", t->text, t->n[0]);
		}
	return 0;
}

/* ------------------------------------------------------------------ all */

const struct paper_table paper_tables[] = {
	{"versions", TABLE_OF_RUNS, versions},
	{"configurations", TABLE_OF_RUNS, configurations},
	{"operations", TABLE_OF_RUNS, operations},
	{"deeds", TABLE_OF_RUNS, deeds},
	{"captures", TABLE_OF_CAPTURES, captures},
	{"messages", TABLE_OF_RUNS | TABLE_OF_CAPTURES, messages},
	{"message-sizes", TABLE_OF_RUNS | TABLE_OF_CAPTURES, message_sizes},
	{"accuracy-by-version", TABLE_OF_RUNS, by_version},
	{"accuracy-by-configuration", TABLE_OF_RUNS, by_configuration},
	{"accuracy-by-vantage", TABLE_OF_RUNS, by_vantage},
	{"accuracy-by-operation", TABLE_OF_RUNS, by_operation},
	{"accuracy-recorded", TABLE_OF_CAPTURES, by_capture},
	{"false-alarms", TABLE_OF_RUNS | TABLE_OF_CAPTURES | TABLE_OF_NEGATIVES, false_alarms_put},
	{"false-by-application", TABLE_OF_RUNS, false_by_application_put},
	{"claims", TABLE_OF_RUNS | TABLE_OF_CAPTURES | TABLE_OF_NEGATIVES, paper_claims_put},
	{NULL, 0, NULL},
};

const struct paper_table *paper_table_find(const char *name, struct err *e)
{
	char all[600] = "";

	for (size_t i = 0; paper_tables[i].name; i++) {
		if (!strcmp(paper_tables[i].name, name))
			return &paper_tables[i];
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "",
			 paper_tables[i].name);
	}
	err_set(e, "--table %.80s: no such table; there are %s", name, all);
	return NULL;
}

static bool is_run(const struct paper_material *m, const char *path)
{
	for (size_t i = 0; i < m->runs_n; i++)
		if (m->runs[i].dir == path)
			return true;
	return false;
}

/* The name of a bundled signature; the path of another (owned). */
static char *signature_word(const struct signature_info *s)
{
	char *bundled = data_file("detector/signatures", s->name, NULL);
	bool is_bundled = bundled && input_same_place(bundled, s->path);

	free(bundled);
	return xstrdup(is_bundled ? s->name : s->path);
}

/* -s for every signature that was asked for; without the @runs also for those that are theirs. */
static void put_signatures(FILE *f, const struct paper_material *m, bool runs)
{
	const struct paper_request *r = m->request;

	for (size_t i = 0; i < r->signatures_n; i++)
		fprintf(f, " -s %s", quote_shell(r->signatures[i]));
	if (r->signatures_n || runs || !m->runs_n)
		return;
	for (size_t i = 0; i < signatures_count(m->set); i++) {
		char *word = signature_word(signatures_info(m->set, i));

		fprintf(f, " -s %s", quote_shell(word));
		free(word);
	}
}

char *paper_line(const char *what, unsigned of, const struct paper_material *m)
{
	const struct paper_request *r = m->request;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return xstrdup("");
	fprintf(f, "skypelab paper %s", what);
	if (of & (TABLE_OF_CAPTURES | TABLE_OF_NEGATIVES))
		put_signatures(f, m, of & TABLE_OF_RUNS);
	for (size_t i = 0; of & TABLE_OF_NEGATIVES && i < r->negatives_n; i++)
		fprintf(f, " -n %s", quote_shell(r->negatives[i]));
	for (size_t i = 0; i < r->n; i++)
		if (of & (is_run(m, r->inputs[i]) ? TABLE_OF_RUNS : TABLE_OF_CAPTURES))
			fprintf(f, " %s", quote_shell(r->inputs[i]));
	fclose(f);
	return text;
}

char *paper_table_command(const struct paper_table *t, const struct paper_material *m)
{
	char *what = xasprintf("--table %s", t->name);
	char *command = paper_line(what, t->of, m);

	free(what);
	return command;
}
