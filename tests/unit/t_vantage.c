// SPDX-License-Identifier: GPL-2.0-or-later
/* t_vantage.c - where to look in a cell when nobody says it; and which folders are runs */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "run/cell/of_capture.h"
#include "run/detect/captures.h"
#include "tests/unit/unit.h"

START_TEST(test_default_vantage)
{
	static const struct {
		const char *taps, *chosen;
	} cases[] = {
		{"{\"callee.lan\": {}, \"caller.wan\": {}, \"caller.lan\": {}}", "caller.lan"},
		{"{\"callee.wan\": {}, \"office.lan\": {}, \"home.lan\": {}}", "home.lan"},
		{"{\"node.wan\": {}, \"core\": {}, \"lan\": {}}", "core"},
		{"{}", NULL},
		{"[]", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *taps = json_loads(cases[i].taps, 0, NULL);

		ck_assert_pstr_eq(cell_default_vantage(taps), cases[i].chosen);
		json_decref(taps);
	}
	ck_assert_ptr_null(cell_default_vantage(NULL));
}
END_TEST

/* A run that ended, one that did not, a folder of captures. */
START_TEST(test_is_run)
{
	char dir[] = "/tmp/skypelab-unit-XXXXXX", *cells, *manifest;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	cells = path_in(dir, "cells");
	manifest = path_in(dir, "manifest.json");
	ck_assert(!is_run_directory(dir));
	ck_assert_int_eq(mkdir(cells, 0700), 0);
	ck_assert(is_run_directory(dir));
	ck_assert(!is_run_directory(cells));
	ck_assert_int_eq(rmdir(cells), 0);
	f = fopen(manifest, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	ck_assert(is_run_directory(dir));
	ck_assert(!is_run_directory(manifest));
	ck_assert_int_eq(unlink(manifest), 0);
	f = fopen(cells, "w"); /* a file of that name is no folder of cells */
	ck_assert_ptr_nonnull(f);
	fclose(f);
	ck_assert(!is_run_directory(dir));
	unlink(cells);
	rmdir(dir);
	free(cells);
	free(manifest);
}
END_TEST

UNIT(vantage)
{
	unit_case(tc, test_default_vantage);
	unit_case(tc, test_is_run);
}
