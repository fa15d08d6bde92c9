/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_LIMITS_PART_SCORES_H
#define RUN_LIMITS_PART_SCORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "detector/detector.h"
#include "results/score/table.h"

/* What a detector finds that gets a part of the traffic. */

/* In which way it gets less; the level of it is a number. */
enum part_axis {
	PART_LATE,    /* the first so many seconds are cut off */
	PART_PACKETS, /* one packet in so many, at random */
	PART_FLOWS,   /* one flow in so many */
	PART_SNAPLEN, /* so many bytes of each frame */
	PART_AXES
};

#define PART_AXIS_LEVELS 64 /* the most of one axis */
#define PART_LEVELS	 (PART_AXES * PART_AXIS_LEVELS)

struct part_level {
	enum part_axis axis;
	double value;
};

/**
 * struct part_request - what is watched, and in which parts
 * @paths:	Run directories, captures with labels, folders of captures; @n
 * @vantage:	Of runs; "caller.lan"
 * @set:	The signatures
 * @target:	What they look for
 * @levels:	By axis, those of one axis rising; @levels_n
 * @looks:	How many times each trial is sampled where chance chooses; 1 or more
 * @seed:	Of these choices
 */
struct part_request {
	const char *const *paths;
	size_t n;
	const char *vantage;
	const struct signature_set *set;
	const char *target;
	struct part_level levels[PART_LEVELS];
	size_t levels_n;
	unsigned looks;
	uint64_t seed;
};

/* Tables of scores by level: of all that passed, seen or not (NULL: of who begins late), and of what the
 * part holds (NULL where that is the same: of frames cut short). Of a sampled level every trial was added
 * part_looks() times. */
struct part_scores {
	const struct part_request *q;
	struct score_table *passed[PART_LEVELS], *kept[PART_LEVELS]; /* (owned) */
	size_t captures, runs;					     /* that were read */
};

/* How many times each trial was looked at on a level. */
unsigned part_looks(const struct part_request *q, const struct part_level *l);
/* *@damaged: a capture could not be used, or not be read to its end, and was reported. 0; -1 with @e set,
 * also when nothing could be used. part_scores_clear() in either case. @q must outlive @s. */
int part_scores_read(struct part_scores *s, const struct part_request *q, bool *damaged,
		     struct err *e);
void part_scores_clear(struct part_scores *s);

#endif
