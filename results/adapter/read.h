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
 * @no_flow:	They name no UDP or TCP flow: ICMP, ARP, fields that are not set
 * @silent:	They name a flow and say nothing of it ("none", or not set)
 * @merged:	Said of a flow what an earlier record near in time had said
 * @community:	Had a Community ID
 * @community_wrong: of these, those whose ID is not that of their flow
 * @mended:	Have an IPv6 address with several "::", the last of which was taken for the zeros
 * @flows:	Different flows named
 * @detections:	Added to the list
 * @other:	of these, those of no label (DETECTION_OTHER)
 */
struct adapter_counts {
	uint64_t records, filtered, no_flow, silent, merged, community, community_wrong, mended,
		flows, detections, other;
};

/* Reads what the detector wrote into the folder @dir and adds its detections to @list, in the order
 * of their times. @signature, @revision: what the detections are called; NULL = the name of @a,
 * "-". 0, or -1 with @e set, "NAME: FILE:LINE: what": then @list is as it was. */
int adapter_read(const struct adapter *a, const char *dir, const char *signature,
		 const char *revision, struct detections *list, struct adapter_counts *counts,
		 struct err *e);
/* The same for a file from elsewhere ("-" = standard input), as the first output of @a. */
int adapter_read_file(const struct adapter *a, const char *path, struct detections *list,
		      struct adapter_counts *counts, struct err *e);
/* The version in what the version command printed: the first number with a dot in it, "4.2.0"; "-"
 * where there is none. */
void adapter_version(const char *printed, char version[16]);

#endif
