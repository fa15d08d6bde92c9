// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loss.c - holds the emulated clock until TCP has sent again what a link lost
 *
 * Model. The kernel sends a lost segment again by a timer in real time, after LAB_RTO_LOSSY_MS and,
 * where it knows no round-trip time yet, after one to three seconds. The virtual clock would run
 * minutes ahead meanwhile. So each lost segment is remembered, and the clock is held, in real time,
 * while there is one: until the same segment comes by again, or until it is too late for it. A lost
 * acknowledgement shows by what the other side sends again, and that is not sought: it holds the
 * clock for one such time.
 *
 * Limits. IPv4. LOSSES_MAX segments at a time; more are not waited for. A connection that its owner
 * closes holds the clock for nothing.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "lab/impair.h"
#include "lab/loss.h"

#define LOSSES_MAX 64
#define ETHERNET   14
#define AGAIN_NS   (3500 * NS_PER_MS)
#define ACK_NS	   ((LAB_RTO_LOSSY_MS + 60) * NS_PER_MS) /* kernel timers are some ms late */

struct loss {
	uint8_t key[16]; /* addresses, ports, sequence number */
	uint64_t until_ns;
	bool used, sought;
};

struct losses {
	struct loop *loop;
	unsigned used;
	struct loss at[LOSSES_MAX];
};

/* Reads a TCP segment: @key, its flags, whether it has payload. False: it is none. */
static bool segment(const uint8_t *bytes, uint32_t len, uint8_t key[16], uint8_t *flags,
		    bool *payload)
{
	const uint8_t *ip = bytes + ETHERNET, *tcp;
	uint32_t head, all;

	if (len < ETHERNET + 40 || ip[0] >> 4 != 4 || ip[9] != IPPROTO_TCP)
		return false;
	head = (ip[0] & 15U) * 4;
	all = get_be16(ip + 2);
	tcp = ip + head;
	if (len < ETHERNET + head + 20)
		return false;
	memcpy(key, ip + 12, 8);
	memcpy(key + 8, tcp, 8);
	*flags = tcp[13];
	*payload = all > head + (tcp[12] >> 4) * 4U;
	return true;
}

/* Holds the clock for the last of them. */
static void hold(struct losses *l)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), until = now;

	for (size_t i = 0; i < LOSSES_MAX; i++) {
		struct loss *x = &l->at[i];

		if (x->used && x->until_ns <= now) {
			x->used = false;
			l->used--;
		}
		if (x->used && x->until_ns > until)
			until = x->until_ns;
	}
	loop_hold(l->loop, until - now);
}

void losses_add(struct losses *l, const uint8_t *bytes, uint32_t len)
{
	uint8_t key[16], flags;
	bool payload;

	if (!segment(bytes, len, key, &flags, &payload) || flags & TH_RST)
		return;
	for (size_t i = 0; i < LOSSES_MAX; i++) {
		struct loss *x = &l->at[i];

		if (x->used)
			continue;
		x->used = true;
		x->sought = payload || flags & (TH_SYN | TH_FIN);
		x->until_ns = clock_ns(CLOCK_MONOTONIC) + (x->sought ? AGAIN_NS : ACK_NS);
		memcpy(x->key, key, sizeof(key));
		l->used++;
		break;
	}
	hold(l);
}

void losses_seen(struct losses *l, const uint8_t *bytes, uint32_t len)
{
	uint8_t key[16], flags;
	bool payload, found = false;

	if (!l->used || !segment(bytes, len, key, &flags, &payload) ||
	    (!payload && !(flags & (TH_SYN | TH_FIN | TH_RST))))
		return;
	for (size_t i = 0; i < LOSSES_MAX; i++) {
		struct loss *x = &l->at[i];

		if (x->used && x->sought && !memcmp(x->key, key, sizeof(key))) {
			x->used = false;
			l->used--;
			found = true;
		}
	}
	if (found)
		hold(l);
}

struct losses *losses_new(struct loop *loop)
{
	struct losses *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	return l;
}

void losses_free(struct losses *l)
{
	free(l);
}
