/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_UNDER_TEST_ETHERNET_H
#define RUN_UNDER_TEST_ETHERNET_H

#include "base/err.h"

/**
 * struct ethernet_copy - a capture as a foreign detector can read it
 * @path:	The capture itself, or its copy
 * @folder:	(owned) That the copy has to itself; NULL = there is none
 */
struct ethernet_copy {
	char *path; /* (owned) */
	char *folder;
};

/* Makes a copy with Ethernet headers, in a folder below @scratch, where the capture is of Linux's cooked
 * frames, version 2; any other capture stands for itself. 0, or -1 with @e set. Free it with
 * ethernet_copy_clear() in either case. */
int ethernet_copy_of(struct ethernet_copy *c, const char *capture, const char *scratch,
		     struct err *e);
void ethernet_copy_clear(struct ethernet_copy *c);

#endif
