/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_SHOWN_H
#define OPERATOR_FILTER_SHOWN_H

#include "operator/filter/filter.h"
#include "operator/picture.h"

/* Marks in the picture whose block begins, is prolonged or ends, as a line of the filter says it. */
void filter_shown(struct picture *p, const struct filter_block *b);

#endif
