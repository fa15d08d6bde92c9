// SPDX-License-Identifier: GPL-2.0-or-later
/* as_json.c - a document as one JSON object; text that is no UTF-8 is shown as elsewhere */
#include <jansson.h>

#include "analysis/page/as_json.h"
#include "base/number.h"
#include "base/quote.h"

static json_t *text(const char *s)
{
	return json_string(quote_terminal(s));
}

static json_t *cell_json(const struct sheet *s, size_t row, size_t column)
{
	const char *cell = sheet_cell(s, row, column);
	uint64_t whole;
	double real;

	if (!cell)
		return json_null();
	if (!s->columns[column].number)
		return text(cell);
	if (number_is_whole(cell, &whole) && whole <= INT64_MAX)
		return json_integer((json_int_t)whole);
	return number_is_real(cell, &real) ? json_real(real) : text(cell);
}

static json_t *sheet_json(const struct sheet *s)
{
	json_t *rows = json_array();

	for (size_t r = 0; r < sheet_rows(s); r++) {
		json_t *row = json_object();

		for (size_t c = 0; c < s->width; c++)
			json_object_set_new(row, s->columns[c].name, cell_json(s, r, c));
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *section_json(const struct section *s)
{
	json_t *o = json_object(), *notes = json_array();

	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].kind == ITEM_LINE)
			json_array_append_new(notes, text(s->items[i].line));
		else if (s->items[i].kind == ITEM_SHEET)
			json_object_set_new(o, s->items[i].sheet->name,
					    sheet_json(s->items[i].sheet));
	json_object_set_new(o, "notes", notes);
	return o;
}

void document_as_json(const struct document *d, FILE *f)
{
	json_t *o = json_object(), *facts = json_object();

	for (size_t i = 0; i < d->facts_n; i++)
		json_object_set_new(facts, d->facts[i].key, text(d->facts[i].value));
	json_object_set_new(o, "about", facts);
	for (size_t i = 0; i < d->sections_n; i++)
		json_object_set_new(o, d->sections[i].id, section_json(&d->sections[i]));
	json_dumpf(o, f, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	putc('\n', f);
	json_decref(o);
}
