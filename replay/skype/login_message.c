// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * login_message.c - the login messages L1 to L4, byte by byte
 *
 * Model. L1 is 16 03 01 00 00, L2 is 17 03 01 00 00: the heads of empty TLS records. L3 is an RSA
 * encrypted session key (random bytes here) and a record with name and password. L4 is a record
 * with the answer. The key that L3 carries starts the RC4 stream of both records: the server finds
 * out from the bytes whether the password is right, not from a hint.
 *
 * Limits. There are no accounts: every name has the password made from it.
 */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "replay/skype/cipher.h"
#include "replay/skype/login_message.h"

#define L3_KEY_BYTES 192 /* RSA-1536 block */
#define L3_BLOB_AT   215 /* bytes of L3 before the second record's content */

enum { LOGIN_BAD = 0x4e, LOGIN_OK = 0x59 }; /* first clear byte of L4 (ours) */

static const uint8_t l1[] = {0x16, 0x03, 0x01, 0x00, 0x00};
static const uint8_t l2[] = {0x17, 0x03, 0x01, 0x00, 0x00};
static const uint8_t l3_head[] = {0x16, 0x03, 0x01, 0x00, 0xcd, 0x41, 0x03, 0x00,
				  0x09, 0x80, 0x40, 0x04, 0x08, 0xc0, 0x01};

static size_t put_record(uint8_t *out, uint32_t seed, const uint8_t *clear, size_t n)
{
	struct arcfour_ctx s;

	out[0] = 0x17;
	out[1] = 0x03;
	out[2] = 0x01;
	put_be16(out + 3, (uint16_t)n);
	memmove(out + RECORD_HEAD, clear, n);
	stream_start(&s, seed);
	stream_apply(&s, out + RECORD_HEAD, n);
	return RECORD_HEAD + n;
}

size_t login_l1(uint8_t *out)
{
	memcpy(out, l1, sizeof(l1));
	return sizeof(l1);
}

bool login_is_l1(const uint8_t *p, size_t n)
{
	return n >= sizeof(l1) && !memcmp(p, l1, sizeof(l1));
}

size_t login_l2(uint8_t *out)
{
	memcpy(out, l2, sizeof(l2));
	return sizeof(l2);
}

bool login_is_l2(const uint8_t *p, size_t n)
{
	return n == sizeof(l2) && !memcmp(p, l2, n);
}

size_t login_l3(uint8_t *out, const char *name, bool wrong, size_t blob, uint32_t *key,
		struct rng *r)
{
	uint8_t clear[LOGIN_MAX];
	size_t n = sizeof(l3_head);
	int k;

	memcpy(out, l3_head, n);
	rng_fill(r, out + n, L3_KEY_BYTES);
	memcpy(key, out + n, sizeof(*key));
	n += L3_KEY_BYTES;
	memcpy(out + n, (const uint8_t[]){0x00, 0x0c, 0x01}, 3);
	n += 3;
	rng_fill(r, clear, blob);
	k = snprintf((char *)clear, blob, "%.31s:%08x", name,
		     skype_crc32(name, strlen(name)) ^ (wrong ? 1U : 0U));
	clear[k] = '\0';
	return n + put_record(out + n, *key, clear, blob);
}

bool login_is_l3(const uint8_t *p, size_t n)
{
	return n >= 5 && !memcmp(p, l3_head, 5);
}

size_t login_l3_size(const uint8_t *p, size_t n)
{
	size_t size;

	if (n < L3_BLOB_AT || memcmp(p, l3_head, sizeof(l3_head)) != 0)
		return 0;
	size = L3_BLOB_AT + get_be16(p + L3_BLOB_AT - 2);
	return n < size ? 0 : size;
}

static bool password_right(const uint8_t *blob, size_t n, uint32_t key)
{
	struct arcfour_ctx s;
	char clear[64] = "", *colon;
	unsigned got;

	if (n > sizeof(clear) - 1)
		n = sizeof(clear) - 1;
	memcpy(clear, blob, n);
	stream_start(&s, key);
	stream_apply(&s, clear, n);
	colon = strrchr(clear, ':');
	if (!colon || sscanf(colon + 1, "%8x", &got) != 1)
		return false;
	return got == skype_crc32(clear, (size_t)(colon - clear));
}

bool login_l3_read(const uint8_t *p, size_t n, uint32_t *key, bool *right)
{
	if (n < L3_BLOB_AT + 1)
		return false;
	memcpy(key, p + sizeof(l3_head), sizeof(*key));
	*right = password_right(p + L3_BLOB_AT, n - L3_BLOB_AT, *key);
	return true;
}

size_t login_l4(uint8_t *out, bool right, size_t size, uint32_t key, struct rng *r)
{
	uint8_t clear[LOGIN_MAX];

	rng_fill(r, clear, size - RECORD_HEAD);
	clear[0] = right ? LOGIN_OK : LOGIN_BAD;
	return put_record(out, ~key, clear, size - RECORD_HEAD);
}

int login_l4_result(const uint8_t *p, size_t n, uint32_t key)
{
	struct arcfour_ctx s;
	uint8_t b;

	if (n < RECORD_HEAD + 1 || p[0] != 0x17)
		return -1;
	b = p[RECORD_HEAD];
	stream_start(&s, ~key);
	stream_apply(&s, &b, 1);
	return b == LOGIN_OK ? 1 : 0;
}

size_t login_data(uint8_t *out, size_t size, uint32_t key, struct rng *r)
{
	uint8_t clear[LOGIN_MAX];

	rng_fill(r, clear, size - RECORD_HEAD);
	return put_record(out, key, clear, size - RECORD_HEAD);
}
