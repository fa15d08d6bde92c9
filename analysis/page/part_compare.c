// SPDX-License-Identifier: GPL-2.0-or-later
/* part_compare.c - parts 6 and 7: two captures side by side, and what would break a statement */
#include <stdio.h>
#include <stdlib.h>

#include "analysis/page/example.h"
#include "analysis/page/part_compare.h"

static const struct sheet_column compare_columns[] = {
	{"class", false, true},		{"change", false, true},       {"bytes", false, true},
	{"before", false, true},	{"after", false, true},	       {"before_held", true, true},
	{"before_tried", true, true},	{"after_held", true, true},    {"after_tried", true, true},
	{"before_frame", false, false}, {"after_frame", false, false},
};

static void side(struct sheet *t, const struct statement *x)
{
	char text[STATEMENT_TEXT_MAX];

	sheet_text(t, x ? statement_text(x, text) : NULL);
}

static void counts(struct sheet *t, const struct statement *x)
{
	if (!x) {
		sheet_blank(t);
		sheet_blank(t);
		return;
	}
	sheet_count(t, x->held);
	sheet_count(t, x->tried);
}

static void compare_row(struct sheet *t, const struct analysed *a, const struct compare_line *l)
{
	const struct statement *any = l->before ? l->before : l->after;
	char text[COMPARE_TEXT_MAX], place[64];

	sheet_text(t, class_pair_text(&a->against->pairs[l->pair], text));
	sheet_text(t, change_name(l->change));
	sheet_text(t, statement_place(any, place));
	side(t, l->before);
	side(t, l->after);
	counts(t, l->before);
	counts(t, l->after);
	sheet_text(t, l->before
			      ? example_text(a, l->before->example.input, l->before->example.number)
			      : NULL);
	sheet_text(t,
		   l->after ? example_against(a, l->after->example.input, l->after->example.number)
			    : NULL);
}

static void first(struct section *s, const struct compare *c)
{
	char line[COMPARE_TEXT_MAX], pair[COMPARE_TEXT_MAX];

	if (c->first >= c->lines_n) {
		section_line(s, "No statement differs.");
		return;
	}
	section_line(s, "What differs first: %s, bytes %s",
		     class_pair_text(&c->pairs[c->lines[c->first].pair], pair),
		     compare_line_text(&c->lines[c->first], line));
}

void part_compare(struct document *d, const struct analysed *a)
{
	struct section *s = document_section(d, "side_by_side", "Side by side");
	const struct compare *c = a->against;
	struct sheet *t;

	if (!c) {
		section_line(s, "Nothing to compare with: --against names another capture or run.");
		return;
	}
	first(s, c);
	section_line(
		s,
		"Before is this one, after is %s%s: %u statements are the same, %u changed, %u "
		"went, %u appeared, %u could not be tested.",
		a->against_names[0], a->against_n > 1 ? " and others" : "", c->changes[CHANGE_SAME],
		c->changes[CHANGE_CHANGED], c->changes[CHANGE_WENT], c->changes[CHANGE_APPEARED],
		c->changes[CHANGE_UNTESTED]);
	t = sheet_new("side_by_side", "nothing is said of either", compare_columns,
		      ARRAY_LEN(compare_columns),
		      "Lines of the maps that differ, then those that do not");
	t->grouped = true;
	for (int same = 0; same < 2; same++)
		for (uint32_t i = 0; i < c->lines_n; i++)
			if ((c->lines[i].change == CHANGE_SAME) == same)
				compare_row(t, a, &c->lines[i]);
	section_sheet(s, t);
}

static const struct sheet_column rest_columns[] = {
	{"class", false, true},	   {"bytes", false, true},	   {"statement", false, true},
	{"held", true, true},	   {"tried", true, true},	   {"senders", true, true},
	{"receivers", true, true}, {"example_frame", false, true}, {"rests_on", false, true},
};

/* Whether without it no message is left: it says nothing of any statement. */
static bool is_all(const struct leave_out *l, const struct rest *r)
{
	for (uint32_t i = 0; i < l->tried_n && r->kind >= REST_FALLS; i++) {
		const struct left_out *x = &l->tried[i];

		if (x->is_input == r->is_input && x->messages == l->taped &&
		    (r->is_input ? x->input == r->input : ip_eq(&x->host, &r->host)))
			return true;
	}
	return false;
}

/* What the statement of rests @from to @to - 1 rests on, in one text (owned); NULL = nothing to say. */
static char *rests_text(const struct analysed *a, uint32_t from, uint32_t to)
{
	char *text = NULL, one[REST_TEXT_MAX];

	for (uint32_t i = from; i < to; i++) {
		char *longer;

		if (is_all(a->rests, &a->rests->rests[i]))
			continue;
		rest_text(&a->rests->rests[i], a->captures, one);
		longer = xasprintf("%s%s%s", text ? text : "", text ? "; " : "", one);
		free(text);
		text = longer;
	}
	return text;
}

static void rest_row(struct sheet *t, const struct analysed *a, const struct statement *x,
		     const char *rests)
{
	char statement[STATEMENT_TEXT_MAX], place[64], class[CLASS_TEXT_MAX];

	sheet_text(t, class_text(&a->map->classes[x->class], class));
	sheet_text(t, statement_place(x, place));
	sheet_text(t, statement_text(x, statement));
	sheet_count(t, x->held);
	sheet_count(t, x->tried);
	sheet_count(t, x->senders);
	sheet_count(t, x->receivers);
	sheet_text(t, example_text(a, x->example.input, x->example.number));
	sheet_text(t, rests);
}

static void rest_rows(struct sheet *t, const struct analysed *a)
{
	const struct leave_out *l = a->rests;

	for (uint32_t from = 0, to; from < l->rests_n; from = to) {
		const struct statement *x = l->rests[from].statement;
		char *text;

		for (to = from; to < l->rests_n && l->rests[to].statement == x; to++)
			;
		text = rests_text(a, from, to);
		if (text)
			rest_row(t, a, x, text);
		free(text);
	}
}

static const struct sheet_column left_columns[] = {
	{"left_out", false, true},
	{"messages", true, true},
	{"falls", true, true},
	{"too_few_left", true, true},
};

static void left_rows(struct section *s, const struct analysed *a)
{
	const struct leave_out *l = a->rests;
	struct sheet *t =
		sheet_new("left_out", "nothing was left out", left_columns, ARRAY_LEN(left_columns),
			  "What was left out in turn, and the statements that are then not "
			  "found, or have too few messages left");
	char text[IP_TEXT_LEN];

	for (uint32_t i = 0; i < l->tried_n; i++) {
		const struct left_out *x = &l->tried[i];

		sheet_text(t, !x->is_input		 ? ip_text(&x->host, text)
			      : x->input < a->captures_n ? a->captures[x->input]
							 : "a capture");
		sheet_count(t, x->messages);
		sheet_count(t, x->falls);
		sheet_count(t, x->all);
	}
	section_sheet(s, t);
}

void part_breaks(struct document *d, const struct analysed *a)
{
	struct section *s = document_section(d, "breaks", "What would break it");
	const struct leave_out *l = a->rests;
	struct sheet *t;

	if (!l) {
		section_line(s, "Not looked at: --no-fields was given.");
		return;
	}
	section_line(
		s,
		"%u of %u statements rest on no single host or capture. The first %llu of %llu "
		"messages were looked at again without each; %u statements are not found in these "
		"alone.",
		l->steady, l->statements, (unsigned long long)l->taped, (unsigned long long)l->seen,
		l->unknown);
	left_rows(s, a);
	t = sheet_new("rests", "no statement rests on one host or one capture", rest_columns,
		      ARRAY_LEN(rest_columns), "Statements that rest on little");
	t->grouped = true;
	rest_rows(t, a);
	section_sheet(s, t);
}
