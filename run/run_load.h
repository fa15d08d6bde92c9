/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_LOAD_H
#define RUN_RUN_LOAD_H

#include "base/err.h"
#include "run/workers.h"

/* Loads what r->o asks for: all cells of the run, none of them done. 0, or -1 with @e set. */
int runner_load(struct runner *r, struct err *e);
void runner_free(struct runner *r);

#endif
