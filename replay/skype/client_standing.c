// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_standing.c - when a client was in, as it knows itself
 *
 * A client is in while it has a super node and its login was accepted; a cached password needs
 * nobody who accepts it. What a firewall does to it in between it knows only when it notices.
 *
 *   in?	entered when				left when
 *   no		the client is made; the rest is over	both hold: standing_now()
 *   yes	a node is there and the login accepted	the node is lost; the user quits
 */
#include "replay/skype/client_private.h"
#include "replay/skype/client_standing.h"
#include "replay/skype/peer_timer.h"
#include "replay/skype/version.h"

#define ANSWER_S 5.0

static bool is_in(const struct sc *c)
{
	return c->supernode.conn && (c->mode == LOGIN_AUTOMATIC || c->login.authed);
}

/* Pings are at most so far apart, with an answer's time added. */
static bool is_alive(const struct sc *c)
{
	uint64_t most = (uint64_t)((1.3 * c->v->tcp.keepalive + ANSWER_S) * 1e9);

	if (c->standing.ping_ns)
		return is_in(c) && c->standing.heard_ns > c->standing.ping_ns;
	return is_in(c) && peer_now(c->o) - c->standing.heard_ns <= most;
}

static void set(struct sc *c, bool in)
{
	struct client_standing *s = &c->standing;
	uint64_t now = peer_now(c->o);

	if (in && !s->in) {
		s->times++;
		s->since_ns = s->heard_ns = now;
		s->first_ns = s->first_ns ? s->first_ns : now;
	}
	if (!in && s->in)
		s->served_ns += s->heard_ns - s->since_ns;
	if (in || s->in)
		s->last_ns = now;
	s->in = in;
}

void standing_now(struct sc *c)
{
	c->standing.alive = is_alive(c);
	set(c, is_in(c));
}

void standing_heard(struct sc *c)
{
	c->standing.heard_ns = peer_now(c->o);
}

void standing_asked(struct sc *c)
{
	if (!c->standing.asked_ns)
		c->standing.asked_ns = peer_now(c->o);
}

void standing_quit(struct sc *c)
{
	c->standing.at_quit = is_alive(c);
	set(c, false);
}
