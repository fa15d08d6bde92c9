/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_LIMITS_SITES_H
#define RUN_LIMITS_SITES_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/coverage/coverage.h"
#include "base/err.h"

/* What k of the n tapped gateways of a run see of the conversations between its sites, beside what the
 * model says of as many networks around one. */

#define SITES_MAX 32

/* @taps: how many gateways there are. By k from 1: @lab, of all ways to choose k of them; @model. */
struct sites {
	unsigned taps, conversations, cells;
	struct coverage_share lab[SITES_MAX + 1], model[SITES_MAX + 1];
};

/* 0, or -1 with @e set. */
int sites_read(struct sites *s, const char *run, uint64_t seed, struct err *e);
/* Whether both intervals have something in common for every k. */
bool sites_agree(const struct sites *s);
void sites_text(FILE *f, const struct sites *s);
void sites_tsv(FILE *f, const struct sites *s);

#endif
