/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_AXES_H
#define RESULTS_AXES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The settings of a row that have no member of their own: every other axis of its scenario, as
 * "host_cache=known\tlogin=manual", sorted by name. Names are those of the columns in the files: an
 * axis of a scenario with '.' and '-' as '_'. "" = no such axis.
 */

struct score_table;

/* The text of @n axes (owned). Names are those of the scenario; values "" and "-" are left out. */
char *axes_text(const char *const *names, const char *const *values, size_t n);
/* The value of an axis, *len bytes from the result on; NULL = it has none. */
const char *axes_value(const char *axes, const char *name, size_t *len);
/* Only the @n named axes of a text (owned). */
char *axes_keep(const char *axes, const char *const *names, size_t n);
/* The names of all axes of a table's rows, sorted: (owned, and each) *n long. */
char **axes_names(const struct score_table *t, size_t *n);
void axes_names_free(char **names, size_t n);

#endif
