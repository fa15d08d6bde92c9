// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * login_server.c - login servers, event servers and the PSTN gateway's server
 *
 * Model. A login server (LS) gets L1, answers L2, gets L3, answers L4 (Ehlert and Petgang, section
 * 5.2.3; direction of L2 as in SkypeIRC.cap, 4 of 4 connections). The event server on port 12350
 * and the PSTN gateway's server speak the same language, with a short L4 and two more messages. A
 * super node that is asked to relay a login answers L4 as the LS would; the leg between SN and LS
 * is not emulated, because no client's network sees it.
 *
 * A connection, as the server sees it:
 *
 *   stage           entered when         left when
 *   LOGIN_START     the client connects  L1 arrives: L2 is sent
 *   LOGIN_HELLO     L2 is sent           L3 has arrived as a whole: L4 is sent
 *   LOGIN_ANSWERED  L4 is sent           the client closes; every message gets one answer
 *
 * Limits. There are no accounts: any name logs in with the password made from it.
 */
#include <string.h>

#include "replay/skype/login_message.h"
#include "replay/skype/login_server.h"
#include "replay/skype/message.h"
#include "replay/skype/version.h"

#define L4_SHORT 16 /* L4 of the event server and the PSTN gateway's server */

static bool logs_in(const struct server *s)
{
	return s->spec.role == ROLE_LS || s->spec.role == ROLE_SN || s->spec.role == ROLE_BOOTSTRAP;
}

static void send_l2(struct tcp_conn *c)
{
	const struct server *s = c->owner;
	double think =
		logs_in(s) ? 0.025 + 0.02 * rng_unit(&c->rng) : 0.065 + 0.045 * rng_unit(&c->rng);
	uint8_t out[8];

	/* SkypeIRC.cap: 29 and 38 ms after the way there and back, 72 and 105 the event server */
	conn_send_later(c, think, "L2", out, login_l2(out));
	c->stage = LOGIN_HELLO;
}

static void send_l4(struct tcp_conn *c, bool right, size_t size, uint32_t key)
{
	const struct server *s = c->owner;
	uint8_t out[LOGIN_MAX];
	size_t n = login_l4(out, right, size, key, &c->rng);

	c->stage = LOGIN_ANSWERED;
	/* SkypeIRC.cap: 183 and 271 ms for a password, 105 and 107 for the event server */
	conn_send_later(
		c, server_delay(&c->rng) + (logs_in(s) ? 0.15 + 0.13 * rng_unit(&c->rng) : 0.1),
		"L4", out, n);
}

/* The event server goes on by itself after L4: 68 or 24 bytes. */
static void send_more(struct tcp_conn *c, uint32_t key)
{
	uint8_t out[LOGIN_MAX];
	size_t n = login_data(out, rng_range(&c->rng, 0, 1) ? 68 : 24, key, &c->rng);
	double delay = server_delay(&c->rng);

	conn_send_later(c, delay + 0.1 + 0.1 * rng_unit(&c->rng), "L-data", out, n);
}

void login_server_answer_l3(struct tcp_conn *c, const uint8_t *p, size_t n)
{
	const struct server *s = c->owner;
	size_t size = logs_in(s) ? dist_draw(&s->version->login.answer, &c->rng) : L4_SHORT;
	uint32_t key;
	bool right;

	if (!login_l3_read(p, n, &key, &right))
		return;
	send_l4(c, right, size, key);
	if (!logs_in(s))
		send_more(c, key);
}

/* Answers what the client says after L4: 18 bytes to the LS, 25 or 31 to the event server. */
static void answer_more(struct tcp_conn *c, size_t n)
{
	const struct server *s = c->owner;
	size_t size = s->spec.role == ROLE_LS ? 67 : n == 25 ? 21 : 18;
	uint8_t out[256];

	n = login_data(out, size, rng_u32(&c->rng), &c->rng);
	conn_send_later(c, server_delay(&c->rng), "L-data", out, n);
}

static void login_server_data(struct tcp_conn *c, const uint8_t *p, size_t n)
{
	const struct server *s = c->owner;
	size_t size;

	if (n > sizeof(c->in) - c->in_len || c->flow < 0) {
		conn_close(c, true);
		return;
	}
	memcpy(c->in + c->in_len, p, n);
	c->in_len += n;
	if (c->stage == LOGIN_START)
		conn_seed(c);
	if (c->stage == LOGIN_START && login_is_l1(c->in, c->in_len)) {
		send_l2(c);
		c->in_len -= L1_SIZE;
		memmove(c->in, c->in + L1_SIZE, c->in_len);
	}
	if (c->stage == LOGIN_START && login_is_l3(c->in, c->in_len))
		c->stage = LOGIN_HELLO; /* a version that leaves L1 and L2 out */
	if (c->stage == LOGIN_HELLO) {
		size = login_l3_size(c->in, c->in_len);
		if (!size || !s->version)
			return;
		c->in_len = 0;
		login_server_answer_l3(c, c->in, size);
	} else if (c->stage >= LOGIN_ANSWERED) {
		answer_more(c, c->in_len);
		c->in_len = 0;
	}
}

static const struct conn_ops login_server_ops = {.data = login_server_data};

void login_server_accepted(struct listener *l, struct tcp_conn *c)
{
	const struct server *s = l->owner;

	c->owner = l->owner;
	c->ops = &login_server_ops;
	c->mask = s->version ? (uint8_t)s->version->login.mask : 0;
}

void login_server_datagram(void *server, const struct endpoint *from, const uint8_t *p, size_t n,
			   long flow)
{
	struct server *s = server;
	const uint8_t *body;
	struct skype_datagram d;
	unsigned command;
	uint16_t reqid;
	size_t body_len;

	if (flow < 0 || !datagram_parse(p, n, &from->ip, &s->spec.ip, &d))
		return;
	if (d.fn == FN_PAYLOAD && !d.ok)
		server_send_u2(s, from, (uint32_t)flow, d.id);
	else if (d.ok && plain_parse(&d.plain, &command, &reqid, &body, &body_len) &&
		 command == CMD_EVENT)
		server_reply(s, from, flow, "event-reply", CMD_EVENT_REPLY, reqid, 22, NULL, 0);
}
