// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_version.c - client versions as numbers
 *
 * Matches and memory carry the version of a client as a number. Versions come from rules, and these
 * stay; and from traffic, where a message carries one: of those the VERSIONS_MAX used last are kept,
 * so that forged ones neither fill memory nor shut out later ones. A text that is replaced takes its
 * number with it: what still carries the number is then of a version not known, never of another.
 *
 * A number is the place of the text, and how many texts from traffic there had been before it: it
 * comes again after 2^21 texts at the earliest.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/keyed_hash.h"
#include "detector/engine/client_version.h"

#define PLACE_BITS 11	      /* places of texts from traffic */
#define NO_TEXT	   (1U << 31) /* a number of a text from traffic that no text has: they begin with 1 */
_Static_assert(VERSIONS_MAX < 1 << PLACE_BITS, "a place fits in its bits");

void client_versions_init(struct client_versions *v)
{
	memset(v, 0, sizeof(*v));
	v->mask = VERSIONS_MAX - 1;
	v->buckets = xcalloc(v->mask + 1, sizeof(*v->buckets));
	v->room = 16;
	v->v = xcalloc(v->room, sizeof(*v->v));
	v->n = v->fixed = 1;
	hash_key_new(v->key, (const uint64_t[]){0xe7037ed1a0b428db, 0x8bb84b93962eacc9});
}

void client_versions_free(struct client_versions *v)
{
	free(v->v);
	free(v->buckets);
}

size_t client_versions_bytes(const struct client_versions *v)
{
	return v->room * sizeof(*v->v) + (v->mask + 1) * sizeof(*v->buckets);
}

static uint32_t *bucket(const struct client_versions *v, const char text[VERSION_LEN])
{
	return &v->buckets[hash_keyed(v->key, text, VERSION_LEN) & v->mask];
}

/* Where the text is; 0 = nowhere. */
static uint32_t find(const struct client_versions *v, const char text[VERSION_LEN])
{
	uint32_t i = *bucket(v, text);

	while (i && memcmp(v->v[i].text, text, VERSION_LEN) != 0)
		i = v->v[i].next;
	return i;
}

static void put(struct client_versions *v, uint32_t i, const char text[VERSION_LEN])
{
	uint32_t *first = bucket(v, text);

	memcpy(v->v[i].text, text, VERSION_LEN);
	v->v[i].next = *first;
	*first = i;
}

static uint32_t new_place(struct client_versions *v)
{
	if (v->n == v->room) {
		v->room *= 2;
		v->v = xrealloc(v->v, v->room * sizeof(*v->v));
	}
	memset(&v->v[v->n], 0, sizeof(*v->v));
	return (uint32_t)v->n++;
}

/* Takes a text from traffic out of the order of use. */
static void order_out(struct client_versions *v, uint32_t i)
{
	struct version_text *t = &v->v[i];

	*(t->older ? &v->v[t->older].newer : &v->oldest) = t->newer;
	*(t->newer ? &v->v[t->newer].older : &v->newest) = t->older;
}

static void order_last(struct client_versions *v, uint32_t i)
{
	v->v[i].older = v->newest;
	v->v[i].newer = 0;
	*(v->newest ? &v->v[v->newest].newer : &v->oldest) = i;
	v->newest = i;
}

/* A place for a new text from traffic: unused, or that of the one not used for longest. */
static uint32_t place(struct client_versions *v)
{
	uint32_t i, *at;

	if (v->n - v->fixed < VERSIONS_MAX)
		return new_place(v);
	i = v->oldest;
	order_out(v, i);
	for (at = bucket(v, v->v[i].text); *at != i; at = &v->v[*at].next)
		;
	*at = v->v[i].next;
	v->replaced++;
	return i;
}

static void cut(const char *text, char out[VERSION_LEN])
{
	memset(out, 0, VERSION_LEN);
	memcpy(out, text, strnlen(text, VERSION_LEN - 1));
}

uint32_t client_version_of_rule(struct client_versions *v, const char *text)
{
	char t[VERSION_LEN];
	uint32_t i;

	if (!text || !*text)
		return 0;
	cut(text, t);
	i = find(v, t);
	if (i)
		return v->v[i].id;
	i = new_place(v);
	put(v, i, t);
	v->fixed = v->n;
	return v->v[i].id = i;
}

uint32_t client_version_seen(struct client_versions *v, const char *text)
{
	char t[VERSION_LEN];
	uint32_t i;

	cut(text, t);
	i = find(v, t);
	if (!i) {
		i = place(v);
		put(v, i, t);
		v->given++;
		v->v[i].id =
			1U << 31 | (v->given << PLACE_BITS & INT32_MAX) | (uint32_t)(i - v->fixed);
	} else if (i >= v->fixed) {
		order_out(v, i);
	}
	if (i >= v->fixed)
		order_last(v, i);
	return v->v[i].id;
}

const char *client_version_text(const struct client_versions *v, uint32_t number)
{
	size_t i = number >> 31 ? v->fixed + (number & ((1U << PLACE_BITS) - 1)) : number;

	return i < v->n && v->v[i].id == number ? v->v[i].text : "";
}

void client_versions_renew(struct client_versions *v, const struct client_versions *was)
{
	for (uint32_t i = was->oldest; i; i = was->v[i].newer)
		client_version_seen(v, was->v[i].text);
	v->replaced = was->replaced;
}

uint32_t client_versions_moved(const struct client_versions *was, const struct client_versions *v,
			       uint32_t number)
{
	const char *text = client_version_text(was, number);
	char t[VERSION_LEN];

	if (!number)
		return 0;
	cut(text, t);
	return *text ? v->v[find(v, t)].id : NO_TEXT;
}
