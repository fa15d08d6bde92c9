// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exchange.c - request and reply pairs
 *
 * Within a flow a message is the reply to the last one of the other side that still waits, if it comes
 * within ten seconds. A pair is then closed. What the answering side sends on, less than a second
 * after its last message, is more of the reply and asks nothing.
 *
 *   the flow        | a message                      | does
 *   nothing waits   | more of a reply                | nothing
 *                   | any other                      | is a request and waits
 *   a request waits | from the same side             | is a request; the one before is unanswered
 *                   | from the other, in ten seconds | is its reply
 *                   | from the other, later          | is a request; the one before is unanswered
 *
 * Sizes say who belongs together, not contents: with two requests under way on one flow the later gets
 * the reply. TCP messages that are not whole are passed over.
 *
 * Memory: at most EXCHANGE_KINDS kinds; when they are used up, those seen least often go (lossy
 * counting), and a count says how many. 12 MiB at most.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/talk/exchange.h"
#include "base/err.h"
#include "base/moment.h"

#define MORE_WITHIN_NS 1000000000ULL

void exchanges_begin(struct exchanges *x)
{
	*x = (struct exchanges){0};
	x->latest = xcalloc(EXCHANGE_LATEST, sizeof(struct exchange *));
	x->asked = xcalloc(4UL * EXCHANGE_SIZES, sizeof(*x->asked));
}

static uint64_t *asked_of(const struct exchanges *x, uint8_t proto, bool by_responder,
			  uint32_t size)
{
	size_t at = ((size_t)(proto == IPPROTO_TCP) * 2 + by_responder) * EXCHANGE_SIZES;

	return &x->asked[at + size];
}

static uint32_t size_of(const struct message *m)
{
	return m->size < EXCHANGE_SIZES ? m->size : EXCHANGE_SIZES - 1;
}

/* Where the kind is that was seen last of those that share this place; NULL there = none. */
static struct exchange **latest_of(struct exchanges *x, const struct exchange_key *key)
{
	uint64_t h = ((uint64_t)key->request << 32 | key->reply) * 0x9e3779b97f4a7c15ULL;

	h ^= (uint64_t)(key->proto * 2U + key->by_responder) << 52;
	return &x->latest[(h >> 50) % EXCHANGE_LATEST];
}

static void drop(struct exchanges *x, struct exchange *kind)
{
	*latest_of(x, &kind->key) = NULL;
	HASH_DEL(x->kinds, kind);
	spread_clear(&kind->delay);
	free(kind);
}

/* Makes room: half of the kinds, the rarest, go. */
static void make_room(struct exchanges *x)
{
	while (HASH_COUNT(x->kinds) > EXCHANGE_KINDS / 2) {
		struct exchange *kind, *next;

		x->floor++;
		HASH_ITER (hh, x->kinds, kind, next) {
			if (kind->n > x->floor)
				continue;
			drop(x, kind);
			x->dropped++;
		}
	}
}

static struct exchange *kind_of(struct exchanges *x, const struct exchange_key *key)
{
	struct exchange **latest = latest_of(x, key), *kind = *latest;

	if (kind && !memcmp(&kind->key, key, sizeof(*key)))
		return kind;
	HASH_FIND(hh, x->kinds, key, sizeof(*key), kind);
	if (kind)
		return *latest = kind;
	if (HASH_COUNT(x->kinds) == EXCHANGE_KINDS)
		make_room(x);
	kind = xcalloc(1, sizeof(*kind));
	kind->key = *key;
	HASH_ADD(hh, x->kinds, key, sizeof(kind->key), kind);
	*latest_of(x, key) = kind;
	return kind;
}

static void pair(struct exchanges *x, const struct exchange_flow *f, const struct message *m)
{
	struct exchange_key key = {.request = f->size,
				   .reply = size_of(m),
				   .proto = m->flow->tuple.proto,
				   .by_responder = f->reply};
	struct exchange *kind = kind_of(x, &key);

	if (!kind->n++) {
		kind->input = m->flow->input;
		kind->request_number = f->number;
		kind->reply_number = m->number;
	}
	x->replied++;
	spread_add(&kind->delay, moment_before(m->ts_ns, f->end_ns) ? 0 : m->ts_ns - f->end_ns);
}

static bool late(const struct message *m, uint64_t since_ns, uint64_t limit_ns)
{
	return moment_before(since_ns, m->ts_ns) && m->ts_ns - since_ns > limit_ns;
}

void exchanges_message(struct exchanges *x, struct exchange_flow *f, const struct message *m)
{
	if (m->broken) {
		*f = (struct exchange_flow){0};
		return;
	}
	if (f->asked && f->reply != m->reply && !late(m, f->end_ns, EXCHANGE_WITHIN_NS)) {
		pair(x, f, m);
		*f = (struct exchange_flow){.replied = true, .said = m->reply, .end_ns = m->end_ns};
		return;
	}
	if (!f->asked && f->replied && f->said == m->reply && !late(m, f->end_ns, MORE_WITHIN_NS)) {
		f->end_ns = m->end_ns;
		return;
	}
	*f = (struct exchange_flow){.asked = true,
				    .reply = m->reply,
				    .size = size_of(m),
				    .end_ns = m->end_ns,
				    .number = m->number};
	x->requests++;
	++*asked_of(x, m->flow->tuple.proto, m->reply, f->size);
}

static int order(const struct exchange *a, const struct exchange *b)
{
	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

void exchanges_finish(struct exchanges *x)
{
	for (struct exchange *kind = x->kinds; kind; kind = kind->hh.next)
		kind->asked =
			*asked_of(x, kind->key.proto, kind->key.by_responder, kind->key.request);
	HASH_SORT(x->kinds, order);
}

void exchanges_clear(struct exchanges *x)
{
	struct exchange *kind, *next;

	HASH_ITER (hh, x->kinds, kind, next)
		drop(x, kind);
	free(x->asked);
	free(x->latest);
	*x = (struct exchanges){0};
}
