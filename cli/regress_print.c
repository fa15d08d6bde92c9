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
	fprintf(f, "%s%s %s%s: %s as recorded, %s in %u of %u copies\n", bullet, o->capture,
		o->subject, o->alone ? " on its own" : "", o->was_found ? "found" : "not found",
		o->was_found ? "not found" : "found", o->own ? o->own : o->both, c->n);
}

/* Those that the newer revision changes alone, or those that both do. */
static void put_changed(const struct copies *c, bool own, FILE *f, const char *bullet)
{
	size_t shown = 0;

	for (size_t i = 0; i < c->list_n; i++) {
		const struct overfit *o = &c->list[i];

		if (own != overfit_own(c, o) || (!own && (o->own || o->alone)) ||
		    shown++ >= CHANGES_SHOWN)
			continue;
		put_overfit(c, o, f, bullet);
	}
	if (shown > CHANGES_SHOWN)
		fprintf(f, "%s... and %zu more\n", bullet, shown - CHANGES_SHOWN);
}

static void put_copies(const struct copies *c, FILE *f, const char *bullet)
{
	size_t own = copies_overfit(c), neither = copies_neither(c);

	fprintf(f, "%u copies of each of %zu labelled captures, %" PRIu64 " payloads rewritten: ",
		c->n, c->captures, c->rewritten);
	if (!c->rewritten)
		fputs("nothing was varied, so the copies say nothing\n", f);
	else if (!own)
		fputs(c->no_base ? "nothing is lost in them\n"
				 : "no verdict changed that the baseline keeps\n",
		      f);
	else
		fprintf(f, "OVERFITTED: %zu verdicts depend on what the protocol leaves free\n",
			own);
	put_changed(c, true, f, bullet);
	if (neither)
		fprintf(f, "%zu verdicts that neither revision keeps in every copy:\n", neither);
	put_changed(c, false, f, bullet);
}

bool regress_unvaried(const struct regress *r)
{
	return r->copies.n && !r->copies.rewritten;
}

/* Why it is accepted or refused. */
static const char *reason(const struct regress *r, const struct comparison *c)
{
	size_t overfit = copies_overfit(&r->copies);
	return r->copies.no_base     ? overfit		     ? "overfitted"
				       : regress_unvaried(r) ? "nothing varied"
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
			lost, json_pack("{ss ss sb sb sI sI sb}", "capture",
					quote_terminal(o->capture), "subject",
					quote_terminal(o->subject), "alone", o->alone, "was_found",
					o->was_found, "copies", (json_int_t)o->own, "copies_both",
					(json_int_t)o->both, "overfitted", overfit_own(c, o)));
	}
	return json_pack("{sI sI sI so}", "each", (json_int_t)c->n, "captures",
			 (json_int_t)c->captures, "rewritten", (json_int_t)c->rewritten, "changed",
			 lost);
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

	fprintf(f, "%s%s: %s: %s%s\n", bold, p->r->name, p->accepted ? "accepted" : "REFUSED",
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
			"no baseline to hold %s against: copies alone, which chance may mislead "
			"when they are few\n",
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
