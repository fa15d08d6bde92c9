// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * paper.c - the paper's folder: material, tables, figures, document, in this order
 */
#include <stdlib.h>

#include "base/listing.h"
#include "base/outfile.h"
#include "base/path.h"
#include "run/paper/page.h"
#include "run/paper/folder.h"
#include "run/paper/paper.h"
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
	int rc = 0;

	for (size_t i = 0; paper_tables[i].name && rc == 0; i++) {
		char *path = path_inf(dir, "%s.tsv", paper_tables[i].name);

		rc = write_table(&paper_tables[i], m, path, e);
		free(path);
	}
	return rc;
}

static int fill(const struct paper_folder *f, struct paper_material *m, struct err *e)
{
	char *tables = path_in(f->work, PAPER_TABLES), *plots = path_in(f->work, PAPER_FIGURES);
	char *page = path_in(f->work, PAPER_PAGE);
	struct figures figures = {0};
	int rc = write_tables(m, tables, e);

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
		rc = paper_material_load(&m, r, e);
		if (rc == 0)
			rc = fill(&f, &m, e);
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
