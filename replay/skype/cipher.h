/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_OBFUSCATE_H
#define REPLAY_OBFUSCATE_H

#include <nettle/arcfour.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* CRC-32 (IEEE) without the final inversion, as in the datagrams' check field. */
uint32_t skype_crc32(const void *p, size_t n);

/* Starts an RC4 stream from a 32-bit seed. Same seed, same stream. */
void stream_start(struct arcfour_ctx *s, uint32_t seed);
/* Encrypts or decrypts in place, going on in the stream. */
void stream_apply(struct arcfour_ctx *s, void *p, size_t n);

/* Seed of a function-2 datagram before its IV is mixed in: CRC over source address, destination
 * address and id, each byte-reversed, and two zero bytes. An unknown address counts as 0.0.0.0. */
uint32_t datagram_seed(const struct ip *src, const struct ip *dst, uint16_t id);

#endif
