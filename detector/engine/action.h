/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ACTION_H
#define DETECTOR_ACTION_H

#include "detector/engine/engine_private.h"

/* The rule of @in is complete, and with it the rules that share its question. */
void action_complete(struct detector *d, struct match *in);
/* Step @s was taken often enough: its own actions run. */
void action_step(struct detector *d, struct match *in, unsigned s);
/* @key is remembered in @set from now on: the matches held for it are released after this packet. */
void action_learned(struct detector *d, uint16_t set, const struct memory_key *key,
		    uint32_t version);
/* Releases the held matches whose condition became known with this packet. */
void action_release_held(struct detector *d);

#endif
