// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reach_table.c - counts how far flows that are not Skype came in every rule
 *
 * A rule without false positives was tested only by flows that could have become one. The table says
 * how many these were: for each rule, how many flows stood before it, how many had its first message
 * or all of that but one condition, and how many came to each later step. A rule that no flow came
 * even so near to is blind: its zero says nothing.
 *
 * The detector notes (detector/engine/reach.c); here flows are counted. One pass per capture; each
 * capture begins with nothing known.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/listing.h"
#include "base/quote.h"
#include "detector/engine/reach.h"
#include "run/detect/detect_score.h"
#include "run/detect/reach_table.h"

#define STREAMS 16384 /* TCP flows under reassembly: all are, in this reading */
#define MATCHES 65536

struct reach_table *reach_table_new(const struct signature_set *set)
{
	struct reach_table *t = xcalloc(1, sizeof(*t));

	t->set = set;
	t->reach = reach_new(set);
	t->n = reach_rules(set);
	t->rows = xcalloc(t->n + 1, sizeof(*t->rows));
	for (size_t i = 0; i < t->n; i++)
		reach_rule_at(set, i, &t->rows[i].rule);
	return t;
}

void reach_table_free(struct reach_table *t)
{
	for (size_t i = 0; t && i < t->n; i++)
		free(t->rows[i].missing);
	if (t) {
		reach_free(t->reach);
		free(t->rows);
	}
	free(t);
}

void reach_table_clear(struct reach_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->rows[i].missing);
		t->rows[i] = (struct reach_row){.rule = t->rows[i].rule};
	}
	t->captures = t->flows = t->packets = 0;
}

static void count_missing(struct reach_row *r, uint16_t which, uint64_t flows)
{
	size_t i = 0;

	while (i < r->missing_n && r->missing[i].which != which)
		i++;
	if (i == r->missing_n) {
		r->missing = xrealloc(r->missing, (i + 1) * sizeof(*r->missing));
		r->missing[r->missing_n++] = (struct reach_missing){.which = which};
	}
	r->missing[i].flows += flows;
}

static void count_note(struct reach_row *r, const struct reach_note *n)
{
	r->flows++;
	r->asked += n->asked;
	r->near += n->level >= REACH_NEAR;
	r->first += n->level >= REACH_FIRST;
	r->known += n->known;
	for (unsigned s = 0; s < REACH_STEPS; s++)
		r->step[s] += n->level >= REACH_FIRST + s;
	r->all += n->level >= REACH_ALL_STEPS;
	r->acted += n->acted;
	if (n->level == REACH_NEAR)
		count_missing(r, n->missing, 1);
}

struct counted {
	struct reach_table *t;
	const struct labels *l;
	const char *source;
};

static void count_flow(void *arg, const struct tuple *flow, uint64_t first_ns,
		       const struct reach_note *notes)
{
	const struct counted *c = arg;
	const struct label *row = c->l ? labels_find_at(c->l, flow, first_ns) : NULL;

	if (c->l && (!row || (*c->source && strcmp(row->source, c->source) != 0)))
		return;
	if (row && row->kind == KIND_POSITIVE && c->t->wanted)
		c->t->wanted(c->t->wanted_arg, row, notes);
	if (row && row->kind != KIND_NEGATIVE)
		return;
	c->t->flows++;
	for (size_t i = 0; i < c->t->n; i++) {
		struct reach_row *r = &c->t->rows[i];

		if (flow->proto == IPPROTO_UDP ? r->rule.udp : r->rule.tcp)
			count_note(r, &notes[i]);
	}
}

static void no_event(void *arg, const struct detection_event *ev)
{
	(void)arg;
	(void)ev;
}

int reach_table_capture(struct reach_table *t, const char *path, const struct labels *l,
			const char *source, struct err *e)
{
	const struct detector_limits limits = {.streams = STREAMS, .matches = MATCHES};
	struct counted counted = {.t = t, .l = l, .source = source};
	struct detector *d = detector_new(t->set, &limits, no_event, NULL);
	uint64_t packets;
	int rc;

	detector_reach(d, t->reach);
	rc = detect_feed(&d, 1, path, NULL, &packets, e);
	if (rc == 0 || packets) {
		reach_each(t->reach, count_flow, &counted);
		t->packets += packets;
		t->captures++;
	}
	detector_free(d);
	reach_clear(t->reach);
	return rc;
}

/* ------------------------------------------------------------------ from process to process */

/* The counts of a row but those of @missing. */
#define ROW_COUNTS (7 + REACH_STEPS)

static void counts_of(struct reach_row *r, uint64_t *counts[ROW_COUNTS])
{
	uint64_t *own[] = {&r->flows, &r->asked, &r->near, &r->first,
			   &r->known, &r->all,	 &r->acted};

	memcpy(counts, own, sizeof(own));
	for (unsigned i = 0; i < REACH_STEPS; i++)
		counts[ARRAY_LEN(own) + i] = &r->step[i];
}

static void put_number(FILE *f, uint64_t n)
{
	fwrite(&n, sizeof(n), 1, f);
}

static bool get_number(FILE *f, uint64_t *n)
{
	return fread(n, sizeof(*n), 1, f) == 1;
}

void reach_table_send(const struct reach_table *t, FILE *f)
{
	uint64_t *counts[ROW_COUNTS];

	put_number(f, t->captures);
	put_number(f, t->flows);
	put_number(f, t->packets);
	for (size_t i = 0; i < t->n; i++) {
		struct reach_row *r = &t->rows[i];

		counts_of(r, counts);
		for (unsigned k = 0; k < ROW_COUNTS; k++)
			put_number(f, *counts[k]);
		put_number(f, r->missing_n);
		for (size_t k = 0; k < r->missing_n; k++) {
			put_number(f, r->missing[k].which);
			put_number(f, r->missing[k].flows);
		}
	}
}

static bool add_number(uint64_t *sum, FILE *f)
{
	uint64_t n = 0;
	bool ok = get_number(f, &n);

	*sum += n;
	return ok;
}

static bool add_row(struct reach_row *r, FILE *f)
{
	uint64_t *counts[ROW_COUNTS], missing, which, flows;

	counts_of(r, counts);
	for (unsigned k = 0; k < ROW_COUNTS; k++)
		if (!add_number(counts[k], f))
			return false;
	if (!get_number(f, &missing))
		return false;
	for (uint64_t k = 0; k < missing; k++) {
		if (!get_number(f, &which) || which > UINT16_MAX || !get_number(f, &flows))
			return false;
		count_missing(r, (uint16_t)which, flows);
	}
	return true;
}

bool reach_table_add(struct reach_table *t, FILE *f)
{
	bool ok = add_number(&t->captures, f) && add_number(&t->flows, f) &&
		  add_number(&t->packets, f);

	for (size_t i = 0; ok && i < t->n; i++)
		ok = add_row(&t->rows[i], f);
	return ok;
}

/* ------------------------------------------------------------------ the words */

static const char *state(const struct reach_row *r)
{
	if (r->rule.records)
		return "records";
	if (!r->near)
		return "blind";
	if (r->rule.must_know && !r->acted && r->first && (r->all || !r->known))
		return "never-known";
	return r->acted ? "acted" : "reached";
}

size_t reach_table_blind(const struct reach_table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += !t->rows[i].near && !t->rows[i].rule.records;
	return n;
}

static const char *proto(const struct reach_row *r)
{
	return r->rule.udp && r->rule.tcp ? "any" : r->rule.udp ? "udp" : "tcp";
}

/* Flows that came to the second step, the third ...: "3,0"; "-" when there is one. */
static void steps_text(const struct reach_row *r, char *buf, size_t size)
{
	size_t at = 0;

	snprintf(buf, size, "-");
	for (unsigned s = 1; s < r->rule.steps && s < REACH_STEPS && at < size; s++)
		at += (size_t)snprintf(buf + at, size - at, "%s%llu", s > 1 ? "," : "",
				       (unsigned long long)r->step[s]);
}

/* The condition that alone was missing on most flows; its flows. */
static uint64_t most_missing(const struct reach_table *t, size_t i, char *buf, size_t size)
{
	const struct reach_row *r = &t->rows[i];
	const struct reach_missing *most = NULL;

	for (size_t k = 0; k < r->missing_n; k++)
		if (!most || r->missing[k].flows > most->flows)
			most = &r->missing[k];
	if (most)
		reach_missing_text(t->set, i, most->which, buf, size);
	else
		snprintf(buf, size, "-");
	return most ? most->flows : 0;
}

/* What a row says in words. */
struct row_words {
	char steps[160], missing[160]; /* as steps_text(), most_missing() */
	uint64_t missing_flows;
};

static struct row_words words_of(const struct reach_table *t, size_t i)
{
	struct row_words w;

	steps_text(&t->rows[i], w.steps, sizeof(w.steps));
	w.missing_flows = most_missing(t, i, w.missing, sizeof(w.missing));
	return w;
}

void reach_table_tsv(const struct reach_table *t, FILE *f, const char *source, bool head)
{
	if (head)
		fputs("source\tsignature\trevision\trule\tproto\tflows\tasked\tall_but_one\tfirst\t"
		      "steps\tall_steps\tacted\tstate\tmissing\tmissing_flows\t"
		      "captures\n",
		      f);
	for (size_t i = 0; i < t->n; i++) {
		const struct reach_row *r = &t->rows[i];
		struct row_words w = words_of(t, i);

		fprintf(f,
			"%s\t%s\t%u\t%s\t%s\t%llu\t%llu\t%llu\t%llu\t%s\t%llu\t%llu\t%s\t%s\t"
			"%llu\t%llu\n",
			source, r->rule.signature, r->rule.revision, r->rule.rule, proto(r),
			(unsigned long long)r->flows, (unsigned long long)r->asked,
			(unsigned long long)r->near, (unsigned long long)r->first, w.steps,
			(unsigned long long)r->all, (unsigned long long)r->acted, state(r),
			w.missing, (unsigned long long)w.missing_flows,
			(unsigned long long)t->captures);
	}
}

void reach_table_markdown(const struct reach_table *t, FILE *f)
{
	fputs("| signature | rule | proto | flows | asked | all but one | first message | later "
	      "steps | acted | state | most often missing |\n"
	      "|---|---|---|---:|---:|---:|---:|---:|---:|---|---|\n",
	      f);
	for (size_t i = 0; i < t->n; i++) {
		const struct reach_row *r = &t->rows[i];
		struct row_words w = words_of(t, i);

		fprintf(f, "| %s | %s | %s | %llu | %llu | %llu | %llu | %s | %llu | %s | %s",
			quote_markdown(r->rule.signature), quote_markdown(r->rule.rule), proto(r),
			(unsigned long long)r->flows, (unsigned long long)r->asked,
			(unsigned long long)r->near, (unsigned long long)r->first, w.steps,
			(unsigned long long)r->acted, state(r), quote_markdown(w.missing));
		fprintf(f, w.missing_flows ? " (%llu) |\n" : " |\n",
			(unsigned long long)w.missing_flows);
	}
}

enum column { RULE, PROTO, FLOWS, ASKED, BUT_ONE, FIRST, STEPS, ACTED, STATE, MISSING };

static void put_row(struct listing *l, const struct reach_table *t, size_t i)
{
	const struct reach_row *r = &t->rows[i];
	struct row_words w = words_of(t, i);

	listing_begin(l);
	listing_put(l, RULE, r->rule.rule);
	listing_put(l, PROTO, proto(r));
	listing_putf(l, FLOWS, "%" PRIu64, r->flows);
	listing_putf(l, ASKED, "%" PRIu64, r->asked);
	listing_putf(l, BUT_ONE, "%" PRIu64, r->near);
	listing_putf(l, FIRST, "%" PRIu64, r->first);
	listing_put(l, STEPS, w.steps);
	listing_putf(l, ACTED, "%" PRIu64, r->acted);
	listing_put(l, STATE, state(r));
	if (w.missing_flows)
		listing_putf(l, MISSING, "%s (%" PRIu64 ")", w.missing, w.missing_flows);
	else
		listing_put(l, MISSING, w.missing);
}

/* The rules from @i on that are of one signature; the first behind them. */
static size_t put_signature(const struct reach_table *t, size_t i, FILE *f)
{
	static const struct listing_column columns[] = {
		[RULE] = {.name = "rule"},
		[PROTO] = {.name = "proto"},
		[FLOWS] = {.name = "flows", .number = true},
		[ASKED] = {.name = "asked", .number = true},
		[BUT_ONE] = {.name = "but one", .number = true},
		[FIRST] = {.name = "first", .number = true},
		[STEPS] = {.name = "steps"},
		[ACTED] = {.name = "acted", .number = true},
		[STATE] = {.name = "state"},
		[MISSING] = {.name = "most often missing"}};
	struct listing *l = listing_new(columns, ARRAY_LEN(columns));
	const struct reach_rule *first = &t->rows[i].rule;

	fprintf(f, "\n%s@%u\n", quote_terminal(first->signature), first->revision);
	for (; i < t->n && !strcmp(t->rows[i].rule.signature, first->signature); i++)
		put_row(l, t, i);
	listing_end(l, f, false);
	return i;
}

void reach_table_text(const struct reach_table *t, FILE *f)
{
	fprintf(f,
		"%llu captures: %llu flows that are not Skype, %llu packets; %zu of %zu rules are "
		"blind\n",
		(unsigned long long)t->captures, (unsigned long long)t->flows,
		(unsigned long long)t->packets, reach_table_blind(t), t->n);
	for (size_t i = 0; i < t->n;)
		i = put_signature(t, i, f);
}
