// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_outcome.c - the outcome of the login that is under way
 */
#include <stdio.h>

#include "replay/skype/client_outcome.h"
#include "replay/skype/client_private.h"
#include "replay/skype/peer_timer.h"

struct overlay_outcome *outcome_login(struct sc *c)
{
	return c->outcome.index < 0 ? NULL : &c->o->outcomes[c->outcome.index];
}

void outcome_login_start(struct sc *c, enum login_mode mode)
{
	struct overlay_outcome *out;

	if (c->guest)
		return;
	out = outcome_add(c->o, OUTCOME_LOGIN, c->name, c->v->name, ++c->outcome.logins);
	out->mode = mode;
	c->outcome.index = outcome_last(c->o);
	c->outcome.start_ns = peer_now(c->o);
	c->outcome.way_udp[0] = c->outcome.way_tcp[0] = c->outcome.way_login[0] = '\0';
}

static void write_way(const struct sc *c, struct overlay_outcome *out)
{
	const char *parts[] = {c->outcome.way_udp, c->outcome.way_tcp, c->outcome.way_login};
	size_t n = 0;

	out->path[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i][0] && n < sizeof(out->path))
			n += (size_t)snprintf(out->path + n, sizeof(out->path) - n, "%s%s",
					      n ? " " : "", parts[i]);
}

void outcome_login_left(struct sc *c)
{
	struct overlay_outcome *out = outcome_login(c);

	if (!out)
		return;
	out->seconds = (double)(peer_now(c->o) - c->outcome.start_ns) / 1e9;
	c->outcome.index = -1;
}

void outcome_login_ended(struct sc *c, enum outcome_result result)
{
	struct overlay_outcome *out = outcome_login(c);

	if (!out)
		return;
	out->result = result;
	write_way(c, out);
	outcome_login_left(c);
	c->login_ended(c);
}
