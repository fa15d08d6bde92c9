// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * messages.c - fuzzes packets to messages (analysis/message)
 *
 * The input is a list of packets (listed.h) of at most 8 flows a protocol. A UDP payload has to come
 * out as it went in; of TCP no more bytes come out than went in; places count up; every
 * flow that begins ends once.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/message/stream.h"
#include "tests/fuzz/listed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t out[2], messages;
};

struct count {
	uint64_t begun, ended;
	const struct packet *now;
};

static void check(bool right)
{
	if (!right)
		abort();
}

static void begins(void *arg, struct message_flow *f)
{
	struct count *c = arg;

	check(!f->mine && f->id == c->begun++);
	f->mine = calloc(1, sizeof(struct seen));
}

static void message(void *arg, const struct message *m)
{
	struct count *c = arg;
	struct seen *s = m->flow->mine;

	check(m->place == s->messages++ && m->nth < m->place + 1 && m->kept <= m->size && m->size);
	check(m->flow->messages[0] + m->flow->messages[1] == s->messages && m->packets);
	s->out[m->reply] += m->size;
	check(s->out[m->reply] <= m->flow->bytes[m->reply]);
	if (m->flow->tuple.proto != IPPROTO_UDP)
		return;
	check(m->size == c->now->len && m->kept == c->now->caplen && !m->broken);
	check(memcmp(m->bytes, c->now->payload, m->kept) == 0);
}

static void ends(void *arg, struct message_flow *f)
{
	struct count *c = arg;
	struct seen *s = f->mine;

	check(f->tuple.proto != IPPROTO_UDP ||
	      (s->out[0] == f->bytes[0] && s->out[1] == f->bytes[1]));
	c->ended++;
	free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct count c = {0};
	struct message_user user = {.arg = &c, .begin = begins, .message = message, .end = ends};
	struct message_stream *s = message_stream_new(&user, 64);
	struct packet p = {.ts_ns = 1};
	const uint8_t *h;
	size_t at = 0;

	while ((h = listed_next(data, size, &at, &p))) {
		struct endpoint a = {ip4(0x0a000001), (uint16_t)(1000 + (h[0] & 7) * 17)};
		struct endpoint b = {ip4(0xc0000201), 80};
		bool turned = h[0] & 8;

		p.src = turned ? b : a;
		p.dst = turned ? a : b;
		p.ts_ns += h[5] * 1000000ULL;
		c.now = &p;
		message_stream_packet(s, &p);
	}
	message_stream_end(s);
	check(c.begun == c.ended);
	message_stream_free(s);
	return 0;
}
