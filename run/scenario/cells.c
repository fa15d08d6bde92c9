// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cells.c - a scenario's matrix multiplied into cells
 *
 * The values of every axis are combined with those of all others; exclude takes cells out, include
 * adds some, and the user's filters choose among the rest. A cell is named by the values that vary.
 * Each value is parsed once, before the product is taken; cells hold parsed settings. Settings of a
 * site that has nothing to do with the cell's recordings are not varied (scenario_site_idle()):
 * filters see them, the cell does not have them.
 *
 * Trials. Every cell runs as often as the scenario's `repeat` says. The streams of a trial come from
 * a hash of the scenario's seed, the cell's name and the number of the repetition, so that no two
 * trials of a run share their draws; with `paired` the name is left out, and the cells of one
 * repetition differ by their settings alone. What is one trial is the cluster of the accuracy
 * table: a repetition of a cell; with `paired` the repetition, since its cells are not independent;
 * of recordings the capture and its client, since replaying it again draws nothing anew.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/rng.h"
#include "base/yaml.h"
#include "results/score/axes.h"
#include "run/scenario/cells.h"
#include "run/scenario/check.h"
#include "run/scenario/schema.h"

static void cell_free(struct scenario_cell *c)
{
	for (size_t i = 0; i < c->axes; i++)
		setting_free(&c->settings[i]);
	free(c->settings);
}

#define COMBINATIONS_MAX 200000 /* of the values of all axes, before exclude and filters */
#define TRIALS_MAX	 100000
#define NAME_CUT	 160 /* a longer name ends here, and a hash of all of it follows */

/* A name that is a file's: not hidden, and without what a shell or a path takes apart. */
static void make_file_name(char *name)
{
	for (char *p = name; *p; p++)
		if (*p == '/' || *p == ' ' || *p == '@' || *p == 0x7f || (*p > 0 && *p < ' ') ||
		    strchr("\"'`$\\*?<>|&;", *p))
			*p = '-';
	if (*name == '.' || *name == '-')
		*name = '_';
}

/* The values of all axes that vary: an axis at its only value is left out. */
static void name_cell(const struct scenario *s, struct scenario_cell *c)
{
	char *name = xstrdup(""), *more;

	for (size_t i = 0; i < c->axes; i++)
		if (c->settings[i].kind != SETTING_NONE &&
		    (s->matrix[i].values_len > 1 ||
		     strcmp(c->settings[i].text, s->matrix[i].values[0]) != 0)) {
			more = xasprintf("%s%s%s", name, *name ? "_" : "", c->settings[i].text);
			free(name);
			name = more;
		}
	if (strlen(name) < sizeof(c->cell))
		snprintf(c->cell, sizeof(c->cell), "%s", *name ? name : "cell");
	else
		snprintf(c->cell, sizeof(c->cell), "%.*s-%016" PRIx64, NAME_CUT, name,
			 rng_stream_seed(0, name, 0));
	make_file_name(c->cell);
	free(name);
}

/* What distinguishes a cell: the kinds and texts of all its settings (owned). */
static char *key_of(const struct scenario_cell *c)
{
	char *key = xstrdup(""), *more;

	for (size_t i = 0; i < c->axes; i++) {
		more = xasprintf("%s%d=%s\x1f", key, (int)c->settings[i].kind, c->settings[i].text);
		free(key);
		key = more;
	}
	return key;
}

static int axis_index(const struct scenario *s, const char *name, size_t len)
{
	for (unsigned i = 0; i < s->matrix_len; i++)
		if (strlen(s->matrix[i].axis) == len && !memcmp(s->matrix[i].axis, name, len))
			return (int)i;
	return -1;
}

/* "caller.nat, login" (owned). */
static char *axis_names(const struct scenario *s)
{
	char *all = xstrdup("");

	for (unsigned i = 0; i < s->matrix_len; i++) {
		char *more = xasprintf("%s%s%s", all, i ? ", " : "", s->matrix[i].axis);

		free(all);
		all = more;
	}
	return all;
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
		char *all = axis_names(s);

		err_set(e, "%.*s, expected an axis of the matrix in %s: %s", (int)k, text, s->path,
			*all ? all : "there is none");
		free(all);
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

/* A name that a cell has taken. */
struct taken {
	char *name, *key; /* (owned) */
	UT_hash_handle hh;
};

struct cells {
	struct scenario_cell *c;
	size_t n;
	struct taken *taken;
};

/* 1: the name of @cell is free, and is now taken; 0: this very cell is there already; -1 with @e
 * set: another cell has the name. */
static int take_name(struct cells *out, const struct scenario_cell *cell, struct err *e)
{
	char *key = key_of(cell);
	struct taken *t;
	int rc = 0;

	HASH_FIND_STR(out->taken, cell->cell, t);
	if (t && strcmp(t->key, key) != 0)
		rc = err_set(e,
			     "two cells would both be called %s; give the files that the matrix "
			     "names other names",
			     cell->cell);
	if (t) {
		free(key);
		return rc;
	}
	t = xcalloc(1, sizeof(*t));
	t->name = xstrdup(cell->cell);
	t->key = key;
	HASH_ADD_KEYPTR(hh, out->taken, t->name, strlen(t->name), t);
	return 1;
}

static void names_free(struct cells *out)
{
	struct taken *t, *next;

	HASH_ITER (hh, out->taken, t, next) {
		HASH_DEL(out->taken, t);
		free(t->name);
		free(t->key);
		free(t);
	}
}

static void copy_settings(struct scenario_cell *c, const struct setting *const *values, size_t n)
{
	c->settings = xcalloc(n, sizeof(*c->settings));
	c->axes = n;
	for (size_t i = 0; i < n; i++)
		c->settings[i] = setting_copy(values[i]);
}

/* Adds a copy of @cell for each of its repetitions. */
static void repeat_cell(const struct scenario *s, struct cells *out,
			const struct scenario_cell *cell)
{
	out->c = xrealloc(out->c, (out->n + s->repeat) * sizeof(*out->c));
	for (unsigned k = 1; k <= s->repeat; k++) {
		struct scenario_cell *c = &out->c[out->n++];

		*c = *cell;
		c->repetition = k;
		c->settings = xcalloc(c->axes, sizeof(*c->settings));
		for (size_t i = 0; i < c->axes; i++)
			c->settings[i] = setting_copy(&cell->settings[i]);
		if (s->repeat > 1)
			snprintf(c->name, sizeof(c->name), "%s@%u", c->cell, k);
		else
			snprintf(c->name, sizeof(c->name), "%s", c->cell);
	}
}

/* Clears the settings of sites at which nobody is in this cell, so that cells that differ in these
 * alone are one. */
static void drop_idle(const struct scenario *s, struct scenario_cell *c)
{
	struct scenario *cell;

	if (!s->recordings_len)
		return;
	cell = scenario_copy(s);
	for (size_t i = 0; i < c->axes; i++)
		setting_apply(cell, &c->settings[i]);
	for (size_t i = 0; i < c->axes; i++)
		if (setting_is_of_site(&c->settings[i]) &&
		    scenario_site_idle(cell, &cell->sites[c->settings[i].of]))
			setting_clear(&c->settings[i]);
	scenario_free(cell);
}

/* Adds a copy of @values unless a filter keeps it out or it is there already. */
static int add_cell(const struct scenario *s, struct cells *out,
		    const struct setting *const *values, const char *const *filters,
		    size_t filters_len, struct err *e)
{
	struct scenario_cell cell = {0};
	int ok, rc;

	for (size_t i = 0; i < filters_len; i++)
		if ((ok = matches(s, filters[i], values, e)) != 1)
			return ok < 0 ? err_push(e, "--filter") : 0;
	copy_settings(&cell, values, s->matrix_len);
	drop_idle(s, &cell);
	name_cell(s, &cell);
	rc = take_name(out, &cell, e);
	if (rc > 0 && out->n + s->repeat > TRIALS_MAX)
		rc = err_set(e, "more than %d cells with their repetitions", TRIALS_MAX);
	else if (rc > 0)
		repeat_cell(s, out, &cell);
	cell_free(&cell);
	return rc < 0 ? err_push(e, "%s:%u", s->path, yaml_line(s->path, "matrix")) : 0;
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
	const struct setting **values;
	size_t total = 1;
	int rc = 0;

	for (unsigned i = 0; i < s->matrix_len; i++) {
		total *= s->matrix[i].values_len;
		if (total > COMBINATIONS_MAX)
			return err_set(e,
				       "%s:%u: more than %d combinations of values, expected "
				       "fewer axes or values",
				       s->path, yaml_line(s->path, "matrix"), COMBINATIONS_MAX);
	}
	values = xcalloc(s->matrix_len, sizeof(*values));
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
		rc = out.n ? 0
			   : err_set(e,
				     "%s: no cell is left to run; `skypelab run --dry-run` without "
				     "--filter lists all",
				     s->path);
	axes_free(s, axes);
	names_free(&out);
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

/* ------------------------------------------------------------------ by name */

struct named {
	const char *name; /* the cell's */
	size_t i;
};

struct cell_index {
	struct named *all; /* (owned) sorted */
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->name, y->name);
}

struct cell_index *cell_index_new(const struct scenario_cell *cells, size_t n)
{
	struct cell_index *x = xcalloc(1, sizeof(*x));
	struct named *all = xcalloc(n, sizeof(*all));

	for (size_t i = 0; i < n; i++)
		all[i] = (struct named){cells[i].name, i};
	qsort(all, n, sizeof(*all), by_name);
	*x = (struct cell_index){.all = all, .n = n};
	return x;
}

bool cell_index_find(const struct cell_index *x, const char *name, size_t *i)
{
	const struct named key = {.name = name};
	const struct named *found = bsearch(&key, x->all, x->n, sizeof(*x->all), by_name);

	if (found)
		*i = found->i;
	return found;
}

void cell_index_free(struct cell_index *x)
{
	if (x)
		free(x->all);
	free(x);
}

/* ------------------------------------------------------------------ a cell's scenario */

static uint64_t stream_of(const struct scenario *s, const struct scenario_cell *c)
{
	const char *name = s->paired ? NULL : c->cell;

	if (s->seed_by_repetition)
		return rng_stream_seed(s->seed + c->repetition - 1, name, 1);
	return rng_stream_seed(s->seed, name, c->repetition);
}

/* Axes that the accuracy table has no column for (owned). */
static char *axes_of(const struct scenario *s, const struct scenario_cell *c)
{
	static const char *const columns[] = {"version", "caller.firewall", "caller.nat",
					      "callee.firewall", "callee.nat"};
	const char **names = xcalloc(c->axes + 1, sizeof(*names));
	const char **values = xcalloc(c->axes + 1, sizeof(*values));
	char *text;
	size_t n = 0;

	for (size_t i = 0; i < c->axes; i++) {
		bool column = false;

		for (size_t k = 0; k < ARRAY_LEN(columns); k++)
			column |= !strcmp(s->matrix[i].axis, columns[k]);
		if (column)
			continue;
		names[n] = s->matrix[i].axis;
		values[n++] = c->settings[i].text;
	}
	text = axes_text(names, values, n);
	free(names);
	free(values);
	return text;
}

/* The captures that a cell plays, and their clients (owned). */
static char *captures_of(const struct scenario *s)
{
	char *text = xstrdup("");

	for (unsigned i = 0; i < s->recordings_len; i++) {
		const struct scenario_recording *r = &s->recordings[i];
		char *more;

		if (r->off)
			continue;
		more = xasprintf("%s%s%s%s%s", text, *text ? " + " : "", r->capture,
				 r->client ? " " : "", r->client ? r->client : "");
		free(text);
		text = more;
	}
	return text;
}

static char *cluster_of(const struct scenario *s, const struct scenario_cell *c)
{
	if (s->recordings_len)
		return captures_of(s);
	return xasprintf("%s@%u", s->paired ? "" : c->cell, c->repetition);
}

struct scenario *scenario_apply(const struct scenario *s, const struct scenario_cell *cell)
{
	struct scenario *copy = scenario_copy(s);

	for (size_t i = 0; i < cell->axes; i++)
		setting_apply(copy, &cell->settings[i]);
	copy->seed = stream_of(copy, cell);
	copy->axes = axes_of(copy, cell);
	copy->cluster = cluster_of(copy, cell);
	return copy;
}
