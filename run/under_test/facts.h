/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_UNDER_TEST_FACTS_H
#define RUN_UNDER_TEST_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "results/score/detections.h"
#include "results/score/flows.h"
#include "run/under_test/under_test.h"

/**
 * struct detector_fact - how a foreign detector fared with one capture: a line of detectors.tsv
 * @failed:	It failed, or is missing: what it said does not count
 * @last_line:	Last line of its standard error; of one that failed: how it ended, or what is wrong with
 *		what it wrote. "" = none
 * @records:	Records that it wrote; of these that name no flow: @no_flow
 * @packets:	Of the capture
 * @first_packet, @first_ns: Its first verdict: frame, and time since the first packet of the capture;
 *		@first_known false = it made none, or does not say when
 */
struct detector_fact {
	bool failed;
	char last_line[400];
	uint64_t records, no_flow, detections;
	uint64_t packets;
	uint64_t cpu_ns, wall_ns, peak_bytes, output_bytes, network_tries;
	char digest[65];
	bool first_known;
	uint64_t first_packet, first_ns;
};

void detector_facts_head(FILE *f);
/* Where it was, who it was, how it fared. */
void detector_facts_put(FILE *f, const char *cell, const char *vantage,
			const struct foreign_detector *d, const struct detector_fact *x);
/* Whether that is what column `status` says of a detector that failed. */
bool detector_facts_is_failed(const char *status);
/* Whether the file @path says that a detector failed at a vantage. 0, or -1 with @e set: also when it
 * says nothing of it. */
int detector_facts_failed(const char *path, const char *vantage, const struct foreign_detector *d,
			  bool *failed, struct err *e);
/* Fills @x's first verdict: the earliest of @list on @target that says when it was made. */
void detector_facts_first(struct detector_fact *x, const struct detections *list,
			  const char *target, const struct flow_index *flows);

#endif
