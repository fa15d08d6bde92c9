/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_SUMS_H
#define ANALYSIS_FIELD_SUMS_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/field/statement.h"

/* @width bytes (at most 8) as a number. */
uint64_t number_at(const uint8_t *p, uint32_t width, bool little);
/* Bytes of a sum of this algorithm. */
uint32_t sum_width(enum statement_algorithm a);
/* Whether the @width bytes at @at are the sum over bytes [@from, @to) without themselves. */
bool sum_right(enum statement_algorithm a, const uint8_t *b, uint32_t from, uint32_t to,
	       uint32_t at, uint32_t width, bool little);

#endif
