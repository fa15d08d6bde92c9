/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_VARY_H
#define RUN_VARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "results/score/detections.h"
#include "results/score/labels.h"
#include "run/vary/change.h"

/*
 * Metamorphic copies of a capture: what Skype's protocol leaves free is rewritten from a seed, what
 * it fixes stays. A signature that reports something else in the copy fits the recording, not the
 * protocol.
 */
struct vary;

/* @labels say which flows are Skype (only these are varied); they must outlive it. @copy: its number,
 * from 0; three in a row differ most. Never NULL. */
struct vary *vary_new(const struct labels *labels, uint64_t seed, unsigned copy);
/* The copy has nothing but one change of what the protocol fixes. */
struct vary *vary_changed(const struct labels *labels, const struct vary_change *c);
/* The copy shows the flows with each node as those of a client of their own, so that a verdict rests
 * on them alone. @only: nothing else is changed; it is what such copies are compared with. */
void vary_alone(struct vary *v, bool only);
void vary_free(struct vary *v);
/* Writes the copy of capture @in to @fd as a nanosecond pcap, in order of its new times. 0, or -1
 * with @e set. */
int vary_capture(struct vary *v, const char *in, int fd, struct err *e);
/* Translates a detection in the copy back into the addresses, ports and times of the original. */
void vary_restore(const struct vary *v, struct detection *d);
/* How many packets' payloads were rewritten. */
uint64_t vary_rewritten(const struct vary *v);

#endif
