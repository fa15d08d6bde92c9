// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * part_fields.c - parts 2 and 3: classes of messages, and a map of each
 *
 * The map has one line for each statement and a blank one for bytes of which nothing is said. What a
 * larger class says already, and what is second to another statement, is in TSV and JSON only.
 */
#include <netinet/in.h>
#include <stdio.h>

#include "analysis/page/example.h"
#include "analysis/page/part_fields.h"

#define BLANK_TO 64 /* bytes of which a blank is worth a line */

static const struct sheet_column class_columns[] = {
	{"class", false, true},		{"messages", true, true},   {"share", true, true},
	{"shortest", true, true},	{"longest", true, true},    {"sampled", true, false},
	{"flows", true, true},		{"senders", true, true},    {"receivers", true, true},
	{"captures", true, false},	{"statements", true, true}, {"within", false, false},
	{"example_frame", false, true},
};

static uint32_t statements_of(const struct field_map *m, uint32_t class)
{
	const struct statement *s;
	uint32_t n, own = 0;

	s = field_map_of(m, class, &n);
	for (uint32_t i = 0; i < n; i++)
		own += !s[i].second;
	return own;
}

static void class_row(struct sheet *t, const struct analysed *a, const struct message_class *c)
{
	char text[CLASS_TEXT_MAX];

	sheet_text(t, class_text(c, text));
	sheet_count(t, c->messages);
	sheet_real(t, c->share, 3);
	sheet_count(t, c->shortest);
	sheet_count(t, c->longest);
	sheet_count(t, c->sampled);
	sheet_count(t, c->flows);
	sheet_count(t, c->senders);
	sheet_count(t, c->receivers);
	sheet_count(t, c->inputs);
	sheet_count(t, statements_of(a->map, c->id));
	sheet_text(t, c->parent < 0 ? NULL : class_text(&a->map->classes[c->parent], text));
	sheet_text(t, example_text(a, c->example.input, c->example.number));
}

void part_classes(struct document *d, const struct analysed *a)
{
	struct section *s = document_section(d, "classes", "Classes of messages");
	struct sheet *t;

	if (!a->map) {
		section_line(s, "Not looked at: --no-fields was given.");
		return;
	}
	section_line(s,
		     "%llu messages, of which %u were looked at. A class may lie within another; "
		     "share is of all messages.",
		     (unsigned long long)a->map->messages, a->map->sampled);
	t = sheet_new("classes", "no class has enough messages", class_columns,
		      ARRAY_LEN(class_columns), "Classes, biggest first");
	for (uint32_t i = 0; i < a->map->classes_n; i++)
		class_row(t, a, &a->map->classes[i]);
	section_sheet(s, t);
	if (a->map->left_out)
		section_line(s, "%u smaller classes were found and not looked at for want of room.",
			     a->map->left_out);
}

static const struct sheet_column map_columns[] = {
	{"class", false, true},	  {"bytes", false, true},	  {"statement", false, true},
	{"held", true, true},	  {"tried", true, true},	  {"p", true, true},
	{"q", true, false},	  {"kind", false, false},	  {"units", true, false},
	{"senders", true, true},  {"receivers", true, true},	  {"captures", true, false},
	{"delay_s", true, false}, {"of_class", false, false},	  {"said_in", false, false},
	{"second", false, false}, {"example_frame", false, true}, {"against_frame", false, true},
};

static const struct sheet_column all_columns[] = {
	{"class", false, false},  {"bytes", false, false},	   {"statement", false, false},
	{"held", true, false},	  {"tried", true, false},	   {"p", true, false},
	{"q", true, false},	  {"kind", false, false},	   {"units", true, false},
	{"senders", true, false}, {"receivers", true, false},	   {"captures", true, false},
	{"delay_s", true, false}, {"of_class", false, false},	   {"said_in", false, false},
	{"second", false, false}, {"example_frame", false, false}, {"against_frame", false, false},
};

/* A line without a statement. */
static void blank_row(struct sheet *t, const char *class, uint32_t from, uint32_t to)
{
	char bytes[32];

	if (from >= to)
		return;
	snprintf(bytes, sizeof(bytes), to - from == 1 ? "%u" : "%u-%u", from, to - 1);
	sheet_text(t, class);
	sheet_text(t, bytes);
	for (size_t i = 2; i < ARRAY_LEN(map_columns); i++)
		sheet_blank(t);
}

static const char *class_name(const struct field_map *m, int32_t i, char text[CLASS_TEXT_MAX])
{
	return i >= 0 && (uint32_t)i < m->classes_n ? class_text(&m->classes[i], text) : NULL;
}

static void map_row(struct sheet *t, const struct analysed *a, const char *class,
		    const struct statement *x)
{
	char text[STATEMENT_TEXT_MAX], place[64], name[CLASS_TEXT_MAX];
	bool earlier = x->kind == STATEMENT_COUNTER || x->kind == STATEMENT_ECHO;

	sheet_text(t, class);
	sheet_text(t, statement_place(x, place));
	sheet_text(t, statement_text(x, text));
	sheet_count(t, x->held);
	sheet_count(t, x->tried);
	sheet_chance(t, x->p);
	sheet_chance(t, x->q);
	sheet_text(t, statement_kind_name(x->kind));
	sheet_count(t, x->units);
	sheet_count(t, x->senders);
	sheet_count(t, x->receivers);
	sheet_count(t, x->inputs);
	sheet_real(t, earlier ? (double)x->delay_ns / 1e9 : -1, 6);
	sheet_text(t, earlier ? class_name(a->map, x->of_class, name) : NULL);
	sheet_text(t, class_name(a->map, x->said_in, name));
	sheet_text(t, x->second ? "yes" : NULL);
	sheet_text(t, example_text(a, x->example.input, x->example.number));
	sheet_text(t, example_text(a, x->against.input, x->against.number));
}

/* The lines of a class. @brief: only statements of its own that are second to none, and blanks */
static void class_map(struct sheet *t, const struct analysed *a, const struct message_class *c,
		      bool brief)
{
	const struct statement *s;
	uint32_t n, next = 0, end = c->shortest < BLANK_TO ? c->shortest : BLANK_TO;
	char class[CLASS_TEXT_MAX];

	class_text(c, class);
	s = field_map_of(a->map, c->id, &n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t to = s[i].to_end ? UINT32_MAX : s[i].offset + s[i].width;

		if (brief && s[i].second)
			continue;
		if (brief && !s[i].from_end) {
			blank_row(t, class, next, s[i].offset < end ? s[i].offset : end);
			next = to > next ? to : next;
		}
		if (!brief || s[i].said_in < 0)
			map_row(t, a, class, &s[i]);
	}
	if (brief)
		blank_row(t, class, next, end);
}

void part_map(struct document *d, const struct analysed *a)
{
	struct section *s = document_section(d, "fields", "What their bytes are");
	struct sheet *t;

	if (!a->map) {
		section_line(s, "Not looked at: --no-fields was given.");
		return;
	}
	section_line(
		s,
		"Each statement holds in held of tried messages; p is the chance of as much in "
		"messages without it, and what is printed remains after correction for the %llu "
		"statements tried (Benjamini and Hochberg). Of bytes without a statement nothing "
		"is known.",
		(unsigned long long)a->map->tried);
	t = sheet_new(
		"fields", "nothing holds", map_columns, ARRAY_LEN(map_columns),
		"A map of each class (counted from byte 0; what a larger class says already is "
		"not repeated)");
	t->grouped = true;
	for (uint32_t i = 0; i < a->map->classes_n; i++)
		class_map(t, a, &a->map->classes[i], true);
	section_sheet(s, t);
	if (a->most)
		return;
	t = sheet_new("statements", "nothing holds", all_columns, ARRAY_LEN(all_columns),
		      "Every statement of every class");
	for (uint32_t i = 0; i < a->map->classes_n; i++)
		class_map(t, a, &a->map->classes[i], false);
	section_sheet(s, t);
}
