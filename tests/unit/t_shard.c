// SPDX-License-Identifier: GPL-2.0-or-later
/* Shards: who says which part this is, which cells a part has, what it keeps of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "run/sweep/copy.h"
#include "run/sweep/kept.h"
#include "run/sweep/shard.h"
#include "tests/unit/unit.h"

static const char *const variables[] = {
	"SLURM_ARRAY_TASK_ID",	 "SLURM_ARRAY_TASK_MIN",   "SLURM_ARRAY_TASK_MAX",
	"SLURM_ARRAY_TASK_STEP", "SLURM_ARRAY_TASK_COUNT", "JOB_COMPLETION_INDEX",
};

/* The variables, in that order; "" = not set. */
static void environment(const char *const values[6])
{
	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		if (*values[i])
			setenv(variables[i], values[i], 1);
		else
			unsetenv(variables[i]);
}

START_TEST(test_who_says_it)
{
	static const struct {
		const char *values[6], *option;
		unsigned index, of; /* 0, 1 = refused */
	} cases[] = {
		{{"", "", "", "", "", ""}, NULL, 0, 0},
		{{"", "", "", "", "", ""}, "3/8", 3, 8},
		{{"", "", "", "", "", ""}, "1/1", 1, 1},
		{{"", "", "", "", "", ""}, "0/8", 0, 1},
		{{"", "", "", "", "", ""}, "9/8", 0, 1},
		{{"", "", "", "", "", ""}, "8", 0, 1},
		{{"", "", "", "", "", ""}, "1/8x", 0, 1},
		{{"", "", "", "", "", ""}, "-1/8", 0, 1},
		{{"", "", "", "", "", ""}, "1/100001", 0, 1},
		{{"", "", "", "", "", ""}, "auto/8", 0, 1},
		{{"0", "0", "9", "1", "10", ""}, NULL, 1, 10},
		{{"7", "5", "9", "2", "3", ""}, NULL, 2, 3},
		{{"7", "5", "9", "2", "3", ""}, "1/2", 1, 2},
		{{"7", "5", "9", "2", "3", ""}, "all", 0, 0},
		{{"3", "1", "8", "", "8", ""}, NULL, 3, 8},
		{{"3", "3", "7", "4", "2", ""}, NULL, 1, 2},
		{{"3", "3", "9", "1", "2", ""}, NULL, 0, 1}, /* 3, 9: gaps */
		{{"3", "3", "9", "1", "2", ""}, "auto/9", 3, 9},
		{{"9", "1", "8", "1", "8", ""}, NULL, 0, 1},
		{{"x", "1", "8", "1", "8", ""}, NULL, 0, 1},
		{{"1", "1", "1", "0", "1", ""}, NULL, 0, 1},
		{{"1", "", "", "", "", ""}, NULL, 0, 1},
		{{"0", "0", "7", "1", "8", ""}, "auto/8", 0, 1}, /* numbered from 0 */
		{{"", "", "", "", "", "0"}, "auto/4", 1, 4},
		{{"", "", "", "", "", "3"}, "auto/4", 4, 4},
		{{"", "", "", "", "", "4"}, "auto/4", 0, 1},
		{{"", "", "", "", "", "0"}, NULL, 0, 1},
		{{"", "", "", "", "", "0"}, "2/4", 2, 4},
	};
	struct err e = {0};
	struct shard s;
	int rc;

	environment(cases[_i].values);
	rc = shard_choose(cases[_i].option, &s, &e);
	ck_assert_int_eq(rc, !cases[_i].index && cases[_i].of ? -1 : 0);
	if (rc < 0) {
		ck_assert_int_ne(e.msg[0], 0);
	} else {
		ck_assert_uint_eq(s.index, cases[_i].index);
		ck_assert_uint_eq(s.of, cases[_i].of);
	}
}
END_TEST
#define WHO_CASES 28

/* The names of @n cells, "aI_bK@R" of 10 values a, 5 repetitions, and as many values b as are needed. */
static const char **names_of(size_t n)
{
	const char **names = xcalloc(n, sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = xasprintf("a%zu_b%zu@%zu", i % 10, i / 50, i / 10 % 5 + 1);
	return names;
}

static void names_free(const char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free((char *)names[i]);
	free(names);
}

START_TEST(test_shards_are_equal)
{
	static const struct {
		size_t n;
		unsigned of;
	} cases[] = {{1000, 7}, {36, 36}, {5, 9}, {1, 1}, {10000, 1000}};
	size_t n = cases[_i].n;
	unsigned of = cases[_i].of, *count = xcalloc(of, sizeof(*count));
	const char **c = names_of(n);
	unsigned *to = shard_assign(c, n, of);

	for (size_t i = 0; i < n; i++) {
		ck_assert_msg(to[i] >= 1 && to[i] <= of, "%u", to[i]);
		count[to[i] - 1]++;
	}
	for (unsigned k = 0; k < of; k++)
		ck_assert_uint_eq(count[k], n / of + (k < n % of));
	free(count);
	free(to);
	names_free(c, n);
}
END_TEST

/* Another value of an axis: 1,000 cells become 1,050, in 10 shards. */
START_TEST(test_few_cells_move)
{
	const char **c = names_of(1050);
	unsigned *before = shard_assign(c, 1000, 10), *after = shard_assign(c, 1050, 10);
	unsigned moved = 0;

	for (size_t i = 0; i < 1000; i++)
		moved += before[i] != after[i];
	ck_assert_msg(moved <= 100, "%u of 1000 cells moved", moved);
	free(before);
	free(after);
	names_free(c, 1050);
}
END_TEST

/* The assignment is part of what users' scripts rest on: it never changes. */
START_TEST(test_assignment_stays)
{
	const char **c = names_of(12);
	unsigned *to = shard_assign(c, 12, 3);
	char text[40] = "";

	for (size_t i = 0; i < 12; i++)
		snprintf(text + i, sizeof(text) - i, "%u", to[i]);
	ck_assert_str_eq(text, "211132233213");
	free(to);
	names_free(c, 12);
}
END_TEST

static void write_text(const char *path, const void *text, size_t n)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fwrite(text, 1, n, f);
	fclose(f);
}

/* A cell in DIR/cells/c, and what was kept of it; the folder (owned). */
static char *kept_cell(void)
{
	char *dir = xstrdup("/tmp/skypelab-unit-XXXXXX"), *cell, *sub, *path;
	struct score_table *t = score_table_new();
	struct err e = {0};
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	cell = path_in(dir, "cells/c");
	sub = path_in(cell, "sub");
	ck_assert_int_eq(make_dirs(sub, &e), 0);
	path = path_in(cell, "b.txt");
	write_text(path, "two", 3);
	free(path);
	path = path_in(sub, "a.txt");
	write_text(path, "three", 5);
	free(path);
	path = path_in(dir, KEPT_FOLDER);
	ck_assert_int_eq(make_dirs(path, &e), 0);
	free(path);
	path = path_in(dir, KEPT_FOLDER "/c");
	f = fopen(path, "w");
	ck_assert_int_eq(kept_write(f, cell, t, &e), 0);
	fclose(f);
	score_table_free(t);
	free(path);
	free(sub);
	free(cell);
	return dir;
}

static int read_kept(struct kept *k, const char *dir, const char *cell, struct err *e)
{
	struct score_table *t = score_table_new();
	int rc = kept_read(k, dir, cell, t, e);

	score_table_free(t);
	return rc;
}

START_TEST(test_kept_and_copied)
{
	char *dir = kept_cell(), *to = path_in(dir, "to"), *text, *path;
	struct err e = {0};
	struct kept k;

	ck_assert_msg(read_kept(&k, dir, "c", &e) == 0, "%s", e.msg);
	ck_assert_uint_eq(k.n, 2);
	ck_assert_str_eq(k.files[1].name, "sub/a.txt");
	ck_assert_msg(copy_files(dir, "cells/c", to, k.files, k.n, &e) == 0, "%s", e.msg);
	path = path_in(to, "sub/a.txt");
	text = read_file(path, NULL, &e);
	ck_assert_str_eq(text, "three");
	free(text);
	free(path);
	/* one that grew, and one that became a link */
	path = path_in(dir, "cells/c/b.txt");
	write_text(path, "longer", 6);
	remove_tree(to);
	ck_assert_int_eq(copy_files(dir, "cells/c", to, k.files, k.n, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "6 bytes"));
	unlink(path);
	ck_assert_int_eq(symlink("/etc/hostname", path), 0);
	remove_tree(to);
	ck_assert_int_eq(copy_files(dir, "cells/c", to, k.files, k.n, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "not a regular file"));
	kept_clear(&k);
	remove_tree(dir);
	free(path);
	free(to);
	free(dir);
}
END_TEST

/* Every beginning of what was kept, and every byte of it changed, is read or refused. */
START_TEST(test_kept_by_anybody)
{
	char *dir = kept_cell(), *path = path_in(dir, KEPT_FOLDER "/c"), *text;
	struct err e = {0};
	struct kept k;
	size_t n;

	text = read_file(path, &n, &e);
	for (size_t cut = 0; cut < n; cut++) {
		write_text(path, text, cut);
		ck_assert_int_eq(read_kept(&k, dir, "c", &e), -1);
	}
	for (size_t at = 0; at < n; at++) {
		text[at] ^= 0x20;
		write_text(path, text, n);
		text[at] ^= 0x20;
		if (read_kept(&k, dir, "c", &e) == 0)
			kept_clear(&k);
	}
	remove_tree(dir);
	free(text);
	free(path);
	free(dir);
}
END_TEST

START_TEST(test_kept_names)
{
	static const char *const names[] = {"../x", "/etc/passwd", "a/../../x", "",
					    ".",    "a//b",	   "a\tb",	"b\na"};
	char *dir = kept_cell(), *path = path_in(dir, KEPT_FOLDER "/c");
	char *text = xasprintf("skypelab-kept 1\n%064d 3 %s\n\n%024d", 0, names[_i], 0);
	size_t n = strlen(text);
	struct err e = {0};
	struct kept k;

	memset(text + n - 24, 0, 24); /* no scores */
	write_text(path, text, n);
	ck_assert_int_eq(read_kept(&k, dir, "c", &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "kept/c"));
	ck_assert_int_eq(read_kept(&k, dir, "../cells/c/b.txt", &e), -1);
	remove_tree(dir);
	free(text);
	free(path);
	free(dir);
}
END_TEST

UNIT(shard)
{
	unit_loop(tc, test_who_says_it, 0, WHO_CASES);
	unit_loop(tc, test_shards_are_equal, 0, 5);
	unit_case(tc, test_few_cells_move);
	unit_case(tc, test_assignment_stays);
	unit_case(tc, test_kept_and_copied);
	unit_case(tc, test_kept_by_anybody);
	unit_loop(tc, test_kept_names, 0, 8);
}
