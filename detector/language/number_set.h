/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_NUMBER_SET_H
#define DETECTOR_NUMBER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMSET_MAX 16 /* ranges in a set of numbers */

/* A set of numbers: sorted ranges that do not touch; no range = every number. Ranges that are not
 * used are zero, so that equal sets are equal bytes. */
struct numset {
	uint8_t n;
	struct {
		uint32_t lo, hi;
	} r[NUMSET_MAX];
};
static inline bool numset_has(const struct numset *s, uint32_t v)
{
	for (unsigned i = 0; i < s->n; i++)
		if (v <= s->r[i].hi)
			return v >= s->r[i].lo;
	return s->n == 0;
}
static inline uint32_t numset_max(const struct numset *s)
{
	return s->n ? s->r[s->n - 1].hi : UINT32_MAX;
}
/* Adds @text ("22", "22..29", "22..", ">57") to @s, or takes it out ("!339"), in two passes: @out =
 * false does what adds, true what takes out. 1 when it is of the other pass, 0 when done, -1 when
 * it is no number or range, -2 when there would be too many ranges. */
int numset_apply(struct numset *s, const char *text, bool out);
/* Makes @s every number. */
void numset_fill(struct numset *s);
/* Zeroes what is not used. */
void numset_tidy(struct numset *s);
/* "22 to 29, 58 or 60 or more", cut to @size bytes with NUL. */
void numset_text(const struct numset *s, char *buf, size_t size);

#endif
