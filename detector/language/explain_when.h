/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_LANGUAGE_EXPLAIN_WHEN_H
#define DETECTOR_LANGUAGE_EXPLAIN_WHEN_H

#include <stdio.h>

#include "detector/language/signature.h"

/* A condition under "when" of rule @r in words, with its line. */
void explain_when(FILE *f, const struct rule *r, const struct when *w);

#endif
