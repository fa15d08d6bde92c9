// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_join.c - a table of a run that is the tables of its cells, one after the other
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "run/run_join.h"

/* The lines below the header of one cell's table. 0, or -1 with @e set. */
static int add_part(FILE *f, const char *path, struct err *e)
{
	char *text = read_file(path, NULL, e), *rows;

	if (!text)
		return -1;
	rows = strchr(text, '\n');
	fputs(rows ? rows + 1 : "", f);
	free(text);
	return 0;
}

int run_join(const struct finished_run *r, const char *name, const char *header, bool optional,
	     struct err *e)
{
	char *path = path_in(r->dir, name);
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	free(path);
	if (rc < 0)
		return -1;
	fputs(header, o.f);
	for (size_t i = 0; rc == 0 && i < r->n; i++) {
		char *part = path_inf(r->dir, "cells/%s/%s", r->cells[i].name, name);

		if (!r->invalid[i] && (!optional || access(part, F_OK) == 0))
			rc = add_part(o.f, part, e);
		free(part);
	}
	if (rc == 0)
		return outfile_commit(&o, e);
	outfile_abort(&o);
	return -1;
}
