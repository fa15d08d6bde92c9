// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_update.c - the check for a newer version
 *
 * Model. An HTTP request to ui.skype.com, in the form of the version's file, 1.0 to 1.3 s after the
 * login server's SYN. What it answers is not used.
 */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "replay/skype/client_connect.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_update.h"
#include "replay/skype/server.h"

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
	conn_send(k, "http-get", text, (size_t)n);
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

static void start(void *arg)
{
	struct sc *c = arg;
	const struct server *s = server_find(c->o, ROLE_UPDATE, 0);

	if (s && !c->update.conn)
		c->update.conn = connect_open(c, &s->udp.local, "update check", &update_ops,
					      c->v->login.timeout);
}

void update_check_after(struct sc *c, double seconds)
{
	peer_timer_after(c->o, &c->update.timer, seconds, start, c);
}

void update_check_stop(struct sc *c)
{
	peer_timer_cancel(&c->update.timer);
	if (c->update.conn)
		conn_close(c->update.conn, false);
	c->update.conn = NULL;
}
