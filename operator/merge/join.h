/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_JOIN_H
#define OPERATOR_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "operator/picture.h"
#include "operator/sighting.h"

/* Whose a sighting is, and what showed it. */
enum join_why {
	JOIN_OWN,      /* "own": the address in the flow; nothing says otherwise */
	JOIN_EVIDENCE, /* "evidence": another sensor saw the same messages to the same remote end */
	JOIN_MAPPING,  /* "mapping": the NAT's port is known, by evidence of another flow */
	JOIN_WHYS,
};
const char *join_why_text(enum join_why w);

/**
 * struct join_verdict - what is known of a sighting when its time has come
 * @client:	The client's innermost endpoint that is known
 * @why:	What shows it
 * @again:	Another sensor told the same event before
 * @undecided:	The address is, or may be, several clients'
 */
struct join_verdict {
	struct endpoint client;
	enum join_why why;
	bool again, undecided;
};

/* Called once for each sighting, in order of time as far as the sensors are. */
typedef void join_fn(void *arg, const struct sighting *s, const struct join_verdict *v);

/* @skew_ns: The most that two sensors' clocks may differ; 0 = 1 s. @flows: kept at most; 0 = 8192. */
struct join_options {
	uint64_t skew_ns;
	size_t flows;
};

/* @flows: Flows of two addresses that were found to be one; @mappings: known now. @early: sightings
 * whose time was not waited for, because too many wait. @sensors_left_out: see join_sighting(). */
struct join_counts {
	uint64_t sightings, flows, again, undecided, mappings, early, sensors_left_out;
};

/* Joins what sensors on both sides of NATs see into one picture. */
struct join;

/* Feeds @p (the caller's, as long as the join lives); @fn may be NULL. (owned) by the caller. */
struct join *join_new(const struct join_options *options, struct picture *p, join_fn *fn,
		      void *arg);
void join_free(struct join *j);

/* A sighting by the sensor that it names. @rank: of its input, 0 = the one nearest to the clients. Of
 * more than 32 sensors the rest are taken for one. */
void join_sighting(struct join *j, const struct sighting *s, unsigned rank);
/* No sensor will say anything of before @ts_ns any more: what waited for that is told. */
void join_time(struct join *j, uint64_t ts_ns);
/* Tells all that waits. */
void join_flush(struct join *j);
struct join_counts join_counts(const struct join *j);

#endif
