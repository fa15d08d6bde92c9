// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_near.c - background: traffic that breaks one constraint of the paper's signature
 *
 * Ehlert and Petgang (2006), sections 5 and 6, give the sizes and bytes of a Skype login. Each
 * session here violates exactly one of these constraints, drawn evenly from a table. So the label
 * not-skype is right by construction, and a detector that reports the session does not check that
 * constraint. The truth's reason names it.
 *
 * What cannot be a near miss:
 * (1) A broken U2 or U3 before a positive U4. The paper takes U1 followed by a positive U4 as a
 *     probe, whatever lies between, so these sessions end with the refusing U4 of 51 bytes.
 * (2) A probe before a broken TCP handshake. The handshakes follow a correct, positive UDP probe,
 *     or they would not be near misses. A signature that reports the probe by itself reports the
 *     probe's flow, which these labels count as a false positive.
 * (3) U1's size, for a signature without a test of it (the paper's for 2.0).
 * (4) R2 on port 443. It is further evidence and not required, so no session has another R2. A
 *     correct R1 is "a very strong sign" by itself, as in (2).
 * (5) A connection that the super node opens, which the paper's step 6 excludes: it would have to
 *     pass a NAT inwards.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "replay/background/generator.h"

enum broken {
	U1_SHORT,
	U1_LONG,
	U1_FUNCTION,
	U2_ID,
	U2_SHORT,
	U2_LONG,
	U2_FUNCTION,
	U3_ID,
	U3_SHORT,
	U3_LONG,
	U3_FUNCTION,
	U4_SHORT,
	U4_LONG,
	U4_FUNCTION,
	U4_REFUSES,
	U4_WAY,
	TCP_PORT,
	HANDSHAKE,
	T2_SHORT = HANDSHAKE,
	T2_LONG,
	T3_REFUSES,
	T3_SHORT,
	T4_SHORT,
	T4_BETWEEN,
	T4_LONG,
	R1_443,
	R1_443_SHORT = R1_443,
	R1_443_LONG,
	R1_443_BYTE,
	R1_80,
	R1_80_SHORT = R1_80,
	R1_80_LONG,
	R1_80_NIBBLE,
	BROKEN,
};

/* Their names in the truth log. */
static const char *const broken_text[BROKEN] = {
	[U1_SHORT] = "U1 of 17 bytes",	      [U1_LONG] = "U1 of 19 bytes",
	[U1_FUNCTION] = "U1's function",      [U2_ID] = "U2's id",
	[U2_SHORT] = "U2 of 10 bytes",	      [U2_LONG] = "U2 of 12 bytes",
	[U2_FUNCTION] = "U2's function",      [U3_ID] = "U3's id",
	[U3_SHORT] = "U3 a byte short",	      [U3_LONG] = "U3 a byte long",
	[U3_FUNCTION] = "U3's function",      [U4_SHORT] = "U4 of 17 bytes",
	[U4_LONG] = "U4 of 19 bytes",	      [U4_FUNCTION] = "U4's function",
	[U4_REFUSES] = "U4 refuses",	      [U4_WAY] = "U4 from the client",
	[TCP_PORT] = "TCP to another port",   [T2_SHORT] = "T2 of 21 bytes",
	[T2_LONG] = "T2 of 30 bytes",	      [T3_REFUSES] = "T3 of 339 bytes",
	[T3_SHORT] = "T3 of 57 bytes",	      [T4_SHORT] = "T4 of 3 bytes",
	[T4_BETWEEN] = "T4 of 5 to 14 bytes", [T4_LONG] = "T4 of 18 bytes",
	[R1_443_SHORT] = "R1 of 71 bytes",    [R1_443_LONG] = "R1 of 73 bytes",
	[R1_443_BYTE] = "a fixed byte of R1", [R1_80_SHORT] = "R1 of 15 bytes",
	[R1_80_LONG] = "R1 of 17 bytes",      [R1_80_NIBBLE] = "a nibble of R1",
};

enum { NEAR_BROKEN, NEAR_ID, NEAR_CRC, NEAR_CHALLENGE };

static bool breaks(const struct gen_session *s, enum broken what)
{
	return s->word[NEAR_BROKEN] == what;
}

/* Draws one of [@from, @end) and [@more, @more_end), all with the same probability. */
static void near_draw(struct gen_session *s, enum broken from, enum broken end, enum broken more,
		      enum broken more_end)
{
	uint32_t n = rng_range(&s->rng, 0, (uint32_t)(end - from + more_end - more) - 1);

	s->word[NEAR_BROKEN] =
		n < (uint32_t)(end - from) ? from + n : more + n - (uint32_t)(end - from);
	s->word[NEAR_ID] = rng_u32(&s->rng) & 0xffff;
	s->word[NEAR_CRC] = rng_u32(&s->rng);
	s->word[NEAR_CHALLENGE] = rng_u32(&s->rng);
}

static const char *near_more_text(const struct gen_session *s)
{
	return broken_text[s->word[NEAR_BROKEN]];
}

/* --- the handshake over TCP, after the first messages ------------------------------------- */

static void near_t2(struct gen_session *s, struct writer *w)
{
	uint32_t n = breaks(s, T2_SHORT)  ? 21
		     : breaks(s, T2_LONG) ? 30
					  : rng_range(&s->rng, 22, 29);

	put_random(w, &s->rng, n);
}

static void near_t3(struct gen_session *s, struct writer *w)
{
	put_random(w, &s->rng,
		   breaks(s, T3_REFUSES) ? 339
		   : breaks(s, T3_SHORT) ? 57
					 : rng_range(&s->rng, 500, 660));
}

static void near_t4(struct gen_session *s, struct writer *w)
{
	static const uint8_t right[] = {4, 15, 16, 17};

	put_random(w, &s->rng,
		   breaks(s, T4_SHORT)	   ? 3
		   : breaks(s, T4_BETWEEN) ? rng_range(&s->rng, 5, 14)
		   : breaks(s, T4_LONG)	   ? 18
					   : right[rng_range(&s->rng, 0, 3)]);
}

static void near_more(struct gen_session *s, struct writer *w)
{
	put_random(w, &s->rng, rng_range(&s->rng, 200, 300));
}

static void near_t1(struct gen_session *s, struct writer *w)
{
	put_random(w, &s->rng, 14);
}

static void near_t1_answer(struct gen_session *s, struct writer *w)
{
	put_random(w, &s->rng, 15 + rng_range(&s->rng, 10, 60));
}

static const struct generator_step tcp_steps[] = {
	{false, 0, 2, near_t1, 0, 0, 0}, {true, 40, 120, near_t1_answer, 0, 0, 0},
	{false, 0, 3, near_t2, 0, 0, 0}, {true, 40, 120, near_t3, 0, 0, 0},
	{false, 0, 3, near_t4, 0, 0, 0}, {true, 40, 120, near_more, 0, 0, 0},
};

static const struct generator gen_near_tcp = {
	.name = "near-miss tcp",
	.application = "near-miss",
	.about = "the connection after a near-miss probe",
	.proto = IPPROTO_TCP,
	.more = near_more_text,
	.close = CLOSE_OPENER,
	GENERATOR_STEPS(tcp_steps),
};

/* --- the UDP probe ------------------------------------------------------------------------ */

static uint32_t u1_size(const struct gen_session *s)
{
	return breaks(s, U1_SHORT) ? 17 : breaks(s, U1_LONG) ? 19 : 18;
}

static void near_u1(struct gen_session *s, struct writer *w)
{
	put16(w, (unsigned)s->word[NEAR_ID]);
	put8(w, breaks(s, U1_FUNCTION) ? 0x04 : 0x02);
	put_random(w, &s->rng, 4);
	put32(w, (uint32_t)s->word[NEAR_CRC]);
	put_random(w, &s->rng, u1_size(s) - 11);
}

static void near_u2(struct gen_session *s, struct writer *w)
{
	unsigned high = rng_range(&s->rng, 0, 7) << 4;

	put16(w, (unsigned)s->word[NEAR_ID] ^ (breaks(s, U2_ID) ? 0x0100 : 0));
	put8(w, high | (breaks(s, U2_FUNCTION) ? 0x06 : 0x07));
	put_ip(w, &s->seen.ip);
	put32(w, (uint32_t)s->word[NEAR_CHALLENGE]);
	if (breaks(s, U2_LONG))
		put8(w, 0);
	w->len -= breaks(s, U2_SHORT);
}

static void near_u3(struct gen_session *s, struct writer *w)
{
	unsigned high = rng_range(&s->rng, 0, 7) << 4;

	put16(w, (unsigned)s->word[NEAR_ID] ^ (breaks(s, U3_ID) ? 0x0001 : 0));
	put8(w, high | (breaks(s, U3_FUNCTION) ? 0x01 : 0x03));
	put8(w, 0x01);
	put32(w, (uint32_t)s->word[NEAR_CHALLENGE]);
	put_ip(w, &s->server.ip);
	put32(w, (uint32_t)s->word[NEAR_CRC]);
	put_random(w, &s->rng, u1_size(s) + 5 + breaks(s, U3_LONG) - breaks(s, U3_SHORT) - w->len);
}

static bool probe_refused(const struct gen_session *s)
{
	return breaks(s, U4_REFUSES) ||
	       (s->word[NEAR_BROKEN] >= U2_ID && s->word[NEAR_BROKEN] <= U3_FUNCTION);
}

static void near_u4(struct gen_session *s, struct writer *w)
{
	uint32_t n = probe_refused(s)	   ? 51
		     : breaks(s, U4_SHORT) ? 17
		     : breaks(s, U4_LONG)  ? 19
					   : 18;

	put16(w, (unsigned)rng_u32(&s->rng) & 0xffff);
	put8(w, breaks(s, U4_FUNCTION) ? 0x0a : 0x02);
	put_random(w, &s->rng, n - 3);
}

/* The connection begins once U4 has arrived: from then on a signature remembers the super node. */
static void near_connect(struct gen_session *s)
{
	if (!probe_refused(s))
		session_spawn(s, &gen_near_tcp, 0,
			      (uint16_t)(s->server.port + (breaks(s, TCP_PORT) ? 1 : 0)), s->word,
			      SESSION_WORDS);
}

static const struct generator_step near_steps[] = {
	{false, 0, 0, near_u1, 0, 0, 0},
	{true, 40, 120, near_u2, 0, 0, 0},
	{false, 0, 2, near_u3, 0, 0, 0},
	{true, 40, 120, near_u4, 0, 0, 0},
};

/* The same, but the client sends U4 instead of the node that was asked. */
static const struct generator_step near_reversed_steps[] = {
	{false, 0, 0, near_u1, 0, 0, 0},
	{true, 40, 120, near_u2, 0, 0, 0},
	{false, 0, 2, near_u3, 0, 0, 0},
	{false, 40, 120, near_u4, 0, 0, 0},
};

static const struct generator gen_near_reversed = {
	.name = "near-miss",
	.proto = IPPROTO_UDP,
	.then = near_connect,
	.more = near_more_text,
	GENERATOR_STEPS(near_reversed_steps),
};

static void near_init(struct gen_session *s)
{
	near_draw(s, U1_SHORT, R1_443, BROKEN, BROKEN);
	if (breaks(s, U4_WAY))
		s->gen = &gen_near_reversed;
}

const struct generator gen_near_miss = {
	.name = "near-miss",
	.about = "probes and handshakes that break one constraint of the paper's signature",
	.proto = IPPROTO_UDP,
	.port = 0,
	.peers = true,
	.init = near_init,
	.then = near_connect,
	.more = near_more_text,
	GENERATOR_STEPS(near_steps),
};

/* --- ports 443 and 80 --------------------------------------------------------------------- */

static void near_443_init(struct gen_session *s)
{
	near_draw(s, HANDSHAKE, R1_443, R1_443, R1_80);
}

/* An SSLv2-framed ClientHello of 72 bytes: 56 fixed, 16 of challenge (section 5.2, figure 6). */
static void near_443_r1(struct gen_session *s, struct writer *w)
{
	static const uint8_t fixed[56] = {
		0x80, 0x46, 0x01, 0x03, 0x01, 0x00, 0x2d, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x05,
		0x00, 0x00, 0x04, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x09, 0x00, 0x00, 0x64, 0x00, 0x00,
		0x62, 0x00, 0x00, 0x08, 0x00, 0x00, 0x03, 0x00, 0x00, 0x06, 0x01, 0x00, 0x80, 0x07,
		0x00, 0xc0, 0x03, 0x00, 0x80, 0x06, 0x00, 0x40, 0x02, 0x00, 0x80, 0x04, 0x00, 0x80};
	int off = breaks(s, R1_443_SHORT) ? -1 : breaks(s, R1_443_LONG) ? 1 : 0;

	put(w, fixed, sizeof(fixed));
	put_random(w, &s->rng, (uint32_t)(16 + off));
	w->p[1] = (uint8_t)(w->p[1] + off); /* lengths in the message stay right */
	w->p[10] = (uint8_t)(w->p[10] + off);
	if (breaks(s, R1_443_BYTE)) /* other ciphers, but the same number */
		w->p[rng_range(&s->rng, 11, 55)] ^= (uint8_t)rng_range(&s->rng, 1, 255);
}

/* The ServerHello whose 79 bytes are always the same (section 5.2, figure 6). */
static void near_443_r2(struct gen_session *s, struct writer *w)
{
	static const uint8_t fixed[79] = {
		0x16, 0x03, 0x01, 0x00, 0x4a, 0x02, 0x00, 0x00, 0x46, 0x03, 0x01, 0x40, 0x1b, 0xe4,
		0x86, 0x02, 0xad, 0xe0, 0x29, 0xe1, 0x77, 0x74, 0xe5, 0x44, 0xb9, 0xc9, 0x9c, 0xb4,
		0x31, 0x31, 0x5e, 0x02, 0xdd, 0x77, 0x9d, 0x15, 0x4a, 0x96, 0x09, 0xba, 0x5d, 0xa8,
		0x70, 0x20, 0x1c, 0xa0, 0xe4, 0xf6, 0x4c, 0x63, 0x51, 0xae, 0x2f, 0x8e, 0x4e, 0xe1,
		0xe6, 0x76, 0x6a, 0x0a, 0x88, 0xd5, 0xd8, 0xc5, 0x5c, 0xae, 0x98, 0xc5, 0xe4, 0x81,
		0xf2, 0x2a, 0x69, 0xbf, 0x90, 0x58, 0x00, 0x05, 0x00};

	(void)s;
	put(w, fixed, sizeof(fixed));
}

static const struct generator_step near_443_steps[] = {
	{false, 0, 2, near_443_r1, 0, 0, 0}, {true, 40, 120, near_443_r2, 0, 0, 0},
	{false, 0, 3, near_t1, 0, 0, 0},     {false, 0, 3, near_t2, 0, 0, 0},
	{true, 40, 120, near_t3, 0, 0, 0},   {false, 0, 3, near_t4, 0, 0, 0},
	{true, 40, 120, near_more, 0, 0, 0},
};

const struct generator gen_near_443 = {
	.name = "near-miss-443",
	.application = "near-miss",
	.about = "hellos on port 443 that break one constraint of the paper's signature",
	.proto = IPPROTO_TCP,
	.port = 443,
	.close = CLOSE_OPENER,
	.init = near_443_init,
	.more = near_more_text,
	GENERATOR_STEPS(near_443_steps),
};

static void near_80_init(struct gen_session *s)
{
	near_draw(s, HANDSHAKE, R1_443, R1_80, BROKEN);
}

/* High nibbles of bytes 5 and 6 equal those of 15 and 16 (counted from 1) in 16 bytes. */
static void near_80_r1(struct gen_session *s, struct writer *w)
{
	put_random(w, &s->rng, breaks(s, R1_80_SHORT) ? 15 : breaks(s, R1_80_LONG) ? 17 : 16);
	for (uint32_t i = 14; i < w->len && i < 16; i++)
		w->p[i] = (uint8_t)((w->p[i - 10] & 0xf0) | (w->p[i] & 0x0f));
	if (breaks(s, R1_80_NIBBLE))
		w->p[14 + rng_range(&s->rng, 0, 1)] ^= (uint8_t)(rng_range(&s->rng, 1, 15) << 4);
}

static const struct generator_step near_80_steps[] = {
	{false, 0, 2, near_80_r1, 0, 0, 0},  {true, 40, 120, near_t1_answer, 0, 0, 0},
	{false, 0, 3, near_t1, 0, 0, 0},     {false, 0, 3, near_t2, 0, 0, 0},
	{true, 40, 120, near_t3, 0, 0, 0},   {false, 0, 3, near_t4, 0, 0, 0},
	{true, 40, 120, near_more, 0, 0, 0},
};

const struct generator gen_near_80 = {
	.name = "near-miss-80",
	.application = "near-miss",
	.about = "first messages on port 80 that break one constraint of the paper's signature",
	.proto = IPPROTO_TCP,
	.port = 80,
	.close = CLOSE_OPENER,
	.init = near_80_init,
	.more = near_more_text,
	GENERATOR_STEPS(near_80_steps),
};
