/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_COVERAGE_INTERNET_H
#define ANALYSIS_COVERAGE_INTERNET_H

#include <stdbool.h>
#include <stdint.h>

/* A made-up internet: networks (autonomous systems), and who buys transit from whom. */

enum net_kind {
	NET_TIER_ONE, /* T: buys from nobody, peers with every other of its kind */
	NET_MIDDLE,   /* M: sells transit and buys it */
	NET_CONTENT,  /* CP: a content provider; sells none, peers with some */
	NET_CUSTOMER, /* C: sells none, peers with nobody */
};

enum net_relation { NET_PROVIDER, NET_PEER, NET_CLIENT }; /* what the neighbour is */

struct net_link {
	uint16_t to;
	uint8_t relation; /* enum net_relation */
};

struct net {
	struct net_link *links; /* (owned) in random order */
	uint16_t n, cap;
	uint8_t kind;	 /* enum net_kind */
	uint8_t regions; /* bit i: it is in region i */
};

/* @nets: the tier-one networks first, then the middle, the content providers, the customers; @n of
 * them. The first @core sell transit, the others are the edge. */
struct internet {
	struct net *nets; /* (owned) */
	unsigned n, core;
};

#define INTERNET_MIN 100
#define INTERNET_MAX 10000

/* An internet of @n networks, INTERNET_MIN to INTERNET_MAX; one seed gives one. Never NULL. */
struct internet *internet_new(unsigned n, uint64_t seed);
/* A star: one network that sells transit to @edges others and joins nothing else; up to INTERNET_MAX. */
struct internet *internet_star(unsigned edges);
void internet_free(struct internet *x); /* NULL is allowed */

#endif
