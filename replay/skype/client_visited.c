// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_visited.c - what a client answers to nodes that come to it from outside
 *
 * Model. A request that no part of the client expects is acknowledged with function 5. A TCP
 * connection to the client's own port gets one key block; what follows is acknowledged, or is a
 * call (call_direct.c). The visitors are in supernode_visit.c.
 */
#include "replay/skype/call_direct.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_visited.h"
#include "replay/skype/message.h"

static void visited_data(struct tcp_conn *k, const uint8_t *p, size_t n)
{
	struct sc *c = k->owner;
	uint8_t out[128];

	if (k->flow < 0 || c->asleep)
		return;
	if (k->stage == 0) {
		if (!key_block_parse(p, n, &k->rx))
			return;
		k->stage = 1;
		conn_send(k, "key-reply", out, key_block(out, PAD_NONE, 0, false, &k->tx, &c->rng));
	} else if (!direct_arrived(c, k, p, n)) {
		n = record_ack(out, 1);
		stream_apply(&k->tx, out, n);
		conn_send(k, "visit-reply", out, n);
	}
}

static const struct conn_ops visited_ops = {.data = visited_data};

void visited_accepted(struct listener *l, struct tcp_conn *k)
{
	k->owner = l->owner;
	k->ops = &visited_ops;
}

void visited_datagram(struct sc *c, const struct endpoint *from, const struct skype_datagram *d,
		      long flow)
{
	uint8_t out[16];
	size_t n;

	if (flow < 0)
		return;
	n = datagram_nack(out, FN_ACK, d->id, &from->ip, rng_u32(&c->rng), &c->rng);
	udp_sock_send(&c->udp, from, (uint32_t)flow, true, "ack", out, n);
}
