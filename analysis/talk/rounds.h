/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_ROUNDS_H
#define ANALYSIS_TALK_ROUNDS_H

#include "analysis/talk/record.h"

/* Rounds: how a host opens flows, in bursts, and when the pattern of bursts comes again. */

#define ROUNDS_BURST_NS	 250000000ULL /* flows opened closer together are one burst */
#define ROUNDS_LAGS	 6	      /* bursts to a round, at most */
#define ROUNDS_TOLERANCE 0.1	      /* of the period, on either side */
#define ROUNDS_HOSTS	 64	      /* that opened most flows */

/**
 * struct host_rounds - one host of one capture and one protocol
 * @flows, @bursts: Opened, and the bursts that they make
 * @lag:	Bursts to a round; 0 = no round was found
 * @period_s:	Median time from a burst to the @lag-th after it
 * @held, @tried: So many of so many such times are within ROUNDS_TOLERANCE of it
 * @p:		Chance of as many were bursts to come at any time, corrected for lags and hosts
 * @largest:	Flows in each burst of a round: the median by place, from the largest on; @lag of them
 * @number:	Frame that opened the first burst
 */
struct host_rounds {
	struct ip host;
	uint16_t input;
	uint8_t proto;
	uint32_t flows, bursts, lag;
	double period_s;
	uint32_t held, tried;
	double p;
	uint32_t largest[ROUNDS_LAGS];
	uint64_t number;
};

struct all_rounds {
	struct host_rounds *list; /* (owned) most flows first; with and without rounds */
	size_t n;
	size_t hosts; /* that opened flows, by capture and protocol */
};

/* From flows that talk_flows_sort() has put in order. */
void rounds_find(struct all_rounds *r, const struct talk_flows *flows);
void rounds_clear(struct all_rounds *r);

#endif
