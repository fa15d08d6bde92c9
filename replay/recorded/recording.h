/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_RECORDING_H
#define REPLAY_RECORDED_RECORDING_H

#include "base/err.h"
#include "replay/recorded/flows.h"

/* Private remotes cannot have their address on the lab's internet: from here on (198.18.0.1, in RFC
 * 2544's block for tests) each gets one of its own. */
#define STAND_INS 0xc6120001u

/**
 * struct recording_spec - what to read
 * @capture:	Path of the capture
 * @labels:	Path of its label file (TSV), or NULL: every flow is labelled unknown
 * @client:	The recorded client's address; family 0 = found from the packets
 * @no_payloads:	Only flows, openers and labels are wanted
 * @to_s:	Only the first so many seconds; 0 = all
 */
struct recording_spec {
	const char *capture;
	const char *labels;
	struct ip client;
	bool no_payloads;
	double to_s;
};

/* Reads a capture and labels its flows. @r is zeroed by the caller. 0, or -1 with @e set; free it
 * in either case. */
int recording_read(struct recording *r, const struct recording_spec *spec, struct err *e);
void recording_free(struct recording *r);

#endif
