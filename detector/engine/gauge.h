/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_GAUGE_H
#define DETECTOR_ENGINE_GAUGE_H

#include "detector/engine/engine_private.h"

/* What conditions of tallies ask of packets and flows. */

/* Bytes of the largest state that a rule of the set needs for its gauges; 0 = none does. */
size_t gauge_room(const struct signature_set *set);
/* Whether a rule of the set counts packets in gauges: statistics of messages are kept there, too, but need none. */
bool gauge_wanted(const struct signature_set *set);
/* A packet of the flow, with @len bytes of payload, 0 too; only where d->gauged. */
void gauge_packet(struct detector *d, uint32_t flow, int dir, uint32_t len);
/* Gives a match that begins its gauges; the packet being read is the first. */
void gauge_begin(struct detector *d, struct match *in);
/* A message offered to the match. */
void gauge_message(struct detector *d, struct match *in, const struct view *v);
/* Whether the counts and figures are what "when" asks for. */
bool gauge_conditions(struct detector *d, const struct rule *r, struct match *in);

#endif
