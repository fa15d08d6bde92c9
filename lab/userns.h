/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_USERNS_H
#define LAB_USERNS_H

#include <stdbool.h>

#include "base/err.h"

/* Both move this process, which has one thread, into a new user namespace and into the further new
 * namespaces of @also (CLONE_NEWNS ...), which belong to it. */

/* The user of before is @inside there (0 = root), with every capability, and nobody else exists. 0,
 * or -1 with @e set. */
int userns_of_self(unsigned inside, int also, struct err *e);
/* For root: every user of before is himself there. 0, or -1 with errno set; when geteuid() is then
 * another than before, the process is inside all the same, as nobody in particular. */
int userns_of_all(int also);

/* Whether the user @id exists in this user namespace. */
bool userns_has(unsigned id);

/* The kernel refused @what with errno @code: sets @e to the switch that forbids it and the command
 * that changes it; -1. */
int userns_refused(const char *what, int code, struct err *e);
/* True when / is not among the mounts: the root was changed by chroot(2) alone. */
bool userns_in_chroot(void);

#endif
