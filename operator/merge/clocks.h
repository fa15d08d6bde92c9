/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_CLOCKS_H
#define OPERATOR_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#define SENSORS 32 /* that are told apart */

/* How far the sensors' clocks are apart, learned from what two of them saw. */
struct clocks;

/* (owned) by the caller. @skew_ns: The most that two clocks may differ. */
struct clocks *clocks_new(uint64_t skew_ns);
void clocks_free(struct clocks *c);

/* Sensor @b saw something @ahead_ns later, by its clock, than sensor @a by its. */
void clocks_learn(struct clocks *c, unsigned a, unsigned b, int64_t ahead_ns);
/* Whether enough was learned of these two. */
bool clocks_known(const struct clocks *c, unsigned a, unsigned b);
/* How far @b's clock is ahead of @a's, as far as it is known; *within: how far from that two sightings of
 * one message may be. */
int64_t clocks_ahead(const struct clocks *c, unsigned a, unsigned b, uint64_t *within);

#endif
