/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_SKYPEISH_H
#define TESTS_SKYPEISH_H

/*
 * Messages and exchanges of a Skype client as they look on the wire: sizes, function bytes, ids,
 * copied fields and times as they were measured; all that is encrypted is noise. For mkskype.c.
 */
#include "tests/tools/wire.h"

/* A client: its UDP port (where it takes TCP too), its public address, its counter of requests. */
struct client {
	struct wire *w;
	struct end end;
	uint32_t public;
	uint16_t id;
	uint64_t now;
	uint16_t tcp_port;
	bool free_ids;
};

static const char *const udp_reason = "emulated look-alike: the client's UDP port";
static const char *const tcp_reason = "emulated look-alike: the client's TCP";
static uint8_t buf[1500];

static inline const uint8_t *noise(struct wire *w, uint32_t n)
{
	rng_fill(&w->rng, buf, n);
	return buf;
}

static inline const uint8_t *message(struct wire *w, uint16_t id, uint8_t function, uint32_t n)
{
	noise(w, n);
	put16(buf, id);
	buf[2] = function;
	return buf;
}

/* Functions other than request carry a random half byte of 0 to 7. */
static inline uint8_t half(struct wire *w, uint8_t function)
{
	return (uint8_t)(rng_range(&w->rng, 0, 7) << 4 | function);
}

static inline uint16_t next_id(struct client *c)
{
	return c->id = (uint16_t)(c->free_ids ? rng_u32(&c->w->rng) : c->id + 2U);
}

static inline void send_udp(struct client *c, uint64_t us, bool back, struct end node, uint32_t n)
{
	wire_udp(c->w, us, back ? node : c->end, back ? c->end : node, buf, n);
	wire_label(c->w, 17, c->end, node, "skype", udp_reason);
}

static inline struct end peer(struct client *c)
{
	return (struct end){somewhere(c->w), (uint16_t)rng_range(&c->w->rng, 1025, 65000)};
}

/* A super node or server of the years 2013 to 2022. */
static inline struct end server(struct client *c)
{
	uint16_t port = chance(c->w, 0.15)  ? 33033
			: chance(c->w, 0.1) ? 443
					    : (uint16_t)rng_range(&c->w->rng, 40001, 40034);

	return (struct end){somewhere(c->w), port};
}

/* Request and answer; @answer 0: none. Ids of the node are its own. */
static inline void exchange(struct client *c, uint64_t us, struct end node, uint32_t request,
			    uint32_t answer)
{
	message(c->w, next_id(c), 2, request);
	send_udp(c, us, false, node, request);
	if (!answer)
		return;
	message(c->w, (uint16_t)rng_u32(&c->w->rng), 2, answer);
	send_udp(c, us + between_ms(c->w, 40, 400), true, node, answer);
}

/* Sent again after 2 and 4 seconds: id and check sum stay. Returns when it was sent last. */
static inline uint64_t sent_again(struct client *c, uint64_t us, struct end node, uint32_t n,
				  uint32_t times)
{
	uint16_t id = next_id(c);
	uint8_t sum[4];

	for (uint32_t k = 0; k < times; k++) {
		if (k)
			us += k > 1 ? between_ms(c->w, 3950, 4080) : between_ms(c->w, 2020, 2090);
		message(c->w, id, 2, n);
		k ? memcpy(buf + 7, sum, 4) : memcpy(sum, buf + 7, 4);
		send_udp(c, us, false, node, n);
	}
	return us;
}

static inline void unanswered_2006(struct client *c, uint64_t us, struct end node, uint32_t n)
{
	sent_again(c, us, node, n, chance(c->w, 0.3) ? 1 : chance(c->w, 0.3) ? 2 : 3);
}

/* One side refuses the other's request and it is sent again: the answer, the challenge, function 3.
 * @back: it is the node that asks. Returns the time of the second request. */
static inline uint64_t refused(struct client *c, uint64_t us, struct end node, uint32_t n,
			       bool back)
{
	uint8_t u1[1500], u2[11];
	uint16_t id = back ? (uint16_t)rng_u32(&c->w->rng) : next_id(c);

	memcpy(u1, message(c->w, id, 2, n), n);
	send_udp(c, us, back, node, n);
	memcpy(u2, message(c->w, id, half(c->w, 7), 11), 11);
	put32(u2 + 3, back ? node.ip : c->public);
	memcpy(buf, u2, 11);
	us += back ? 300 : between_ms(c->w, 60, 200);
	send_udp(c, us, !back, node, 11);
	us += back ? between_ms(c->w, 60, 200) : 300;
	message(c->w, id, half(c->w, 3), n + 5);
	buf[3] = 1;
	memcpy(buf + 4, u2 + 7, 4);
	put32(buf + 8, back ? c->public : node.ip);
	memcpy(buf + 12, u1 + 7, 4);
	send_udp(c, us, back, node, n + 5);
	return us + between_ms(c->w, 60, 200);
}

static inline void answer_only(struct client *c, uint64_t us, struct end node, uint32_t n)
{
	message(c->w, (uint16_t)rng_u32(&c->w->rng), 2, n);
	send_udp(c, us, true, node, n);
}

/* Nobody answers at first; the request sent again is answered. */
static inline void late_exchange(struct client *c, uint64_t us, struct end node, uint32_t times)
{
	us = sent_again(c, us, node, rng_range(&c->w->rng, 17, 60), times);
	answer_only(c, us + between_ms(c->w, 40, 400), node, rng_range(&c->w->rng, 17, 400));
}

/* The first exchange of clients from 2013 on: sizes that were seen, and one in eight of others. */
static inline void exchange_2013(struct client *c, uint64_t us, struct end node)
{
	static const uint16_t seen[][2] = {{18, 26},  {18, 26},	 {33, 20},  {35, 20},
					   {35, 450}, {33, 465}, {21, 21},  {22, 22},
					   {102, 62}, {56, 33},	 {428, 17}, {22, 98}};
	uint32_t k = rng_range(&c->w->rng, 0, sizeof(seen) / sizeof(seen[0]) - 1);

	if (chance(c->w, 0.05))
		late_exchange(c, us, node, 2);
	else if (chance(c->w, 0.125))
		exchange(c, us, node, rng_range(&c->w->rng, 17, 120),
			 rng_range(&c->w->rng, 17, 400));
	else
		exchange(c, us, node, seen[k][0], seen[k][1]);
}

/* @n packets of a call from @us on, both ways; a few requests among them. */
static inline void call(struct client *c, uint64_t us, struct end node, uint32_t n, bool video)
{
	uint64_t at[2] = {us, us + between_ms(c->w, 1, 20)};

	for (uint32_t k = 0; k < n; k++) {
		int back = at[1] < at[0];
		uint32_t len = chance(c->w, 0.02) ? 3
			       : video		  ? rng_range(&c->w->rng, 18, 1323)
						  : rng_range(&c->w->rng, 14, 196);

		if (k && k % (n / 5 + 1) == 0)
			exchange(c, at[back], node, 21, 21);
		message(c->w, (uint16_t)rng_u32(&c->w->rng), half(c->w, 0x0d), len);
		send_udp(c, at[back], back, node, len);
		at[back] += between_ms(c->w, 18, 27);
	}
}

/* ---- TCP ---- */

static inline struct talk connect_to(struct client *c, uint64_t us, struct end node)
{
	struct end from = {c->end.ip, c->tcp_port};

	c->tcp_port = (uint16_t)(c->tcp_port + rng_range(&c->w->rng, 1, 3));
	wire_label(c->w, 6, from, node, "skype", tcp_reason);
	return talk_open(c->w, us, from, node);
}

static inline void says(struct client *c, struct talk *t, int side, uint32_t n)
{
	talk_say(c->w, t, side, noise(c->w, n), n);
}

/* 48 bytes and up to 63 more, a window of one cycle. */
static inline uint32_t padded(struct client *c)
{
	uint32_t n = 48 + rng_range(&c->w->rng, 0, 63);
	uint8_t x = (uint8_t)rng_u32(&c->w->rng);

	noise(c->w, n);
	for (uint32_t i = 48; i < n; i++, x = (uint8_t)(0xcd * x + 0x71))
		buf[i] = x;
	return n;
}

static inline void session_2013(struct client *c, uint64_t us, struct end node)
{
	struct talk t = connect_to(c, us, node);

	for (int side = 0; side < 2; side++)
		talk_say(c->w, &t, side, buf, padded(c));
	says(c, &t, 0, 8);
	says(c, &t, 1, 8);
	talk_close(c->w, &t);
	if (chance(c->w, 0.4))
		return;
	t = connect_to(c, t.us + between_ms(c->w, 5, 200), node); /* the second has no padding */
	says(c, &t, 0, rng_range(&c->w->rng, 29, 73));
	says(c, &t, 1, rng_range(&c->w->rng, 26, 73));
	says(c, &t, 0, PICK(c->w, 14, 16, 17));
	says(c, &t, 1, PICK(c->w, 14, 18));
}

static inline void fake_hello(struct client *c, uint64_t us, struct end node)
{
	static const uint8_t hello[56] =
		"\x80\x46\x01\x03\x01\x00\x2d\x00\x00\x00\x10\x00\x00\x05\x00\x00\x04\x00\x00\x0a"
		"\x00\x00\x09\x00\x00\x64\x00\x00\x62\x00\x00\x08\x00\x00\x03\x00\x00\x06\x01\x00"
		"\x80\x07\x00\xc0\x03\x00\x80\x06\x00\x40\x02\x00\x80\x04\x00\x80";
	struct talk t = connect_to(c, us, (struct end){node.ip, 443});
	uint8_t x = (uint8_t)rng_u32(&c->w->rng);

	memcpy(buf, hello, 56);
	for (int i = 56; i < 72; i++, x = (uint8_t)(0xcd * x + 0x71))
		buf[i] = x;
	talk_say(c->w, &t, 0, buf, 72);
	if (chance(c->w, 0.5))
		says(c, &t, 1, PICK(c->w, 79, 93, 40));
	talk_close(c->w, &t);
}

/* The five byte pair; then in 2006 the key, later the five bytes again. */
static inline void login(struct client *c, uint64_t us, struct end node, bool old)
{
	struct talk t = connect_to(c, us, node);

	talk_say(c->w, &t, 0, (const uint8_t *)"\x16\x03\x01\x00\x00", 5);
	if (!old && chance(c->w, 0.2))
		return;
	talk_say(c->w, &t, 1, (const uint8_t *)"\x17\x03\x01\x00\x00", 5);
	if (!old)
		talk_say(c->w, &t, 0, (const uint8_t *)"\x16\x03\x01\x00\x00", 5);
	noise(c->w, 420);
	memcpy(buf,
	       old ? "\x16\x03\x01\x00\xcd\x41\x03\x00\x09\x80\x40\x04\x08\xc0\x01"
		   : "\x16\x03\x01\x00\xb0\x42\xcd\xef\xe7\x40\xd7\x2f\x1d\x00\x00",
	       old ? 15 : 13);
	memcpy(buf + 207, "\x00\x0c\x01\x17\x03\x01\x00", old ? 7 : 0);
	talk_say(c->w, &t, 0, buf, old ? rng_range(&c->w->rng, 407, 420) : 181);
	says(c, &t, 1, rng_range(&c->w->rng, 200, 240));
	talk_close(c->w, &t);
}

/* A connection that was there before the capture began; @side speaks first. */
static inline void joined_from(struct client *c, uint64_t us, uint16_t port, struct end node,
			       int side)
{
	struct talk t = talk_joined(c->w, us, (struct end){c->end.ip, port}, node);

	wire_label(c->w, 6, t.end[0], node, "skype", tcp_reason);
	for (int k = 0; k < 6; k++, side = !side) {
		says(c, &t, side, PICK(c->w, 4, 13, 16, 48, 75, 82));
		t.us += side ? between_ms(c->w, 5000, 20000) : 0;
	}
}

static inline void joined(struct client *c, uint64_t us, struct end node)
{
	joined_from(c, us, c->tcp_port++, node, chance(c->w, 0.5));
}

static inline void syn_only(struct client *c, uint64_t us, struct end node)
{
	struct talk t = talk_joined(c->w, us, (struct end){c->end.ip, c->tcp_port++}, node);

	wire_label(c->w, 6, t.end[0], node, "skype", tcp_reason);
	for (int k = 0; k < 3; k++, t.us += 3 * S_US, t.seq[0]--)
		talk_send(c->w, &t, 0, 0x02, NULL, 0);
}

static inline void version_check(struct client *c, uint64_t us)
{
	struct talk t = connect_to(c, us, (struct end){somewhere(c->w), 80});
	char text[300];
	int n = snprintf(
		text, sizeof(text),
		"GET http://ui.skype.com/ui/2/1.%u.0.18/en/getlatestversion?ver=1.%u.0.18&uhash="
		"%032x HTTP/1.1\r\nconnection: Keep-Alive\r\nhost: ui.skype.com\r\n\r\n",
		2U, 2U, rng_u32(&c->w->rng));

	talk_say(c->w, &t, 0, (uint8_t *)text, (uint32_t)n);
	says(c, &t, 1, 396);
}

#endif
