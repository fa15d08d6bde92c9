/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_HOLDS_H
#define ANALYSIS_FIELD_HOLDS_H

#include "analysis/field/look.h"
#include "analysis/field/statement.h"
#include "analysis/sample/sample.h"

/* Whether @s holds in @x: 1, 0, or -1 = @x does not have the bytes, or not the earlier message. */
int statement_holds(const struct statement *s, const struct sample *x);
/* In how many of the first samples of @l it holds, until @limit of them were tried; *@n: how many were. */
uint32_t statement_held(const struct statement *s, const struct look *l, uint32_t limit,
			uint32_t *n);
/* Whether @x has the size and the first two bytes of @e. */
bool is_copy(const struct sample *x, const struct earlier *e);
/* Where the longest run of x' = ax + c begins in bytes [@from, @n): its length in *@length. */
uint32_t generator_run(const uint8_t *p, uint32_t from, uint32_t n, uint8_t a, uint8_t c,
		       uint32_t *length);
/* Whether @x carries the right checksum. */
bool checksum_right(const struct statement *s, const struct sample *x);
bool printable(uint8_t b);
/* A global unicast IPv4 address. */
bool ip4_public(const uint8_t b[4]);

#endif
