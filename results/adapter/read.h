/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_READ_H
#define RESULTS_READ_H

#include <stdint.h>

#include "base/err.h"
#include "results/adapter/adapter.h"
#include "results/score/detections.h"

/**
 * struct adapter_counts - what became of the records of a detector's outputs
 * @records:	All that were read
 * @filtered:	Left out by `only`
 * @no_tuple:	Without addresses and ports of a UDP or TCP flow: ICMP, ARP, fields unset
 * @silent:	With a tuple, and a verdict that says nothing ("none", unset)
 * @merged:	Counted into the detection of an earlier record of the same flow
 * @no_time:	Detections without a time
 * @community:	Records whose Community ID was checked; a wrong one is an error
 * @flows:	Different tuples that some record names
 * @detections:	Added to the list
 */
struct adapter_counts {
	uint64_t records, filtered, no_tuple, silent, merged, no_time, community, flows, detections;
};

/* Reads what the detector wrote into the folder @dir and adds its detections to @list, in the order
 * of their times. @signature, @revision: what the detections are called; NULL = the name of @a,
 * "-". 0, or -1 with @e set ("file:line: what"): then @list is as it was. */
int adapter_read(const struct adapter *a, const char *dir, const char *signature,
		 const char *revision, struct detections *list, struct adapter_counts *counts,
		 struct err *e);
/* The version in what the version command printed: the first number with a dot, "4.2.0"; "-" where
 * there is none. */
void adapter_version(const char *printed, char version[16]);

#endif
