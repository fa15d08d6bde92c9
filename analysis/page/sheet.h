/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_SHEET_H
#define ANALYSIS_PAGE_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A table to be printed as text, TSV, JSON or HTML. */

/**
 * struct sheet_column - a column
 * @name:	As TSV and JSON have it: lower case with '_', with its unit ("median_s")
 * @number:	Its cells are numbers or blank
 * @brief:	Shown in text and HTML, too; a sheet without such columns is in TSV and JSON only
 */
struct sheet_column {
	const char *name;
	bool number, brief;
};

/**
 * struct sheet - a table
 * @name:	Of its file and of its member in JSON
 * @title:	A line above it
 * @empty:	Said in its place when it has no row
 * @grouped:	Text and HTML show the first column once, as a heading above the rows that share it
 * @unseen:	Rows that were left out because nobody would see them
 * @cells:	(owned, and each) by row; NULL = blank
 */
struct sheet {
	const char *name;
	char *title; /* (owned) */
	const char *empty;
	bool grouped;
	const struct sheet_column *columns;
	size_t width;
	size_t unseen;
	char **cells;
	size_t n, room;
};

struct sheet *sheet_new(const char *name, const char *empty, const struct sheet_column *columns,
			size_t width, const char *title, ...) __attribute__((format(printf, 5, 6)));
void sheet_free(struct sheet *s);
size_t sheet_rows(const struct sheet *s);
/* Columns shown in text and HTML, from @first on. */
size_t sheet_brief(const struct sheet *s, size_t first);
/* Whether the sheet has @most rows already (0 = there is no limit); counts one more that is unseen. */
bool sheet_full(struct sheet *s, size_t most);
/* NULL = blank. */
const char *sheet_cell(const struct sheet *s, size_t row, size_t column);

/* The next cell, row by row. */
void sheet_text(struct sheet *s, const char *text); /* NULL or "" = blank */
void sheet_count(struct sheet *s, uint64_t n);
void sheet_real(struct sheet *s, double v, int decimals); /* negative or not finite = blank */
void sheet_chance(struct sheet *s, double p);		  /* not finite = blank */
void sheet_blank(struct sheet *s);

#endif
