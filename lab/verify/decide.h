/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_VERIFY_DECIDE_H
#define LAB_VERIFY_DECIDE_H

#include <stdint.h>

#include "lab/gateway/firewall.h"
#include "lab/verify/bench.h"

/* What a policy does with a flow (@group: the one its destination is in, or NULL), and the counter
 * of the rule that blocks it, "" when it passes. */
struct verify_verdict {
	enum bench_outcome outcome;
	char counter[40];
};
struct verify_verdict verify_decide(const struct firewall *f, enum firewall_direction direction,
				    enum firewall_protocol protocol, uint16_t dport,
				    const char *group);

#endif
