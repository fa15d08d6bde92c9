// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * change_groups.c - changes that several vantages saw, each once
 *
 * Model: two changes are one if kind, signature, detector, unit and cell are the same and so is the subject.
 * Behind a NAT a flow has another client at the next vantage; there the server is looked at, and the n-th flow
 * to a server is the n-th flow to it everywhere.
 *
 * Limits: a flow that comes in through a NAT has another server at each vantage, and stays several. Of flows of
 * one client to one server, all of one kind of change, which is which is not known: they are equally many.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "results/history/change_groups.h"

struct seen {
	char *key; /* (owned) */
	size_t n;  /* changes of that key; of a group its index */
	UT_hash_handle hh;
};

/* The entry of @key, which it takes; *@is_new: it was not there. */
static struct seen *seen_of(struct seen **all, char *key, bool *is_new)
{
	struct seen *s;

	HASH_FIND_STR(*all, key, s);
	*is_new = !s;
	if (s) {
		free(key);
		return s;
	}
	s = xcalloc(1, sizeof(*s));
	s->key = key;
	HASH_ADD_KEYPTR(hh, *all, s->key, strlen(s->key), s);
	return s;
}

static void seen_free(struct seen *all)
{
	struct seen *s, *next;

	HASH_ITER (hh, all, s, next) {
		HASH_DEL(all, s);
		free(s->key);
		free(s);
	}
}

/* What of a subject is the same at every vantage: of "udp CLIENT SERVER" the protocol and the server.
 * (owned) */
static char *common_part(const char *subject)
{
	const char *client = strchr(subject, ' '),
		   *server = client ? strchr(client + 1, ' ') : NULL;

	return server ? xasprintf("%.*s%s", (int)(client - subject), subject, server)
		      : xstrdup(subject);
}

static char *key_of(const struct change *x, const char *subject, const char *more)
{
	const struct baseline_block *b = x->block;

	return xasprintf("%d\x1f%d\x1f%s\x1f%s\x1f%d\x1f%s\x1f%s\x1f%s", (int)x->kind,
			 (int)b->source, b->detector, b->signature, (int)b->unit, b->cell, subject,
			 more);
}

static void add_vantage(struct change_group *g, const char *vantage)
{
	char *both;

	if (!strcmp(vantage, "-"))
		return;
	both = xasprintf("%s%s%s", g->vantages, *g->vantages ? ", " : "", vantage);
	g->several |= *g->vantages != '\0';
	free(g->vantages);
	g->vantages = both;
}

struct change_groups change_groups_of(const struct comparison *c)
{
	struct change_groups all = {.g = xcalloc(c->n + 1, sizeof(*all.g))};
	struct seen *ranks = NULL, *groups = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct change *x = &c->changes[i];
		char *subject = common_part(x->subject), rank[24];
		struct seen *s;
		bool is_new;

		s = seen_of(&ranks, key_of(x, subject, x->block->vantage), &is_new);
		snprintf(rank, sizeof(rank), "%zu", s->n++);
		s = seen_of(&groups, key_of(x, subject, rank), &is_new);
		if (is_new) {
			s->n = all.n;
			all.g[all.n++] = (struct change_group){x, xstrdup(""), false};
			all.count[x->kind]++;
		}
		add_vantage(&all.g[s->n], x->block->vantage);
		free(subject);
	}
	seen_free(ranks);
	seen_free(groups);
	return all;
}

void change_groups_clear(struct change_groups *groups)
{
	for (size_t i = 0; i < groups->n; i++)
		free(groups->g[i].vantages);
	free(groups->g);
	*groups = (struct change_groups){.n = 0};
}
