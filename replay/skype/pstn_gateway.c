// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pstn_gateway.c - the media port of the gateway to the telephone network
 *
 * Model. The gateway answers each media packet with one of the same size. The first four bytes are
 * constant in its direction as well, the fifth is the client's counter (Bonfiglio et al. 2007).
 * Its server, which speaks L1 to L4, is in login_server.c; the client's side in call_pstn.c.
 */
#include "replay/skype/message.h"
#include "replay/skype/pstn_gateway.h"

void pstn_gateway_media(void *server, const struct endpoint *from, const uint8_t *p, size_t n,
			long flow)
{
	struct server *s = server;
	uint8_t out[DATAGRAM_MAX];

	if (flow < 0 || n < 8 || n > sizeof(out))
		return;
	rng_fill(&s->rng, out, n);
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)~p[i];
	out[4] = p[4];
	udp_sock_send_later(&s->media, server_delay(&s->rng), from, (uint32_t)flow, true, "media",
			    out, n);
}
