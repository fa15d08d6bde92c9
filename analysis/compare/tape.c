// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tape.c - the first messages of a stream, to be played again
 *
 * Model. Each message's bytes are copied, with its flow's tuple, until as many messages or bytes are there
 * as were asked for; the rest is counted. What is played has flows of its own: they count the messages
 * that are played, and end when the tape does.
 *
 * Limits. It is the beginning of the stream and not a sample: a sample would tear exchanges apart.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analysis/compare/tape.h"
#include "base/err.h"

struct taped_flow {
	uint64_t id;
	struct message_flow flow; /* as it was at its first message */
	UT_hash_handle hh;
};

struct taped {
	struct taped_flow *flow;
	struct message message; /* without @flow and @bytes */
	size_t at;		/* of its bytes */
};

struct tape {
	uint32_t most, most_bytes;
	struct taped *messages;
	uint32_t n, room;
	uint8_t *bytes;
	size_t bytes_n, bytes_room;
	uint64_t seen;
	bool full;
	struct taped_flow *flows;
};

struct tape *tape_new(uint32_t messages, uint32_t bytes)
{
	struct tape *t = xcalloc(1, sizeof(*t));

	t->most = messages ? messages : TAPE_MESSAGES;
	t->most_bytes = bytes ? bytes : TAPE_BYTES;
	return t;
}

static struct taped_flow *flow_of(struct tape *t, const struct message_flow *f)
{
	struct taped_flow *tf;

	HASH_FIND(hh, t->flows, &f->id, sizeof(f->id), tf);
	if (tf)
		return tf;
	tf = xcalloc(1, sizeof(*tf));
	tf->id = f->id;
	tf->flow = *f;
	tf->flow.mine = NULL;
	memset(tf->flow.messages, 0, sizeof(tf->flow.messages));
	memset(tf->flow.bytes, 0, sizeof(tf->flow.bytes));
	HASH_ADD(hh, t->flows, id, sizeof(tf->id), tf);
	return tf;
}

static void make_room(struct tape *t, uint32_t kept)
{
	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 256;
		t->messages = xrealloc(t->messages, t->room * sizeof(*t->messages));
	}
	while (!t->bytes || t->bytes_n + kept > t->bytes_room) {
		t->bytes_room = t->bytes_room ? 2 * t->bytes_room : 1 << 16;
		t->bytes = xrealloc(t->bytes, t->bytes_room);
	}
}

void tape_message(void *arg, const struct message *m)
{
	struct tape *t = arg;
	struct taped *d;

	t->seen++;
	if (t->full)
		return;
	/* The first that does not fit is the end: no message after a gap. */
	t->full = t->n == t->most || t->bytes_n + m->kept > t->most_bytes;
	if (t->full)
		return;
	make_room(t, m->kept);
	d = &t->messages[t->n++];
	d->flow = flow_of(t, m->flow);
	d->message = *m;
	d->at = t->bytes_n;
	if (m->kept)
		memcpy(t->bytes + t->bytes_n, m->bytes, m->kept);
	t->bytes_n += m->kept;
}

void tape_free(struct tape *t)
{
	struct taped_flow *f, *next;

	if (!t)
		return;
	HASH_ITER (hh, t->flows, f, next) {
		HASH_DEL(t->flows, f);
		free(f);
	}
	free(t->messages);
	free(t->bytes);
	free(t);
}

uint32_t tape_messages(const struct tape *t)
{
	return t->n;
}

bool tape_full(const struct tape *t)
{
	return t->full;
}

uint64_t tape_seen(const struct tape *t)
{
	return t->seen;
}

/* --- playing ------------------------------------------------------------------------------ */

/* A flow while it is played. */
struct played_flow {
	uint64_t id;
	bool skipped;
	struct message_flow flow;
	UT_hash_handle hh;
};

struct player {
	const struct tape *tape;
	const struct message_user *user;
	bool (*skip)(void *arg, const struct message_flow *f);
	void *arg;
	struct played_flow *flows;
};

static struct played_flow *played(struct player *p, const struct taped_flow *tf)
{
	struct played_flow *f;

	HASH_FIND(hh, p->flows, &tf->id, sizeof(tf->id), f);
	if (f)
		return f;
	f = xcalloc(1, sizeof(*f));
	f->id = tf->id;
	f->flow = tf->flow;
	f->skipped = p->skip && p->skip(p->arg, &f->flow);
	HASH_ADD(hh, p->flows, id, sizeof(f->id), f);
	if (!f->skipped && p->user->begin)
		p->user->begin(p->user->arg, &f->flow);
	return f;
}

static void play_one(struct player *p, const struct taped *d)
{
	struct played_flow *f = played(p, d->flow);
	struct message m = d->message;

	if (f->skipped)
		return;
	m.flow = &f->flow;
	m.bytes = p->tape->bytes + d->at;
	m.place = f->flow.messages[0] + f->flow.messages[1];
	m.nth = f->flow.messages[m.reply]++;
	f->flow.bytes[m.reply] += m.size;
	f->flow.last_ns = m.end_ns;
	if (p->user->message)
		p->user->message(p->user->arg, &m);
}

void tape_play(const struct tape *t, const struct message_user *user,
	       bool (*skip)(void *arg, const struct message_flow *f), void *arg)
{
	struct player p = {.tape = t, .user = user, .skip = skip, .arg = arg};
	struct played_flow *f, *next;

	for (uint32_t i = 0; i < t->n; i++)
		play_one(&p, &t->messages[i]);
	HASH_ITER (hh, p.flows, f, next) {
		HASH_DEL(p.flows, f);
		if (!f->skipped && user->end)
			user->end(user->arg, &f->flow);
		free(f);
	}
}
