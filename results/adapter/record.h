/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_RECORD_H
#define RESULTS_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "results/adapter/adapter.h"
#include "results/adapter/columns.h"

/**
 * struct record - one record of an output, read
 * @flow:	It names a UDP or TCP flow, @tuple (of host claims: an address, @tuple.src.ip)
 * @time_ns:	When the detector reported it; 0 = it does not say
 * @from_ns, @to_ns: What it speaks of; 0 = it does not say
 * @frame:	Number of the frame that it reports; 0 = it does not say
 * @community, @id: NULL = none
 * @mended:	An address was written in a way that stands for several; the likely one is taken
 */
struct record {
	bool flow, mended;
	struct tuple tuple;
	uint64_t time_ns, from_ns, to_ns, frame;
	const char *community, *id;
};

/* From the values of delimited_next(), which must outlive it. 0, or -1 with @e set: a field that is
 * set is not what its column is for. */
int record_of(const struct adapter *a, const struct adapter_output *o, const struct columns *c,
	      const char *const *value, struct record *r, struct err *e);

#endif
