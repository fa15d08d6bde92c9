/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SCENARIO_SCHEMA_H
#define RUN_SCENARIO_SCHEMA_H

#include "base/err.h"
#include "run/scenario/scenario.h"

/* Reads a file by the schema, with defaults for what it leaves out; names of data files are not yet
 * looked up (see check.h). NULL with @e set ("file:line: what"). */
struct scenario *scenario_read(const char *path, struct err *e);
/* A deep copy; only the library is shared. Free with scenario_free(). */
struct scenario *scenario_copy(const struct scenario *s);
void scenario_free(struct scenario *s); /* NULL is allowed */

/* The text of a mode as a scenario writes it, for parsing the values of an axis: "manual",
 * "automatic", "wrong". 0, or -1 when it is none of them. */
int scenario_login_parse(const char *text, enum login_mode *out);
/* Where a proxy is: "none", "lan", "dmz". */
int scenario_proxy_parse(const char *text, enum lab_proxy *out);
const char *scenario_proxy_text(enum lab_proxy p);

#endif
