/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_FUZZ_KINDS_H
#define TESTS_FUZZ_KINDS_H

/* For harnesses of several kinds of file: the first line of an input names the kind, what is behind
 * it becomes the file. A kind that refuses its file must say why. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct kind {
	const char *name;
	bool (*read)(struct err *e); /* false = refused, with @e set */
};

/* 0; -1 for an input of no kind, which libFuzzer then does not keep. */
static inline int kinds_try(const struct kind *kinds, size_t count, const char *file,
			    const uint8_t *data, size_t size)
{
	const uint8_t *bytes = memchr(data, '\n', size);
	size_t kind = 0, n = bytes ? (size_t)(bytes - data) : 0;
	struct err e = {0};
	FILE *f;

	while (kind < count && (strlen(kinds[kind].name) != n || memcmp(kinds[kind].name, data, n)))
		kind++;
	if (!bytes || kind == count)
		return -1;
	f = fopen(file, "w");
	if (!f)
		abort();
	fwrite(bytes + 1, 1, size - n - 1, f);
	fclose(f);
	if (!kinds[kind].read(&e) && !e.msg[0])
		abort(); /* an error says what is wrong */
	return 0;
}

#endif
