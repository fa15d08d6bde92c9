// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_web.c - background: DNS look-ups (RFC 1035) and HTTP downloads (RFC 9112)
 *
 * DNS: one A or AAAA question, one answer section with a CNAME chain or addresses. HTTP: one to
 * four GET requests on a connection, answered with bodies of 200 bytes to 40 kB.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "replay/background/generator.h"

/* --- DNS ---------------------------------------------------------------------------------- */

enum { DNS_ID, DNS_TYPE };

static void dns_init(struct gen_session *s)
{
	s->word[DNS_ID] = rng_range(&s->rng, 0, 0xffff);
	s->word[DNS_TYPE] = rng_range(&s->rng, 0, 3) ? 1 : 28; /* A or AAAA */
	host_name(&s->rng, s->text);
}

static void dns_head(struct gen_session *s, struct writer *w, unsigned flags, unsigned answers)
{
	put_dns_question(w, (unsigned)s->word[DNS_ID], flags, answers, s->text,
			 (unsigned)s->word[DNS_TYPE]);
}

static void dns_query(struct gen_session *s, struct writer *w)
{
	dns_head(s, w, 0x0100, 0);
}

static void dns_answer(struct gen_session *s, struct writer *w)
{
	unsigned n = rng_range(&s->rng, 1, 4), size = s->word[DNS_TYPE] == 1 ? 4 : 16;

	dns_head(s, w, 0x8180, n);
	for (unsigned i = 0; i < n; i++) {
		put16(w, 0xc00c); /* the question's name */
		put16(w, (unsigned)s->word[DNS_TYPE]);
		put16(w, 1);
		put32(w, rng_range(&s->rng, 60, 86400));
		put16(w, size);
		if (size == 16)
			put32(w, 0x20010db8);
		put_random(w, &s->rng, size == 16 ? 12 : 4);
	}
}

static const struct generator_step dns_steps[] = {
	{false, 0, 0, dns_query, 0, 0, 0},
	{true, 5, 80, dns_answer, 0, 0, 0},
};

const struct generator gen_dns = {
	.name = "dns",
	.about = "look-ups of host names",
	.proto = IPPROTO_UDP,
	.port = 53,
	.init = dns_init,
	GENERATOR_STEPS(dns_steps),
};

/* --- HTTP --------------------------------------------------------------------------------- */

static void http_init(struct gen_session *s)
{
	host_name(&s->rng, s->text);
}

static void http_get(struct gen_session *s, struct writer *w)
{
	static const char *const kinds[] = {"html", "css", "js", "png", "jpg"};
	uint32_t folder = rng_u32(&s->rng), page = rng_range(&s->rng, 1, 99);

	put_text(w,
		 "GET /%08x/%u.%s HTTP/1.1\r\nHost: %s\r\n"
		 "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101\r\n"
		 "Accept: */*\r\nAccept-Language: en\r\nConnection: keep-alive\r\n\r\n",
		 folder, page, kinds[rng_range(&s->rng, 0, ARRAY_LEN(kinds) - 1)], s->text);
}

static void http_answer(struct gen_session *s, struct writer *w)
{
	uint32_t n = rng_range(&s->rng, 200, rng_range(&s->rng, 300, 40000));

	put_text(w,
		 "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: "
		 "application/octet-stream\r\nContent-Length: %u\r\n"
		 "Connection: keep-alive\r\n\r\n",
		 n);
	put_random(w, &s->rng, n);
}

static const struct generator_step http_steps[] = {
	{false, 0, 2, http_get, 0, 0, 0},
	{true, 10, 120, http_answer, 2, 0, 3},
};

const struct generator gen_http = {
	.name = "http",
	.about = "downloads of web pages",
	.proto = IPPROTO_TCP,
	.port = 80,
	.close = CLOSE_OPENER,
	.init = http_init,
	GENERATOR_STEPS(http_steps),
};
