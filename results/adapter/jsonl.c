// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * jsonl.c - outputs that are JSON, an object a line
 *
 * A column is a member; "a.b" is the member of that very name (Zeek writes "id.orig_h" so) or b of
 * the object a (Suricata's "flow.start"). Texts, numbers and truth values are taken as text; of an array
 * each element counts, as parts of one value. Objects of several kinds may follow each other, so one
 * without a member is no fault; a file in which no object has it is.
 *
 * Limits. A number with a fraction is taken with nine digits behind the point, of which a double
 * keeps seven in a time since the epoch.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/line.h"
#include "results/adapter/jsonl.h"

struct jsonl {
	FILE *f;
	const char *path;
	const struct adapter *a;
	const struct adapter_output *o;
	const struct columns *c;
	unsigned no;
	char *line; /* (owned) */
	size_t room;
	json_t *object; /* (owned) of the line */
	char **text;	/* (owned) by column, each too; NULL = not set */
	bool there[COLUMNS_MAX];
};

struct jsonl *jsonl_open(FILE *f, const char *path, const struct adapter *a,
			 const struct adapter_output *o, const struct columns *c)
{
	struct jsonl *j = xcalloc(1, sizeof(*j));

	*j = (struct jsonl){.f = f, .path = path, .a = a, .o = o, .c = c};
	j->text = xcalloc(c->n + 1, sizeof(*j->text));
	return j;
}

void jsonl_close(struct jsonl *j)
{
	if (!j)
		return;
	json_decref(j->object);
	for (unsigned i = 0; i < j->c->n; i++)
		free(j->text[i]);
	free(j->line);
	free(j->text);
	free(j);
}

static const json_t *member(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);
	const char *dot = strchr(name, '.');
	char first[64];

	if (v || !dot || (size_t)(dot - name) >= sizeof(first))
		return v;
	memcpy(first, name, (size_t)(dot - name));
	first[dot - name] = '\0';
	return member(json_object_get(o, first), dot + 1);
}

/* A text, number or truth value as text; NULL = it is none. (owned) */
static char *scalar_text(const json_t *v)
{
	if (json_is_string(v))
		return xstrdup(json_string_value(v));
	if (json_is_integer(v))
		return xasprintf("%lld", (long long)json_integer_value(v));
	if (json_is_real(v))
		return xasprintf("%.9f", json_real_value(v));
	return json_is_boolean(v) ? xstrdup(json_is_true(v) ? "true" : "false") : NULL;
}

/* The elements of an array, each in a line: what ends a part of a value whatever splits it. (owned) */
static char *array_text(const json_t *v)
{
	char *out = xstrdup("");
	const json_t *one;
	size_t i, at = 0;

	json_array_foreach (v, i, one) {
		char *text = scalar_text(one);
		size_t n = text ? strlen(text) : 0;

		if (n) {
			out = xrealloc(out, at + n + 2);
			at += (size_t)snprintf(out + at, n + 2, "%s%s", at ? "\n" : "", text);
		}
		free(text);
	}
	return out;
}

static const char *value_of(struct jsonl *j, unsigned column)
{
	const json_t *v = member(j->object, j->c->name[column]);
	char *text = json_is_array(v) ? array_text(v) : scalar_text(v);

	j->there[column] |= v != NULL;
	free(j->text[column]);
	j->text[column] = text;
	for (unsigned i = 0; text && i < j->o->unset.n; i++)
		if (!strcmp(text, j->o->unset.items[i]))
			text = NULL;
	return text && *text ? text : NULL;
}

/* Suricata leaves app_proto out where it recognised nothing. */
static void allow_no_protocol(struct jsonl *j)
{
	for (unsigned i = j->c->first[ADAPTER_VERDICT]; i < j->c->first[ADAPTER_VERDICT + 1]; i++)
		j->there[i] |= !strcmp(j->c->name[i], "app_proto");
}

static int at_end(struct jsonl *j, struct err *e)
{
	if (!j->no)
		return j->o->optional
			       ? 0
			       : err_set(e, "%s: empty, expected a JSON object a line", j->path);
	if (j->o->format == ADAPTER_EVE)
		allow_no_protocol(j);
	return columns_check(j->a, j->o, j->c, j->there, e) < 0 ? err_push(e, "%s", j->path) : 0;
}

int jsonl_next(struct jsonl *j, const char **value, unsigned *no, struct err *e)
{
	json_error_t why;
	ssize_t len;

	do {
		len = line_read(&j->line, &j->room, j->f);
		j->no += len != -1;
	} while (len == 1);
	if (len == -1)
		return ferror(j->f) ? err_sys(e, "%s: cannot read", j->path) : at_end(j, e);
	if (len == -2)
		return err_set(e, "%s:%u: a line of more than %lu bytes", j->path, j->no,
			       LINE_BYTES);
	json_decref(j->object);
	j->object = json_loadb(j->line, (size_t)len, 0, &why);
	if (!json_is_object(j->object))
		return err_set(e, "%s:%u: not a JSON object: %s", j->path, j->no,
			       j->object ? "another value" : why.text);
	*no = j->no;
	for (unsigned i = 0; i < j->c->n; i++)
		value[i] = value_of(j, i);
	return 1;
}
