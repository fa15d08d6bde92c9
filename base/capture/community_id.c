// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * community_id.c - Community ID v1: one name for a flow in every tool's output
 *
 * Base64 of SHA-1 over seed (0), the smaller endpoint's address, the other's, protocol, a zero
 * byte, and the two ports, all in network byte order; "smaller" by address, then by port.
 * Source: https://github.com/corelight/community-id-spec (version 1.0).
 */
#include <string.h>

#include <nettle/base64.h>
#include <nettle/sha1.h>

#include "base/bytes.h"
#include "base/capture/community_id.h"

void community_id(const struct tuple *t, char out[COMMUNITY_ID_LEN])
{
	const struct endpoint *a = &t->src, *b = &t->dst;
	size_t n = a->ip.family == 6 ? 16 : 4;
	uint8_t digest[SHA1_DIGEST_SIZE], tail[6] = {0};
	struct sha1_ctx ctx;
	int order = memcmp(a->ip.b, b->ip.b, n);

	if (order > 0 || (!order && a->port > b->port)) {
		a = &t->dst;
		b = &t->src;
	}
	tail[0] = t->proto;
	put_be16(tail + 2, a->port);
	put_be16(tail + 4, b->port);
	sha1_init(&ctx);
	sha1_update(&ctx, 2, (const uint8_t[]){0, 0});
	sha1_update(&ctx, n, a->ip.b);
	sha1_update(&ctx, n, b->ip.b);
	sha1_update(&ctx, sizeof(tail), tail);
	sha1_digest(&ctx, sizeof(digest), digest);
	memcpy(out, "1:", 2);
	base64_encode_raw(out + 2, sizeof(digest), digest);
	out[COMMUNITY_ID_LEN - 1] = '\0';
}
