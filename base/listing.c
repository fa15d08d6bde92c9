// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * listing.c - lists for people and for programs, from the same rows
 *
 * Model: rows are kept until the end, so that columns are as wide as what they hold. Columns stand two
 * blanks apart, heads are in small letters, numbers end below one another, "-" stands for what is not
 * there, and nothing follows the last column. Text is quoted as for a terminal (base/quote.h).
 *
 * A row that has something below its texts takes a second line.
 *
 * Limits: widths count bytes, so names that are not ASCII may stand too far left.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/listing.h"
#include "base/quote.h"

#define CELLS_MAX 256 /* columns of a TSV table */

#define BOLD "\033[1m"
#define OFF  "\033[0m"

struct cell {
	char *text, *below; /* (owned) NULL = nothing */
	const char *colour;
};

struct listing {
	const struct listing_column *columns;
	size_t n, rows;
	struct cell *cells; /* (owned) @rows times @n */
};

/* Whether @f may have colours: a terminal, and nobody set NO_COLOR (no-color.org). */
static bool colours_wanted(FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(f)) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

struct listing *listing_new(const struct listing_column *columns, size_t n)
{
	struct listing *l = xcalloc(1, sizeof(*l));

	l->columns = columns;
	l->n = n;
	return l;
}

void listing_begin(struct listing *l)
{
	if (!(l->rows & (l->rows - 1)))
		l->cells =
			xrealloc(l->cells, (l->rows ? 2 * l->rows : 1) * l->n * sizeof(*l->cells));
	memset(&l->cells[l->rows * l->n], 0, l->n * sizeof(*l->cells));
	l->rows++;
}

size_t listing_rows(const struct listing *l)
{
	return l->rows;
}

static struct cell *last_cell(struct listing *l, size_t column)
{
	return &l->cells[(l->rows - 1) * l->n + column];
}

/* As it is shown (owned); NULL for "". */
static char *kept(const char *text)
{
	return text && *text ? xstrdup(quote_terminal(text)) : NULL;
}

void listing_put(struct listing *l, size_t column, const char *text)
{
	struct cell *c = last_cell(l, column);

	free(c->text);
	c->text = kept(text);
}

void listing_putf(struct listing *l, size_t column, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort(); /* only without memory, as in err.c */
	va_end(ap);
	listing_put(l, column, text);
	free(text);
}

void listing_put_below(struct listing *l, size_t column, const char *text)
{
	struct cell *c = last_cell(l, column);

	free(c->below);
	c->below = kept(text);
}

void listing_put_colour(struct listing *l, size_t column, const char *on)
{
	last_cell(l, column)->colour = on;
}

void listing_row(struct listing *l, ...)
{
	va_list ap;

	listing_begin(l);
	va_start(ap, l);
	for (size_t c = 0; c < l->n; c++)
		listing_put(l, c, va_arg(ap, const char *));
	va_end(ap);
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
			json_object_set_new(
				o, l->columns[c].name,
				value_of(l->cells[r * l->n + c].text, l->columns[c].number));
		json_array_append_new(all, o);
	}
	put_array(all, f);
}

/* ---- for people ---- */

static const char *shown(const char *text)
{
	return text ? text : "-";
}

/* What stands above a column (owned). */
static char *head_of(const struct listing_column *c)
{
	char *head = xstrdup(quote_terminal(c->name));

	for (char *p = head; *p && !c->verbatim; p++)
		*p = *p == '_' ? ' ' : *p;
	return head;
}

static const struct cell *cell_at(const struct listing *l, size_t row, size_t column)
{
	return &l->cells[row * l->n + column];
}

static int width_of(const struct listing *l, size_t column)
{
	size_t width = strlen(quote_terminal(l->columns[column].name));

	for (size_t r = 0; r < l->rows; r++) {
		const struct cell *c = cell_at(l, r, column);
		size_t n = strlen(shown(c->text)), below = c->below ? strlen(c->below) : 0;

		width = n > width ? n : width;
		width = below > width ? below : width;
	}
	return (int)width;
}

/* The width of each column (owned), and of all that people see. */
static int *widths_of(const struct listing *l, int *total)
{
	int *width = xcalloc(l->n + 1, sizeof(*width));

	*total = 0;
	for (size_t c = 0; c < l->n; c++) {
		if (l->columns[c].json_only)
			continue;
		width[c] = width_of(l, c);
		*total += width[c] + (*total ? 2 : 0);
	}
	return width;
}

int listing_width(const struct listing *l)
{
	int total;

	free(widths_of(l, &total));
	return total;
}

/* One line: a text for each column that people see, the last one without blanks behind it. @colours NULL: all
 * in one. */
static void put_line(FILE *f, const struct listing *l, const int *width, const char *const *texts,
		     const struct cell *colours)
{
	int blanks = 0; /* that are due before the next text */

	for (size_t c = 0; c < l->n; c++) {
		const char *on = colours ? colours[c].colour : NULL;
		int rest = width[c] - (int)strlen(texts[c]);

		if (l->columns[c].json_only)
			continue;
		blanks += l->columns[c].number ? rest : 0;
		if (*texts[c]) {
			fprintf(f, "%*s%s%s%s", blanks, "", on ? on : "", texts[c], on ? OFF : "");
			blanks = 0;
		}
		blanks += 2 + (l->columns[c].number ? 0 : rest);
	}
	fputc('\n', f);
}

static void put_row(FILE *f, const struct listing *l, const int *width, size_t row, bool colours)
{
	const char **texts = xcalloc(l->n + 1, sizeof(*texts));
	bool below = false;

	for (size_t c = 0; c < l->n; c++)
		texts[c] = shown(cell_at(l, row, c)->text);
	put_line(f, l, width, texts, colours ? cell_at(l, row, 0) : NULL);
	for (size_t c = 0; c < l->n; c++) {
		const char *text = cell_at(l, row, c)->below;

		texts[c] = text ? text : "";
		below |= text && !l->columns[c].json_only;
	}
	if (below)
		put_line(f, l, width, texts, NULL);
	free(texts);
}

static void put_heads(FILE *f, const struct listing *l, const int *width, bool bold)
{
	char **heads = xcalloc(l->n + 1, sizeof(*heads));

	for (size_t c = 0; c < l->n; c++)
		heads[c] = head_of(&l->columns[c]);
	fputs(bold ? BOLD : "", f);
	put_line(f, l, width, (const char *const *)heads, NULL);
	fputs(bold ? OFF : "", f);
	for (size_t c = 0; c < l->n; c++)
		free(heads[c]);
	free(heads);
}

static void put_text(const struct listing *l, FILE *f)
{
	bool colours = colours_wanted(f);
	int total, *width = widths_of(l, &total);

	if (l->rows)
		put_heads(f, l, width, colours);
	for (size_t r = 0; r < l->rows; r++)
		put_row(f, l, width, r, colours);
	free(width);
}

void listing_end(struct listing *l, FILE *f, bool json)
{
	if (f && json)
		put_json(l, f);
	else if (f)
		put_text(l, f);
	for (size_t i = 0; i < l->rows * l->n; i++) {
		free(l->cells[i].text);
		free(l->cells[i].below);
	}
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

static void end_tsv(struct listing_tsv *t, FILE *f, void (*put)(const char *text, FILE *f))
{
	fclose(t->f);
	if (f)
		put(t->text, f);
	free(t->text);
	free(t);
}

void listing_tsv_json(struct listing_tsv *t, FILE *f)
{
	end_tsv(t, f, put_tsv_as_json);
}

static void put_as_it_is(const char *text, FILE *f)
{
	fputs(text, f);
}

void listing_tsv_text(struct listing_tsv *t, FILE *f)
{
	end_tsv(t, f, put_as_it_is);
}
