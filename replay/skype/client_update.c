// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_update.c - the check for a newer version
 *
 * Model. The name ui.skype.com is looked up, then an HTTP request goes there, in the form of the
 * version's file, 1.0 to 1.3 s after the login server's SYN. What it answers is not used. A query
 * that is not answered is sent twice more; without an answer there is no check.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "replay/skype/client_connect.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_update.h"
#include "replay/skype/dns_message.h"
#include "replay/skype/flow_log.h"
#include "replay/skype/server.h"

#define QUERIES	   3
#define PORT_TRIES 16

static void update_connected(struct tcp_conn *k)
{
	struct sc *c = k->owner;
	const struct version_http *h = &c->v->http;
	const char *host = "ui.skype.com", *what = "getlatestversion";
	char text[600], agent[200] = "";
	uint64_t user = fnv1a(c->name, strlen(c->name));
	int n;

	if (h->agent && h->agent[0])
		snprintf(agent, sizeof(agent), "User-Agent: %s\r\n", h->agent);
	if (h->installed_first && c->fresh)
		what = "installed";
	n = snprintf(text, sizeof(text), "GET %s%s/ui/%u/%s/en/%s", h->absolute ? "http://" : "",
		     h->absolute ? host : "", h->platform, h->build, what);
	if (strcmp(what, "installed") != 0)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "?ver=%s&uhash=%016llx%016llx",
			      h->build, (unsigned long long)user,
			      (unsigned long long)(user * 0x9e3779b97f4a7c15ULL));
	if (h->absolute)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      " HTTP/1.1\r\nconnection: Keep-Alive\r\nhost: %s\r\n%s\r\n", host,
			      agent);
	else
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      " HTTP/1.1\r\n%sHost: %s\r\nCache-Control: no-cache\r\n\r\n", agent,
			      host);
	conn_send_later(k, connect_think(c->o, k), "http-get", text, (size_t)n);
}

static void update_data(struct tcp_conn *k, const uint8_t *p, size_t n)
{
	(void)k;
	(void)p;
	(void)n;
}

static void update_closed(struct tcp_conn *k, int error)
{
	struct sc *c = k->owner;

	(void)error;
	c->update.conn = NULL;
}

static const struct conn_ops update_ops = {
	.connected = update_connected,
	.data = update_data,
	.closed = update_closed,
};

static void connect_update(struct sc *c)
{
	const struct server *s = server_find(c->o, ROLE_UPDATE, 0);

	if (s && !c->update.conn)
		c->update.conn = connect_open(c, &s->udp.local, "update check", &update_ops,
					      c->v->login.timeout);
}

/* --- the look-up -------------------------------------------------------------------------- */

static void answered(void *client, const struct endpoint *from, const uint8_t *p, size_t n,
		     long flow)
{
	struct sc *c = client;

	(void)from;
	(void)flow;
	if (n < 12 || get_be16(p) != c->update.query)
		return;
	peer_timer_cancel(&c->update.timer);
	udp_sock_close(&c->update.lookup);
	connect_update(c);
}

static void ask(void *arg)
{
	struct sc *c = arg;
	struct update_check *u = &c->update;
	const struct server *dns = server_find(c->o, ROLE_DNS, 0);
	uint8_t out[DNS_MAX];
	uint32_t flow;

	if (u->queries++ == QUERIES) {
		udp_sock_close(&u->lookup);
		return;
	}
	/* Which names a host looks up is no traffic of Skype's protocol. */
	flow = flow_log_open(c->o, &c->opener, IPPROTO_UDP, &u->lookup.local, &dns->udp.local,
			     "look-up of ui.skype.com");
	label_copy(truth_flow_at(c->o->truth, flow)->label, "dns");
	udp_sock_send(&u->lookup, &dns->udp.local, flow, false, "dns-query", out,
		      dns_query(out, u->query, "ui.skype.com"));
	peer_timer_after(c->o, &u->timer, (double)u->queries, ask, c);
}

static void start(void *arg)
{
	struct sc *c = arg;
	struct endpoint local = {c->spec.ip, 0};

	if (!server_find(c->o, ROLE_DNS, 0) || c->update.lookup.fd >= 0)
		return;
	c->update.query = (uint16_t)rng_u32(&c->rng);
	c->update.queries = 0;
	c->update.lookup.owner = c;
	c->update.lookup.rx = answered;
	for (int i = 0; i < PORT_TRIES; i++) {
		local.port = (uint16_t)rng_range(&c->rng, 1025, 5000);
		if (udp_sock_open(&c->update.lookup, c->o, c->spec.netns, &local, NULL) == 0) {
			ask(c);
			return;
		}
	}
}

void update_check_init(struct sc *c)
{
	udp_sock_init(&c->update.lookup);
}

void update_check_after(struct sc *c, double seconds)
{
	if (!c->v->http.never)
		peer_timer_after(c->o, &c->update.timer, seconds, start, c);
}

void update_check_stop(struct sc *c)
{
	peer_timer_cancel(&c->update.timer);
	udp_sock_close(&c->update.lookup);
	if (c->update.conn)
		conn_close(c->update.conn, false);
	c->update.conn = NULL;
}
