/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_LIMITS_LOOKS_H
#define RUN_LIMITS_LOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "results/score/intervals.h"

/* What a run says of how much a monitor finds of what it sees, by the way it looks. */

enum look {
	LOOK_INSIDE,  /* inside the NAT */
	LOOK_OUTSIDE, /* outside it */
	LOOK_NODE,    /* at a super node's network */
	LOOK_OPENER,  /* outside, and only what the openers of flows send */
	LOOK_ANSWER,  /* outside, and only what is sent to them */
	LOOK_SAMPLED, /* outside, one packet in so many */
	LOOKS,
};

enum look_unit { LOOK_FLOW, LOOK_CLIENT, LOOK_SESSION, LOOK_CALL, LOOK_UNITS };
const char *look_unit_text(enum look_unit u); /* "flow", "client", "session", "call" */

/* @found of @of, in @trials independent trials that have any; @of 0 = nothing is known. */
struct look_recall {
	uint64_t found, of;
	size_t trials;
	double share;
	struct interval interval;
};

struct look_table {
	char *signature, *revision; /* (owned) */
	struct look_recall recall[LOOKS][LOOK_UNITS];
};

/* Of one run; emulated traffic only. */
struct looks {
	struct look_table *tables; /* (owned) one per signature */
	size_t n;
	char *names[LOOKS]; /* (owned) "inside the NAT (caller.lan)" */
	char *absent;	    /* (owned) vantages that the run has not, or NULL */
};

/**
 * struct looks_request - where to look
 * @run:	Run directory
 * @inside, @outside, @node: Vantages
 * @one_in:	Of the sampled look
 * @signatures:	Names or files; @n of them, 0 = those of the run
 */
struct looks_request {
	const char *run, *inside, *outside, *node;
	unsigned one_in;
	uint64_t seed;
	const char *const *signatures;
	size_t n;
};

/* 0, or -1 with @e set. looks_clear() in either case. */
int looks_read(struct looks *l, const struct looks_request *q, struct err *e);
void looks_clear(struct looks *l);

#endif
