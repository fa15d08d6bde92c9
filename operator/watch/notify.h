/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_WATCH_NOTIFY_H
#define OPERATOR_WATCH_NOTIFY_H

#include "operator/watch/sinks.h"

/* Tells the service manager that started the program (sd_notify(3), variable NOTIFY_SOCKET) when it is ready,
 * reloads, is alive, and stops. Fills @sink and returns 0; 1 when nobody wants to know; -1 with @e set. To be
 * called once, before there are threads. */
int notify_open(struct watch_sink *sink, struct err *e);

#endif
