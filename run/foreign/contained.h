/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FOREIGN_CONTAINED_H
#define RUN_FOREIGN_CONTAINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Where a contained program finds things, whatever they are called outside. */
#define CONTAINED_OUT	  "/out"     /* what it writes here is kept; also its working folder */
#define CONTAINED_CAPTURE "/in/pcap" /* foreign.h puts the capture here */

/* What a program may use, together with what it starts. 0 = the default. */
struct contained_limits {
	double wall_seconds;   /* 300 */
	double cpu_seconds;    /* as wall_seconds, for each processor of the machine */
	uint64_t memory_bytes; /* 2 GiB, held at one time */
	uint64_t output_bytes; /* 256 MiB, in all files that are there at one time */
	unsigned files;	       /* 4096, that are there at one time */
	unsigned processes;    /* 64, threads counted */
};

/* A file or folder that the program may read: @from outside, @at inside (a path below /in, or the
 * same as @from). */
struct contained_read {
	const char *from, *at;
};

/**
 * struct contained_job - a program to run where it can harm nothing
 * @argv:	NULL-terminated, with the paths of the inside. argv[0] is searched in $PATH
 * @reads:	@n_reads things that it may read beside the system's programs, libraries and
 *		settings (/usr, /etc, /opt and the like) and argv[0] itself
 * @hidden:	NULL-terminated folders that it must not see even where they lie below one of these,
 *		such as the run's; or NULL
 * @printed:	Name that what it prints on standard output has among its output files
 * @out:	Folder that gets the regular files of its output folder when it has ended; it
 *		exists. NULL = none does: see contained_result
 * @interface:	Name of the only interface of its network, which it may read (live); NULL = it has
 *		none
 * @limits:	What it may use
 */
struct contained_job {
	char *const *argv;
	const struct contained_read *reads;
	size_t n_reads;
	const char *const *hidden;
	const char *printed;
	const char *out;
	const char *interface;
	struct contained_limits limits;
};

/* How a program ended. */
enum contained_end {
	CONTAINED_EXITED,    /* by itself: see status */
	CONTAINED_SIGNALLED, /* by a signal that nobody here sent: see status */
	CONTAINED_MISSING,   /* it cannot be run: last_line says why */
	/* It reached a limit and was killed, with all that it had started: */
	CONTAINED_TIME,
	CONTAINED_CPU,
	CONTAINED_MEMORY,
	CONTAINED_OUTPUT, /* bytes */
	CONTAINED_FILES,
	CONTAINED_PROCESSES,
	CONTAINED_DEAF,	   /* it did not begin to read its interface */
	CONTAINED_DEFIANT, /* it went on when it was asked to end */
};

/**
 * struct contained_result - how it ended, and what it took
 * @end, @status: Exit status or number of the signal
 * @last_line:	Last line of its standard error that is not empty, cut and shown as plain text
 * @wall_ns:	From its start to its end
 * @cpu_ns:	Processor time of it and all that it started
 * @peak_bytes:	Most memory that these held at one time
 * @outputs:	Its output folder itself, open, where the job has no @out: (owned),
 *		contained_result_free() closes it; -1 = none. It lies in memory and ends with this
 *		descriptor. What is in it is as the program left it: open files by inner_open()
 * @output_bytes: Size of its output files
 * @output_files: How many they are
 * @output_left: What else was in its output folder: links, folders, odd names
 * @network_tries: How often it tried to reach a network and there was none
 * @interface_frames: Live: frames that arrived at its interface
 * @digest:	SHA-256 over names and contents of its output files, sorted by name
 */
struct contained_result {
	enum contained_end end;
	int status;
	char last_line[240];
	uint64_t wall_ns, cpu_ns;
	uint64_t peak_bytes, output_bytes;
	int outputs;
	unsigned output_files, output_left;
	uint64_t network_tries, interface_frames;
	char digest[65];
};

/* Runs a program in namespaces of its own, without privilege, network and sight of anything but
 * what the job lists, and waits until it and all that it started has ended. What it did is in @out,
 * be it good or bad: 0. -1 with @e set only when it could not be tried: no namespaces here
 * (EXIT_ENV), or the job names something that is not there; then @out is empty. Works as root and
 * as an ordinary user, inside a lab's sandbox and outside, from any thread. */
int contained_run(const struct contained_job *job, struct contained_result *out, struct err *e);

void contained_result_free(struct contained_result *r);

/* A program that runs. */
struct contained;

/* Starts one that reads an interface, and returns when it does so, or has ended. The job must stay
 * as it is until contained_end(). NULL with @e set, as contained_run(). */
struct contained *contained_start(const struct contained_job *job, struct err *e);
/* An Ethernet frame arrives at its interface. Returns false when it did not. */
bool contained_frame(struct contained *c, const void *frame, size_t len);
/* Asks it to end when it has had time to take what has arrived: SIGINT, then SIGTERM. Returns at
 * once. */
void contained_ask_to_end(struct contained *c);
/* The same, then waits and frees; @out and the return value as of contained_run(). */
int contained_end(struct contained *c, struct contained_result *out, struct err *e);

/* "exit status 0", "did not end within 300 s", "more than 256 MiB of output" ...: one phrase. */
void contained_describe(const struct contained_job *job, const struct contained_result *r,
			char *text, size_t room);

#endif
