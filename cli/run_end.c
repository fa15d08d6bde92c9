// SPDX-License-Identifier: GPL-2.0-or-later
/* run_end.c - how `run` and `capture` end */
#include "cli/command/failure.h"
#include "cli/run_end.h"

enum command_end command_end_of_run(enum run_end end, struct err *e)
{
	switch (end) {
	case RUN_DONE:
		return COMMAND_DONE;
	case RUN_INVALID:
		return COMMAND_FINDING;
	case RUN_DAMAGED:
		return failure_reported(e, EXIT_USAGE);
	case RUN_FAILED:
		break;
	}
	return COMMAND_FAILED;
}
