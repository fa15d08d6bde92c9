// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_hosts.c - the host cache
 *
 * Model. A fresh installation knows the bootstrap super nodes only and learns others from the lists
 * in refusals. A client that ran before has a cache of super nodes, some gone, its last one first,
 * and keeps it over a quit; it never keeps its public address, so each start begins with a full
 * probe (SkypeIRC.cap: both starts).
 *
 *   state          entered when                             left when
 *   HOST_FRESH     learnt; the program starts; all hosts    it is probed, or its TCP attempt ends
 *                  have failed
 *   HOST_ASKED     U1 is sent                               U4 arrives, or its TCP attempt ends
 *   HOST_POSITIVE  U4 of 18 bytes, or T3 that accepts       its TCP attempt fails, or the
 *                                                           connection closes
 *   HOST_NEGATIVE  U4 of 51 or 53 bytes, or T3 of 339       the program starts, or all hosts have
 *                                                           failed
 *   HOST_FAILED    no port of it answers over TCP           the program starts, or all hosts have
 *                                                           failed
 */
#include <string.h>

#include "replay/skype/client_hosts.h"
#include "replay/skype/client_private.h"
#include "replay/skype/message.h"
#include "replay/skype/server.h"

#define CLOSED_SHARE                                                                               \
	0.19		/* of hosts without an answer: 3 of 16 in SkypeIRC.cap met an ICMP error */
#define LISTED_CACHE 24 /* hosts in the cache of a client that ran before */

/* Index of the host @ep, which is added when it is new; -1 when the cache is full, as a guest's
 * is, or when it is the client itself. */
static int hosts_learn(struct sc *c, const struct endpoint *ep)
{
	struct endpoint own = {c->spec.ip, c->udp_port};

	if (endpoint_eq(ep, &own))
		return -1;
	for (size_t i = 0; i < c->hosts.count; i++)
		if (endpoint_eq(&c->hosts.at[i].ep, ep))
			return (int)i;
	if (c->hosts.count == HOSTS_MAX || c->guest)
		return -1;
	c->hosts.at[c->hosts.count] = (struct cached_host){.ep = *ep};
	return (int)c->hosts.count++;
}

void hosts_learn_list(struct sc *c, const uint8_t *list, size_t n)
{
	for (; n >= ADDR_BYTES; n -= ADDR_BYTES, list += ADDR_BYTES) {
		struct endpoint ep;

		get_address(list, &ep);
		/* Random bytes follow the addresses. A real client would see that by the list's
		 * own encoding; here, what the overlay does not have is not learnt. */
		for (size_t i = 0; i < c->o->server_count; i++)
			if (endpoint_eq(&c->o->servers[i]->udp.local, &ep)) {
				int host = hosts_learn(c, &ep);

				if (host >= 0)
					c->hosts.at[host].listed = true;
				break;
			}
	}
}

/* --- at the start ------------------------------------------------------------------------- */

static void add_all(struct sc *c, enum overlay_role role, size_t max)
{
	size_t n = c->o->server_count, start, added = 0;

	if (!n)
		return;
	start = rng_range(&c->rng, 0, (uint32_t)n - 1);
	for (size_t k = 0; k < n && added < max; k++) {
		struct server *s = c->o->servers[(start + k) % n];

		if (s->spec.role == role) {
			hosts_learn(c, &s->udp.local);
			added++;
		}
	}
}

static enum sn_mood wanted_mood(struct sc *c)
{
	double x = rng_unit(&c->rng);

	return x < c->v->udp.stale * CLOSED_SHARE     ? SN_CLOSED
	       : x < c->v->udp.stale		      ? SN_GONE
	       : x < c->v->udp.stale + c->v->udp.full ? SN_FULL_UDP
						      : SN_ACCEPTS;
}

/* A cache some days old, with the version's shares of hosts that are gone or full. */
static void add_old(struct sc *c, size_t count)
{
	size_t n = c->o->server_count;

	while (n && count--) {
		enum sn_mood mood = wanted_mood(c);
		size_t start = rng_range(&c->rng, 0, (uint32_t)n - 1), before = c->hosts.count;

		for (size_t k = 0; k < n && c->hosts.count == before; k++) {
			struct server *s = c->o->servers[(start + k) % n];

			if (s->spec.role == ROLE_SN && s->spec.mood == mood)
				hosts_learn(c, &s->udp.local);
		}
	}
}

/* The last super node of the session before: one that was there and let the client in. */
static void add_last(struct sc *c)
{
	size_t n = c->o->server_count, start = n ? rng_range(&c->rng, 0, (uint32_t)n - 1) : 0;

	for (size_t k = 0; k < n; k++) {
		struct server *s = c->o->servers[(start + k) % n];

		if (s->spec.role == ROLE_SN && s->spec.mood == SN_ACCEPTS) {
			hosts_learn(c, &s->udp.local);
			return;
		}
	}
}

void hosts_fill(struct sc *c)
{
	if (c->hosts.count) {
		for (size_t i = 0; i < c->hosts.count; i++)
			c->hosts.at[i].state = HOST_FRESH;
		if (c->v->udp.last_first && c->mode == LOGIN_AUTOMATIC && c->supernode.host) {
			struct cached_host last = c->hosts.at[c->supernode.host];

			c->hosts.at[c->supernode.host] = c->hosts.at[0];
			c->hosts.at[0] = last;
			c->supernode.host = 0;
		}
	} else if (c->fresh) {
		add_all(c, ROLE_BOOTSTRAP, HOSTS_MAX);
		if (!c->hosts.count)
			add_all(c, ROLE_SN, LISTED_CACHE);
	} else {
		/* With cached credentials it was in before, by some super node; with a typed
		 * password this user is new here, and so is the host cache. */
		if (c->v->udp.last_first && c->mode == LOGIN_AUTOMATIC)
			add_last(c);
		else if (c->v->udp.last_first)
			add_all(c, ROLE_BOOTSTRAP, HOSTS_MAX);
		if (c->v->udp.stale > 0)
			add_old(c, LISTED_CACHE);
		else
			add_all(c, ROLE_SN, LISTED_CACHE);
		add_all(c, ROLE_BOOTSTRAP, HOSTS_MAX);
	}
	c->hosts.next_probe = c->hosts.next_tcp = 0;
}

/* --- after the login ---------------------------------------------------------------------- */

static bool fits(const struct cached_host *h, enum host_pick pick)
{
	if (h->ep.port == PORT_LS || h->state == HOST_FAILED)
		return false;
	return pick == PICK_ANY || (pick == PICK_LISTED && h->listed) ||
	       (pick == PICK_USEFUL && h->useful);
}

/* Publications, list and look-up requests go to nodes that answered a search, the others to nodes
 * from other nodes' lists, as long as there are such. */
int hosts_pick(struct sc *c, unsigned command)
{
	bool known = command == CMD_PUBLISH || command == CMD_LIST || command == CMD_LOOKUP;

	for (enum host_pick pick = known ? PICK_USEFUL : PICK_LISTED; pick <= PICK_ANY; pick++)
		for (size_t k = 0; k < c->hosts.count; k++) {
			size_t i = c->hosts.next_session[pick]++ % c->hosts.count;

			if (fits(&c->hosts.at[i], pick))
				return (int)i;
		}
	return -1;
}
