/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_RUN_END_H
#define CLI_RUN_END_H

#include "cli/command/command.h"
#include "run/runner.h"

/* How a command ends that ran a scenario. */
enum command_end command_end_of_run(enum run_end end, struct err *e);

#endif
