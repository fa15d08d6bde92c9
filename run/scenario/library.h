/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SCENARIO_LIBRARY_H
#define RUN_SCENARIO_LIBRARY_H

#include "base/err.h"

struct firewall;
struct nat_policy;
struct version;
struct mix;
struct filter_policy;

/* The data files that a scenario names, each parsed once. Everything that comes out of a library
 * is owned by it and lives until its last reference is dropped. */
struct library;

struct library *library_new(void); /* with one reference */
struct library *library_ref(struct library *l);
void library_unref(struct library *l); /* NULL is allowed */

/* The parsed file of a name (NAME.yaml in the folder of its kind) or path. NULL with @e set: there
 * is no such file, or "file:line: what" is wrong with it. */
const struct firewall *library_firewall(struct library *l, const char *name, struct err *e);
const struct nat_policy *library_nat(struct library *l, const char *name, struct err *e);
const struct version *library_version(struct library *l, const char *name, struct err *e);
const struct mix *library_mix(struct library *l, const char *name, struct err *e);
const struct filter_policy *library_filter(struct library *l, const char *name, struct err *e);

/* The path of the file that @parsed came from; NULL when it is not of this library. */
const char *library_path(const struct library *l, const void *parsed);

#endif
