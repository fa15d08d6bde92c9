// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * update_server.c - the web server that clients ask for the latest version
 *
 * Model. It answers the first request of a connection, whatever it asks, with the reply of the
 * version's file in the form that SkypeIRC.cap shows, and closes.
 */
#include <stdio.h>
#include <string.h>

#include "replay/skype/update_server.h"
#include "replay/skype/version.h"

static void answered(void *arg)
{
	conn_close(arg, false);
}

static void update_data(struct tcp_conn *c, const uint8_t *p, size_t n)
{
	struct server *s = c->owner;
	char head[700];
	const char *body = s->version ? s->version->http.reply : "1.0.0.1";
	int k;

	if (n > sizeof(c->in) - c->in_len - 1 || c->flow < 0 || c->stage) {
		conn_close(c, true);
		return;
	}
	memcpy(c->in + c->in_len, p, n);
	c->in_len += n;
	c->in[c->in_len] = '\0';
	if (!strstr((char *)c->in, "\r\n\r\n"))
		return;
	conn_seed(c);
	c->stage = 1;
	k = snprintf(head, sizeof(head),
		     "HTTP/1.1 200 OK\r\n"
		     "Date: Fri, 25 Aug 2006 19:29:59 GMT\r\n"
		     "Server: Apache\r\n"
		     "Cache-control: no-cache, must revalidate\r\n"
		     "Pragma: no-cache\r\n"
		     "Expires: 0\r\n"
		     "Set-Cookie: SC=CC=:CCY=:LC=en:TM=1156534199:TS=1156534199:TZ=:VER=%u/%s/0; "
		     "expires=Sat, 25-Aug-07 19:29:59 GMT; path=/; domain=.skype.com;\r\n"
		     "Content-Length: %zu\r\n"
		     "Connection: close\r\n"
		     "Content-Type: text/html; charset=utf-8\r\n"
		     "Content-Language: en\r\n\r\n%s",
		     s->version ? s->version->http.platform : 0,
		     s->version ? s->version->http.build : "0", strlen(body), body);
	conn_send_later(c, 0.007 + server_delay(&c->rng), "http-reply", head, (size_t)k);
	peer_timer_after(c->o, &c->timer, 0.3, answered, c);
}

static const struct conn_ops update_ops = {.data = update_data};

void update_server_accepted(struct listener *l, struct tcp_conn *c)
{
	c->owner = l->owner;
	c->ops = &update_ops;
}
