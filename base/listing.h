/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_LISTING_H
#define BASE_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * A list that a command prints, for people as a table and for programs as JSON, from the same rows:
 *
 *	struct listing *l = listing_new(columns, ARRAY_LEN(columns));
 *	listing_row(l, name, title);      per row, a text for each column; NULL and "" = there is none
 *	listing_end(l, stdout, json);
 */
struct listing;

/**
 * struct listing_column - one column
 * @name:	Its head and its key in JSON, "fp_flows"; the head has blanks for '_', unless it is @verbatim
 * @number:	Its texts are numbers: to the right; in JSON a number
 * @json_only:	People do not see it
 */
struct listing_column {
	const char *name;
	bool number, json_only, verbatim;
};

/* @columns, @n of them, stay the caller's and have to outlive it. */
struct listing *listing_new(const struct listing_column *columns, size_t n);
void listing_row(struct listing *l, ...); /* texts are copied */
/* A row without texts yet: those of its columns are put one by one. */
void listing_begin(struct listing *l);
/* Puts a text into the last row; and for people: below it, in a second line; in a colour, a sequence of the
 * terminal that stays the caller's. NULL = none. */
void listing_put(struct listing *l, size_t column, const char *text);
void listing_putf(struct listing *l, size_t column, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void listing_put_below(struct listing *l, size_t column, const char *text);
void listing_put_colour(struct listing *l, size_t column, const char *on);
size_t listing_rows(const struct listing *l);
int listing_width(const struct listing *l); /* columns that it takes on a terminal */
/* Writes a head and a line a row (nothing without rows), or an array with an object a row, and frees @l; @f NULL: writes nothing. */
void listing_end(struct listing *l, FILE *f, bool json);

/* A tab-separated table with a head becomes such an array:
 *
 *	struct listing_tsv *t = listing_tsv_new();
 *	late_tsv(t->f, s);
 *	listing_tsv_json(t, stdout);
 *
 * A column is of numbers if all that is in it is; but versions, revisions and names never are. */
struct listing_tsv {
	FILE *f;    /* write the table here */
	char *text; /* (private) */
	size_t n;   /* (private) */
};
struct listing_tsv *listing_tsv_new(void);
void listing_tsv_json(struct listing_tsv *t, FILE *f); /* frees @t; @f NULL: and writes nothing */
void listing_tsv_text(struct listing_tsv *t, FILE *f); /* the same, as it was written */

#endif
