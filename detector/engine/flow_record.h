/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_FLOW_RECORD_H
#define DETECTOR_ENGINE_FLOW_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/**
 * struct flow_record - what an exporter says of one direction of a flow
 * @flow:	src sent what is counted
 * @first_ns, @last_ns: Its first and last packet, as engine_time()
 * @packets, @bytes: IP packets, and their bytes with IP headers
 * @flags:	TCP flags that any of them has; worth something when @flags_known
 * @number, @input: Frame number of the first packet, or line of a file of records; and where it came from
 */
struct flow_record {
	struct tuple flow;
	uint64_t first_ns, last_ns;
	uint64_t packets, bytes;
	uint64_t number;
	uint16_t input;
	uint8_t flags;
	bool flags_known;
};

typedef void flow_record_fn(void *arg, const struct flow_record *r);

#endif
