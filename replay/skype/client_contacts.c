// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_contacts.c - the contact list
 *
 * Model. A client that has logged in asks after its contacts: the directory about each, and those
 * that are there are asked themselves, with the 18 byte request that they answer with 26 bytes
 * (SkypeIRC.cap: "presence" exchanges with peers, several with the same one). A change of the list
 * is told to the event server (Ehlert and Petgang, section 5.2.3). The list is kept when the
 * program is quit and goes when it is uninstalled.
 *
 * Limits. Where a contact is, the emulation looks up in the overlay itself, since super nodes keep
 * no directory here; whether the request reaches it is up to the network.
 */
#include <netinet/in.h>
#include <string.h>

#include "base/bytes.h"
#include "replay/skype/client.h"

#define ASK_AT_S   1.6 /* after the super node stands */
#define PEER_RTT_S 0.09
#define ASK_TIMES  4 /* exchanges with a contact that is there */

static struct sc *client_named(struct overlay *o, const char *name)
{
	for (size_t i = 0; i < o->client_count; i++)
		if (!strcmp(o->clients[i]->name, name))
			return o->clients[i];
	return NULL;
}

static void buddy_answered(struct request *q, unsigned command, const uint8_t *body, size_t n)
{
	unsigned left = q->left; /* the slot may be used again by the next request */
	struct request *next;

	(void)body;
	(void)n;
	if (command != CMD_NAT_REPLY || !left)
		return;
	next = sc_request(q->sc, &q->to, -1, CMD_NAT_TEST, 18, "presence", NULL, 0, buddy_answered);
	if (next)
		next->left = left - 1;
}

static void ask_after(void *arg)
{
	struct sc *c = arg;

	for (size_t i = 0; i < c->buddy_count && c->state == SC_CONNECTED; i++) {
		struct sc *b = client_named(c->o, c->buddies[i]);
		struct endpoint at;
		struct request *q;

		sc_ask_hosts(c, 2, CMD_SEARCH, 31, "search");
		if (!b || b->state != SC_CONNECTED || !b->public_port)
			continue;
		at = (struct endpoint){b->public_ip, b->public_port};
		q = sc_request(c, &at, -1, CMD_NAT_TEST, 18, "presence", NULL, 0, buddy_answered);
		if (q)
			q->left = ASK_TIMES - 1;
	}
}

void buddies_session(struct sc *c)
{
	if (c->buddy_count)
		ptimer_after(c->o, &c->buddy_timer, ASK_AT_S, ask_after, c);
}

void buddy_add(struct sc *c, const char *name)
{
	for (size_t i = 0; i < c->buddy_count; i++)
		if (!strcmp(c->buddies[i], name))
			return;
	if (c->buddy_count == BUDDIES_MAX)
		return;
	strncpy(c->buddies[c->buddy_count], name, sizeof(c->buddies[0]) - 1);
	c->buddies[c->buddy_count++][sizeof(c->buddies[0]) - 1] = '\0';
}

void buddy_remove(struct sc *c, const char *name)
{
	for (size_t i = 0; i < c->buddy_count; i++)
		if (!strcmp(c->buddies[i], name)) {
			memmove(c->buddies[i], c->buddies[--c->buddy_count], sizeof(c->buddies[0]));
			return;
		}
}

void buddy_asked(struct sc *c, const struct endpoint *from, uint16_t reqid, long flow)
{
	uint8_t out[DATAGRAM_MAX], self[ADDR_BYTES];
	uint16_t id = sc_id(c, 1);
	struct plain p;

	if (flow < 0 || c->state != SC_CONNECTED)
		return;
	memcpy(self, from->ip.b, 4);
	put_be16(self + 4, from->port);
	plain_make(&p, CMD_NAT_REPLY, reqid, 26, self, sizeof(self), &c->rng);
	usock_send_later(&c->udp, PEER_RTT_S, from, (uint32_t)flow, true, "nat-reply", out,
			 datagram_payload(out, id, &c->public_ip, &from->ip, &p, &c->rng));
}
