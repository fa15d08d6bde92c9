/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_SAY_H
#define OPERATOR_FILTER_SAY_H

#include "operator/filter/filter_private.h"

void filter_say(struct filter *f, const struct filter_block *b, enum filter_outcome outcome);
/* About the ruleset: @text and a @name behind it. */
void filter_report(struct filter *f, const char *text, const char *name);
/* @b is not blocked, because of @why and perhaps a @detail (NULL = none). Returns 0, the number of blocks
 * made. */
int filter_refuse(struct filter *f, const struct filter_block *b, enum refusal why,
		  const char *detail);

#endif
