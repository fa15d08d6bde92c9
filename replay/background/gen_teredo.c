// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_teredo.c - background: Teredo, IPv6 over UDP (RFC 4380), as Windows spoke it with Microsoft's
 * servers
 *
 * Qualification (router solicitation and advertisement, with authentication and origin indication),
 * then pings through the server and bubbles that keep the mapping. The origin indication and the
 * client's address carry the mapping of the lab's NAT, and the check sums of ICMPv6 (RFC 4443) are
 * right. Simplified: the server is the relay, too, so that the session is one flow.
 */
#include <netinet/in.h>
#include <string.h>

#include "base/bytes.h"
#include "replay/background/generator.h"

#define HEAD	 40
#define NO_NEXT	 59
#define MESSAGES 58 /* ICMPv6 */

enum { TEREDO_NONCE, TEREDO_FLAGS, TEREDO_OTHER, TEREDO_ID };

static void teredo_init(struct gen_session *s)
{
	s->word[TEREDO_NONCE] = rng_u64(&s->rng);
	s->word[TEREDO_FLAGS] =
		rng_range(&s->rng, 0, 0xffff) & 0x3cff; /* not behind a cone; random bits */
	s->word[TEREDO_OTHER] = rng_u64(&s->rng);
	s->word[TEREDO_ID] = rng_range(&s->rng, 0, 0xffff);
}

/* An IPv6 packet at @at in @w is complete: its length, and the check sum of ICMPv6 behind it. */
static void packet_end(struct writer *w, uint32_t at)
{
	uint8_t *p = w->p + at;
	uint32_t n = w->len - at - HEAD, sum = n + MESSAGES;

	set16(w, at + 4, n);
	if (p[6] != MESSAGES)
		return;
	for (uint32_t i = 8; i < HEAD + n; i += 2)
		sum += (uint32_t)p[i] << 8 | (i + 1 < HEAD + n ? p[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put_be16(p + HEAD + 2, (uint16_t)~sum);
}

static uint32_t packet_head(struct writer *w, unsigned next, unsigned hops)
{
	put32(w, 0x60000000);
	put16(w, 0);
	put8(w, next);
	put8(w, hops);
	return w->len - 8;
}

static void put_client_link(struct writer *w)
{
	put64(w, 0xfe80000000000000);
	put64(w, 0x0000fffffffffffe);
}

static void put_prefix(struct gen_session *s, struct writer *w)
{
	put32(w, 0x20010000);
	put_ip(w, &s->server.ip);
}

/* The client's address: prefix, flags, and its mapping with all bits turned. */
static void put_client(struct gen_session *s, struct writer *w)
{
	put_prefix(s, w);
	put16(w, (unsigned)s->word[TEREDO_FLAGS]);
	put16(w, ~s->seen.port & 0xffff);
	put32(w, ~ip4_host(&s->seen.ip));
}

static void put_other(struct gen_session *s, struct writer *w)
{
	put64(w, 0x20010db800010000);
	put64(w, s->word[TEREDO_OTHER]);
}

static void authentication(struct gen_session *s, struct writer *w)
{
	put32(w, 0x00010000); /* neither a name nor a value */
	put64(w, s->word[TEREDO_NONCE]);
	put8(w, 0); /* nothing new */
}

static void solicitation(struct gen_session *s, struct writer *w)
{
	uint32_t at;

	authentication(s, w);
	at = packet_head(w, MESSAGES, 255);
	put_client_link(w);
	put64(w, 0xff02000000000000); /* all routers */
	put64(w, 2);
	put32(w, 0x85000000);
	put32(w, 0);
	packet_end(w, at);
}

static void advertisement(struct gen_session *s, struct writer *w)
{
	uint32_t at;

	authentication(s, w);
	put16(w, 0); /* origin */
	put16(w, ~s->seen.port & 0xffff);
	put32(w, ~ip4_host(&s->seen.ip));
	at = packet_head(w, MESSAGES, 255);
	put64(w, 0xfe80000000000000);
	put32(w, 0x8000f227);
	put32(w, ~ip4_host(&s->server.ip));
	put_client_link(w);
	put32(w, 0x86000000);
	put32(w, 0); /* not a router for others */
	put64(w, 2000);
	put32(w, 0x03044040); /* the prefix, of 64 bits, for addresses */
	put64(w, UINT64_MAX); /* for ever */
	put32(w, 0);
	put_prefix(s, w);
	put64(w, 0);
	put32(w, 0x05010000);
	put32(w, 1280); /* MTU */
	packet_end(w, at);
}

static void ping(struct gen_session *s, struct writer *w, bool answer)
{
	uint32_t at = packet_head(w, MESSAGES, answer ? 60 : 128);

	(answer ? put_other : put_client)(s, w);
	(answer ? put_client : put_other)(s, w);
	put32(w, answer ? 0x81000000 : 0x80000000);
	put16(w, (unsigned)s->word[TEREDO_ID]);
	put16(w, s->turn / 2); /* the same in the answer, the turn after */
	put64(w, s->word[TEREDO_NONCE] + s->turn / 2);
	put_zero(w, 24);
	packet_end(w, at);
}

static void echo_request(struct gen_session *s, struct writer *w)
{
	ping(s, w, false);
}

static void echo_answer(struct gen_session *s, struct writer *w)
{
	ping(s, w, true);
}

static void bubble(struct gen_session *s, struct writer *w)
{
	uint32_t at = packet_head(w, NO_NEXT, 21);

	put_client(s, w);
	put_other(s, w);
	packet_end(w, at);
}

static const struct generator_step teredo_steps[] = {
	{false, 0, 900, solicitation, 0, 0, 0},	 {true, 20, 120, advertisement, 0, 0, 0},
	{false, 10, 900, echo_request, 0, 0, 0}, {true, 20, 200, echo_answer, 2, 0, 9},
	{false, 5000, 15000, bubble, 1, 0, 3},
};

const struct generator gen_teredo = {
	.name = "teredo",
	.about = "IPv6 through a Teredo server",
	.proto = IPPROTO_UDP,
	.port = 3544,
	.init = teredo_init,
	GENERATOR_STEPS(teredo_steps),
};
