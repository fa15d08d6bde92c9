/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_CLIENT_VERSION_H
#define DETECTOR_CLIENT_VERSION_H

#include <stddef.h>
#include <stdint.h>

#define VERSION_LEN  16
#define VERSIONS_MAX 256 /* they are searched one by one */

/* Texts of client versions, so that two bytes in a match stand for one. 0 = not known. */
struct client_versions {
	char (*text)[VERSION_LEN]; /* (owned) */
	size_t n, room;
};
void client_versions_init(struct client_versions *v);
void client_versions_free(struct client_versions *v);
/* The number of a text, which is cut to VERSION_LEN - 1 characters; 0 for NULL, and for a new text
 * when there are VERSIONS_MAX already. */
uint16_t client_version_number(struct client_versions *v, const char *text);
/* "" when not known. */
static inline const char *client_version_text(const struct client_versions *v, uint16_t number)
{
	return v->text[number];
}

#endif
