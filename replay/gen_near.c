// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_near.c - background: traffic that breaks one constraint of the paper's signature
 *
 * Ehlert and Petgang (2006), sections 5 and 6, say which sizes and bytes a Skype login has. Each
 * session here keeps to all of them but one, drawn evenly from a table, so the label not-skype is
 * right by construction and a detector that passes over that one constraint errs.
 *
 * What cannot be a near miss: (1) The paper takes U1 followed by a positive U4 as a probe whatever
 * lies between, so sessions with a broken U2 or U3 end with the refusing U4 of 51 bytes. (2) The
 * broken TCP handshakes follow a correct, positive UDP probe, as they must to be near: a signature
 * that reports the probe by itself reports the probe's flow, and with these labels that counts as
 * false. (3) A signature without the size test of U1 (the paper's for 2.0) does not see U1's size.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "replay/gen.h"

enum broken {
	U1_SHORT,
	U1_LONG,
	U1_FUNCTION,
	U2_ID,
	U2_SIZE,
	U2_FUNCTION,
	U3_ID,
	U3_SIZE,
	U3_FUNCTION,
	U4_SHORT,
	U4_LONG,
	U4_FUNCTION,
	U4_REFUSES,
	TCP_PORT,
	T2_SHORT,
	T2_LONG,
	T3_REFUSES,
	T3_SHORT,
	T4_SHORT,
	T4_BETWEEN,
	T4_LONG,
	BROKEN_PROBE,
	R1_443_SHORT = BROKEN_PROBE,
	R1_443_LONG,
	R1_443_BYTE,
	BROKEN_443,
	R1_80_SIZE = BROKEN_443,
	R1_80_NIBBLE,
	BROKEN_80,
};

enum { NEAR_BROKEN, NEAR_ID, NEAR_CRC, NEAR_CHALLENGE };

static bool is(const struct session *s, enum broken what)
{
	return s->word[NEAR_BROKEN] == what;
}

static void near_draw(struct session *s, enum broken from, enum broken end)
{
	s->word[NEAR_BROKEN] = rng_range(&s->rng, from, end - 1);
	s->word[NEAR_ID] = rng_u32(&s->rng) & 0xffff;
	s->word[NEAR_CRC] = rng_u32(&s->rng);
	s->word[NEAR_CHALLENGE] = rng_u32(&s->rng);
}

/* --- the handshake over TCP, after the first messages ------------------------------------- */

static void near_t2(struct session *s, struct wire *w)
{
	uint32_t n = is(s, T2_SHORT) ? 21 : is(s, T2_LONG) ? 30 : rng_range(&s->rng, 22, 29);

	put_random(w, &s->rng, n);
}

static void near_t3(struct session *s, struct wire *w)
{
	put_random(w, &s->rng,
		   is(s, T3_REFUSES) ? 339
		   : is(s, T3_SHORT) ? 57
				     : rng_range(&s->rng, 500, 660));
}

static void near_t4(struct session *s, struct wire *w)
{
	static const uint8_t right[] = {4, 15, 16, 17};

	put_random(w, &s->rng,
		   is(s, T4_SHORT)     ? 3
		   : is(s, T4_BETWEEN) ? rng_range(&s->rng, 5, 14)
		   : is(s, T4_LONG)    ? 18
				       : right[rng_range(&s->rng, 0, 3)]);
}

static void near_more(struct session *s, struct wire *w)
{
	put_random(w, &s->rng, rng_range(&s->rng, 200, 300));
}

static void near_t1(struct session *s, struct wire *w)
{
	put_random(w, &s->rng, 14);
}

static void near_t1_answer(struct session *s, struct wire *w)
{
	put_random(w, &s->rng, 15 + rng_range(&s->rng, 10, 60));
}

static const struct gen_step tcp_steps[] = {
	{false, 0, 2, near_t1, 0, 0, 0}, {true, 40, 120, near_t1_answer, 0, 0, 0},
	{false, 0, 3, near_t2, 0, 0, 0}, {true, 40, 120, near_t3, 0, 0, 0},
	{false, 0, 3, near_t4, 0, 0, 0}, {true, 40, 120, near_more, 0, 0, 0},
};

static const struct gen gen_near_tcp = {
	.name = "near-miss tcp",
	.about = "the connection after a near-miss probe",
	.proto = IPPROTO_TCP,
	.flags = GEN_SPAWNED,
	.close = CLOSE_OPENER,
	GEN_STEPS(tcp_steps),
};

/* --- the UDP probe ------------------------------------------------------------------------ */

static void near_init(struct session *s)
{
	near_draw(s, U1_SHORT, BROKEN_PROBE);
}

static uint32_t u1_size(const struct session *s)
{
	return is(s, U1_SHORT) ? 17 : is(s, U1_LONG) ? 19 : 18;
}

static void near_u1(struct session *s, struct wire *w)
{
	put16(w, (unsigned)s->word[NEAR_ID]);
	put8(w, is(s, U1_FUNCTION) ? 0x04 : 0x02);
	put_random(w, &s->rng, 4);
	put32(w, (uint32_t)s->word[NEAR_CRC]);
	put_random(w, &s->rng, u1_size(s) - 11);
}

static void near_u2(struct session *s, struct wire *w)
{
	unsigned high = rng_range(&s->rng, 0, 7) << 4;

	put16(w, (unsigned)s->word[NEAR_ID] ^ (is(s, U2_ID) ? 0x0100 : 0));
	put8(w, high | (is(s, U2_FUNCTION) ? 0x06 : 0x07));
	put_ip(w, &s->seen.ip);
	put32(w, (uint32_t)s->word[NEAR_CHALLENGE]);
	if (is(s, U2_SIZE))
		put8(w, 0);
}

static void near_u3(struct session *s, struct wire *w)
{
	unsigned high = rng_range(&s->rng, 0, 7) << 4;

	put16(w, (unsigned)s->word[NEAR_ID] ^ (is(s, U3_ID) ? 0x0001 : 0));
	put8(w, high | (is(s, U3_FUNCTION) ? 0x01 : 0x03));
	put8(w, 0x01);
	put32(w, (uint32_t)s->word[NEAR_CHALLENGE]);
	put_ip(w, &s->server.ip);
	put32(w, (uint32_t)s->word[NEAR_CRC]);
	put_random(w, &s->rng, u1_size(s) + 5 + is(s, U3_SIZE) - w->len);
}

static bool probe_broken_inside(const struct session *s)
{
	return s->word[NEAR_BROKEN] >= U2_ID && s->word[NEAR_BROKEN] <= U3_FUNCTION;
}

static void near_u4(struct session *s, struct wire *w)
{
	bool refuses = is(s, U4_REFUSES) || probe_broken_inside(s);
	uint32_t n = refuses ? 51 : is(s, U4_SHORT) ? 17 : is(s, U4_LONG) ? 19 : 18;

	put16(w, (unsigned)rng_u32(&s->rng) & 0xffff);
	put8(w, is(s, U4_FUNCTION) ? 0x0a : 0x02);
	put_random(w, &s->rng, n - 3);
	if (!refuses)
		session_spawn(s, &gen_near_tcp, 0,
			      (uint16_t)(s->server.port + (is(s, TCP_PORT) ? 1 : 0)), s->word,
			      SESSION_WORDS);
}

static const struct gen_step near_steps[] = {
	{false, 0, 0, near_u1, 0, 0, 0},
	{true, 40, 120, near_u2, 0, 0, 0},
	{false, 0, 2, near_u3, 0, 0, 0},
	{true, 40, 120, near_u4, 0, 0, 0},
};

const struct gen gen_near_miss = {
	.name = "near-miss",
	.about = "probes and handshakes that break one constraint of the paper's signature",
	.proto = IPPROTO_UDP,
	.port = 0,
	.flags = GEN_PEERS,
	.init = near_init,
	GEN_STEPS(near_steps),
};

/* --- ports 443 and 80 --------------------------------------------------------------------- */

static void near_443_init(struct session *s)
{
	near_draw(s, R1_443_SHORT, BROKEN_443);
}

/* An SSLv2-framed ClientHello of 72 bytes: 56 fixed, 16 of challenge (section 5.2, figure 6). */
static void near_443_r1(struct session *s, struct wire *w)
{
	static const uint8_t fixed[56] = {
		0x80, 0x46, 0x01, 0x03, 0x01, 0x00, 0x2d, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x05,
		0x00, 0x00, 0x04, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x09, 0x00, 0x00, 0x64, 0x00, 0x00,
		0x62, 0x00, 0x00, 0x08, 0x00, 0x00, 0x03, 0x00, 0x00, 0x06, 0x01, 0x00, 0x80, 0x07,
		0x00, 0xc0, 0x03, 0x00, 0x80, 0x06, 0x00, 0x40, 0x02, 0x00, 0x80, 0x04, 0x00, 0x80};
	int off = is(s, R1_443_SHORT) ? -1 : is(s, R1_443_LONG) ? 1 : 0;

	put(w, fixed, sizeof(fixed));
	put_random(w, &s->rng, (uint32_t)(16 + off));
	w->p[1] = (uint8_t)(w->p[1] + off); /* lengths stay true to the message */
	w->p[10] = (uint8_t)(w->p[10] + off);
	if (is(s, R1_443_BYTE)) /* another list of ciphers, the same number of them */
		w->p[rng_range(&s->rng, 11, 55)] ^= (uint8_t)rng_range(&s->rng, 1, 255);
}

static void near_443_r2(struct session *s, struct wire *w)
{
	put32(w, 0x16030100);
	put32(w, 0x4a020000);
	put24(w, 0x460301);
	put_random(w, &s->rng, 32);
	put8(w, 32);
	put_random(w, &s->rng, 32);
	put24(w, 0x000500);
}

static const struct gen_step near_443_steps[] = {
	{false, 0, 2, near_443_r1, 0, 0, 0}, {true, 40, 120, near_443_r2, 0, 0, 0},
	{false, 0, 3, near_t1, 0, 0, 0},     {false, 0, 3, near_t2, 0, 0, 0},
	{true, 40, 120, near_t3, 0, 0, 0},   {false, 0, 3, near_t4, 0, 0, 0},
	{true, 40, 120, near_more, 0, 0, 0},
};

const struct gen gen_near_443 = {
	.name = "near-miss-443",
	.about = "hellos on port 443 that break one constraint of the paper's signature",
	.proto = IPPROTO_TCP,
	.port = 443,
	.close = CLOSE_OPENER,
	.init = near_443_init,
	GEN_STEPS(near_443_steps),
};

static void near_80_init(struct session *s)
{
	near_draw(s, R1_80_SIZE, BROKEN_80);
}

/* High nibbles of bytes 5 and 6 equal those of 15 and 16 (counted from 1) in 16 bytes. */
static void near_80_r1(struct session *s, struct wire *w)
{
	put_random(w, &s->rng, is(s, R1_80_SIZE) ? 15 : 16);
	for (uint32_t i = 14; i < w->len; i++)
		w->p[i] = (uint8_t)((w->p[i - 10] & 0xf0) | (w->p[i] & 0x0f));
	if (is(s, R1_80_NIBBLE))
		w->p[14 + rng_range(&s->rng, 0, 1)] ^= (uint8_t)(rng_range(&s->rng, 1, 15) << 4);
}

static const struct gen_step near_80_steps[] = {
	{false, 0, 2, near_80_r1, 0, 0, 0},  {true, 40, 120, near_t1_answer, 0, 0, 0},
	{false, 0, 3, near_t1, 0, 0, 0},     {false, 0, 3, near_t2, 0, 0, 0},
	{true, 40, 120, near_t3, 0, 0, 0},   {false, 0, 3, near_t4, 0, 0, 0},
	{true, 40, 120, near_more, 0, 0, 0},
};

const struct gen gen_near_80 = {
	.name = "near-miss-80",
	.about = "first messages on port 80 that break one constraint of the paper's signature",
	.proto = IPPROTO_TCP,
	.port = 80,
	.close = CLOSE_OPENER,
	.init = near_80_init,
	GEN_STEPS(near_80_steps),
};
