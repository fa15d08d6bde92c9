/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DRAFT_FOLDS_H
#define RUN_DRAFT_FOLDS_H

#include "analysis/draft/material.h"
#include "analysis/draft/draft.h"
#include "detector/detector.h"
#include "run/draft/sources.h"

/* Which flows are kept apart together. */

#define FOLDS_MOST 5

enum fold_by { FOLD_NOTHING, FOLD_CAPTURES, FOLD_HOSTS };

/**
 * struct folds - by what, and how many
 * By captures: a recorded capture or a cell, with all vantages and hosts, is in one fold. By hosts: there
 * is one capture with several. Nothing: there is one host.
 */
struct folds {
	enum fold_by by;
	uint32_t n;
};

/* Sets the fold of every flow and host. */
struct folds folds_set(const struct draft_sources *s, struct draft_material *m);
/* The fold of a capture; by hosts DRAFT_ALL, it is in every one, but for captures without labels. */
uint32_t fold_of_capture(const struct folds *f, const struct draft_sources *s, size_t capture);
/* The labels by which a capture is scored in a fold: by hosts, other hosts' flows are as if nobody knew
 * what they are. (owned) */
struct labels *fold_labels(const struct folds *f, uint32_t fold, const struct draft_sources *s,
			   size_t capture, const struct draft_material *m);
/* "5 folds of captures and cells" */
const char *folds_text(const struct folds *f, char buf[64]);

#endif
