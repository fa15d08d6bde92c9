/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_MERGED_H
#define OPERATOR_VIEW_MERGED_H

#include <signal.h>

#include "base/err.h"
#include "operator/merge/merge.h"

/**
 * struct merged_view - what to show of a merge
 * @inputs:	Names of what is merged, @input_count
 * @stop:	Ends it when it is not 0
 * @opened:	Called with @arg when everything is open and nothing was read; -1 with @e set ends it
 * @second:	Called each second with @arg; -1 with @e set ends it
 */
struct merged_view {
	const char *const *inputs;
	size_t input_count;
	const volatile sig_atomic_t *stop;
	int (*opened)(void *arg, struct err *e);
	int (*second)(void *arg, struct err *e);
	void *arg;
};

/* Merges and shows it on the terminal, until the user ends it; also when all inputs have ended. 0, or -1
 * with @e set. */
int merged_view(struct merge *m, const struct merged_view *what, struct err *e);

#endif
