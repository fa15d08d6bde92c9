// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mkskype.c - emulated look-alikes of Skype captures, labelled, from a seed
 *
 *	mkskype KIND FILE LABELS [seed=N] [link=eth|vlan|cooked|raw] [snap=BYTES] [from=S] [to=S]
 *	        [side=lan|wan] [clients=N] [chat=no] [ids=free]
 *
 * Nothing here was recorded. Each KIND has what was measured of one recorded capture: how many
 * flows, sizes and their shares, function bytes, ids that step by two, ports, times, who answers.
 * What was not measured is drawn anew from every seed. Encrypted parts are noise. Neither emulator
 * nor detector is used.
 *
 *	linux-2006	a client of 2006: probes, refusals, searches, publications, logins, sessions
 *	mac-call	idle, and a call that was under way when the capture began
 *	mac-idle	five flows, idle in the background; mac-one-flow: one exchange on one flow
 *	mobile		behind a VPN, most nodes refuse first, and are refused; calls
 *	windows		calls, peers, servers on 40001 to 40050 and 443
 *	blocked		no UDP is answered, TCP gets through here and there
 *	silent		nothing is answered: probes over UDP, SYNs over TCP
 *
 * Rare ones, of one thing each:
 *
 *	odd-flow	one flow: requests whose repeats cross, that are answered late or out of turn
 *	one-node	one exchange, and a connection to a super node that is another host
 *	own-port	a connection from the port that takes UDP, joined, either side speaks first
 *	called		with side=wan: strangers connect to the client, and it answers; peers ask it
 *	asked-again	nodes are asked again while an earlier answer is still on its way
 */
#include "tests/tools/skypeish.h"

static void session_2006(struct client *c, uint64_t us, struct end node)
{
	struct talk t = connect_to(c, us, node);

	says(c, &t, 0, 14);
	says(c, &t, 1, 15 + rng_range(&c->w->rng, 1, 58));
	says(c, &t, 0, rng_range(&c->w->rng, 22, 29));
	says(c, &t, 1, rng_range(&c->w->rng, 500, 660));
	says(c, &t, 0, PICK(c->w, 4, 15, 16, 17));
	says(c, &t, 1, 274);
	says(c, &t, 0, 11);
	says(c, &t, 1, 659);
}

static void inbound(struct client *c, uint64_t us)
{
	struct end from = peer(c);
	struct talk t = talk_open(c->w, us, from, c->end);

	wire_label(c->w, 6, from, c->end, "skype", tcp_reason);
	says(c, &t, 0, rng_range(&c->w->rng, 29, 71));
	says(c, &t, 1, 14);
	says(c, &t, 0, PICK(c->w, 11, 12));
	says(c, &t, 1, 4);
}

/* Publishes its presence; the answer has function 5 and the request's id. */
static void publish(struct client *c, uint64_t us, struct end node)
{
	uint16_t id = next_id(c);

	message(c->w, id, 2, 346);
	send_udp(c, us, false, node, 346);
	message(c->w, id, half(c->w, 5), 11);
	put32(buf + 3, c->public);
	send_udp(c, us + between_ms(c->w, 60, 250), true, node, 11);
}

/* A long answer comes in nine pieces. */
static void long_search(struct client *c, uint64_t us, struct end node)
{
	uint16_t id = next_id(c);

	message(c->w, id, 2, 47);
	send_udp(c, us, false, node, 47);
	us += between_ms(c->w, 90, 200);
	for (uint8_t k = 0; k < 9; k++) {
		uint32_t n = k < 8 ? 1355 : 700;

		message(c->w, (uint16_t)rng_u32(&c->w->rng), half(c->w, 0x0f), n);
		put16(buf + 3, id);
		buf[5] = k < 8 ? k : 0x88;
		buf[6] = 2;
		send_udp(c, us + k * 2000ULL, true, node, n);
	}
}

static void linux_2006(struct client *c)
{
	static const uint16_t rest[][2] = {{30, 18}, {31, 18}, {58, 365}, {60, 26}, {22, 660},
					   {21, 69}, {21, 76}, {18, 26},  {18, 26}, {30, 18}};
	uint64_t t = c->now;
	struct end node;

	for (int k = 0; k < 16; k++, t += between_ms(c->w, 1, 1100)) {
		if (k == 5 || k == 12)
			t = refused(c, t, node = peer(c), 18, false), answer_only(c, t, node, 51);
		unanswered_2006(c, t, peer(c), 18);
		if (k % 5 == 4)
			exchange(c, t + 1000, peer(c), 18, 51);
	}
	node = peer(c);
	exchange(c, t, node, 18, 18);
	session_2006(c, t + 500 * MS_US, node);
	login(c, t + S_US, (struct end){somewhere(c->w), 33033}, true);
	node = (struct end){somewhere(c->w), 12350};
	exchange(c, t + S_US, node, 27, 22);
	login(c, t + 2 * S_US, node, true);
	version_check(c, t + 2 * S_US);
	for (int k = 0; k < 44; k++, t += between_ms(c->w, 5, 3000))
		exchange(c, t, peer(c), rest[k % 10][0], rest[k % 10][1]);
	for (int k = 0; k < 9; k++, t += between_ms(c->w, 5, 900))
		publish(c, t, peer(c));
	for (int k = 0; k < 3; k++, t += between_ms(c->w, 5, 900))
		long_search(c, t, peer(c));
	inbound(c, t);
	inbound(c, t + S_US);
}

static void some_tcp(struct client *c, uint64_t us, struct end node, int n)
{
	for (int k = 0; k < n; k++, us += between_ms(c->w, 200, 3000))
		switch (rng_range(&c->w->rng, 0, 3)) {
		case 0:
			session_2013(c, us, node);
			break;
		case 1:
			joined(c, us, node);
			break;
		case 2:
			joined(c, us,
			       (struct end){somewhere(c->w), (uint16_t)PICK(c->w, 12350, 40011)});
			break;
		default:
			session_2013(c, us, (struct end){somewhere(c->w), 12350});
		}
}

static void mac_call(struct client *c)
{
	call(c, c->now, peer(c), 900, false);
	for (int k = 0; k < 8; k++)
		exchange_2013(c, c->now + between_ms(c->w, 1000, 20000), peer(c));
	some_tcp(c, c->now + 5 * S_US, server(c), 4);
}

static void mac_idle(struct client *c)
{
	struct end node = server(c);

	for (int k = 0; k < 4; k++)
		exchange_2013(c, c->now + between_ms(c->w, 1000, 90000), peer(c));
	exchange_2013(c, c->now + S_US, node);
	some_tcp(c, c->now + 3 * S_US, node, 2);
}

static void mac_one_flow(struct client *c)
{
	struct end node = chance(c->w, 0.5) ? server(c) : peer(c);

	exchange_2013(c, c->now + S_US, node);
	joined(c, c->now + between_ms(c->w, 1, 5000), node);
}

static void mobile(struct client *c)
{
	uint64_t t = c->now;
	struct end node;

	for (int k = 0; k < 83; k++, t += between_ms(c->w, 50, 3000)) {
		node = k % 3 ? server(c) : peer(c);
		if (k < 18 && k % 3) { /* twelve whole ones, the client refuses some in turn */
			uint64_t u = refused(c, t, node, rng_range(&c->w->rng, 22, 46), false);

			if (k % 2)
				answer_only(c, u, node, PICK(c->w, 17, 21));
			else
				refused(c, u, node, PICK(c->w, 17, 21), true);
		} else if (k == 40) {
			publish(c, t, node);
		} else if (k > 79) {
			exchange(c, t, node, rng_range(&c->w->rng, 22, 37), 0);
		} else {
			exchange_2013(c, t, node);
		}
	}
	call(c, t, node, 900, false);
}

static void windows(struct client *c)
{
	uint64_t t = c->now;
	struct end node = peer(c), other = server(c);

	for (int k = 0; k < 41; k++, t += between_ms(c->w, 1, 2500))
		exchange_2013(c, t, k % 2 ? server(c) : peer(c));
	exchange(c, t, other, 102, 62);
	exchange(c, t, node, 21, 21);
	call(c, t, node, 900, true);
	session_2013(c, t, node);
	some_tcp(c, t, other, 5);
}

/* Bursts of probes that nobody answers; to peers and port 443 they have 18 bytes. */
static void probes(struct client *c, int n, int burst)
{
	uint64_t t = c->now + S_US;

	for (int k = 0; k < n; k++) {
		bool other = chance(c->w, 14.0 / 187);

		if (chance(c->w, 0.04))
			next_id(c); /* the counter moved elsewhere */
		exchange(c, t, other ? peer(c) : server(c),
			 other ? 18 : rng_range(&c->w->rng, 22, 37), 0);
		t += k % burst ? between_ms(c->w, 0, 3) : between_ms(c->w, 1005, 1015);
	}
}

static void blocked(struct client *c)
{
	uint64_t t = c->now + 20 * S_US;

	probes(c, 146, 5);
	for (int k = 0; k < 11; k++, t += between_ms(c->w, 300, 2000)) {
		session_2013(c, t, k % 3 ? server(c) : peer(c));
		fake_hello(c, t + S_US, server(c));
		if (k % 5 == 0)
			fake_hello(c, t + 2 * S_US, server(c));
	}
	for (int k = 0; k < 5; k++, t += between_ms(c->w, 300, 2000))
		login(c, t, (struct end){somewhere(c->w), (uint16_t)PICK(c->w, 443, 13392, 12350)},
		      false);
	for (int k = 0; k < 4; k++)
		syn_only(c, t, server(c));
}

static void silent(struct client *c)
{
	static const uint16_t ports[] = {33033, 443, 80};
	uint64_t t = c->now + 60 * S_US;
	struct end node = {0};

	probes(c, 187, 5);
	for (int k = 0; k < 147; k++, t += 1600 * MS_US) {
		if (k % 3 == 0)
			node.ip = somewhere(c->w);
		node.port = ports[k % 3];
		syn_only(c, t, node);
	}
}

/* Requests to one node whose repeats cross, each by a timer of its own. */
static void crossing(struct client *c, uint64_t us, struct end node, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++, us += between_ms(c->w, 50, 1700))
		sent_again(c, us, node, rng_range(&c->w->rng, 17, 60), 3);
}

/* Two requests at once, then their answers. */
static void crossed_exchanges(struct client *c, uint64_t us, struct end node)
{
	for (int k = 0; k < 2; k++)
		exchange(c, us + (uint64_t)k * 20 * MS_US, node, rng_range(&c->w->rng, 17, 120), 0);
	for (uint64_t k = 0; k < 2; k++)
		answer_only(c, us + (60 + k * 20) * MS_US, node, rng_range(&c->w->rng, 17, 400));
}

static void odd_flow(struct client *c)
{
	struct end node = peer(c);
	uint64_t t = c->now + S_US;

	switch (rng_range(&c->w->rng, 0, 5)) {
	case 0:
		crossing(c, t, node, rng_range(&c->w->rng, 2, 3));
		break;
	case 1:
		t = sent_again(c, t, node, rng_range(&c->w->rng, 17, 60), 3);
		exchange(c, t + 5 * S_US, node, 30, 18);
		break;
	case 2:
		crossed_exchanges(c, t, node);
		break;
	case 3:
		late_exchange(c, t, node, 3);
		break;
	case 4: /* an answer to what the capture does not hold, then an exchange */
		answer_only(c, t, node, rng_range(&c->w->rng, 17, 400));
		exchange(c, t + S_US, node, rng_range(&c->w->rng, 17, 120), 26);
		break;
	default: /* the first is lost, the second is answered */
		exchange(c, t, node, rng_range(&c->w->rng, 17, 120), 0);
		exchange(c, t + between_ms(c->w, 1000, 30000), node, 30, 18);
	}
}

static void one_node(struct client *c)
{
	struct end node = {somewhere(c->w), (uint16_t)rng_range(&c->w->rng, 40001, 40034)};
	uint64_t t = c->now + between_ms(c->w, 1, 9000);

	exchange_2013(c, c->now + 5 * S_US, chance(c->w, 0.5) ? server(c) : peer(c));
	if (chance(c->w, 0.3)) {
		session_2013(c, t, node);
		return;
	}
	/* behind a NAT the port may be any */
	joined_from(c, t, (uint16_t)rng_range(&c->w->rng, 1024, 65535), node, chance(c->w, 0.5));
}

static void own_port(struct client *c)
{
	for (uint32_t k = rng_range(&c->w->rng, 2, 4); k; k--)
		exchange_2013(c, c->now + between_ms(c->w, 1000, 90000), peer(c));
	joined_from(c, c->now + between_ms(c->w, 1, 60000), c->end.port, peer(c),
		    chance(c->w, 0.5));
}

/* Who calls is no client: a scanner, a browser, a program of the port's former owner. */
static void stranger(struct client *c, uint64_t us)
{
	struct end from = {somewhere(c->w), (uint16_t)rng_range(&c->w->rng, 1025, 65000)};
	struct talk t = talk_open(c->w, us, from, c->end);
	uint32_t n = PICK(c->w, 18, 88, 137, 4, 62, 200, 517);

	wire_label(c->w, 6, from, c->end, "skype", tcp_reason);
	noise(c->w, n);
	memcpy(buf, n & 1 ? "\0\0\0\x85" : n == 18 ? "GET " : "\0\0\0\x54", 4);
	buf[n - 1] = buf[n - 2]; /* what follows byte 48 is no padding */
	talk_say(c->w, &t, 0, buf, n);
	n = padded(c);
	talk_say(c->w, &t, 1, buf, n);
	talk_close(c->w, &t);
}

static void called(struct client *c)
{
	uint64_t t = c->now;
	struct end node;

	for (int k = 0; k < 4; k++, t += between_ms(c->w, 500, 9000))
		stranger(c, t);
	for (int k = 0; k < 12; k++, t += between_ms(c->w, 500, 9000)) {
		node = peer(c);
		if (k % 3 == 0) /* its own requests come last: until then nothing says who is who */
			answer_only(c, t, node, PICK(c->w, 18, 30, 22)),
				exchange(c, t + 50 * MS_US, node, 26, 0);
		else
			exchange_2013(c, t, node);
	}
}

/* The answer to an earlier request comes after the next one was sent, and so on. */
static void asked_again(struct client *c)
{
	uint64_t t = c->now + S_US;

	for (int k = 0; k < 6; k++, t += between_ms(c->w, 500, 4000)) {
		struct end node = peer(c);
		uint64_t u = t;

		for (int n = 0; n < 4; n++, u += between_ms(c->w, 300, 30000)) {
			exchange(c, u, node, 18, 0);
			answer_only(c, u + between_ms(c->w, 40, 29000), node, 18);
		}
		session_2006(c, u, node);
	}
	login(c, t, (struct end){somewhere(c->w), 33033}, true);
}

static const struct {
	const char *name;
	void (*make)(struct client *c);
} kinds[] = {{"linux-2006", linux_2006},     {"mac-call", mac_call}, {"mac-idle", mac_idle},
	     {"mac-one-flow", mac_one_flow}, {"mobile", mobile},     {"windows", windows},
	     {"blocked", blocked},	     {"silent", silent},     {"odd-flow", odd_flow},
	     {"one-node", one_node},	     {"own-port", own_port}, {"called", called},
	     {"asked-again", asked_again}};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Other traffic of the host: DNS from ports of its own, the web. */
static void chat(struct client *c)
{
	for (int k = 0; k < 20; k++) {
		struct end from = {c->end.ip, (uint16_t)rng_range(&c->w->rng, 49152, 65535)};
		struct end to = {0xc0a80101, 53};
		uint64_t t = c->now + between_ms(c->w, 0, 60000);
		struct talk web;

		message(c->w, (uint16_t)rng_u32(&c->w->rng), 1, 40);
		memcpy(buf + 3, "\0\0\1\0\0\0\0\0\0", 9);
		wire_udp(c->w, t, from, to, buf, 40);
		wire_label(c->w, 17, from, to, "not-skype", "emulated look-alike: DNS");
		web = talk_open(c->w, t + MS_US, (struct end){from.ip, c->tcp_port++},
				(struct end){somewhere(c->w), (uint16_t)PICK(c->w, 80, 443)});
		wire_label(c->w, 6, web.end[0], web.end[1], "not-skype",
			   "emulated look-alike: web");
		memcpy(buf, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
		talk_say(c->w, &web, 0, buf, 517);
		says(c, &web, 1, 1400);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: mkskype KIND FILE LABELS [seed=N] [link=eth|vlan|cooked|raw]\n"
			"       [snap=BYTES] [from=S] [to=S] [side=lan|wan] [clients=N] [chat=no] "
			"[ids=free]\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct wire w = {.link = "eth", .snap = 65535};
	uint64_t seed = 1, clients = 1;
	bool wan = false, chatty = true, free_ids = false;
	size_t kind = 0;
	int rc;

	while (argc > 3 && kind < KINDS && strcmp(argv[1], kinds[kind].name) != 0)
		kind++;
	if (argc < 4 || kind == KINDS)
		return usage();
	for (int i = 4; i < argc; i++)
		if (!strncmp(argv[i], "clients=", 8))
			clients = strtoull(argv[i] + 8, NULL, 10);
		else if (!strncmp(argv[i], "side=", 5))
			wan = !strcmp(argv[i] + 5, "wan");
		else if (!strcmp(argv[i], "ids=free"))
			free_ids = true;
		else if (!strcmp(argv[i], "chat=no"))
			chatty = false;
		else if (!wire_option(&w, argv[i], &seed))
			return usage();
	rng_init(&w.rng, seed, argv[1]);
	for (uint64_t k = 0; k < clients; k++) {
		uint32_t public = 0x5680f573; /* one for all: they share a NAT */
		struct client c = {.w = &w, .public = public, .id = (uint16_t)rng_u32(&w.rng)};

		c.end.ip = wan ? public : 0xc0a80102 + (uint32_t)k;
		c.end.port = (uint16_t)(rng_range(&w.rng, 1100, 30000) * 2 + (wan ? k : 0));
		c.tcp_port = (uint16_t)(1100 + 6000 * k + rng_range(&w.rng, 0, 900));
		c.free_ids = free_ids;
		c.now = k ? between_ms(&w, 0, 30000) : 0;
		kinds[kind].make(&c);
		if (chatty)
			chat(&c);
	}
	rc = wire_write(&w, argv[2]) || wire_write_labels(&w, argv[3]) ? 2 : 0;
	wire_free(&w);
	return rc;
}
