// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * names.c - messages by capture and frame, with the names that a rule gave them
 *
 * An event's evidence names the frame that completed each of its messages. The same frame may be a
 * message of several rules: the first name stays, and a short name in capitals and digits ("U1", "T3")
 * takes the place of a word ("request"), since the first is the paper's kind of name.
 * Most messages have none, which a bit tells without a look at the table.
 * Limit: an event has at most EVIDENCE_MAX messages. Memory: 24 MiB at most.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analysis/talk/names.h"

struct name_key {
	uint64_t number;
	uint64_t input;
};

struct name {
	struct name_key key;
	const char *text, *signature;
	UT_hash_handle hh;
};

#define SEEN_BITS (1U << 17)

struct message_names {
	struct name *map;
	uint64_t seen[SEEN_BITS / 64]; /* a bit for each frame number that may have a name */
};

struct message_names *message_names_new(void)
{
	return xcalloc(1, sizeof(struct message_names));
}

void message_names_free(struct message_names *n)
{
	struct name *one, *next;

	if (!n)
		return;
	HASH_ITER (hh, n->map, one, next) {
		HASH_DEL(n->map, one);
		free(one);
	}
	free(n);
}

bool message_name_short(const char *name)
{
	size_t n = strlen(name);

	return n <= 3 && isupper((unsigned char)name[0]) && isdigit((unsigned char)name[n - 1]);
}

static void add(struct message_names *n, const struct detection_event *ev, const struct evidence *v)
{
	struct name_key key = {v->number, v->input};
	struct name *one;

	HASH_FIND(hh, n->map, &key, sizeof(key), one);
	if (one) {
		if (!message_name_short(one->text) && message_name_short(v->message)) {
			one->text = v->message;
			one->signature = ev->signature;
		}
		return;
	}
	if (HASH_COUNT(n->map) == NAMES_MAX)
		return;
	one = xcalloc(1, sizeof(*one));
	one->key = key;
	one->text = v->message;
	one->signature = ev->signature;
	HASH_ADD(hh, n->map, key, sizeof(one->key), one);
	n->seen[v->number % SEEN_BITS / 64] |= 1ULL << v->number % 64;
}

void message_names_event(void *arg, const struct detection_event *ev)
{
	for (size_t i = 0; i < ev->evidence_count; i++)
		add(arg, ev, &ev->evidence[i]);
}

const char *message_name(const struct message_names *n, uint16_t input, uint64_t number,
			 const char **signature)
{
	struct name_key key = {number, input};
	struct name *one = NULL;

	if (n && n->seen[number % SEEN_BITS / 64] >> number % 64 & 1)
		HASH_FIND(hh, n->map, &key, sizeof(key), one);
	if (one && signature)
		*signature = one->signature;
	return one ? one->text : NULL;
}

uint64_t message_names_count(const struct message_names *n)
{
	return n ? HASH_COUNT(n->map) : 0;
}
