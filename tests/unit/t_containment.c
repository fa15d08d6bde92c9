// SPDX-License-Identifier: GPL-2.0-or-later
/* What operators on a gateway came to: shares, medians, reasons and intervals of containment.tsv. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/score/containment.h"
#include "tests/unit/unit.h"

static const char header[] =
	"trial\tversion\tcaller_firewall\tcaller_nat\tcallee_firewall\tcallee_"
	"nat\tproxy\tsignature\t"
	"policy\tdelay_ms\tstage\tstate\tflows\tsessions\tblocked\tflow_packets\tclient_packets\t"
	"flow_seconds\tseconds\tverdict\tserved\treason\tinnocent_blocked\tcompared\t"
	"hurt_on_client\thurt_on_others\n";

static struct containment read_rows(const char *rows)
{
	char path[] = "/tmp/containment.XXXXXX";
	struct containment c;
	struct err e = {0};
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	fprintf(f, "%s%s", header, rows);
	fclose(f);
	ck_assert_msg(containment_read(&c, path, &e) == 0, "%s", e.msg);
	unlink(path);
	return c;
}

/* A row "all" of a trial, as of the signature @sig. */
#define ROW(trial, sig, packets, verdict, reason)                                                  \
	trial "\t2.0\topen\tpublic\t-\t-\tnone\t" sig "\tflow\t0\tall\tblocked\t3\t1\t1\t" packets \
	      "\t9\t0.5\t0.7\t" verdict "\t0\t" reason "\t0\t60\t1\t0\n"

START_TEST(test_shares)
{
	struct containment c = read_rows(ROW("@1", "a", "4", "kept out", "-")
						 ROW("@1", "a", "8", "cut off", "too late by 0.1 s")
							 ROW("@2", "a", "-", "in", "not seen")
								 ROW("@2", "b", "1", "in", "-"));
	struct containment_key key = {.value = {[CONT_SIGNATURE] = "a"}};
	struct containment_share out = containment_share(&c, &key, NULL);
	struct containment_share kept = containment_share(&c, &key, "kept out");
	size_t n;

	ck_assert_uint_eq(out.n, 2);
	ck_assert_uint_eq(out.of, 3);
	ck_assert_uint_eq(kept.n, 1);
	ck_assert_double_eq_tol(containment_median(&c, &key, CONT_FLOW_PACKETS, &n), 6, 1e-9);
	ck_assert_uint_eq(n, 2);
	ck_assert_double_eq_tol(containment_total(&c, &key, CONT_COMPARED), 180, 1e-9);
	containment_clear(&c);
}
END_TEST

/* Twenty settings of two repetitions are two trials: all kept out is 2 of 2, not 40 of 40. */
START_TEST(test_interval_over_trials)
{
	char rows[20 * 2 * 160] = "";
	struct containment c;
	struct containment_key key = {0};
	struct containment_share s;
	struct interval two = wilson95(2, 2), forty = wilson95(40, 40);

	for (int i = 0; i < 20; i++)
		strcat(rows,
		       ROW("@1", "a", "4", "kept out", "-") ROW("@2", "a", "4", "kept out", "-"));
	c = read_rows(rows);
	s = containment_share(&c, &key, "kept out");
	ck_assert_uint_eq(s.n, 40);
	ck_assert_double_eq_tol(s.ci.low, two.low, 1e-9);
	ck_assert(s.ci.low < forty.low);
	s = containment_share(&c, &key, "in");
	ck_assert_double_eq_tol(s.ci.high, wilson95(0, 2).high, 1e-9);
	containment_clear(&c);
}
END_TEST

START_TEST(test_reasons)
{
	struct containment c = read_rows(
		ROW("@1", "a", "4", "cut off", "too late by 0.1 s") ROW("@2", "a", "8", "cut off",
									"too late by 3.5 s")
			ROW("@3", "a", "8", "cut off", "another way: in over 443, then seen"));
	struct containment_key key = {0};
	size_t n;

	ck_assert_str_eq(containment_reason(&c, &key, "cut off", &n), "too late by 0.1 s");
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(containment_reason(&c, &key, "in", &n), "-");
	ck_assert_uint_eq(n, 0);
	containment_clear(&c);
}
END_TEST

/* Each setting is met once, at its first row. */
START_TEST(test_first)
{
	static const enum containment_column by[] = {CONT_SIGNATURE, CONT_VERSION};
	struct containment c = read_rows(ROW("@1", "a", "4", "in", "-") ROW(
		"@1", "b", "4", "in", "-") ROW("@2", "a", "4", "in", "-"));
	struct containment_key key = {0};

	ck_assert(containment_first(&c, 0, &key, by, 2));
	ck_assert(containment_first(&c, 1, &key, by, 2));
	ck_assert(!containment_first(&c, 2, &key, by, 2));
	containment_clear(&c);
}
END_TEST

UNIT(containment)
{
	unit_case(tc, test_shares);
	unit_case(tc, test_interval_over_trials);
	unit_case(tc, test_reasons);
	unit_case(tc, test_first);
}
