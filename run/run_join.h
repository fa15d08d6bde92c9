/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_JOIN_H
#define RUN_RUN_JOIN_H

#include "base/err.h"
#include "run/run_tables.h"

/* Writes the table @name of a run: the tables of that name of its valid cells, one after the other,
 * under one header. @optional: a cell may have none. 0, or -1 with @e set. */
int run_join(const struct finished_run *r, const char *name, const char *header, bool optional,
	     struct err *e);

#endif
