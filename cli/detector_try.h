/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_DETECTOR_TRY_H
#define CLI_DETECTOR_TRY_H

#include "cli/command/command.h"

/* Runs the detector @name over @capture; @rules, @keep: see foreign_job. Prints what it found on
 * standard output and how it went on standard error. COMMAND_FINDING when the detector failed. */
enum command_end detector_try(const char *name, const char *capture, const char *rules,
			      const char *keep, struct err *e);

#endif
