// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_contacts.c - the contact list
 *
 * Model. A client that has logged in asks after its contacts: the directory about each, and those
 * that are there are asked themselves, with the 18 byte request that they answer with 26 bytes
 * (SkypeIRC.cap: "presence" exchanges with peers, several with the same one). The event server is
 * told of each change of the list (Ehlert and Petgang, section 5.2.3). The list is kept when the
 * program is quit and goes when it is uninstalled.
 *
 * Limits. The emulation looks up in the overlay itself where a contact is, since super nodes keep
 * no directory here; whether the request reaches it is up to the network.
 */
#include <string.h>

#include "replay/skype/client_contacts.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_request.h"
#include "replay/skype/client_server_login.h"
#include "replay/skype/server.h"

#define ASK_AT_S  1.6 /* after the super node stands */
#define THINKS_S  0.002
#define ASK_TIMES 4 /* exchanges with a contact that is there */

static struct sc *client_named(struct overlay *o, const char *name)
{
	for (size_t i = 0; i < o->client_count; i++)
		if (!strcmp(o->clients[i]->name, name))
			return o->clients[i];
	return NULL;
}

static void contact_answered(struct request *q, unsigned command, const uint8_t *body, size_t n)
{
	unsigned left = q->left; /* the slot may be used again by the next request */
	struct request *next;

	(void)body;
	(void)n;
	if (command != CMD_NAT_REPLY || !left)
		return;
	next = request_send(q->sc, &q->to, NO_HOST, CMD_NAT_TEST, 18, "presence", NULL, 0,
			    contact_answered);
	if (next)
		next->left = left - 1;
}

static void ask_after(void *arg)
{
	struct sc *c = arg;

	for (size_t i = 0; i < c->contacts.count && c->state == SC_CONNECTED; i++) {
		struct sc *b = client_named(c->o, c->contacts.name[i]);
		struct endpoint at;
		struct request *q;

		request_from_hosts(c, 2, CMD_SEARCH, 31, "search");
		if (!b || b->state != SC_CONNECTED || !b->public_port)
			continue;
		at = (struct endpoint){b->public_ip, b->public_port};
		q = request_send(c, &at, NO_HOST, CMD_NAT_TEST, 18, "presence", NULL, 0,
				 contact_answered);
		if (q)
			q->left = ASK_TIMES - 1;
	}
}

void contacts_ask_after(struct sc *c)
{
	if (c->contacts.count)
		peer_timer_after(c->o, &c->contacts.timer, ASK_AT_S, ask_after, c);
}

void contacts_stop(struct sc *c)
{
	peer_timer_cancel(&c->contacts.timer);
}

/* --- changes ------------------------------------------------------------------------------ */

void contacts_changed(struct sc *c)
{
	struct server *s = server_find(c->o, ROLE_EVENT, 0);

	if (!s || c->state != SC_CONNECTED)
		return;
	request_send(c, &s->udp.local, NO_HOST, CMD_EVENT, 27, "event", NULL, 0, NULL);
	server_login_start(c, &c->login.event, ROLE_EVENT, NULL);
}

static void add(struct sc *c, const char *name)
{
	for (size_t i = 0; i < c->contacts.count; i++)
		if (!strcmp(c->contacts.name[i], name))
			return;
	if (c->contacts.count == CONTACTS_MAX)
		return;
	strncpy(c->contacts.name[c->contacts.count], name, sizeof(c->contacts.name[0]) - 1);
	c->contacts.name[c->contacts.count++][sizeof(c->contacts.name[0]) - 1] = '\0';
}

static void remove_name(struct sc *c, const char *name)
{
	for (size_t i = 0; i < c->contacts.count; i++)
		if (!strcmp(c->contacts.name[i], name)) {
			memmove(c->contacts.name[i], c->contacts.name[--c->contacts.count],
				sizeof(c->contacts.name[0]));
			return;
		}
}

void contacts_add(struct sc *c, const char *name)
{
	add(c, name);
	contacts_changed(c);
}

void contacts_remove(struct sc *c, const char *name)
{
	remove_name(c, name);
	contacts_changed(c);
}

void contacts_asked(struct sc *c, const struct endpoint *from, uint16_t reqid, long flow)
{
	uint8_t out[DATAGRAM_MAX], self[ADDR_BYTES];
	uint16_t id = request_next_id(c, 1);
	struct plain p;

	if (flow < 0 || c->state != SC_CONNECTED)
		return;
	put_address(self, from);
	plain_make(&p, CMD_NAT_REPLY, reqid, 26, self, sizeof(self), &c->rng);
	udp_sock_send_later(&c->udp, THINKS_S, from, (uint32_t)flow, true, "nat-reply", out,
			    datagram_payload(out, id, &c->public_ip, &from->ip, &p, &c->rng));
}
