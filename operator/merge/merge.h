/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_MERGE_H
#define OPERATOR_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "operator/merge/join.h"
#include "operator/picture.h"
#include "operator/watch/opener.h"

#define MERGE_INPUTS 256

/**
 * struct merge_options - what to merge
 * @inputs:	Files, named pipes, "-": from the clients' side outwards; first @input_count (1 to
 *		MERGE_INPUTS)
 * @once:	Read what is there to its end; else files are followed as by tail -F
 * @skew_ns:	The most that two sensors' clocks differ; 0 = 1 s
 * @eve:	Where merged events go, a line each; NULL = nowhere (the caller's)
 * @picture:	Limits of the picture; NULL = the defaults
 */
struct merge_options {
	const char *const *inputs;
	size_t input_count;
	bool once;
	uint64_t skew_ns;
	FILE *eve;
	const struct picture_limits *picture;
};

/* @sightings, @blocks, @other: Lines that are sightings, that are about blocks, and lines of other programs;
 * @bad: none of these. */
struct merge_counts {
	uint64_t sightings, blocks, other, bad, torn, long_lines, replaced, cut;
};

/* Several sensors' EVE, one picture. Not locked: one thread. */
struct merge;

/* Opens all inputs; strings and streams of @options stay the caller's. (owned) by the caller; NULL with
 * @e set. */
struct merge *merge_open(const struct merge_options *options, struct err *e);
/* Before this process may open files no more: those that are followed are opened anew by @opener, whose
 * inputs are the options'. If that ends, so does the merge. */
void merge_opener(struct merge *m, struct opener *opener);
/* Reads what there is, waiting at most @wait_ms for it. 1 = there may be more; 0 = all inputs have ended
 * and all of them is in the picture; -1 with @e set: events cannot be written, or files not opened. */
int merge_step(struct merge *m, int wait_ms, struct err *e);
/* Now, as sensors have it: the time of the newest sighting, so that old files are taken as they were; the
 * clock's where that is of the last hour, so that time passes while sensors are silent. 0 = nothing was
 * seen yet. */
uint64_t merge_now_ns(const struct merge *m);
const struct picture *merge_picture(const struct merge *m);
struct merge_counts merge_counts(const struct merge *m);
struct join_counts merge_join_counts(const struct merge *m);
void merge_close(struct merge *m);

#endif
