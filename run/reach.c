// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reach.c - `skypelab score --reach`: how far flows that are not Skype came in every rule
 *
 * Which flows count is decided as in scoring: by the label file of a capture, by the truth of the run
 * that made it, or all of them when the user says that none is Skype. Emulated and recorded flows
 * have a table each.
 */
#include <stdlib.h>

#include "results/score/labels_file.h"
#include "run/cell/of_capture.h"
#include "run/detect/captures.h"
#include "run/reach.h"

/* One capture of @source, all of its flows or those of its labels; 0, or -1 with @e set. */
static int add_labelled(struct reach_table *t, const char *path, const char *file,
			const char *source, const char *target, struct err *e)
{
	struct labels *l = file ? labels_read(file, target, e) : NULL;
	int rc = file && !l ? -1 : reach_table_capture(t, path, l, source, e);

	labels_free(l);
	return rc;
}

static int add_of_cell(struct reach_table *of[REACH_SOURCES], const struct cell_capture *cell,
		       const char *path, const char *target, struct err *e)
{
	int rc = 0;

	if (cell->source != SOURCE_NONE)
		return add_labelled(of[cell->source], path, cell->truth, "", target, e);
	for (int s = SOURCE_EMULATED; s <= SOURCE_RECORDED && rc == 0; s++)
		rc = add_labelled(of[s], path, cell->truth, source_text((enum traffic_source)s),
				  target, e);
	return rc;
}

int reach_of_run(struct reach_table *of[REACH_SOURCES], const char *path, struct err *e)
{
	struct cell_capture cell;
	int rc = cell_of_capture(path, &cell) ? add_of_cell(of, &cell, path, cell.target, e)
					      : err_set(e, "%s: not a capture of a run", path);

	cell_capture_clear(&cell);
	return rc;
}

static int add_one(struct reach_table *of[REACH_SOURCES], const struct reach_request *r,
		   const char *path, struct err *e)
{
	struct cell_capture cell;
	bool of_run = cell_of_capture(path, &cell);
	enum traffic_source source =
		of_run && cell.source != SOURCE_NONE ? cell.source : SOURCE_RECORDED;
	char *file = NULL;
	int rc;

	if (of_run && !r->labels && !r->not_skype) {
		rc = add_of_cell(of, &cell, path, r->target, e);
	} else {
		if (!r->not_skype)
			file = r->labels ? xstrdup(r->labels) : labels_path_of(path, e);
		rc = r->not_skype || file ? add_labelled(of[source], path, file, "", r->target, e)
					  : -1;
	}
	cell_capture_clear(&cell);
	free(file);
	return rc;
}

static void put(struct reach_table *const of[REACH_SOURCES], enum table_format format, FILE *f)
{
	bool head = true;

	for (int s = 0; s < REACH_SOURCES; s++) {
		if (!of[s]->captures)
			continue;
		if (format == TABLE_TSV) {
			reach_table_tsv(of[s], f, source_text((enum traffic_source)s), head);
		} else {
			fprintf(f, "%s%s traffic\n", head ? "" : "\n",
				source_text((enum traffic_source)s));
			if (format == TABLE_MARKDOWN)
				fputc('\n', f);
			(format == TABLE_MARKDOWN ? reach_table_markdown : reach_table_text)(of[s],
											     f);
		}
		head = false;
	}
}

int reach_print(const struct reach_request *r, FILE *f, bool *damaged, struct err *e)
{
	struct reach_table *of[REACH_SOURCES];
	uint64_t read = 0;

	for (int s = 0; s < REACH_SOURCES; s++)
		of[s] = reach_table_new(r->set);
	for (char **path = r->captures; *path; path++) {
		if (add_one(of, r, *path, e) == 0)
			continue;
		log_error("%s", e->msg);
		*damaged = true;
	}
	put(of, r->format, f);
	for (int s = 0; s < REACH_SOURCES; s++) {
		read += of[s]->captures;
		reach_table_free(of[s]);
	}
	return read ? 0 : err_set(e, "score: no capture could be read");
}
