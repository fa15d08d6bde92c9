// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * view.c - a table of the document from a table of TSV
 *
 * The document never computes: what it shows are the fields of its TSV files, put together. So a
 * figure in the page and in the file cannot differ.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "results/report/html.h"
#include "run/paper/view.h"

#define ACROSS_MAX 24 /* further values get no column, and the caption says how many */

/* ------------------------------------------------------------------ cells */

static const char *field(const struct tsv *t, size_t row, const char *name, size_t len)
{
	char column[64];

	snprintf(column, sizeof(column), "%.*s", (int)len, name);
	return tsv_cell(t, row, tsv_column(t, column));
}

static bool no_value(const char *s)
{
	return !*s || !strcmp(s, "-");
}

/* Writes one part of a form; nothing when a field of it has no value. */
static void put_part(FILE *f, const char *part, size_t len, const struct tsv *t, size_t row)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	bool whole = out != NULL;

	for (size_t i = 0; whole && i < len; i++) {
		size_t end = strcspn(part + i, "}");

		if (part[i] != '{') {
			fputc(part[i], out);
			continue;
		}
		whole = !no_value(field(t, row, part + i + 1, end - 1));
		if (whole)
			fputs(field(t, row, part + i + 1, end - 1), out);
		i += end;
	}
	if (out)
		fclose(out);
	if (whole)
		fputs(text, f);
	free(text);
}

char *view_text(const char *form, const struct tsv *t, size_t row)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	for (const char *p = form; f && *p;) {
		size_t len = strcspn(p, "|");

		put_part(f, p, len, t, row);
		p += len + (p[len] == '|');
	}
	if (f)
		fclose(f);
	if (text && *text)
		return text;
	free(text);
	return xstrdup("-");
}

/* ------------------------------------------------------------------ rows */

/* Whether @cell is one of the words of "a|b|c". */
static bool is_one_of(const char *cell, const char *words)
{
	for (const char *p = words;; p++) {
		size_t len = strcspn(p, "|");

		if (strlen(cell) == len && !strncmp(cell, p, len))
			return true;
		p += len;
		if (!*p)
			return false;
	}
}

bool view_has(const struct view *v, const struct tsv *t, size_t row)
{
	for (size_t i = 0; i < VIEW_ONLY && v->only[i].column; i++) {
		const char *wanted = v->only[i].value;
		const char *cell = tsv_cell(t, row, tsv_column(t, v->only[i].column));
		bool other = *wanted == '!';

		if (is_one_of(cell, wanted + other) == other)
			return false;
	}
	return true;
}

size_t view_count(const struct view *v, const struct tsv *t)
{
	size_t n = 0;

	for (size_t r = 0; r < t->rows; r++)
		n += view_has(v, t, r);
	return n;
}

/* The view's rows, each with the texts of its columns, tabs between them. */
struct line {
	char *text;		 /* (owned) */
	char *cells[ACROSS_MAX]; /* (owned) */
};

struct lines {
	struct line *l;
	size_t n;
	const char *across[ACROSS_MAX];
	size_t across_n, left_out;
	/* Columns that hold numbers only: they are set to the right. */
	bool numbers[VIEW_COLUMNS], numbers_across[ACROSS_MAX];
};

static char *line_text(const struct view *v, const struct tsv *t, size_t row)
{
	char *out = xstrdup("");

	for (size_t i = 0; i < VIEW_COLUMNS && v->columns[i].head; i++) {
		char *cell = view_text(v->columns[i].form, t, row);
		char *more = xasprintf("%s%s%s", out, i ? "\t" : "", cell);

		free(cell);
		free(out);
		out = more;
	}
	return out;
}

/* The line with this text, which it takes; across a table equal ones are one. */
static struct line *line_of(struct lines *all, char *text, bool across)
{
	for (size_t i = 0; across && i < all->n; i++)
		if (!strcmp(all->l[i].text, text)) {
			free(text);
			return &all->l[i];
		}
	all->l = xrealloc(all->l, (all->n + 1) * sizeof(*all->l));
	all->l[all->n] = (struct line){.text = text};
	return &all->l[all->n++];
}

static int by_version(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

static void find_across(struct lines *all, const struct view *v, const struct tsv *t)
{
	for (size_t r = 0; v->across && r < t->rows; r++) {
		const char *value = tsv_cell(t, r, tsv_column(t, v->across));
		bool known = !view_has(v, t, r);

		for (size_t i = 0; i < all->across_n && !known; i++)
			known = !strcmp(all->across[i], value);
		if (!known && all->across_n == ACROSS_MAX)
			all->left_out++;
		else if (!known)
			all->across[all->across_n++] = value;
	}
	qsort(all->across, all->across_n, sizeof(char *), by_version);
}

static void take_row(struct lines *all, const struct view *v, const struct tsv *t, size_t r)
{
	struct line *l = line_of(all, line_text(v, t, r), v->across != NULL);

	for (size_t i = 0; i < all->across_n; i++) {
		char *cell, *both;

		if (strcmp(all->across[i], tsv_cell(t, r, tsv_column(t, v->across))) != 0)
			continue;
		cell = view_text(v->cell, t, r);
		both = l->cells[i] ? xasprintf("%s; %s", l->cells[i], cell) : xstrdup(cell);
		free(cell);
		free(l->cells[i]);
		l->cells[i] = both;
	}
}

/* ------------------------------------------------------------------ HTML */

static bool is_number(const char *s)
{
	return *s && strspn(s, "0123456789.") == strlen(s);
}

/* Whether all that stands in a column across the table are numbers. */
static bool across_of_numbers(const struct lines *all, size_t across)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->l[i].cells[across] && !is_number(all->l[i].cells[across]))
			return false;
	return true;
}

/* The same for the columns of the lines' own texts. */
static void find_numbers(struct lines *all)
{
	memset(all->numbers, true, sizeof(all->numbers));
	for (size_t i = 0; i < all->n; i++) {
		const char *p = all->l[i].text;

		for (size_t column = 0; column < VIEW_COLUMNS; column++) {
			size_t len = strcspn(p, "\t");

			if (!len || strspn(p, "0123456789.") < len)
				all->numbers[column] = false;
			if (!p[len])
				break;
			p += len + 1;
		}
	}
}

static void put_heading(FILE *f, const char *text, bool numbers)
{
	html_printf(f,
		    numbers ? "<th scope=\"col\" class=\"n\">%s</th>" : "<th scope=\"col\">%s</th>",
		    text);
}

static void put_cell(FILE *f, const char *text, bool head, bool number)
{
	if (head)
		html_printf(f, "<th scope=\"row\">%s</th>", text);
	else if (number)
		html_printf(f, "<td class=\"n\">%s</td>", text);
	else
		html_printf(f, "<td>%s</td>", text);
}

static void put_line(FILE *f, const struct lines *all, const struct line *l)
{
	size_t column = 0;

	fputs("<tr>", f);
	for (const char *p = l->text;; column++) {
		size_t len = strcspn(p, "\t");
		char *cell = xasprintf("%.*s", (int)len, p);

		put_cell(f, cell, column == 0, all->numbers[column]);
		free(cell);
		if (!p[len])
			break;
		p += len + 1;
	}
	for (size_t i = 0; i < all->across_n; i++)
		put_cell(f, l->cells[i] ? l->cells[i] : "", false, all->numbers_across[i]);
	fputs("</tr>\n", f);
}

static void put_head(FILE *f, const struct view *v, const struct lines *all)
{
	html_printf(f, "<p class=\"cap\">%s", v->caption);
	if (all->left_out)
		html_printf(f, " (%zu more columns are only in the file)", all->left_out);
	html_printf(f,
		    "</p>\n<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
		    "<table><thead><tr>",
		    v->caption);
	for (size_t i = 0; i < VIEW_COLUMNS && v->columns[i].head; i++)
		put_heading(f, v->columns[i].head, all->numbers[i]);
	for (size_t i = 0; i < all->across_n; i++)
		put_heading(f, all->across[i], all->numbers_across[i]);
	fputs("</tr></thead><tbody>\n", f);
}

void view_put(FILE *f, const struct view *v, const struct tsv *t)
{
	struct lines all = {0};

	find_across(&all, v, t);
	for (size_t r = 0; r < t->rows; r++)
		if (view_has(v, t, r))
			take_row(&all, v, t, r);
	for (size_t i = 0; i < all.across_n; i++)
		all.numbers_across[i] = across_of_numbers(&all, i);
	find_numbers(&all);
	put_head(f, v, &all);
	for (size_t i = 0; i < all.n; i++)
		put_line(f, &all, &all.l[i]);
	fputs("</tbody></table></div>\n", f);
	for (size_t i = 0; i < all.n; i++) {
		free(all.l[i].text);
		for (size_t k = 0; k < ACROSS_MAX; k++)
			free(all.l[i].cells[k]);
	}
	free(all.l);
}
