// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_detectors.c - detectors.tsv of a run, and live.tsv: how its foreign detectors fared
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

/* Reports where a detector that read an interface failed, or said other things than of the file. */
static bool report_live(const struct tsv *t, const struct foreign_detector *d)
{
	size_t failed = 0, first = 0;
	unsigned long long same = 0, differ = 0;

#define CELL(name) tsv_cell(t, r, tsv_column(t, name))
	for (size_t r = 0; r < t->rows; r++) {
		if (strcmp(CELL("signature"), foreign_name(d)) != 0)
			continue;
		if (detector_facts_is_failed(CELL("status")) && !failed++)
			first = r;
		same += strtoull(CELL("same"), NULL, 10);
		differ += strtoull(CELL("differ"), NULL, 10);
	}
	for (size_t r = first; failed && r == first; r++)
		log_error("%s failed live %zu times; at %s of %s: %s", foreign_name(d), failed,
			  CELL("vantage"), CELL("cell"), CELL("last_line"));
#undef CELL
	if (differ)
		log_warn("%s said other things live than of the file of %llu of %llu flows: "
			 "live-differences.tsv names them",
			 foreign_name(d), differ, same + differ);
	return failed > 0;
}

static int write_live(const struct finished_run *r, struct err *e)
{
	struct tsv *t;
	char *path;

	if (run_join(r, "live.tsv", live_header, true, e) < 0 ||
	    run_join(r, "live-differences.tsv", live_differences_header, true, e) < 0)
		return -1;
	path = path_in(r->dir, "live.tsv");
	t = tsv_read(path, e);
	free(path);
	for (size_t i = 0; t && i < r->detectors->n; i++)
		*r->failed |= report_live(t, &r->detectors->d[i]);
	tsv_free(t);
	return t ? 0 : -1;
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
	if (rc < 0)
		return -1;
	path = path_in(r->dir, "detectors.tsv");
	t = tsv_read(path, e);
	free(path);
	for (size_t i = 0; t && i < r->detectors->n; i++)
		*r->failed |= report_failures(t, &r->detectors->d[i]);
	rc = t ? 0 : -1;
	tsv_free(t);
	return rc == 0 && r->live ? write_live(r, e) : rc;
}
