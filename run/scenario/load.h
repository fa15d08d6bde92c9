/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SCENARIO_LOAD_H
#define RUN_SCENARIO_LOAD_H

#include "base/err.h"
#include "run/scenario/scenario.h"

/* Reads a scenario, a name of scenarios/ or the path of a file (base/datadir.h), checks everything that can be checked without a lab, and parses the data
 * files that any cell of its matrix uses. Free with scenario_free(). NULL with @e set ("file:line:
 * what"). */
struct scenario *scenario_load(const char *name, struct err *e);

#endif
