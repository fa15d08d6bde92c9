// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drafting.c - `skypelab signature draft`: from labelled captures to a scored signature file
 *
 *   read       captures and runs, flow by flow, with labels        sources.c
 *   draft      from all of it: this is the file                    analysis/draft
 *   keep apart once per fold: draft without it, score on it        folds.c, score.c
 *   apart      captures that were named to be scored only
 *   vary       copies of the positive captures                     varied.c
 *   write      the file, with all of this in its notes
 *
 * Scores are the detector's own, of the file as it would be read, not of what drafting thinks of flows.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/draft/write.h"
#include "detector/detector.h"
#include "results/score/table.h"
#include "run/detect/detect_score.h"
#include "run/draft/drafting.h"
#include "run/draft/folds.h"
#include "run/draft/score.h"
#include "run/draft/varied.h"

struct state {
	const struct drafting *d;
	struct draft_sources sources;
	struct draft_material material;
	struct folds folds;
	struct draft draft;
	struct signature_set *set; /* of the whole */
	struct score_table *kept, *apart, *own;
	struct copies copies;
	size_t empty; /* folds without a rule */
};

/* Stands for a draft that has no rule: it finds nothing. */
static const char no_rule[] = "  - rule: none\n"
			      "    proto: udp\n"
			      "    flow: {port: 0}\n"
			      "    steps:\n"
			      "      - message: none\n"
			      "        size: 0\n"
			      "    then: {event: flow}\n";

static char *draft_text(const struct state *s, const struct draft *draft, const char *notes,
			size_t *len)
{
	struct draft_head head = {s->d->name, s->d->choice.target, s->d->date, s->d->line, notes};
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	draft_write(draft, &head, f);
	if (!draft->n)
		fputs(no_rule, f);
	fclose(f);
	return text;
}

/* The draft as the detector reads it. NULL with @e set: a fault of ours. */
static struct signature_set *draft_load(const struct state *s, const struct draft *draft,
					struct err *e)
{
	size_t len;
	char *text = draft_text(s, draft, "drafted", &len);
	struct signature_set *set = signature_set_new();

	if (signature_add_text(set, "draft", text, len, e) < 0) {
		signatures_free(set);
		set = NULL;
	} else {
		signature_set_compile(set);
	}
	free(text);
	return set;
}

/* ---- reading ---- */

static int read_all(struct state *s, struct err *e)
{
	const struct drafting *d = s->d;

	if (draft_sources_add(&s->sources, d->positive, d->positive_n, DRAFT_POSITIVE, &d->choice,
			      e) < 0 ||
	    draft_sources_add(&s->sources, d->negative, d->negative_n, DRAFT_NEGATIVE, &d->choice,
			      e) < 0 ||
	    draft_sources_add(&s->sources, d->apart, d->apart_n, DRAFT_APART, &d->choice, e) < 0 ||
	    draft_sources_read(&s->sources, &s->material, e) < 0)
		return -1;
	if (s->material.left_out)
		log_warn("%" PRIu64 " flows were left out: no more than %d are looked at",
			 s->material.left_out, DRAFT_FLOWS);
	s->folds = folds_set(&s->sources, &s->material);
	if (s->folds.by == FOLD_NOTHING && s->material.hosts_n)
		log_warn("the positive flows are of one host: nothing can be kept apart, and what "
			 "is "
			 "this host's own looks common; give captures of other hosts, or --apart");
	return 0;
}

static int check_flows(const struct state *s, struct err *e)
{
	size_t positive = 0;

	for (size_t i = 0; i < s->material.n; i++)
		positive += s->material.flows[i].positive;
	if (!positive)
		return err_set(
			e, "the positive captures have no flow with payload that is labelled %s",
			s->d->choice.target);
	if (positive == s->material.n)
		return err_set(e, "there is no flow that is not %s: give captures with --negative",
			       s->d->choice.target);
	return 0;
}

static bool in_fold(const struct state *s, size_t capture, uint32_t fold)
{
	uint32_t of = fold_of_capture(&s->folds, &s->sources, capture);

	return of == fold || of == DRAFT_ALL - 1;
}

/* ---- a draft that the detector has read ---- */

/* Which rules claim what is not the application's. */
struct blame {
	const struct labels *labels;
	bool of[DRAFT_RULES];
};

static void blame_event(void *blame, const struct detection_event *ev)
{
	struct blame *b = blame;
	const struct label *row =
		b->labels ? labels_find_at(b->labels, &ev->flow, ev->flow_first_ns) : NULL;
	const char *number = strchr(ev->rule, ' ');
	unsigned long i = number ? strtoul(number, NULL, 10) : 0;

	if ((!b->labels || (row && row->kind == KIND_NEGATIVE)) && i >= 1 && i <= DRAFT_RULES)
		b->of[i - 1] = true;
}

static struct blame blame_find(const struct state *s, uint32_t fold, const struct draft *draft)
{
	struct blame b = {0};
	struct err none;
	struct signature_set *set = draft_load(s, draft, &none);

	for (size_t i = 0; set && i < s->sources.n; i++) {
		const struct draft_capture *c = &s->sources.list[i];

		b.labels = c->labels;
		if (strcmp(c->part, DRAFT_APART) != 0 &&
		    (fold == DRAFT_ALL || !in_fold(s, i, fold)))
			(void)detect_with(set, c->path, blame_event, &b, NULL, &none);
	}
	signatures_free(set);
	return b;
}

/* Bans rules that claim negatives; those that rest on others only where these are not to blame. False
 * when there is none, or no room. */
static bool ban(struct draft_banned *banned, const struct draft *d, const struct blame *b)
{
	size_t before = banned->n;

	for (int near = 0; near < 2 && banned->n == before; near++)
		for (size_t i = 0; i < d->n && banned->n < DRAFT_BANNED; i++)
			if (b->of[i] && near == (rule_has(&d->rules[i], DRAFT_NEAR_CLIENT) ||
						 rule_has(&d->rules[i], DRAFT_NEAR_SERVER)))
				banned->rules[banned->n++] = d->rules[i];
	return banned->n > before;
}

/* Drafting sees the beginning of flows, the detector all of them. A rule with which it claims negatives
 * that were drafted from is banned, and others take its place. As draft_make(). */
static int make_checked(struct state *s, uint32_t fold, struct draft *out, struct err *e)
{
	struct draft_banned *banned = xcalloc(1, sizeof(*banned));
	struct blame b;
	int rc;

	do {
		rc = draft_make(&s->material, fold, banned, out, e);
		memset(&b, 0, sizeof(b));
		if (rc == 0)
			b = blame_find(s, fold, out);
	} while (ban(banned, out, &b));
	free(banned);
	return rc;
}

/* ---- what was kept apart ---- */

static int score_fold(struct state *s, uint32_t fold, struct err *e)
{
	struct draft draft;
	struct err none;
	struct signature_set *set;

	s->empty += make_checked(s, fold, &draft, &none) < 0;
	set = draft_load(s, &draft, e);
	for (size_t i = 0; set && i < s->sources.n; i++) {
		const struct draft_capture *c = &s->sources.list[i];
		struct labels *l;

		if (!strcmp(c->part, DRAFT_APART) || c->shared || c->unmet || !in_fold(s, i, fold))
			continue;
		l = fold_labels(&s->folds, fold, &s->sources, i, &s->material);
		(void)draft_score(set, c, l, s->d->choice.target, s->kept, &none);
		labels_free(l);
	}
	signatures_free(set);
	return set ? 0 : -1;
}

static int score_folds(struct state *s, struct err *e)
{
	for (uint32_t k = 0; k < s->folds.n; k++)
		if (score_fold(s, k, e) < 0)
			return -1;
	return 0;
}

/* On what it was drafted from. */
static void score_own(struct state *s)
{
	struct err none;

	for (size_t i = 0; i < s->sources.n; i++) {
		const struct draft_capture *c = &s->sources.list[i];

		if (strcmp(c->part, DRAFT_APART) != 0 && !c->shared && !c->unmet)
			(void)draft_score(s->set, c, c->scored, s->d->choice.target, s->own, &none);
	}
}

static int score_apart(struct state *s, struct err *e)
{
	for (size_t i = 0; i < s->sources.n; i++) {
		const struct draft_capture *c = &s->sources.list[i];

		if (!strcmp(c->part, DRAFT_APART) &&
		    draft_score(s->set, c, c->scored, s->d->choice.target, s->apart, e) < 0)
			return -1;
	}
	return 0;
}

static int vary(struct state *s, struct err *e)
{
	if (!s->d->vary)
		return 0;
	if (!label_is(s->d->choice.target, LABEL_SKYPE)) {
		log_info("no copies: what is free is known of Skype only");
		return 0;
	}
	return varied_try(s->set, &s->sources, s->d->vary, &s->copies, e);
}

/* ---- what is said ---- */

static void put_scores(const struct state *s, FILE *f)
{
	char text[64];

	fputs("captures it was drafted from, which says nothing of others:\n", f);
	draft_score_put(s->own, f);
	if (s->folds.n) {
		fprintf(f, "kept apart: %s, each scored by a draft that was made without it",
			folds_text(&s->folds, text));
		if (s->empty)
			fprintf(f, "; in %zu of them there was no rule", s->empty);
		fputs("\n", f);
		draft_score_put(s->kept, f);
	} else {
		fputs("kept apart: nothing, since there is one host; no score\n", f);
	}
	if (s->d->apart_n) {
		fprintf(f, "captures named with --apart, which the draft has not seen:\n");
		draft_score_put(s->apart, f);
	}
	if (s->copies.n)
		varied_put(&s->copies, f);
}

static char *notes_of(const struct state *s)
{
	char *notes = NULL;
	size_t len;
	FILE *f = open_memstream(&notes, &len);
	const struct draft *d = &s->draft;

	fprintf(f,
		"Drafted by skypelab " SKYPELAB_VERSION " from %" PRIu64
		" positive flows of %zu hosts and %" PRIu64 " negative flows.\n",
		d->positives, d->hosts, d->negatives);
	fprintf(f,
		"%" PRIu64 " positive flows in %zu hosts match a rule; %" PRIu64
		" match none and are set apart.\n",
		d->covered, d->hosts_found, d->positives - d->covered);
	if (s->d->choice.version)
		fprintf(f, "Of runs only traffic of version %s.\n", s->d->choice.version);
	fputs(s->sources.origin, f);
	put_scores(s, f);
	fclose(f);
	return notes;
}

static void write_all(const struct state *s, FILE *file, FILE *table)
{
	char *notes = notes_of(s), *text;
	size_t len;

	text = draft_text(s, &s->draft, notes, &len);
	fwrite(text, 1, len, file);
	draft_table(&s->draft, table);
	put_scores(s, table);
	free(text);
	free(notes);
}

static enum drafting_end draft_all(struct state *s, FILE *file, FILE *table, struct err *e)
{
	if (read_all(s, e) < 0 || check_flows(s, e) < 0)
		return DRAFTING_FAILED;
	if (make_checked(s, DRAFT_ALL, &s->draft, e) < 0)
		return DRAFTING_NO_RULE;
	s->set = draft_load(s, &s->draft, e);
	if (s->set)
		score_own(s);
	if (!s->set || score_folds(s, e) < 0 || score_apart(s, e) < 0 || vary(s, e) < 0)
		return DRAFTING_FAILED;
	write_all(s, file, table);
	return DRAFTING_DONE;
}

enum drafting_end drafting_run(const struct drafting *d, FILE *file, FILE *table, struct err *e)
{
	struct state s = {.d = d,
			  .kept = score_table_new(),
			  .apart = score_table_new(),
			  .own = score_table_new()};
	enum drafting_end end = draft_all(&s, file, table, e);

	copies_free(&s.copies);
	score_table_free(s.kept);
	score_table_free(s.apart);
	score_table_free(s.own);
	signatures_free(s.set);
	draft_material_free(&s.material);
	draft_sources_free(&s.sources);
	return end;
}
