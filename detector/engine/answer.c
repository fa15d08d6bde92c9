// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * answer.c - whether an event rests on an exchange that was answered
 *
 * A message can be sent in anybody's name; an operator who blocks addresses because of one message
 * blocks whom a stranger names. What a stranger who sends blindly cannot make is a reply that refers
 * to the request:
 *
 *   UDP       a message of the server that echoes one of the client: bytes that the rule leaves free
 *             in the request (language/echo.c)
 *   TCP       a handshake in which SYN+ACK and ACK acknowledge the number that the other side chose
 *             (flow.proven, tcp.c), and a message of each side, of which the later one's packet
 *             acknowledges all of the earlier one and no byte that was not seen
 *   memory    a remembered key, with the addresses of client and server in it, that was remembered
 *             for an answered exchange within the set's time
 *
 *   state of a match  enters it                                leaves it
 *   not answered      at first                                 one of the three above
 *   answered          as above; for memory: when it starts or  with the match; held matches, and
 *                     is complete                              sessions begun by it, stay answered
 *
 * Limits. It is no proof against those who see the traffic, or send both sides of it past the sensor,
 * nor against a request in another's name to a node that answers it (UDP only: with TCP the
 * forger cannot acknowledge what he does not see). A connection that was under way when the detector
 * began, or whose handshake was lost, is not answered. An event that is reported once for a flow
 * ("flow") says what was so when it was reported.
 */
#include <netinet/in.h>

#include "detector/engine/answer.h"

/* Whether a TCP packet acknowledges the other side up to @end at least, and nothing that this side
 * cannot have: @next is the number behind what was seen of it. A FIN takes a number. */
static bool acknowledges(const struct packet_ref *p, uint32_t end, uint32_t next)
{
	return p->acks && (int32_t)(next - end) >= 0 && p->ack - end <= next - end + 1;
}

static bool tcp_answers(const struct detector *d, const struct flow *f, const struct match *in,
			int dir, bool from_client)
{
	return (f->flags & FLOW_HANDSHAKE) && f->proven && (in->sides >> !from_client & 1) &&
	       acknowledges(&d->packet, in->end[!dir], f->seq[!dir]);
}

void answer_take(const struct detector *d, struct match *in, unsigned m, bool from_client,
		 bool compared)
{
	const struct message *msg = &d->set->rules[in->rule]->messages[m];
	const struct flow *f = flow_at(&d->flows, in->flow);
	int dir = from_client ? in->client_dir : !in->client_dir;

	if (f->proto == IPPROTO_TCP)
		in->answered |= tcp_answers(d, f, in, dir, from_client);
	else if (!from_client && (msg->echoes & in->saved & in->by_client))
		in->answered = true;
	in->sides |= (uint8_t)(1U << from_client);
	in->end[dir] = d->packet.end;
	if (compared)
		in->by_client = (in->by_client & ~(1U << m)) | (uint32_t)from_client << m;
}

bool answer_beside(struct detector *d, const struct match *in)
{
	const struct flow_state *x = flow_state_of(d, in->flow);

	if (d->set->rules[in->rule]->instant)
		return false;
	for (uint32_t i = x ? x->matches : 0; i;) {
		const struct match *other = pool_at(&d->matches, i);

		if (other->rule == in->rule && other->answered &&
		    other->client_dir == in->client_dir)
			return true;
		i = other->next;
	}
	return false;
}

/* Whether a key says who both ends were. */
static bool names_both(const struct set_key *key)
{
	unsigned parts = 0;

	for (unsigned i = 0; i < key->n; i++)
		parts |= 1U << key->parts[i];
	return (parts >> KEY_CLIENT_IP & 1) && (parts >> KEY_SERVER_IP & 1);
}

void answer_inherit(const struct detector *d, struct match *in, const struct set_key *key,
		    const struct memory_entry *e)
{
	if (e->answered_until >= d->now_ns >> ANSWERED_UNIT && names_both(key))
		in->answered = true;
}

void answer_remember(const struct detector *d, struct memory_entry *e, uint64_t keep)
{
	uint64_t until = (d->now_ns + keep) >> ANSWERED_UNIT;

	if (until > e->answered_until)
		e->answered_until = (uint32_t)until;
}
