/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_COMMAND_H
#define RUN_RUN_COMMAND_H

#include "run/runner.h"

/* The command line that asks for the cells of @o, all of them, as a shell reads it: without directory,
 * jobs, shard and report (owned). */
char *run_command_of(const struct run_options *o);

#endif
