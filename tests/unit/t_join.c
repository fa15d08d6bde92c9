// SPDX-License-Identifier: GPL-2.0-or-later
/* Sightings of sensors on both sides of a NAT: joined where it is shown, and only there. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "operator/merge/clocks.h"
#include "operator/merge/join.h"
#include "operator/merge/mappings.h"
#include "operator/merge/waiting.h"
#include "tests/unit/unit.h"

#define MS 1000000ULL
#define S  1000000000ULL

/* A probe's answer: two messages, the second @rtt_ms after the first, the whole at @at_ms. */
static struct sighting probe(const char *sensor, const char *client, const char *remote,
			     unsigned at_ms, unsigned rtt_ms, uint32_t size)
{
	struct sighting s = {.kind = EVENT_PROBE_ACCEPTED,
			     .ts_ns = 1000 * S + at_ms * MS,
			     .application = "skype",
			     .signature = "s",
			     .rule = "probe",
			     .evidence_count = 2};

	snprintf(s.sensor, sizeof(s.sensor), "%s", sensor);
	s.flow.proto = IPPROTO_UDP;
	ck_assert_int_eq(endpoint_parse(client, &s.flow.src), 0);
	ck_assert_int_eq(endpoint_parse(remote, &s.flow.dst), 0);
	s.evidence[0] = (struct sighting_message){
		.message = "U1", .ts_ns = s.ts_ns - rtt_ms * MS, .size = size, .from_client = true};
	s.evidence[1] = (struct sighting_message){.message = "U2", .ts_ns = s.ts_ns, .size = 11};
	return s;
}

struct scene {
	struct picture *p;
	struct join *j;
	size_t told;
	struct join_verdict last;
};

static void told(void *arg, const struct sighting *s, const struct join_verdict *v)
{
	struct scene *c = arg;

	ck_assert(*s->sensor);
	c->told++;
	c->last = *v;
}

static void begin(struct scene *c)
{
	memset(c, 0, sizeof(*c));
	c->p = picture_new(NULL);
	c->j = join_new(NULL, c->p, told, c);
}

static void end(struct scene *c)
{
	join_free(c->j);
	picture_free(c->p);
}

static void seen(struct scene *c, const char *sensor, const char *client, const char *remote,
		 unsigned at_ms, unsigned rtt_ms, uint32_t size)
{
	struct sighting s = probe(sensor, client, remote, at_ms, rtt_ms, size);

	join_sighting(c->j, &s, *sensor == 'i' ? 0 : 1);
}

static const struct client *client(const struct scene *c, const char *text)
{
	struct ip ip;

	ck_assert_int_eq(ip_parse(text, &ip), 0);
	return picture_client(c->p, &ip);
}

START_TEST(one_client_of_two_sensors)
{
	struct scene c;
	const struct client *who;

	begin(&c);
	/* the outer one comes first, and is told first */
	seen(&c, "out", "203.0.113.1:61234", "1.2.3.4:80", 10, 50, 20);
	seen(&c, "in", "10.0.0.5:4321", "1.2.3.4:80", 11, 52, 20);
	join_time(c.j, 1000 * S);
	ck_assert_msg(!c.told, "nothing is told before its time");
	join_time(c.j, 1003 * S);
	ck_assert_uint_eq(c.told, 2);
	who = client(&c, "10.0.0.5");
	ck_assert_ptr_nonnull(who);
	ck_assert_uint_eq(picture_totals(c.p).clients, 1);
	ck_assert_uint_eq(who->address_count, 2);
	ck_assert_uint_eq(who->sensor_count, 2);
	ck_assert_msg(client_sightings(who) == 1, "the same event counts once");
	ck_assert_msg(c.last.again, "and is told as such");
	/* further flows of the mapped port, though nobody saw them inside */
	seen(&c, "out", "203.0.113.1:61234", "5.6.7.8:99", 20000, 9, 20);
	join_flush(c.j);
	ck_assert_int_eq(c.last.why, JOIN_MAPPING);
	ck_assert_uint_eq(c.last.client.port, 4321);
	ck_assert_uint_eq(picture_totals(c.p).clients, 1);
	ck_assert_uint_eq(client_sightings(who), 2);
	/* another port of the NAT's address is somebody behind it */
	seen(&c, "out", "203.0.113.1:61235", "5.6.7.8:99", 30000, 9, 20);
	join_flush(c.j);
	ck_assert(c.last.undecided && c.last.why == JOIN_OWN);
	ck_assert_uint_eq(client(&c, "203.0.113.1")->undecided, 1);
	/* and long after, the port may be another's */
	seen(&c, "out", "203.0.113.1:61234", "5.6.7.8:98", 400000, 9, 20);
	join_flush(c.j);
	ck_assert_int_eq(c.last.why, JOIN_OWN);
	ck_assert_uint_eq(join_counts(c.j).flows, 1);
	end(&c);
}
END_TEST

/* Nothing of these is shown: another remote end, size, delay, protocol; too far apart; one sensor. */
START_TEST(not_shown)
{
	struct scene c;
	struct sighting s;

	for (int what = 0; what < 6; what++) {
		begin(&c);
		seen(&c, "in", "10.0.0.5:4321", "1.2.3.4:80", 0, 50, 20);
		seen(&c, "in", "10.0.0.9:1", "9.9.9.9:80", 0, 50, 20);
		s = probe(what == 5 ? "in" : "out", "203.0.113.1:61234",
			  what == 0 ? "1.2.3.4:81" : "1.2.3.4:80", what == 3 ? 1001 : 5,
			  what == 2 ? 150 : 50, what == 1 ? 21 : 20);
		if (what == 4)
			s.flow.proto = IPPROTO_TCP;
		join_sighting(c.j, &s, 1);
		join_flush(c.j);
		ck_assert_msg(picture_totals(c.p).clients == 3, "%d", what);
		ck_assert_uint_eq(join_counts(c.j).flows, 0);
		ck_assert(!picture_totals(c.p).undecided);
		end(&c);
	}
}
END_TEST

/* Two clients behind one NAT that do the same at once stay two; a later message tells which is which, also
 * of what was said before. */
START_TEST(two_candidates)
{
	struct scene c;

	begin(&c);
	seen(&c, "in", "10.0.0.5:4321", "1.2.3.4:80", 0, 50, 20);
	seen(&c, "in", "10.0.0.6:4321", "1.2.3.4:80", 300, 51, 20);
	seen(&c, "out", "203.0.113.1:1001", "1.2.3.4:80", 1, 50, 20);
	seen(&c, "out", "203.0.113.1:1002", "1.2.3.4:80", 301, 51, 20);
	join_time(c.j, 1010 * S);
	ck_assert_uint_eq(join_counts(c.j).flows, 0);
	ck_assert_uint_eq(picture_totals(c.p).clients, 3);
	ck_assert_msg(client(&c, "203.0.113.1")->undecided == 2, "it says so");
	ck_assert_msg(!client(&c, "10.0.0.5")->undecided, "of those inside nothing is in doubt");
	/* one of them alone: its mapping, and by what is left over, the other's */
	seen(&c, "in", "10.0.0.5:4321", "5.6.7.8:99", 20000, 40, 22);
	seen(&c, "out", "203.0.113.1:1001", "5.6.7.8:99", 20001, 40, 22);
	join_time(c.j, 1030 * S);
	ck_assert_msg(join_counts(c.j).flows == 2, "this one, and by its port the first");
	ck_assert_uint_eq(client(&c, "10.0.0.5")->address_count, 2);
	seen(&c, "in", "10.0.0.6:4321", "5.6.7.8:99", 40000, 70, 22);
	seen(&c, "out", "203.0.113.1:1002", "5.6.7.8:99", 40001, 70, 22);
	join_flush(c.j);
	ck_assert_uint_eq(join_counts(c.j).flows, 4);
	ck_assert_msg(picture_totals(c.p).clients == 2, "nothing is left over");
	ck_assert(!picture_totals(c.p).undecided);
	ck_assert_uint_eq(client_sightings(client(&c, "10.0.0.5")), 2);
	ck_assert_uint_eq(client_sightings(client(&c, "10.0.0.6")), 2);
	end(&c);
}
END_TEST

/* The offset of two clocks is learned, and then tells apart what the bound alone does not. */
START_TEST(clocks_are_learned)
{
	struct scene c;
	char remote[32];

	begin(&c);
	for (unsigned i = 1; i <= 8; i++) {
		snprintf(remote, sizeof(remote), "1.2.3.%u:80", i);
		seen(&c, "in", "10.0.0.5:4321", remote, i * 10000, 50, 20);
		seen(&c, "out", "203.0.113.1:61234", remote, i * 10000 + 700, 50, 20);
	}
	seen(&c, "in", "10.0.0.6:4321", "9.9.9.9:80", 100000, 50, 20);
	seen(&c, "in", "10.0.0.7:4321", "9.9.9.9:80", 100400, 50, 20);
	seen(&c, "out", "203.0.113.1:1", "9.9.9.9:80", 100700, 50, 20);
	seen(&c, "out", "203.0.113.1:2", "9.9.9.9:80", 101100, 50, 20);
	join_flush(c.j);
	ck_assert_uint_eq(join_counts(c.j).flows, 10);
	ck_assert_uint_eq(picture_totals(c.p).clients, 3);
	ck_assert(!picture_totals(c.p).undecided);
	end(&c);
}
END_TEST

/* Without a NAT a flow is the same at two sensors; three sensors make a chain; a sensor alone says all. */
START_TEST(same_flow_and_chains)
{
	struct scene c;

	begin(&c);
	seen(&c, "in", "198.51.100.7:4321", "1.2.3.4:80", 0, 50, 20);
	seen(&c, "out", "198.51.100.7:4321", "1.2.3.4:80", 3, 50, 20);
	join_flush(c.j);
	ck_assert_uint_eq(picture_totals(c.p).clients, 1);
	ck_assert_uint_eq(client_sightings(client(&c, "198.51.100.7")), 1);
	ck_assert_uint_eq(client(&c, "198.51.100.7")->sensor_count, 2);
	/* at home, at the provider's NAT, outside */
	seen(&c, "in", "192.168.1.2:4000", "7.7.7.7:80", 5000, 50, 20);
	seen(&c, "middle", "100.64.0.9:5000", "7.7.7.7:80", 5001, 50, 20);
	seen(&c, "out", "203.0.113.1:6000", "7.7.7.7:80", 5002, 50, 20);
	join_flush(c.j);
	ck_assert_uint_eq(picture_totals(c.p).clients, 2);
	ck_assert_ptr_nonnull(client(&c, "192.168.1.2"));
	ck_assert_uint_eq(client(&c, "192.168.1.2")->address_count, 3);
	ck_assert_uint_eq(client(&c, "192.168.1.2")->sensor_count, 3);
	ck_assert_uint_eq(client_sightings(client(&c, "192.168.1.2")), 1);
	end(&c);
}
END_TEST

/* Hostile sensors: as many of all as they like, in any order of time. */
START_TEST(bounds)
{
	struct join_options options = {.flows = 50};
	struct picture_limits limits = {.clients = 20};
	struct picture *p = picture_new(&limits);
	struct join *j = join_new(&options, p, NULL, NULL);
	struct rng r;

	rng_init(&r, 5, "join");
	for (int i = 0; i < 20000; i++) {
		char sensor[16], who[32], remote[32];
		struct sighting s;

		snprintf(sensor, sizeof(sensor), "%u", rng_range(&r, 0, 39));
		snprintf(who, sizeof(who), "%u.0.0.%u:%u", rng_range(&r, 0, 1) ? 10U : 20U,
			 rng_range(&r, 0, 29), 1 + rng_range(&r, 0, 2));
		snprintf(remote, sizeof(remote), "1.2.3.4:%u", 1 + rng_range(&r, 0, 8));
		s = probe(sensor, who, remote, rng_range(&r, 0, 999), 5, 20);
		if (!rng_range(&r, 0, 49))
			s.ts_ns = rng_u64(&r);
		join_sighting(j, &s, rng_range(&r, 0, 2));
		if (!rng_range(&r, 0, 99))
			join_time(j, 1000 * S + (uint64_t)i * MS);
	}
	join_flush(j);
	ck_assert_uint_eq(join_counts(j).sightings, 20000);
	ck_assert(join_counts(j).sensors_left_out > 0);
	ck_assert_uint_le(picture_totals(p).clients, 20);
	join_free(j);
	picture_free(p);
}
END_TEST

START_TEST(mapping_states)
{
	struct mappings *m = mappings_new(2, 300 * S);
	struct endpoint in, other, out, found;

	ck_assert_int_eq(endpoint_parse("10.0.0.5:1", &in), 0);
	ck_assert_int_eq(endpoint_parse("10.0.0.6:1", &other), 0);
	ck_assert_int_eq(endpoint_parse("203.0.113.1:9", &out), 0);
	ck_assert(!mappings_find(m, IPPROTO_UDP, &out, 0, true, &found));
	mappings_learn(m, IPPROTO_UDP, &in, &out, 10 * S);
	ck_assert(mappings_find(m, IPPROTO_UDP, &out, 300 * S, true, &found));
	ck_assert(endpoint_eq(&found, &in) && mappings_outside(m, &out.ip));
	ck_assert(!mappings_find(m, IPPROTO_TCP, &out, 300 * S, true, &found));
	ck_assert_msg(mappings_find(m, IPPROTO_UDP, &out, 500 * S, false, &found), "it was used");
	ck_assert_msg(!mappings_find(m, IPPROTO_UDP, &out, 601 * S, false, &found), "idle");
	mappings_learn(m, IPPROTO_UDP, &other, &out, 601 * S);
	ck_assert(mappings_find(m, IPPROTO_UDP, &out, 602 * S, true, &found) &&
		  endpoint_eq(&found, &other));
	mappings_learn(m, IPPROTO_UDP, &in, &out, 603 * S);
	ck_assert_msg(!mappings_find(m, IPPROTO_UDP, &out, 604 * S, true, &found), "shared");
	for (uint16_t port = 20; port < 30; port++) {
		out.port = port;
		mappings_learn(m, IPPROTO_UDP, &in, &out, 700 * S);
	}
	ck_assert_uint_eq(mappings_count(m), 2);
	out.port = 28;
	ck_assert(mappings_find(m, IPPROTO_UDP, &out, 700 * S, true, &found));
	mappings_free(m);
}
END_TEST

START_TEST(clock_offsets)
{
	struct clocks *c = clocks_new(S);
	uint64_t within;

	ck_assert(clocks_ahead(c, 0, 1, &within) == 0 && within == S);
	for (int i = 0; i < 5; i++)
		clocks_learn(c, 1, 0, -500000000 + i);
	clocks_learn(c, 0, 1, 0); /* a wrong one */
	ck_assert_int_eq(clocks_ahead(c, 0, 1, &within) / 1000, 499999);
	ck_assert_uint_eq(within, 100000000);
	ck_assert_int_eq(clocks_ahead(c, 1, 0, &within) / 1000, -499999);
	clocks_learn(c, 3, 3, 9);
	ck_assert(clocks_ahead(c, 3, 3, &within) == 0);
	clocks_free(c);
}
END_TEST

START_TEST(waiting_order)
{
	struct waiting_line l = {0};
	uint64_t last = 0, arrived = 0;
	struct rng r;

	rng_init(&r, 9, "join");
	for (int i = 0; i < 500; i++) {
		struct waiting *w = calloc(1, sizeof(*w));

		w->s.ts_ns = 1000 + rng_range(&r, 0, 99);
		waiting_add(&l, w);
	}
	for (int i = 0; i < 400; i++) {
		struct waiting *w = waiting_take(&l);

		ck_assert(w->s.ts_ns > last || (w->s.ts_ns == last && w->arrived > arrived));
		last = w->s.ts_ns;
		arrived = w->arrived;
		free(w);
	}
	ck_assert_uint_eq(l.count, 100);
	waiting_free(&l);
}
END_TEST

UNIT(join)
{
	unit_case(tc, one_client_of_two_sensors);
	unit_case(tc, not_shown);
	unit_case(tc, two_candidates);
	unit_case(tc, clocks_are_learned);
	unit_case(tc, same_flow_and_chains);
	unit_case(tc, bounds);
	unit_case(tc, mapping_states);
	unit_case(tc, clock_offsets);
	unit_case(tc, waiting_order);
}
