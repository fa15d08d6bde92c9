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
#include "results/score/accuracy_tsv.h"
#include "results/score/claims_tsv.h"
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

#define SETTING                                                                                    \
	"source\ttraffic_version\tvantage\tcaller_firewall\tcaller_nat\tcallee_firewall\tcallee_"  \
	"nat\t"                                                                                    \
	"signature\trevision\tunit\t"
#define OF "emulated\t1.4\tcaller.lan\topen\tpublic\t-\t-\ts\t1\tflow\t"
#define ACCURACY                                                                                   \
	SETTING "tp\tfp\tfn\ttn\tprecision\trecall\tf1\n" OF "1\t0\t0\t5\t1.0000\t1.0000\t1."      \
		"0000\n"
#define CLAIMS SETTING "cell\tresult\tsubject\n" OF "c\ttp\tudp 192.0.2.1:5 198.51.100.1:6\n"

/* The path of a table beside the manifest. */
static const char *table(const char *name, const char *text)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	write_text(path, "", text);
	return path;
}

static void refused(const char *what, const struct score_table *t, const struct err *e)
{
	ck_assert_msg(!t, "%s of a newer run was read", what);
	ck_assert_msg(strstr(e->msg, "manifest.json: format 2 is newer than what this skypelab") !=
			      NULL,
		      "%s: %s", what, e->msg);
}

/* The manifest says it for the tables beside it, which begin with their heads. */
START_TEST(a_newer_run_is_refused)
{
	struct score_table *t;
	struct err e = {0};

	begin();
	snprintf(file, sizeof(file), "%s/manifest.json", dir);
	write_text(file, "", "{\"format\": 2, \"files\": {}}");
	ck_assert_int_eq(manifest_verify(dir, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "manifest.json: format 2 is newer than"));
	refused("accuracy.tsv", accuracy_read(table("accuracy.tsv", ACCURACY), &e), &e);
	t = score_table_new();
	refused("claims.tsv", claims_read(t, table("claims.tsv", CLAIMS), &e) == 0 ? t : NULL, &e);
	score_table_free(t);
	write_text(file, "", "{\"format\": 1, \"files\": {}}");
	t = accuracy_read(table("accuracy.tsv", ACCURACY), &e);
	ck_assert_msg(t != NULL, "%s", e.msg);
	ck_assert_msg(claims_read(t, table("claims.tsv", CLAIMS), &e) == 0, "%s", e.msg);
	score_table_free(t);
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
