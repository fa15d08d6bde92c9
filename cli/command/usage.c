// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * usage.c - usage lines and --help, written from a command's option table
 *
 * A usage line shows the options that its form needs, then those it accepts in brackets, then the
 * arguments. It is broken at 80 columns between two options.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command/form.h"
#include "cli/command/usage.h"

#define COLUMNS	    80
#define HELP_COLUMN 30 /* where the help lines of options begin */

size_t usage_rows(const struct command *c, size_t form, const struct option_row **out, bool *others)
{
	unsigned bit = OPTION_FORM(form);
	size_t n = 0;

	*others = false;
	for (size_t i = 0; i < c->row_count; i++)
		if (c->rows[i].needed & bit)
			out[n++] = &c->rows[i];
	for (size_t i = 0; i < c->row_count; i++) {
		const struct option_row *r = &c->rows[i];

		if ((r->needed & bit) || !form_has_option(r, form))
			continue;
		if (c->forms[form].brief && r->forms != bit)
			*others = true;
		else
			out[n++] = r;
	}
	return n;
}

bool usage_by_letter(const struct option_row *r)
{
	return r->letter && !r->long_usage;
}

/* ---- usage lines ---- */

/* A line that breaks before a word that does not fit. */
struct line {
	FILE *f;
	size_t indent, column;
};

static void put_word(struct line *l, const char *word)
{
	size_t len = strlen(word);

	if (l->column > l->indent && l->column + 1 + len > COLUMNS) {
		fprintf(l->f, "\n%*s", (int)l->indent, "");
		l->column = l->indent;
	}
	l->column += (size_t)fprintf(l->f, " %s", word);
}

/* "--eve FILE". (owned) */
static char *row_text(const struct option_row *r)
{
	const char *gap = r->word ? " " : "", *word = r->word ? r->word : "";

	return usage_by_letter(r) ? xasprintf("-%c%s%s", r->letter, gap, word)
				  : xasprintf("--%s%s%s", r->name, gap, word);
}

/* The rows of a group as one text: "-x FACTOR | --pps RATE". *@i: the first one, then the last. */
static char *group_text(const struct option_row **rows, size_t n, size_t *i)
{
	char *text = row_text(rows[*i]);

	while (rows[*i]->group && *i + 1 < n && rows[*i + 1]->group == rows[*i]->group) {
		char *next = row_text(rows[++*i]), *both = xasprintf("%s | %s", text, next);

		free(text);
		free(next);
		text = both;
	}
	return text;
}

static void put_form(FILE *f, const struct command *c, size_t form, const char *before)
{
	const struct command_form *what = &c->forms[form];
	const struct option_row *rows[64];
	struct line l = {.f = f};
	bool others;
	size_t n = usage_rows(c, form, rows, &others);

	l.column = (size_t)fprintf(f, "%s skypelab %s%s%s", before, c->name, what->verb ? " " : "",
				   what->verb ? what->verb : "");
	l.indent = l.column;
	for (size_t i = 0; i < n; i++) {
		const struct option_row *r = rows[i];
		bool needed = r->needed & OPTION_FORM(form);
		char *text = group_text(rows, n, &i);
		char *word = xasprintf("%s%s%s%s", needed ? "" : "[", text, needed ? "" : "]",
				       r->type == OPTION_LIST ? "..." : "");

		put_word(&l, word);
		free(word);
		free(text);
	}
	if (others)
		put_word(&l, "[OPTION]...");
	if (*what->arguments)
		put_word(&l, what->arguments);
	fputc('\n', f);
}

void usage_print(FILE *f, const struct command *c, unsigned forms)
{
	const char *before = "usage:";

	for (size_t i = 0; i < c->form_count; i++) {
		if (!(forms & OPTION_FORM(i)))
			continue;
		put_form(f, c, i, before);
		before = "      ";
	}
}

/* ---- help ---- */

static void put_option(FILE *f, const struct option_row *r)
{
	char letter[8] = "    ";
	int n;

	if (r->letter)
		snprintf(letter, sizeof(letter), "-%c, ", r->letter);
	n = fprintf(f, "  %s--%s%s%s", letter, r->name, r->word ? " " : "", r->word ? r->word : "");
	if (n + 2 > HELP_COLUMN) {
		fputc('\n', f);
		n = 0;
	}
	fprintf(f, "%*s%s", HELP_COLUMN - n, "", r->help);
	if (r->type == OPTION_WHOLE && r->high < INT64_MAX)
		fprintf(f, "; %" PRIu64 " to %" PRIu64, r->low, r->high);
	if (r->type == OPTION_REAL)
		fprintf(f, "; %" PRIu64 " to %" PRIu64, r->low, r->high);
	if (r->type == OPTION_LIST)
		fputs("; repeatable", f);
	fputc('\n', f);
}

/* The verbs with a line each, or the command's own line. */
static void put_about(FILE *f, const struct command *c, unsigned forms)
{
	bool verbs = false;

	for (size_t i = 0; i < c->form_count; i++) {
		const struct command_form *what = &c->forms[i];

		if (!(forms & OPTION_FORM(i)) || !what->verb || !what->help)
			continue;
		fprintf(f, "%s  %-14s %s\n", verbs ? "" : "\n", what->verb, what->help);
		verbs = true;
	}
	if (!verbs)
		fprintf(f, "\n%s\n", c->help);
}

void usage_print_help(FILE *f, const struct command *c, unsigned forms)
{
	bool any = false;

	usage_print(f, c, forms);
	put_about(f, c, forms);
	for (size_t i = 0; i < c->row_count; i++) {
		const struct option_row *r = &c->rows[i];

		if (!form_any_has_option(r, forms))
			continue;
		if (!any)
			fputc('\n', f);
		any = true;
		put_option(f, r);
	}
	if (any)
		fprintf(f, "\n`man skypelab-%s` explains them.\n", c->name);
}
