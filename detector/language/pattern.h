/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_PATTERN_H
#define DETECTOR_PATTERN_H

#include "detector/language/value.h"

enum pattern_form {
	PATTERN_BYTES,	/* "02", "?7", "07/8f", "16 03 | 17 03" */
	PATTERN_TEXT,	/* the bytes of the text itself */
	PATTERN_NOCASE, /* the same, ASCII letters in either case */
};

/* Fills length, alternatives, values and masks of @t. 0, or -1 with the parser's error set. */
int sig_pattern(struct sigparse *p, yaml_node_t *n, enum pattern_form form, struct test *t);

#endif
