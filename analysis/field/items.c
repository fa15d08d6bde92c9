// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * items.c - items one after the other, each with its length in it
 *
 * Strings (length, characters), and options (type, length, value). Of options the end is what shows
 * that they are some, so a message that is not kept to its end has none.
 */
#include "analysis/field/items.h"
#include "analysis/field/sums.h"

static bool one_string(const uint8_t *p, uint32_t from, uint32_t n)
{
	if (!p[from] || p[from] >= 0x20 || p[from] >= n - from)
		return false;
	for (uint32_t i = from + 1; i <= from + p[from]; i++)
		if (p[i] <= 0x20 || p[i] > 0x7e)
			return false;
	return true;
}

uint32_t strings_run(const uint8_t *p, uint32_t from, uint32_t n, uint32_t *items)
{
	uint32_t at = from;

	for (*items = 0; at < n && one_string(p, at, n); ++*items)
		at += 1 + p[at];
	return at + (*items > 1 && at < n && !p[at]);
}

static bool only_zeros(const uint8_t *p, uint32_t from, uint32_t n)
{
	for (uint32_t i = from; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void mark(bool *begins, uint32_t n, uint32_t at)
{
	if (begins && at < n)
		begins[at] = true;
}

uint32_t options_run(const uint8_t *p, uint32_t from, uint32_t kept, uint32_t size, bool *begins,
		     uint32_t n)
{
	uint32_t items = 0, at = from;

	if (kept < size)
		return 0;
	for (; at + 1 < kept && p[at] && p[at + 1]; items++) {
		if (only_zeros(p, at + 1, kept))
			break;
		mark(begins, n, at);
		mark(begins, n, at + 1);
		mark(begins, n, at + 2);
		at += 2 + p[at + 1];
	}
	if (at < size)
		mark(begins, n, at);
	if (at > size || (at < size && (!p[at] || !only_zeros(p, at + 1, kept))))
		return 0;
	if (at + 1 < size)
		mark(begins, n, at + 1);
	return items;
}

uint32_t records_run(const uint8_t *p, uint32_t from, uint32_t kept, uint32_t size, bool little,
		     uint32_t *at, uint32_t most)
{
	uint32_t n = 0, o = from;

	for (;;) {
		uint64_t next;

		if (at && n < most)
			at[n] = o;
		n++;
		if (o + 4 > kept)
			return o + 4 > size ? 0 : n;
		next = number_at(p + o, 4, little);
		if (!next)
			return n;
		if (next < RECORD_LEAST || next % 2 || next > size - o)
			return 0;
		o += (uint32_t)next;
	}
}
