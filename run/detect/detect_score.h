/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_DETECT_SCORE_H
#define RUN_DETECT_DETECT_SCORE_H

#include <stdbool.h>

#include "base/err.h"
#include "detector/detector.h"
#include "results/score/score.h"

/* An event of the detector as a detection for scoring. */
void detection_of_event(struct detection *v, const struct detection_event *ev);
/* A detection_fn that adds the event to its @arg, a struct detections. */
void detection_collect(void *arg, const struct detection_event *ev);

/**
 * detect_capture() - run all signatures of @set over one capture file
 * @v:	Detections are added here
 * @x:	Flows are added here; NULL = not wanted
 *
 * Return: 0; -1 with @e set when the file was unreadable from some point on: what was read before
 * is there.
 */
int detect_capture(const struct signature_set *set, const char *path, struct detections *v,
		   struct flow_index *x, struct err *e);

/* The same with each of the @n sets, of one signature each, as if it ran by itself; detections are added set by set. @all:
 * the signatures of all of them. One detector has them all where that can make no difference; else each has its own,
 * and a small capture is read once for all of these. */
int detect_sets(const struct signature_set *all, struct signature_set *const *sets, size_t n,
		const char *path, struct detections *v, struct flow_index *x, struct err *e);

/* Gives the @n detectors of @d all packets of a capture file and ends their input. @x as above; *@packets: how many. Warns
 * where time steps back. Return as above. */
int detect_feed(struct detector *const *d, size_t n, const char *path, struct flow_index *x,
		uint64_t *packets, struct err *e);

/* As detect_capture(), with any callback. */
int detect_with(const struct signature_set *set, const char *path, detection_fn *fn, void *arg,
		struct flow_index *x, struct err *e);

/* Captures without Skype are scored as one cell, and each false positive names its capture as its
 * reason: gives the claims of @t, from @from on, the name of the file @path. */
#define NEGATIVES_CELL "negatives"
void name_negatives(struct score_table *t, size_t from, const char *path);

/* Names, revisions and applications of a set as arrays for struct score_input. @detector: whose they
 * are, NULL = this program's own; @applications: NULL = nobody knows; @hosts_only, @no_sessions: as
 * there. */
struct signature_list {
	const char *detector;
	bool hosts_only, no_sessions;
	const char **names;
	const char **revisions; /* (owned texts) */
	const char **applications;
	size_t n;
};
/* Makes the members of @in that speak of what was under test. The list must outlive it. */
void signature_list_use(const struct signature_list *l, struct score_input *in);
void signature_list_of(const struct signature_set *set, struct signature_list *out);
void signature_list_free(struct signature_list *l);
/* score_cell() of what @set under test claimed: @in without the members that speak of it. */
int score_of_set(struct score_table *t, const struct signature_set *set,
		 const struct score_input *in, struct err *e);
/* Whether some signature of the list may claim the target; else @e says what they look for. */
bool signature_list_wanted(const struct signature_list *l, const char *target, struct err *e);
bool signature_set_wanted(const struct signature_set *set, const char *target, struct err *e);

#endif
