/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_RANGES_H
#define OPERATOR_FILTER_RANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

/* Addresses from @low to @high, both included, of one family. */
struct range {
	struct ip low, high;
};

/* Ranges of both families; zero it first. */
struct ranges {
	struct range *r; /* (owned) */
	size_t n;
};

/* Adds an address or a network such as 192.0.2.0/24. 0, or -1: it is neither. Bits behind the
 * length must be zero. */
int ranges_add(struct ranges *rs, const char *text);
/* After the last: in order, without overlap, IPv4 first. */
void ranges_settle(struct ranges *rs);
bool ranges_have(const struct ranges *rs, const struct ip *ip);
void ranges_free(struct ranges *rs);
/* The address behind @ip; false when it is the last one. */
bool ip_next(const struct ip *ip, struct ip *out);

#endif
