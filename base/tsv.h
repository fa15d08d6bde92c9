/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_TSV_H
#define BASE_TSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A tab-separated table with a header line, read whole. Lines that start with '#' and empty lines
 * are skipped; '\r' at the end of a line is dropped. */
struct tsv {
	char *path;	   /* (owned) for messages */
	char *text;	   /* (owned) the file, cut into fields */
	size_t columns;	   /* fields in a row; missing trailing ones are "" */
	char **names;	   /* (owned array) column names */
	size_t rows;	   /* rows after the header */
	uint32_t *fields;  /* (owned array) where the fields of all rows begin in @text */
	size_t fields_cap; /* room in @fields */
	size_t *first;	   /* (owned array) each row's first in @fields, and the end */
	unsigned *lines;   /* (owned array) line number of each row, from 1 */
};

/* NULL with @e set (path:line: what). A row with more fields than the header, a header of more than
 * TSV_COLUMNS and a file of more than TSV_BYTES are errors. */
#define TSV_COLUMNS 256
#define TSV_BYTES   (256UL << 20)
struct tsv *tsv_read(const char *path, struct err *e);
void tsv_free(struct tsv *t);
/* Index of a column, or -1. */
int tsv_column(const struct tsv *t, const char *name);
/* Index of a column that must be there; -1 with @e set. */
int tsv_need(const struct tsv *t, const char *name, struct err *e);
const char *tsv_cell(const struct tsv *t, size_t row, int column); /* "" when column < 0 */
/* A cell that must be a whole number, 0 or more. 0, or -1 with @e set (path:line: what). */
int tsv_count(const struct tsv *t, size_t row, int column, uint64_t *out, struct err *e);

#endif
