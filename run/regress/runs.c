// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * runs.c - the captures that a run left, each with the truth of its vantage
 */
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/inner.h"
#include "base/path.h"
#include "base/progress.h"
#include "results/score/claims_tsv.h"
#include "results/score/labels_file.h"
#include "run/regress/runs.h"

/* The setting of a cell, from the run's own claims. */
static bool cell_setting(const struct score_table *t, const char *cell, const char *vantage,
			 struct score_setting *s)
{
	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_row *row = &t->rows[t->claims[i].row];

		if (strcmp(t->claims[i].cell, cell) != 0 || strcmp(row->vantage, vantage) != 0)
			continue;
		*s = (struct score_setting){.source = row->source,
					    .traffic_version = row->traffic_version,
					    .vantage = row->vantage,
					    .caller_firewall = row->caller_firewall,
					    .caller_nat = row->caller_nat,
					    .callee_firewall = row->callee_firewall,
					    .callee_nat = row->callee_nat,
					    .axes = row->axes,
					    .cell = t->claims[i].cell};
		return true;
	}
	return false;
}

static int cell_each(const struct score_table *t, const char *dir, const char *cell,
		     const char *target, capture_fn *fn, void *arg, size_t *count, struct err *e)
{
	char *facts = xasprintf("cells/%s/cell.json", cell);
	json_t *j = inner_json(dir, facts, e), *tap;
	const char *vantage;
	int rc = j ? 0 : -1;

	json_object_foreach (json_object_get(j, "taps"), vantage, tap) {
		const char *file = json_string_value(json_object_get(tap, "file"));
		char *pcap = path_inf(dir, "cells/%s/%s", cell, file ? file : "-");
		char *truth = path_inf(dir, "cells/%s/truth.%s.tsv", cell, vantage);
		struct labels *l = NULL;
		struct score_setting s;

		if (!rc && ((file && !inner_name(file)) || !inner_name(vantage)))
			rc = err_set(e, "%s/%s: tap %s is not in the cell's folder", dir, facts,
				     vantage);
		if (!rc && cell_setting(t, cell, vantage, &s)) {
			l = labels_read(truth, target, e);
			rc = l ? fn(arg, pcap, l, &s, e) : -1;
			++*count;
		}
		labels_free(l);
		free(pcap);
		free(truth);
	}
	json_decref(j);
	free(facts);
	return rc;
}

int run_captures(const char *dir, const char *target, capture_fn *fn, void *arg, struct err *e)
{
	char *claims = path_in(dir, "claims.tsv"), *cells = path_in(dir, "cells");
	struct progress progress = progress_begin(log_level > 0, false);
	struct score_table *t = score_table_new();
	struct dirent **list = NULL;
	size_t count = 0;
	int rc = claims_read(t, claims, e), n = rc ? 0 : scandir(cells, &list, NULL, alphasort);

	if (n < 0)
		rc = err_sys(e, "%s: cannot read", cells);
	for (int i = 0; i < n; i++) {
		progress_count(&progress, (unsigned long)i, (unsigned long)n, "cells");
		if (!rc && list[i]->d_name[0] != '.')
			rc = cell_each(t, dir, list[i]->d_name, target, fn, arg, &count, e);
		free(list[i]);
	}
	progress_end(&progress);
	free(list);
	if (!rc && !count)
		rc = err_set(e, "%s: no cell with a capture and its truth", dir);
	score_table_free(t);
	free(claims);
	free(cells);
	return rc;
}
