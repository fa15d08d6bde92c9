/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_OF_CAPTURE_H
#define RUN_CELL_OF_CAPTURE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "results/score/table.h"

/* What a capture in a cell's folder is. */
struct cell_capture {
	enum traffic_source source; /* SOURCE_NONE = of both sources */
	char *truth;		    /* (owned) its truth file */
	char *events;		    /* (owned) what happened, NULL = nobody reported it */
	uint64_t watched_s;	    /* as in struct score_input */
	char *vantage;		    /* (owned) */
	char *traffic_version;	    /* (owned) */
	char *target;		    /* (owned) the run's */
};

/* Whether @path is a capture that a run left in the folder of a cell; @out is then filled and freed
 * with cell_capture_clear(). */
bool cell_of_capture(const char *path, struct cell_capture *out);
/* Where to look in a cell when nobody says it: caller.lan, else the first inside of a gateway (SITE.lan) by name, where
 * no NAT hides who it was, else the first by name. @taps: those of its cell.json. NULL = it has none. */
const char *cell_default_vantage(json_t *taps);
void cell_capture_clear(struct cell_capture *c);

#endif
