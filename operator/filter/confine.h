/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_CONFINE_H
#define OPERATOR_FILTER_CONFINE_H

#include "base/err.h"

/* Takes from this process all that changing rules over open sockets does not need: it becomes @user
 * (NULL = nobody), keeps CAP_NET_ADMIN alone, and may make only the few system calls of its loop. It
 * is killed when its parent ends. 0, or -1 with @e set. */
int filter_confine(const char *user, struct err *e);

#endif
