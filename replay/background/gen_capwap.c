// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_capwap.c - background: CAPWAP's control channel (RFC 5415, with the binding of RFC 5416)
 *
 * An access point looks for its controller in the clear, then speaks DTLS 1.0 (RFC 4347) with a
 * pre-shared key (RFC 4279), each datagram behind a preamble of four bytes. The header of what is in
 * the clear is 00 10 02: header length 2 and binding 1 (802.11) make the 02, for which rules that ask
 * for 02 in the third byte take it for Skype. Cipher text, MACs and the key exchange are random.
 */
#include <netinet/in.h>
#include <string.h>

#include "replay/background/generator.h"

#define VENDOR 9 /* an IANA enterprise number */

enum { CAPWAP_SEQ, DTLS_SEQ_A, DTLS_SEQ_B, CAPWAP_COOKIE, CAPWAP_SERIAL = CAPWAP_COOKIE + 3 };
enum { DTLS_CHANGE_CIPHER = 20, DTLS_HANDSHAKE = 22, DTLS_DATA = 23 };
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, HELLO_VERIFY = 3, HELLO_DONE = 14, KEY_EXCHANGE = 16 };

static void capwap_init(struct gen_session *s)
{
	for (int i = CAPWAP_COOKIE; i < CAPWAP_SERIAL; i++)
		s->word[i] = rng_u64(&s->rng);
	s->word[CAPWAP_SEQ] = rng_range(&s->rng, 0, 200);
	s->word[CAPWAP_SERIAL] = rng_u32(&s->rng);
}

/* --- in the clear ------------------------------------------------------------------------- */

/* Message elements and what is nested in them: a type, a length, which end() fills, a value. */
static uint32_t element(struct writer *w, unsigned type)
{
	put16(w, type);
	put16(w, 0);
	return w->len - 2;
}

static void end(struct writer *w, uint32_t at)
{
	set16(w, at, w->len - at - 2);
}

static void text_of_vendor(struct writer *w, unsigned type, const char *text)
{
	uint32_t at;

	put32(w, VENDOR);
	at = element(w, type);
	put_text(w, "%s", text);
	end(w, at);
}

static void short_element(struct writer *w, unsigned type, unsigned value)
{
	uint32_t at = element(w, type);

	put8(w, value);
	end(w, at);
}

static uint32_t capwap_head(struct gen_session *s, struct writer *w, unsigned type)
{
	put32(w, 0x00100200); /* version 0, in the clear; header of 8 bytes, binding 802.11 */
	put32(w, 0);	      /* no fragment */
	put32(w, type);
	put8(w, (unsigned)s->word[CAPWAP_SEQ]);
	put16(w, 0);
	put8(w, 0);
	return w->len - 3;
}

static void radio_information(struct writer *w)
{
	uint32_t at = element(w, 1048);

	put8(w, 1);
	put32(w, 0x0d); /* 802.11 b, g and n */
	end(w, at);
}

static void discovery_request(struct gen_session *s, struct writer *w)
{
	uint32_t head = capwap_head(s, w, 1), at, in;

	short_element(w, 20, 2); /* found by DHCP */
	at = element(w, 38);	 /* board data */
	put32(w, VENDOR);
	in = element(w, 0);
	put_text(w, "AP-1200");
	end(w, in);
	in = element(w, 1);
	put_text(w, "%08x", (uint32_t)s->word[CAPWAP_SERIAL]);
	end(w, in);
	end(w, at);
	at = element(w, 39); /* descriptor */
	put16(w, 0x0101);    /* one radio, in use */
	put8(w, 1);	     /* one kind of encryption: AES-CCMP by 802.11 */
	put24(w, 0x010002);
	text_of_vendor(w, 0, "1.0");
	text_of_vendor(w, 1, "7.0.116");
	text_of_vendor(w, 2, "12.4");
	end(w, at);
	short_element(w, 41, 8); /* frames tunnelled as they are */
	short_element(w, 44, 1); /* split MAC */
	radio_information(w);
	end(w, head);
}

static void discovery_answer(struct gen_session *s, struct writer *w)
{
	uint32_t head = capwap_head(s, w, 2), at = element(w, 1); /* AC descriptor */

	put16(w, rng_range(&s->rng, 0, 200)); /* stations, and most */
	put16(w, 2000);
	put16(w, rng_range(&s->rng, 1, 40)); /* access points, and most */
	put16(w, 100);
	put32(w, 0x04020002); /* pre-shared keys; no radio MAC; data in the clear */
	text_of_vendor(w, 4, "5500");
	text_of_vendor(w, 5, "7.0.116");
	end(w, at);
	at = element(w, 4);
	put_text(w, "controller-%u", s->server.ip.b[3]);
	end(w, at);
	radio_information(w);
	at = element(w, 10); /* where to join, and how many have */
	put_ip(w, &s->server.ip);
	put16(w, rng_range(&s->rng, 1, 40));
	end(w, at);
	end(w, head);
}

/* --- DTLS --------------------------------------------------------------------------------- */

/* Begins a record; returns where its length goes. */
static uint32_t dtls_record(struct gen_session *s, struct writer *w, bool from_b, unsigned type,
			    unsigned epoch)
{
	put8(w, type);
	put16(w, 0xfeff);
	put16(w, epoch);
	put16(w, 0);
	put32(w, (uint32_t)s->word[from_b ? DTLS_SEQ_B : DTLS_SEQ_A]++);
	put16(w, 0);
	return w->len - 2;
}

/* A handshake message in a record of its own, not in fragments. */
static void dtls_handshake(struct gen_session *s, struct writer *w, bool from_b, unsigned type,
			   unsigned seq, const struct writer *body)
{
	uint32_t at = dtls_record(s, w, from_b, DTLS_HANDSHAKE, 0);

	put8(w, type);
	put24(w, body->len);
	put16(w, seq);
	put24(w, 0);
	put24(w, body->len);
	put(w, body->p, body->len);
	end(w, at);
}

static void dtls_cipher_text(struct gen_session *s, struct writer *w, bool from_b, unsigned type,
			     uint32_t n)
{
	uint32_t at = dtls_record(s, w, from_b, type, 1);

	put_random(w, &s->rng, n);
	end(w, at);
}

static void dtls_finished(struct gen_session *s, struct writer *w, bool from_b)
{
	uint64_t *seq = &s->word[from_b ? DTLS_SEQ_B : DTLS_SEQ_A];
	uint32_t at = dtls_record(s, w, from_b, DTLS_CHANGE_CIPHER, 0);

	put8(w, 1);
	end(w, at);
	*seq = 0; /* of the new epoch */
	dtls_cipher_text(s, w, from_b, DTLS_HANDSHAKE, 64);
}

static void dtls_preamble(struct writer *w)
{
	put32(w, 0x01000000); /* version 0, DTLS */
}

static void client_hello(struct gen_session *s, struct writer *w, bool cookie)
{
	uint8_t buf[128];
	struct writer b = {buf, 0, sizeof(buf)};

	dtls_preamble(w);
	put16(&b, 0xfeff);
	put32(&b, (uint32_t)(s->now_ns / NS_PER_SEC));
	put_random(&b, &s->rng, 28);
	put8(&b, 0);
	put8(&b, cookie ? 20 : 0);
	put(&b, &s->word[CAPWAP_COOKIE], cookie ? 20 : 0);
	put16(&b, 4); /* pre-shared key, AES-128 and AES-256, CBC, SHA */
	put32(&b, 0x008c008d);
	put16(&b, 0x0100);
	dtls_handshake(s, w, false, CLIENT_HELLO, cookie, &b);
}

static void dtls_hello(struct gen_session *s, struct writer *w)
{
	client_hello(s, w, false);
}

static void dtls_verify(struct gen_session *s, struct writer *w)
{
	uint8_t buf[32];
	struct writer b = {buf, 0, sizeof(buf)};

	dtls_preamble(w);
	put16(&b, 0xfeff);
	put8(&b, 20);
	put(&b, &s->word[CAPWAP_COOKIE], 20);
	dtls_handshake(s, w, true, HELLO_VERIFY, 0, &b);
}

static void dtls_hello_again(struct gen_session *s, struct writer *w)
{
	client_hello(s, w, true);
}

static void dtls_server_hello(struct gen_session *s, struct writer *w)
{
	uint8_t buf[80];
	struct writer b = {buf, 0, sizeof(buf)};

	dtls_preamble(w);
	put16(&b, 0xfeff);
	put32(&b, (uint32_t)(s->now_ns / NS_PER_SEC));
	put_random(&b, &s->rng, 28);
	put8(&b, 32);
	put_random(&b, &s->rng, 32);
	put24(&b, 0x008c00);
	dtls_handshake(s, w, true, SERVER_HELLO, 1, &b);
	b.len = 0;
	dtls_handshake(s, w, true, HELLO_DONE, 2, &b);
}

static void dtls_client_done(struct gen_session *s, struct writer *w)
{
	uint8_t buf[32];
	struct writer b = {buf, 0, sizeof(buf)};

	dtls_preamble(w);
	put16(&b, 8);
	put_text(&b, "%08x", (uint32_t)s->word[CAPWAP_SERIAL]);
	dtls_handshake(s, w, false, KEY_EXCHANGE, 2, &b);
	dtls_finished(s, w, false);
}

static void dtls_server_done(struct gen_session *s, struct writer *w)
{
	dtls_preamble(w);
	dtls_finished(s, w, true);
}

/* Cipher text in CBC mode: a vector, then whole blocks. */
static uint32_t blocks(struct gen_session *s, unsigned least, unsigned most)
{
	return 16 + 16 * rng_range(&s->rng, least, most);
}

static void dtls_up(struct gen_session *s, struct writer *w)
{
	dtls_preamble(w);
	dtls_cipher_text(s, w, false, DTLS_DATA, blocks(s, 3, s->turn < 10 ? 20 : 4));
}

static void dtls_down(struct gen_session *s, struct writer *w)
{
	dtls_preamble(w);
	dtls_cipher_text(s, w, true, DTLS_DATA, blocks(s, 3, s->turn < 10 ? 12 : 4));
}

/* Discovery, DTLS, then the join and what follows it, and echoes. */
static const struct generator_step capwap_steps[] = {
	{false, 0, 900, discovery_request, 0, 0, 0},
	{true, 2, 30, discovery_answer, 0, 0, 0},
	{false, 900, 5000, dtls_hello, 0, 0, 0},
	{true, 2, 30, dtls_verify, 0, 0, 0},
	{false, 1, 10, dtls_hello_again, 0, 0, 0},
	{true, 2, 30, dtls_server_hello, 0, 0, 0},
	{false, 1, 30, dtls_client_done, 0, 0, 0},
	{true, 2, 30, dtls_server_done, 0, 0, 0},
	{false, 5, 90, dtls_up, 0, 0, 0},
	{true, 2, 30, dtls_down, 2, 3, 6},
	{false, 4000, 9000, dtls_up, 0, 0, 0},
	{true, 2, 30, dtls_down, 2, 0, 3},
};

const struct generator gen_capwap = {
	.name = "capwap",
	.about = "an access point that finds and joins its controller",
	.proto = IPPROTO_UDP,
	.port = 5246,
	.init = capwap_init,
	GENERATOR_STEPS(capwap_steps),
};
