// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cipher.c - the stream that hides Skype's messages
 *
 * Model. Every message is XORed with an RC4 stream that starts from a 32-bit seed; the receiver
 * rebuilds the seed from what it can see (addresses, id, IV, or the clear first four bytes of a TCP
 * connection). A datagram whose check sum fails after decryption is refused, which is how a client
 * learns its public address. RC4 is nettle's; a known key stream gives equal patterns to a known
 * key stream of the real program, because what a trace shows (the nibble pattern of R1, equal check
 * sums in retransmissions) comes from restarting the stream, not from the key.
 *
 * Limits. The real program's way from the seed to the 80-byte RC4 key is neither public nor needed:
 * ours is a generator of our own, so our cipher text cannot be decrypted with published tools.
 */
#include <string.h>
#include <zlib.h>

#include "replay/skype/cipher.h"

#define KEY_BYTES 80

uint32_t skype_crc32(const void *p, size_t n)
{
	return (uint32_t)crc32(0, p, (uInt)n) ^ 0xffffffffU;
}

void stream_start(struct arcfour_ctx *s, uint32_t seed)
{
	uint8_t key[KEY_BYTES];
	uint64_t x = 0x5eed000000000000ULL | seed;

	for (size_t i = 0; i < KEY_BYTES; i += 8) {
		uint64_t z = (x += 0x9e3779b97f4a7c15ULL);

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
		z ^= z >> 31;
		memcpy(key + i, &z, 8);
	}
	arcfour_set_key(s, KEY_BYTES, key);
}

void stream_apply(struct arcfour_ctx *s, void *p, size_t n)
{
	arcfour_crypt(s, n, p, p);
}

uint32_t datagram_seed(const struct ip *src, const struct ip *dst, uint16_t id)
{
	uint8_t b[12];

	for (int i = 0; i < 4; i++) {
		b[i] = src->b[3 - i];
		b[4 + i] = dst->b[3 - i];
	}
	b[8] = (uint8_t)id;
	b[9] = (uint8_t)(id >> 8);
	b[10] = b[11] = 0;
	return skype_crc32(b, sizeof(b));
}
