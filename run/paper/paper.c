// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * paper.c - the paper's folder: material, tables, figures, document, in this order
 */
#include <stdlib.h>

#include "base/listing.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/progress.h"
#include "run/paper/page.h"
#include "run/paper/folder.h"
#include "run/paper/paper.h"
#include "run/paper/paper_claims.h"
#include "run/paper/tables.h"

static int write_table(const struct paper_table *t, struct paper_material *m, const char *path,
		       struct err *e)
{
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	if (rc < 0)
		return -1;
	rc = t->put(m, o.f, e);
	if (rc < 0)
		outfile_abort(&o);
	else
		rc = outfile_commit(&o, e);
	return rc;
}

static int write_tables(struct paper_material *m, const char *dir, struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	unsigned long n = 0, done = 0;
	int rc = 0;

	while (paper_tables[n].name)
		n++;
	for (size_t i = 0; paper_tables[i].name && rc == 0; i++) {
		char *path = path_inf(dir, "%s.tsv", paper_tables[i].name);
		unsigned long next = done + 1;

		/* Claims read all captures again: as much as all other tables, or more. */
		next += paper_tables[i].put == paper_claims_put ? n - 1 : 0;
		progress_span(&progress, done, next, 2 * n - 1, "parts of tables");
		done = next;
		rc = write_table(&paper_tables[i], m, path, e);
		free(path);
	}
	progress_end(&progress);
	return rc;
}

/* Of the time a paper takes: reading takes a part, tables two, figures and the page the last. */
enum paper_part { PART_READ, PART_TABLES, PART_FIGURES = PART_TABLES + 2, PARTS };

static int fill(const struct paper_folder *f, struct paper_material *m, struct progress *progress,
		struct err *e)
{
	char *tables = path_in(f->work, PAPER_TABLES), *plots = path_in(f->work, PAPER_FIGURES);
	char *page = path_in(f->work, PAPER_PAGE);
	struct figures figures = {0};
	int rc;

	progress_span(progress, PART_TABLES, PART_FIGURES, PARTS, "parts");
	rc = write_tables(m, tables, e);
	progress_count(progress, PART_FIGURES, PARTS, "parts");
	if (rc == 0)
		rc = figures_draw(&figures, m, plots, tables, e);
	if (rc == 0)
		rc = paper_page_write(page, f->work, m, &figures, e);
	figures_clear(&figures);
	free(tables);
	free(plots);
	free(page);
	return rc;
}

int paper_write(const struct paper_request *r, const char *path, struct err *e)
{
	struct paper_material m;
	struct paper_folder f;
	struct err late = {0};
	int rc = paper_folder_begin(&f, path, e);

	if (rc == 0) {
		struct progress progress = progress_begin(log_level > 0, false);

		progress_count(&progress, PART_READ, PARTS, "parts");
		rc = paper_material_load(&m, r, e);
		if (rc == 0)
			rc = fill(&f, &m, &progress, e);
		progress_end(&progress);
		paper_material_free(&m);
	}
	if (paper_folder_end(&f, rc == 0, &late) < 0) {
		*e = late;
		rc = -1;
	}
	return rc;
}

/* The same as JSON, on standard output. */
static int print_json(const struct paper_table *t, struct paper_material *m, struct err *e)
{
	struct listing_tsv *tsv = listing_tsv_new();
	int rc = t->put(m, tsv->f, e);

	listing_tsv_json(tsv, rc < 0 ? NULL : stdout);
	return rc < 0 ? -1 : outfile_flush_standard(e);
}

int paper_print_table(const struct paper_request *r, const char *name, bool json, struct err *e)
{
	const struct paper_table *t = paper_table_find(name, e);
	struct paper_material m;
	int rc;

	if (!t)
		return -1;
	rc = paper_material_load(&m, r, e);
	if (rc == 0)
		rc = json ? print_json(t, &m, e) : write_table(t, &m, "-", e);
	paper_material_free(&m);
	return rc;
}
