/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_EVADE_EVADE_H
#define RUN_EVADE_EVADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "detector/detector.h"
#include "run/detect/detect_score.h"
#include "run/evade/search.h"
#include "run/under_test/under_test.h"

/**
 * struct evade_request - what to search
 * @set:	Signatures; all look for Skype; NULL = none
 * @foreign:	Detectors of others; none at all zero
 * @version:	The client's, name or path
 * @scenario:	Name or path; its matrix has an axis version
 * @changes:	Name or path
 * @repeat:	Trials of each cell; twice as many when something is tried again
 * @together:	The most changes at once, 1 to TOGETHER_MAX
 * @tries:	The most sets of changes for one signature
 * @unit:	What the signature is to miss, as for trials_read()
 * @alone:	Only changes that the client can make alone
 * @jobs:	Cells at a time; 0 = one per CPU
 * @seed:	Of the search; what is tried again has the next one
 * @keep:	Folder to leave the runs in; NULL = none is left
 */
struct evade_request {
	const struct signature_set *set;
	const struct under_test *foreign;
	const char *version, *scenario, *changes;
	unsigned repeat, together, tries, jobs;
	enum score_unit unit;
	bool alone;
	uint64_t seed;
	const char *keep;
};

enum evade_verdict {
	EVADE_UNSEEN, /* the subject does not see the unchanged client */
	EVADE_SELDOM, /* it does, in so few trials that to miss it in all could be chance */
	EVADE_FOUND,
	EVADE_NONE, /* nothing was found within the bounds */
};

/* A signature or a detector of others that is to see nothing. */
struct evade_subject {
	const char *name;     /* as tables call it */
	const char *revision; /* or version */
};

/**
 * struct evade_answer - what the search found for one subject
 * @best:	EVADE_FOUND: the attempt, confirmed; of the result's attempts
 * @tried:	Attempts that were made for it: changes alone, and sets
 * @all:	There is no further set to try
 */
struct evade_answer {
	enum evade_verdict verdict;
	const struct attempt *best;
	size_t tried;
	bool all;
};

/* All that a search came to. */
struct evade_result {
	struct changes *changes;
	char *version; /* path of the version file */
	struct attempts attempts;
	struct signature_list names;	/* of the signatures; foreign detectors have theirs */
	struct evade_subject *subjects; /* (owned) signatures first */
	struct evade_answer *answers;	/* (owned) by subject */
	size_t n;
};

/* Searches. What @q names must outlive the result. NULL with @e set: EXIT_ENV where the lab cannot be.
 * Free with evade_free(). */
struct evade_result *evade(const struct evade_request *q, struct err *e);
void evade_free(struct evade_result *r);
/* Writes the version file with the changes of the @i-th answer. 0, or -1 with @e set. */
int evade_write_version(const struct evade_result *r, size_t i, const char *path, struct err *e);

#endif
