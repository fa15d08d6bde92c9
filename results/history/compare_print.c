// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compare_print.c - a comparison for people, for a pull request, and for CI
 *
 * All three give the verdict first. A figure has the 95 % interval over its trials. Where each side's
 * value lies in the other's interval, the difference is said to be inside: other traffic might show the
 * same without any change of the signature. The verdict does not depend on it.
 *
 * Text shows the figures that changed and names the changes, each once though several vantages saw it.
 * Markdown is the same with every list folded. HTML is compare_html.c's. JUnit has one test case per figure and one per cell
 * that is no longer scored; its failures name the subjects, so a CI page shows what was lost.
 */
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "results/history/change_groups.h"
#include "results/history/compare_html.h"
#include "results/history/compare_json.h"
#include "results/history/compare_print.h"
#include "results/history/compare_words.h"
#include "results/report/junit.h"

static void put_counts(const struct change_groups *c, FILE *f)
{
	const char *sep = "";

	for (int k = 0; k < CHANGES; k++) {
		if (!c->count[k])
			continue;
		fprintf(f, "%s%zu %s", sep, c->count[k], change_plural(k, c->count[k]));
		sep = ", ";
	}
	if (!*sep)
		fputs("no flow, client or session changed", f);
}

typedef const char *quote_fn(const char *s);

static void put_change(const struct change_group *g, FILE *f, quote_fn *quote)
{
	const struct change *x = g->first;

	fprintf(f, "%s  %s %s  %s%s%s", quote(x->block->signature), score_unit_text(x->block->unit),
		quote(x->subject), quote(x->block->cell), *g->vantages ? " at " : "",
		quote(g->vantages));
	if (*x->reason)
		fprintf(f, "  (%s)", quote(x->reason));
	if (x->packet)
		fprintf(f, "  frame %llu%s%s", (unsigned long long)x->packet,
			g->several ? " of " : "", g->several ? quote(x->block->vantage) : "");
}

static void put_moved(const char *name, const struct moved_ratio *m, FILE *f)
{
	fprintf(f, "    %s %s -> %s%s%s\n", name, m->text[0], m->text[1], *m->where ? ", " : "",
		m->where);
}

static void print_text(const struct comparison *c, FILE *f, const char *base, const char *now,
		       size_t max)
{
	struct change_groups groups = change_groups_of(c);
	size_t shown[CHANGES] = {0};

	fprintf(f, "%s: %s against %s: ", comparison_verdict(c), quote_terminal(now),
		quote_terminal(base));
	put_counts(&groups, f);
	fputc('\n', f);
	for (size_t i = 0; i < c->figures_n; i++) {
		const struct figure *g = &c->figures[i];
		struct moved_figure m = figure_text(g);

		if (!figure_moved(g))
			continue;
		fprintf(f, "  %s %s%s%s %s %s%s\n", source_text(g->source),
			quote_terminal(g->version), strcmp(g->vantage, "-") ? " at " : "",
			strcmp(g->vantage, "-") ? quote_terminal(g->vantage) : "",
			quote_terminal(g->signature), score_unit_text(g->unit),
			g->worse ? "  WORSE" : "");
		put_moved("recall", &m.recall, f);
		put_moved("precision", &m.precision, f);
		fprintf(f, "    false positives %llu -> %llu\n", (unsigned long long)g->base.fp,
			(unsigned long long)g->now.fp);
	}
	for (size_t i = 0; i < groups.n; i++) {
		enum change_kind kind = groups.g[i].first->kind;

		if (!shown[kind]++)
			fprintf(f, "%s:\n", change_text(kind));
		if (max && shown[kind] > max) {
			if (shown[kind] == groups.count[kind])
				fprintf(f, "  ... and %zu more\n", groups.count[kind] - max);
			continue;
		}
		fputs("  ", f);
		put_change(&groups.g[i], f, quote_terminal);
		fputc('\n', f);
	}
	change_groups_clear(&groups);
}

static void print_markdown(const struct comparison *c, FILE *f, const char *base, const char *now)
{
	struct change_groups groups = change_groups_of(c);
	enum change_kind open = CHANGES;

	fprintf(f, "**%s**: %s against %s: ", comparison_verdict(c), quote_markdown(now),
		quote_markdown(base));
	put_counts(&groups, f);
	fputs(".\n", f);
	for (size_t i = 0, head = 0; i < c->figures_n; i++) {
		const struct figure *g = &c->figures[i];
		struct moved_figure m = figure_text(g);

		if (!figure_moved(g))
			continue;
		if (!head++)
			fputs("\n| source | traffic | signature | vantage | unit | recall | "
			      "precision | "
			      "false positives | |\n|---|---|---|---|---|---|---|---|---|\n",
			      f);
		fprintf(f,
			"| %s | %s | %s %s→%s | %s | %s | %s → %s%s%s | %s → %s%s%s | %llu → %llu "
			"| %s |\n",
			source_text(g->source), quote_markdown(g->version),
			quote_markdown(g->signature), quote_markdown(g->base_revision),
			quote_markdown(g->revision), quote_markdown(g->vantage),
			score_unit_text(g->unit), m.recall.text[0], m.recall.text[1],
			*m.recall.where ? ", " : "", m.recall.where, m.precision.text[0],
			m.precision.text[1], *m.precision.where ? ", " : "", m.precision.where,
			(unsigned long long)g->base.fp, (unsigned long long)g->now.fp,
			g->worse ? "**worse**" : "");
	}
	for (size_t i = 0; i < groups.n; i++) {
		enum change_kind kind = groups.g[i].first->kind;

		if (kind != open)
			fprintf(f, "%s\n<details><summary>%zu %s</summary>\n\n",
				open == CHANGES ? "" : "\n</details>\n", groups.count[kind],
				change_plural(kind, groups.count[kind]));
		open = kind;
		fputs("- ", f);
		put_change(&groups.g[i], f, quote_markdown);
		fputc('\n', f);
	}
	change_groups_clear(&groups);
	if (open != CHANGES)
		fputs("\n</details>\n", f);
}

static bool of_figure(const struct change *x, const struct figure *g)
{
	return x->block->unit == g->unit && x->block->source == g->source &&
	       !strcmp(x->block->version, g->version) && !strcmp(x->block->vantage, g->vantage) &&
	       !strcmp(x->block->detector, g->detector) &&
	       !strcmp(x->block->signature, g->signature);
}

/* Whether a figure is a failed test: it is worse, or a recorded capture's subject was lost or newly
 * claimed. */
static bool fails(const struct comparison *c, const struct figure *g)
{
	bool bad = g->worse;

	for (size_t k = 0; k < c->n && !bad; k++)
		bad = c->changes[k].kind <= CHANGE_NEW_FP &&
		      c->changes[k].block->source != SOURCE_EMULATED &&
		      of_figure(&c->changes[k], g);
	return bad;
}

/* The subjects that a figure lost or newly claims, a line each (owned). */
static char *changes_of(const struct comparison *c, const struct figure *g)
{
	char *text = xstrdup("");

	for (size_t k = 0; k < c->n; k++) {
		const struct change *x = &c->changes[k];
		char *more;

		if (x->kind > CHANGE_NEW_FP || !of_figure(x, g))
			continue;
		more = xasprintf("%s%s: %s (%s)\n", text, change_text(x->kind),
				 quote_terminal(x->subject), quote_terminal(x->block->cell));
		free(text);
		text = more;
	}
	return text;
}

static void add_figure(struct junit *j, const struct comparison *c, const struct figure *g)
{
	struct moved_figure m = figure_text(g);
	char *name = xasprintf("%s %s %s %s", source_text(g->source), g->version, g->vantage,
			       score_unit_text(g->unit));
	char *why = xasprintf("recall %s, was %s; precision %s, was %s", m.recall.text[1],
			      m.recall.text[0], m.precision.text[1], m.precision.text[0]);
	char *changes = changes_of(c, g);

	junit_add(j, g->signature, name, fails(c, g) ? why : NULL, changes);
	free(changes);
	free(why);
	free(name);
}

void comparison_junit(const struct comparison *c, FILE *f, const char *base, const char *now)
{
	char *suite = xasprintf("skypelab: %s against %s", now, base);
	struct junit j = {0};

	if (!c->compared)
		junit_add(&j, "skypelab", "compared", "no cell is in both", NULL);
	for (size_t i = 0; i < c->figures_n; i++)
		add_figure(&j, c, &c->figures[i]);
	for (size_t k = 0; k < c->n; k++) {
		const struct baseline_block *b = c->changes[k].block;
		char *name;

		if (c->changes[k].kind != CHANGE_MISSING)
			continue;
		name = xasprintf("%s %s %s", b->cell, b->vantage, score_unit_text(b->unit));
		junit_add(&j, b->signature, name, "no longer scored", NULL);
		free(name);
	}
	junit_put(&j, suite, f);
	junit_clear(&j);
	free(suite);
}

static void print_json(const struct comparison *c, FILE *f, const char *base, const char *now)
{
	json_t *o = comparison_json(c, base, now);

	json_dumpf(o, f, JSON_INDENT(1));
	fputc('\n', f);
	json_decref(o);
}

void comparison_print(const struct comparison *c, FILE *f, enum compare_format format,
		      const char *base_name, const char *now_name, size_t max)
{
	if (format == COMPARE_MARKDOWN)
		print_markdown(c, f, base_name, now_name);
	else if (format == COMPARE_JUNIT) {
		fputs(JUNIT_HEAD, f);
		comparison_junit(c, f, base_name, now_name);
		fputs(JUNIT_FOOT, f);
	} else if (format == COMPARE_HTML)
		comparison_html(c, f, base_name, now_name);
	else if (format == COMPARE_JSON)
		print_json(c, f, base_name, now_name);
	else
		print_text(c, f, base_name, now_name, max);
}
