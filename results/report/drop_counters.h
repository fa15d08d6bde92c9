/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_DROP_COUNTERS_H
#define RESULTS_DROP_COUNTERS_H

#include <jansson.h>

/* The counters of @path, a cell's rules.txt, that dropped packets: for each
 * [GATEWAY, NAME, PACKETS, [[DIRECTION, PROTO, PORT, PORT, ADDRESSES]...]], its rules in their order. DIRECTION is
 * "in", "out" or "any", as the gateway sees a new flow; PROTO "udp", "tcp" or "any"; the ports those of the
 * destination; ADDRESSES a list of destinations, null where any fits. (owned) Empty when there is no such file;
 * what a rule asks that is not known here counts as met. */
json_t *drop_counters(const char *path);

#endif
