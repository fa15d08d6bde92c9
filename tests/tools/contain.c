// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * contain.c - runs a program contained, for the tests, and says how it ended
 *
 *	contain [wall=S] [cpu=S] [memory=MIB] [output=MIB] [files=N] [processes=N] [out=DIR]
 *		[printed=NAME] [hidden=DIR] [read=FROM:AT]... -- PROGRAM [ARGUMENT...]
 *
 * Prints a line "NAME VALUE" for each member of the result. Exits 0, or as the error says.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/foreign/contained.h"

#define MIB (1ULL << 20)

static struct contained_read reads[16];
static const char *hidden[2];

static const char *value(const char *word, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(word, name, n) && word[n] == '=' ? word + n + 1 : NULL;
}

static int option(struct contained_job *job, char *word)
{
	const char *v;
	char *colon;

	if ((v = value(word, "wall")))
		job->limits.wall_seconds = atof(v);
	else if ((v = value(word, "cpu")))
		job->limits.cpu_seconds = atof(v);
	else if ((v = value(word, "memory")))
		job->limits.memory_bytes = (uint64_t)atoll(v) * MIB;
	else if ((v = value(word, "output")))
		job->limits.output_bytes = (uint64_t)atoll(v) * MIB;
	else if ((v = value(word, "files")))
		job->limits.files = (unsigned)atoi(v);
	else if ((v = value(word, "processes")))
		job->limits.processes = (unsigned)atoi(v);
	else if ((v = value(word, "out")))
		job->out = v;
	else if ((v = value(word, "printed")))
		job->printed = v;
	else if ((v = value(word, "hidden")))
		hidden[0] = v;
	else if ((v = value(word, "read")) && (colon = strchr(word, ':')) &&
		 job->n_reads < ARRAY_LEN(reads)) {
		*colon = '\0';
		reads[job->n_reads++] = (struct contained_read){v, colon + 1};
	} else
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct contained_job job = {.reads = reads, .hidden = hidden};
	struct contained_result r;
	struct err e = {0};
	char text[200];
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (option(&job, argv[i]) < 0)
			break;
	if (i + 1 >= argc || strcmp(argv[i], "--") != 0) {
		fprintf(stderr, "contain: what is '%s'?\n", i < argc ? argv[i] : "");
		return EXIT_USAGE;
	}
	job.argv = argv + i + 1;
	if (contained_run(&job, &r, &e) < 0) {
		log_error("%s", e.msg);
		return (int)e.code;
	}
	contained_describe(&job, &r, text, sizeof(text));
	printf("end %s\nlast %s\n", text, r.last_line);
	printf("wall_ms %" PRIu64 "\ncpu_ms %" PRIu64 "\npeak_kib %" PRIu64 "\n",
	       r.wall_ns / 1000000, r.cpu_ns / 1000000, r.peak_bytes / 1024);
	printf("bytes %" PRIu64 "\nfiles %u\nleft %u\ntries %" PRIu64 "\ndigest %s\n",
	       r.output_bytes, r.output_files, r.output_left, r.network_tries, r.digest);
	return 0;
}
