// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mkfriends.c - emulated look-alikes of what is not Skype but has its bytes, from a seed
 *
 *	mkfriends PROTOCOL FILE [seed=N] [link=eth|vlan|cooked|raw] [snap=BYTES]
 *	mkfriends list
 *	mkfriends opaque|opaque-tcp FILE flows=N [seed=N]
 *
 * Nothing here was recorded. The messages of each protocol are in friends.h: well formed, and with
 * the unlucky values: 02 in the third byte in both directions, counters in front that grow by one
 *or two, sizes of Skype's exchanges. They go, from a port above 1023, to one host many times, to
 *one host every few seconds for hours with one in fifty lost, and to 300 hosts, where three in four
 * answer, one of them only when it is asked again, or none; to one that stays silent for minutes; to
 * the protocol's port and to ports that Skype uses.
 *
 * "opaque" is many flows of nothing but noise from one port, each with two messages and two
 *answers, half of them of Skype's sizes; "opaque-tcp" connections that begin with noise of 48 to
 *111 bytes each way. They are for measuring how often chance alone is taken for Skype.
 */
#include "tests/tools/friends.h"

static void ask(struct turn *t, size_t p, uint64_t us, struct end a, struct end b, bool answered)
{
	uint8_t buf[1500];

	t->b = buf;
	t->answer = false;
	wire_udp(t->w, us, a, b, buf, protocols[p].make(t));
	t->answer = true;
	if (answered)
		wire_udp(t->w, us + between_ms(t->w, 1, 80), b, a, buf, protocols[p].make(t));
}

static void protocol(struct wire *w, size_t p)
{
	static const uint16_t skype[] = {33033, 12350, 40005, 443};
	struct turn t = {.w = w};

	for (uint32_t side = 0; side < 2; side++) { /* the port of its own, then one of Skype's */
		uint16_t port = side ? pick(w, skype, 4) : protocols[p].port;
		struct end a = {0xc0a80510 + side, (uint16_t)rng_range(&w->rng, 1024, 65535)};
		uint64_t us = side * S_US;

		t.host = 7 + side;
		for (t.k = 0; t.k < 600; t.k++, us += between_ms(w, 5, 90))
			ask(&t, p, us, a, (struct end){0x51000000 + t.host, port}, true);
		for (t.host = 20, t.k = 0; t.k < 2880; t.k++, us += (5 - 3 * side) * S_US)
			if (t.k % 50 != 9)
				ask(&t, p, us, a, (struct end){0x51000000 + t.host, port},
				    t.k % 50 != 8);
		a.ip += 8;
		for (t.k = 0; t.k < 2; t.k++)
			for (t.host = 0; t.host < 300; t.host++, us += between_ms(w, 1, 300))
				ask(&t, p, us, a, (struct end){0x51000100 + t.host, port},
				    t.host % 4 > (t.k ? 0 : 1));
		a.ip += 8; /* nobody answers */
		for (t.k = 0, t.host = 0; t.host < 300; t.host++, us += between_ms(w, 1, 300))
			ask(&t, p, us, a, (struct end){0x51000400 + t.host, port}, false);
		for (t.host = 30, t.k = 0; t.k < 60; t.k++, us += 2 * S_US)
			ask(&t, p, us, a, (struct end){0x51000600, port}, false);
	}
}

/* Two messages each way on each flow, of sizes that Skype's have. */
static void opaque(struct wire *w, uint32_t flows)
{
	static const uint16_t sizes[] = {17, 18, 20, 21, 22, 26, 27, 30, 33, 35, 51, 62, 102, 450};
	struct end a = {0xc0a80507, 6881};
	uint8_t buf[1500];
	uint64_t us = 0;

	for (uint32_t k = 0; k < flows; k++, us += between_ms(w, 1, 20)) {
		struct end b = {0x52000000 + k, (uint16_t)(2000 + k % 60000)};

		for (int i = 0; i < 4; i++) {
			uint32_t n = chance(w, 0.5) ? pick(w, sizes, sizeof(sizes) / 2)
						    : rng_range(&w->rng, 17, 500);

			rng_fill(&w->rng, buf, n);
			wire_udp(w, us + (uint64_t)i * 30 * MS_US, i & 1 ? b : a, i & 1 ? a : b,
				 buf, n);
		}
	}
}

/* An exchange of noise that Skype's key exchange over TCP could be, but for its padding. */
static void opaque_tcp(struct wire *w, uint32_t flows)
{
	uint8_t buf[128];
	uint64_t us = 0;

	for (uint32_t k = 0; k < flows; k++, us += between_ms(w, 1, 20)) {
		struct talk t =
			talk_open(w, us, (struct end){0xc0a80507, (uint16_t)(1024 + k % 64000)},
				  (struct end){0x53000000 + k, (uint16_t)(2000 + k % 60000)});

		for (int i = 0; i < 3; i++) {
			uint32_t n = i == 2 ? 8 : rng_range(&w->rng, 48, 111);

			rng_fill(&w->rng, buf, n);
			talk_say(w, &t, i & 1, buf, n);
		}
	}
}

/* A ClientHello in the frame of SSL 2 by a browser: as long as Skype's, its ciphers in another
 * order. */
static void ssl2_hello(struct wire *w)
{
	static const char hex[] = "8046 01 0301 002d 0000 0010 000004 000005 00000a 010080 0700c0 "
				  "030080 000009 060040"
				  "000064 000062 000003 000006 020080 040080 000008";
	uint8_t buf[100];
	struct turn turn = {.w = w, .b = buf};

	for (uint32_t k = 0; k < 300; k++) {
		struct talk t =
			talk_open(w, k * S_US, (struct end){0xc0a80507, (uint16_t)(1100 + k)},
				  (struct end){0x53000000 + k, 443});

		talk_say(w, &t, 0, buf, head(&turn, 72, hex));
		talk_say(w, &t, 1, buf, head(&turn, 79, "1603 01 004a 02 000046 0301 401b e486"));
		talk_close(w, &t);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: mkfriends PROTOCOL|opaque|opaque-tcp FILE [seed=N] [flows=N] "
			"[link=eth|vlan|cooked|raw]\n"
			"       [snap=BYTES]\n       mkfriends list\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct wire w = {.link = "eth", .snap = 65535};
	uint64_t seed = 1, flows = 0;
	size_t p = 0;
	int rc;

	if (argc == 2 && !strcmp(argv[1], "list")) {
		for (; p < PROTOCOLS; p++)
			puts(protocols[p].name);
		return puts("ssl2-hello") < 0;
	}
	for (int i = 3; i < argc; i++)
		if (!strncmp(argv[i], "flows=", 6))
			flows = strtoull(argv[i] + 6, NULL, 10);
		else if (!wire_option(&w, argv[i], &seed))
			return usage();
	if (argc < 3)
		return usage();
	rng_init(&w.rng, seed, argv[1]);
	while (p < PROTOCOLS && strcmp(argv[1], protocols[p].name) != 0)
		p++;
	if (p < PROTOCOLS)
		protocol(&w, p);
	else if (!strcmp(argv[1], "ssl2-hello"))
		ssl2_hello(&w);
	else if (flows && !strcmp(argv[1], "opaque"))
		opaque(&w, (uint32_t)flows);
	else if (flows && !strcmp(argv[1], "opaque-tcp"))
		opaque_tcp(&w, (uint32_t)flows);
	else
		return usage();
	rc = wire_write(&w, argv[2]) ? 2 : 0;
	wire_free(&w);
	return rc;
}
