// SPDX-License-Identifier: GPL-2.0-or-later
/* sheet.c - a table of texts and numbers, filled cell by cell */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/page/sheet.h"
#include "base/err.h"

struct sheet *sheet_new(const char *name, const char *empty, const struct sheet_column *columns,
			size_t width, const char *title, ...)
{
	struct sheet *s = xcalloc(1, sizeof(*s));
	va_list ap;

	*s = (struct sheet){.name = name, .empty = empty, .columns = columns, .width = width};
	va_start(ap, title);
	if (vasprintf(&s->title, title, ap) < 0)
		s->title = xstrdup(name);
	va_end(ap);
	return s;
}

void sheet_free(struct sheet *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->cells[i]);
	free(s->cells);
	free(s->title);
	free(s);
}

size_t sheet_rows(const struct sheet *s)
{
	return s->n / s->width;
}

bool sheet_full(struct sheet *s, size_t most)
{
	bool full = most && sheet_rows(s) >= most;

	s->unseen += full;
	return full;
}

size_t sheet_brief(const struct sheet *s, size_t first)
{
	size_t n = 0;

	for (size_t c = first; c < s->width; c++)
		n += s->columns[c].brief;
	return n;
}

const char *sheet_cell(const struct sheet *s, size_t row, size_t column)
{
	return s->cells[row * s->width + column];
}

/* @text becomes the sheet's. */
static void add(struct sheet *s, char *text)
{
	if (s->n == s->room) {
		s->room = s->room ? s->room * 2 : 64;
		s->cells = xrealloc(s->cells, s->room * sizeof(*s->cells));
	}
	s->cells[s->n++] = text;
}

void sheet_blank(struct sheet *s)
{
	add(s, NULL);
}

void sheet_text(struct sheet *s, const char *text)
{
	add(s, text && *text ? xstrdup(text) : NULL);
}

void sheet_count(struct sheet *s, uint64_t n)
{
	add(s, xasprintf("%llu", (unsigned long long)n));
}

void sheet_real(struct sheet *s, double v, int decimals)
{
	add(s, isfinite(v) && v >= 0 ? xasprintf("%.*f", decimals, v) : NULL);
}

void sheet_chance(struct sheet *s, double p)
{
	add(s, isfinite(p) ? xasprintf("%.2g", p) : NULL);
}
