// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_tls.c - background: TLS as spoken in 2006 (RFC 2246) and today (RFC 8446)
 *
 * tls10: a resumed session (no certificates on the wire), then application data. tls10-short: the
 * same with IMAP's short lines, so that every application record begins with 17 03 01 00, which
 * Cisco's filter of 2007 takes for Skype. tls: a TLS 1.3 handshake of a browser's size, encrypted
 * after the ServerHello. Cipher text is random, which nobody on the path can tell from the real
 * thing.
 *
 * A service that rules name by its addresses, as Azure's storage (nDPI's issue 718), has no generator:
 * its bytes are those of tls, and no address of the lab is on such a list.
 */
#include <netinet/in.h>
#include <string.h>

#include "replay/background/generator.h"
#include "replay/background/gen_tls.h"

/* Begins a record; returns where its length goes. */
static uint32_t record(struct writer *w, unsigned type, unsigned version)
{
	put8(w, type);
	put16(w, version);
	put16(w, 0);
	return w->len - 2;
}

static void record_end(struct writer *w, uint32_t at)
{
	set16(w, at, w->len - at - 2);
}

static uint32_t handshake(struct writer *w, unsigned type)
{
	put8(w, type);
	put24(w, 0);
	return w->len - 3;
}

static void handshake_end(struct writer *w, uint32_t at)
{
	set24(w, at, w->len - at - 3);
}

static void cipher_text(struct gen_session *s, struct writer *w, unsigned type, unsigned version,
			uint32_t n)
{
	uint32_t r = record(w, type, version);

	put_random(w, &s->rng, n);
	record_end(w, r);
}

static void change_cipher_spec(struct writer *w, unsigned version)
{
	put8(w, 0x14);
	put16(w, version);
	put24(w, 0x000101);
}

/* --- TLS 1.0 ------------------------------------------------------------------------------ */

enum { TLS_SESSION = 0 /* .. 3: the session id of 32 bytes */ };

static void tls10_init(struct gen_session *s)
{
	for (int i = 0; i < 4; i++)
		s->word[TLS_SESSION + i] = rng_u64(&s->rng);
}

static void tls10_hello(struct gen_session *s, struct writer *w, bool server)
{
	static const uint8_t ciphers[] = {0x00, 0x05, 0x00, 0x04, 0x00, 0x35, 0x00, 0x2f,
					  0x00, 0x0a, 0x00, 0x09, 0x00, 0x64, 0x00, 0x62};
	uint32_t r = record(w, 0x16, 0x0301), h = handshake(w, server ? 2 : 1);

	put16(w, 0x0301);
	put32(w, (uint32_t)(s->now_ns / NS_PER_SEC));
	put_random(w, &s->rng, 28);
	put8(w, 32);
	put(w, &s->word[TLS_SESSION], 32);
	if (server) {
		put16(w, 0x0005); /* RSA, RC4-128, SHA */
		put8(w, 0);
	} else {
		put16(w, sizeof(ciphers));
		put(w, ciphers, sizeof(ciphers));
		put16(w, 0x0100);
	}
	handshake_end(w, h);
	record_end(w, r);
}

static void tls10_finished(struct gen_session *s, struct writer *w)
{
	change_cipher_spec(w, 0x0301);
	cipher_text(s, w, 0x16, 0x0301, 36);
}

static void tls10_client_hello(struct gen_session *s, struct writer *w)
{
	tls10_hello(s, w, false);
}

static void tls10_server_hello(struct gen_session *s, struct writer *w)
{
	tls10_hello(s, w, true);
	tls10_finished(s, w);
}

static void tls10_request(struct gen_session *s, struct writer *w)
{
	cipher_text(s, w, 0x17, 0x0301, rng_range(&s->rng, 200, 700) + 20);
}

static void tls10_answer(struct gen_session *s, struct writer *w)
{
	uint32_t n = rng_range(&s->rng, 300, rng_range(&s->rng, 400, 30000));

	for (; n > 16384; n -= 16384)
		cipher_text(s, w, 0x17, 0x0301, 16384 + 20);
	cipher_text(s, w, 0x17, 0x0301, n + 20);
}

static void tls10_bye(struct gen_session *s, struct writer *w)
{
	cipher_text(s, w, 0x15, 0x0301, 22);
}

static const struct generator_step tls10_steps[] = {
	{false, 0, 2, tls10_client_hello, 0, 0, 0}, {true, 10, 90, tls10_server_hello, 0, 0, 0},
	{false, 0, 3, tls10_finished, 0, 0, 0},	    {false, 0, 30, tls10_request, 0, 0, 0},
	{true, 10, 200, tls10_answer, 2, 0, 4},	    {false, 10, 2000, tls10_bye, 0, 0, 0},
};

const struct generator gen_tls10 = {
	.name = "tls10",
	.application = "tls",
	.about = "HTTPS as it was in 2006: TLS 1.0, sessions resumed",
	.proto = IPPROTO_TCP,
	.port = 443,
	.close = CLOSE_OPENER,
	.init = tls10_init,
	GENERATOR_STEPS(tls10_steps),
};

/* --- TLS 1.0, short records --------------------------------------------------------------- */

/* What a mail program says and hears when it looks for mail: never 256 bytes with the MAC (20). */
static void short_command(struct gen_session *s, struct writer *w)
{
	cipher_text(s, w, 0x17, 0x0301, rng_range(&s->rng, 10, 60) + 20);
}

static void short_answer(struct gen_session *s, struct writer *w)
{
	cipher_text(s, w, 0x17, 0x0301, rng_range(&s->rng, 20, 235) + 20);
}

static const struct generator_step tls10_short_steps[] = {
	{false, 0, 2, tls10_client_hello, 0, 0, 0}, {true, 10, 90, tls10_server_hello, 0, 0, 0},
	{false, 0, 3, tls10_finished, 0, 0, 0},	    {true, 5, 60, short_answer, 0, 0, 0},
	{false, 0, 30, short_command, 0, 0, 0},	    {true, 10, 200, short_answer, 2, 3, 12},
	{false, 10, 2000, tls10_bye, 0, 0, 0},
};

const struct generator gen_tls10_short = {
	.name = "tls10-short",
	.application = "tls",
	.about = "mail being looked for over TLS 1.0: application records under 256 bytes",
	.proto = IPPROTO_TCP,
	.port = 993,
	.close = CLOSE_OPENER,
	.init = tls10_init,
	GENERATOR_STEPS(tls10_short_steps),
};

/* --- TLS 1.3 ------------------------------------------------------------------------------ */

static void tls13_init(struct gen_session *s)
{
	tls10_init(s);
	host_name(&s->rng, s->text);
}

static uint32_t extension(struct writer *w, unsigned type)
{
	put16(w, type);
	put16(w, 0);
	return w->len - 2;
}

static void extension_fixed(struct writer *w, unsigned type, const void *p, uint32_t n)
{
	put16(w, type);
	put16(w, n);
	put(w, p, n);
}

void put_client_hello(struct writer *w, struct rng *r, const void *session_id, unsigned session_len,
		      const char *name, const char *alpn, const struct writer *quic)
{
	static const uint8_t ciphers[] = {0x13, 0x01, 0x13, 0x02, 0x13, 0x03, 0xc0, 0x2b, 0xc0,
					  0x2f, 0xc0, 0x2c, 0xc0, 0x30, 0xcc, 0xa9, 0xcc, 0xa8,
					  0x00, 0x9c, 0x00, 0x9d, 0x00, 0x2f, 0x00, 0x35};
	static const uint8_t groups[] = {0, 6, 0, 0x1d, 0, 0x17, 0, 0x18};
	static const uint8_t algorithms[] = {0, 14, 4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6};
	static const uint8_t versions[] = {4, 3, 4, 3, 3}, modes[] = {1, 1};
	uint32_t h = handshake(w, 1), all, e, n = (uint32_t)strlen(name);

	put16(w, 0x0303);
	put_random(w, r, 32);
	put8(w, session_len);
	put(w, session_id, session_len);
	put16(w, quic ? 6 : sizeof(ciphers));
	put(w, ciphers, quic ? 6 : sizeof(ciphers));
	put16(w, 0x0100);
	put16(w, 0);
	all = w->len - 2;
	e = extension(w, 0); /* server_name */
	put16(w, n + 3);
	put8(w, 0);
	put16(w, n);
	put(w, name, n);
	set16(w, e, w->len - e - 2);
	extension_fixed(w, 10, groups, sizeof(groups));
	extension_fixed(w, 13, algorithms, sizeof(algorithms));
	n = (uint32_t)strlen(alpn);
	e = extension(w, 16);
	put16(w, n + 1);
	put8(w, n);
	put(w, alpn, n);
	set16(w, e, w->len - e - 2);
	e = extension(w, 51); /* key_share: x25519 */
	put16(w, 36);
	put32(w, 0x001d0020);
	put_random(w, r, 32);
	set16(w, e, w->len - e - 2);
	extension_fixed(w, 43, quic ? (const uint8_t[]){2, 3, 4} : versions, quic ? 3 : 5);
	extension_fixed(w, 45, modes, sizeof(modes));
	if (quic)
		extension_fixed(w, 57, quic->p, quic->len);
	else if (w->len < 513) { /* padded to 517 bytes with the record header, as browsers do */
		e = extension(w, 21);
		put_zero(w, 517 - w->len);
		set16(w, e, w->len - e - 2);
	}
	set16(w, all, w->len - all - 2);
	handshake_end(w, h);
}

void put_server_hello(struct writer *w, struct rng *r, const void *session_id, unsigned session_len)
{
	static const uint8_t version[] = {3, 4};
	uint32_t h = handshake(w, 2), all;

	put16(w, 0x0303);
	put_random(w, r, 32);
	put8(w, session_len);
	put(w, session_id, session_len);
	put16(w, 0x1301);
	put8(w, 0);
	put16(w, 0);
	all = w->len - 2;
	extension_fixed(w, 43, version, sizeof(version));
	put16(w, 51);
	put16(w, 36);
	put32(w, 0x001d0020);
	put_random(w, r, 32);
	set16(w, all, w->len - all - 2);
	handshake_end(w, h);
}

static void tls13_client_hello(struct gen_session *s, struct writer *w)
{
	uint32_t r = record(w, 0x16, 0x0301);

	put_client_hello(w, &s->rng, &s->word[TLS_SESSION], 32, s->text, "h2", NULL);
	record_end(w, r);
}

static void tls13_server_hello(struct gen_session *s, struct writer *w)
{
	uint32_t r = record(w, 0x16, 0x0303);

	put_server_hello(w, &s->rng, &s->word[TLS_SESSION], 32);
	record_end(w, r);
	change_cipher_spec(w, 0x0303);
	cipher_text(s, w, 0x17, 0x0303, rng_range(&s->rng, 23, 60));	 /* EncryptedExtensions */
	cipher_text(s, w, 0x17, 0x0303, rng_range(&s->rng, 2000, 4000)); /* Certificate */
	cipher_text(s, w, 0x17, 0x0303, rng_range(&s->rng, 96, 281));	 /* CertificateVerify */
	cipher_text(s, w, 0x17, 0x0303, 53);				 /* Finished */
}

static void tls13_finished(struct gen_session *s, struct writer *w)
{
	change_cipher_spec(w, 0x0303);
	cipher_text(s, w, 0x17, 0x0303, 53);
}

static void tls13_request(struct gen_session *s, struct writer *w)
{
	cipher_text(s, w, 0x17, 0x0303, rng_range(&s->rng, 60, 900));
}

static void tls13_answer(struct gen_session *s, struct writer *w)
{
	uint32_t n = rng_range(&s->rng, 100, rng_range(&s->rng, 200, 48000));

	for (; n > 16384; n -= 16384)
		cipher_text(s, w, 0x17, 0x0303, 16384 + 17);
	cipher_text(s, w, 0x17, 0x0303, n + 17);
}

static const struct generator_step tls13_steps[] = {
	{false, 0, 2, tls13_client_hello, 0, 0, 0}, {true, 10, 60, tls13_server_hello, 0, 0, 0},
	{false, 0, 3, tls13_finished, 0, 0, 0},	    {false, 0, 10, tls13_request, 0, 0, 0},
	{true, 10, 150, tls13_answer, 2, 0, 6},
};

const struct generator gen_tls = {
	.name = "tls",
	.about = "HTTPS of today: TLS 1.3",
	.proto = IPPROTO_TCP,
	.port = 443,
	.close = CLOSE_OPENER,
	.init = tls13_init,
	GENERATOR_STEPS(tls13_steps),
};
