// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client.c - the emulated Skype client: start, host cache, end
 *
 * Model. A client opens one UDP socket and a TCP listener on the same port, and looks for a super
 * node: by UDP probes (sc_udp.c), by TCP when UDP is silent, always in the order own port, 443, 80
 * (sc_tcp.c). It then logs in (sc_login.c) and goes on as an idle client does (sc_session.c). What
 * the user does comes from a script (script.c), what the version does from its file. Nothing tells
 * the client what the network lets through: it sees answers, silence and errors, as a real one.
 *
 * Host cache. A fresh installation knows the bootstrap super nodes only and learns others from the
 * lists in refusals. A client that ran before has a cache of super nodes, some gone, its last one
 * first, and keeps it over a quit; it never keeps its public address, so that each start begins
 * with a full probe (SkypeIRC.cap: both starts).
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "replay/skype/call.h"
#include "replay/skype/client.h"

#define RESUME_STEP 5	 /* a restarted 1.4 goes on about so many source ports above its last */
#define RESUME_S    3600 /* ... unless it was off that long */

struct server *find_server(struct overlay *o, enum overlay_role role, size_t nth)
{
	for (size_t i = 0; i < o->server_count; i++)
		if (o->servers[i]->spec.role == role && nth-- == 0)
			return o->servers[i];
	return NULL;
}

uint16_t sc_id(struct sc *c, unsigned step)
{
	uint16_t id = c->id;

	c->id = (uint16_t)(c->id + step);
	return id;
}

uint32_t sc_flow(struct sc *c, uint8_t proto, const struct endpoint *src,
		 const struct endpoint *dst, const char *reason)
{
	return flow_open(c->o, &c->opener, proto, src, dst, reason);
}

/* --- host cache --------------------------------------------------------------------------- */

int sc_learn(struct sc *c, const struct endpoint *ep)
{
	for (size_t i = 0; i < c->host_count; i++)
		if (endpoint_eq(&c->hosts[i].ep, ep))
			return (int)i;
	if (c->host_count == HOSTS_MAX)
		return -1;
	c->hosts[c->host_count] = (struct host){.ep = *ep};
	return (int)c->host_count++;
}

void sc_learn_list(struct sc *c, const uint8_t *list, size_t n)
{
	for (; n >= ADDR_BYTES; n -= ADDR_BYTES, list += ADDR_BYTES) {
		struct endpoint ep = {.ip = {.family = 4}, .port = get_be16(list + 4)};

		memcpy(ep.ip.b, list, 4);
		/* After the addresses come random bytes: only what the overlay has is learnt, as a
		 * real client's check of the list's own encoding would have it. */
		for (size_t i = 0; i < c->o->server_count; i++)
			if (endpoint_eq(&c->o->servers[i]->udp.local, &ep)) {
				int host = sc_learn(c, &ep);

				if (host >= 0)
					c->hosts[host].listed = true;
				break;
			}
	}
}

static void add_all(struct sc *c, enum overlay_role role, size_t max)
{
	size_t n = c->o->server_count, start, added = 0;

	if (!n)
		return;
	start = rng_range(&c->rng, 0, (uint32_t)n - 1);
	for (size_t k = 0; k < n && added < max; k++) {
		struct server *s = c->o->servers[(start + k) % n];

		if (s->spec.role == role) {
			sc_learn(c, &s->udp.local);
			added++;
		}
	}
}

static enum sn_mood wanted_mood(struct sc *c)
{
	double x = rng_unit(&c->rng);

	return x < c->v->udp.stale		      ? SN_GONE
	       : x < c->v->udp.stale + c->v->udp.full ? SN_FULL_UDP
						      : SN_ACCEPTS;
}

/* A cache some days old, with the version's shares of hosts that are gone or full. */
static void add_old(struct sc *c, size_t count)
{
	size_t n = c->o->server_count;

	while (n && count--) {
		enum sn_mood mood = wanted_mood(c);
		size_t start = rng_range(&c->rng, 0, (uint32_t)n - 1), before = c->host_count;

		for (size_t k = 0; k < n && c->host_count == before; k++) {
			struct server *s = c->o->servers[(start + k) % n];

			if (s->spec.role == ROLE_SN && s->spec.mood == mood)
				sc_learn(c, &s->udp.local);
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
			sc_learn(c, &s->udp.local);
			return;
		}
	}
}

static void fill_cache(struct sc *c)
{
	if (c->host_count) {
		for (size_t i = 0; i < c->host_count; i++)
			c->hosts[i].state = HOST_FRESH;
		if (c->v->udp.last_first && c->mode == LOGIN_AUTOMATIC && c->sn_host) {
			struct host last = c->hosts[c->sn_host];

			c->hosts[c->sn_host] = c->hosts[0];
			c->hosts[0] = last;
			c->sn_host = 0;
		}
	} else if (c->fresh) {
		add_all(c, ROLE_BOOTSTRAP, HOSTS_MAX);
		if (!c->host_count)
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
	c->next_host = c->next_tcp = 0;
}

/* --- outcome ------------------------------------------------------------------------------ */

static void write_way(struct sc *c, struct overlay_outcome *out)
{
	const char *parts[] = {c->way_udp, c->way_tcp, c->way_login};
	size_t n = 0;

	out->path[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i][0] && n < sizeof(out->path))
			n += (size_t)snprintf(out->path + n, sizeof(out->path) - n, "%s%s",
					      n ? " " : "", parts[i]);
}

void sc_done(struct sc *c, enum outcome_result result)
{
	struct overlay_outcome *out;

	if (c->outcome < 0)
		return;
	out = &c->o->outcomes[c->outcome];
	out->result = result;
	out->seconds = (double)(overlay_now(c->o) - c->login_ns) / 1e9;
	write_way(c, out);
	c->outcome = -1;
	script_login_ended(c);
}

static void outcome_start(struct sc *c, enum login_mode mode)
{
	static const char *const modes[] = {"manual", "automatic", "wrong"};
	struct overlay_outcome *out = outcome_add(c->o);

	out->kind = OUTCOME_LOGIN;
	out->attempt = ++c->logins;
	snprintf(out->client, sizeof(out->client), "%s", c->name);
	snprintf(out->version, sizeof(out->version), "%s", c->v->name);
	snprintf(out->mode, sizeof(out->mode), "%s", modes[mode]);
	snprintf(out->probe, sizeof(out->probe), "none");
	c->outcome = (long)c->o->outcome_count - 1;
	c->login_ns = overlay_now(c->o);
	c->way_udp[0] = c->way_tcp[0] = c->way_login[0] = '\0';
}

/* --- start and end ------------------------------------------------------------------------ */

static void give_up(void *arg);

static void rested(void *arg)
{
	struct sc *c = arg;

	c->state = SC_SEARCHING;
	fill_cache(c);
	sc_probe_start(c);
	ptimer_after(c->o, &c->give_up, c->v->tcp.give_up, give_up, c);
}

static void give_up(void *arg)
{
	struct sc *c = arg;

	sc_probe_stop(c);
	sc_tcp_stop(c);
	c->state = SC_FAILED;
	if (c->v->tcp.pause > 0) { /* 1.4 rests and begins again; 2.0 shows an error */
		c->state = SC_RESTING;
		ptimer_after(c->o, &c->rest, c->v->tcp.pause, rested, c);
	}
	sc_done(c, OUTCOME_GAVE_UP);
}

static void first_source_port(struct sc *c)
{
	const struct version_tcp *t = &c->v->tcp;
	bool resume = c->src_port && overlay_now(c->o) - c->src_port_ns < RESUME_S * NS_PER_SEC;

	if (t->ports != PORTS_SEQUENTIAL)
		return;
	c->src_port = resume ? (uint16_t)(c->src_port + RESUME_STEP)
			     : (uint16_t)dist_draw(&t->first_port, &c->rng);
	if (c->src_port > t->last_port)
		c->src_port = (uint16_t)dist_draw(&t->first_port, &c->rng);
}

static int open_sockets(struct sc *c, struct err *e)
{
	struct endpoint local = {c->spec.ip, c->udp_port};

	c->udp.owner = c;
	c->udp.rx = sc_datagram;
	c->tcp.owner = c;
	c->tcp.accepted = sc_accepted;
	for (int i = 0; i < 16; i++) { /* a drawn port may be taken by another client here */
		if (usock_open(&c->udp, c->o, c->spec.netns, &local, e) == 0) {
			if (listener_open(&c->tcp, c->o, c->spec.netns, &local, false, e) == 0)
				return 0;
			usock_close(&c->udp);
		}
		if (c->spec.udp_port)
			return -1;
		local.port = c->udp_port = (uint16_t)rng_range(&c->rng, 1025, 65000);
	}
	return -1;
}

int sc_log_in(struct sc *c, enum login_mode mode)
{
	struct err e;

	if (c->state != SC_OFF)
		sc_log_off(c);
	if (open_sockets(c, &e) < 0) {
		log_warn("client %s: %s", c->name, e.msg);
		return -1;
	}
	c->mode = mode;
	c->state = SC_SEARCHING;
	c->authed = c->udp_alive = false;
	c->public_ip = (struct ip){0};
	c->id = (uint16_t)rng_u32(&c->rng);
	first_source_port(c);
	fill_cache(c);
	outcome_start(c, mode);
	ptimer_after(c->o, &c->give_up, c->v->tcp.give_up, give_up, c);
	sc_probe_start(c);
	return 0;
}

void sc_log_off(struct sc *c)
{
	if (c->state == SC_OFF)
		return;
	pstn_free(c);
	sc_session_stop(c);
	sc_login_stop(c);
	sc_probe_stop(c);
	sc_tcp_stop(c);
	sc_requests_drop(c);
	ptimer_cancel(&c->give_up);
	ptimer_cancel(&c->rest);
	if (c->sn)
		conn_close(c->sn, false);
	c->sn = NULL;
	usock_close(&c->udp);
	listener_close(&c->tcp);
	c->state = SC_OFF;
	c->fresh = false;
	if (c->outcome >= 0) {
		c->o->outcomes[c->outcome].seconds =
			(double)(overlay_now(c->o) - c->login_ns) / 1e9;
		c->outcome = -1;
	}
}

int sc_open(struct sc *c, struct err *e)
{
	char name[64];

	(void)e;
	snprintf(name, sizeof(name), "sc/%s", c->name);
	rng_init(&c->rng, c->o->seed, name);
	c->udp_port =
		c->spec.udp_port ? c->spec.udp_port : (uint16_t)rng_range(&c->rng, 1025, 65000);
	c->opener = (struct opener){c->node, c->name, c->v->name, c->spec.ip};
	c->fresh = c->spec.fresh;
	c->outcome = -1;
	c->tcp.fd = -1;
	c->answers = true;
	usock_init(&c->udp);
	return 0;
}

void sc_close(struct sc *c)
{
	ptimer_cancel(&c->script);
	call_free(c);
	sc_log_off(c);
	script_free(c);
}
