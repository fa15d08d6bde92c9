// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_tables.c - tables of a run that are too long for its page
 *
 * accuracy.tsv of the paper's matrix has 11,000 rows of 30 columns: as elements of a page they take seconds
 * to show. The page has a line that opens the table; the rows then come from a file of script beside the
 * page, and are searched and drawn by page/report.js.
 *
 * Limits: a file that is not UTF-8 is only linked.
 */
#include <jansson.h>
#include <stdlib.h>

#include "base/outfile.h"
#include "base/path.h"
#include "results/report/html.h"
#include "results/report/report_tables.h"

static int write_value(const char *folder, const char *name, json_t *text, struct err *e)
{
	char *path = path_inf(folder, "table-%s.js", name);
	struct outfile o = {0};
	int rc = outfile_open(&o, path, e);

	free(path);
	if (rc < 0)
		return -1;
	fprintf(o.f, "skypelab(\"table-%s\",", name);
	json_dumpf(text, o.f, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	fputs(");\n", o.f);
	return outfile_commit(&o, e);
}

int report_table(FILE *f, const char *run_dir, const char *folder, const char *name,
		 const char *title, struct err *e)
{
	char *path = path_inf(run_dir, "%s.tsv", name);
	char *text = read_file(path, NULL, e);
	json_t *value = text ? json_string(text) : NULL;
	int rc = text ? 0 : -1;

	free(path);
	free(text);
	if (value) {
		rc = write_value(folder, name, value, e);
		html_printf(f,
			    "<details class=\"open\" data-table=\"%s\"><summary>%s, row by "
			    "row</summary></details>\n",
			    name, title);
		json_decref(value);
	}
	html_printf(f, "<p><a href=\"%s.tsv\">%s.tsv</a></p>\n", name, name);
	return rc;
}
