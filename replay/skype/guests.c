// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guests.c - clients from elsewhere that use a client of the scenario as their super node
 *
 * Model. A guest is a whole client (client.c) of the host's version at an address of the
 * internet. Its host cache has one entry, the node that it comes to: it probes that node,
 * connects to it, and asks it what a client asks the nodes it knows. It comes a little after the
 * node has become one, stays some time and quits. No one of the scenario is a guest: outcomes do
 * not list guests, nobody waits for their end, and one whose node is lost does not look for
 * another. What others see is in the truth: the guest is the client of its flows.
 *
 *   a guest is  entered when               left when
 *   on the way  guests_come()              its time comes
 *   in          it logs in                 its stay is over, or the run
 *   gone        it has quit                (stays)
 *
 * Limits. When guests come and how long they stay is an assumption; no source has it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "replay/skype/client.h"
#include "replay/skype/client_private.h"
#include "replay/skype/guests.h"

#define COMES_LO_S 1.0
#define COMES_HI_S 15.0
#define STAYS_LO_S 15.0
#define STAYS_HI_S 40.0

static void leaves(void *arg)
{
	sc_log_off(arg);
}

static void comes(void *arg)
{
	struct sc *g = arg;

	if (sc_log_in(g, LOGIN_AUTOMATIC) == 0)
		peer_timer_after(g->o, &g->script.timer,
				 STAYS_LO_S + (STAYS_HI_S - STAYS_LO_S) * rng_unit(&g->rng), leaves,
				 g);
}

/* What a script would wait for. */
static void nobody_waits(struct sc *g)
{
	(void)g;
}

static struct sc *guest_new(struct overlay *o, const struct sc *host)
{
	struct sc *g = xcalloc(1, sizeof(*g));
	struct ip ip = o->guests.first;

	ip.b[3] = (uint8_t)(ip.b[3] + o->guests.count);
	g->o = o;
	g->v = host->v;
	g->spec = (struct sc_spec){
		.name = g->name,
		.node = g->node,
		.netns = o->guests.netns,
		.ip = ip,
		.version = host->v,
		.login = LOGIN_AUTOMATIC,
	};
	snprintf(g->name, sizeof(g->name), "guest/%zu", o->guests.count + 1);
	snprintf(g->node, sizeof(g->node), "%s", o->guests.node);
	g->guest = true;
	g->login_ended = g->action_ended = nobody_waits;
	sc_init(g);
	g->hosts.at[0] = (struct cached_host){.ep = {host->spec.ip, host->udp_port}};
	g->hosts.count = 1;
	return g;
}

void guests_come(struct sc *host, unsigned n)
{
	struct overlay *o = host->o;

	for (; n && o->guests.count < o->guests.places; n--) {
		struct sc *g = guest_new(o, host);

		o->guests.at[o->guests.count++] = g;
		peer_timer_after(o, &g->script.timer,
				 COMES_LO_S + (COMES_HI_S - COMES_LO_S) * rng_unit(&g->rng), comes,
				 g);
	}
}

void guests_free(struct overlay *o)
{
	while (o->guests.count) {
		struct sc *g = o->guests.at[--o->guests.count];

		peer_timer_cancel(&g->script.timer);
		sc_close(g);
		free(g);
	}
}
