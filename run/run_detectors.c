// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_detectors.c - detectors.tsv of a run: how its foreign detectors fared
 *
 * A detector that failed with some captures has no rows of these. That is said on standard error,
 * once for each detector, since its figures are then of fewer captures than the others'.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/tsv.h"
#include "run/cell/live.h"
#include "run/run_detectors.h"
#include "run/run_join.h"
#include "run/under_test/facts.h"

/* Reports in how many captures a detector failed, and why in the first. */
static bool report_failures(const struct tsv *t, const struct foreign_detector *d)
{
	const char *cell = NULL, *vantage = NULL, *why = NULL;
	size_t all = 0, failed = 0;

#define CELL(name) tsv_cell(t, r, tsv_column(t, name))
	for (size_t r = 0; r < t->rows; r++) {
		if (strcmp(CELL("signature"), foreign_name(d)) != 0)
			continue;
		all++;
		if (!detector_facts_is_failed(CELL("status")))
			continue;
		if (!failed++) {
			cell = CELL("cell");
			vantage = CELL("vantage");
			why = CELL("last_line");
		}
	}
#undef CELL
	if (failed)
		log_error(
			"%s failed with %zu of %zu captures, which have no rows of it; with %s of "
			"%s: %s",
			foreign_name(d), failed, all, vantage, cell, why);
	return failed > 0;
}

int run_detectors_write(const struct finished_run *r, struct err *e)
{
	char *path, *head = NULL;
	struct tsv *t;
	size_t len;
	FILE *f;
	int rc;

	if (!r->detectors->n)
		return 0;
	f = open_memstream(&head, &len);
	detector_facts_head(f);
	fclose(f);
	rc = run_join(r, "detectors.tsv", head, true, e);
	free(head);
	if (rc == 0 && r->live)
		rc = run_join(r, "live.tsv", live_header, true, e);
	if (rc == 0 && r->live)
		rc = run_join(r, "live-differences.tsv", live_differences_header, true, e);
	if (rc < 0)
		return -1;
	path = path_in(r->dir, "detectors.tsv");
	t = tsv_read(path, e);
	free(path);
	for (size_t i = 0; t && i < r->detectors->n; i++)
		*r->failed |= report_failures(t, &r->detectors->d[i]);
	tsv_free(t);
	return t ? 0 : -1;
}
