// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * known.c - what a rule must know, and the keys under which that is remembered
 *
 * A rule may ask that a key is known ("known") or not ("unknown") in a set of memory. Conditions
 * that need no bytes of a match and cannot wait are asked before the rule starts, so that it costs
 * nothing when they fail; the others when it is complete.
 *
 * The same keys are asked for again and again while one packet is read: those made of addresses and
 * ports alone are kept for the packet (struct packet_keys).
 */
#include <string.h>

#include "detector/engine/answer.h"
#include "detector/engine/known.h"

static size_t put_address(uint8_t *out, const struct ip *ip)
{
	size_t n = ip->family == 6 ? 16 : 4;

	*out = ip->family;
	memcpy(out + 1, ip->b, n);
	return 1 + n;
}

static size_t put_endpoint(uint8_t *out, uint8_t part, const struct flow_table *t,
			   const struct flow *f, int side)
{
	bool address = part == KEY_CLIENT_IP || part == KEY_SERVER_IP;

	if (!address) {
		memcpy(out, &f->port[side], 2);
		return 2;
	}
	if (f->flags & FLOW_V6) {
		struct endpoint e;

		flow_endpoint(t, f, side, &e);
		return put_address(out, &e.ip);
	}
	*out = 4;
	memcpy(out + 1, &f->ip[side], 4);
	return 5;
}

struct memory_key known_address_key(const struct detector *d, const struct ip *ip)
{
	uint8_t values[17];

	return memory_key(&d->memory, values, put_address(values, ip));
}

struct memory_key known_ends_key(const struct detector *d, const struct set_key *k,
				 const struct endpoint *client, const struct endpoint *server)
{
	uint8_t values[KEY_MAX];
	size_t n = 0;

	for (unsigned i = 0; i < k->n; i++) {
		const struct endpoint *e = k->parts[i] >= KEY_SERVER_IP ? server : client;

		if (k->parts[i] == KEY_CLIENT_IP || k->parts[i] == KEY_SERVER_IP) {
			n += put_address(values + n, &e->ip);
		} else {
			memcpy(values + n, &e->port, 2);
			n += 2;
		}
	}
	return memory_key(&d->memory, values, n);
}

bool known_key(struct detector *d, const struct set_key *k, const struct flow *f, int client_dir,
	       const struct match *in, struct memory_key *out)
{
	unsigned kept = 2U * k->slot + (unsigned)client_dir;
	uint8_t values[KEY_MAX];
	size_t n = 0;

	if (k->slot < KEY_SLOTS && d->keys.f == f && (d->keys.have >> kept & 1)) {
		*out = d->keys.k[kept];
		return true;
	}
	for (unsigned i = 0; i < k->n; i++) {
		if (k->parts[i] != KEY_BYTES) {
			n += put_endpoint(values + n, k->parts[i], &d->flows, f,
					  k->parts[i] >= KEY_SERVER_IP ? !client_dir : client_dir);
			continue;
		}
		if (!in)
			return false;
		memcpy(values + n, in->save + k->save, k->length);
		n += k->length;
	}
	*out = memory_key(&d->memory, values, n);
	if (k->slot < KEY_SLOTS) {
		if (d->keys.f != f)
			d->keys.have = 0;
		d->keys.f = f;
		d->keys.have |= 1U << kept;
		d->keys.k[kept] = *out;
	}
	return true;
}

enum known_answer known_ask(struct detector *d, const struct rule *r, const struct flow *f,
			    int client_dir, struct match *in, bool complete)
{
	enum known_answer answer = KNOWN_YES;

	for (unsigned i = 0; i < r->known_n; i++) {
		const struct known *k = &r->known[i];
		struct memory_entry *e = NULL;
		struct memory_key key;

		if (!complete && (k->hold || k->key.length))
			continue; /* asked at the end */
		if (d->memory.sets[k->set].count) {
			if (!known_key(d, &k->key, f, client_dir, in, &key))
				return KNOWN_NO;
			e = memory_find(&d->memory, k->set, &key, d->now_ns);
		}
		if (e && in && !in->version)
			in->version = e->version;
		if (e && in && !k->negate)
			answer_inherit(d, in, &k->key, e);
		if (!e == k->negate)
			continue;
		if (!k->hold)
			return KNOWN_NO;
		answer = KNOWN_HOLD;
	}
	return answer;
}
