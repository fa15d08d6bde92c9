/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_IMPAIR_H
#define LAB_IMPAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct lab;

/* Real milliseconds that TCP waits at least before it sends a segment again: in a lab that loses
 * none (a busy machine must not look like loss), and in one that does. */
#define LAB_RTO_MS	 30000
#define LAB_RTO_LOSSY_MS 300

/* Carries frames over the plan's impaired links. 0, or -1 with @e set. */
int lab_wires_start(struct lab *lab, uint64_t seed, struct err *e);
void lab_wires_stop(struct lab *lab);

/* What an impaired link did so far; [0] towards the core, [1] towards the site (or the internet).
 * @overrun: frames the forwarder was too slow for; not 0 makes a run invalid. false when the link
 * (a site's name, or "internet") is a plain one. */
struct lab_wire_stats {
	uint64_t carried, lost, queue_drops, overrun;
};
bool lab_wire_stats(const struct lab *lab, const char *link, struct lab_wire_stats out[2]);

#endif
