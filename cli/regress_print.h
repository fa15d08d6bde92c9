/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_REGRESS_PRINT_H
#define CLI_REGRESS_PRINT_H

#include <stdio.h>

#include "results/history/compare_print.h"
#include "run/regress/regress.h"

/**
 * struct regress_report - what `skypelab regress` says of a signature
 * @was, @is:	The older and the newer revision, in words
 * @accepted:	The verdict
 */
struct regress_report {
	const struct regress *r;
	const struct comparison *c;
	const char *was, *is;
	enum compare_format format;
	bool accepted;
};

/* The verdict first, and why; then what changed; then what copies showed. As JSON an object on a line. */
void regress_print(const struct regress_report *p, FILE *f);
/* The same as suites of JUnit (results/report/junit.h). */
void regress_junit(const struct regress_report *p, FILE *f);
/* Copies were asked for, and there is nothing of which a copy could differ. */
bool regress_unvaried(const struct regress *r);

#endif
