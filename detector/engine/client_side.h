/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_CLIENT_SIDE_H
#define DETECTOR_CLIENT_SIDE_H

#include "detector/engine/flow.h"
#include "detector/language/signature.h"

/* Which side of a flow a rule takes for the client. */

/* Direction from the side with a private address when the other has none, else from the opener. */
static inline int client_side_local(const struct flow_table *t, const struct flow *f)
{
	struct endpoint ends[2];

	flow_endpoint(t, f, 0, &ends[0]);
	flow_endpoint(t, f, 1, &ends[1]);
	return !ip_is_private(&ends[0].ip) && ip_is_private(&ends[1].ip);
}

/* Direction from a rule's @client when a first message @from that side comes in direction @dir;
 * @local: client_side_local(), where it is asked. */
static inline int client_side_of(enum client_side client, enum from from, int dir, int local)
{
	switch (client) {
	case CLIENT_INITIATOR:
		return 0;
	case CLIENT_RESPONDER:
		return 1;
	case CLIENT_RECEIVER:
		return !dir;
	case CLIENT_LOCAL:
		return local;
	default:
		return from == FROM_SERVER ? !dir : dir;
	}
}

/* The same for a rule that begins with the flow; of a rule whose client may be either side, the one
 * that is tried first. */
static inline int client_side_at_open(const struct flow_table *t, const struct flow *f,
				      const struct rule *r)
{
	if (r->client == CLIENT_LOCAL)
		return client_side_local(t, f);
	return r->client == CLIENT_RESPONDER || r->client == CLIENT_RECEIVER;
}

#endif
