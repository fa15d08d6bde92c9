/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_MERGE_H
#define RESULTS_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "results/adapter/record.h"
#include "results/adapter/verdict.h"
#include "results/score/detections.h"

#define MERGE_FLOWS_MAX 2000000 /* that the records of one detector may name */

/* The records of a detector by flow, as they become detections. */
struct merge;

/* Records of one flow and application that overlap, or are at most @tolerance_ns apart, are one
 * detection. */
struct merge *merge_new(uint64_t tolerance_ns, const char *signature, const char *revision);
void merge_free(struct merge *m);
/* Adds what a record with a flow says. Returns the number of its applications that were in a
 * detection already; -1 with @e set: too many flows. */
int merge_add(struct merge *m, const struct record *r, const struct verdict *v, struct err *e);
uint64_t merge_flows(const struct merge *m);
/* Adds all detections to @list in the order of their times; returns how many. */
uint64_t merge_take(struct merge *m, struct detections *list);

/* A record's flow by its id, for records that say nothing but the id. */
void merge_id_note(struct merge *m, const struct record *r);
/* Fills in the flow of @r by its id, and its times where it has none. False: the id is not known. */
bool merge_id_find(const struct merge *m, struct record *r);

#endif
