/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PROGRAMS_TORRENT_H
#define REPLAY_PROGRAMS_TORRENT_H

#include <stddef.h>

#define TORRENT_PIECE 32768u
#define TORRENT_HASH  41 /* 40 hex digits and NUL */

/* The metainfo file (BEP 3) of one file @name with the @n bytes @data, announced to the tracker
 * @announce (a URL). (owned), @len bytes; @hash gets its info hash in hex. */
char *torrent_make(const char *announce, const char *name, const void *data, size_t n, size_t *len,
		   char hash[TORRENT_HASH]);

#endif
