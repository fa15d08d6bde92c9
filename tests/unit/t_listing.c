// SPDX-License-Identifier: GPL-2.0-or-later
/* t_listing.c - lists as tables and as JSON, from the same rows and from TSV */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/err.h"
#include "base/listing.h"
#include "tests/unit/unit.h"

static const struct listing_column columns[] = {
	{.name = "name"},
	{.name = "fp_flows", .number = true},
	{.name = "more", .json_only = true},
	{.name = "title"},
};

/* What a list of two rows prints (owned). */
static char *listed(bool json)
{
	struct listing *l = listing_new(columns, ARRAY_LEN(columns));
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	listing_row(l, "a-long-name", "7", "x", "first");
	listing_row(l, "b", NULL, "", "e\033[31mvil");
	listing_end(l, f, json);
	fclose(f);
	return text;
}

START_TEST(test_text)
{
	char *text = listed(false);

	ck_assert_str_eq(text, "name         fp flows  title\n"
			       "a-long-name         7  first\n"
			       "b                   -  e\\x1b[31mvil\n");
	free(text);
}
END_TEST

/* A second line of a row, texts that are put one by one, and the width of it all. */
START_TEST(test_two_lines)
{
	struct listing *l = listing_new(columns, ARRAY_LEN(columns));
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	listing_begin(l);
	listing_put(l, 0, "not this");
	listing_put(l, 0, "a");
	listing_putf(l, 1, "%d of %d", 3, 4);
	listing_put_below(l, 1, "[0.25,0.99]");
	listing_put_below(l, 2, "not for people");
	listing_put_colour(l, 1, "\033[31m"); /* which a file does not get */
	listing_begin(l);
	listing_put_below(l, 0, "below");
	ck_assert_int_eq(listing_width(l), 5 + 2 + 11 + 2 + 5);
	listing_end(l, f, false);
	fclose(f);
	ck_assert_str_eq(text, "name      fp flows  title\n"
			       "a           3 of 4  -\n"
			       "       [0.25,0.99]\n"
			       "-                -  -\n"
			       "below\n");
	free(text);
}
END_TEST

START_TEST(test_json)
{
	char *text = listed(true);
	json_t *all = json_loads(text, 0, NULL), *first = json_array_get(all, 0),
	       *second = json_array_get(all, 1);

	ck_assert_uint_eq(json_array_size(all), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(first, "fp_flows")), 7);
	ck_assert_str_eq(json_string_value(json_object_get(first, "more")), "x");
	ck_assert(json_is_null(json_object_get(second, "fp_flows")));
	ck_assert(json_is_null(json_object_get(second, "more")));
	ck_assert_str_eq(json_string_value(json_object_get(second, "title")), "e\\x1b[31mvil");
	json_decref(all);
	free(text);
}
END_TEST

START_TEST(test_tsv)
{
	struct listing_tsv *t = listing_tsv_new();
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	json_t *all, *row;

	fputs("traffic_version\tshare\tmixed\tempty\n1.4\t0.25\t3\t\n2.0\t-\tx\t\n", t->f);
	listing_tsv_json(t, f);
	fclose(f);
	all = json_loads(text, 0, NULL);
	ck_assert_uint_eq(json_array_size(all), 2);
	row = json_array_get(all, 0);
	ck_assert_str_eq(json_string_value(json_object_get(row, "traffic_version")), "1.4");
	ck_assert_double_eq(json_real_value(json_object_get(row, "share")), 0.25);
	ck_assert_str_eq(json_string_value(json_object_get(row, "mixed")), "3");
	ck_assert(json_is_null(json_object_get(row, "empty")));
	ck_assert(json_is_null(json_object_get(json_array_get(all, 1), "share")));
	json_decref(all);
	free(text);
}
END_TEST

UNIT(listing)
{
	unit_case(tc, test_text);
	unit_case(tc, test_two_lines);
	unit_case(tc, test_json);
	unit_case(tc, test_tsv);
}
