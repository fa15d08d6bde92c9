/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_SCENARIO_PRIVATE_H
#define CLI_SCENARIO_PRIVATE_H

/* What the files of scenario*.c know of each other. */
#include "run/scenario/scenario.h"

/* A file by its schema, with defaults, unchecked. NULL with @e set. */
struct scenario *scenario_read(const char *path, struct err *e);
struct scenario *scenario_copy(const struct scenario *s);

/* What the schema cannot say, and every data file that any cell of the matrix would use. */
int scenario_check(const struct scenario *s, struct err *e);
/* One value of include line @x. */
int scenario_check_include(const struct scenario *s, unsigned x, const char *axis,
			   const char *value, struct err *e);

/* Gives a name like "caller.firewall" its value. 0, or -1 when there is nothing of that name or the
 * value does not fit. */
int scenario_set(struct scenario *s, const char *name, const char *value);
struct scenario_site *scenario_site(const struct scenario *s, const char *name, size_t len);
struct scenario_client *scenario_client(const struct scenario *s, const char *name, size_t len);

#endif
