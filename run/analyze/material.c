// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * material.c - the captures of an analysis
 *
 * A run's directory gives one capture a cell, that of one vantage: the other vantages show the same
 * flows again. A capture that is named itself is taken whatever its vantage is. A capture of a run
 * keeps the run's source and truth; every other is recorded, unless its labels say that its rows are
 * emulated. Emulated and recorded traffic are never analysed together.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/inner.h"
#include "base/path.h"
#include "base/quote.h"
#include "results/score/axes.h"
#include "results/score/labels_file.h"
#include "run/analyze/material.h"
#include "run/cell/of_capture.h"
#include "run/cell/scoring.h"
#include "run/detect/captures.h"

#define BY_DEFAULT "caller_firewall,caller_nat"
#define NO_CONFIG  "no configuration known" /* a capture that is no run's */

/* --- configurations ----------------------------------------------------------------------- */

/* The value of one setting (owned); NULL = the cell has none of this name. */
static char *setting(const struct cell_scoring *c, enum traffic_source source, const char *name,
		     size_t len)
{
	const struct {
		const char *name, *value;
	} own[] = {{"caller_firewall", c->caller_firewall},
		   {"caller_nat", c->caller_nat},
		   {"callee_firewall", c->callee_firewall},
		   {"callee_nat", c->callee_nat},
		   {"version", c->of[source].traffic_version}};
	char *text = xasprintf("%.*s", (int)len, name), *found = NULL;
	const char *value;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(own) && !found; i++)
		if (!strcmp(own[i].name, text) && own[i].value)
			found = xstrdup(own[i].value);
	value = axes_value(c->axes, text, &n);
	if (!found && value)
		found = xasprintf("%.*s", (int)n, value);
	free(text);
	return found;
}

/* "caller_firewall=open caller_nat=public" (owned); NULL with @e set for a setting that is none. */
static char *config_text(const struct cell_scoring *c, enum traffic_source source, const char *by,
			 struct err *e)
{
	char *text = xstrdup("");

	for (const char *word = by; *word;) {
		size_t len = strcspn(word, ",");
		char *value = setting(c, source, word, len), *longer;

		if (!value) {
			err_set(e, "--by %.*s: no setting of cell %s", (int)len,
				quote_terminal(word), c->name);
			free(text);
			return NULL;
		}
		longer = xasprintf("%s%s%.*s=%s", text, *text ? " " : "", (int)len, word, value);
		free(value);
		free(text);
		text = longer;
		word += len + (word[len] == ',');
	}
	return text;
}

/* The index of a configuration; @text becomes the material's, or is freed. */
static uint32_t config_index(struct material *m, char *text)
{
	for (size_t i = 0; i < m->configs_n; i++)
		if (!strcmp(m->configs[i], text)) {
			free(text);
			return (uint32_t)i;
		}
	m->configs = xrealloc(m->configs, (m->configs_n + 1) * sizeof(*m->configs));
	m->configs[m->configs_n] = text;
	return (uint32_t)m->configs_n++;
}

/* The configuration of a capture in the cell's folder @dir (owned); NULL with @e set. */
static char *config_of(const char *dir, enum traffic_source source, const char *by, struct err *e)
{
	const char *slash = strrchr(dir, '/');
	json_t *facts = inner_json(dir, "cell.json", e);
	struct cell_scoring c = {0};
	char *text = NULL;

	if (facts && cell_scoring_read(&c, dir, slash ? slash + 1 : dir, facts, e) == 0)
		text = config_text(&c, source, by, e);
	cell_scoring_clear(&c);
	json_decref(facts);
	return text;
}

/* --- captures ----------------------------------------------------------------------------- */

/* Of a run's capture "CELL/FILE", else its name (owned). */
static char *short_name(const char *path, bool of_run)
{
	const char *name = capture_name(path), *at = name;

	if (of_run && at > path)
		for (at--; at > path && at[-1] != '/'; at--)
			;
	return xstrdup(quote_terminal(at));
}

/* What the rows of a label file are of. SOURCE_NONE = of both, or the file cannot be read (@e). */
static enum traffic_source source_of_labels(const char *file, struct err *e)
{
	struct labels *l = labels_read(file, NULL, e);
	size_t emulated, n;

	if (!l)
		return SOURCE_NONE;
	n = labels_count(l);
	emulated = labels_emulated(l);
	labels_free(l);
	if (emulated && emulated < n) {
		err_set(e,
			"%s: %zu of %zu rows are of emulated traffic; emulated and recorded "
			"traffic "
			"are never analysed together",
			file, emulated, n);
		return SOURCE_NONE;
	}
	return emulated ? SOURCE_EMULATED : SOURCE_RECORDED;
}

static int same_source(struct material *m, enum traffic_source source, const char *path,
		       struct err *e)
{
	if (m->source == SOURCE_NONE)
		m->source = source;
	if (m->source == source)
		return 0;
	return err_set(e,
		       "%s is %s, %s is %s traffic; they are never analysed together: give them to "
		       "two calls, or one of them to --against",
		       m->pieces[0].path, source_text(m->source), path, source_text(source));
}

/* @labels becomes the material's. */
static int add(struct material *m, const char *path, bool of_run, char *labels,
	       enum traffic_source source, uint32_t config, struct err *e)
{
	if (m->n == MATERIAL_CAPTURES || same_source(m, source, path, e) < 0) {
		free(labels);
		return m->n == MATERIAL_CAPTURES
			       ? err_set(e, "more than %d captures", MATERIAL_CAPTURES)
			       : -1;
	}
	m->pieces = xrealloc(m->pieces, (m->n + 1) * sizeof(*m->pieces));
	m->pieces[m->n++] = (struct piece){
		.path = xstrdup(path),
		.name = short_name(path, of_run),
		.labels = labels,
		.config = config,
	};
	return 0;
}

static int add_of_cell(struct material *m, const struct material_request *r, const char *path,
		       const struct cell_capture *cell, struct err *e)
{
	char *dir, *config;

	if (cell->source == SOURCE_NONE)
		return err_set(e,
			       "%s: its cell has emulated and recorded traffic, which are never "
			       "analysed together; analyse a run that has one of them",
			       path);
	dir = path_folder(path);
	config = config_of(dir, cell->source, r->by ? r->by : BY_DEFAULT, e);
	free(dir);
	if (!config)
		return -1;
	return add(m, path, true, xstrdup(r->labels ? r->labels : cell->truth), cell->source,
		   config_index(m, config), e);
}

static int add_recorded(struct material *m, const struct material_request *r, const char *path,
			struct err *e)
{
	char *labels = r->labels ? xstrdup(r->labels) : labels_path_of(path, NULL);
	enum traffic_source source = labels ? source_of_labels(labels, e) : SOURCE_RECORDED;

	if (source == SOURCE_NONE) {
		free(labels);
		return -1;
	}
	return add(m, path, false, labels, source, config_index(m, xstrdup(NO_CONFIG)), e);
}

/* Whether to take a cell's capture of that vantage, where the capture itself is not named. */
static bool is_chosen(const struct material_request *r, const char *path, const char *vantage)
{
	char *dir = r->vantage ? NULL : path_folder(path);
	json_t *facts = dir ? inner_json(dir, "cell.json", NULL) : NULL;
	const char *wanted =
		r->vantage ? r->vantage : cell_default_vantage(json_object_get(facts, "taps"));
	bool is = wanted && !strcmp(vantage, wanted);

	json_decref(facts);
	free(dir);
	return is;
}

/* @named: it stands on the command line. */
static int take(struct material *m, const struct material_request *r, const char *path, bool named,
		struct err *e)
{
	struct cell_capture cell;
	int rc = 0;

	if (!cell_of_capture(path, &cell))
		return add_recorded(m, r, path, e);
	if (named || is_chosen(r, path, cell.vantage))
		rc = add_of_cell(m, r, path, &cell, e);
	cell_capture_clear(&cell);
	return rc;
}

static int take_argument(struct material *m, const struct material_request *r, const char *path,
			 struct err *e)
{
	struct stat st;
	bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	char **list = capture_list(&path, 1, e);
	size_t before = m->n;
	int rc = list ? 0 : -1;

	for (size_t i = 0; rc == 0 && list[i]; i++)
		rc = take(m, r, list[i], !folder, e);
	capture_list_free(list);
	if (rc == 0 && m->n == before)
		rc = err_set(e, "%s: no capture%s%s", path, r->vantage ? " of vantage " : "",
			     r->vantage ? r->vantage : "");
	return rc;
}

int material_find(struct material *m, const struct material_request *r, struct err *e)
{
	*m = (struct material){0};
	captures_note_runs(r->paths, r->n);
	for (size_t i = 0; i < r->n; i++)
		if (take_argument(m, r, r->paths[i], e) < 0)
			return -1;
	if (r->labels && m->n > 1)
		return err_set(e,
			       "--labels is for one capture, but there are %zu; put NAME.tsv "
			       "beside each",
			       m->n);
	m->names = xcalloc(m->n, sizeof(*m->names));
	m->config_of = xcalloc(m->n, sizeof(*m->config_of));
	for (size_t i = 0; i < m->n; i++) {
		m->names[i] = m->pieces[i].name;
		m->config_of[i] = m->pieces[i].config;
	}
	return 0;
}

void material_clear(struct material *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->pieces[i].path);
		free(m->pieces[i].name);
		free(m->pieces[i].labels);
	}
	for (size_t i = 0; i < m->configs_n; i++)
		free(m->configs[i]);
	free(m->pieces);
	free(m->names);
	free(m->config_of);
	free(m->configs);
	*m = (struct material){0};
}
