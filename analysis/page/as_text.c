// SPDX-License-Identifier: GPL-2.0-or-later
/* as_text.c - a document for a terminal: brief columns, numbers to the right, long tables cut */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/page/as_text.h"
#include "base/quote.h"

#define COLUMNS_MAX 32
#define CELL_WIDTH  72 /* a longer text is not padded */

static const char *shown(const struct sheet *s, size_t row, size_t column)
{
	const char *cell = sheet_cell(s, row, column);

	return cell ? quote_terminal(cell) : "";
}

/* Characters, not bytes. */
static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void measure(const struct sheet *s, size_t from, size_t to, size_t first, size_t *width)
{
	for (size_t c = first; c < s->width && c < COLUMNS_MAX; c++) {
		width[c] = strlen(s->columns[c].name);
		for (size_t r = from; r < to; r++) {
			size_t n = width_of(shown(s, r, c));

			n = n < CELL_WIDTH ? n : CELL_WIDTH;
			width[c] = n > width[c] ? n : width[c];
		}
	}
}

static void put_cell(FILE *f, const char *text, size_t width, bool number)
{
	size_t n = width_of(text), pad = n < width ? width - n : 0;

	fprintf(f, "  %*s%s%*s", number ? (int)pad : 0, "", text, number ? 0 : (int)pad, "");
}

/* @row SIZE_MAX = the heads. */
static void put_row(FILE *f, const struct sheet *s, size_t row, size_t first, const size_t *width)
{
	char *line = NULL;
	size_t len = 0;
	FILE *m = open_memstream(&line, &len);

	if (!m)
		return;
	for (size_t c = first; c < s->width && c < COLUMNS_MAX; c++)
		if (s->columns[c].brief)
			put_cell(m, row == SIZE_MAX ? s->columns[c].name : shown(s, row, c),
				 width[c], s->columns[c].number);
	fclose(m);
	while (len && line[len - 1] == ' ')
		len--;
	fprintf(f, "%.*s\n", (int)len, line);
	free(line);
}

static void put_more(FILE *f, size_t n, const char *of)
{
	if (n)
		fprintf(f, "  ... and %zu more%s: --rows 0 shows all\n", n, of);
}

static void put_plain(FILE *f, const struct sheet *s, size_t rows)
{
	size_t n = sheet_rows(s), to = rows && n > rows ? rows : n, width[COLUMNS_MAX] = {0};

	measure(s, 0, to, 0, width);
	put_row(f, s, SIZE_MAX, 0, width);
	for (size_t r = 0; r < to; r++)
		put_row(f, s, r, 0, width);
	put_more(f, n - to + s->unseen, "");
}

/* The end of the group that begins with row @from. */
static size_t group_end(const struct sheet *s, size_t from)
{
	size_t to = from;

	while (to < sheet_rows(s) && !strcmp(shown(s, to, 0), shown(s, from, 0)))
		to++;
	return to;
}

static void put_groups(FILE *f, const struct sheet *s, size_t rows)
{
	size_t width[COLUMNS_MAX] = {0}, groups = 0, left = 0;

	measure(s, 0, sheet_rows(s), 1, width);
	for (size_t from = 0, to; from < sheet_rows(s); from = to) {
		size_t stop;

		to = group_end(s, from);
		if (rows && ++groups > rows) {
			left++;
			continue;
		}
		stop = rows && to - from > rows ? from + rows : to;
		fprintf(f, "\n  %s\n", shown(s, from, 0));
		if (groups <= 1)
			put_row(f, s, SIZE_MAX, 1, width);
		for (size_t r = from; r < stop; r++)
			put_row(f, s, r, 1, width);
		put_more(f, to - stop, "");
	}
	put_more(f, left, " groups");
}

static void put_sheet(FILE *f, const struct sheet *s, size_t rows)
{
	if (!sheet_brief(s, 0))
		return;
	fprintf(f, "\n%s\n", s->title);
	if (!sheet_rows(s))
		fprintf(f, "  %s\n", s->empty);
	else if (s->grouped)
		put_groups(f, s, rows);
	else
		put_plain(f, s, rows);
}

static void put_item(FILE *f, const struct item *it, size_t rows)
{
	if (it->kind == ITEM_LINE)
		fprintf(f, "%s\n", quote_terminal(it->line));
	else if (it->kind == ITEM_SHEET)
		put_sheet(f, it->sheet, rows);
	else if (it->picture.text)
		fprintf(f, "\n%s\n%s", it->picture.caption, it->picture.text);
}

void document_as_text(const struct document *d, FILE *f, size_t rows)
{
	for (size_t i = 0; i < d->facts_n; i++)
		fprintf(f, "%-12s %s\n", d->facts[i].key, quote_terminal(d->facts[i].value));
	for (size_t i = 0; i < d->sections_n; i++) {
		fprintf(f, "\n%zu. %s\n", i + 1, d->sections[i].title);
		for (size_t k = 0; k < d->sections[i].n; k++)
			put_item(f, &d->sections[i].items[k], rows);
	}
}
