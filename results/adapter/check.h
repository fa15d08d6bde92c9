/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_CHECK_H
#define RESULTS_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "results/adapter/adapter.h"

/* What a verdict that says nothing is called in a definition. */
#define ADAPTER_NONE "none"

/* Checks what a schema cannot. 0, or -1 with @e set: "file:line: what". */
int adapter_check(const struct adapter *a, struct err *e);
/* Whether a pattern is a range "FIRST..LAST" of whole numbers. */
bool adapter_range(const char *pattern, uint64_t *first, uint64_t *last);

#endif
