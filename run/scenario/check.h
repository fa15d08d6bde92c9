/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SCENARIO_CHECK_H
#define RUN_SCENARIO_CHECK_H

#include "base/err.h"
#include "run/scenario/setting.h"

/* Checks a scenario as read and loads every data file that it or its matrix names into its library;
 * the parsed files stand beside their names afterwards. 0, or -1 with @e set: "file:line: what". */
int scenario_check(struct scenario *s, struct err *e);
/* Does a setting fit the scenario it is for? 0, or -1 with @e set (without file and line). */
int scenario_check_setting(const struct scenario *s, const struct setting *v, struct err *e);

#endif
