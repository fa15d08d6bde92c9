// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * seen.c - what was seen before, so that evidence counts once
 *
 * Limits: numbers of 64 bits stand for what they are made of; two that are equal by chance are one.
 */
#include <stdlib.h>
#include <uthash.h>

#include "base/hash.h"
#include "base/outfile.h"
#include "run/detect/seen.h"

struct seen {
	uint64_t key;
	UT_hash_handle hh;
};

bool seen_has(const struct seen *all, uint64_t key)
{
	struct seen *s;

	HASH_FIND(hh, all, &key, sizeof(key), s);
	return s != NULL;
}

bool seen_before(struct seen **all, uint64_t key)
{
	struct seen *s;

	if (seen_has(*all, key))
		return true;
	s = xcalloc(1, sizeof(*s));
	s->key = key;
	HASH_ADD(hh, *all, key, sizeof(s->key), s);
	return false;
}

int seen_file_before(struct seen **all, const char *path, struct err *e)
{
	char hex[65];

	return file_sha256(path, hex, e) < 0 ? -1 : seen_before(all, fnv1a(hex, 64));
}

bool seen_meet(const struct seen *a, const struct seen *b)
{
	for (const struct seen *s = a; s; s = s->hh.next)
		if (seen_has(b, s->key))
			return true;
	return false;
}

void seen_add(struct seen **to, const struct seen *from)
{
	for (const struct seen *s = from; s; s = s->hh.next)
		seen_before(to, s->key);
}

void seen_clear(struct seen **all)
{
	struct seen *s, *next;

	HASH_ITER (hh, *all, s, next) {
		HASH_DEL(*all, s); // NOLINT(clang-analyzer-unix.Malloc): uthash's own links
		free(s);
	}
}
