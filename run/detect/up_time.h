/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_UP_TIME_H
#define RUN_DETECT_UP_TIME_H

#include <stdint.h>

#include "detector/detector.h"

#define LATEST_MS (INT64_MAX / 1000000) /* a time in ns of more than that does not exist */

/* Sets the times of @r, whose first and last packets were so many ms after the exporter started, by a clock of 32 bits that
 * begins anew after 49.7 days. @started_ms, @sent_ms: when it started, which may be before 1970, and when the record was
 * sent, in ms since 1970; each at most LATEST_MS. NULL, or what the record lacks. */
const char *up_time_read(int64_t started_ms, int64_t sent_ms, uint32_t first, uint32_t last,
			 struct flow_record *r);

#endif
