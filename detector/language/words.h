/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_LANGUAGE_WORDS_H
#define DETECTOR_LANGUAGE_WORDS_H

#include <stdio.h>

#include "detector/language/number_set.h"

/* A time in its greatest unit, "5 min"; valid until the call after the next. */
const char *words_time(uint64_t ns);

/* Numbers between two texts; nothing where there are none. */
void words_numbers(FILE *f, const struct numset *s, const char *before, const char *after);

/* "5 s to 1 h", "5 s or more", "at most 1 h"; no upper end is UINT64_MAX. */
void words_times(FILE *f, uint64_t least, uint64_t most);

#endif
