/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_TABLES_H
#define RUN_PAPER_TABLES_H

#include <stdio.h>

#include "run/paper/material.h"

/* Which inputs a table speaks of: its command has these only. */
enum table_of { TABLE_OF_RUNS = 1, TABLE_OF_CAPTURES = 2, TABLE_OF_NEGATIVES = 4 };

/**
 * struct paper_table - a table of the paper, a file tables/NAME.tsv
 * @of:		Bits of enum table_of
 * @put:	Writes it, header and rows. 0, or -1 with @e set
 */
struct paper_table {
	const char *name;
	unsigned of;
	int (*put)(struct paper_material *m, FILE *f, struct err *e);
};

/* All of them, ended by one without a name. */
extern const struct paper_table paper_tables[];
/* The table @name; NULL with @e set to what there are. */
const struct paper_table *paper_table_find(const char *name, struct err *e);
/* "skypelab paper WHAT" with the inputs that @of names, bits of enum table_of (owned). */
char *paper_line(const char *what, unsigned of, const struct paper_material *m);
/* The command line that prints a table (owned). */
char *paper_table_command(const struct paper_table *t, const struct paper_material *m);

#endif
