// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cells.c - a scenario's matrix multiplied into cells
 *
 * Every axis' values are combined with those of all others; exclude takes cells out, include adds
 * some, and the user's filters choose among what is left. A cell is named by the values that vary.
 */
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "run/scenario/private.h"

static void cell_free(struct scenario_cell *c)
{
	for (size_t i = 0; i < c->axes; i++)
		free(c->values[i]);
	free(c->values);
}

/* The values of all axes that vary; one that is at its only value says nothing. */
static void name_cell(const struct scenario *s, struct scenario_cell *c)
{
	size_t at = 0;

	for (size_t i = 0; i < c->axes && at < sizeof(c->name); i++)
		if (s->matrix[i].values_len > 1 || strcmp(c->values[i], s->matrix[i].values[0]))
			at += (size_t)snprintf(c->name + at, sizeof(c->name) - at, "%s%s",
					       at ? "_" : "", c->values[i]);
	if (!at)
		snprintf(c->name, sizeof(c->name), "cell");
	for (char *p = c->name; *p; p++)
		if (*p == '/' || *p == ' ')
			*p = '-';
}

static int axis_index(const struct scenario *s, const char *name, size_t len)
{
	for (unsigned i = 0; i < s->matrix_len; i++)
		if (strlen(s->matrix[i].axis) == len && !memcmp(s->matrix[i].axis, name, len))
			return (int)i;
	return -1;
}

/* Is @value in the comma list [list, list + len)? */
static bool in_list(const char *list, size_t len, const char *value)
{
	size_t n = strlen(value);

	while (len) {
		size_t k = 0;

		while (k < len && list[k] != ',')
			k++;
		if (k == n && !memcmp(list, value, n))
			return true;
		list += k < len ? k + 1 : k;
		len -= k < len ? k + 1 : k;
	}
	return false;
}

/* One "axis=value[,value]" at @text; the axis in *axis, the list in *value and *len; what follows
 * is returned, or NULL with @e set. */
static const char *condition(const struct scenario *s, const char *text, int *axis,
			     const char **value, size_t *len, struct err *e)
{
	size_t k = strcspn(text, "= ");

	if (text[k] != '=') {
		err_set(e, "%s, expected axis=value", text);
		return NULL;
	}
	*axis = axis_index(s, text, k);
	if (*axis < 0) {
		err_set(e, "%.*s, expected an axis of the matrix in %s", (int)k, text, s->path);
		return NULL;
	}
	*value = text + k + 1;
	*len = strcspn(*value, " ");
	text = *value + *len;
	return text + strspn(text, " ");
}

/* 1: all conditions of @text hold for the cell; 0: not; -1 with @e set. */
static int matches(const struct scenario *s, const char *text, const char **values, struct err *e)
{
	int all = 1;

	while (*text) {
		const char *value;
		size_t len;
		int axis;

		text = condition(s, text, &axis, &value, &len, e);
		if (!text)
			return -1;
		all &= in_list(value, len, values[axis]);
	}
	return all;
}

struct cells {
	struct scenario_cell *c;
	size_t n;
};

/* Adds a copy of @values unless a filter keeps it out or it is there already. */
static int add_cell(const struct scenario *s, struct cells *out, const char **values,
		    const char *const *filters, size_t filters_len, struct err *e)
{
	struct scenario_cell cell;
	int ok;

	for (size_t i = 0; i < filters_len; i++)
		if ((ok = matches(s, filters[i], values, e)) != 1)
			return ok < 0 ? err_push(e, "--filter") : 0;
	cell.values = xcalloc(s->matrix_len, sizeof(char *));
	for (unsigned i = 0; i < s->matrix_len; i++)
		cell.values[i] = xstrdup(values[i]);
	cell.axes = s->matrix_len;
	name_cell(s, &cell);
	for (size_t i = 0; i < out->n; i++)
		if (!strcmp(out->c[i].name, cell.name)) {
			cell_free(&cell);
			return 0;
		}
	out->c = xrealloc(out->c, (out->n + 1) * sizeof(cell));
	out->c[out->n++] = cell;
	return 0;
}

static int add_product(const struct scenario *s, struct cells *out, const char *const *filters,
		       size_t filters_len, struct err *e)
{
	const char **values = xcalloc(s->matrix_len, sizeof(char *));
	size_t total = 1;
	int rc = 0;

	for (unsigned i = 0; i < s->matrix_len; i++)
		total *= s->matrix[i].values_len;
	for (size_t k = 0; k < total && rc == 0; k++) {
		size_t rest = k;
		int out_of_it = 0;

		for (unsigned i = s->matrix_len; i-- > 0;) {
			values[i] = s->matrix[i].values[rest % s->matrix[i].values_len];
			rest /= s->matrix[i].values_len;
		}
		for (unsigned x = 0; x < s->exclude_len && out_of_it == 0; x++)
			out_of_it = matches(s, s->exclude[x], values, e);
		if (out_of_it < 0)
			rc = err_push(e, "%s:%u", s->path, yaml_line(s->path, "exclude"));
		else if (!out_of_it)
			rc = add_cell(s, out, values, filters, filters_len, e);
	}
	free(values);
	return rc;
}

/* One include line: its conditions' values over each axis' first one. */
static int include_values(const struct scenario *s, unsigned x, const char **values, char **own,
			  struct err *e)
{
	const char *text = s->include[x];
	char node[40];

	snprintf(node, sizeof(node), "include[%u]", x);
	for (unsigned i = 0; i < s->matrix_len; i++)
		values[i] = s->matrix[i].values[0];
	while (*text) {
		const char *value;
		size_t len;
		int axis;

		text = condition(s, text, &axis, &value, &len, e);
		if (!text)
			return err_push(e, "%s:%u", s->path, yaml_line(s->path, node));
		free(own[axis]);
		own[axis] = strndup(value, len);
		values[axis] = own[axis];
		if (scenario_check_include(s, x, s->matrix[axis].axis, own[axis], e) < 0)
			return -1;
	}
	return 0;
}

static int add_includes(const struct scenario *s, struct cells *out, const char *const *filters,
			size_t filters_len, struct err *e)
{
	const char **values = xcalloc(s->matrix_len, sizeof(char *));
	char **own = xcalloc(s->matrix_len, sizeof(char *));
	int rc = 0;

	for (unsigned x = 0; x < s->include_len && rc == 0; x++) {
		rc = include_values(s, x, values, own, e);
		if (rc == 0)
			rc = add_cell(s, out, values, filters, filters_len, e);
	}
	for (unsigned i = 0; i < s->matrix_len; i++)
		free(own[i]);
	free(values);
	free(own);
	return rc;
}

struct scenario_cell *scenario_cells(const struct scenario *s, const char *const *filters,
				     size_t filters_len, size_t *n, struct err *e)
{
	struct cells out = {0};

	if (add_product(s, &out, filters, filters_len, e) < 0 ||
	    add_includes(s, &out, filters, filters_len, e) < 0) {
		scenario_cells_free(out.c, out.n);
		return NULL;
	}
	if (!out.n) {
		err_set(e, "%s: no cell is left to run", s->path);
		return NULL;
	}
	*n = out.n;
	return out.c;
}

void scenario_cells_free(struct scenario_cell *cells, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cell_free(&cells[i]);
	free(cells);
}
