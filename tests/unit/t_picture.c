// SPDX-License-Identifier: GPL-2.0-or-later
/* Sightings as values, and the picture of clients that they make. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "operator/filter/shown.h"
#include "operator/picture.h"
#include "tests/unit/unit.h"

#define SECOND 1000000000ULL

static struct sighting seen(const char *client, const char *remote, enum event_kind kind,
			    unsigned second)
{
	struct sighting s = {.kind = kind, .ts_ns = second * SECOND, .sensor = "lan"};

	s.flow.proto = IPPROTO_UDP;
	ck_assert_int_eq(endpoint_parse(client, &s.flow.src), 0);
	ck_assert_int_eq(endpoint_parse(remote, &s.flow.dst), 0);
	snprintf(s.signature, sizeof(s.signature), "first");
	return s;
}

static void say(struct picture *p, const char *client, const char *remote, enum event_kind kind,
		unsigned second)
{
	struct sighting s = seen(client, remote, kind, second);

	picture_sighting(p, &s);
}

static struct ip ip(const char *text)
{
	struct ip a;

	ck_assert_int_eq(ip_parse(text, &a), 0);
	return a;
}

static const struct client *client(const struct picture *p, const char *text)
{
	struct ip a = ip(text);

	return picture_client(p, &a);
}

START_TEST(sighting_of_event)
{
	struct evidence m[EVIDENCE_MAX + 1] = {
		{.message = "U1", .ts_ns = 7, .number = 9, .size = 20, .from_client = true},
		{.message = "a name of more than 16 bytes"},
		{.message = "12345678901234\xc3\xa9"},
	};
	struct detection_event ev = {.ts_ns = 5,
				     .kind = EVENT_SESSION_START,
				     .application = "skype",
				     .signature = "s",
				     .rule = "r",
				     .revision = 3,
				     .client_version = "1.4",
				     .flow_first_ns = 1,
				     .flow_packets = 2,
				     .flow_bytes = 3,
				     .evidence_count = 3,
				     .evidence = m};
	struct sighting s;

	ev.flow.proto = IPPROTO_UDP;
	ck_assert_int_eq(endpoint_parse("192.168.1.2:4000", &ev.flow.src), 0);
	ck_assert_int_eq(endpoint_parse("1.2.3.4:80", &ev.flow.dst), 0);
	ev.super_node = ev.flow.dst;
	memset(&s, 0xff, sizeof(s));
	sighting_from_event(&s, &ev, "eth0", true);
	ck_assert_uint_eq(s.ts_ns, 5);
	ck_assert_int_eq(s.kind, EVENT_SESSION_START);
	ck_assert_str_eq(s.application, "skype");
	ck_assert_str_eq(s.signature, "s");
	ck_assert_str_eq(s.rule, "r");
	ck_assert_str_eq(s.client_version, "1.4");
	ck_assert_str_eq(s.sensor, "eth0");
	ck_assert_uint_eq(s.revision, 3);
	ck_assert_uint_eq(s.flow_first_ns + s.flow_packets * 10 + s.flow_bytes * 100, 321);
	ck_assert(endpoint_eq(&s.super_node, &ev.flow.dst) && tuple_same(&s.flow, &ev.flow));
	ck_assert(!strncmp(s.community_id, "1:", 2) &&
		  strlen(s.community_id) == COMMUNITY_ID_LEN - 1);
	ck_assert(s.in_part && !s.answered);
	ck_assert_uint_eq(s.evidence_count, 3);
	ck_assert_str_eq(s.evidence[0].message, "U1");
	ck_assert(s.evidence[0].ts_ns == 7 && s.evidence[0].number == 9 &&
		  s.evidence[0].size == 20 && s.evidence[0].from_client);
	ck_assert_str_eq(s.evidence[1].message, "a name of more ");
	ck_assert_msg(!strcmp(s.evidence[2].message, "12345678901234"), "a character is not cut");
	ev.evidence_count = EVIDENCE_MAX + 1; /* what no detector does */
	ev.rule = NULL;
	sighting_from_event(&s, &ev, "eth0", false);
	ck_assert_uint_eq(s.evidence_count, EVIDENCE_MAX);
	ck_assert_str_eq(s.rule, "");
}
END_TEST

START_TEST(life_of_a_client)
{
	struct picture *p = picture_new(NULL);
	const struct client *c;

	say(p, "10.0.0.5:4000", "1.2.3.4:80", EVENT_EVIDENCE, 10);
	c = client(p, "10.0.0.5");
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(c->state, CLIENT_SEEN);
	say(p, "10.0.0.5:4000", "1.2.3.4:80", EVENT_PROBE_ACCEPTED, 11);
	ck_assert_int_eq(c->state, CLIENT_PROBED);
	say(p, "10.0.0.5:5000", "1.2.3.4:80", EVENT_SESSION_START, 12);
	ck_assert_int_eq(c->state, CLIENT_CONNECTED);
	ck_assert_uint_eq(c->since_ns, 12 * SECOND);
	say(p, "10.0.0.5:4000", "5.6.7.8:9", EVENT_PROBE_ACCEPTED, 13);
	ck_assert_msg(c->state == CLIENT_CONNECTED, "a probe beside a session ends nothing");
	say(p, "10.0.0.5:5001", "5.6.7.8:9", EVENT_SESSION_CHANGE, 14);
	ck_assert_msg(c->super_node.port == 9 && c->before_count == 1 && c->before[0].port == 80,
		      "now and before");
	say(p, "10.0.0.5:5000", "1.2.3.4:80", EVENT_SESSION_END, 15);
	ck_assert_msg(c->state == CLIENT_CONNECTED, "the end of one that was left already");
	say(p, "10.0.0.5:4000", "9.9.9.9:99", EVENT_CALL_START, 16);
	ck_assert(c->in_call && c->call_since_ns == 16 * SECOND);
	say(p, "10.0.0.5:4000", "9.9.9.9:99", EVENT_CALL_END, 15);
	ck_assert_msg(c->in_call, "an end before the begin is another's");
	say(p, "10.0.0.5:4000", "9.9.9.9:99", EVENT_CALL_END, 17);
	ck_assert(!c->in_call);
	say(p, "10.0.0.5:5001", "5.6.7.8:9", EVENT_SESSION_END, 18);
	ck_assert_int_eq(c->state, CLIENT_LEFT);
	say(p, "10.0.0.5:4000", "1.2.3.4:80", EVENT_EVIDENCE, 9);
	ck_assert_msg(c->first_ns == 9 * SECOND && c->last_ns == 18 * SECOND, "out of order");
	ck_assert_uint_eq(c->counts[EVENT_EVIDENCE], 2);
	ck_assert_uint_eq(client_sightings(c), 11);
	ck_assert_uint_eq(c->kept_count, CLIENT_KEPT);
	ck_assert_uint_eq(client_kept(c, 0)->ts_ns, 9 * SECOND);
	ck_assert_uint_eq(client_kept(c, CLIENT_KEPT - 1)->ts_ns, 12 * SECOND); /* the session */
	ck_assert_ptr_null(client_kept(c, CLIENT_KEPT));
	ck_assert_uint_eq(picture_totals(p).sightings, 11);
	picture_free(p);
}
END_TEST

/* Many flows do not take the place of what says why a client is connected. */
START_TEST(reasons_stay)
{
	struct picture *p = picture_new(NULL);
	const struct client *c;
	size_t i = 0;

	say(p, "10.0.0.5:4000", "1.2.3.4:80", EVENT_SESSION_START, 1);
	say(p, "10.0.0.5:4000", "1.2.3.4:80", EVENT_SESSION_START, 2);
	for (unsigned n = 3; n < 100; n++)
		say(p, "10.0.0.5:4000", "5.6.7.8:9", n % 2 ? EVENT_FLOW : EVENT_EVIDENCE, n);
	c = picture_client(p, &(struct ip){4, {10, 0, 0, 5}});
	for (; i + 1 < CLIENT_KEPT; i++)
		ck_assert_uint_eq(client_kept(c, i)->ts_ns, (99 - i) * SECOND);
	ck_assert_int_eq(client_kept(c, i)->kind, EVENT_SESSION_START);
	ck_assert_uint_eq(client_kept(c, i)->ts_ns, 2 * SECOND);
	picture_free(p);
}
END_TEST

/* Two signatures see the same session and call: each has its own begin and end. */
START_TEST(two_signatures)
{
	struct picture *p = picture_new(NULL);
	struct sighting s = seen("10.0.0.5:1", "1.2.3.4:80", EVENT_SESSION_START, 1), t = s;
	const struct client *c;

	snprintf(t.signature, sizeof(t.signature), "second");
	picture_sighting(p, &s);
	picture_sighting(p, &t);
	s.kind = t.kind = EVENT_CALL_START;
	picture_sighting(p, &s);
	picture_sighting(p, &t);
	c = client(p, "10.0.0.5");
	ck_assert_uint_eq(c->open_count, 4);
	s.kind = EVENT_CALL_END;
	picture_sighting(p, &s);
	ck_assert(c->in_call);
	s.kind = EVENT_SESSION_END;
	picture_sighting(p, &s);
	ck_assert(c->state == CLIENT_CONNECTED);
	t.kind = EVENT_CALL_END;
	picture_sighting(p, &t);
	t.kind = EVENT_SESSION_END;
	picture_sighting(p, &t);
	ck_assert(!c->in_call && c->state == CLIENT_LEFT && !c->open_count);
	picture_free(p);
}
END_TEST

/* Another sensor, and another address, of a client; an event seen twice counts once. */
START_TEST(two_sensors)
{
	struct picture *p = picture_new(NULL);
	struct sighting in = seen("10.0.0.5:1", "1.2.3.4:80", EVENT_SESSION_START, 1);
	struct sighting out = seen("203.0.113.1:9", "1.2.3.4:80", EVENT_SESSION_START, 1);
	struct picture_totals totals;
	const struct client *c;

	snprintf(out.sensor, sizeof(out.sensor), "wan");
	picture_sighting(p, &in);
	picture_sighting_of(p, &in.flow.src.ip, &out, PICTURE_AGAIN);
	c = client(p, "10.0.0.5");
	ck_assert_uint_eq(c->sensor_count, 2);
	ck_assert_str_eq(c->sensors[1], "wan");
	ck_assert_uint_eq(c->address_count, 2);
	ck_assert(ip_eq(&c->addresses[1], &out.flow.src.ip));
	ck_assert_uint_eq(client_sightings(c), 1);
	out.in_part = true;
	picture_sighting_of(p, &out.flow.src.ip, &out, PICTURE_UNDECIDED);
	totals = picture_totals(p);
	ck_assert(totals.clients == 2 && totals.sightings == 2 && totals.connected == 2);
	ck_assert(totals.undecided == 1 && totals.in_part == 1);
	picture_forget(p, &out.flow.src.ip);
	totals = picture_totals(p);
	ck_assert(totals.clients == 1 && totals.sightings == 1 && !totals.undecided);
	ck_assert(!totals.in_part && totals.kinds[EVENT_SESSION_START] == 1);
	picture_free(p);
}
END_TEST

START_TEST(limits_hold)
{
	struct picture_limits limits = {.clients = 3, .idle_ns = 10 * SECOND};
	struct picture *p = picture_new(&limits);
	const struct client *list[5];
	struct ip third = ip("10.0.0.3");
	struct client_block block = {.what = "client 10.0.0.3", .until_ns = 7 * SECOND};
	char name[32];

	for (unsigned i = 1; i <= 3; i++) {
		snprintf(name, sizeof(name), "10.0.0.%u:1", i);
		say(p, name, "1.2.3.4:80", EVENT_EVIDENCE, i);
	}
	say(p, "10.0.0.1:1", "1.2.3.4:80", EVENT_EVIDENCE, 4);
	say(p, "10.0.0.4:1", "1.2.3.4:80", EVENT_EVIDENCE, 5);
	ck_assert_msg(!client(p, "10.0.0.2"), "the least recently seen goes");
	ck_assert_uint_eq(picture_totals(p).evicted, 1);
	ck_assert_uint_eq(picture_clients(p, list, 5), 3);
	ck_assert_msg(ip_eq(&list[0]->ip, &client(p, "10.0.0.1")->ip) &&
			      ip_eq(&list[1]->ip, &third) && list[2]->first_ns == 5 * SECOND,
		      "in the order of their first sighting");
	list[1] = NULL;
	ck_assert_uint_eq(picture_clients(p, list, 1), 3);
	ck_assert_ptr_null(list[1]);
	picture_block(p, &third, &block);
	picture_time(p, 11 * SECOND);
	ck_assert(client_blocked(client(p, "10.0.0.3"), false));
	picture_time(p, 12 * SECOND); /* nobody said that it ends */
	ck_assert(!client_blocked(client(p, "10.0.0.3"), false));
	picture_time(p, 13 * SECOND);
	ck_assert_ptr_null(client(p, "10.0.0.3"));
	ck_assert_uint_eq(picture_totals(p).idle, 1);
	ck_assert_uint_eq(picture_totals(p).clients, 2);
	/* what of one client is many keeps its newest */
	for (unsigned i = 1; i <= 20; i++) {
		snprintf(name, sizeof(name), "2.0.0.%u:80", i);
		say(p, "10.0.0.4:1", name, EVENT_SESSION_START, 20 + i);
	}
	ck_assert_uint_eq(client(p, "10.0.0.4")->open_count, CLIENT_OPEN);
	ck_assert_uint_eq(client(p, "10.0.0.4")->before_count, CLIENT_BEFORE);
	ck_assert_uint_eq(client(p, "10.0.0.4")->before[0].ip.b[3], 19);
	picture_free(p);
}
END_TEST

static struct filter_block told(enum filter_outcome outcome, enum filter_what what, unsigned port)
{
	struct filter_block b = {.outcome = outcome,
				 .what = what,
				 .proto = IPPROTO_UDP,
				 .client = ip("10.0.0.1"),
				 .inside = ip("10.0.0.1"),
				 .signature = "skypelab-2006",
				 .rule = "udp probe",
				 .until_ns = what == FILTER_FLOW ? 0 : 100 * SECOND};

	b.flow = (struct tuple){IPPROTO_UDP, {b.client, (uint16_t)port}, {ip("192.0.2.9"), 4000}};
	b.who = what == FILTER_SUPER_NODE ? b.flow.dst : b.flow.src;
	return b;
}

static void tell(struct picture *p, enum filter_outcome outcome, enum filter_what what,
		 unsigned port)
{
	struct filter_block b = told(outcome, what, port);

	filter_shown(p, &b);
}

/* What a filter says is marked, also before the client is known and after it was forgotten. */
START_TEST(blocks_are_shown)
{
	struct picture_limits limits = {.clients = 2, .idle_ns = 1000 * SECOND};
	struct picture *p = picture_new(&limits);
	struct filter_block other = told(FILTER_BLOCKED, FILTER_CLIENT, 1);
	const struct client *c;

	tell(p, FILTER_ADOPTED, FILTER_CLIENT, 1);
	tell(p, FILTER_REFUSED, FILTER_SUPER_NODE, 1);
	say(p, "10.0.0.1:1", "192.0.2.9:4000", EVENT_EVIDENCE, 1);
	c = client(p, "10.0.0.1");
	ck_assert(client_blocked(c, false) && !client_blocked(c, true));
	ck_assert_uint_eq(c->blocks.n, 1);
	ck_assert_str_eq(c->blocks.list[0].what, "client 10.0.0.1");
	tell(p, FILTER_BLOCKED, FILTER_FLOW, 7);
	tell(p, FILTER_BLOCKED, FILTER_SUPER_NODE, 7);
	tell(p, FILTER_PROLONGED, FILTER_FLOW, 7);
	ck_assert_uint_eq(c->blocks.n, 3);
	ck_assert_str_eq(c->blocks.list[0].what, "flow 10.0.0.1:7 > 192.0.2.9:4000 udp");
	ck_assert_str_eq(c->blocks.list[0].why, "skypelab-2006 udp probe");
	ck_assert_str_eq(c->blocks.list[1].what, "super-node 192.0.2.9:4000 udp");
	tell(p, FILTER_EXPIRED, FILTER_CLIENT, 7);
	tell(p, FILTER_UNBLOCKED, FILTER_FLOW, 7);
	ck_assert_uint_eq(c->blocks.n, 1);
	picture_time(p, 105 * SECOND); /* its end was not heard */
	ck_assert(!client_blocked(c, false));
	/* more than have room: the newest stay, and the others are counted to their end */
	for (unsigned i = 1; i <= CLIENT_BLOCKS + 2; i++)
		tell(p, FILTER_BLOCKED, FILTER_FLOW, i);
	ck_assert(c->blocks.n == CLIENT_BLOCKS && c->blocks.more == 2);
	ck_assert_str_eq(c->blocks.list[0].what, "flow 10.0.0.1:10 > 192.0.2.9:4000 udp");
	for (unsigned i = 1; i <= CLIENT_BLOCKS + 2; i++) {
		ck_assert(client_blocked(c, false));
		tell(p, FILTER_EXPIRED, FILTER_FLOW, i);
	}
	ck_assert(!client_blocked(c, false));
	/* known to the sensor by the NAT's address; a client that has to go comes back as it was */
	other.inside = ip("10.0.0.8");
	other.client = ip("203.0.113.5");
	other.dry_run = true;
	filter_shown(p, &other);
	say(p, "203.0.113.5:1", "192.0.2.9:4000", EVENT_EVIDENCE, 2);
	ck_assert(client_blocked(client(p, "203.0.113.5"), true));
	ck_assert(!client_blocked(client(p, "203.0.113.5"), false));
	picture_forget(p, &other.client);
	say(p, "203.0.113.5:1", "192.0.2.9:4000", EVENT_EVIDENCE, 3);
	ck_assert(client_blocked(client(p, "203.0.113.5"), true));
	/* of more clients than have room, who was blocked last */
	for (unsigned i = 0; i < 3; i++) {
		other.client = other.inside = ip4(0x0b000000 + i);
		filter_shown(p, &other);
	}
	picture_forget(p, &(struct ip){4, {203, 0, 113, 5}});
	say(p, "203.0.113.5:1", "192.0.2.9:4000", EVENT_EVIDENCE, 4);
	ck_assert(!client_blocked(client(p, "203.0.113.5"), true));
	/* what was heard is forgotten, and said again */
	tell(p, FILTER_BLOCKED, FILTER_CLIENT, 1);
	say(p, "10.0.0.1:1", "192.0.2.9:4000", EVENT_EVIDENCE, 5);
	ck_assert(client_blocked(client(p, "10.0.0.1"), false));
	picture_blocks_forget(p);
	ck_assert(!client_blocked(client(p, "10.0.0.1"), false));
	tell(p, FILTER_LISTED, FILTER_CLIENT, 1);
	ck_assert(client_blocked(client(p, "10.0.0.1"), false));
	picture_free(p);
}
END_TEST

UNIT(picture)
{
	unit_case(tc, blocks_are_shown);
	unit_case(tc, sighting_of_event);
	unit_case(tc, life_of_a_client);
	unit_case(tc, reasons_stay);
	unit_case(tc, two_signatures);
	unit_case(tc, two_sensors);
	unit_case(tc, limits_hold);
}
