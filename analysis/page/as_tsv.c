// SPDX-License-Identifier: GPL-2.0-or-later
/* as_tsv.c - a document's tables as TSV, in one stream or as files of a folder */
#include <stdlib.h>

#include "analysis/page/as_tsv.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"

static void put_sheet(FILE *f, const struct sheet *s)
{
	for (size_t c = 0; c < s->width; c++)
		fprintf(f, "%s%s", c ? "\t" : "", s->columns[c].name);
	putc('\n', f);
	for (size_t r = 0; r < sheet_rows(s); r++) {
		for (size_t c = 0; c < s->width; c++) {
			const char *cell = sheet_cell(s, r, c);

			fprintf(f, "%s%s", c ? "\t" : "", cell ? quote_terminal(cell) : "");
		}
		putc('\n', f);
	}
}

typedef int item_fn(const struct item *it, void *arg, struct err *e);

/* 0, or what @fn returned when it was not 0. */
static int each_item(const struct document *d, item_fn *fn, void *arg, struct err *e)
{
	for (size_t i = 0; i < d->sections_n; i++)
		for (size_t k = 0; k < d->sections[i].n; k++) {
			int rc = fn(&d->sections[i].items[k], arg, e);

			if (rc)
				return rc;
		}
	return 0;
}

static int put_in_stream(const struct item *it, void *arg, struct err *e)
{
	(void)e;
	if (it->kind == ITEM_SHEET) {
		fprintf(arg, "# %s: %s\n", it->sheet->name, it->sheet->title);
		put_sheet(arg, it->sheet);
	}
	return 0;
}

void document_as_tsv(const struct document *d, FILE *f)
{
	for (size_t i = 0; i < d->facts_n; i++)
		fprintf(f, "# %s: %s\n", d->facts[i].key, quote_terminal(d->facts[i].value));
	each_item(d, put_in_stream, f, NULL);
}

static int put_in_folder(const struct item *it, void *arg, struct err *e)
{
	const char *dir = arg;
	struct outfile o;
	char *path;
	int rc;

	if (it->kind == ITEM_LINE || (it->kind == ITEM_PICTURE && !it->picture.svg))
		return 0;
	path = it->kind == ITEM_SHEET ? path_inf(dir, "%s.tsv", it->sheet->name)
				      : path_inf(dir, "%s.svg", it->picture.name);
	rc = outfile_open(&o, path, e);
	free(path);
	if (rc < 0)
		return -1;
	if (it->kind == ITEM_SHEET)
		put_sheet(o.f, it->sheet);
	else
		fputs(it->picture.svg, o.f);
	return outfile_commit(&o, e);
}

int document_to_folder(const struct document *d, const char *dir, struct err *e)
{
	if (make_dirs(dir, e) < 0)
		return -1;
	return each_item(d, put_in_folder, (void *)dir, e);
}
