// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_quic.c - background: QUIC version 1 (RFC 9000, RFC 9001)
 *
 * The Initial packets are real: AES-128-GCM with the keys that follow from the connection ID, and
 * header protection, so anyone on the path can decrypt them and find a ClientHello. Handshake and
 * 1-RTT packets have correct headers and random content: no keys exist for them.
 */
#include <netinet/in.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <string.h>

#include "replay/background/generator.h"
#include "replay/background/gen_tls.h"

enum { QUIC_DCID, QUIC_SCID, QUIC_SERVER_ID };

static void quic_init(struct gen_session *s)
{
	for (int i = QUIC_DCID; i <= QUIC_SERVER_ID; i++)
		s->word[i] = rng_u64(&s->rng);
	host_name(&s->rng, s->text);
}

/* HKDF-Expand-Label of TLS 1.3 with an empty context. */
static void expand_label(const uint8_t secret[32], const char *label, uint8_t *out, size_t n)
{
	uint8_t info[64];
	struct writer w = {info, 0, sizeof(info)};
	struct hmac_sha256_ctx ctx;

	put16(&w, (unsigned)n);
	put8(&w, (unsigned)strlen(label) + 6);
	put_text(&w, "tls13 %s", label);
	put8(&w, 0);
	hmac_sha256_set_key(&ctx, 32, secret);
	hkdf_expand(&ctx, (nettle_hash_update_func *)hmac_sha256_update,
		    (nettle_hash_digest_func *)hmac_sha256_digest, 32, w.len, info, n, out);
}

/* Encrypts the packet in @w from @payload on, which follows a packet number of 2 bytes; appends the
 * tag and protects the header (RFC 9001, sections 5.2 to 5.4). */
static void initial_protect(struct gen_session *s, struct writer *w, uint32_t payload, bool server,
			    unsigned number)
{
	static const uint8_t salt[20] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
					 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
					 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
	uint8_t initial[32], secret[32], key[16], iv[12], hp[16], mask[16];
	struct hmac_sha256_ctx ctx;
	struct gcm_aes128_ctx gcm;
	struct aes128_ctx aes;
	uint32_t n = w->len - payload;

	if (w->len + 16 > w->cap)
		return;
	hmac_sha256_set_key(&ctx, sizeof(salt), salt);
	hkdf_extract(&ctx, (nettle_hash_update_func *)hmac_sha256_update,
		     (nettle_hash_digest_func *)hmac_sha256_digest, 32, 8,
		     (const uint8_t *)&s->word[QUIC_DCID], initial);
	expand_label(initial, server ? "server in" : "client in", secret, 32);
	expand_label(secret, "quic key", key, 16);
	expand_label(secret, "quic iv", iv, 12);
	expand_label(secret, "quic hp", hp, 16);
	iv[10] ^= (uint8_t)(number >> 8);
	iv[11] ^= (uint8_t)number;
	gcm_aes128_set_key(&gcm, key);
	gcm_aes128_set_iv(&gcm, 12, iv);
	gcm_aes128_update(&gcm, payload, w->p);
	gcm_aes128_encrypt(&gcm, n, w->p + payload, w->p + payload);
	gcm_aes128_digest(&gcm, 16, w->p + w->len);
	w->len += 16;
	aes128_set_encrypt_key(&aes, hp);
	aes128_encrypt(&aes, 16, mask, w->p + payload - 2 + 4);
	w->p[0] ^= mask[0] & 0x0f;
	w->p[payload - 2] ^= mask[1];
	w->p[payload - 1] ^= mask[2];
}

/* Header of a long packet with a packet number of 2 bytes; returns where the length goes. */
static uint32_t long_header(struct writer *w, unsigned first, const uint64_t *dcid,
			    const uint64_t *scid, bool token, unsigned number)
{
	uint32_t at;

	put8(w, first | 1);
	put32(w, 1);
	put8(w, 8);
	put(w, dcid, 8);
	put8(w, 8);
	put(w, scid, 8);
	if (token)
		put8(w, 0);
	at = w->len;
	put16(w, 0);
	put16(w, number);
	return at;
}

/* Fills in the length of what follows it, with @tag bytes still to come; a varint of 2 bytes. */
static void set_length(struct writer *w, uint32_t at, uint32_t tag)
{
	set16(w, at, 0x4000 | (w->len - at - 2 + tag));
}

static void put_crypto(struct writer *w, const struct writer *hello)
{
	put16(w, 0x0600); /* CRYPTO at offset 0 */
	put16(w, 0x4000 | hello->len);
	put(w, hello->p, hello->len);
}

static void quic_client_initial(struct gen_session *s, struct writer *w)
{
	uint8_t hello[1000], params[64];
	struct writer h = {hello, 0, sizeof(hello)}, p = {params, 0, sizeof(params)};
	uint32_t at, payload;

	put32(&p, 0x01048000); /* max_idle_timeout */
	put16(&p, 0xea60);
	put32(&p, 0x04048010); /* initial_max_data */
	put16(&p, 0x0000);
	put16(&p, 0x0f08); /* initial_source_connection_id */
	put(&p, &s->word[QUIC_SCID], 8);
	put_client_hello(&h, &s->rng, NULL, 0, s->text, "h3", &p);
	at = long_header(w, 0xc0, &s->word[QUIC_DCID], &s->word[QUIC_SCID], true, 0);
	payload = w->len;
	put_crypto(w, &h);
	put_zero(w, 1200 - 16 - w->len); /* PADDING: a client's first datagram has 1,200 bytes */
	set_length(w, at, 16);
	initial_protect(s, w, payload, false, 0);
}

static void quic_server_initial(struct gen_session *s, struct writer *w)
{
	uint8_t hello[200];
	struct writer h = {hello, 0, sizeof(hello)}, rest;
	uint32_t at, payload;

	put_server_hello(&h, &s->rng, NULL, 0);
	at = long_header(w, 0xc0, &s->word[QUIC_SCID], &s->word[QUIC_SERVER_ID], true, 0);
	payload = w->len;
	put32(w, 0x02000000); /* ACK of packet 0 */
	put8(w, 0);
	put_crypto(w, &h);
	set_length(w, at, 16);
	initial_protect(s, w, payload, true, 0);
	/* A Handshake packet fills the datagram. */
	rest = (struct writer){w->p + w->len, 0, 1252 - w->len};
	at = long_header(&rest, 0xe0, &s->word[QUIC_SCID], &s->word[QUIC_SERVER_ID], false, 0);
	put_random(&rest, &s->rng, rest.cap - rest.len);
	set_length(&rest, at, 0);
	w->len += rest.len;
}

static void quic_client_handshake(struct gen_session *s, struct writer *w)
{
	uint32_t at = long_header(w, 0xe0, &s->word[QUIC_SERVER_ID], &s->word[QUIC_SCID], false, 0);

	put_random(w, &s->rng, 70);
	set_length(w, at, 0);
}

static void short_packet(struct gen_session *s, struct writer *w, const uint64_t *id, uint32_t n)
{
	put8(w, 0x40 | (rng_u32(&s->rng) & 0x3f));
	put(w, id, 8);
	put_random(w, &s->rng, n);
}

static void quic_up(struct gen_session *s, struct writer *w)
{
	short_packet(s, w, &s->word[QUIC_SERVER_ID], rng_range(&s->rng, 22, 400));
}

static void quic_down(struct gen_session *s, struct writer *w)
{
	short_packet(s, w, &s->word[QUIC_SCID],
		     rng_range(&s->rng, 0, 3) ? 1243 : rng_range(&s->rng, 22, 1200));
}

static const struct generator_step quic_steps[] = {
	{false, 0, 0, quic_client_initial, 0, 0, 0},
	{true, 10, 60, quic_server_initial, 0, 0, 0},
	{false, 1, 3, quic_client_handshake, 0, 0, 0},
	{false, 0, 20, quic_up, 0, 0, 0},
	{true, 1, 60, quic_down, 0, 0, 0},
	{true, 0, 2, quic_down, 3, 0, 15},
};

const struct generator gen_quic = {
	.name = "quic",
	.about = "HTTP/3 over QUIC version 1",
	.proto = IPPROTO_UDP,
	.port = 443,
	.init = quic_init,
	GENERATOR_STEPS(quic_steps),
};
