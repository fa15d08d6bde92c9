/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_LAB_VERIFY_H
#define CLI_LAB_VERIFY_H

#include "cli/command/command.h"
#include "lab/verify/verify.h"

/* `skypelab lab verify`: probes, and prints the grids. COMMAND_FINDING on any difference. */
enum command_end verify_labs(const struct lab_verify_options *o, struct err *e);

#endif
