// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * blocks.c - what a filter has in force, by client
 *
 * Model. The filter says when a block begins, is prolonged and ends; here it is kept for whoever shows a
 * client, also while the client itself is not known: a block may be older than the picture, and is said by
 * another thread than the sighting that it is made for. One whose time is over ends without the filter's
 * word GRACE_NS later: that filter is gone.
 *
 * Limits. Of a client with more blocks than have room the last stay and the others are counted; an end that
 * is none of theirs is taken for one of the others'. Where a filter's line was lost, a block of a flow stays
 * here until whoever reads the lines forgets all (picture_blocks_forget()), or its client's place is needed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/keyed_hash.h"
#include "base/moment.h"
#include "operator/blocks.h"

/* Addresses come from traffic, so nobody may aim at one bucket of the table. */
static uint64_t blocks_key[2];
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)hash_keyed(blocks_key, key, len))
#include <uthash.h>
#include <utlist.h>

#define GRACE_NS (5 * 1000000000ULL)

/* A client; in a list from the one that changed first to the one that changed last. */
struct holder {
	struct ip who;
	struct blocks_of blocks;
	struct holder *prev, *next;
	UT_hash_handle hh;
};

struct blocks {
	size_t clients;
	struct holder *table, *recent;
};

struct blocks *blocks_new(size_t clients)
{
	static const uint64_t fallback[2] = {0xb10c, 0x5ca1e};
	struct blocks *t = xcalloc(1, sizeof(*t));

	if (!blocks_key[0])
		hash_key_new(blocks_key, fallback);
	t->clients = clients;
	return t;
}

static void drop(struct blocks *t, struct holder *h)
{
	if (t->table) /* it is, with an entry: said for the analyser */
		HASH_DEL(t->table, h);
	DL_DELETE(t->recent, h);
	free(h);
}

void blocks_free(struct blocks *t)
{
	if (!t)
		return;
	while (t->recent)
		drop(t, t->recent);
	free(t);
}

static struct holder *find(const struct blocks *t, const struct ip *who)
{
	struct holder *h;

	HASH_FIND(hh, t->table, who, sizeof(*who), h);
	return h;
}

/* The client's place, as the one that changed last. */
static struct holder *place(struct blocks *t, const struct ip *who)
{
	struct holder *h = find(t, who);

	if (h) {
		DL_DELETE(t->recent, h);
		DL_APPEND(t->recent, h);
		return h;
	}
	if (HASH_COUNT(t->table) >= t->clients)
		drop(t, t->recent);
	h = xcalloc(1, sizeof(*h));
	h->who = *who;
	HASH_ADD(hh, t->table, who, sizeof(h->who), h);
	DL_APPEND(t->recent, h);
	return h;
}

/* Where the block is; @b->n when it is not kept. */
static size_t place_of(const struct blocks_of *b, const char *what)
{
	size_t i = 0;

	while (i < b->n && strcmp(b->list[i].what, what) != 0)
		i++;
	return i;
}

static void take_out(struct blocks_of *b, size_t i)
{
	b->n--;
	memmove(&b->list[i], &b->list[i + 1], (b->n - i) * sizeof(b->list[0]));
}

void blocks_put(struct blocks *t, const struct ip *who, const struct client_block *block)
{
	struct blocks_of *b = &place(t, who)->blocks;
	size_t i = place_of(b, block->what);

	if (i < b->n)
		take_out(b, i);
	b->more += b->n == CLIENT_BLOCKS;
	b->n -= b->n == CLIENT_BLOCKS;
	memmove(&b->list[1], &b->list[0], b->n * sizeof(b->list[0]));
	b->list[0] = *block;
	b->n++;
}

void blocks_end(struct blocks *t, const struct ip *who, const char *what)
{
	struct holder *h = find(t, who);
	size_t i = h ? place_of(&h->blocks, what) : 0;

	if (!h)
		return;
	if (i < h->blocks.n)
		take_out(&h->blocks, i);
	else if (h->blocks.more)
		h->blocks.more--;
	if (!h->blocks.n && !h->blocks.more)
		drop(t, h);
}

const struct blocks_of *blocks_of(const struct blocks *t, const struct ip *who)
{
	const struct holder *h = find(t, who);

	return h ? &h->blocks : NULL;
}

void blocks_time(struct blocks *t, uint64_t now_ns)
{
	struct holder *next;

	for (struct holder *h = t->recent; h; h = next) {
		next = h->next;
		for (size_t i = h->blocks.n; i-- > 0;) {
			uint64_t until = h->blocks.list[i].until_ns;

			if (until && !moment_before(now_ns, until + GRACE_NS))
				take_out(&h->blocks, i);
		}
		if (!h->blocks.n && !h->blocks.more)
			drop(t, h);
	}
}
