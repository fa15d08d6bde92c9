// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gate.c - limits against a flood: of new blocks, and of lines about what is not blocked
 *
 * Model. A bucket that fills with time holds a second's worth of blocks; each takes its part. Lines
 * about refusals are one a second of each kind, with the number of those left out.
 */
#include <stddef.h>

#include "base/clock.h"
#include "operator/filter/gate.h"

void gate_open(struct gate *g, uint32_t rate, uint64_t now_ns)
{
	*g = (struct gate){.rate = rate, .credit_ns = NS_PER_SEC, .last_ns = now_ns};
}

bool gate_block(struct gate *g, uint64_t now_ns)
{
	uint64_t price = g->rate ? NS_PER_SEC / g->rate : 0;

	g->credit_ns += now_ns - g->last_ns;
	g->last_ns = now_ns;
	if (g->credit_ns > NS_PER_SEC)
		g->credit_ns = NS_PER_SEC;
	if (g->credit_ns < price)
		return false;
	g->credit_ns -= price;
	return true;
}

bool gate_line(struct gate *g, enum refusal why, uint64_t now_ns, uint64_t *suppressed)
{
	if (g->lines[why].said_ns && now_ns - g->lines[why].said_ns < NS_PER_SEC) {
		g->lines[why].suppressed++;
		return false;
	}
	*suppressed = g->lines[why].suppressed;
	g->lines[why].said_ns = now_ns;
	g->lines[why].suppressed = 0;
	return true;
}

const char *refusal_text(enum refusal why)
{
	static const char *const texts[REFUSALS] = {
		[REFUSED_UNANSWERED] = "no answered exchange: its source may be forged",
		[REFUSED_ALLOWED] = "on the allow list",
		[REFUSED_OWN] = "an address of this machine, or of many hosts",
		[REFUSED_UNTRACKED] = "conntrack has no such connection",
		[REFUSED_RATE] = "more new blocks a second than the policy's rate",
		[REFUSED_FULL] = "as many blocks as the policy's size",
		[REFUSED_KERNEL] = "the kernel refused it",
		[REFUSED_OFFLOADED] = "a flowtable forwards it past the rule",
	};

	return texts[why];
}
