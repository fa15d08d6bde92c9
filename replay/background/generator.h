/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_GEN_H
#define REPLAY_GEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "replay/background/background.h"
#include "replay/dialog/dialog.h"

/*
 * How a background generator is written: a table of steps, each a message with a direction, a gap
 * and a function that writes its bytes. A session is one walk through the table.
 */

/* A message being written, big-endian unless said otherwise. Writes past the end are dropped. */
struct wire {
	uint8_t *p;
	uint32_t len, cap;
};

void put8(struct wire *w, unsigned v);
void put16(struct wire *w, unsigned v);
void put24(struct wire *w, unsigned v);
void put32(struct wire *w, uint32_t v);
void put64(struct wire *w, uint64_t v);
void put16le(struct wire *w, unsigned v);
void put32le(struct wire *w, uint32_t v);
void put(struct wire *w, const void *p, uint32_t n);
void put_zero(struct wire *w, uint32_t n);
void put_random(struct wire *w, struct rng *r, uint32_t n);
void put_text(struct wire *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void put_ip(struct wire *w, const struct ip *ip);
/* Writes @v over earlier bytes: lengths that are known only at the end. */
void set16(struct wire *w, uint32_t at, unsigned v);
void set24(struct wire *w, uint32_t at, unsigned v);

struct session;

/* A step of a session. Gaps in milliseconds; the gap is drawn evenly. */
struct gen_step {
	bool to_opener;
	uint16_t gap_lo_ms, gap_hi_ms;
	void (*build)(struct session *s, struct wire *w);
	uint8_t back;		     /* after this step go back so many steps (1 = itself) ... */
	uint16_t times_lo, times_hi; /* ... this often */
};

#define GEN_SPAWNED 1u /* only begun by another generator, never by a mix */
#define GEN_PEERS   2u /* the other end is a peer: any address, port drawn */

/**
 * struct gen - a generator
 * @init:	Draws what a session keeps (ids, names); may be NULL
 * @close:	TCP: who closes
 * @then:	Called when the last message has arrived, to go on with session_spawn(); may be NULL
 * @more:	What the truth's reason says after the name; may be NULL
 */
struct gen {
	const char *name;
	const char *about;
	uint8_t proto;
	uint16_t port;
	unsigned flags;
	enum dialog_close close;
	const struct gen_step *steps;
	unsigned step_count;
	void (*init)(struct session *s);
	void (*then)(struct session *s);
	const char *(*more)(const struct session *s);
};

#define GEN_STEPS(table) .steps = table, .step_count = ARRAY_LEN(table)

/* Room for what a session keeps; each generator gives the words its own names. */
#define SESSION_WORDS 16

/**
 * struct session - one use of a generator by one host
 * @host, @server: Both ends; ports may be 0 until the socket is bound
 * @seen:	UDP: the host as the server sees it, once it has heard from it (else family 0)
 * @word, @text: The generator's own
 * @turn:	How many messages were built so far
 */
struct session {
	struct rng rng;
	const struct gen *gen;
	struct background *b;
	struct endpoint host, server, seen;
	uint64_t now_ns; /* emulated time of the message being built */
	uint32_t turn;
	uint64_t word[SESSION_WORDS];
	char text[64];
	/* the walk (background.c's) */
	unsigned step, left;
	bool looping;
	struct background_stats *stats;
	struct dialog *dialog;
	const struct dialog_side *host_side;
	struct session *prev, *next;
};

/* Begins a session of a GEN_SPAWNED generator between the same two hosts, with the given ports (0 =
 * drawn) and the words of @words (count @n) instead of its init(). */
void session_spawn(struct session *s, const struct gen *gen, uint16_t host_port,
		   uint16_t server_port, const uint64_t *words, unsigned n);

/* Every generator: gen_list[i], NULL at the end. */
extern const struct gen *const gen_list[];
const struct gen *gen_find(const char *name);

/* A host name such as "mail.example-17.net", drawn; the same for the same number. */
const char *host_name(struct rng *r, char buf[64]);

extern const struct gen gen_dns, gen_http, gen_ntp, gen_snmp, gen_radius, gen_tls10, gen_tls,
	gen_quic, gen_stun, gen_turn, gen_sip, gen_iax2, gen_msn, gen_bittorrent, gen_utp, gen_dht,
	gen_kademlia, gen_game, gen_openvpn, gen_wireguard, gen_random, gen_near_miss, gen_near_443,
	gen_near_80;

#endif
