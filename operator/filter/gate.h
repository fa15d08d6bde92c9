/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_GATE_H
#define OPERATOR_FILTER_GATE_H

#include <stdbool.h>
#include <stdint.h>

/* Why something is not blocked, or said. */
enum refusal {
	REFUSED_UNANSWERED,
	REFUSED_ALLOWED,
	REFUSED_OWN,
	REFUSED_UNTRACKED,
	REFUSED_RATE,
	REFUSED_FULL,
	REFUSED_KERNEL,
	REFUSED_OFFLOADED,
	REFUSALS,
};

/**
 * struct gate - how many new blocks, and how many lines about what is not blocked
 * @rate:	New blocks a second, and at once after a pause
 */
struct gate {
	uint32_t rate;
	uint64_t credit_ns, last_ns;
	struct {
		uint64_t said_ns, suppressed;
	} lines[REFUSALS];
};

void gate_open(struct gate *g, uint32_t rate, uint64_t now_ns);
/* Whether another block may be made now; takes it off. */
bool gate_block(struct gate *g, uint64_t now_ns);
/* Whether a line of that kind may be written now (one a second); then *@suppressed is how many were
 * not since the last. */
bool gate_line(struct gate *g, enum refusal why, uint64_t now_ns, uint64_t *suppressed);
const char *refusal_text(enum refusal why);

#endif
