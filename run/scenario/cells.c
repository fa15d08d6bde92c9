// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cells.c - a scenario's matrix multiplied into cells
 *
 * The values of every axis are combined with those of all others; exclude takes cells out, include
 * adds some, and the user's filters choose among the rest. A cell is named by the values that vary.
 * Each value is parsed once, before the product is taken; cells hold parsed settings.
 */
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "run/scenario/cells.h"
#include "run/scenario/check.h"
#include "run/scenario/schema.h"

static void cell_free(struct scenario_cell *c)
{
	for (size_t i = 0; i < c->axes; i++)
		setting_free(&c->settings[i]);
	free(c->settings);
}

/* The values of all axes that vary: an axis at its only value is left out. */
static void name_cell(const struct scenario *s, struct scenario_cell *c)
{
	size_t at = 0;

	for (size_t i = 0; i < c->axes && at < sizeof(c->name); i++)
		if (s->matrix[i].values_len > 1 ||
		    strcmp(c->settings[i].text, s->matrix[i].values[0]))
			at += (size_t)snprintf(c->name + at, sizeof(c->name) - at, "%s%s",
					       at ? "_" : "", c->settings[i].text);
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

/* 1: all conditions of @text hold for a cell of @values; 0: not; -1 with @e set. */
static int matches(const struct scenario *s, const char *text, const struct setting *const *values,
		   struct err *e)
{
	int all = 1;

	while (*text) {
		const char *value;
		size_t len;
		int axis;

		text = condition(s, text, &axis, &value, &len, e);
		if (!text)
			return -1;
		all &= in_list(value, len, values[axis]->text);
	}
	return all;
}

struct cells {
	struct scenario_cell *c;
	size_t n;
};

/* Adds a copy of @values unless a filter keeps it out or it is there already. */
static int add_cell(const struct scenario *s, struct cells *out,
		    const struct setting *const *values, const char *const *filters,
		    size_t filters_len, struct err *e)
{
	struct scenario_cell cell;
	int ok;

	for (size_t i = 0; i < filters_len; i++)
		if ((ok = matches(s, filters[i], values, e)) != 1)
			return ok < 0 ? err_push(e, "--filter") : 0;
	cell.settings = xcalloc(s->matrix_len, sizeof(*cell.settings));
	for (unsigned i = 0; i < s->matrix_len; i++)
		cell.settings[i] = setting_copy(values[i]);
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

/* ------------------------------------------------------------------ parsed values of the axes */

/* By axis: an array of its values_len parsed values. */
static void axes_free(const struct scenario *s, struct setting **axes)
{
	for (unsigned i = 0; i < s->matrix_len; i++) {
		for (unsigned k = 0; axes[i] && k < s->matrix[i].values_len; k++)
			setting_free(&axes[i][k]);
		free(axes[i]);
	}
	free(axes);
}

static struct setting **axes_parse(const struct scenario *s, struct err *e)
{
	struct setting **axes = xcalloc(s->matrix_len, sizeof(*axes));

	for (unsigned i = 0; i < s->matrix_len; i++) {
		const struct scenario_axis *a = &s->matrix[i];

		axes[i] = xcalloc(a->values_len, sizeof(**axes));
		for (unsigned k = 0; k < a->values_len; k++)
			if (setting_parse(s, a->axis, a->values[k], &axes[i][k], e) < 0) {
				axes_free(s, axes);
				return NULL;
			}
	}
	return axes;
}

/* ------------------------------------------------------------------ product and includes */

static int add_product(const struct scenario *s, struct setting *const *axes, struct cells *out,
		       const char *const *filters, size_t filters_len, struct err *e)
{
	const struct setting **values = xcalloc(s->matrix_len, sizeof(*values));
	size_t total = 1;
	int rc = 0;

	for (unsigned i = 0; i < s->matrix_len; i++)
		total *= s->matrix[i].values_len;
	for (size_t k = 0; k < total && rc == 0; k++) {
		size_t rest = k;
		int excluded = 0;

		for (unsigned i = s->matrix_len; i-- > 0;) {
			values[i] = &axes[i][rest % s->matrix[i].values_len];
			rest /= s->matrix[i].values_len;
		}
		for (unsigned x = 0; x < s->exclude_len && excluded == 0; x++)
			excluded = matches(s, s->exclude[x], values, e);
		if (excluded < 0)
			rc = err_push(e, "%s:%u", s->path, yaml_line(s->path, "exclude"));
		else if (!excluded)
			rc = add_cell(s, out, values, filters, filters_len, e);
	}
	free(values);
	return rc;
}

/* Parses one value of an include line into @own. */
static int include_value(const struct scenario *s, unsigned axis, const char *text, size_t len,
			 struct setting *own, struct err *e)
{
	char *value = strndup(text, len);
	int rc;

	setting_free(own);
	rc = setting_parse(s, s->matrix[axis].axis, value, own, e);
	if (rc == 0)
		rc = scenario_check_setting(s, own, e);
	free(value);
	return rc;
}

/* One include line: the values it names, and of the other axes the first one. @own keeps what is
 * parsed here, by axis. */
static int include_values(const struct scenario *s, struct setting *const *axes, unsigned x,
			  const struct setting **values, struct setting *own, struct err *e)
{
	const char *text = s->include[x];
	char node[40];

	snprintf(node, sizeof(node), "include[%u]", x);
	for (unsigned i = 0; i < s->matrix_len; i++)
		values[i] = &axes[i][0];
	while (*text) {
		const char *value;
		size_t len;
		int axis;

		text = condition(s, text, &axis, &value, &len, e);
		if (!text || include_value(s, (unsigned)axis, value, len, &own[axis], e) < 0)
			return err_push(e, "%s:%u", s->path, yaml_line(s->path, node));
		values[axis] = &own[axis];
	}
	return 0;
}

static int add_includes(const struct scenario *s, struct setting *const *axes, struct cells *out,
			const char *const *filters, size_t filters_len, struct err *e)
{
	const struct setting **values = xcalloc(s->matrix_len, sizeof(*values));
	struct setting *own = xcalloc(s->matrix_len, sizeof(*own));
	int rc = 0;

	for (unsigned x = 0; x < s->include_len && rc == 0; x++) {
		rc = include_values(s, axes, x, values, own, e);
		if (rc == 0)
			rc = add_cell(s, out, values, filters, filters_len, e);
	}
	for (unsigned i = 0; i < s->matrix_len; i++)
		setting_free(&own[i]);
	free(values);
	free(own);
	return rc;
}

struct scenario_cell *scenario_cells(const struct scenario *s, const char *const *filters,
				     size_t filters_len, size_t *n, struct err *e)
{
	struct setting **axes = axes_parse(s, e);
	struct cells out = {0};
	int rc = -1;

	if (!axes)
		return NULL;
	if (add_product(s, axes, &out, filters, filters_len, e) == 0 &&
	    add_includes(s, axes, &out, filters, filters_len, e) == 0)
		rc = out.n ? 0 : err_set(e, "%s: no cell is left to run", s->path);
	axes_free(s, axes);
	if (rc < 0) {
		scenario_cells_free(out.c, out.n);
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

struct scenario *scenario_apply(const struct scenario *s, const struct scenario_cell *cell)
{
	struct scenario *copy = scenario_copy(s);

	for (size_t i = 0; i < cell->axes; i++)
		setting_apply(copy, &cell->settings[i]);
	return copy;
}
