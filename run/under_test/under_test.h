/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_UNDER_TEST_H
#define RUN_UNDER_TEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "detector/detector.h"
#include "results/adapter/adapter.h"
#include "run/detect/detect_score.h"

/**
 * struct foreign_detector - a detector under test other than our own
 * @word:	(owned) as it was named
 * @adapter:	(owned) its definition
 * @rules:	(owned) its rules, a path; NULL = none
 * @version:	"4.2.0"; "-" = it does not say
 * @list:	(owned) what tables call it: its name, or that with the name of its rules, and its version
 */
struct foreign_detector {
	char *word;
	struct adapter *adapter;
	char *rules;
	char version[16];
	struct signature_list list;
};

/* The foreign detectors of a run or a scoring; all zero = none. */
struct under_test {
	struct foreign_detector *d; /* (owned) */
	size_t n;
	bool own;      /* "skypelab" was among the words */
	json_t *facts; /* (owned) what manifests and cells say of them: word, name, version, SHA-256 of
			* definition and rules */
};

/* Loads what the @n @words name: "skypelab", a bundled definition or a file of one, with ":RULES" behind
 * it or not, and asks each for its version. No two may have one name, nor that of a signature of @set
 * (NULL = there is none): rows of tables are told apart by it. 0, or -1 with @e set. Free it with
 * under_test_free() in either case. */
int under_test_load(struct under_test *u, const char *const *words, size_t n,
		    const struct signature_set *set, struct err *e);
void under_test_free(struct under_test *u);
/* Those that look at a repetition of a cell, from 1, where only the first @most are looked at (0 = all);
 * NULL = none do. */
const struct under_test *under_test_at(const struct under_test *u, unsigned most,
				       unsigned repetition);
/* What tables call it. */
const char *foreign_name(const struct foreign_detector *d);

#endif
