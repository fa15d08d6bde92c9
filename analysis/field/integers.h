/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_INTEGERS_H
#define ANALYSIS_FIELD_INTEGERS_H

#include "analysis/field/board.h"
#include "analysis/field/service.h"

/* Numbers of 2 and 4 bytes with high bytes that are zero, and constants that are several fields. */

/* Finds the numbers in a class of service @s. Sets @begins, of SAMPLE_BYTES + 1, where a field begins.
 * An idea about a part of a number is widened to the whole number, or removed. The first *@taken ideas
 * of @b are from other classes; the number of removed ones is taken off it. */
void find_integers(struct board *b, const struct look *l, const struct service *s, uint32_t *taken,
		   bool *begins);
/* Notes in the services where @found, of all classes, shows that fields begin. */
void learn_begins(const struct board *found, struct services *s);
/* Cuts constants of all classes where fields begin: @begins has SAMPLE_BYTES + 1 for each class. */
void cut_constants(struct board *found, const struct services *s, const bool *begins);

#endif
