// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flows.c - the table of a recording's flows
 *
 * A flow is keyed by the recorded client's end and the remote's. A flow between two other hosts is
 * kept too, under the direction seen first, so that it can be reported; why_unplayable() says what
 * cannot be played.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/recorded/flows.h"

bool is_host_address(const struct ip *a)
{
	if (a->family == 4)
		return a->b[0] < 224 && a->b[0] != 0 && a->b[3] != 255;
	return a->b[0] != 0xff;
}

static const char *why_unplayable(const struct recording *r, const struct rec_key *k)
{
	if (k->remote.ip.family != 4)
		return "ipv6";
	if (!is_host_address(&k->remote.ip))
		return "multicast-or-broadcast";
	if (!ip_eq(&k->client.ip, &r->client) || ip_eq(&k->remote.ip, &r->client))
		return "other-host";
	return k->client.port && k->remote.port ? NULL : "port-0";
}

/* The flow between @a and @b, keyed with @a as the client, and the key; NULL = not seen yet. */
static struct rec_flow *flow_find(const struct recording *r, uint8_t proto,
				  const struct endpoint *a, const struct endpoint *b,
				  struct rec_key *key)
{
	struct rec_flow *f;

	memset(key, 0, sizeof(*key));
	key->client.ip = a->ip;
	key->client.port = a->port;
	key->remote.ip = b->ip;
	key->remote.port = b->port;
	key->proto = proto;
	HASH_FIND(hh, r->flows, key, sizeof(*key), f);
	return f;
}

struct rec_flow *rec_flow_of(struct recording *r, const struct packet *p, bool *from_client)
{
	bool out = ip_eq(&p->src.ip, &r->client), in = ip_eq(&p->dst.ip, &r->client);
	struct rec_flow *f = NULL;
	struct rec_key key;

	*from_client = out || !in;
	if (out == in) { /* between other hosts: is the opposite direction known? */
		f = flow_find(r, p->proto, &p->dst, &p->src, &key);
		*from_client = !f;
	}
	if (!f && *from_client)
		f = flow_find(r, p->proto, &p->src, &p->dst, &key);
	else if (!f)
		f = flow_find(r, p->proto, &p->dst, &p->src, &key);
	if (f)
		return f;
	f = xcalloc(1, sizeof(*f));
	f->key = key;
	f->inbound = !*from_client;
	label_copy(f->label, LABEL_UNKNOWN);
	f->close = CLOSE_NOT;
	f->unplayable = why_unplayable(r, &key);
	r->client_flows += out != in;
	HASH_ADD(hh, r->flows, key, sizeof(f->key), f);
	return f;
}

struct rec_flow *rec_flow_find(const struct recording *r, uint8_t proto, const struct endpoint *a,
			       const struct endpoint *b)
{
	struct rec_key key;
	struct rec_flow *f = flow_find(r, proto, a, b, &key);

	return f ? f : flow_find(r, proto, b, a, &key);
}

void rec_flows_free(struct recording *r)
{
	struct rec_flow *f = r->flows, *next;

	HASH_CLEAR(hh, r->flows);
	for (; f; f = next) {
		next = f->hh.next;
		for (int d = 0; d < 2; d++) {
			while (f->held[d]) {
				struct rec_segment *s = f->held[d];

				f->held[d] = s->next;
				free(s->data);
				free(s);
			}
			free(f->closed[d]);
		}
		free(f->data);
		free(f->messages);
		free(f);
	}
}
