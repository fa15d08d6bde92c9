// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_device.c - background: HSRP versions 1 and 2 (RFC 2281; version 2 as packet-hsrp.c of Wireshark
 * reads it) and FINS over UDP (Omron, "Communications Commands Reference Manual" W227)
 *
 * Routers and controllers that talk all day. Rules that take a UDP payload with 02 in its third byte
 * for Skype have named both (nDPI's issues 1002 and 2158): the version of HSRP 2 stands there, and so
 * does the gateway count of FINS.
 *
 * HSRP is link-local multicast, and is so here: a host plays one of the routers, sends to the group
 * with a TTL of 1 and has joined it. What the dialog hears is the kernel's copy for members on the
 * sender's own node. The datagrams stand on the wire between the host and its gateway, so a capture
 * inside the site has them. Behind the gateway nothing is seen, because it routes no multicast.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "replay/background/generator.h"

/* --- HSRP --------------------------------------------------------------------------------- */

#define HSRP_GROUP_V1 0xe0000002 /* 224.0.0.2: all routers */
#define HSRP_GROUP_V2 0xe0000066 /* 224.0.0.102 */

enum { HSRP_VERSION, HSRP_NUMBER, HSRP_PRIORITY, HSRP_STATE, HSRP_MAC };
enum { HSRP_HELLO, HSRP_COUP };
/* Version 2 has its own numbers; the table below says which. */
enum { STATE_SPEAK, STATE_STANDBY, STATE_ACTIVE };

static void hsrp_init(struct gen_session *s)
{
	s->word[HSRP_VERSION] = rng_range(&s->rng, 1, 2);
	s->word[HSRP_NUMBER] = rng_range(&s->rng, 0, 255);
	s->word[HSRP_PRIORITY] = rng_range(&s->rng, 90, 120);
	s->word[HSRP_STATE] = STATE_SPEAK;
	s->word[HSRP_MAC] = rng_u32(&s->rng);
	s->server.ip = ip4(s->word[HSRP_VERSION] == 1 ? HSRP_GROUP_V1 : HSRP_GROUP_V2);
	s->host.port = s->server.port; /* routers send from the port that they listen on */
}

/* The routers' common address: the first of the host's /24. */
static uint32_t hsrp_virtual(const struct gen_session *s)
{
	return (ip4_host(&s->host.ip) & 0xffffff00) | 1;
}

static void hsrp_v1(struct gen_session *s, struct writer *w, unsigned opcode)
{
	static const uint8_t states[] = {
		[STATE_SPEAK] = 4, [STATE_STANDBY] = 8, [STATE_ACTIVE] = 16};

	put8(w, 0); /* version */
	put8(w, opcode);
	put8(w, states[s->word[HSRP_STATE]]);
	put16(w, 0x030a); /* hello time 3 s, hold time 10 s */
	put8(w, (unsigned)s->word[HSRP_PRIORITY]);
	put8(w, (unsigned)s->word[HSRP_NUMBER]);
	put8(w, 0);
	put(w, "cisco\0\0", 8);
	put32(w, hsrp_virtual(s));
}

static void hsrp_v2(struct gen_session *s, struct writer *w, unsigned opcode)
{
	static const uint8_t states[] = {
		[STATE_SPEAK] = 4, [STATE_STANDBY] = 5, [STATE_ACTIVE] = 6};

	put16(w, 0x0128); /* group state, 40 bytes */
	put8(w, 2);	  /* version */
	put8(w, opcode);
	put8(w, states[s->word[HSRP_STATE]]);
	put8(w, 4); /* IPv4 */
	put16(w, (unsigned)s->word[HSRP_NUMBER]);
	put16(w, 0x0000); /* the router's MAC address */
	put32(w, (uint32_t)s->word[HSRP_MAC]);
	put32(w, (uint32_t)s->word[HSRP_PRIORITY]);
	put32(w, 3000);
	put32(w, 10000);
	put32(w, hsrp_virtual(s));
	put_zero(w, 12);
	put16(w, 0x0308); /* text authentication */
	put(w, "cisco\0\0", 8);
}

static void hsrp_message(struct gen_session *s, struct writer *w, unsigned opcode)
{
	(s->word[HSRP_VERSION] == 1 ? hsrp_v1 : hsrp_v2)(s, w, opcode);
}

static void hsrp_hello(struct gen_session *s, struct writer *w)
{
	hsrp_message(s, w, HSRP_HELLO);
	if (s->turn == 3) /* nobody better has spoken */
		s->word[HSRP_STATE] = STATE_STANDBY;
}

static void hsrp_coup(struct gen_session *s, struct writer *w)
{
	hsrp_message(s, w, HSRP_COUP);
	s->word[HSRP_STATE] = STATE_ACTIVE;
}

static const struct generator_step hsrp_steps[] = {
	{false, 0, 900, hsrp_hello, 0, 0, 0},
	{false, 2900, 3000, hsrp_hello, 1, 3, 4},
	{false, 2900, 3000, hsrp_coup, 0, 0, 0},
	{false, 2900, 3000, hsrp_hello, 1, 0, 6},
};

const struct generator gen_hsrp = {
	.name = "hsrp",
	.about = "a router that tells its link that it is there, HSRP 1 and 2, multicast",
	.proto = IPPROTO_UDP,
	.port = 1985,
	.own_link = true,
	.init = hsrp_init,
	GENERATOR_STEPS(hsrp_steps),
};

/* --- FINS --------------------------------------------------------------------------------- */

enum { FINS_ID, FINS_COMMAND, FINS_ADDRESS, FINS_COUNT };
enum { FINS_READ = 0x0101, FINS_WRITE = 0x0102, FINS_STATUS = 0x0601 };

static void fins_init(struct gen_session *s)
{
	s->word[FINS_ID] = rng_range(&s->rng, 0, 255);
	s->word[FINS_ADDRESS] = rng_range(&s->rng, 0, 6000);
	s->word[FINS_COUNT] = rng_range(&s->rng, 1, 40);
}

/* Node numbers are the last byte of the address, as controllers have it by default. */
static void fins_head(struct gen_session *s, struct writer *w, bool answer)
{
	unsigned client = s->host.ip.b[3], server = s->server.ip.b[3];

	put8(w, answer ? 0xc0 : 0x80); /* an answer is wanted */
	put16(w, 0x0002);	       /* reserved; passes two gateways at most */
	put8(w, 0);		       /* this network */
	put8(w, answer ? client : server);
	put16(w, 0); /* the unit: CPU; this network */
	put8(w, answer ? server : client);
	put8(w, 0);
	put8(w, (unsigned)s->word[FINS_ID]);
	put16(w, (unsigned)s->word[FINS_COMMAND]);
}

static void fins_command(struct gen_session *s, struct writer *w)
{
	static const uint16_t commands[] = {FINS_READ, FINS_READ, FINS_READ, FINS_WRITE,
					    FINS_STATUS};

	s->word[FINS_COMMAND] = commands[rng_range(&s->rng, 0, ARRAY_LEN(commands) - 1)];
	fins_head(s, w, false);
	if (s->word[FINS_COMMAND] == FINS_STATUS)
		return;
	put8(w, 0x82); /* DM area, words */
	put16(w, (unsigned)s->word[FINS_ADDRESS]);
	put8(w, 0);
	put16(w, (unsigned)s->word[FINS_COUNT]);
	if (s->word[FINS_COMMAND] == FINS_WRITE)
		put_random(w, &s->rng, 2 * (uint32_t)s->word[FINS_COUNT]);
}

static void fins_answer(struct gen_session *s, struct writer *w)
{
	fins_head(s, w, true);
	put16(w, 0); /* done */
	if (s->word[FINS_COMMAND] == FINS_READ) {
		put_random(w, &s->rng, 2 * (uint32_t)s->word[FINS_COUNT]);
	} else if (s->word[FINS_COMMAND] == FINS_STATUS) {
		put16(w, 0x0104); /* runs, in RUN mode */
		put_zero(w, 8);	  /* no error, no message */
		put_text(w, "%16s", "");
	}
	s->word[FINS_ID] = (s->word[FINS_ID] + 1) & 0xff;
}

static const struct generator_step fins_steps[] = {
	{false, 0, 900, fins_command, 0, 0, 0},
	{true, 2, 30, fins_answer, 2, 0, 20},
};

const struct generator gen_fins = {
	.name = "fins",
	.about = "a controller of a machine being read, Omron FINS",
	.proto = IPPROTO_UDP,
	.port = 9600,
	.init = fins_init,
	GENERATOR_STEPS(fins_steps),
};
