// SPDX-License-Identifier: GPL-2.0-or-later
/* regress_print.c - the report of `skypelab regress` on one signature */
#include <inttypes.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/quote.h"
#include "cli/regress_print.h"
#include "results/history/compare_json.h"
#include "results/report/junit.h"

#define CHANGES_SHOWN 20

static void put_overfit(const struct copies *c, const struct overfit *o, FILE *f,
			const char *bullet)
{
	fprintf(f, "%s%s %s%s: %s as recorded, %s in %u of %u copies", bullet, o->capture,
		o->subject, o->alone ? " on its own" : "", o->was_found ? "found" : "not found",
		o->was_found ? "not found" : "found", o->own ? o->own : o->both, c->n);
	if (c->no_base)
		fprintf(f, " [%.2f, %.2f]", overfit_share(c, o).low, overfit_share(c, o).high);
	fputc('\n', f);
}

enum changed {
	CHANGED_OWN,  /* by the newer revision alone */
	CHANGED_OPEN, /* in too few copies to say */
	CHANGED_BOTH, /* by both */
};

static enum changed changed_how(const struct copies *c, const struct overfit *o)
{
	return overfit_own(c, o) ? CHANGED_OWN : overfit_open(c, o) ? CHANGED_OPEN : CHANGED_BOTH;
}

static void put_changed(const struct copies *c, enum changed how, FILE *f, const char *bullet)
{
	size_t shown = 0;

	for (size_t i = 0; i < c->list_n; i++) {
		const struct overfit *o = &c->list[i];

		if (how != changed_how(c, o) || (how == CHANGED_BOTH && (o->own || o->alone)) ||
		    shown++ >= CHANGES_SHOWN)
			continue;
		put_overfit(c, o, f, bullet);
	}
	if (shown > CHANGES_SHOWN)
		fprintf(f, "%s... and %zu more\n", bullet, shown - CHANGES_SHOWN);
}

/* How many copies would say of those that are open. */
static void put_enough(const struct copies *c, FILE *f)
{
	unsigned n = copies_enough(c);

	if (n <= COPIES_MAX)
		fprintf(f,
			"%u copies are not enough to say if more than a quarter would lose them; "
			"about %u are (--vary %u)\n",
			c->n, n, n);
	else
		fprintf(f,
			"a quarter of the copies lose them: not even %d would say if it is more\n",
			COPIES_MAX);
}

static void put_nothing_lost(const struct copies *c, FILE *f)
{
	unsigned n = copies_to_trust();

	fputs("nothing is lost in them", f);
	if (c->n < n)
		fprintf(f, "; %u would say that no verdict is lost in more than a quarter", n);
	fputc('\n', f);
}

static void put_copies(const struct copies *c, FILE *f, const char *bullet)
{
	size_t own = copies_overfit(c), open = copies_open(c), neither = copies_neither(c);

	fprintf(f, "%u copies of each of %zu labelled captures, %" PRIu64 " payloads rewritten: ",
		c->n, c->captures, c->rewritten);
	if (!c->rewritten)
		fputs("nothing was varied, so the copies say nothing\n", f);
	else if (own)
		fprintf(f, "OVERFITTED: %zu verdicts depend on what the protocol leaves free\n",
			own);
	else if (!c->no_base)
		fputs("no verdict changed that the baseline keeps\n", f);
	else if (open)
		fprintf(f, "%zu verdicts are lost in some, which chance may do, too\n", open);
	else if (copies_lost(c))
		fprintf(f, "%zu verdicts are lost in some, which chance does\n", copies_lost(c));
	else
		put_nothing_lost(c, f);
	put_changed(c, CHANGED_OWN, f, bullet);
	put_changed(c, CHANGED_OPEN, f, bullet);
	if (open)
		put_enough(c, f);
	if (neither)
		fprintf(f, "%zu verdicts that neither revision keeps in every copy:\n", neither);
	put_changed(c, CHANGED_BOTH, f, bullet);
}

bool regress_unvaried(const struct regress *r)
{
	return r->copies.n && !r->copies.rewritten;
}

/* Why it is accepted or refused. */
static const char *reason(const struct regress *r, const struct comparison *c)
{
	size_t overfit = copies_overfit(&r->copies);
	return r->copies.no_base     ? overfit			 ? "overfitted"
				       : regress_unvaried(r)	 ? "nothing varied"
				       : copies_open(&r->copies) ? "not enough copies to say"
				       : copies_lost(&r->copies)
					       ? "nothing is lost in copies but by chance"
					       : "nothing is lost in copies"
	       : !c->compared	     ? "nothing to compare"
	       : r->failed_only[1]   ? "it fails with captures"
	       : c->worse	     ? overfit ? "worse, and overfitted" : "worse"
	       : overfit	     ? "overfitted"
	       : regress_unvaried(r) ? "nothing varied"
	       : c->better	     ? "better"
				     : "equal";
}

static json_t *copies_json(const struct copies *c)
{
	json_t *lost = json_array();

	for (size_t i = 0; i < c->list_n; i++) {
		const struct overfit *o = &c->list[i];

		json_array_append_new(
			lost,
			json_pack("{ss ss sb sb sI sI sb sb}", "capture",
				  quote_terminal(o->capture), "subject", quote_terminal(o->subject),
				  "alone", o->alone, "was_found", o->was_found, "copies",
				  (json_int_t)o->own, "copies_both", (json_int_t)o->both,
				  "overfitted", overfit_own(c, o), "open", overfit_open(c, o)));
	}
	return json_pack("{sI sI sI sI so}", "each", (json_int_t)c->n, "captures",
			 (json_int_t)c->captures, "rewritten", (json_int_t)c->rewritten, "enough",
			 (json_int_t)(copies_open(c) ? copies_enough(c) : c->n), "changed", lost);
}

static void put_json(const struct regress_report *p, FILE *f)
{
	json_t *o = json_pack("{ss sb ss so}", "signature", p->r->name, "accepted", p->accepted,
			      "reason", reason(p->r, p->c), "comparison",
			      comparison_json(p->c, p->was, p->is));

	if (p->r->copies.n)
		json_object_set_new(o, "copies", copies_json(&p->r->copies));
	json_dumpf(o, f, JSON_COMPACT);
	fputc('\n', f);
	json_decref(o);
}

static void put_verdict(const struct regress_report *p, FILE *f)
{
	const char *bold = p->format == COMPARE_MARKDOWN ? "**" : "";

	fprintf(f, "%s%s: %s: %s%s\n", bold, p->r->name,
		!p->accepted		     ? "REFUSED"
		: copies_open(&p->r->copies) ? "undecided"
					     : "accepted",
		reason(p->r, p->c), bold);
	if (*bold)
		fputc('\n', f);
}

void regress_print(const struct regress_report *p, FILE *f)
{
	const struct comparison *c = p->c;

	if (p->format == COMPARE_JSON) {
		put_json(p, f);
		return;
	}
	put_verdict(p, f);
	if (p->r->copies.no_base)
		fprintf(f,
			"no baseline to hold %s against: copies alone; what chance may lose, up "
			"to a quarter of them, is no fault\n",
			p->is);
	else if (c->worse || c->better || !regress_unvaried(p->r)) /* else "equal" misleads */
		comparison_print(c, f, p->format, p->was, p->is, log_level > 1 ? 0 : CHANGES_SHOWN);
	if (p->r->copies.n)
		put_copies(&p->r->copies, f, p->format == COMPARE_MARKDOWN ? "- " : "  ");
}

/* What the comparison does not say, as cases of a suite of their own. */
static void put_cases(const struct regress *r, FILE *f)
{
	char *suite = xasprintf("skypelab: %s", r->name);
	size_t overfit = copies_overfit(&r->copies);
	char *why = xasprintf("%zu verdicts depend on what the protocol leaves free", overfit);
	struct junit j = {0};

	if (r->copies.n)
		junit_add(&j, r->name, "varied copies",
			  regress_unvaried(r) ? "nothing was varied"
			  : overfit	      ? why
					      : NULL,
			  NULL);
	if (r->now.foreign)
		junit_add(&j, r->name, "captures read",
			  r->failed_only[1] ? "it fails with captures that the older one reads"
					    : NULL,
			  NULL);
	if (j.n)
		junit_put(&j, suite, f);
	junit_clear(&j);
	free(why);
	free(suite);
}

void regress_junit(const struct regress_report *p, FILE *f)
{
	if (!p->r->copies.no_base)
		comparison_junit(p->c, f, p->was, p->is);
	put_cases(p->r, f);
}
