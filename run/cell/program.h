/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_PROGRAM_H
#define RUN_CELL_PROGRAM_H

#include "base/err.h"
#include "base/loop.h"
#include "base/label.h"
#include "lab/lab.h"

/**
 * struct program - a real program that runs in a cell, and the truth its user declares
 * @argv:	NULL-terminated
 * @node:	Lab node it runs on ("caller-h1")
 * @label:	Declared label (label_valid()) of every flow of that node that no other source claims
 * @version:	Declared traffic version ("" = none)
 * @reason:	Words for the label's reason
 */
struct program {
	char *const *argv;
	const char *node;
	const char *label;
	const char *version;
	const char *reason;
};

/* A started program. */
struct program_run {
	struct loop *loop;
	int pidfd, pid;
	int status; /* as waitpid() gives it, after it ended */
	void (*ended)(void *arg);
	void *arg;
};

/* Starts it with the standard streams of this process; @ended is called when it ends. 0, or -1 with
 * @e set. */
int program_start(struct program_run *r, const struct program *p, struct lab *lab,
		  struct loop *loop, void (*ended)(void *arg), void *arg, struct err *e);
/* Kills it if it still runs, and frees. Safe on a zeroed struct. */
void program_stop(struct program_run *r);

#endif
