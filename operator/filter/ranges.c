// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ranges.c - addresses and networks as ranges that do not overlap
 *
 * Model. A set of intervals in the kernel refuses elements that overlap, and a person may well write
 * 10.0.0.0/8 beside 10.1.2.3. So ranges are sorted and those that overlap or touch become one.
 *
 * Limits. Networks by prefix length only, no a-b.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/number.h"
#include "operator/filter/ranges.h"

static unsigned bytes_of(const struct ip *ip)
{
	return ip->family == 4 ? 4 : 16;
}

/* Sets the bits behind the first @bits of @high; false when @low has one of them. */
static bool network(const struct ip *low, unsigned bits, struct ip *high)
{
	*high = *low;
	for (unsigned i = bits; i < 8 * bytes_of(low); i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		if (low->b[i / 8] & bit)
			return false;
		high->b[i / 8] |= bit;
	}
	return true;
}

int ranges_add(struct ranges *rs, const char *text)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char address[IP_TEXT_LEN];
	struct range r;
	uint64_t bits;

	if (n >= sizeof(address))
		return -1;
	memcpy(address, text, n);
	address[n] = '\0';
	if (ip_parse(address, &r.low) < 0)
		return -1;
	bits = 8 * bytes_of(&r.low);
	if (slash && (!number_is_whole(slash + 1, &bits) || bits > 8 * bytes_of(&r.low)))
		return -1;
	if (!network(&r.low, (unsigned)bits, &r.high))
		return -1;
	rs->r = xrealloc(rs->r, (rs->n + 1) * sizeof(*rs->r));
	rs->r[rs->n++] = r;
	return 0;
}

bool ip_next(const struct ip *ip, struct ip *out)
{
	*out = *ip;
	for (unsigned i = bytes_of(ip); i; i--)
		if (++out->b[i - 1])
			return true;
	return false;
}

static int by_low(const void *a, const void *b)
{
	return ip_order(&((const struct range *)a)->low, &((const struct range *)b)->low);
}

/* Does @r begin within @last, or right behind it? */
static bool joins(const struct range *last, const struct range *r)
{
	struct ip next;

	if (last->low.family != r->low.family)
		return false;
	return !ip_next(&last->high, &next) || ip_order(&r->low, &next) <= 0;
}

void ranges_settle(struct ranges *rs)
{
	size_t n = 0;

	if (rs->n)
		qsort(rs->r, rs->n, sizeof(*rs->r), by_low);
	for (size_t i = 0; i < rs->n; i++) {
		struct range *last = n ? &rs->r[n - 1] : NULL;

		if (!last || !joins(last, &rs->r[i]))
			rs->r[n++] = rs->r[i];
		else if (ip_order(&rs->r[i].high, &last->high) > 0)
			last->high = rs->r[i].high;
	}
	rs->n = n;
}

bool ranges_have(const struct ranges *rs, const struct ip *ip)
{
	for (size_t i = 0; i < rs->n; i++)
		if (rs->r[i].low.family == ip->family && ip_order(&rs->r[i].low, ip) <= 0 &&
		    ip_order(ip, &rs->r[i].high) <= 0)
			return true;
	return false;
}

void ranges_free(struct ranges *rs)
{
	free(rs->r);
	*rs = (struct ranges){0};
}
