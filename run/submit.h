/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SUBMIT_H
#define RUN_SUBMIT_H

#include <stdbool.h>

#include "base/err.h"
#include "run/runner.h"
#include "run/sweep/script.h"

/**
 * struct submit_request - a sweep to be given to others
 * @run:	What to run; its directory is that of the merged run
 * @engine:	To whom
 * @hosts:	Of GNU parallel
 * @shards:	In how many parts; 0 = as a calibration says
 * @jobs:	Processors for each part
 * @print:	Print the script instead of running it
 */
struct submit_request {
	const struct run_options *run;
	enum script_engine engine;
	const char *hosts;
	unsigned shards, jobs;
	bool print;
};

/* Writes RUN.shards/submit.sh and runs it, or prints it. *@status is what it ended with. 0, or -1 with
 * @e set. */
int run_submit(const struct submit_request *q, int *status, struct err *e);

#endif
