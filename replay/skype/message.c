// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * message.c - Skype's messages of 2006, byte by byte
 *
 * Model. Datagrams: a 16-bit id, a function byte, and what the function asks for (Ehlert and
 * Petgang 2006, section 5.1; Biondi and Desclaux 2006, slides 40-60). TCP: a key block in each
 * direction, then records in an RC4 stream (section 5.2.2; Biondi and Desclaux, slides 48 and 72).
 * The content of requests is real only as far as a trace or a peer of ours can tell: command,
 * request id, and for some a list of addresses; the rest is random bytes, the sizes come from the
 * version file.
 *
 * The function byte's high nibble is 0 for function 2 and random in 0..7 for the others, as every
 * capture shows.
 */
#include <string.h>

#include "base/bytes.h"
#include "replay/skype/message.h"

const uint8_t hello_443[HELLO_FIXED] = {
	0x80, 0x46, 0x01, 0x03, 0x01, 0x00, 0x2d, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x05,
	0x00, 0x00, 0x04, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x09, 0x00, 0x00, 0x64, 0x00, 0x00,
	0x62, 0x00, 0x00, 0x08, 0x00, 0x00, 0x03, 0x00, 0x00, 0x06, 0x01, 0x00, 0x80, 0x07,
	0x00, 0xc0, 0x03, 0x00, 0x80, 0x06, 0x00, 0x40, 0x02, 0x00, 0x80, 0x04, 0x00, 0x80,
};

const uint8_t server_hello_443[SERVER_HELLO] = {
	0x16, 0x03, 0x01, 0x00, 0x4a, 0x02, 0x00, 0x00, 0x46, 0x03, 0x01, 0x40, 0x1b, 0xe4,
	0x86, 0x02, 0xad, 0xe0, 0x29, 0xe1, 0x77, 0x74, 0xe5, 0x44, 0xb9, 0xc9, 0x9c, 0xb4,
	0x31, 0x31, 0x5e, 0x02, 0xdd, 0x77, 0x9d, 0x15, 0x4a, 0x96, 0x09, 0xba, 0x5d, 0xa8,
	0x70, 0x20, 0x1c, 0xa0, 0xe4, 0xf6, 0x4c, 0x63, 0x51, 0xae, 0x2f, 0x8e, 0x4e, 0xe1,
	0xe6, 0x76, 0x6a, 0x0a, 0x88, 0xd5, 0xd8, 0xc5, 0x5c, 0xae, 0x98, 0xc5, 0xe4, 0x81,
	0xf2, 0x2a, 0x69, 0xbf, 0x90, 0x58, 0x00, 0x05, 0x00,
};

#define LENGTH_MAX 3 /* bytes of a length in base 128 */

/* Writes a base-128 number, low part first; returns its bytes. */
static size_t put_number(uint8_t *out, uint32_t v)
{
	size_t n = 0;

	while (v >= 0x80) {
		out[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	out[n++] = (uint8_t)v;
	return n;
}

/* Reads one; returns the bytes it took, 0 = incomplete. */
static size_t get_number(const uint8_t *p, size_t n, uint32_t *v)
{
	*v = 0;
	for (size_t i = 0; i < n && i < LENGTH_MAX; i++) {
		*v |= (uint32_t)(p[i] & 0x7f) << (7 * i);
		if (!(p[i] & 0x80))
			return i + 1;
	}
	return 0;
}

void put_address(uint8_t out[ADDR_BYTES], const struct endpoint *ep)
{
	memcpy(out, ep->ip.b, 4);
	put_be16(out + 4, ep->port);
}

void get_address(const uint8_t p[ADDR_BYTES], struct endpoint *ep)
{
	*ep = (struct endpoint){.ip = {.family = 4}, .port = get_be16(p + 4)};
	memcpy(ep->ip.b, p, 4);
}

/* --- datagrams ---------------------------------------------------------------------------- */

void plain_make(struct plain *p, unsigned command, uint16_t reqid, size_t size, const void *body,
		size_t body_len, struct rng *r)
{
	size_t at, n = size > 11 ? size - 11 : 0;

	if (n < 6)
		n = 6;
	if (n > sizeof(p->b) - 11)
		n = sizeof(p->b) - 11;
	/* The length counts what follows the command; one byte of it up to 127, then two. */
	at = put_number(p->b, (uint32_t)(n - (n < 128 + 3 ? 3 : 4)));
	at += put_number(p->b + at, command * 8 + 2);
	put_be16(p->b + at, reqid);
	at += 2;
	if (at < n)
		p->b[at++] = 0x42;
	if (body_len > n - at)
		body_len = n - at;
	if (body_len)
		memcpy(p->b + at, body, body_len);
	at += body_len;
	rng_fill(r, p->b + at, n - at);
	if (command == CMD_PROBE && n == 7)
		p->b[6] = 0x15; /* an empty compressed parameter list */
	p->n = n;
	p->crc = skype_crc32(p->b, n);
}

bool plain_parse(const struct plain *p, unsigned *command, uint16_t *reqid, const uint8_t **body,
		 size_t *body_len)
{
	uint32_t v;
	size_t at = get_number(p->b, p->n, &v), k;

	if (!at || !(k = get_number(p->b + at, p->n - at, &v)) || p->n < at + k + 2)
		return false;
	at += k;
	*command = v >> 3;
	*reqid = get_be16(p->b + at);
	at += 3; /* the id and 0x42 */
	if (at > p->n)
		at = p->n;
	*body = p->b + at;
	*body_len = p->n - at;
	return true;
}

static uint8_t function_byte(unsigned fn, struct rng *r)
{
	return (uint8_t)(fn | (fn == FN_PAYLOAD ? 0 : rng_range(r, 0, 7) << 4));
}

static void cipher(uint8_t *out, const uint8_t *in, size_t n, uint32_t seed)
{
	struct arcfour_ctx s;

	stream_start(&s, seed);
	arcfour_crypt(&s, n, out, in);
}

size_t datagram_payload(uint8_t *out, uint16_t id, const struct ip *src, const struct ip *dst,
			const struct plain *p, struct rng *r)
{
	uint32_t iv = rng_u32(r);

	put_be16(out, id);
	out[2] = FN_PAYLOAD;
	put_be32(out + 3, iv);
	put_be32(out + 7, p->crc);
	cipher(out + 11, p->b, p->n, datagram_seed(src, dst, id) ^ iv);
	return 11 + p->n;
}

size_t datagram_resend(uint8_t *out, uint16_t id, uint32_t challenge, const struct ip *dst,
		       const struct plain *p, struct rng *r)
{
	put_be16(out, id);
	out[2] = function_byte(FN_RESEND, r);
	out[3] = 0x01;
	put_be32(out + 4, challenge);
	memcpy(out + 8, dst->b, 4);
	put_be32(out + 12, p->crc);
	cipher(out + 16, p->b, p->n, id ^ challenge);
	return 16 + p->n;
}

size_t datagram_nack(uint8_t *out, enum udp_function fn, uint16_t id, const struct ip *ip,
		     uint32_t challenge, struct rng *r)
{
	put_be16(out, id);
	out[2] = function_byte(fn, r);
	memcpy(out + 3, ip->b, 4);
	put_be32(out + 7, challenge);
	return 11;
}

size_t datagram_fragment(uint8_t *out, uint16_t id, uint16_t request, unsigned number, bool last,
			 size_t size, struct rng *r)
{
	put_be16(out, id);
	out[2] = function_byte(FN_FRAGMENT, r);
	put_be16(out + 3, request);
	out[5] = (uint8_t)(number | (last ? 0x80 : 0));
	out[6] = 0x02;
	rng_fill(r, out + 7, size - 7);
	return size;
}

size_t datagram_media(uint8_t *out, uint16_t id, size_t size, struct rng *r)
{
	put_be16(out, id);
	out[2] = function_byte(FN_MEDIA, r);
	if (size > 3)
		rng_fill(r, out + 3, size - 3);
	return size < 3 ? 3 : size;
}

bool datagram_parse(const uint8_t *p, size_t n, const struct ip *src, const struct ip *dst,
		    struct skype_datagram *out)
{
	size_t head;
	uint32_t seed;

	if (n < 3 || p[2] & 0x80)
		return false;
	out->id = get_be16(p);
	out->fn = p[2] & 0x0f;
	out->ok = true;
	out->plain.n = 0;
	switch (out->fn) {
	case FN_PAYLOAD:
		head = 11;
		break;
	case FN_RESEND:
		head = 16;
		break;
	case FN_ACK:
	case FN_NACK:
		if (n != 11)
			return false;
		out->ip = (struct ip){.family = 4};
		memcpy(out->ip.b, p + 3, 4);
		out->challenge = get_be32(p + 7);
		return true;
	case FN_MEDIA:
	case FN_FRAGMENT:
		return true;
	default:
		return false;
	}
	if (n <= head)
		return false;
	out->challenge = get_be32(p + 4);
	seed = out->fn == FN_PAYLOAD ? datagram_seed(src, dst, out->id) ^ get_be32(p + 3)
				     : out->id ^ out->challenge;
	out->plain.n = n - head;
	out->plain.crc = get_be32(p + head - 4);
	cipher(out->plain.b, p + head, n - head, seed);
	out->ok = skype_crc32(out->plain.b, out->plain.n) == out->plain.crc;
	return true;
}

void datagram_mask(uint8_t *p, size_t n, enum udp_mask mask)
{
	uint64_t key = n > 2 ? rng_mix(get_be16(p)) : 0;

	if (mask == MASK_NONE || n < 3)
		return;
	p[2] ^= (uint8_t)(key & 0x37) | 0x48; /* no function byte stays what it is */
	for (size_t i = 3; i < n && mask == MASK_ALL; i++)
		p[i] ^= (uint8_t)rng_mix(key + i);
}

size_t datagram_noise(uint8_t *out, size_t size, struct rng *r)
{
	rng_fill(r, out, size);
	out[2] |= 0x80; /* no function has it: datagram_parse() */
	return size;
}

/* --- TCP ---------------------------------------------------------------------------------- */

static const uint8_t key_constant[10] = {0, 1, 0, 0, 0, 1, 0, 0, 0, 1};

size_t key_block(uint8_t *out, enum pad_form form, size_t pad, bool tail, struct arcfour_ctx *tx,
		 struct rng *r)
{
	uint32_t seed = rng_u32(r);
	size_t n = 14;

	put_be32(out, seed);
	memcpy(out + 4, key_constant, 10);
	if (form != PAD_NONE || tail)
		out[13] = 0x03;
	stream_start(tx, seed);
	stream_apply(tx, out + 4, 10);
	stream_start(tx, seed); /* restarted: the key stream of the ten bytes is used again */
	if (form != PAD_NONE) {
		uint8_t *p = out + n;

		n += put_number(p, (uint32_t)(2 * pad + 1));
		if (pad)
			out[n] = 0x03;
		if (pad > 1 && form == PAD_ONES)
			memset(out + n + 1, 0x01, pad - 1);
		else if (pad > 1)
			rng_fill(r, out + n + 1, pad - 1);
		n += pad;
	}
	if (tail) {
		out[n++] = 0x03;
		out[n++] = 0x00;
	}
	stream_apply(tx, out + 14, n - 14);
	return n;
}

size_t key_block_parse(const uint8_t *p, size_t n, struct arcfour_ctx *rx)
{
	uint8_t head[10];
	size_t at = 14;

	if (n < 14)
		return 0;
	stream_start(rx, get_be32(p));
	memcpy(head, p + 4, 10);
	stream_apply(rx, head, 10);
	stream_start(rx, get_be32(p));
	if (head[9] != 0x03)
		return at;
	for (;;) { /* padding records have odd lengths; what comes after is even */
		struct arcfour_ctx look = *rx;
		uint8_t b[LENGTH_MAX];
		size_t k = n - at < LENGTH_MAX ? n - at : LENGTH_MAX;
		uint32_t v;

		memcpy(b, p + at, k);
		stream_apply(&look, b, k);
		k = get_number(b, k, &v);
		if (!k || !(v & 1) || n - at < k + v / 2)
			return at;
		stream_apply(rx, (uint8_t[128]){0}, k);
		for (size_t left = v / 2; left; left -= left < 128 ? left : 128)
			stream_apply(rx, (uint8_t[128]){0}, left < 128 ? left : 128);
		at += k + v / 2;
	}
}

size_t record_ack(uint8_t *out, uint16_t id)
{
	out[0] = 0x07;
	out[1] = REC_ACK;
	put_be16(out + 2, id);
	return ACK_SIZE;
}

size_t record_size(size_t body_len)
{
	return body_len + (body_len + 4 <= 64 ? 4 : 5);
}

size_t record_make(uint8_t *out, size_t size, unsigned command, uint16_t id, const void *body,
		   size_t body_len, struct rng *r)
{
	size_t at =
		size <= 64 ? 1 : 2; /* bytes of the length: two from 65 on, also if one would do */
	uint32_t v = (uint32_t)(size - at) * 2;

	out[0] = at == 1 ? (uint8_t)v : (uint8_t)(v | 0x80);
	if (at == 2)
		out[1] = (uint8_t)(v >> 7);

	out[at++] = (uint8_t)command;
	put_be16(out + at, id);
	at += 2;
	if (body_len > size - at)
		body_len = size - at;
	if (body_len)
		memcpy(out + at, body, body_len);
	at += body_len;
	rng_fill(r, out + at, size - at);
	return size;
}

size_t record_parse(const uint8_t *p, size_t n, unsigned *command, uint16_t *id,
		    const uint8_t **body, size_t *body_len)
{
	uint32_t v;
	size_t at = get_number(p, n, &v), end;

	if (!at || v / 2 < 3 || n < at + v / 2)
		return 0;
	end = at + v / 2;
	*command = p[at];
	*id = get_be16(p + at + 1);
	*body = p + at + 3;
	*body_len = end - at - 3;
	return end;
}
