/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_MISSES_H
#define RUN_RUN_MISSES_H

#include "detector/engine/reach.h"
#include "results/score/labels.h"
#include "results/score/table.h"

/* Missed flows by the condition that failed first. */
struct run_misses;

/* Of the claims of @t about flows at @vantage that our own signatures missed. All must outlive it. Never NULL. */
struct run_misses *run_misses_new(const struct signature_set *set, const struct score_table *t,
				  const char *vantage);
void run_misses_free(struct run_misses *m);
/* The cell whose capture is read next. */
void run_misses_cell(struct run_misses *m, const char *cell);
/* A reach_wanted_fn: a flow of the target, and how far every rule came on it. */
void run_misses_note(void *arg, const struct label *row, const struct reach_note *notes);
/* Writes misses.tsv, skypelab-run-directory(5). 0, or -1 with @e set. */
int run_misses_write(const struct run_misses *m, const char *path, struct err *e);

#endif
