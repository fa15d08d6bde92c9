// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * torrent.c - metainfo files for the real BitTorrent programs
 *
 * A metainfo file (BEP 3) is a bencoded dictionary with the tracker's address and, under "info",
 * the file's name, its length and the SHA-1 of each piece. Peers and trackers identify the torrent
 * by the SHA-1 of the encoded "info". Limits: one file per torrent, version 1 only.
 */
#include <nettle/sha1.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/programs/torrent.h"

static void sha1(const void *p, size_t n, uint8_t out[SHA1_DIGEST_SIZE])
{
	struct sha1_ctx ctx;

	sha1_init(&ctx);
	sha1_update(&ctx, n, p);
	sha1_digest(&ctx, SHA1_DIGEST_SIZE, out);
}

char *torrent_make(const char *announce, const char *name, const void *data, size_t n, size_t *len,
		   char hash[TORRENT_HASH])
{
	char *info = NULL, *all = NULL;
	uint8_t digest[SHA1_DIGEST_SIZE];
	size_t info_len = 0, pieces = (n + TORRENT_PIECE - 1) / TORRENT_PIECE;
	FILE *f = open_memstream(&info, &info_len);

	fprintf(f, "d6:lengthi%zue4:name%zu:%s12:piece lengthi%ue6:pieces%zu:", n, strlen(name),
		name, TORRENT_PIECE, pieces * SHA1_DIGEST_SIZE);
	for (size_t at = 0; at < n; at += TORRENT_PIECE) {
		sha1((const uint8_t *)data + at, n - at < TORRENT_PIECE ? n - at : TORRENT_PIECE,
		     digest);
		fwrite(digest, 1, sizeof(digest), f);
	}
	fputc('e', f);
	fclose(f);
	sha1(info, info_len, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hash + 2 * i, 3, "%02x", digest[i]);

	f = open_memstream(&all, len);
	fprintf(f, "d8:announce%zu:%s4:info", strlen(announce), announce);
	fwrite(info, 1, info_len, f);
	fputc('e', f);
	fclose(f);
	free(info);
	return all;
}
