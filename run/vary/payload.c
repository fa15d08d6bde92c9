// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * payload.c - which bytes of Skype's messages are free, and how to rewrite them
 *
 * Fixed, so it stays:
 * - function nibbles; lengths are the matter of lengths.c and stream_lengths.c
 * - the constant bytes of the fake TLS hellos and of the login records
 * - ids and checksums that repeat from message to message
 * - addresses that equal those of the packet
 * - padding that follows its recurrence
 * - the relation between the two uses of one key stream in a TCP greeting (seed of 4 bytes, 10
 *   bytes, stream restarted)
 *
 * Free, so it changes:
 * - the start of the id counter
 * - IVs and cipher text
 * - checksums and challenges as values
 * - the upper bits of function bytes other than 2
 * - seeds, keys and the first byte of a padding
 *
 * Sources: Biondi and Desclaux, Silver Needle in the Skype, 2006; Ehlert and Petgang,
 * NGNI-SKYPE-06b, sections 4 to 7; the public captures. A stream that is not recognised is left
 * alone, so a broken message never causes a change of verdict.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "run/vary/payload.h"

static uint8_t noise(const struct vary_keys *k, uint64_t salt, size_t i)
{
	return (uint8_t)rng_mix(rng_mix(k->seed ^ rng_mix(salt)) + i);
}

static void add_id(const struct vary_keys *k, uint8_t *p)
{
	uint16_t id = (uint16_t)(get_be16(p) + k->id);

	put_be16(p, id);
}

static void mask32(uint8_t *p, uint32_t key)
{
	for (int i = 0; i < 4; i++)
		p[i] ^= (uint8_t)(key >> (24 - 8 * i));
}

static void scramble(const struct vary_keys *k, uint64_t salt, uint8_t *p, size_t from, size_t n)
{
	for (size_t i = from; i < n; i++)
		p[i] ^= noise(k, salt, i);
}

bool vary_udp(const struct vary_keys *k, uint64_t salt, uint8_t *p, size_t n, vary_ip_fn *map,
	      void *arg)
{
	uint8_t function = n > 2 ? p[2] & 0x8f : 0;

	/* function and the bytes that must be there */
	if (n < 3 ||
	    !((function == 0x02 && p[2] == 0x02 && n >= 11) || (function == 0x03 && n >= 16) ||
	      ((function == 0x05 || function == 0x07) && n >= 11) || function == 0x0d ||
	      (function == 0x0f && n >= 7)))
		return false;
	add_id(k, p);
	if (function != 0x02)
		p[2] = function | (noise(k, salt, 2) & 0x70);
	switch (function) {
	case 0x02: /* id 02 IV CRC cipher text */
		scramble(k, salt, p, 3, 7);
		mask32(p + 7, k->checksum);
		scramble(k, salt, p, 11, n);
		break;
	case 0x03: /* id x3 01 challenge address CRC cipher text */
		mask32(p + 4, k->challenge);
		map(arg, p + 8);
		mask32(p + 12, k->checksum);
		scramble(k, salt, p, 16, n);
		break;
	case 0x05:
	case 0x07: /* id x7 address challenge */
		map(arg, p + 3);
		mask32(p + 7, k->challenge);
		break;
	case 0x0f: /* id xf id number 02 cipher text */
		add_id(k, p + 3);
		scramble(k, salt, p, 7, n);
		break;
	default: /* id xd data */
		scramble(k, salt, p, 3, n);
	}
	return true;
}

/* ---- TCP ---- */

/* Padding: every byte follows from the one before. */
static uint8_t pad_next(uint8_t x)
{
	return (uint8_t)(0xcd * x + 0x71);
}

static bool is_pad(const uint8_t *p, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (p[i] != pad_next(p[i - 1]))
			return false;
	return n > 1;
}

static void new_pad(const struct vary_keys *k, struct vary_stream *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		s->new[i] = i == from ? s->old[i] ^ (noise(k, s->salt, i) | 1)
				      : pad_next(s->new[i - 1]);
}

/* A greeting at @from: seed, ten bytes, then the key stream from its beginning again. XOR with the
 * difference of two key streams, so that what was equal under one key is equal under another. */
static void new_stream(const struct vary_keys *k, struct vary_stream *s, size_t from)
{
	for (size_t i = from; i < s->n; i++) {
		size_t at = i - from;

		if (at >= 4)
			at = at < 14 ? at - 4 : at - 14;
		s->new[i] = s->old[i] ^ noise(k, s->salt + (i - from < 4 ? 7 : 0), at);
	}
	s->opaque = true;
}

static bool starts(const struct vary_stream *s, const void *bytes, size_t n)
{
	return s->n >= n && !memcmp(s->old, bytes, n);
}

static bool is_text(const struct vary_stream *s)
{
	return starts(s, "GET ", 4) || starts(s, "POST", 4) || starts(s, "HTTP", 4) ||
	       starts(s, "CONN", 4);
}

/* Records as of TLS with bodies of Skype's own: head, fixed bytes, the rest cipher text. */
static void new_records(const struct vary_keys *k, struct vary_stream *s)
{
	size_t at = 0;

	while (at + 5 <= s->n && (s->old[at] == 0x16 || s->old[at] == 0x17) &&
	       s->old[at + 1] == 0x03 && s->old[at + 2] == 0x01) {
		size_t len = get_be16(s->old + at + 3), body = at + 5;
		size_t from = body, to = body + len;

		if (s->old[at] == 0x16 && len > 13) {
			from += s->old[body] == 0x42 ? 8 : 10;
			to -= s->old[body] == 0x41 ? 3 : 0; /* 00 0c 01 before the next record */
		} else if (s->old[at] == 0x16) {
			from = to;
		}
		for (size_t i = from; i < to && i < s->n; i++)
			s->new[i] = s->old[i] ^ noise(k, s->salt, i);
		at = body + len;
	}
}

static void new_greeting(const struct vary_keys *k, struct vary_stream *s)
{
	size_t pad = s->first > 48 && s->first <= s->n ? s->first - 48 : 0;

	if (pad >= 2 && is_pad(s->old + 48, pad)) { /* 48 bytes and padding */
		for (size_t i = 0; i < s->n; i++)
			s->new[i] = s->old[i] ^ noise(k, s->salt, i);
		new_pad(k, s, 48, s->first);
		s->opaque = true;
	} else {
		new_stream(k, s, 0);
	}
}

static const uint8_t hello[] = {0x80, 0x46, 0x01, 0x03, 0x01, 0x00, 0x2d};
static const uint8_t answer[] = {0x16, 0x03, 0x01, 0x00, 0x4a, 0x02, 0x00, 0x00,
				 0x46, 0x03, 0x01, 0x40, 0x1b, 0xe4, 0x86};
#define HELLO_FIXED 56 /* then 16 bytes of challenge */
#define HELLO_LEN   72
#define ANSWER_LEN  79

static void new_hello(const struct vary_keys *k, struct vary_stream *s)
{
	if (starts(s, hello, sizeof(hello)) && s->n >= HELLO_LEN) {
		new_stream(k, s, HELLO_LEN);
		if (is_pad(s->old + HELLO_FIXED, HELLO_LEN - HELLO_FIXED))
			new_pad(k, s, HELLO_FIXED, HELLO_LEN);
		else
			for (size_t i = HELLO_FIXED; i < HELLO_LEN; i++)
				s->new[i] = s->old[i] ^ noise(k, s->salt + 1, i);
	} else if (starts(s, answer, sizeof(answer)) && s->n >= ANSWER_LEN) {
		new_stream(k, s, ANSWER_LEN);
	}
}

void vary_streams(const struct vary_keys *k, struct vary_stream *client, struct vary_stream *server)
{
	static const uint8_t empty16[] = {0x16, 0x03, 0x01, 0x00, 0x00};
	static const uint8_t empty17[] = {0x17, 0x03, 0x01, 0x00, 0x00};
	struct vary_stream *both[] = {client, server};

	for (int i = 0; i < 2; i++) {
		memcpy(both[i]->new, both[i]->old, both[i]->n);
		both[i]->opaque = false;
	}
	if (!client->begun || is_text(client) || is_text(server))
		return;
	for (int i = 0; i < 2; i++) {
		struct vary_stream *s = both[i];

		if (starts(client, empty16, 5) || starts(server, empty17, 5) ||
		    starts(server, empty16, 5))
			new_records(k, s);
		else if (starts(client, hello, sizeof(hello)) ||
			 starts(server, answer, sizeof(answer)))
			new_hello(k, s);
		else if (!starts(client, "\x16\x03", 2) && !starts(server, "\x16\x03", 2) && s->n)
			new_greeting(k, s);
	}
}

uint8_t vary_stream_byte(const struct vary_keys *k, const struct vary_stream *s, size_t offset,
			 uint8_t old)
{
	if (offset < s->n)
		return s->new[offset];
	return s->opaque ? old ^ noise(k, s->salt, offset) : old;
}
