// SPDX-License-Identifier: GPL-2.0-or-later
/* What the bundled signatures find and what they leave alone, on packets made here: each protocol
 * fact they rest on, and each protocol that is nearest to it. Recorded traffic: tests/e2e. */
#include "base/rng.h"
#include "tests/unit/feed.h"

#define SC "192.168.5.2:13021"

static const char *const ours[] = {"skypelab-2006", "skypelab-2013"};

static struct rng rng;

static const uint8_t *noise(uint32_t len)
{
	static uint8_t buf[2000];

	rng_fill(&rng, buf, len);
	return buf;
}

/* A message of function @function with a given id; all else is noise. */
static const uint8_t *skype(uint16_t id, uint8_t function, uint32_t len)
{
	static uint8_t buf[2000];

	memcpy(buf, noise(len), len);
	buf[0] = (uint8_t)(id >> 8);
	buf[1] = (uint8_t)id;
	buf[2] = function;
	return buf;
}

static const char *host(unsigned n, unsigned port)
{
	static char text[2][40];
	static unsigned turn;

	turn = !turn;
	snprintf(text[turn], sizeof(text[turn]), "203.0.%u.%u:%u", 113 + n / 250, 1 + n % 250,
		 port);
	return text[turn];
}

static unsigned flows_claimed(const struct feed *f, const char *signature)
{
	unsigned n = 0;

	for (size_t i = 0; i < f->n; i++) {
		bool first = !strcmp(f->events[i].signature, signature);

		for (size_t k = 0; k < i && first; k++)
			if (!strcmp(f->events[k].signature, signature) &&
			    tuple_same(&f->events[k].flow, &f->events[i].flow))
				first = false;
		n += first;
	}
	return n;
}

START_TEST(unanswered_probes_with_stepping_ids_give_the_client_and_all_its_flows_away)
{
	struct feed *f = feed_bundled(&ours[_i], 1);

	for (unsigned k = 0; k < 3; k++)
		feed_udp(f, SC, host(k, 40001 + k), skype((uint16_t)(0xfffd + 2 * k), 2, 24 + k),
			 24 + k);
	ck_assert_uint_eq(f->n, 0); /* three could be chance */
	feed_udp(f, SC, host(3, 33033), skype(3, 2, 37), 37);
	ck_assert_uint_eq(flows_claimed(f, ours[_i]), 4); /* the earlier ones too */
	feed_udp(f, SC, host(4, 40009), skype(0x7000, 2, 30), 30);
	ck_assert_uint_eq(flows_claimed(f, ours[_i]), 5); /* and later ones, whatever their id */
	feed_udp(f, "192.168.5.2:53211", host(4, 40009), skype(0x7002, 2, 30), 30);
	ck_assert_uint_eq(flows_claimed(f, ours[_i]), 5); /* but not another port's */
	feed_free(f);
}
END_TEST

START_TEST(ids_that_do_not_step_are_no_sign)
{
	struct feed *f = feed_bundled(ours, 2);

	for (unsigned k = 0; k < 50; k++)
		feed_udp(f, SC, host(k, 9999), skype((uint16_t)(0x1000 + 37 * k), 2, 24), 24);
	for (unsigned k = 50; k < 100; k++) /* the same head to every host */
		feed_udp(f, SC, host(k, 9999), skype(0x0100, 2, 24), 24);
	ck_assert_uint_eq(f->n, 0);
	feed_free(f);
}
END_TEST

START_TEST(repeated_requests_keep_id_and_check_sum_only)
{
	static const struct {
		unsigned pause_ms;
		int change;
		unsigned step, found; /* between the ids of the two requests */
	} cases[] = {{2060, -1, 2, 2}, {4000, -1, 40, 2}, {20, -1, 2, 0},  {2060, 0, 2, 0},
		     {2060, 8, 2, 0},  {2060, 20, 2, 2},  {2060, -1, 0, 0}};
	struct feed *f = feed_bundled(&ours[1], 1);

	for (unsigned k = 0; k < 2; k++) {
		uint8_t a[30], b[30];

		memcpy(a, skype((uint16_t)(0x1234 + k * cases[_i].step), 2, 30), 30);
		a[3] = 0x9a;		     /* no pair of zeros */
		for (int i = 0; i < 30; i++) /* noise that differs in every byte */
			b[i] = i < 3 || (i > 6 && i < 11) ? a[i] : (uint8_t)~a[i];
		if (cases[_i].change >= 0)
			b[cases[_i].change] ^= 0x40;
		feed_udp(f, SC, host(k, 7000), a, 30);
		f->now += cases[_i].pause_ms * 1000000ULL;
		ck_assert_uint_eq(f->n, 0); /* one could be a device that reports its state */
		feed_udp(f, SC, host(k, 7000), b, 30);
	}
	ck_assert_uint_eq(flows_claimed(f, ours[1]), cases[_i].found);
	feed_free(f);
}
END_TEST

/* By chance one flow of noise in 65,536 begins with an exchange; it must not take others along. */
/* A request of 28 bytes sent three times with these pauses: the checksum stays unless @broken is a byte
 * that is changed in the third. Ids are the next of the counter. */
static void send_thrice(struct feed *f, unsigned first_ms, unsigned second_ms, int broken)
{
	uint8_t a[28], b[28];

	memcpy(a, skype(0x1234, 2, 28), 28);
	a[3] = 0x9a;
	for (unsigned k = 0; k < 3; k++) {
		for (int i = 0; i < 28; i++) /* noise that differs in every byte */
			b[i] = i == 2 || (i > 6 && i < 11) ? a[i] : (uint8_t)(a[i] ^ (0x11 * k));
		b[0] = 0x12;
		b[1] = (uint8_t)(0x34 + 2 * k);
		if (k == 2 && broken >= 0)
			b[broken] ^= 0x40;
		feed_udp(f, SC, host(1, 7000), b, 28);
		f->now += (k ? second_ms : first_ms) * 1000000ULL - 1000000;
	}
}

START_TEST(a_request_sent_thrice_with_doubling_pauses_names_its_flow_at_any_speed)
{
	static const struct {
		unsigned first_ms, second_ms;
		int broken;
		unsigned found;
	} cases[] = {{2000, 4000, -1, 1},   {200, 400, -1, 1},	 {10, 20, -1, 1},
		     {40000, 80000, -1, 1}, {2000, 2900, -1, 0}, {2000, 3100, -1, 1},
		     {2000, 2000, -1, 0}, /* a device that reports its state */
		     {2000, 7000, -1, 0},   {2000, 4000, 7, 0},	 {2000, 4000, 2, 0}};

	for (unsigned s = 0; s < 2; s++) {
		struct feed *f = feed_bundled(&ours[s], 1);

		send_thrice(f, cases[_i].first_ms, cases[_i].second_ms, cases[_i].broken);
		ck_assert_uint_eq(flows_claimed(f, ours[s]), cases[_i].found);
		/* it names this flow, not the client's port */
		feed_udp(f, SC, host(2, 7000), skype(0x7000, 2, 40), 40);
		ck_assert_uint_eq(flows_claimed(f, ours[s]), cases[_i].found);
		feed_free(f);
	}
}
END_TEST

START_TEST(an_answer_in_pieces_names_the_client)
{
	static const struct {
		uint8_t function, number, next, end;
		int change; /* to the request's id in the second piece */
		unsigned found;
	} cases[] = {{0x0f, 0, 1, 2, 0, 1}, {0x7f, 0, 1, 2, 0, 1}, {0x0f, 1, 3, 2, 0, 0},
		     {0x0f, 0, 1, 3, 0, 0}, {0x0f, 0, 1, 2, 1, 0}, {0x0d, 0, 1, 2, 0, 0}};

	for (unsigned s = 0; s < 2; s++) {
		struct feed *f = feed_bundled(&ours[s], 1);
		uint8_t piece[600];

		feed_udp(f, SC, host(1, 7000), skype(0x1234, 2, 47), 47);
		for (unsigned k = 0; k < 2; k++) {
			memcpy(piece, skype((uint16_t)(0x5000), cases[_i].function, 600), 600);
			piece[3] = 0x12;
			piece[4] = (uint8_t)(0x34 + k * (unsigned)cases[_i].change);
			piece[5] = k ? cases[_i].next : cases[_i].number;
			piece[6] = cases[_i].end;
			feed_udp(f, host(1, 7000), SC, piece, 600);
		}
		ck_assert_uint_eq(flows_claimed(f, ours[s]), cases[_i].found);
		feed_free(f);
	}
}
END_TEST

/* TCP joined midway, from (or to) the port that takes UDP; who speaks first does not matter, nor
 * whether UDP names the client before or after. */
START_TEST(joined_tcp_of_the_client_s_own_port_is_claimed)
{
	bool client_first = _i & 1, before = _i & 2, own = !(_i & 4), text = _i & 8;
	const char *tcp = own ? SC : "192.168.5.2:13055";

	for (unsigned s = 0; s < 2; s++) {
		struct feed *f = feed_bundled(&ours[s], 1);
		const char *far = "198.51.100.9:21345";
		uint8_t said[60];

		if (!before)
			for (unsigned k = 0; k < 4; k++)
				feed_udp(f, SC, host(k, 7000),
					 skype((uint16_t)(0x1234 + 2 * k), 2, 28), 28);
		for (unsigned k = 0; k < 4; k++) {
			bool up = client_first == !(k & 1);

			memcpy(said, noise(60), 60);
			said[0] = 0x91;
			for (unsigned i = 0; text && i < 60; i++)
				said[i] = 'a';
			feed_packet(f, IPPROTO_TCP, up ? tcp : far, up ? far : tcp,
				    TH_PUSH | TH_ACK, (up ? 1000U : 9000U) + k / 2 * 60, said, 60);
		}
		if (before)
			for (unsigned k = 0; k < 4; k++)
				feed_udp(f, SC, host(k, 7000),
					 skype((uint16_t)(0x1234 + 2 * k), 2, 28), 28);
		detector_finish(f->d);
		/* who connects to a known client's port is claimed at once, whatever it says */
		ck_assert_uint_eq(flows_claimed(f, ours[s]),
				  4 + (own && (!text || (!before && !client_first))));
		feed_free(f);
	}
}
END_TEST

START_TEST(one_exchange_names_its_flow_and_node_but_not_the_port)
{
	struct feed *f = feed_bundled(&ours[_i], 1);
	const char *node = "203.0.113.5:29121";

	feed_udp(f, SC, "203.0.113.6:9000", skype(0x5108, 2, 44), 44);
	feed_udp(f, SC, node, skype(0x7108, 2, 44), 44);
	feed_udp(f, node, SC, skype(0x1f42, 2, 71), 71);
	ck_assert_uint_eq(flows_claimed(f, ours[_i]), 1);
	feed_udp(f, SC, "203.0.113.7:9000", skype(0x6108, 2, 44), 44);
	ck_assert_uint_eq(flows_claimed(f, ours[_i]), 1);
	feed_open(f, "192.168.5.2:50001", node); /* the node's TCP */
	feed_say(f, "192.168.5.2:50001", node, 0, noise(33), 33);
	ck_assert_uint_eq(flows_claimed(f, ours[_i]), 2);
	feed_udp(f, SC, "203.0.113.8:8011", skype(0x710e, 2, 44), 44); /* a second exchange does */
	feed_udp(f, "203.0.113.8:8011", SC, skype(0xc142, 2, 93), 93);
	ck_assert_uint_eq(flows_claimed(f, ours[_i]), 5);
	feed_free(f);
}
END_TEST

/* A client that was named by mistake, or whose port carries something else too, keeps it apart. */
START_TEST(a_named_client_s_other_flows_are_claimed_by_their_first_messages_only)
{
	struct feed *f = feed_bundled(&ours[_i], 1);

	for (unsigned k = 0; k < 4; k++)
		feed_udp(f, SC, host(k, 40001 + k), skype((uint16_t)(0x9a10 + 2 * k), 2, 24 + k),
			 24 + k);
	ck_assert_uint_eq(flows_claimed(f, ours[_i]), 4);
	feed_udp(f, SC, host(10, 3478), skype(1, 0, 28), 28); /* STUN, say */
	feed_udp(f, host(10, 3478), SC, skype(0x101, 0, 60), 60);
	for (unsigned k = 0; k < 8; k++) /* single messages of any function are not enough */
		feed_udp(f, SC, host(10, 3478), skype(7, k & 1 ? 0x0d : 0x0e, 40), 40);
	ck_assert_uint_eq(flows_claimed(f, ours[_i]), 4);
	for (unsigned k = 0; k < 4; k++) { /* a call that was under way: four in a row are */
		ck_assert_uint_eq(flows_claimed(f, ours[_i]), 4);
		feed_udp(f, k & 1 ? host(11, 5000) : SC, k & 1 ? SC : host(11, 5000),
			 skype(7, (uint8_t)(0x0d | k << 4), 40), 40);
	}
	ck_assert_uint_eq(flows_claimed(f, ours[_i]), 5);
	feed_free(f);
}
END_TEST

START_TEST(probes_of_super_nodes_name_a_client_whatever_its_ids)
{
	struct feed *f = feed_bundled(&ours[1], 1);

	for (unsigned k = 0; k < 12; k++) {
		ck_assert_uint_eq(f->n, 0);
		if (_i == 1 && k % 2 == 0) /* most of what it sends there is something else */
			feed_udp(f, SC, host(100 + k, 40009), skype(7, 9, 44), 44);
		feed_udp(f, SC, host(k, k % 2 ? 33033 : 40001 + k),
			 skype(_i == 2 ? 0xe421 : (uint16_t)(0x9000 - 77 * k), 2, 24 + k), 24 + k);
	}
	ck_assert_uint_eq(flows_claimed(f, ours[1]), _i ? 0 : 12);
	feed_free(f);
}
END_TEST

START_TEST(the_private_side_is_the_client_whoever_asked)
{
	uint8_t answer[11] = {0x15, 0xf2, 0x77, 86, 128, 245, 115, 1, 2, 3, 4};
	struct feed *f = feed_bundled(ours, 2);

	feed_udp(f, host(1, 7000), SC, skype(0x15f2, 2, 18), 18); /* a peer asks, we refuse */
	feed_udp(f, SC, host(1, 7000), answer, 11);
	ck_assert_uint_ge(f->n, 2);
	for (size_t i = 0; i < f->n; i++)
		ck_assert_uint_eq(f->events[i].flow.src.port, 13021);
	feed_free(f);

	f = feed_bundled(ours, 2); /* the answer is to another request; its address is not public */
	answer[1]++;
	feed_udp(f, host(1, 7000), SC, skype(0x15f2, 2, 18), 18);
	feed_udp(f, SC, host(1, 7000), answer, 11);
	answer[1]--;
	answer[3] = 10;
	feed_udp(f, host(1, 7000), SC, skype(0x15f2, 2, 18), 18);
	feed_udp(f, SC, host(1, 7000), answer, 11);
	ck_assert_uint_eq(f->n, 0);
	feed_free(f);
}
END_TEST

static void pad(uint8_t *x, uint32_t len, uint8_t seed)
{
	memcpy(x, noise(len), len);
	for (uint32_t i = 48; i < len; i++, seed = (uint8_t)(205 * seed + 113))
		x[i] = seed;
}

START_TEST(padding_of_the_key_exchange_names_client_and_node)
{
	struct feed *f = feed_bundled(&ours[1], 1);
	const char *sc = "192.168.5.2:50001", *sn = "203.0.113.9:20274";
	uint8_t x[111];

	pad(x, 60, 77);
	if (_i == 1)
		x[55] ^= 1; /* the cycle is broken */
	feed_open(f, sc, sn);
	feed_say(f, sc, sn, 0, x, 60);
	feed_say(f, sc, sn, 1, noise(48), 48);
	feed_say(f, sc, sn, 0, noise(8), 8);
	ck_assert_uint_eq(flows_claimed(f, ours[1]), _i ? 0 : 1);
	feed_open(f, "192.168.5.2:50002", sn); /* the second connection has no padding */
	feed_say(f, "192.168.5.2:50002", sn, 0, noise(33), 33);
	feed_open(f, "192.168.5.2:50003", "203.0.113.9:20275"); /* another port of that host */
	feed_say(f, "192.168.5.2:50003", "203.0.113.9:20275", 0, noise(33), 33);
	ck_assert_uint_eq(flows_claimed(f, ours[1]), _i ? 0 : 2);
	feed_free(f);
}
END_TEST

START_TEST(a_call_is_seen_by_its_half_bytes_and_rtp_is_not_one)
{
	struct feed *f = feed_bundled(&ours[1], 1);
	uint8_t b[80];

	for (unsigned k = 0; k < 4000; k++) {
		memcpy(b, noise(80), 80);
		if (_i == 0) {
			b[2] = (uint8_t)(rng_range(&rng, 0, 7) << 4 | 0x0d);
		} else { /* RTP of some minutes: byte 2 counts through 0d, 1d ... */
			b[0] = 0x80;
			b[1] = 8;
			b[2] = (uint8_t)((3000 + k) >> 8);
			b[3] = (uint8_t)(3000 + k);
		}
		f->now += 19000000;
		feed_udp(f, k & 1 ? host(1, 7001) : SC, k & 1 ? SC : host(1, 7001), b, 80);
	}
	ck_assert_uint_eq(feed_count(f, EVENT_CALL_START), _i == 0);
	ck_assert_uint_eq(f->n > 0, _i == 0);
	feed_free(f);
}
END_TEST

/* A message of a call between ends (0), to a telephone (1), of RTP (2), or noise (3). */
static const uint8_t *spoken(int kind, unsigned k, uint32_t len)
{
	static uint8_t b[100];

	memcpy(b, noise(len), len);
	if (kind == 0) {
		b[2] = (uint8_t)(rng_range(&rng, 0, 7) << 4 | 0x0d);
	} else if (kind == 1) {
		memcpy(b, "\x4a\x91\x3c\x07", 4);
	} else if (kind == 2) {
		memcpy(b, (uint8_t[]){0x80, 8, (uint8_t)(k >> 8), (uint8_t)k}, 4);
		memcpy(b + 4, (uint8_t[]){0, 0, (uint8_t)(160 * k >> 8), (uint8_t)(160 * k)}, 4);
		memcpy(b + 8, "SSRC", 4);
	}
	return b;
}

/* Sizes and gaps as Tstat's files have them are believed, others are not; both classifiers claim what both do. */
START_TEST(bonfiglio_s_classifiers_see_a_call_by_its_half_bytes_and_by_its_pace)
{
	static const char *const names[] = {"bonfiglio-csc", "bonfiglio-nbc", "bonfiglio-both"};
	int kind = _i & 3;
	bool paced = _i & 4, back = _i & 8, random = kind < 2;
	struct feed *f = feed_bundled(names, 3);

	for (unsigned k = 0; k < 400; k++) {
		uint32_t len = paced ? 12 + k % 8 : 90;

		f->now += (paced ? 19 : 94) * 1000000ULL; /* and one more */
		feed_udp(f, back ? host(1, 7001) : SC, back ? SC : host(1, 7001),
			 spoken(kind, k, len), len);
	}
	ck_assert_uint_eq(flows_claimed(f, names[0]), random);
	ck_assert_uint_eq(flows_claimed(f, names[1]), paced);
	ck_assert_uint_eq(flows_claimed(f, names[2]), random && paced);
	feed_free(f);
}
END_TEST

/* The NACK with a public address: biondi-desclaux-2006 takes any, fortigate-own-address only one's own. */
START_TEST(a_nack_with_an_own_address_names_the_client)
{
	static const struct {
		const char *own, *nack;
		uint32_t len;
		uint8_t function;
		bool found, found_by_any;
	} cases[] = {{"86.128.245.115", "\x56\x80\xf5\x73", 11, 0x77, true, true},
		     {"86.128.245.0/24", "\x56\x80\xf5\x73", 11, 0x07, true, true},
		     {"86.128.245.116", "\x56\x80\xf5\x73", 11, 0x07, false, true},
		     {"2001:db8::/32", "\x56\x80\xf5\x73", 11, 0x07, false, true},
		     {NULL, "\x56\x80\xf5\x73", 11, 0x07, false, true},
		     {"10.9.8.7", "\x0a\x09\x08\x07", 11, 0x07, true, false},
		     {"86.128.245.115", "\x56\x80\xf5\x73", 12, 0x07, false, false},
		     {"86.128.245.115", "\x56\x80\xf5\x73", 11, 0x87, false, false}};
	static const char *const names[] = {"fortigate-own-address", "biondi-desclaux-2006"};
	struct feed *f = feed_bundled(names, 2);
	uint8_t b[12];
	struct err e;

	ck_assert_int_eq(
		signatures_own_addresses(f->set, &cases[_i].own, cases[_i].own != NULL, &e), 0);
	memcpy(b, skype(0x15f2, cases[_i].function, 12), 12);
	memcpy(b + 3, cases[_i].nack, 4);
	feed_udp(f, host(1, 7000), SC, b, cases[_i].len);
	ck_assert_uint_eq(flows_claimed(f, names[0]), cases[_i].found);
	ck_assert_uint_eq(flows_claimed(f, names[1]), cases[_i].found_by_any);
	feed_free(f);
}
END_TEST

/* Head bytes of protocols that have a 02 where Skype's requests have it, both ways. */
static void near(struct feed *f, int kind, unsigned k, bool answer, const char *peer)
{
	uint8_t b[120];
	uint32_t len = kind == 1 ? 38 + 2 * (k % 8) : kind == 2 ? 20 : 60;

	memcpy(b, noise(sizeof(b)), sizeof(b));
	b[2] = 0x02;
	switch (kind) {
	case 0: /* RTP, sequence numbers from 512: 8 packets apart the time stamps end alike */
		memcpy(b, (uint8_t[]){0x80, answer ? 8 : 0, 2, (uint8_t)k}, 4);
		memcpy(b + 4, (uint8_t[]){0, 0, (uint8_t)(160 * k >> 8), (uint8_t)(160 * k)}, 4);
		memcpy(b + 8, answer ? "SSR1" : "SSR2", 4);
		break;
	case 1: /* SNMP: lengths that grow by two look like stepping ids */
		memcpy(b, (uint8_t[]){0x30, (uint8_t)(len - 2), 2, 1, 1, 4, 6, 'p'}, 8);
		break;
	case 2: /* uTP: the connection number begins with 02 */
		memcpy(b,
		       (uint8_t[]){answer  ? 0x21
				   : k % 3 ? 0x01
					   : 0x41,
				   0, 2, (uint8_t)(k / 3)},
		       4);
		break;
	case 3: /* RakNet: a 24 bit counter, lowest byte first */
		memcpy(b, (uint8_t[]){answer ? 0x8c : 0x84, (uint8_t)k, 2, 0}, 4);
		break;
	case 4: /* ONC RPC: a counting transaction number, the answer repeats it */
		memcpy(b, (uint8_t[]){0x5a, 0x11, 2, (uint8_t)k, 0, 0, 0, answer}, 8);
		break;
	default: /* FINS */
		memcpy(b, (uint8_t[]){answer ? 0xc0 : 0x80, 0, 2, 0, 5, 0, 0, 9, 0, (uint8_t)k},
		       10);
		len = answer ? 26 : 18;
	}
	feed_udp(f, answer ? peer : SC, answer ? SC : peer, b, len);
}

START_TEST(protocols_with_a_02_in_the_same_place_are_left_alone)
{
	struct feed *f = feed_bundled(ours, 2);

	for (unsigned k = 0; k < 240; k++) { /* to one host, on a port of Skype's */
		near(f, _i, k, false, host(0, 40005));
		near(f, _i, k, true, host(0, 40005));
	}
	for (unsigned k = 0; k < 240; k++) { /* to many */
		near(f, _i, k, false, host(k, 40001 + k % 50));
		f->now += 40000000;
		if (k % 4)
			near(f, _i, k, true, host(k, 40001 + k % 50));
		f->now += 2000000000;
	}
	ck_assert_msg(f->n == 0, "%s: rule %s", f->events[0].signature, f->events[0].rule);
	feed_free(f);
}
END_TEST

START_TEST(opaque_traffic_of_a_busy_peer_is_left_alone)
{
	struct feed *f = feed_bundled(ours, 2);

	for (unsigned k = 0; k < 20000; k++) {
		static const uint8_t sizes[] = {11, 17, 18, 21, 22, 26, 30, 33, 35, 51, 62, 102};
		uint32_t a = sizes[rng_range(&rng, 0, sizeof(sizes) - 1)];
		uint32_t b = sizes[rng_range(&rng, 0, sizeof(sizes) - 1)];
		const char *peer = host(k % 5000, 2000 + k % 60000);

		feed_udp(f, SC, peer, noise(a), a);
		if (k & 1)
			feed_udp(f, peer, SC, noise(b), b);
		f->now += 100000000;
	}
	ck_assert_msg(f->n == 0, "%s: rule %s", f->events[0].signature, f->events[0].rule);
	feed_free(f);
}
END_TEST

/* In 2019 nDPI began to test the first byte, which is half of a random number. */
START_TEST(ndpi_lost_most_clients_when_it_tested_the_request_id)
{
	static const char *const names[] = {"ndpi-2018", "ndpi-2019"};
	struct feed *f = feed_bundled(names, 2);

	for (unsigned k = 0; k < 256; k++)
		feed_udp(f, SC, host(k, 33033), skype((uint16_t)(k << 8), 2, 24), 24);
	ck_assert_uint_eq(flows_claimed(f, "ndpi-2018"), 255); /* 30 is left to SNMP */
	ck_assert_uint_eq(flows_claimed(f, "ndpi-2019"), 80);  /* 70 to 7f and 80 to bf */
	feed_free(f);
}
END_TEST

/* Adami's statistics of opaque TCP: ticks of 4 bytes a second apart, and 19 bytes at the end, unless large packets come
 * between; from 40 kB and a mean size of 100 on it is a call. */
START_TEST(adami_tells_a_tcp_call_by_its_bytes)
{
	static const char *const name = "adami-2009", *const node = "203.0.113.9:8000";
	static const struct {
		uint32_t size, packets; /* from the node before the ticks */
		bool ends,
			large; /* ends of 19 bytes in place of ticks, a large packet between them */
		unsigned flows, calls;
	} tries[] = {
		{200, 201, false, false, 1, 1}, {200, 190, false, false, 1, 0},
		{90, 600, false, false, 1, 0},	{700, 100, false, false, 0, 0},
		{200, 250, true, false, 1, 1},	{200, 250, true, true, 0, 0},
		{200, 150, true, false, 1, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		struct feed *f = feed_bundled(&name, 1);

		feed_open(f, SC, node);
		for (uint32_t n = 0; n < tries[i].packets; n++)
			feed_say(f, SC, node, 1, noise(tries[i].size), tries[i].size);
		for (unsigned n = 0; n < 8; n++) {
			f->now += 999000000; /* and feed_packet()'s millisecond */
			feed_say(f, SC, node, 0, noise(19), tries[i].ends ? 19 : 4);
			if (tries[i].large && n == 4)
				feed_say(f, SC, node, 1, noise(151), 151);
		}
		ck_assert_msg(flows_claimed(f, name) == tries[i].flows &&
				      feed_count(f, EVENT_CALL_START) == tries[i].calls,
			      "try %zu: %u flows, %u calls", i, flows_claimed(f, name),
			      feed_count(f, EVENT_CALL_START));
		feed_free(f);
	}
}
END_TEST

/* Keep-alives of a port to so many hosts, as far apart, in one direction only where @silent. */
static void keep_alives(struct feed *f, unsigned hosts, uint64_t apart, bool silent)
{
	for (unsigned round = 0; round < 6; round++) {
		for (unsigned h = 0; h < hosts; h++) {
			feed_udp(f, SC, host(h, 40000), noise(21), 21);
			if (!silent)
				feed_udp(f, host(h, 40000), SC, noise(21), 21);
		}
		f->now += apart;
	}
}

START_TEST(perenyi_names_a_port_by_its_keep_alives)
{
	static const char *const name = "perenyi-2007";
	static const struct {
		unsigned hosts;
		uint64_t seconds;
		bool silent;
		unsigned flows;
	} tries[] = {{3, 20, false, 4},
		     {5, 20, true, 6},
		     {2, 20, false, 0},
		     {9, 15, false, 0},
		     {9, 22, false, 0}};

	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		struct feed *f = feed_bundled(&name, 1);

		feed_udp(f, SC, host(99, 1234), noise(30),
			 30); /* of the same port, without keep-alive */
		keep_alives(f, tries[i].hosts, tries[i].seconds * 1000000000ULL, tries[i].silent);
		ck_assert_msg(flows_claimed(f, name) == tries[i].flows, "try %zu: %u flows", i,
			      flows_claimed(f, name));
		feed_free(f);
	}
}
END_TEST

/* Suh's bursts: a candidate has two at once, with different hosts, of 10 kbit/s for 30 s. */
START_TEST(suh_sees_two_bursts_of_a_host_at_once)
{
	static const char *const name = "suh-2006";
	static const struct {
		unsigned hosts;
		uint32_t size, seconds; /* a packet each half second */
		bool apart;		/* one after the other */
		unsigned events;
	} tries[] = {{2, 700, 50, false, 1},
		     {1, 700, 50, false, 0},
		     {2, 600, 50, false, 0},
		     {2, 700, 25, false, 0},
		     {2, 700, 50, true, 0}};

	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		struct feed *f = feed_bundled(&name, 1);

		for (unsigned n = 0; n < 2 * tries[i].seconds * (tries[i].apart ? 2 : 1); n++) {
			for (unsigned h = 0; h < tries[i].hosts; h++)
				if (!tries[i].apart || n / (2 * tries[i].seconds) == h)
					feed_udp(f, h ? SC : host(0, 7), h ? host(1, 8) : SC,
						 noise(tries[i].size), tries[i].size);
			f->now += 500000000;
			if (tries[i].apart && n + 1 == 2 * tries[i].seconds)
				f->now += 60000000000;
		}
		ck_assert_msg(feed_count(f, EVENT_EVIDENCE) == tries[i].events,
			      "try %zu: %zu events", i, f->n);
		feed_free(f);
	}
}
END_TEST

START_TEST(every_bundled_signature_says_where_it_comes_from)
{
	struct err e = {0};
	char **names = signatures_names(&e);
	size_t n = 0;

	ck_assert_msg(names != NULL, "%s", e.msg);
	for (; names[n]; n++) {
		struct feed *f = feed_bundled((const char *const *)&names[n], 1);
		const struct signature_info *s = signatures_info(f->set, 0);

		ck_assert_str_eq(s->name, names[n]);
		ck_assert_msg((*s->versions || strcmp(s->application, "skype") != 0) && *s->notes &&
				      *s->source && strlen(s->date) >= 4,
			      "%s lacks versions, notes, source or date", names[n]);
		feed_free(f);
	}
	ck_assert_uint_ge(n, 19);
	signatures_names_free(names);
}
END_TEST

/* The same bytes for each case, whatever ran before it. */
static void begin(void)
{
	rng_init(&rng, 2006, "bundled");
}

/* SNACK's rules on packets: an answer of this many bytes, to this port of the client, and a connection after it. */
static const struct {
	unsigned size, port, pause_ms;
	const char *to;
	unsigned found;
} snack[] = {
	{18, 13021, 300, "203.0.113.9:40001", 1},  {18, 13021, 1200, "203.0.113.9:40001", 0},
	{26, 13021, 300, "203.0.113.9:40001", 0},  {18, 1023, 300, "203.0.113.9:40001", 0},
	{18, 13021, 300, "203.0.113.9:40002", 0},  {18, 13021, 300, "203.0.113.9:443", 1},
	{18, 13021, 300, "203.0.113.10:40001", 0},
};

START_TEST(snack_asks_sizes_and_times_of_packets)
{
	static const char *const name[] = {"snack-2011-packets"};
	struct feed *f = feed_bundled(name, 1);
	char client[32];

	snprintf(client, sizeof(client), "192.168.5.2:%u", snack[_i].port);
	feed_udp(f, client, "203.0.113.9:40001", noise(30), 30);
	feed_udp(f, "203.0.113.9:40001", client, noise(11), 11); /* refused at first */
	feed_udp(f, client, "203.0.113.9:40001", noise(35), 35);
	feed_udp(f, "203.0.113.9:40001", client, noise(snack[_i].size), snack[_i].size);
	f->now += snack[_i].pause_ms * 1000000ULL;
	feed_open(f, "192.168.5.2:2000", snack[_i].to);
	ck_assert_uint_eq(f->n, 0);
	feed_say(f, "192.168.5.2:2000", snack[_i].to, 0, noise(14), 14);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_START), snack[_i].found);
	feed_free(f);
}
END_TEST

UNIT(bundled)
{
	tcase_add_checked_fixture(tc, begin, NULL);
	unit_loop(tc, unanswered_probes_with_stepping_ids_give_the_client_and_all_its_flows_away, 0,
		  2);
	unit_case(tc, ids_that_do_not_step_are_no_sign);
	unit_loop(tc, repeated_requests_keep_id_and_check_sum_only, 0, 7);
	unit_loop(tc, a_request_sent_thrice_with_doubling_pauses_names_its_flow_at_any_speed, 0,
		  10);
	unit_loop(tc, an_answer_in_pieces_names_the_client, 0, 6);
	unit_loop(tc, joined_tcp_of_the_client_s_own_port_is_claimed, 0, 16);
	unit_loop(tc, one_exchange_names_its_flow_and_node_but_not_the_port, 0, 2);
	unit_loop(tc, a_named_client_s_other_flows_are_claimed_by_their_first_messages_only, 0, 2);
	unit_loop(tc, probes_of_super_nodes_name_a_client_whatever_its_ids, 0, 3);
	unit_case(tc, the_private_side_is_the_client_whoever_asked);
	unit_loop(tc, padding_of_the_key_exchange_names_client_and_node, 0, 2);
	unit_loop(tc, a_call_is_seen_by_its_half_bytes_and_rtp_is_not_one, 0, 2);
	unit_loop(tc, bonfiglio_s_classifiers_see_a_call_by_its_half_bytes_and_by_its_pace, 0, 16);
	unit_loop(tc, a_nack_with_an_own_address_names_the_client, 0, 8);
	unit_loop(tc, protocols_with_a_02_in_the_same_place_are_left_alone, 0, 6);
	unit_case(tc, opaque_traffic_of_a_busy_peer_is_left_alone);
	unit_case(tc, ndpi_lost_most_clients_when_it_tested_the_request_id);
	unit_case(tc, adami_tells_a_tcp_call_by_its_bytes);
	unit_case(tc, perenyi_names_a_port_by_its_keep_alives);
	unit_case(tc, suh_sees_two_bursts_of_a_host_at_once);
	unit_case(tc, every_bundled_signature_says_where_it_comes_from);
	unit_loop(tc, snack_asks_sizes_and_times_of_packets, 0, (int)ARRAY_LEN(snack));
}
