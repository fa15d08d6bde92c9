/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FRESH_SCRATCH_H
#define RUN_FRESH_SCRATCH_H

#include "base/err.h"

/**
 * struct scratch - a folder below /tmp that goes with this process, however it ends
 * @dir:	(owned) NULL = there is none
 * @janitor:	Who removes it when this process is killed
 */
struct scratch {
	char *dir;
	int janitor;
};

/* Makes "/tmp/skypelab-NAME.XXXXXX". 0, or -1 with @e set. */
int scratch_make(struct scratch *s, const char *name, struct err *e);
/* Removes it; waits for all children of this process. */
void scratch_remove(struct scratch *s);

#endif
