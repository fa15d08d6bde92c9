// SPDX-License-Identifier: GPL-2.0-or-later
/* check.c - what a definition of a detector must be beyond its schema */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/inner.h"
#include "base/label.h"
#include "base/number.h"
#include "base/yaml_document.h"
#include "results/adapter/check.h"
#include "results/adapter/columns.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS	"0123456789"

static int wrong(const struct adapter *a, const char *node, struct err *e)
{
	return err_push(e, "%s:%u", a->path, yaml_line(a->path, node));
}

static int check_name(const struct adapter *a, struct err *e)
{
	if (strspn(a->name, LETTERS DIGITS "-._") == strlen(a->name) &&
	    strspn(a->name, LETTERS DIGITS) > 0 && strcmp(a->name, "skypelab") != 0)
		return 0;
	err_set(e, "name is '%s', expected small letters, digits and -._; skypelab is taken",
		a->name);
	return wrong(a, "name", e);
}

/* The placeholder that begins at @at, with its braces; 0 = none does. */
static size_t placeholder(const char *at)
{
	size_t n = strspn(at + 1, LETTERS);

	return *at == '{' && n && at[n + 1] == '}' ? n + 2 : 0;
}

/* @known: "{a} {b}". */
static int check_argument(const char *text, const char *known, struct err *e)
{
	for (const char *p = strchr(text, '{'); p; p = strchr(p + 1, '{')) {
		size_t n = placeholder(p);
		char one[40];

		if (!n)
			continue;
		snprintf(one, sizeof(one), "%.*s", (int)n, p);
		if (!strstr(known, one))
			return err_set(e, "%s stands for nothing here, expected %s", one,
				       *known ? known : "no placeholder");
	}
	return 0;
}

/* Arguments hold placeholders of @known only and @needed, which may be NULL, in one of them. */
static int check_arguments(const struct adapter *a, const char *key, const struct adapter_list *l,
			   const char *known, const char *needed, struct err *e)
{
	bool has = !needed || !l->n;

	for (unsigned i = 0; i < l->n; i++) {
		has |= needed && strstr(l->items[i], needed);
		if (check_argument(l->items[i], known, e) < 0)
			return wrong(a, key, e);
	}
	if (l->n && (!*l->items[0] || strchr(l->items[0], '{')))
		err_set(e, "the first argument is the program, by its name or path");
	else if (!has)
		err_set(e, "no argument has %s", needed);
	else
		return 0;
	return wrong(a, key, e);
}

bool adapter_range(const char *pattern, uint64_t *first, uint64_t *last)
{
	const char *dots = strstr(pattern, "..");
	char low[24];

	if (!dots || (size_t)(dots - pattern) >= sizeof(low))
		return false;
	snprintf(low, sizeof(low), "%.*s", (int)(dots - pattern), pattern);
	return number_is_whole(low, first) && number_is_whole(dots + 2, last);
}

static int check_patterns(const struct adapter_list *match, struct err *e)
{
	uint64_t first, last;

	for (unsigned i = 0; i < match->n; i++) {
		const char *p = match->items[i];

		if (adapter_range(p, &first, &last) && first > last)
			return err_set(e, "the range %s is empty", p);
		if (!adapter_range(p, &first, &last) && strstr(p, "..") &&
		    strspn(p, DIGITS "+-. ") == strlen(p))
			return err_set(
				e, "match is '%s', expected whole numbers as 1..3, or a text", p);
	}
	return 0;
}

static bool list_has(const struct adapter_list *l, const char *text)
{
	for (unsigned i = 0; i < l->n; i++)
		if (!strcmp(l->items[i], text))
			return true;
	return false;
}

/* Whether some output has this column among its verdicts. */
static bool is_verdict_column(const struct adapter *a, const char *column)
{
	for (unsigned i = 0; i < a->outputs_n; i++)
		if (list_has(&a->outputs[i].columns.of[ADAPTER_VERDICT], column))
			return true;
	return false;
}

static int check_verdict(const struct adapter *a, const struct adapter_verdict *v, struct err *e)
{
	const char *name = v->application;

	if (v->column && !is_verdict_column(a, v->column))
		return err_set(e, "column %s is no verdict of any output, so the rule fits nothing",
			       v->column);
	if (!label_names_application(name))
		return err_set(e,
			       "application is '%s', expected " LABEL_FORM ", or " ADAPTER_NONE
			       " for what says nothing",
			       name);
	return check_patterns(&v->match, e);
}

/* No column stands for two parts of a tuple. */
static int check_ends(const struct adapter_columns *c, struct err *e)
{
	for (unsigned r = ADAPTER_SRC_IP; r < ADAPTER_DST_PORT; r++)
		for (unsigned s = r + 1; s <= ADAPTER_DST_PORT; s++)
			for (unsigned i = 0; i < c->of[r].n; i++)
				if (list_has(&c->of[s], c->of[r].items[i]))
					return err_set(e, "column %s is both %s and %s",
						       c->of[r].items[i],
						       columns_role_text((enum adapter_role)r),
						       columns_role_text((enum adapter_role)s));
	return 0;
}

/* Whether the columns make a flow of a record: by a tuple, or by the id of one. */
static int check_columns(const struct adapter *a, const struct adapter_output *o, struct err *e)
{
	for (unsigned r = 0; r < ADAPTER_ROLES; r++)
		if (columns_needed(a, o, (enum adapter_role)r) && !o->columns.of[r].n)
			return err_set(e, "columns name no %s",
				       columns_role_text((enum adapter_role)r));
	return check_ends(&o->columns, e);
}

static int check_output(const struct adapter *a, const struct adapter_output *o, struct err *e)
{
	struct columns columns;

	if (strcmp(o->file, ADAPTER_STDOUT) != 0 && !inner_name(o->file))
		return err_set(e, "file is '%s', expected a path below {out}, or - for the output",
			       o->file);
	if (o->header.n && (o->format == ADAPTER_EVE || o->format == ADAPTER_JSONL))
		return err_set(e, "header is for lines of fields, and JSON has names of its own");
	for (unsigned i = 0; i < o->only_n; i++)
		if (check_patterns(&o->only[i].match, e) < 0)
			return -1;
	return columns_of(o, &columns, e) < 0 ? -1 : check_columns(a, o, e);
}

int adapter_check(const struct adapter *a, struct err *e)
{
	char node[40];

	if (check_name(a, e) < 0 || check_arguments(a, "version", &a->version, "", NULL, e) < 0 ||
	    check_arguments(a, "command", &a->command, "{capture} {out} {rules}", "{capture}", e) <
		    0 ||
	    check_arguments(a, "live", &a->live, "{interface} {out} {rules}", "{interface}", e) < 0)
		return -1;
	for (unsigned i = 0; i < a->outputs_n; i++)
		if (check_output(a, &a->outputs[i], e) < 0) {
			snprintf(node, sizeof(node), "outputs[%u]", i);
			return wrong(a, node, e);
		}
	for (unsigned i = 0; i < a->verdicts_n; i++)
		if (check_verdict(a, &a->verdicts[i], e) < 0) {
			snprintf(node, sizeof(node), "verdicts[%u]", i);
			return wrong(a, node, e);
		}
	return 0;
}
