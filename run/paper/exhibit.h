/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_EXHIBIT_H
#define RUN_PAPER_EXHIBIT_H

#include <stdbool.h>
#include <stdio.h>

#include "run/paper/figures.h"
#include "run/paper/material.h"
#include "run/paper/view.h"

/* What stands in the document with a number and the command that makes it. */

#define EXHIBIT_TABLES 24 /* of tables.c, at most */

/**
 * struct exhibits - a document being written
 * @folder:	Where its tables and figures are
 * @tables, @figures: Numbers given so far
 * @cache:	(owned) by index in paper_tables
 * @failed:	A file could not be read, and @e says which
 */
struct exhibits {
	FILE *f;
	const char *folder;
	struct paper_material *m;
	unsigned tables, figures;
	struct tsv *cache[EXHIBIT_TABLES];
	bool failed;
	struct err *e;
};

/* The TSV of a table, an empty one after a failure: then @d->failed. */
const struct tsv *exhibit_tsv(struct exhibits *d, const char *table);
/* A table with its number and command. False when it has no rows: then nothing is written. */
bool exhibit_table(struct exhibits *d, const char *table, const struct view *v);
/* "Made by ...; file": below what was made by hand of a table's file. */
void exhibit_made(struct exhibits *d, const char *table);
void exhibit_figure(struct exhibits *d, const struct figure *g);
/* The sum of a column of whole numbers over the rows of @v. */
unsigned long long exhibit_sum(struct exhibits *d, const char *table, const struct view *v,
			       const char *column);
/* Sentences on where most and least is found, one for each signature, by the table's recall. @thing:
 * the form of a row's name. */
void exhibit_extremes(struct exhibits *d, const char *table, const struct view *v,
		      const char *thing);
void exhibit_clear(struct exhibits *d);

#endif
