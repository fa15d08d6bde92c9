// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * counters.c - request ids follow the order of sending
 *
 * A client numbers its messages of function 2 with one counter, whoever they go to. When a copy
 * sends them in another order, the first message sent gets the id that was first, and so on, with the
 * steps of the recording. Whatever repeats an id (a message sent again, a resend, a refusal, an
 * acknowledgement, a fragment) repeats the new one.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "run/vary/counters.h"

/* One message by its client, flow and id. */
struct numbered_key {
	const struct copied_flow *flow;
	uint64_t id;
};

struct numbered {
	struct numbered_key key;
	const struct endpoint *client;
	uint64_t ts_ns;
	size_t place; /* in the recording */
	uint16_t id;  /* in the copy */
	UT_hash_handle hh;
};

static const uint8_t *message(const struct copied_frame *f)
{
	return flow_is_skype(f->flow) && f->view.tuple.proto == IPPROTO_UDP && !f->view.fragment &&
			       f->view.payload_len >= 5
		       ? f->data + f->view.payload
		       : NULL;
}

static struct numbered *find(struct numbered *map, const struct copied_flow *flow, uint16_t id)
{
	struct numbered_key key;
	struct numbered *x;

	memset(&key, 0, sizeof(key));
	key.flow = flow;
	key.id = id;
	HASH_FIND(hh, map, &key, sizeof(key), x);
	return x;
}

static void note(struct numbered **map, const struct copied_frame *f, uint16_t id)
{
	struct numbered *x = find(*map, f->flow, id);

	if (x)
		return;
	x = xcalloc(1, sizeof(*x));
	x->key.flow = f->flow;
	x->key.id = id;
	x->client = &f->flow->client;
	x->ts_ns = f->ts_ns;
	x->place = HASH_COUNT(*map);
	HASH_ADD(hh, *map, key, sizeof(x->key), x);
}

static int by_client(const struct numbered *x, const struct numbered *y)
{
	int ip = memcmp(&x->client->ip, &y->client->ip, sizeof(x->client->ip));

	return ip ? ip : (int)x->client->port - (int)y->client->port;
}

static int by_place(const void *a, const void *b)
{
	const struct numbered *x = *(struct numbered *const *)a, *y = *(struct numbered *const *)b;
	int c = by_client(x, y);

	return c ? c : (x->place > y->place) - (x->place < y->place);
}

static int by_sending(const void *a, const void *b)
{
	const struct numbered *x = *(struct numbered *const *)a, *y = *(struct numbered *const *)b;
	int c = by_client(x, y);

	if (c)
		return c;
	return x->ts_ns != y->ts_ns ? (x->ts_ns > y->ts_ns) - (x->ts_ns < y->ts_ns)
				    : by_place(a, b);
}

static void give_out(struct numbered *map)
{
	size_t n = HASH_COUNT(map), i = 0;
	struct numbered **recorded = xcalloc(n + 1, sizeof(struct numbered *));
	struct numbered **sent = xcalloc(n + 1, sizeof(struct numbered *));

	for (struct numbered *x = map; x; x = x->hh.next)
		recorded[i++] = x;
	memcpy(sent, recorded, n * sizeof(struct numbered *));
	qsort(recorded, n, sizeof(struct numbered *), by_place);
	qsort(sent, n, sizeof(struct numbered *), by_sending);
	for (i = 0; i < n; i++)
		sent[i]->id = (uint16_t)recorded[i]->key.id;
	free(recorded);
	free(sent);
}

static uint16_t shift_of(struct numbered *map, const struct copied_flow *flow, uint16_t id)
{
	const struct numbered *x = find(map, flow, id);

	return x ? (uint16_t)(x->id - id) : 0;
}

static void apply(struct numbered *map, struct copied_frame *f, const uint8_t *p)
{
	uint8_t function = p[2] & 0x8f;

	if (f->from_client ? function == 0x02 || function == 0x03
			   : function == 0x05 || function == 0x07)
		f->id_shift = shift_of(map, f->flow, get_be16(p));
	else if (!f->from_client && function == 0x0f)
		f->ref_shift = shift_of(map, f->flow, get_be16(p + 3));
}

void vary_counters(struct copied_capture *r)
{
	struct numbered *map = NULL, *x, *next;

	for (size_t i = 0; i < r->n; i++) {
		const uint8_t *p = message(&r->frames[i]);

		if (p && r->frames[i].from_client && p[2] == 0x02)
			note(&map, &r->frames[i], get_be16(p));
	}
	if (map)
		give_out(map);
	for (size_t i = 0; i < r->n; i++) {
		const uint8_t *p = message(&r->frames[i]);

		if (p)
			apply(map, &r->frames[i], p);
	}
	HASH_ITER (hh, map, x, next) {
		HASH_DEL(map, x);
		free(x);
	}
}
