/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_WATCH_MERGE_H
#define CLI_WATCH_MERGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* What `skypelab watch --merge` is asked for: @inputs from the clients' side outwards; @skew in seconds,
 * 0 = the default; @view: shown on the terminal, nothing is printed; @user as for privilege_drop(). */
struct watch_merge_wish {
	const char *const *inputs;
	size_t n;
	const char *eve, *user;
	double skew;
	bool once, view;
};

/* Merges until a signal, or until all inputs have ended, and prints the picture. 0, or -1 with @e set. */
int watch_merge(const struct watch_merge_wish *wish, struct err *e);

#endif
