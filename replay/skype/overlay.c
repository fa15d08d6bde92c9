// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * overlay.c - the emulated Skype network: its members, their start, their outcomes
 *
 * Model. Servers and clients are structs with sockets, driven by one event loop; supernode.c,
 * login_server.c and client.c say what each does. Everything drawn comes from the overlay's seed
 * through a stream named after the member, so adding a member does not change the others.
 *
 * overlay_plan() makes an internet. Its addresses are from 198.18.0.0/15 (RFC 2544), because the
 * real ones of 2006 belong to others now.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "replay/skype/client.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_script.h"
#include "replay/skype/delayed_send.h"
#include "replay/skype/dns_server.h"
#include "replay/skype/guests.h"
#include "replay/skype/login_server.h"
#include "replay/skype/overlay.h"
#include "replay/skype/overlay_private.h"
#include "replay/skype/pstn_gateway.h"
#include "replay/skype/server.h"
#include "replay/skype/supernode.h"
#include "replay/skype/supernode_relay.h"
#include "replay/skype/supernode_visit.h"
#include "replay/skype/update_server.h"

#define PLAN_BASE 0xc6120000U /* 198.18.0.0 */

/* --- plan --------------------------------------------------------------------------------- */

static void plan_add(struct overlay_server_spec *out, size_t max, size_t *n, enum overlay_role role,
		     uint32_t ip, uint16_t port, enum sn_mood mood)
{
	if (*n < max)
		out[*n] = (struct overlay_server_spec){
			.role = role, .mood = mood, .netns = -1, .ip = ip4(ip), .port = port};
	++*n;
}

/* Shares of an overlay whose host caches are some days old: in SkypeIRC.cap 22 probes found 11
 * hosts silent, 6 full and 3 free (two more were NACKed first). Half accept here, so that small
 * overlays work. Of 16 flows without an answer there, 3 met an ICMP error: those hosts are closed. */
static enum sn_mood draw_mood(struct rng *r)
{
	uint32_t x = rng_range(r, 0, 99);

	return x < 10 ? SN_CLOSED : x < 50 ? SN_GONE : x < 85 ? SN_FULL_UDP : SN_FULL_TCP;
}

size_t overlay_plan(uint64_t seed, unsigned super_nodes, struct overlay_server_spec *out,
		    size_t max)
{
	struct rng r;
	size_t n = 0;

	rng_init(&r, seed, "overlay/plan");
	for (unsigned i = 0; i < super_nodes; i++) {
		/* one SN in each /24, spread over 198.19.0.0/16 and further up */
		uint32_t ip = PLAN_BASE + 0x10000U + (i % 254 + 1) * 256U + (i / 254) * 8U % 248U +
			      rng_range(&r, 1, 7);
		enum sn_mood mood = i % 2 ? draw_mood(&r) : SN_ACCEPTS;

		plan_add(out, max, &n, ROLE_SN, ip, (uint16_t)rng_range(&r, 1025, 65000), mood);
	}
	for (unsigned i = 0; i < 7; i++)
		plan_add(out, max, &n, ROLE_BOOTSTRAP, PLAN_BASE + 0x0100U + 10 + i, PORT_LS,
			 SN_ACCEPTS);
	for (unsigned i = 0; i < 2; i++) {
		plan_add(out, max, &n, ROLE_LS, PLAN_BASE + (2 + i) * 0x100U + 141, PORT_LS, 0);
		plan_add(out, max, &n, ROLE_EVENT, PLAN_BASE + (2 + i) * 0x100U + 142, PORT_EVENT,
			 0);
	}
	plan_add(out, max, &n, ROLE_SKYPEOUT, PLAN_BASE + 0x0200U + 140, PORT_LS, 0);
	plan_add(out, max, &n, ROLE_UPDATE, PLAN_BASE + 0x0300U + 131, 80, 0);
	plan_add(out, max, &n, ROLE_DNS, PLAN_BASE + 0x0300U + 53, PORT_DNS, 0);
	return n;
}

/* --- servers ------------------------------------------------------------------------------ */

static const struct server_ops roles[ROLES] = {
	[ROLE_SN] = {0, supernode_datagram, NULL, supernode_accepted, true},
	[ROLE_BOOTSTRAP] = {PORT_LS, supernode_datagram, NULL, supernode_accepted, true},
	[ROLE_LS] = {PORT_LS, login_server_datagram, NULL, login_server_accepted, true},
	[ROLE_EVENT] = {PORT_EVENT, login_server_datagram, NULL, login_server_accepted, true},
	[ROLE_SKYPEOUT] = {PORT_LS, login_server_datagram, pstn_gateway_media,
			   login_server_accepted, true},
	[ROLE_UPDATE] = {80, NULL, NULL, update_server_accepted, false},
	[ROLE_DNS] = {PORT_DNS, dns_server_datagram, NULL, NULL, false},
};

static void leave(void *arg)
{
	server_close(arg);
}

int overlay_add_server(struct overlay *o, const struct overlay_server_spec *spec, struct err *e)
{
	struct server *s = server_new(o, spec, &roles[spec->role]);

	server_add(s);
	return server_open(s, e);
}

/* --- clients ------------------------------------------------------------------------------ */

int overlay_add_client(struct overlay *o, const struct sc_spec *spec, struct err *e)
{
	struct sc *c;

	for (size_t i = 0; i < o->client_count; i++)
		if (!strcmp(o->clients[i]->name, spec->name))
			return err_set(e, "client %s: this name is taken, expected a unique one",
				       spec->name);
	c = xcalloc(1, sizeof(*c));
	c->o = o;
	c->spec = *spec;
	snprintf(c->name, sizeof(c->name), "%s", spec->name);
	snprintf(c->node, sizeof(c->node), "%s", spec->node ? spec->node : "");
	c->spec.name = c->name;
	c->spec.node = c->node;
	c->spec.script = NULL;
	c->v = spec->version;
	o->clients = xrealloc(o->clients, (o->client_count + 1) * sizeof(struct sc *));
	o->clients[o->client_count++] = c;
	if (script_read(&c->script.script, spec->script, spec->script_len, e) < 0)
		return err_push(e, "client %s", c->name);
	sc_init(c);
	return 0;
}

/* --- the whole ---------------------------------------------------------------------------- */

/* Hundreds of peers need more descriptors than the usual soft limit. */
static void raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

struct overlay *overlay_new(struct loop *loop, uint64_t seed, struct truth_log *truth)
{
	struct overlay *o = xcalloc(1, sizeof(*o));

	raise_limit();
	o->loop = loop;
	o->truth = truth;
	o->seed = seed;
	o->sightings = xcalloc(SIGHTING_SETS * SIGHTING_WAYS, sizeof(*o->sightings));
	return o;
}

void overlay_free(struct overlay *o)
{
	if (!o)
		return;
	guests_free(o);
	for (size_t i = 0; i < o->client_count; i++) {
		client_script_free(o->clients[i]);
		sc_close(o->clients[i]);
		free(o->clients[i]);
	}
	for (size_t i = 0; i < o->server_count; i++) {
		relays_free(o->servers[i]);
		server_free(o->servers[i]);
	}
	visits_free(o);
	while (o->conns) {
		struct tcp_conn *c = o->conns;

		o->conns = c->all;
		if (c->fd >= 0)
			conn_close(c, true);
		free(c);
	}
	delayed_send_free_all(o);
	free(o->clients);
	free(o->servers);
	free(o->outcomes);
	free(o->sightings);
	free(o);
}

void overlay_set_places(struct overlay *o,
			bool (*place)(void *arg, const char *node, int *netns, struct ip *ip),
			void *arg)
{
	o->place = place;
	o->place_arg = arg;
}

void overlay_set_guests(struct overlay *o, int netns, const char *node, struct ip first, size_t n)
{
	o->guests.netns = netns;
	snprintf(o->guests.node, sizeof(o->guests.node), "%s", node);
	o->guests.first = first;
	o->guests.places = n < GUESTS_MAX ? n : GUESTS_MAX;
}

static void client_ended(struct overlay *o)
{
	if (o->running && --o->running == 0 && o->done)
		o->done(o->done_arg);
}

void overlay_start(struct overlay *o, void (*done)(void *arg), void *arg)
{
	struct rng r;

	o->done = done;
	o->done_arg = arg;
	o->running = o->client_count;
	rng_init(&r, o->seed, "overlay/versions");
	for (size_t i = 0; i < o->server_count; i++) {
		struct server *s = o->servers[i];

		/* an SN is somebody's client: it is of one of the versions that are there */
		if (o->client_count)
			s->version = o->clients[rng_range(&r, 0, (uint32_t)o->client_count - 1)]->v;
		if (s->version && s->spec.role != ROLE_DNS)
			s->udp.mask = s->media.mask = s->version->udp.mask;
		if (s->spec.leaves_s > 0)
			peer_timer_after(o, &s->leave, s->spec.leaves_s, leave, s);
	}
	for (size_t i = 0; i < o->client_count; i++)
		client_script_start(o->clients[i], o->clients[i]->spec.start_s, client_ended);
	if (!o->running && done)
		done(arg);
}

size_t overlay_outcome_count(const struct overlay *o)
{
	return o->outcome_count;
}

const struct overlay_outcome *overlay_outcome_at(const struct overlay *o, size_t i)
{
	return &o->outcomes[i];
}

void overlay_ask(struct overlay *o)
{
	for (size_t i = 0; i < o->client_count; i++)
		client_session_ask(o->clients[i]);
}

bool overlay_standing(const struct overlay *o, const char *client, struct client_standing *out)
{
	for (size_t i = 0; i < o->client_count; i++)
		if (!strcmp(o->clients[i]->name, client)) {
			standing_now(o->clients[i]);
			*out = o->clients[i]->standing;
			return true;
		}
	return false;
}

uint64_t overlay_messages(const struct overlay *o)
{
	return o->messages;
}
