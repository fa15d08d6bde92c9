// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_cache.c - background: memcached over UDP, then over TCP (doc/protocol.txt of memcached 1.4)
 *
 * A counter is raised by UDP, and what it counts is stored by TCP on the same port at once. The frame
 * header of eight bytes and a number of eight digits make an answer of 18 bytes. So a client has one
 * UDP datagram of 18 bytes from an address and port above 1023, and within a second a TCP connection
 * to them: all that SNACK (Trammell and others, 2011) asks for.
 */
#include <netinet/in.h>
#include <stdio.h>

#include "replay/background/generator.h"

enum { CACHE_ID, CACHE_COUNT };

static void cache_init(struct gen_session *s)
{
	s->word[CACHE_ID] = rng_range(&s->rng, 0, 0xffff);
	s->word[CACHE_COUNT] = rng_range(&s->rng, 10000000, 99999999);
}

/* A message of one datagram: request id, number 0 of 1. */
static void cache_frame(struct gen_session *s, struct writer *w)
{
	put16(w, (unsigned)s->word[CACHE_ID]);
	put32(w, 0x00000001);
	put16(w, 0);
}

static void cache_raise(struct gen_session *s, struct writer *w)
{
	cache_frame(s, w);
	put_text(w, "incr views:%u 1\r\n", rng_range(&s->rng, 1, 99999));
}

static void cache_raised(struct gen_session *s, struct writer *w)
{
	cache_frame(s, w);
	put_text(w, "%u\r\n", (unsigned)s->word[CACHE_COUNT]);
}

static void cache_store(struct gen_session *s, struct writer *w)
{
	uint32_t n = rng_range(&s->rng, 40, 900), page = rng_range(&s->rng, 1, 99999);

	put_text(w, "set page:%u 0 300 %u\r\n", page, n);
	put_random(w, &s->rng, n);
	put_text(w, "\r\n");
}

static void cache_stored(struct gen_session *s, struct writer *w)
{
	(void)s;
	put_text(w, "STORED\r\n");
}

static const struct generator_step cache_tcp_steps[] = {
	{false, 0, 5, cache_store, 0, 0, 0},
	{true, 1, 20, cache_stored, 2, 0, 4},
};

static const struct generator gen_memcached_tcp = {
	.name = "memcached-tcp",
	.application = "memcached",
	.about = "the same cache, over TCP",
	.proto = IPPROTO_TCP,
	.close = CLOSE_OPENER,
	GENERATOR_STEPS(cache_tcp_steps),
};

static void cache_then(struct gen_session *s)
{
	session_spawn(s, &gen_memcached_tcp, 0, s->server.port, s->word, SESSION_WORDS);
}

static const struct generator_step cache_steps[] = {
	{false, 0, 0, cache_raise, 0, 0, 0},
	{true, 1, 20, cache_raised, 0, 0, 0},
};

const struct generator gen_memcached = {
	.name = "memcached",
	.about = "a counter raised by UDP, then pages stored by TCP on the same port",
	.proto = IPPROTO_UDP,
	.port = 11211,
	.init = cache_init,
	.then = cache_then,
	GENERATOR_STEPS(cache_steps),
};
