// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dns_server.c - the name server that the clients ask for ui.skype.com
 *
 * Model. Every query is answered with the address of the update server.
 */
#include "replay/skype/dns_message.h"
#include "replay/skype/dns_server.h"
#include "replay/skype/overlay_private.h"
#include "replay/skype/server.h"

void dns_server_datagram(void *server, const struct endpoint *from, const uint8_t *p, size_t n,
			 long flow)
{
	struct server *s = server;
	const struct server *update = server_find(s->o, ROLE_UPDATE, 0);
	uint8_t out[DNS_MAX];
	size_t size = update ? dns_answer(out, p, n, &update->spec.ip) : 0;

	if (size && flow >= 0)
		udp_sock_send_later(&s->udp, server_delay(&s->rng), from, (uint32_t)flow, true,
				    "dns-answer", out, size);
}
