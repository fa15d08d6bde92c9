/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FOREIGN_LIVE_H
#define RUN_FOREIGN_LIVE_H

#include <stddef.h>
#include <stdio.h>

#include "run/foreign/foreign.h"

/* A detector that reads an interface while traffic flows. */
struct foreign_live;

/* Starts one that can (a->live); it reads when this returns, or has failed, which is said at the
 * end. job->capture is not looked at. @a and @job stay as they are until foreign_live_end(). NULL
 * with @e set, as foreign_detect(). */
struct foreign_live *foreign_live_start(const struct adapter *a, const struct foreign_job *job,
					struct err *e);
/* An Ethernet frame for its interface. */
void foreign_live_frame(struct foreign_live *l, const void *frame, size_t len);
/* There are no more frames. Returns at once. */
void foreign_live_no_more(struct foreign_live *l);
/* How many frames it was given, and how many of them did not arrive at its interface. */
struct foreign_frames {
	uint64_t given, lost;
};
/* Waits for its end, frees; @list, @out and the return value as of foreign_detect(). */
int foreign_live_end(struct foreign_live *l, struct detections *list, struct foreign_result *out,
		     struct foreign_frames *frames, struct err *e);

/* How many flows two lists of detections say the same of, and how many not. */
struct live_compared {
	uint64_t same, differ;
};
/* Compares by flow and application what a detector says of a capture with what it said live, and
 * writes a line for each flow with a difference: @before, protocol, two ends, what it said of the
 * file, and live ("none" = nothing), separated by tabs. Times are not compared. */
struct live_compared live_compare(const struct detections *file, const struct detections *live,
				  const char *before, FILE *f);

#endif
