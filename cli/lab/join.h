/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_LAB_JOIN_H
#define CLI_LAB_JOIN_H

#include "base/err.h"

/* Runs a program inside a node of a lab (NULL = the only one that is up) and waits for it. @argv[0]
 * is searched in PATH. 0 with *@status set to its exit status (128 + signal when it was killed), or
 * -1 with @e set. */
int join_run(const char *lab, const char *node, char *const argv[], int *status, struct err *e);

#endif
