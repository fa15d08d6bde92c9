/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_WATCH_DAEMON_H
#define OPERATOR_WATCH_DAEMON_H

#include "base/err.h"

/* A process that goes into the background: before anything is open it calls daemon_begin(), with
 * everything open daemon_ready(). In between messages still reach the caller, who waits. */

/* Goes on in a new process, of a new session; the caller's ends, with status 0 when the new one called
 * daemon_ready(), else with the status it ended with. 0, or -1 with @e set. */
int daemon_begin(struct err *e);
/* Writes @pid_file (NULL = none), lets go of the terminal and of the folder; messages go to syslog from
 * now on. 0, or -1 with @e set. */
int daemon_ready(const char *pid_file, struct err *e);
/* At the end: removes the pid file. */
void daemon_end(const char *pid_file);

#endif
