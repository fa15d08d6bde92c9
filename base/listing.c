// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * listing.c - lists for people and for programs, from the same rows
 *
 * Model: rows are kept until the end, so that columns are as wide as what they hold. Columns stand two
 * blanks apart, heads are in small letters, numbers end below one another, "-" stands for what is not
 * there, and nothing follows the last column. Text is quoted as for a terminal (base/quote.h).
 *
 * Limits: COLUMNS_MAX columns. Widths count bytes, so names that are not ASCII may stand too far left.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/listing.h"
#include "base/quote.h"

#define COLUMNS_MAX 16
#define CELLS_MAX   256 /* columns of a TSV table */

struct listing {
	const struct listing_column *columns;
	size_t n, rows;
	char **cells; /* (owned, and what it holds) @rows times @n; NULL = nothing */
};

bool colours_wanted(FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(f)) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

struct listing *listing_new(const struct listing_column *columns, size_t n)
{
	struct listing *l = xcalloc(1, sizeof(*l));

	l->columns = columns;
	l->n = n < COLUMNS_MAX ? n : COLUMNS_MAX;
	return l;
}

void listing_row(struct listing *l, ...)
{
	va_list ap;

	if (!(l->rows & (l->rows - 1)))
		l->cells =
			xrealloc(l->cells, (l->rows ? 2 * l->rows : 1) * l->n * sizeof(*l->cells));
	va_start(ap, l);
	for (size_t c = 0; c < l->n; c++) {
		const char *text = va_arg(ap, const char *);

		l->cells[l->rows * l->n + c] = text && *text ? xstrdup(text) : NULL;
	}
	va_end(ap);
	l->rows++;
}

/* ---- for programs ---- */

/* The number that @text is, as JSON (owned); NULL = it is none. */
static json_t *number_of(const char *text)
{
	json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);

	if (json_is_number(v))
		return v;
	json_decref(v);
	return NULL;
}

static json_t *value_of(const char *text, bool number)
{
	json_t *v = NULL;

	if (!text || !*text || (number && !strcmp(text, "-")))
		return json_null();
	if (number)
		v = number_of(text);
	return v ? v : json_string(quote_terminal(text));
}

static void put_array(json_t *all, FILE *f)
{
	json_dumpf(all, f, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
	fputc('\n', f);
	json_decref(all);
}

static void put_json(const struct listing *l, FILE *f)
{
	json_t *all = json_array();

	for (size_t r = 0; r < l->rows; r++) {
		json_t *o = json_object();

		for (size_t c = 0; c < l->n; c++)
			json_object_set_new(o, l->columns[c].name,
					    value_of(l->cells[r * l->n + c], l->columns[c].number));
		json_array_append_new(all, o);
	}
	put_array(all, f);
}

/* ---- for people ---- */

static const char *shown(const char *text)
{
	return text ? quote_terminal(text) : "-";
}

/* What stands above a column; in @out. */
static const char *head_of(const struct listing_column *c, char out[64])
{
	snprintf(out, 64, "%s", c->name);
	for (char *p = out; *p; p++)
		*p = *p == '_' ? ' ' : *p;
	return out;
}

static void put_cell(FILE *f, const struct listing *l, size_t c, int width, const char *text)
{
	bool last = true;

	for (size_t i = c + 1; i < l->n; i++)
		last &= l->columns[i].json_only;
	fprintf(f, "%*s%s",
		l->columns[c].number ? width
		: last		     ? 0
				     : -width,
		text, last ? "\n" : "  ");
}

static void put_text(const struct listing *l, FILE *f)
{
	bool bold = colours_wanted(f);
	int width[COLUMNS_MAX] = {0};
	char head[64];

	for (size_t c = 0; c < l->n; c++) {
		width[c] = (int)strlen(l->columns[c].name);
		for (size_t r = 0; r < l->rows; r++) {
			int n = (int)strlen(shown(l->cells[r * l->n + c]));

			width[c] = n > width[c] ? n : width[c];
		}
	}
	if (!l->rows)
		return;
	fputs(bold ? "\033[1m" : "", f);
	for (size_t c = 0; c < l->n; c++)
		if (!l->columns[c].json_only)
			put_cell(f, l, c, width[c], head_of(&l->columns[c], head));
	fputs(bold ? "\033[0m" : "", f);
	for (size_t r = 0; r < l->rows; r++)
		for (size_t c = 0; c < l->n; c++)
			if (!l->columns[c].json_only)
				put_cell(f, l, c, width[c], shown(l->cells[r * l->n + c]));
}

void listing_end(struct listing *l, FILE *f, bool json)
{
	if (f && json)
		put_json(l, f);
	else if (f)
		put_text(l, f);
	for (size_t i = 0; i < l->rows * l->n; i++)
		free(l->cells[i]);
	free(l->cells);
	free(l);
}

/* ---- TSV ---- */

/* Cuts a line into its fields, in place; how many, at most CELLS_MAX. */
static size_t cut(char *line, char *fields[CELLS_MAX])
{
	size_t n = 0;

	while (line && n < CELLS_MAX)
		fields[n++] = strsep(&line, "\t");
	return n;
}

static bool never_a_number(const char *name)
{
	static const char *const texts[] = {"version", "traffic_version", "revision",
					    "cell",    "signature",	  "name"};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!strcmp(name, texts[i]))
			return true;
	return false;
}

/* Takes back the mark of each column of @names in which @fields has something that is no number. */
static void look_at(char *const *fields, size_t n, bool *numbers)
{
	for (size_t c = 0; c < n; c++) {
		json_t *v = *fields[c] && strcmp(fields[c], "-") != 0 ? number_of(fields[c]) : NULL;

		numbers[c] &= v || !*fields[c] || !strcmp(fields[c], "-");
		json_decref(v);
	}
}

static void put_tsv_as_json(const char *text, FILE *f)
{
	char *names[CELLS_MAX], *fields[CELLS_MAX], *line;
	bool numbers[CELLS_MAX] = {false};
	json_t *all = json_array();

	for (int pass = 0; pass < 2; pass++) {
		char *copy = xstrdup(text), *rest = copy;
		size_t n = cut(strsep(&rest, "\n"), names), k;

		for (size_t c = 0; !pass && c < n; c++)
			numbers[c] = !never_a_number(names[c]);
		while (rest && (line = strsep(&rest, "\n"))) {
			json_t *o;

			if (!*line)
				continue;
			k = cut(line, fields);
			k = k < n ? k : n;
			if (!pass) {
				look_at(fields, k, numbers);
				continue;
			}
			o = json_object();
			for (size_t c = 0; c < k; c++)
				json_object_set_new(o, names[c], value_of(fields[c], numbers[c]));
			json_array_append_new(all, o);
		}
		free(copy);
	}
	put_array(all, f);
}

struct listing_tsv *listing_tsv_new(void)
{
	struct listing_tsv *t = xcalloc(1, sizeof(*t));

	t->f = open_memstream(&t->text, &t->n);
	if (!t->f)
		abort(); /* only without memory, as in err.c */
	return t;
}

void listing_tsv_json(struct listing_tsv *t, FILE *f)
{
	fclose(t->f);
	if (f)
		put_tsv_as_json(t->text, f);
	free(t->text);
	free(t);
}
