// SPDX-License-Identifier: GPL-2.0-or-later
/* t_foreign.c - running a program contained: what it sees, what comes out, what is measured. What a
 * hostile one may not do is in tests/e2e/foreign-contained.sh, for root and an ordinary user. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/inner.h"
#include "base/outfile.h"
#include "base/path.h"
#include "run/foreign/arguments.h"
#include "run/foreign/contained.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/skypelab-foreign.XXXXXX";
static char *out; /* below @folder */

static void begin(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	out = path_in(folder, "out");
	ck_assert_int_eq(mkdir(out, 0755), 0);
}

static void end(void)
{
	remove_tree(folder);
	free(out);
}

static void put(const char *name, const char *content)
{
	char *path = path_in(folder, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(content, f);
	fclose(f);
	free(path);
}

/* Runs a line of shell; @job may have anything but argv. What it printed, (owned). */
static char *shell(const char *line, struct contained_job job, struct contained_result *r)
{
	char *argv[] = {"/bin/sh", "-c", (char *)line, NULL};
	char *path = path_in(out, "printed"), *text;
	struct err e = {0};

	unlink(path);
	job.argv = argv;
	job.out = out;
	job.printed = "printed";
	ck_assert_msg(contained_run(&job, r, &e) == 0, "%s", e.msg);
	text = read_file(path, NULL, &e);
	ck_assert_msg(text != NULL, "%s", e.msg);
	free(path);
	return text;
}

START_TEST(hidden_folders_are_empty)
{
	char *all, *run, *line, *text;
	struct contained_result r;
	struct err e;

	begin();
	all = path_in(folder, "all");
	run = path_in(all, "run");
	ck_assert_int_eq(make_dirs(run, &e), 0);
	put("all/run/truth.tsv", "truth\n");
	put("all/model", "model\n");
	line = xasprintf("cat %s/model; ls %s", all, run);
	for (int hide = 0; hide < 2; hide++) {
		const char *const hidden[] = {hide ? run : NULL, NULL};
		const struct contained_read shown = {all, all};

		text = shell(
			line,
			(struct contained_job){.reads = &shown, .n_reads = 1, .hidden = hidden},
			&r);
		ck_assert_str_eq(text, hide ? "model\n" : "model\ntruth.tsv\n");
		ck_assert_int_eq(r.status, 0);
		free(text);
	}
	free(line);
	free(run);
	free(all);
	end();
}
END_TEST

/* Root's program runs as nobody, and reads a capture that only root may read. */
START_TEST(a_private_capture_is_shown)
{
	struct contained_read shown = {NULL, CONTAINED_CAPTURE};
	struct contained_result r;
	char *path, *text;

	begin();
	put("capture", "packets\n");
	path = path_in(folder, "capture");
	ck_assert_int_eq(chmod(path, 0600), 0);
	shown.from = path;
	text = shell("cat " CONTAINED_CAPTURE,
		     (struct contained_job){.reads = &shown, .n_reads = 1}, &r);
	ck_assert_str_eq(text, "packets\n");
	free(text);
	free(path);
	end();
}
END_TEST

/* What starts a program is as large as a run has become; that is not the program's. */
START_TEST(a_small_program_of_a_large_process_is_small)
{
	const size_t size = 200 << 20;
	struct contained_result r;
	char *large = xmalloc(size);

	begin();
	memset(large, 1, size);
	free(shell("echo", (struct contained_job){.limits.wall_seconds = 60}, &r));
	ck_assert_int_eq(large[size / 2], 1);
	ck_assert_msg(r.peak_bytes < 32 << 20, "%lu", r.peak_bytes);
	free(large);
	end();
}
END_TEST

START_TEST(what_a_program_takes_is_measured)
{
	const struct contained_limits roomy = {.wall_seconds = 60};
	struct contained_result r;
	char *text;

	begin();
	/* 64 MiB held, and 0.3 s computed by a child that nobody waits for. */
	text = shell("(timeout 0.3 sh -c 'while :; do :; done') & "
		     "head -c 64M /dev/zero | tail -c 64M | wc -c; sleep 0.5; echo a >b; ln -s b c",
		     (struct contained_job){.limits = roomy}, &r);
	ck_assert_str_eq(text, "67108864\n");
	ck_assert_int_eq(r.end, CONTAINED_EXITED);
	ck_assert_msg(r.peak_bytes > 60 << 20 && r.peak_bytes < 200 << 20, "%lu", r.peak_bytes);
	ck_assert_msg(r.cpu_ns > 20000000, "%lu", r.cpu_ns);
	ck_assert_msg(r.wall_ns > 500000000, "%lu", r.wall_ns);
	ck_assert_uint_eq(r.output_files, 2);
	ck_assert_uint_eq(r.output_left, 1);
	ck_assert_uint_eq(r.output_bytes, 9 + 2);
	free(text);
	end();
}
END_TEST

START_TEST(a_digest_is_of_names_and_contents)
{
	static const char *const lines[] = {"echo a >x; echo b >y", "echo b >y; echo a >x",
					    "echo b >x; echo a >y", "echo a >x; echo b >z"};
	struct contained_result r[ARRAY_LEN(lines)];

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		begin();
		free(shell(lines[i], (struct contained_job){0}, &r[i]));
		end();
		strcpy(folder + strlen(folder) - 6, "XXXXXX");
	}
	ck_assert_str_eq(r[0].digest, r[1].digest);
	ck_assert_str_ne(r[0].digest, r[2].digest);
	ck_assert_str_ne(r[0].digest, r[3].digest);
}
END_TEST

/* Without a folder its outputs stay in memory, and can be read whatever the program did to them. */
START_TEST(outputs_stay_in_memory)
{
	char *argv[] = {"/bin/sh", "-c",
			"echo a >x; chmod 0 x; ln -s /etc/passwd y; chmod 0 /out; :", NULL};
	const struct contained_job job = {.argv = argv};
	struct contained_result r;
	struct err e = {0};
	char *where, text[8] = "";
	FILE *f;

	ck_assert_msg(contained_run(&job, &r, &e) == 0, "%s", e.msg);
	ck_assert_uint_eq(r.output_files, 1);
	ck_assert_uint_eq(r.output_left, 1);
	where = xasprintf("/proc/self/fd/%d", r.outputs);
	f = inner_open(where, "x", &e);
	ck_assert_msg(f != NULL, "%s", e.msg);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	ck_assert_str_eq(text, "a\n");
	fclose(f);
	ck_assert_ptr_null(inner_open(where, "y", &e));
	contained_result_free(&r);
	ck_assert_int_lt(r.outputs, 0);
	free(where);
}
END_TEST

/* What is there already is no output, and stays. */
START_TEST(no_file_is_replaced)
{
	char *argv[] = {"/bin/sh", "-c", "echo new >kept", NULL};
	struct contained_job job = {.argv = argv};
	struct contained_result r;
	struct err e = {0};

	begin();
	job.out = out;
	put("out/kept", "old\n");
	ck_assert_int_eq(contained_run(&job, &r, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "kept"));
	end();
}
END_TEST

/* Names of the outside that the program has for itself are its own. */
START_TEST(its_own_folders_are_not_shown)
{
	static const struct contained_read reads[] = {{"/dev/null", "/dev/null"},
						      {"/proc/version", "/proc/version"}};
	struct contained_result r;
	char *text;

	begin();
	text = shell("cat /dev/null && ls -d /proc/1 && ls /dev | wc -l",
		     (struct contained_job){.reads = reads, .n_reads = ARRAY_LEN(reads)}, &r);
	ck_assert_str_eq(text, "/proc/1\n10\n");
	free(text);
	end();
}
END_TEST

START_TEST(arguments_show_what_they_name)
{
	char *items[] = {"prog",    "-r",	"{capture}",   "-S",   "{rules}",  "-o{out}/x",
			 "./model", "-m=model", "--m=./model", "/etc", "nowhere/x"};
	const struct adapter_list list = {items, ARRAY_LEN(items)};
	struct arguments_of given = {.capture = "/c"};
	struct arguments a;
	char *definition, *model;

	begin();
	put("model", "");
	definition = path_in(folder, "definition.yaml");
	model = path_in(folder, "model");
	arguments_make(&a, &list, definition, &given);
	ck_assert_str_eq(a.argv[2], CONTAINED_CAPTURE);
	ck_assert_str_eq(a.argv[3], "-o/out/x"); /* no rules: no -S */
	ck_assert_str_eq(a.argv[4], model);
	ck_assert_str_eq(a.argv[5], "-m=model"); /* no path */
	ck_assert_msg(strstr(a.argv[6], model) == a.argv[6] + 4, "%s", a.argv[6]);
	ck_assert_str_eq(a.argv[7], "/etc");
	ck_assert_str_eq(a.argv[8], "nowhere/x");
	ck_assert_ptr_null(a.argv[9]);
	ck_assert_uint_eq(a.n_reads, 2); /* the model and the capture */
	ck_assert_str_eq(a.reads[0].from, model);
	arguments_free(&a);
	given.rules = "/some.where/mine.rules";
	arguments_make(&a, &list, definition, &given);
	ck_assert_str_eq(a.argv[4], "/in/rules.rules");
	ck_assert_uint_eq(a.n_reads, 3);
	arguments_free(&a);
	given.rules = "/some.where/{rules}";
	arguments_make(&a, &list, definition, &given);
	ck_assert_str_eq(a.argv[4], "/in/rules");
	arguments_free(&a);
	free(model);
	free(definition);
	end();
}
END_TEST

/* A program that reads an interface: each frame arrives, it sees no other interface, and what it says
 * when it is asked to end is there. */
START_TEST(a_live_program_reads_frames)
{
	char *argv[] = {"/usr/bin/tcpdump", "-Unni", "mon0", "-w", "got.pcap", NULL};
	struct contained_job job = {.argv = argv, .interface = "mon0", .limits.wall_seconds = 60};
	uint8_t frame[60] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 0x88, 0xb5};
	struct contained_result r;
	struct contained *c;
	struct err e = {0};
	char *path, *text;
	size_t len;

	begin();
	job.out = out;
	c = contained_start(&job, &e);
	ck_assert_msg(c != NULL, "%s", e.msg);
	for (int i = 0; i < 500; i++) {
		frame[14] = (uint8_t)i;
		ck_assert(contained_frame(c, frame, sizeof(frame)));
	}
	ck_assert_msg(contained_end(c, &r, &e) == 0, "%s", e.msg);
	ck_assert_int_eq(r.end, CONTAINED_EXITED);
	ck_assert_uint_eq(r.interface_frames, 500);
	path = path_in(out, "got.pcap");
	text = read_file(path, &len, &e);
	ck_assert_msg(text != NULL, "%s: %s", e.msg, r.last_line);
	ck_assert_uint_eq(len, 24 + 500 * (16 + 60)); /* its header, and nothing but these frames */
	free(text);
	free(path);
	end();
}
END_TEST

static void ends_as(char *line, enum contained_end expected)
{
	char *argv[] = {"/bin/sh", "-c", line, NULL};
	struct contained_job job = {.argv = argv, .interface = "mon0", .limits.wall_seconds = 60};
	struct contained_result r;
	struct err e = {0};
	struct contained *c = contained_start(&job, &e);

	ck_assert_msg(c != NULL, "%s", e.msg);
	ck_assert_msg(contained_end(c, &r, &e) == 0, "%s", e.msg);
	ck_assert_msg(r.end == expected, "%s: %d", line, r.end);
	contained_result_free(&r);
}

START_TEST(a_live_program_may_fail)
{
	ends_as("exit 3", CONTAINED_EXITED);
	ends_as("exec no-such-program", CONTAINED_EXITED);
	ends_as("trap '' INT TERM; tcpdump -i mon0 -w x & sleep 60; sleep 60", CONTAINED_DEFIANT);
}
END_TEST

UNIT(foreign)
{
	const char *lack_tcpdump = unit_lack_of("tcpdump", "tcpdump");
	const char *lack = unit_lack_of_namespaces();

	unit_case_needing(tc, hidden_folders_are_empty, lack);
	unit_case_needing(tc, a_private_capture_is_shown, lack);
	unit_case_needing(tc, a_small_program_of_a_large_process_is_small, lack);
	unit_case_needing(tc, what_a_program_takes_is_measured, lack);
	unit_case_needing(tc, a_digest_is_of_names_and_contents, lack);
	unit_case_needing(tc, outputs_stay_in_memory, lack);
	unit_case_needing(tc, no_file_is_replaced, lack);
	unit_case_needing(tc, its_own_folders_are_not_shown, lack);
	unit_case(tc, arguments_show_what_they_name);
	unit_case_needing(tc, a_live_program_reads_frames, lack_tcpdump);
	unit_case_needing(tc, a_live_program_may_fail, lack_tcpdump);
}
