// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_datagram.c - hands the datagrams that arrive at a client to whom they concern
 */
#include "base/bytes.h"
#include "replay/skype/call_media.h"
#include "replay/skype/call_pstn.h"
#include "replay/skype/client_contacts.h"
#include "replay/skype/client_datagram.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_promoted.h"
#include "replay/skype/client_request.h"
#include "replay/skype/client_visited.h"
#include "replay/skype/message.h"

/* False when the client does not expect it. */
static bool payload(struct sc *c, const struct endpoint *from, const struct skype_datagram *d,
		    long flow)
{
	const uint8_t *body;
	unsigned command;
	uint16_t reqid;
	size_t n;

	if (!d->ok || !plain_parse(&d->plain, &command, &reqid, &body, &n))
		return false;
	if (request_answered(c, from, reqid, command, body, n) ||
	    media_probed(c, from, command, body, n))
		return true;
	if (command == CMD_NAT_TEST)
		contacts_asked(c, from, reqid, flow);
	else if (command == CMD_VISIT)
		visited_datagram(c, from, d, flow);
	else
		return false;
	return true;
}

void client_datagram(void *client, const struct endpoint *from, const uint8_t *p, size_t n,
		     long flow)
{
	struct sc *c = client;
	struct skype_datagram d;

	if (c->asleep || pstn_media(c, from) || !datagram_parse(p, n, &from->ip, &c->public_ip, &d))
		return;
	switch (d.fn) {
	case FN_NACK: /* U2 */
		request_refused(c, from, &d);
		break;
	case FN_ACK:
		request_acknowledged(c, from, d.id, CMD_PUBLISH);
		break;
	case FN_FRAGMENT:
		if (n > 6 && p[5] & 0x80)
			request_acknowledged(c, from, get_be16(p + 3), CMD_SEARCH_REPLY);
		break;
	case FN_MEDIA:
		media_received(c, from);
		promoted_datagram(c, from, p, n, flow);
		break;
	case FN_PAYLOAD:
	case FN_RESEND:
		if (!payload(c, from, &d, flow))
			promoted_datagram(c, from, p, n, flow);
		break;
	default:
		break;
	}
}
