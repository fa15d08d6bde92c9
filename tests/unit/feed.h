/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_FEED_H
#define TESTS_FEED_H

/* For tests of the engine: signatures from text, packets from values, events gathered. */

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector/detector.h"
#include "detector/language/signature.h"
#include "tests/unit/unit.h"

#define FEED_EVENTS 4096

struct feed {
	struct signature_set *set;
	struct detector *d;
	uint64_t now, number;
	size_t n;
	struct detection_event events[FEED_EVENTS];
	char version[FEED_EVENTS][16];
	uint32_t seq[2]; /* of the TCP connection being spoken on: client's, server's */
};

static inline void feed_event(void *arg, const struct detection_event *ev)
{
	struct feed *f = arg;

	ck_assert_uint_lt(f->n, FEED_EVENTS);
	snprintf(f->version[f->n], 16, "%s", ev->client_version);
	f->events[f->n] = *ev;
	f->events[f->n].client_version = f->version[f->n];
	f->events[f->n].evidence = NULL;
	f->n++;
}

#define FEED_HEAD "signature: t\nrevision: 1\ndate: 2006-01-01\ntitle: t\nsource: t\nversions: []\n"

static inline struct signature_set *feed_parse(const char *text)
{
	struct signature_set *set = signature_set_new();
	struct err e = {0};

	ck_assert_msg(signature_add_text(set, "t.yaml", text, strlen(text), &e) == 0, "%s", e.msg);
	signature_set_compile(set);
	return set;
}

static inline void feed_begin(struct feed *f, struct signature_set *set,
			      const struct detector_limits *l)
{
	memset(f, 0, sizeof(*f));
	f->set = set;
	f->d = detector_new(set, l, feed_event, f);
	f->now = 1000000000000ULL;
}

static inline struct feed *feed_new(const char *rules)
{
	struct feed *f = malloc(sizeof(*f));
	char *text = xasprintf(FEED_HEAD "%s", rules);

	feed_begin(f, feed_parse(text), NULL);
	free(text);
	return f;
}

/* Bundled signatures, by name. */
static inline struct feed *feed_bundled(const char *const *names, size_t n)
{
	struct feed *f = malloc(sizeof(*f));
	struct err e = {0};
	struct signature_set *set = signatures_load(names, n, &e);

	ck_assert_msg(set != NULL, "%s", e.msg);
	feed_begin(f, set, NULL);
	return f;
}

static inline struct feed *feed_signature(const char *name)
{
	return feed_bundled(&name, 1);
}

static inline void feed_free(struct feed *f)
{
	detector_free(f->d);
	signatures_free(f->set);
	free(f);
}

static inline struct endpoint at(const char *text)
{
	struct endpoint e;

	ck_assert_msg(endpoint_parse(text, &e) == 0, "%s", text);
	return e;
}

static inline void feed_packet(struct feed *f, uint8_t proto, const char *src, const char *dst,
			       uint8_t flags, uint32_t seq, const void *payload, uint32_t len)
{
	struct packet p = {.ts_ns = f->now += 1000000,
			   .number = ++f->number,
			   .proto = proto,
			   .tcp_flags = flags,
			   .seq = seq,
			   .payload = payload,
			   .len = len,
			   .caplen = len,
			   .ip_len = len + (proto == IPPROTO_UDP ? 28 : 40)};

	p.src = at(src);
	p.dst = at(dst);
	detector_packet(f->d, &p);
}

static inline void feed_udp(struct feed *f, const char *src, const char *dst, const void *payload,
			    uint32_t len)
{
	feed_packet(f, IPPROTO_UDP, src, dst, 0, 0, payload, len);
}

static inline void feed_open(struct feed *f, const char *client, const char *server)
{
	f->seq[0] = 4294967290U; /* wraps soon */
	f->seq[1] = 2000;
	feed_packet(f, IPPROTO_TCP, client, server, TH_SYN, f->seq[0]++, NULL, 0);
	feed_packet(f, IPPROTO_TCP, server, client, TH_SYN | TH_ACK, f->seq[1]++, NULL, 0);
	feed_packet(f, IPPROTO_TCP, client, server, TH_ACK, f->seq[0], NULL, 0);
}

/* @side 0: from the client. The segment is as it should come next. */
static inline void feed_say(struct feed *f, const char *client, const char *server, int side,
			    const void *payload, uint32_t len)
{
	feed_packet(f, IPPROTO_TCP, side ? server : client, side ? client : server,
		    TH_ACK | TH_PUSH, f->seq[side], payload, len);
	f->seq[side] += len;
}

static inline unsigned feed_count(const struct feed *f, enum event_kind kind)
{
	unsigned n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->events[i].kind == kind;
	return n;
}

#endif
