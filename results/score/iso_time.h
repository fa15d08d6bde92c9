/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_ISO_TIME_H
#define RESULTS_ISO_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* "2006-08-25T19:32:12.123456+0000" (also +00:00, Z, or nothing for UTC) to ns since the epoch; what
 * is before 1970 is negative as int64_t. False when it is not that, or of no year that fits. */
bool iso_time_ns(const char *text, uint64_t *ns);

#endif
