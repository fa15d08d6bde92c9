// SPDX-License-Identifier: GPL-2.0-or-later
/* document.c - what an analysis prints, before it is known in which form */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/page/document.h"
#include "base/err.h"

void document_begin(struct document *d, const char *title)
{
	*d = (struct document){.title = xstrdup(title)};
}

static void clear_section(struct section *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->items[i].line);
		sheet_free(s->items[i].sheet);
		free(s->items[i].picture.caption);
		free(s->items[i].picture.svg);
		free(s->items[i].picture.text);
	}
	free(s->items);
}

void document_clear(struct document *d)
{
	free(d->title);
	for (size_t i = 0; i < d->facts_n; i++)
		free(d->facts[i].value);
	for (size_t i = 0; i < d->sections_n; i++)
		clear_section(&d->sections[i]);
	*d = (struct document){0};
}

__attribute__((format(printf, 1, 0))) static char *text_of(const char *fmt, va_list ap)
{
	char *text;

	return vasprintf(&text, fmt, ap) < 0 ? xstrdup("") : text;
}

void document_fact(struct document *d, const char *key, const char *fmt, ...)
{
	va_list ap;

	if (d->facts_n == DOCUMENT_FACTS)
		return;
	va_start(ap, fmt);
	d->facts[d->facts_n].key = key;
	d->facts[d->facts_n++].value = text_of(fmt, ap);
	va_end(ap);
}

struct section *document_section(struct document *d, const char *id, const char *title)
{
	struct section *s;

	if (d->sections_n == DOCUMENT_SECTIONS)
		abort(); /* the program's own number */
	s = &d->sections[d->sections_n++];
	*s = (struct section){.id = id, .title = title};
	return s;
}

static struct item *add(struct section *s, enum item_kind kind)
{
	s->items = xrealloc(s->items, (s->n + 1) * sizeof(*s->items));
	s->items[s->n] = (struct item){.kind = kind};
	return &s->items[s->n++];
}

void section_line(struct section *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(s, ITEM_LINE)->line = text_of(fmt, ap);
	va_end(ap);
}

void section_sheet(struct section *s, struct sheet *sheet)
{
	add(s, ITEM_SHEET)->sheet = sheet;
}

void section_picture(struct section *s, const struct picture *p)
{
	add(s, ITEM_PICTURE)->picture = *p;
}
