// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * holds.c - whether a statement holds in a message
 *
 * The one place that says what each kind of statement means. What finds statements only proposes
 * them; they are counted here, in the class where they were found and in the classes that are part of
 * it.
 */
#include <string.h>

#include "analysis/field/holds.h"
#include "analysis/field/items.h"
#include "analysis/field/sums.h"

#define DAY_S	   86400LL
#define NT_OFFSET  11644473600LL /* seconds from 1601 to 1970 */
#define NTP_OFFSET 2208988800LL	 /* seconds from 1900 to 1970 */

static uint64_t width_mask(uint32_t width)
{
	return width >= 8 ? UINT64_MAX : (1ULL << 8 * width) - 1;
}

/* Where the statement's bytes are in @x; false = not in what is kept of it. */
static bool place_in(const struct statement *s, const struct sample *x, uint32_t *at)
{
	if (!s->from_end) {
		*at = s->offset;
		return s->offset + (s->to_end ? 1 : s->width) <= x->kept;
	}
	if (x->kept != x->size || x->size < s->offset)
		return false;
	*at = x->size - s->offset;
	return true;
}

static bool one_of(const struct statement *s, const uint8_t *b)
{
	for (uint32_t i = 0; i < s->values_n; i++) {
		const uint8_t *v = s->values + (size_t)i * s->width;

		if (s->mask == 0xff ? !memcmp(v, b, s->width) : (*b & s->mask) == *v)
			return true;
	}
	return false;
}

bool is_copy(const struct sample *x, const struct earlier *e)
{
	return e->number && x->size == e->size && x->kept > 2 && !memcmp(x->bytes, e->bytes, 2);
}

static const struct earlier *earlier_of(const struct statement *s, const struct sample *x)
{
	const struct earlier *e = &x->earlier[s->of];

	return e->number && s->of_offset + s->width <= e->kept ? e : NULL;
}

static int counter_holds(const struct statement *s, const struct sample *x, const uint8_t *b)
{
	const struct earlier *e = earlier_of(s, x);
	uint64_t d;

	if (!e)
		return -1;
	d = number_at(b, s->width, s->little) -
	    number_at(e->bytes + s->of_offset, s->width, s->little);
	d &= width_mask(s->width);
	if (s->loose)
		return d > 0 && d <= s->most;
	return d == ((uint64_t)s->step & width_mask(s->width));
}

static int echo_holds(const struct statement *s, const struct sample *x, const uint8_t *b)
{
	const struct earlier *e = earlier_of(s, x);

	if (!e || (s->copies && !is_copy(x, e)))
		return -1;
	if (s->step)
		return counter_holds(s, x, b);
	return !memcmp(b, e->bytes + s->of_offset, s->width);
}

bool ip4_public(const uint8_t b[4])
{
	struct ip a = {.family = 4};

	memcpy(a.b, b, 4);
	return b[0] && b[0] < 224 && !ip_is_private(&a);
}

static bool equal_address(const struct statement *s, const struct ip *a, const uint8_t *b)
{
	static const struct ip none;
	uint8_t turned[4] = {b[3], b[2], b[1], b[0]};

	if (!memcmp(a->b, none.b, sizeof(none.b))) /* 0.0.0.0: any zeros */
		return false;
	if (s->width == 16)
		return a->family == 6 && !memcmp(a->b, b, 16);
	return a->family == 4 && !memcmp(a->b, s->little ? turned : b, 4);
}

static int address_holds(const struct statement *s, const struct sample *x, const uint8_t *b)
{
	uint8_t turned[4] = {b[3], b[2], b[1], b[0]};

	switch (s->whose) {
	case WHOSE_SENDER:
		return equal_address(s, &x->from.ip, b);
	case WHOSE_RECEIVER:
		return equal_address(s, &x->to.ip, b);
	default:
		return ip4_public(s->little ? turned : b);
	}
}

static int time_holds(const struct statement *s, const struct sample *x, const uint8_t *b)
{
	int64_t now = (int64_t)x->ts_ns / 1000000000, v;

	if (s->clock == CLOCK_UNIX_MS)
		v = (int64_t)(number_at(b, 8, s->little) / 1000);
	else if (s->clock == CLOCK_NT)
		v = (int64_t)(number_at(b, 8, s->little) / 10000000) - NT_OFFSET;
	else
		v = (int64_t)number_at(b, 4, s->little);
	if (s->clock == CLOCK_NTP)
		v -= NTP_OFFSET;
	return v >= now - DAY_S && v <= now + DAY_S;
}

bool printable(uint8_t b)
{
	return (b >= 0x20 && b <= 0x7e) || b == '\t' || b == '\r' || b == '\n';
}

static bool all_printable(const uint8_t *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!printable(b[i]))
			return false;
	return true;
}

/* Characters of 16 bits, least significant byte first, that have 8. */
static bool wide_printable(const uint8_t *b, uint32_t n)
{
	for (uint32_t i = 0; i + 1 < n; i += 2)
		if (!all_printable(b + i, 1) || b[i + 1])
			return false;
	return true;
}

static int restart_holds(const struct statement *s, const struct sample *x)
{
	uint32_t n = 0;

	for (uint32_t i = s->offset; i < s->offset + s->width && i + s->shift < x->kept; i++, n++)
		if (((x->bytes[i] ^ x->bytes[i + s->shift]) & s->mask) != s->value)
			return 0;
	return n ? 1 : -1;
}

uint32_t generator_run(const uint8_t *p, uint32_t from, uint32_t n, uint8_t a, uint8_t c,
		       uint32_t *length)
{
	uint32_t best = 0, at = from, begin = from;

	for (uint32_t i = from + 1; i <= n; i++) {
		if (i < n && p[i] == (uint8_t)(a * p[i - 1] + c))
			continue;
		if (i - begin > best) {
			best = i - begin;
			at = begin;
		}
		begin = i;
	}
	*length = best;
	return at;
}

static int generator_holds(const struct statement *s, const struct sample *x)
{
	uint32_t length;

	if (x->kept < s->offset + s->width)
		return -1;
	generator_run(x->bytes, s->offset, x->kept, s->a, s->c, &length);
	return length >= s->width;
}

static int strings_hold(const struct statement *s, const struct sample *x)
{
	uint32_t items;

	return strings_run(x->bytes, s->offset, x->kept, &items) == s->offset + s->width;
}

bool checksum_right(const struct statement *s, const struct sample *x)
{
	uint32_t at, end = x->size - s->to;

	if (x->kept != x->size || !place_in(s, x, &at) || s->to > x->size || s->from > end)
		return false;
	return sum_right(s->algorithm, x->bytes, s->from, end, at, s->width, s->little);
}

int statement_holds(const struct statement *s, const struct sample *x)
{
	const uint8_t *b;
	uint32_t at = 0;

	if (!place_in(s, x, &at) && s->kind != STATEMENT_RESTART)
		return -1;
	b = x->bytes + at;
	switch (s->kind) {
	case STATEMENT_CONSTANT:
	case STATEMENT_VALUES:
		return one_of(s, b);
	case STATEMENT_MASKED:
		return (*b & s->mask) == s->value;
	case STATEMENT_COUNTER:
		return counter_holds(s, x, b);
	case STATEMENT_ECHO:
		return echo_holds(s, x, b);
	case STATEMENT_ADDRESS:
		return address_holds(s, x, b);
	case STATEMENT_PORT:
		return number_at(b, 2, s->little) ==
		       (s->whose == WHOSE_SENDER ? x->from.port : x->to.port);
	case STATEMENT_LENGTH:
		return number_at(b, s->width, s->little) ==
		       ((uint64_t)((int64_t)x->size + s->step) & width_mask(s->width));
	case STATEMENT_CHECKSUM:
		return x->kept == x->size ? checksum_right(s, x) : -1;
	case STATEMENT_TEXT:
		return (s->wide ? wide_printable : all_printable)(b, s->to_end ? x->kept - at
									       : s->width);
	case STATEMENT_NIBBLE:
		return s->of_offset < x->kept
			       ? ((*b ^ x->bytes[s->of_offset]) & s->mask) == s->value
			       : -1;
	case STATEMENT_GENERATOR:
		return generator_holds(s, x);
	case STATEMENT_RESTART:
		return restart_holds(s, x);
	case STATEMENT_TIME:
		return time_holds(s, x, b);
	case STATEMENT_STRINGS:
		return strings_hold(s, x);
	case STATEMENT_OPTIONS:
		return options_run(x->bytes, s->offset, x->kept, x->size, NULL, 0) > 0;
	case STATEMENT_RECORDS:
		return records_run(x->bytes, s->offset, x->kept, x->size, s->little, NULL, 0) > 2;
	case STATEMENT_NUMBER:
		return s->most >= 64 || !(number_at(b, s->width, s->little) >> s->most);
	default:
		return 1;
	}
}

uint32_t statement_held(const struct statement *s, const struct look *l, uint32_t limit,
			uint32_t *n)
{
	uint32_t held = 0;

	*n = 0;
	for (uint32_t k = 0; k < l->n && *n < limit; k++) {
		int r = statement_holds(s, l->x[k]);

		held += r > 0;
		*n += r >= 0;
	}
	return held;
}
