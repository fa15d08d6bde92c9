// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_dnscrypt.c - background: DNSCrypt version 2 over UDP (draft-denis-dprive-dnscrypt, sections 4 to 9)
 *
 * A look-up of the resolver's certificate, which is plain DNS, then queries and answers in boxes of
 * multiples of 64 bytes. Signature, keys and boxes are random. A query begins with the eight bytes
 * that the certificate names, so its third byte is any: nDPI's issue 1241 took such flows for Skype.
 */
#include <netinet/in.h>
#include <stdio.h>

#include "replay/background/generator.h"

enum { CRYPT_MAGIC, CRYPT_KEY /* .. 4: the client's public key */, CRYPT_NONCE = 5, CRYPT_ID = 7 };

static void crypt_init(struct gen_session *s)
{
	for (int i = 0; i <= CRYPT_ID; i++)
		s->word[i] = rng_u64(&s->rng);
	snprintf(s->text, sizeof(s->text), "2.dnscrypt-cert.example%u.net",
		 rng_range(&s->rng, 1, 99));
}

static void certificate_question(struct gen_session *s, struct writer *w)
{
	put_dns_question(w, (unsigned)s->word[CRYPT_ID] & 0xffff, 0x0100, 0, s->text, 16);
}

static void certificate(struct gen_session *s, struct writer *w)
{
	uint32_t now = (uint32_t)(s->now_ns / NS_PER_SEC), day = 86400;

	put_dns_question(w, (unsigned)s->word[CRYPT_ID] & 0xffff, 0x8580, 1, s->text, 16);
	put16(w, 0xc00c); /* the question's name */
	put32(w, 0x00100001);
	put32(w, day);
	put16(w, 125);
	put8(w, 124);
	put_text(w, "DNSC");
	put32(w, 0x00010000);	    /* XSalsa20 and Poly1305; minor version 0 */
	put_random(w, &s->rng, 96); /* signature, the resolver's public key */
	put64(w, s->word[CRYPT_MAGIC]);
	put32(w, now - now % day); /* serial number, from, to */
	put32(w, now - now % day);
	put32(w, now - now % day + day);
}

/* A box: its authenticator, and @n blocks. */
static void box(struct gen_session *s, struct writer *w, uint32_t n)
{
	put_random(w, &s->rng, 16 + 64 * n);
}

static void crypt_query(struct gen_session *s, struct writer *w)
{
	s->word[CRYPT_NONCE]++;
	put64(w, s->word[CRYPT_MAGIC]);
	put(w, &s->word[CRYPT_KEY], 32);
	put64(w, s->word[CRYPT_NONCE]);
	put32(w, (uint32_t)s->word[CRYPT_NONCE + 1]);
	box(s, w, 4);
}

static void crypt_answer(struct gen_session *s, struct writer *w)
{
	put_text(w, "r6fnvWj8");
	put64(w, s->word[CRYPT_NONCE]);
	put32(w, (uint32_t)s->word[CRYPT_NONCE + 1]);
	put_random(w, &s->rng, 12);
	box(s, w, rng_range(&s->rng, 2, 8));
}

static const struct generator_step crypt_steps[] = {
	{false, 0, 0, certificate_question, 0, 0, 0},
	{true, 5, 80, certificate, 0, 0, 0},
	{false, 1, 900, crypt_query, 0, 0, 0},
	{true, 5, 80, crypt_answer, 2, 0, 12},
};

const struct generator gen_dnscrypt = {
	.name = "dnscrypt",
	.about = "look-ups of host names in DNSCrypt's boxes",
	.proto = IPPROTO_UDP,
	.port = 443,
	.init = crypt_init,
	GENERATOR_STEPS(crypt_steps),
};
