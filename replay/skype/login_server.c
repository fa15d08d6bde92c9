// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * login_server.c - login servers, event servers, the PSTN gateway's server and the update web server
 *
 * Model. A login server (LS) gets L1 (16 03 01 00 00), answers L2 (17 03 01 00 00), gets L3 (an RSA
 * encrypted session key and a record with name and password), answers L4 (Ehlert and Petgang,
 * section 5.2.3; direction of L2 as in SkypeIRC.cap, 4 of 4 connections). The event server 12350
 * and the PSTN gateway's server speak the same, with a short answer and two more messages. The key
 * that L3 carries starts the stream of both records: a right and a wrong password reach the server
 * as bytes, not by a hint. A super node asked to relay a login answers L4 as the LS would; the leg
 * between SN and LS is not emulated, no client's network sees it.
 *
 * Limits. There are no accounts: any name logs in with the password made from it.
 */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "replay/skype/login_server.h"
#include "replay/skype/peer.h"

static const uint8_t l1[] = {0x16, 0x03, 0x01, 0x00, 0x00};
static const uint8_t l2[] = {0x17, 0x03, 0x01, 0x00, 0x00};
static const uint8_t l3_head[] = {0x16, 0x03, 0x01, 0x00, 0xcd, 0x41, 0x03, 0x00,
				  0x09, 0x80, 0x40, 0x04, 0x08, 0xc0, 0x01};

static size_t put_record(uint8_t *out, uint32_t seed, const uint8_t *clear, size_t n)
{
	struct arcfour_ctx s;

	out[0] = 0x17;
	out[1] = 0x03;
	out[2] = 0x01;
	put_be16(out + 3, (uint16_t)n);
	memmove(out + TLS_HEAD, clear, n);
	stream_start(&s, seed);
	stream_apply(&s, out + TLS_HEAD, n);
	return TLS_HEAD + n;
}

size_t login_l1(uint8_t *out)
{
	memcpy(out, l1, sizeof(l1));
	return sizeof(l1);
}

bool login_is_l2(const uint8_t *p, size_t n)
{
	return n == sizeof(l2) && !memcmp(p, l2, n);
}

size_t login_l3(uint8_t *out, const char *name, bool wrong, size_t blob, uint32_t *key,
		struct rng *r)
{
	uint8_t clear[1024];
	size_t n = sizeof(l3_head);
	int k;

	memcpy(out, l3_head, n);
	rng_fill(r, out + n, L3_KEY_BYTES);
	memcpy(key, out + n, sizeof(*key));
	n += L3_KEY_BYTES;
	memcpy(out + n, (const uint8_t[]){0x00, 0x0c, 0x01}, 3);
	n += 3;
	rng_fill(r, clear, blob);
	k = snprintf((char *)clear, blob, "%.31s:%08x", name,
		     skype_crc32(name, strlen(name)) ^ (wrong ? 1U : 0U));
	clear[k] = '\0';
	return n + put_record(out + n, *key, clear, blob);
}

size_t login_data(uint8_t *out, uint32_t key, size_t blob, struct rng *r)
{
	uint8_t clear[1024];

	rng_fill(r, clear, blob);
	return put_record(out, key, clear, blob);
}

int login_l4_result(const uint8_t *p, size_t n, uint32_t key)
{
	struct arcfour_ctx s;
	uint8_t b;

	if (n < TLS_HEAD + 1 || p[0] != 0x17)
		return -1;
	b = p[TLS_HEAD];
	stream_start(&s, ~key);
	stream_apply(&s, &b, 1);
	return b == LOGIN_OK ? 1 : 0;
}

/* --- servers ------------------------------------------------------------------------------ */

static bool password_right(const uint8_t *blob, size_t n, uint32_t key)
{
	struct arcfour_ctx s;
	char clear[64] = "", *colon;
	unsigned got;

	if (n > sizeof(clear) - 1)
		n = sizeof(clear) - 1;
	memcpy(clear, blob, n);
	stream_start(&s, key);
	stream_apply(&s, clear, n);
	colon = strrchr(clear, ':');
	if (!colon || sscanf(colon + 1, "%8x", &got) != 1)
		return false;
	return got == skype_crc32(clear, (size_t)(colon - clear));
}

static double delay_of(struct conn *c)
{
	struct server *s = c->owner;

	return s->rtt_s * (1.0 + 0.05 * rng_unit(&c->rng));
}

void ls_answer(struct conn *c, const struct version *v, const uint8_t *p, size_t n)
{
	struct server *s = c->owner;
	bool login = s->spec.role == ROLE_LS || s->spec.role == ROLE_SN ||
		     s->spec.role == ROLE_BOOTSTRAP;
	size_t blob = login ? dist_draw(&v->login.answer, &c->rng) : L4_SHORT;
	uint8_t clear[1024], out[1100];
	uint32_t key;

	if (n < L3_BLOB_AT + 1)
		return;
	memcpy(&key, p + sizeof(l3_head), sizeof(key));
	blob -= TLS_HEAD;
	rng_fill(&c->rng, clear, blob);
	clear[0] = password_right(p + L3_BLOB_AT, n - L3_BLOB_AT, key) ? LOGIN_OK : LOGIN_BAD;
	c->stage = LS_ANSWERED;
	/* a password takes the server a while: SkypeIRC.cap has 0.24 to 0.36 s from L3 to L4 */
	conn_send_later(c, delay_of(c) + (login ? 0.12 : 0.02), "L4", out,
			put_record(out, ~key, clear, blob));
	if (!login) /* the event server goes on by itself: 68 or 24 bytes */
		conn_send_later(c, delay_of(c) + 0.1 + 0.1 * rng_unit(&c->rng), "L-data", out,
				login_data(out, key,
					   (rng_range(&c->rng, 0, 1) ? 68 : 24) - TLS_HEAD,
					   &c->rng));
}

/* What the client says after L4: 18 bytes to the LS, 25 or 31 to the event server. */
static void go_on(struct conn *c, size_t n)
{
	struct server *s = c->owner;
	size_t size = s->spec.role == ROLE_LS ? 67 : n == 25 ? 21 : 18;
	uint8_t out[256];

	conn_send_later(c, delay_of(c), "L-data", out,
			login_data(out, rng_u32(&c->rng), size - TLS_HEAD, &c->rng));
}

static void ls_data(struct conn *c, const uint8_t *p, size_t n)
{
	struct server *s = c->owner;
	size_t need;

	if (n > sizeof(c->in) - c->in_len || c->flow < 0) {
		conn_close(c, true);
		return;
	}
	memcpy(c->in + c->in_len, p, n);
	c->in_len += n;
	if (c->stage == LS_START)
		conn_seed(c);
	if (c->stage == LS_START && c->in_len >= sizeof(l1) && !memcmp(c->in, l1, sizeof(l1))) {
		conn_send_later(c, delay_of(c), "L2", l2, sizeof(l2));
		c->stage = LS_HELLO;
		memmove(c->in, c->in + sizeof(l1), c->in_len -= sizeof(l1));
	}
	if (c->stage == LS_HELLO) {
		if (c->in_len < L3_BLOB_AT || memcmp(c->in, l3_head, sizeof(l3_head)) != 0)
			return;
		need = L3_BLOB_AT + get_be16(c->in + L3_BLOB_AT - 2);
		if (c->in_len < need || !s->version)
			return;
		c->in_len = 0;
		ls_answer(c, s->version, c->in, need);
	} else if (c->stage >= LS_ANSWERED) {
		go_on(c, c->in_len);
		c->in_len = 0;
	}
}

static const struct conn_ops ls_ops = {.data = ls_data};

/* --- update web server -------------------------------------------------------------------- */

static void web_closed(void *arg)
{
	conn_close(arg, false);
}

static void web_data(struct conn *c, const uint8_t *p, size_t n)
{
	struct server *s = c->owner;
	char head[700];
	const char *body = s->version ? s->version->http.reply : "1.0.0.1";
	int k;

	if (n > sizeof(c->in) - c->in_len - 1 || c->flow < 0 || c->stage) {
		conn_close(c, true);
		return;
	}
	memcpy(c->in + c->in_len, p, n);
	c->in_len += n;
	c->in[c->in_len] = '\0';
	if (!strstr((char *)c->in, "\r\n\r\n"))
		return;
	conn_seed(c);
	c->stage = 1;
	k = snprintf(head, sizeof(head),
		     "HTTP/1.1 200 OK\r\n"
		     "Date: Fri, 25 Aug 2006 19:29:59 GMT\r\n"
		     "Server: Apache\r\n"
		     "Cache-control: no-cache, must revalidate\r\n"
		     "Pragma: no-cache\r\n"
		     "Expires: 0\r\n"
		     "Set-Cookie: SC=CC=:CCY=:LC=en:TM=1156534199:TS=1156534199:TZ=:VER=%u/%s/0; "
		     "expires=Sat, 25-Aug-07 19:29:59 GMT; path=/; domain=.skype.com;\r\n"
		     "Content-Length: %zu\r\n"
		     "Connection: close\r\n"
		     "Content-Type: text/html; charset=utf-8\r\n"
		     "Content-Language: en\r\n\r\n%s",
		     s->version ? s->version->http.platform : 0,
		     s->version ? s->version->http.build : "0", strlen(body), body);
	conn_send_later(c, delay_of(c), "http-reply", head, (size_t)k);
	ptimer_after(c->o, &c->timer, 0.3, web_closed, c);
}

static const struct conn_ops web_ops = {.data = web_data};

void ls_accepted(struct listener *l, struct conn *c)
{
	struct server *s = l->owner;

	c->owner = s;
	c->ops = s->spec.role == ROLE_UPDATE ? &web_ops : &ls_ops;
}

void ls_datagram(void *owner, const struct endpoint *from, const uint8_t *p, size_t n, long flow)
{
	struct server *s = owner;
	const uint8_t *body;
	struct datagram d;
	unsigned command;
	uint16_t reqid;
	size_t body_len;

	if (flow < 0 || !datagram_parse(p, n, &from->ip, &s->spec.ip, &d))
		return;
	if (d.fn == FN_PAYLOAD && !d.ok) {
		uint8_t out[16];

		n = datagram_nack(out, FN_NACK, d.id, &from->ip, rng_u32(&s->rng), &s->rng);
		usock_send_later(&s->udp, s->rtt_s, from, (uint32_t)flow, true, "U2", out, n);
	} else if (d.ok && plain_parse(&d.plain, &command, &reqid, &body, &body_len) &&
		   command == CMD_EVENT) {
		server_reply(s, from, flow, "event-reply", CMD_EVENT_REPLY, reqid, 22, NULL, 0);
	}
}
