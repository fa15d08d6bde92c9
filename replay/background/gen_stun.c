// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_stun.c - background: STUN (RFC 8489) and TURN (RFC 8656)
 *
 * The server reports the address that it really sees, so its answers carry the mapping of the lab's
 * NAT. MESSAGE-INTEGRITY is random: only its two ends could check it.
 */
#include <netinet/in.h>
#include <string.h>

#include "replay/background/generator.h"

#define MAGIC 0x2112a442

enum { STUN_ID_HIGH, STUN_ID_LOW, TURN_NONCE, TURN_CHANNEL };

static void stun_init(struct gen_session *s)
{
	s->word[STUN_ID_HIGH] = rng_u64(&s->rng);
	s->word[STUN_ID_LOW] = rng_u32(&s->rng);
	s->word[TURN_NONCE] = rng_u64(&s->rng);
	s->word[TURN_CHANNEL] = 0x4000 + rng_range(&s->rng, 0, 0x3ffe);
}

static void stun_head(struct gen_session *s, struct writer *w, unsigned type)
{
	put16(w, type);
	put16(w, 0);
	put32(w, MAGIC);
	put64(w, s->word[STUN_ID_HIGH]);
	put32(w, (uint32_t)s->word[STUN_ID_LOW]);
}

static void stun_end(struct writer *w)
{
	set16(w, 2, w->len - 20);
}

static void attribute(struct writer *w, unsigned type, const void *p, uint32_t n)
{
	put16(w, type);
	put16(w, n);
	put(w, p, n);
	put_zero(w, (4 - n % 4) % 4);
}

static void xor_address(struct writer *w, unsigned type, const struct endpoint *at)
{
	put16(w, type);
	put16(w, 8);
	put16(w, 1);
	put16(w, at->port ^ (MAGIC >> 16));
	put32(w, ip4_host(&at->ip) ^ MAGIC);
}

static void stun_request(struct gen_session *s, struct writer *w)
{
	s->word[STUN_ID_LOW]++;
	stun_head(s, w, 0x0001);
	attribute(w, 0x8022, "lab client", 10);
	stun_end(w);
}

static void stun_answer(struct gen_session *s, struct writer *w)
{
	stun_head(s, w, 0x0101);
	xor_address(w, 0x0020, &s->seen);
	attribute(w, 0x8022, "lab server", 10);
	stun_end(w);
}

static const struct generator_step stun_steps[] = {
	{false, 0, 0, stun_request, 0, 0, 0},
	{true, 5, 60, stun_answer, 2, 0, 3},
};

const struct generator gen_stun = {
	.name = "stun",
	.about = "public addresses being asked for",
	.proto = IPPROTO_UDP,
	.port = 3478,
	.init = stun_init,
	GENERATOR_STEPS(stun_steps),
};

/* --- TURN --------------------------------------------------------------------------------- */

static void turn_credentials(struct gen_session *s, struct writer *w)
{
	attribute(w, 0x0006, "alice", 5);
	attribute(w, 0x0014, "lab.example", 11);
	attribute(w, 0x0015, &s->word[TURN_NONCE], 8);
}

static void turn_integrity(struct gen_session *s, struct writer *w)
{
	put32(w, 0x00080014);
	put_random(w, &s->rng, 20);
}

static void turn_ask(struct gen_session *s, struct writer *w, unsigned type)
{
	s->word[STUN_ID_LOW]++;
	stun_head(s, w, type);
}

static void turn_allocate_bare(struct gen_session *s, struct writer *w)
{
	turn_ask(s, w, 0x0003);
	put32(w, 0x00190004); /* REQUESTED-TRANSPORT: UDP */
	put32(w, 0x11000000);
	stun_end(w);
}

static void turn_unauthorized(struct gen_session *s, struct writer *w)
{
	stun_head(s, w, 0x0113);
	attribute(w, 0x0009, "\0\0\4\1Unauthorized", 16);
	attribute(w, 0x0014, "lab.example", 11);
	attribute(w, 0x0015, &s->word[TURN_NONCE], 8);
	stun_end(w);
}

static void turn_allocate(struct gen_session *s, struct writer *w)
{
	turn_ask(s, w, 0x0003);
	put32(w, 0x00190004);
	put32(w, 0x11000000);
	turn_credentials(s, w);
	turn_integrity(s, w);
	stun_end(w);
}

static void turn_allocated(struct gen_session *s, struct writer *w)
{
	struct endpoint relay = {s->server.ip, (uint16_t)rng_range(&s->rng, 49152, 65535)};

	stun_head(s, w, 0x0103);
	xor_address(w, 0x0016, &relay);
	xor_address(w, 0x0020, &s->seen);
	put32(w, 0x000d0004); /* LIFETIME */
	put32(w, 600);
	turn_integrity(s, w);
	stun_end(w);
}

static void turn_bind(struct gen_session *s, struct writer *w)
{
	struct endpoint peer = {s->server.ip, (uint16_t)rng_range(&s->rng, 1025, 65535)};

	turn_ask(s, w, 0x0009);
	put32(w, 0x000c0004); /* CHANNEL-NUMBER */
	put32(w, (uint32_t)s->word[TURN_CHANNEL] << 16);
	xor_address(w, 0x0012, &peer);
	turn_credentials(s, w);
	turn_integrity(s, w);
	stun_end(w);
}

static void turn_bound(struct gen_session *s, struct writer *w)
{
	stun_head(s, w, 0x0109);
	turn_integrity(s, w);
	stun_end(w);
}

static void turn_data(struct gen_session *s, struct writer *w)
{
	put16(w, (unsigned)s->word[TURN_CHANNEL]);
	put16(w, 172);
	put16(w, 0x8000);
	put16(w, s->turn);
	put32(w, s->turn * 160);
	put32(w, (uint32_t)s->word[STUN_ID_HIGH]);
	put_random(w, &s->rng, 160);
}

static const struct generator_step turn_steps[] = {
	{false, 0, 0, turn_allocate_bare, 0, 0, 0}, {true, 5, 60, turn_unauthorized, 0, 0, 0},
	{false, 0, 5, turn_allocate, 0, 0, 0},	    {true, 5, 60, turn_allocated, 0, 0, 0},
	{false, 20, 200, turn_bind, 0, 0, 0},	    {true, 5, 60, turn_bound, 0, 0, 0},
	{false, 19, 21, turn_data, 0, 0, 0},	    {true, 0, 2, turn_data, 2, 50, 500},
};

const struct generator gen_turn = {
	.name = "turn",
	.application = "stun",
	.about = "a call relayed by a TURN server",
	.proto = IPPROTO_UDP,
	.port = 3478,
	.init = stun_init,
	GENERATOR_STEPS(turn_steps),
};
