/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_COVERAGE_COVERAGE_H
#define ANALYSIS_COVERAGE_COVERAGE_H

#include <stdint.h>

#include "results/score/intervals.h"

/* Which conversations pass a monitor, and which clients are found by it. */

/* Where monitors are put, one after the other. */
enum coverage_placement {
	PLACE_RANDOM, /* any network */
	PLACE_DEGREE, /* the one with the most links first */
	PLACE_EDGE,   /* networks that sell no transit, at random */
	PLACEMENTS,
};
const char *coverage_placement_text(enum coverage_placement p); /* "random", "degree", "edge" */

/* Where on a conversation's way a monitor is. */
enum coverage_position {
	POSITION_OWN,	  /* in the client's own network */
	POSITION_BETWEEN, /* in a network that the conversation passes */
	POSITION_FAR,	  /* in the network of the other end */
	POSITIONS,
};

/**
 * struct coverage_spec - what is made up
 * @networks:	In each internet, INTERNET_MIN to INTERNET_MAX (internet.h)
 * @internets:	How many are made, each from a seed of its own: the independent trials
 * @clients:	In each of them, in networks of the edge, at random
 * @flows:	Of each client, each to another network of the edge, at random
 * @star:	Instead: one network in the middle, @networks of them around it
 */
struct coverage_spec {
	unsigned networks, internets, clients, flows;
	uint64_t seed;
	bool star;
};

struct coverage;

struct coverage *coverage_new(const struct coverage_spec *spec); /* never NULL */
void coverage_free(struct coverage *c);
const struct coverage_spec *coverage_spec(const struct coverage *c);
/* How many networks can have a monitor, in the internet with the fewest. */
unsigned coverage_places(const struct coverage *c, enum coverage_placement p);

/**
 * struct coverage_sight - what monitors find of what they see, by position
 * @flow:	Share of the conversations of which a monitor there finds one
 * @client:	Share of the clients of which it finds some flow when it sees all of them
 * @found:	Of these clients' flows, the share that it finds
 *
 * For conversations only @flow counts, for clients only the others.
 */
struct coverage_sight {
	double flow[POSITIONS], client[POSITIONS], found[POSITIONS];
};

/* The chance that of @j of @all things, each drawn once, none is among the @found ones. */
double coverage_none_of(double all, double found, unsigned j);

/* A share over all internets, and its 95 % interval from one internet to the other. */
struct coverage_share {
	double share;
	struct interval of;
};

/* The share of conversations that the first @k monitors find. */
struct coverage_share coverage_of_flows(const struct coverage *c, enum coverage_placement p,
					unsigned k, const struct coverage_sight *s);
/* The share of clients of which they find a flow. */
struct coverage_share coverage_of_clients(const struct coverage *c, enum coverage_placement p,
					  unsigned k, const struct coverage_sight *s);

#endif
