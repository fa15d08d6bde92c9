// SPDX-License-Identifier: GPL-2.0-or-later
/* t_format.c - the number of a file's format: a newer one is refused in one line, an older one is read */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/format.h"
#include "base/outfile.h"
#include "base/tsv.h"
#include "detector/detector.h"
#include "lab/gateway/nat.h"
#include "results/history/manifest.h"
#include "run/scenario/load.h"
#include "run/scenario/schema.h"
#include "tests/unit/unit.h"

static char dir[64];
static char file[96];

static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/skypelab-t-format-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/f.yaml", dir);
}

static void write_text(const char *path, const char *head, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "%s%s", head, text);
	fclose(f);
}

/* A bundled file with a line put before it; freed. */
static char *bundled(const char *folder, const char *name)
{
	struct err e = {0};
	char *path = data_file(folder, name, &e), *text;

	ck_assert_msg(path != NULL, "%s", e.msg);
	text = read_file(path, NULL, &e);
	ck_assert_msg(text != NULL, "%s", e.msg);
	free(path);
	return text;
}

static bool load_scenario(struct err *e)
{
	struct scenario *s = scenario_load(file, e);

	if (s)
		scenario_free(s);
	return s != NULL;
}

static bool load_nat(struct err *e)
{
	struct nat_policy *n = nat_policy_load(file, e);

	if (n)
		nat_policy_free(n);
	return n != NULL;
}

static bool load_signature(struct err *e)
{
	const char *name = file;
	struct signature_set *set = signatures_load(&name, 1, e);

	signatures_free(set);
	return set != NULL;
}

static const struct {
	const char *folder, *name;
	bool (*load)(struct err *e);
} kinds[] = {
	{"scenarios", "first-light", load_scenario},
	{"scenarios/nats", "full-cone", load_nat},
	{"detector/signatures", "skypelab-2006", load_signature},
};

START_TEST(yaml_of_this_format_is_read_and_of_a_newer_one_refused)
{
	char *text = bundled(kinds[_i].folder, kinds[_i].name), *want;
	static const char *const wrong[] = {"0", "-1", "1.5", "one", "1 2"};
	struct err e = {0};

	begin();
	write_text(file, "", text);
	ck_assert_msg(kinds[_i].load(&e), "without a format: %s", e.msg);
	write_text(file, "format: 1 # of the file\n", text);
	ck_assert_msg(kinds[_i].load(&e), "with format 1: %s", e.msg);
	write_text(file, "# a comment\nformat: 2\nwhat: is new\n", text);
	ck_assert(!kinds[_i].load(&e));
	want = xasprintf("%s:2: format 2 is newer than what this skypelab reads, up to 1; use a "
			 "newer skypelab",
			 file);
	ck_assert_str_eq(e.msg, want);
	free(want);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		char *head = xasprintf("format: %s\n", wrong[i]);

		write_text(file, head, text);
		ck_assert_msg(!kinds[_i].load(&e), "format %s", wrong[i]);
		free(head);
	}
	write_text(file, "format: 1\nformat: 1\n", text);
	ck_assert(!kinds[_i].load(&e));
	free(text);
	remove_tree(dir);
}
END_TEST

START_TEST(tables_say_it_in_a_comment)
{
	static const struct {
		const char *head;
		bool good;
	} heads[] = {
		{"# skypelab labels 1\n", true},
		{"# skypelab labels 2\n", false},
		{"# skypelab baseline 99999\n", false},
		{"# skypelab labels of 2\n", true},
		{"# skypelab 2.0, seed 2\n", true},
		{"# skypelab\n", true},
		{"# skypelab labels 99999999999999999999\n", false},
	};
	struct err e = {0};

	begin();
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct tsv *t;

		write_text(file, heads[i].head, "a\tb\n1\t2\n");
		t = tsv_read(file, &e);
		ck_assert_msg((t != NULL) == heads[i].good, "%s", heads[i].head);
		tsv_free(t);
	}
	remove_tree(dir);
}
END_TEST

START_TEST(a_newer_run_is_refused)
{
	struct err e = {0};

	begin();
	snprintf(file, sizeof(file), "%s/manifest.json", dir);
	write_text(file, "", "{\"format\": 2, \"files\": {}}");
	ck_assert_int_eq(manifest_verify(dir, &e), MANIFEST_VERSION);
	ck_assert_ptr_nonnull(strstr(e.msg, "manifest.json: format 2 is newer than"));
	write_text(file, "", "{\"format\": 1, \"files\": {}}");
	ck_assert_int_ne(manifest_verify(dir, &e), MANIFEST_VERSION);
	write_text(file, "", "{\"files\": {}}");
	ck_assert_int_eq(manifest_verify(dir, &e), MANIFEST_VERSION);
	remove_tree(dir);
}
END_TEST

UNIT(format)
{
	unit_loop(tc, yaml_of_this_format_is_read_and_of_a_newer_one_refused, 0,
		  (int)ARRAY_LEN(kinds));
	unit_case(tc, tables_say_it_in_a_comment);
	unit_case(tc, a_newer_run_is_refused);
}
