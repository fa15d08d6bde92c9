// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * delayed_send.c - messages that wait for their time
 *
 * Model. A peer answers after its round-trip time by a timer, so emulated distance costs no real
 * time. A message waits in a list of its socket or connection and is dropped when that closes.
 * They come from a pool of the overlay.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "replay/skype/delayed_send.h"
#include "replay/skype/overlay_private.h"

static void release(struct delayed_send *d)
{
	struct delayed_send **p = d->list;

	while (*p && *p != d)
		p = &(*p)->next;
	if (*p)
		*p = d->next;
	d->next = d->o->idle_delayed;
	d->o->idle_delayed = d;
}

static void due(void *arg)
{
	struct delayed_send *d = arg;

	d->send(d);
	release(d);
}

struct delayed_send *delayed_send_new(struct overlay *o, struct delayed_send **list,
				      void (*send)(const struct delayed_send *), void *sender,
				      const char *name, const void *p, size_t n)
{
	struct delayed_send *d = o->idle_delayed;

	if (d) {
		o->idle_delayed = d->next;
	} else {
		d = xcalloc(1, sizeof(*d));
		d->o = o;
		d->all = o->all_delayed;
		o->all_delayed = d;
	}
	d->list = list;
	d->next = *list;
	*list = d;
	d->send = send;
	d->sender = sender;
	snprintf(d->name, sizeof(d->name), "%s", name);
	d->n = n < sizeof(d->p) ? n : sizeof(d->p);
	memcpy(d->p, p, d->n);
	return d;
}

void delayed_send_after(struct delayed_send *d, double seconds)
{
	peer_timer_after(d->o, &d->t, seconds, due, d);
}

void delayed_send_drop(struct delayed_send **list)
{
	while (*list) {
		struct delayed_send *d = *list;

		peer_timer_cancel(&d->t);
		release(d);
	}
}

void delayed_send_free_all(struct overlay *o)
{
	while (o->all_delayed) {
		struct delayed_send *d = o->all_delayed;

		o->all_delayed = d->all;
		peer_timer_cancel(&d->t);
		free(d);
	}
}
