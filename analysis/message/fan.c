// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fan.c - one pass over the packets feeds all who look at messages
 *
 * A flow that is wanted carries an array with a place for each user. A user sees its own place as the
 * flow's `mine`. A flow that nobody wants carries nothing and costs nothing more.
 */
#include <stdlib.h>

#include "analysis/message/fan.h"
#include "base/err.h"

void message_fan_add(struct message_fan *fan, struct message_user user)
{
	if (fan->n == MESSAGE_USERS)
		abort(); /* the program's own number */
	fan->users[fan->n++] = user;
}

static void begin(void *arg, struct message_flow *f)
{
	struct message_fan *fan = arg;
	void **mine;

	fan->flows++;
	if (fan->wants && !fan->wants(fan->arg, f))
		return;
	fan->wanted++;
	if (!fan->places.size)
		slab_begin(&fan->places, (fan->n + 1) * sizeof(*mine));
	mine = slab_get(&fan->places);
	for (size_t i = 0; i < fan->n; i++) {
		f->mine = NULL;
		if (fan->users[i].begin)
			fan->users[i].begin(fan->users[i].arg, f);
		mine[i] = f->mine;
	}
	f->mine = mine;
}

static void message(void *arg, const struct message *m)
{
	struct message_fan *fan = arg;
	void **mine = m->flow->mine;

	for (size_t i = 0; mine && i < fan->n; i++) {
		if (!fan->users[i].message)
			continue;
		m->flow->mine = mine[i];
		fan->users[i].message(fan->users[i].arg, m);
		mine[i] = m->flow->mine;
	}
	m->flow->mine = mine;
}

static void end(void *arg, struct message_flow *f)
{
	struct message_fan *fan = arg;
	void **mine = f->mine;

	for (size_t i = 0; mine && i < fan->n; i++) {
		f->mine = mine[i];
		if (fan->users[i].end)
			fan->users[i].end(fan->users[i].arg, f);
	}
	if (mine)
		slab_put(&fan->places, mine);
	f->mine = NULL;
}

static void fetch(void *arg, const struct message_flow *f, const void *mine, bool reply)
{
	const struct message_fan *fan = arg;
	void *const *each = mine;

	for (size_t i = 0; each && i < fan->n; i++)
		if (fan->users[i].fetch)
			fan->users[i].fetch(fan->users[i].arg, f, each[i], reply);
}

struct message_user message_fan_user(struct message_fan *fan)
{
	return (struct message_user){fan, begin, message, end, fetch};
}

void message_fan_clear(struct message_fan *fan)
{
	slab_clear(&fan->places);
}
