// SPDX-License-Identifier: GPL-2.0-or-later
/* The small values everything is built on: addresses, random numbers, tables, output files. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/number.h"
#include "base/outfile.h"
#include "base/rng.h"
#include "base/threads.h"
#include "base/tsv.h"
#include "tests/unit/unit.h"

START_TEST(endpoint_text_and_back)
{
	const char *texts[] = {"1.2.3.4:80", "[2001:db8::1]:443", "255.255.255.255:65535"};
	char buf[ENDPOINT_TEXT_LEN];
	struct endpoint e;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		ck_assert_int_eq(endpoint_parse(texts[i], &e), 0);
		ck_assert_str_eq(endpoint_text(&e, buf), texts[i]);
	}
	ck_assert_int_eq(endpoint_parse("1.2.3.4", &e), -1);
	ck_assert_int_eq(endpoint_parse("1.2.3.4:65536", &e), -1);
	ck_assert_int_eq(endpoint_parse("1.2.3:5", &e), -1);
}
END_TEST

START_TEST(every_byte_of_an_address_as_text)
{
	for (uint32_t v = 0; v < 256; v++) {
		struct ip a = ip4(v << 24 | (255 - v) << 16 | v << 8 | (v * 7 & 255)), b;
		char buf[IP_TEXT_LEN], want[IP_TEXT_LEN];

		snprintf(want, sizeof(want), "%u.%u.%u.%u", v, 255 - v, v, v * 7 & 255);
		ck_assert_str_eq(ip_text(&a, buf), want);
		ck_assert_int_eq(ip_parse(buf, &b), 0);
		ck_assert(ip_eq(&a, &b));
	}
}
END_TEST

START_TEST(private_ranges)
{
	const char *yes[] = {"10.0.0.1",    "172.16.0.1", "172.31.255.255",
			     "192.168.1.2", "100.64.0.1", "127.0.0.1",
			     "fd00::1",	    "fe80::1",	  "::1"};
	const char *no[] = {"9.255.255.255", "172.32.0.1", "192.169.0.1",
			    "100.128.0.1",   "8.8.8.8",	   "2001:db8::1"};
	struct ip a;

	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		ck_assert_msg(!ip_parse(yes[i], &a) && ip_is_private(&a), "%s", yes[i]);
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		ck_assert_msg(!ip_parse(no[i], &a) && !ip_is_private(&a), "%s", no[i]);
}
END_TEST

START_TEST(random_streams_are_named_and_repeat)
{
	struct rng a, b, c;

	rng_init(&a, 7, "x");
	rng_init(&b, 7, "x");
	rng_init(&c, 7, "y");
	ck_assert_uint_eq(rng_u64(&a), rng_u64(&b));
	ck_assert_uint_ne(rng_u64(&a), rng_u64(&c));
	for (int i = 0; i < 10000; i++) {
		uint32_t v = rng_range(&a, 1026, 1040);

		ck_assert_uint_ge(v, 1026);
		ck_assert_uint_le(v, 1040);
	}
}
END_TEST

START_TEST(outfile_is_whole_or_absent)
{
	char dir[] = "/tmp/skypelab-unit-XXXXXX", path[64];
	struct outfile o;
	struct err e;
	struct tsv *t;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/t.tsv", dir);
	ck_assert_int_eq(outfile_open(&o, path, &e), 0);
	fputs("a\tb\n1\t2\n", o.f);
	fflush(o.f);
	ck_assert_int_eq(access(path, F_OK), -1);
	outfile_abort(&o);
	ck_assert_int_eq(access(path, F_OK), -1);
	for (int i = 0; i < 2; i++) { /* the second replaces the first */
		ck_assert_int_eq(outfile_open(&o, path, &e), 0);
		fprintf(o.f, "a\tb\n%d\t2\n#note\n3\n", i);
		ck_assert_int_eq(outfile_commit(&o, &e), 0);
	}
	t = tsv_read(path, &e);
	ck_assert_ptr_nonnull(t);
	ck_assert_uint_eq(t->rows, 2);
	ck_assert_str_eq(tsv_cell(t, 0, tsv_column(t, "a")), "1");
	ck_assert_str_eq(tsv_cell(t, 1, tsv_column(t, "b")), "");
	ck_assert_uint_eq(t->lines[1], 4);
	tsv_free(t);
	remove_tree(dir);
	ck_assert_int_eq(access(dir, F_OK), -1);
}
END_TEST

/* A table that @text says, or NULL with the message in @e. */
static struct tsv *table_of(const char *text, size_t n, struct err *e)
{
	char path[] = "/tmp/skypelab-unit-XXXXXX";
	int fd = mkstemp(path);
	struct tsv *t;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, n), (int)n);
	close(fd);
	t = tsv_read(path, e);
	unlink(path);
	return t;
}

START_TEST(tables_of_other_systems)
{
	static const char *const texts[] = {"a\tb\n1\t2\n\n3\t4\n", "a\tb\r\n1\t2\r\n\r\n3\t4\r\n",
					    "a\tb\r1\t2\r\r3\t4", "\357\273\277a\tb\n1\t2\n\n3\t4"};
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct tsv *t = table_of(texts[i], strlen(texts[i]), &e);

		ck_assert_msg(t != NULL, "%zu: %s", i, e.msg);
		ck_assert_uint_eq(t->rows, 2);
		ck_assert_str_eq(tsv_cell(t, 0, tsv_column(t, "a")), "1");
		ck_assert_str_eq(tsv_cell(t, 1, tsv_column(t, "b")), "4");
		ck_assert_uint_eq(t->lines[1], 4);
		tsv_free(t);
	}
}
END_TEST

#define TABLE(text, words)                                                                         \
	{                                                                                          \
		text, sizeof(text) - 1, words                                                      \
	}

START_TEST(tables_that_are_none)
{
	static const struct {
		const char *text;
		size_t n;
		const char *words;
	} tables[] = {
		TABLE("a\tb\ta\n1\t2\t3\n", ":1: column a stands twice"),
		TABLE("\377\376a\0\t\0b\0\n\0", ": text in UTF-16; save it as UTF-8"),
		TABLE("\376\377\0a\0\t\0b\0\n", ": text in UTF-16; save it as UTF-8"),
		TABLE("a\0\t\0b\0\n\0", ":1: a NUL byte"),
		TABLE("a\tb\r1\t2\r\n3\t4\0\n", ":3: a NUL byte"),
		TABLE("a,b\n1,2\n", ":1: fields are separated by commas"),
		TABLE("\"a\"\t\"b\"\n", ":1: \"a\" is in quotes"),
		TABLE("a\tb\n\n#\n1\t2\t3\n", ":4: 3 fields, the header names 2"),
		TABLE("#only\n\n", ": empty, expected a header line"),
		TABLE("", ": empty, expected a header line"),
	};
	char wide[TSV_COLUMNS + 2], *row;
	struct err e = {0};
	struct tsv *t;

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		ck_assert_ptr_null(table_of(tables[i].text, tables[i].n, &e));
		ck_assert_msg(strstr(e.msg, tables[i].words) != NULL, "%zu: %s", i, e.msg);
	}
	/* what a spreadsheet adds: columns without a name */
	memset(wide, '\t', sizeof(wide));
	wide[0] = 'a';
	wide[sizeof(wide) - 1] = '\n';
	ck_assert_ptr_null(table_of(wide, sizeof(wide), &e));
	ck_assert_msg(strstr(e.msg, ":1: 257 columns, expected at most 256") != NULL, "%s", e.msg);
	wide[sizeof(wide) - 2] = '\n';
	t = table_of(wide, sizeof(wide) - 1, &e);
	ck_assert_msg(t != NULL, "%s", e.msg);
	tsv_free(t);
	/* a line of a million bytes */
	row = malloc(1000006);
	memset(row, 'x', 1000006);
	memcpy(row, "a\tb\n", 4);
	row[1000] = '\t';
	row[1000005] = '\n';
	t = table_of(row, 1000006, &e);
	ck_assert_msg(t != NULL, "%s", e.msg);
	ck_assert_uint_eq(strlen(tsv_cell(t, 0, 1)), 1000004 - 1000);
	tsv_free(t);
	free(row);
}
END_TEST

START_TEST(numbers_of_options)
{
	struct err e = {0};
	uint64_t n = 0;
	double d = 0;

	ck_assert_int_eq(number_whole("-j", "64", 1, 64, &n, &e), 0);
	ck_assert_uint_eq(n, 64);
	ck_assert_int_eq(number_whole("--seed", "0xff", 0, UINT64_MAX, &n, &e), 0);
	ck_assert_uint_eq(n, 255);
	ck_assert_int_eq(number_whole("--seed", "18446744073709551615", 0, UINT64_MAX, &n, &e), 0);
	for (const char **t = (const char *[]){"65", "0", "", "-1", "1.5", "2x", " 2", "many",
					       "18446744073709551616", NULL};
	     *t; t++) {
		ck_assert_int_eq(number_whole("-j", *t, 1, 64, &n, &e), -1);
		ck_assert_msg(strstr(e.msg, "expected a number from 1 to 64") != NULL, "%s", e.msg);
	}
	ck_assert_int_eq(number_whole("--seed", "18446744073709551616", 0, UINT64_MAX, &n, &e), -1);
	ck_assert_int_eq(number_real("loss", "0.5", 0, 100, &d, &e), 0);
	ck_assert_double_eq(d, 0.5);
	for (const char **t = (const char *[]){"-1", "101", "nan", "", "1,5", " 1", NULL}; *t; t++)
		ck_assert_int_eq(number_real("loss", *t, 0, 100, &d, &e), -1);
	ck_assert_int_eq(number_rate("--bps", "2.5M", &d, &e), 0);
	ck_assert_double_eq(d, 2.5e6);
	ck_assert_int_eq(number_rate("--bps", "3K", &d, &e), 0);
	ck_assert_double_eq(d, 3e3);
	for (const char **t =
		     (const char *[]){"0", "-1", "k", "1kk", "1T", "inf", "2000000G", NULL};
	     *t; t++)
		ck_assert_int_eq(number_rate("--bps", *t, &d, &e), -1);
}
END_TEST

/* How long the kernel lets this thread run at a time, in ns; 0 = it does not say (before Linux 6.12). */
static uint64_t turn_ns(void)
{
	uint64_t words[6] = {sizeof(words)}; /* struct sched_attr; sched_runtime is the fourth */

	ck_assert_int_eq(syscall(SYS_sched_getattr, 0, words, sizeof(words), 0), 0);
	return words[3];
}

static void *note_turn(void *arg)
{
	*(uint64_t *)arg = turn_ns();
	return NULL;
}

START_TEST(threads_that_wake_soon)
{
	uint64_t before = turn_ns(), after = 0;
	int nice = getpriority(PRIO_PROCESS, 0);
	pthread_t t;

	threads_wake_soon();
	ck_assert_int_eq(thread_start(&t, note_turn, &after), 0);
	pthread_join(t, NULL);
	if (before && sched_getscheduler(0) == SCHED_OTHER)
		ck_assert_uint_lt(after, before);
	ck_assert_uint_eq(after, turn_ns());
	ck_assert_int_eq(getpriority(PRIO_PROCESS, 0), nice);
}
END_TEST

UNIT(base)
{
	unit_case(tc, tables_of_other_systems);
	unit_case(tc, tables_that_are_none);
	unit_case(tc, numbers_of_options);
	unit_case(tc, endpoint_text_and_back);
	unit_case(tc, every_byte_of_an_address_as_text);
	unit_case(tc, private_ranges);
	unit_case(tc, random_streams_are_named_and_repeat);
	unit_case(tc, outfile_is_whole_or_absent);
	unit_case(tc, threads_that_wake_soon);
}
