// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * print.c - what is said of every claim, in five forms
 *
 * Emulated and recorded traffic have columns of their own and are never added up. A row has the verdict,
 * how many independent trials agree of how many, their 95 % interval, the values that were seen, and
 * where to look: a capture and a frame. Text and Markdown have one row a claim and then what a row has no
 * room for; TSV and JSON also have each capture and each version by itself.
 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "analysis/claims/print.h"
#include "base/listing.h"
#include "base/quote.h"

static const char *const caution =
	"Emulated and recorded traffic are judged apart. That emulated traffic agrees shows only "
	"that the emulator is faithful to the paper as we read it; what Skype did, only recorded "
	"traffic can show, and it is of other versions than the paper's.";

static const char *trial_text(const struct claim *c, uint64_t n)
{
	static const char *const words[][2] = {[CLAIM_TRIAL_FLOW] = {"flow", "flows"},
					       [CLAIM_TRIAL_HOST] = {"host", "hosts"},
					       [CLAIM_TRIAL_SCENE] = {"capture", "captures"}};

	if (c->measure.kind == CLAIM_KIND_TABLE && c->measure.trial == CLAIM_TRIAL_FLOW)
		return n == 1 ? "row" : "rows";
	return words[c->measure.trial][n != 1];
}

static const char *expect_text(const struct claim *c)
{
	static const char *const words[] = {[CLAIM_ALWAYS] = "always",
					    [CLAIM_NEVER] = "never",
					    [CLAIM_SOMETIMES] = "sometimes",
					    [CLAIM_SHARE] = "share"};

	return words[c->expect];
}

/* "12 of 13 flows [0.67, 0.99]", and cases where a trial has several; "" without a trial. */
static void counts_text(const struct claim *c, const struct claim_verdict *v, char *out,
			size_t size)
{
	size_t n = 0;

	*out = '\0';
	if (!v->n)
		return;
	if (c->expect == CLAIM_SHARE)
		n = (size_t)snprintf(out, size,
				     "%" PRIu64 " of %" PRIu64 " cases in %" PRIu64 " %s", v->held,
				     v->cases, v->n, trial_text(c, v->n));
	else
		n = (size_t)snprintf(out, size, "%" PRIu64 " of %" PRIu64 " %s", v->k, v->n,
				     trial_text(c, v->n));
	if (n < size)
		n += (size_t)snprintf(out + n, size - n, " [%.2f, %.2f]", v->share.low,
				      v->share.high);
	if (c->expect != CLAIM_SHARE && v->cases != v->n && n < size)
		snprintf(out + n, size - n, ", %" PRIu64 " of %" PRIu64 " cases", v->held,
			 v->cases);
}

/* The last two parts of a path: a cell and its capture, or a folder and a file. */
static const char *short_path(const char *path)
{
	const char *a = strrchr(path, '/'), *b = a;

	while (b && b > path && b[-1] != '/')
		b--;
	return b ? b : path;
}

/* "refuted by cell/capture frame 12 (tcp ...)" */
static void example_text(const struct claim_verdict *v, char *out, size_t size)
{
	char number[40] = "";

	*out = '\0';
	if (!v->example)
		return;
	if (v->example->number)
		snprintf(number, sizeof(number), " %s %" PRIu64,
			 strncmp(v->example->what, "line of", 7) != 0 ? "frame" : "line",
			 v->example->number);
	snprintf(out, size, "%s %s%s (%s)",
		 v->answer == CLAIM_REFUTED ? "counter-example" : "example",
		 short_path(v->example->capture), number, v->example->what);
}

#define COUNTS 120
#define PLACE  400

/* ------------------------------------------------------------------ text */

static void put_verdict(struct listing *l, size_t column, const struct claim_results *r, unsigned i,
			enum traffic_source source)
{
	struct claim_verdict v = claim_results_verdict(r, i, source);
	char counts[COUNTS];

	counts_text(&r->set->claims[i], &v, counts, sizeof(counts));
	if (strchr(counts, ']'))
		strchr(counts, ']')[1] = '\0';
	listing_putf(l, column, "%s%s%s",
		     v.answer == CLAIM_NOT_TESTABLE ? "not testable" : claim_answer_text(v.answer),
		     *counts ? ": " : "", counts);
}

static void verdicts_text(const struct claim_results *r, FILE *f)
{
	static const struct listing_column columns[] = {
		{.name = "claim"}, {.name = "emulated"}, {.name = "recorded"}};
	struct listing *l = listing_new(columns, ARRAY_LEN(columns));

	for (unsigned i = 0; i < r->set->claims_n; i++) {
		listing_begin(l);
		listing_put(l, 0, r->set->claims[i].id);
		put_verdict(l, 1, r, i, SOURCE_EMULATED);
		put_verdict(l, 2, r, i, SOURCE_RECORDED);
	}
	listing_end(l, f, false);
}

static void details_of(FILE *f, const struct claim_results *r, unsigned i,
		       enum traffic_source source)
{
	const struct claim *c = &r->set->claims[i];
	struct claim_verdict v = claim_results_verdict(r, i, source);
	char counts[COUNTS], place[PLACE];

	counts_text(c, &v, counts, sizeof(counts));
	example_text(&v, place, sizeof(place));
	fprintf(f, "    %s: %s", source_text(source), claim_answer_text(v.answer));
	fprintf(f, "%s%s", *counts ? "; " : "", counts);
	fprintf(f, "%s%s", *v.seen ? "; seen " : "", quote_terminal(v.seen));
	fprintf(f, "%s%s", *place ? "; " : "", quote_terminal(place));
	fprintf(f, "%s%s\n", *v.reason ? "; " : "", quote_terminal(v.reason));
}

#define GROUPS_SHOWN 12

/* Each capture or version by itself, where there are several and not too many. */
static void groups_of(FILE *f, const struct claim_results *r, unsigned i,
		      enum traffic_source source)
{
	const struct claim_finding *of = &r->of[i][source];

	for (size_t g = 0; of->groups_n > 1 && of->groups_n <= GROUPS_SHOWN && g < of->groups_n;
	     g++) {
		struct claim_verdict v = claim_results_group(r, i, source, g);
		char counts[COUNTS];

		counts_text(&r->set->claims[i], &v, counts, sizeof(counts));
		fprintf(f, "        %s: ", quote_terminal(of->groups[g].group));
		fprintf(f, "%s; %s%s%s\n", claim_answer_text(v.answer), counts,
			*v.seen ? "; seen " : "", quote_terminal(v.seen));
	}
}

static void totals(const struct claim_results *r, enum traffic_source source, unsigned n[3])
{
	memset(n, 0, 3 * sizeof(*n));
	for (unsigned i = 0; i < r->set->claims_n; i++)
		n[claim_results_verdict(r, i, source).answer]++;
}

static void totals_text(FILE *f, const struct claim_results *r, enum traffic_source source)
{
	unsigned n[3];

	totals(r, source, n);
	fprintf(f,
		"%s, %" PRIu64 " captures: of %u claims %u confirmed, %u refuted, %u not testable "
		"here",
		source_text(source), r->scenes[source], r->set->claims_n, n[CLAIM_CONFIRMED],
		n[CLAIM_REFUTED], n[CLAIM_NOT_TESTABLE]);
}

static void print_text(const struct claim_results *r, FILE *f)
{
	fprintf(f, "%s\n%s\n\n", quote_terminal(r->set->title), quote_terminal(r->set->source));
	verdicts_text(r, f);
	for (unsigned i = 0; i < r->set->claims_n; i++) {
		const struct claim *c = &r->set->claims[i];

		fprintf(f, "\n%s (%s): %s\n", quote_terminal(c->id), quote_terminal(c->source),
			quote_terminal(c->statement));
		fprintf(f, "    refuted by: %s\n", quote_terminal(c->refuted_by));
		details_of(f, r, i, SOURCE_EMULATED);
		groups_of(f, r, i, SOURCE_EMULATED);
		details_of(f, r, i, SOURCE_RECORDED);
		groups_of(f, r, i, SOURCE_RECORDED);
	}
	fputc('\n', f);
	for (int s = SOURCE_EMULATED; s <= SOURCE_RECORDED; s++) {
		totals_text(f, r, (enum traffic_source)s);
		fputc('\n', f);
	}
	fprintf(f, "%s\n", caution);
}

/* ------------------------------------------------------------------ TSV */

static void tsv_half(FILE *f, const struct claim_verdict *v)
{
	const struct claim_example *x = v ? v->example : NULL;

	if (!v) {
		fputs("\t\t\t\t\t\t\t\t\t\t\t\t", f);
		return;
	}
	fprintf(f, "\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%.4f\t%.4f",
		claim_answer_text(v->answer), v->k, v->n, v->held, v->cases, v->share.low,
		v->share.high);
	fprintf(f, "\t%s", quote_terminal(v->seen));
	fprintf(f, "\t%s", quote_terminal(x ? x->capture : ""));
	fprintf(f, "\t%" PRIu64, x ? x->number : 0);
	fprintf(f, "\t%s", quote_terminal(x ? x->what : ""));
	fprintf(f, "\t%s", quote_terminal(v->reason));
}

static void tsv_row(FILE *f, const struct claim *c, const char *group,
		    const struct claim_verdict *emulated, const struct claim_verdict *recorded)
{
	fprintf(f, "%s\t%s", quote_terminal(c->id), quote_terminal(group));
	fprintf(f, "\t%s\t%s", expect_text(c), trial_text(c, 1));
	tsv_half(f, emulated);
	tsv_half(f, recorded);
	fprintf(f, "\t%s\t%s", quote_terminal(c->source), quote_terminal(c->statement));
	fprintf(f, "\t%s\n", quote_terminal(c->refuted_by));
}

static void tsv_groups(FILE *f, const struct claim_results *r, unsigned i,
		       enum traffic_source source)
{
	const struct claim_finding *of = &r->of[i][source];

	for (size_t g = 0; g < of->groups_n; g++) {
		struct claim_verdict v = claim_results_group(r, i, source, g);

		tsv_row(f, &r->set->claims[i], of->groups[g].group,
			source == SOURCE_EMULATED ? &v : NULL,
			source == SOURCE_RECORDED ? &v : NULL);
	}
}

static void print_tsv(const struct claim_results *r, FILE *f)
{
	static const char *const columns[] = {"verdict", "k",	   "n",	      "held",
					      "cases",	 "low",	   "high",    "seen",
					      "capture", "number", "example", "reason"};

	fprintf(f, "# %s\nclaim\tgroup\texpect\ttrial", caution);
	for (int s = SOURCE_EMULATED; s <= SOURCE_RECORDED; s++)
		for (size_t i = 0; i < ARRAY_LEN(columns); i++)
			fprintf(f, "\t%s_%s", source_text((enum traffic_source)s), columns[i]);
	fputs("\tsource\tstatement\trefuted_by\n", f);
	for (unsigned i = 0; i < r->set->claims_n; i++) {
		struct claim_verdict e = claim_results_verdict(r, i, SOURCE_EMULATED);
		struct claim_verdict d = claim_results_verdict(r, i, SOURCE_RECORDED);

		tsv_row(f, &r->set->claims[i], "-", &e, &d);
		tsv_groups(f, r, i, SOURCE_EMULATED);
		tsv_groups(f, r, i, SOURCE_RECORDED);
	}
}

/* ------------------------------------------------------------------ JSON */

static json_t *json_verdict(const struct claim_verdict *v)
{
	json_t *o =
		json_pack("{s:s,s:I,s:I,s:I,s:I,s:[f,f]}", "verdict", claim_answer_text(v->answer),
			  "k", (json_int_t)v->k, "n", (json_int_t)v->n, "held", (json_int_t)v->held,
			  "cases", (json_int_t)v->cases, "interval", v->share.low, v->share.high);

	if (*v->seen)
		json_object_set_new(o, "seen", json_string(v->seen));
	if (*v->reason)
		json_object_set_new(o, "reason", json_string(v->reason));
	if (v->example)
		json_object_set_new(o, "example",
				    json_pack("{s:s*,s:I,s:s*}", "capture",
					      quote_terminal(v->example->capture), "number",
					      (json_int_t)v->example->number, "what",
					      quote_terminal(v->example->what)));
	return o;
}

static json_t *json_source(const struct claim_results *r, unsigned i, enum traffic_source source)
{
	struct claim_verdict v = claim_results_verdict(r, i, source);
	json_t *o = json_verdict(&v), *groups = json_object();
	const struct claim_finding *of = &r->of[i][source];

	for (size_t g = 0; g < of->groups_n; g++) {
		v = claim_results_group(r, i, source, g);
		json_object_set_new(groups, quote_terminal(of->groups[g].group), json_verdict(&v));
	}
	json_object_set_new(o, source == SOURCE_EMULATED ? "by_version" : "by_capture", groups);
	return o;
}

static void print_json(const struct claim_results *r, FILE *f)
{
	json_t *list = json_array(),
	       *all = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "claims_of", r->set->name, "title",
				r->set->title, "source", r->set->source, "caution", caution,
				"emulated_captures", (json_int_t)r->scenes[SOURCE_EMULATED],
				"recorded_captures", (json_int_t)r->scenes[SOURCE_RECORDED]);

	for (unsigned i = 0; i < r->set->claims_n; i++) {
		const struct claim *c = &r->set->claims[i];

		json_array_append_new(list,
				      json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o}", "id", c->id,
						"statement", c->statement, "source", c->source,
						"refuted_by", c->refuted_by, "expect",
						expect_text(c), "trial", trial_text(c, 1),
						"emulated", json_source(r, i, SOURCE_EMULATED),
						"recorded", json_source(r, i, SOURCE_RECORDED)));
	}
	json_object_set_new(all, "claims", list);
	json_dumpf(all, f, JSON_INDENT(2));
	fputc('\n', f);
	json_decref(all);
}

/* ------------------------------------------------------------------ Markdown and HTML */

typedef const char *quote_fn(const char *s);

static void rich_cell(FILE *f, const struct claim_results *r, unsigned i,
		      enum traffic_source source, quote_fn *quote, const char *const bold[2])
{
	const struct claim *c = &r->set->claims[i];
	struct claim_verdict v = claim_results_verdict(r, i, source);
	char counts[COUNTS], place[PLACE];

	counts_text(c, &v, counts, sizeof(counts));
	example_text(&v, place, sizeof(place));
	fprintf(f, "%s%s%s", bold[0], claim_answer_text(v.answer), bold[1]);
	fprintf(f, "%s%s", *counts ? ": " : "", quote(counts));
	fprintf(f, "%s%s", *v.seen ? "; seen " : "", quote(v.seen));
	fprintf(f, "%s%s", *place ? "; " : "", quote(place));
	fprintf(f, "%s%s", *v.reason ? "; " : "", quote(v.reason));
}

static void print_markdown(const struct claim_results *r, FILE *f)
{
	static const char *const bold[2] = {"**", "**"};

	fprintf(f, "# %s\n\n", quote_markdown(r->set->title));
	fprintf(f, "%s\n\n%s\n\n", quote_markdown(r->set->source), caution);
	for (int s = SOURCE_EMULATED; s <= SOURCE_RECORDED; s++) {
		fputs("- ", f);
		totals_text(f, r, (enum traffic_source)s);
		fputc('\n', f);
	}
	fputs("\n| claim | the paper says | emulated | recorded |\n|---|---|---|---|\n", f);
	for (unsigned i = 0; i < r->set->claims_n; i++) {
		const struct claim *c = &r->set->claims[i];

		fprintf(f, "| `%s` | %s", quote_markdown(c->id), quote_markdown(c->statement));
		fprintf(f, " (%s) Refuted by: ", quote_markdown(c->source));
		fprintf(f, "%s | ", quote_markdown(c->refuted_by));
		rich_cell(f, r, i, SOURCE_EMULATED, quote_markdown, bold);
		fputs(" | ", f);
		rich_cell(f, r, i, SOURCE_RECORDED, quote_markdown, bold);
		fputs(" |\n", f);
	}
}

void claims_print_html(const struct claim_results *r, FILE *f)
{
	static const char *const bold[2] = {"<b>", "</b>"};

	fprintf(f, "<p>%s</p>\n<ul>", quote_html(caution));
	for (int s = SOURCE_EMULATED; s <= SOURCE_RECORDED; s++) {
		fputs("<li>", f);
		totals_text(f, r, (enum traffic_source)s);
		fputs("</li>", f);
	}
	fputs("</ul>\n<table class=\"claims\">\n<thead><tr><th>claim</th><th>the paper "
	      "says</th><th>emulated</th><th>recorded</th></tr></thead>\n<tbody>\n",
	      f);
	for (unsigned i = 0; i < r->set->claims_n; i++) {
		const struct claim *c = &r->set->claims[i];

		fprintf(f, "<tr><td><code>%s</code></td>", quote_html(c->id));
		fprintf(f, "<td>%s (%s)</td><td>", quote_html(c->statement), quote_html(c->source));
		rich_cell(f, r, i, SOURCE_EMULATED, quote_html, bold);
		fputs("</td><td>", f);
		rich_cell(f, r, i, SOURCE_RECORDED, quote_html, bold);
		fputs("</td></tr>\n", f);
	}
	fputs("</tbody>\n</table>\n", f);
}

void claims_print(const struct claim_results *r, FILE *f, enum table_format format)
{
	switch (format) {
	case TABLE_TSV:
		print_tsv(r, f);
		break;
	case TABLE_JSON:
		print_json(r, f);
		break;
	case TABLE_MARKDOWN:
		print_markdown(r, f);
		break;
	case TABLE_TEXT:
		print_text(r, f);
		break;
	}
}
