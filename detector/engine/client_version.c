// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_version.c - client versions as numbers
 *
 * Matches and memory carry the version of a client; a number takes two bytes of them. Versions come
 * from signatures and, where a message carries one, from traffic. The table is bounded, so that
 * traffic cannot fill memory: versions beyond VERSIONS_MAX are reported as not known.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "detector/engine/client_version.h"

void client_versions_init(struct client_versions *v)
{
	*v = (struct client_versions){0};
	client_version_number(v, ""); /* 0 */
}

void client_versions_free(struct client_versions *v)
{
	free(v->text);
}

uint16_t client_version_number(struct client_versions *v, const char *text)
{
	if (!text)
		return 0;
	for (size_t i = 0; i < v->n; i++)
		if (!strncmp(v->text[i], text, VERSION_LEN - 1))
			return (uint16_t)i;
	if (v->n == VERSIONS_MAX)
		return 0;
	if (v->n == v->room) {
		v->room = v->room ? 2 * v->room : 16;
		v->text = xrealloc(v->text, v->room * sizeof(*v->text));
	}
	snprintf(v->text[v->n], VERSION_LEN, "%.15s", text);
	return (uint16_t)v->n++;
}
