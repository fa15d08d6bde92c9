// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_part.c - a capture that is read in part: what the detector gets, what counts as passed and as kept
 */
#include <pcap/pcap.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "run/detect/detect_score.h"
#include "run/detect/part.h"
#include "tests/unit/feed.h"

#define FLOWS	300
#define HEADERS 42 /* Ethernet, IPv4, UDP */

/* What a part came to. */
struct seen {
	struct flow_index *passed, *kept;
	struct detections *v;
	struct flow_totals all, some;
};

static char path[32];
static struct signature_set *set;

/* A datagram of 18 bytes, its third one 2, from a port of the client or to it. */
static void put(pcap_dumper_t *d, unsigned n, unsigned flow, bool answer)
{
	uint8_t f[HEADERS + 18] = {[12] = 0x08, [14] = 0x45, [22] = 64, [23] = IPPROTO_UDP};
	struct pcap_pkthdr h = {.ts = {.tv_sec = 1156534332, .tv_usec = (suseconds_t)n * 1000},
				.caplen = sizeof(f),
				.len = sizeof(f)};

	put_be16(f + 16, sizeof(f) - 14);
	put_be32(f + (answer ? 30 : 26), 0xc0a80102);
	put_be32(f + (answer ? 26 : 30), 0x05050505 + flow);
	put_be16(f + (answer ? 36 : 34), 2000);
	put_be16(f + (answer ? 34 : 36), 7000 + flow % 100);
	put_be16(f + 38, sizeof(f) - 34);
	f[HEADERS + 2] = 2;
	pcap_dump((u_char *)d, &h, f);
}

/* Each flow: a message, an answer, a message; one after the other, then from the beginning. */
static void begin(const char *rule)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);
	char *text = xasprintf(FEED_HEAD "%s", rule);
	pcap_dumper_t *d;
	unsigned n = 0;

	snprintf(path, sizeof(path), "/tmp/t_part.XXXXXX");
	close(mkstemp(path));
	d = pcap_dump_open(dead, path);
	for (unsigned round = 0; round < 3; round++)
		for (unsigned i = 0; i < FLOWS; i++)
			put(d, n++, i, round == 1);
	pcap_dump_close(d);
	pcap_close(dead);
	set = feed_parse(text);
	free(text);
}

static void end(void)
{
	signatures_free(set);
	unlink(path);
}

static struct seen look(const struct capture_part *part)
{
	struct seen s = {
		.passed = flow_index_new(), .kept = flow_index_new(), .v = detections_new()};
	struct err e = {0};

	ck_assert_msg(detect_part(set, path, part, s.v, s.passed, s.kept, &e) == 0, "%s", e.msg);
	flow_index_totals(s.passed, &s.all);
	flow_index_totals(s.kept, &s.some);
	ck_assert_uint_eq(s.all.packets, 3 * FLOWS);
	ck_assert_uint_eq(s.all.udp_flows, FLOWS);
	return s;
}

static void forget(struct seen *s)
{
	flow_index_free(s->passed);
	flow_index_free(s->kept);
	detections_free(s->v);
}

/* A packet of the size, and one whose third byte is right as well. */
#define RULE(name, more)                                                                           \
	"  - rule: " name "\n    proto: udp\n    client: initiator\n    steps:\n"                  \
	"      - {message: U1, from: client, nth-of-flow: 1, size: 18" more                        \
	"}\n    then: {event: flow}\n"
static const char by_size[] = "rules:\n" RULE("size", "");
static const char by_byte[] = "rules:\n" RULE("byte", ", bytes: {2: \"02\"}");

START_TEST(all_is_kept_of_one_in_one)
{
	struct seen s;

	begin(by_byte);
	s = look(&(struct capture_part){.one_in = 1, .flow_in = 1});
	ck_assert_uint_eq(s.some.packets, 3 * FLOWS);
	ck_assert_uint_eq(detections_count(s.v), FLOWS);
	forget(&s);
	end();
}
END_TEST

START_TEST(packets_are_sampled_each_by_itself)
{
	struct seen s, other, half;
	size_t torn = 0;

	begin(by_byte);
	s = look(&(struct capture_part){.one_in = 10, .seed = 3});
	ck_assert_uint_gt(s.some.packets, 50);
	ck_assert_uint_lt(s.some.packets, 150);
	for (size_t i = 0; i < flow_index_count(s.kept); i++)
		torn += flow_index_at(s.kept, i)->packets < 3;
	ck_assert_uint_gt(torn, flow_index_count(s.kept) * 9 / 10);
	/* what a small sample has is in a larger one */
	half = look(&(struct capture_part){.one_in = 2, .seed = 3});
	for (size_t i = 0; i < flow_index_count(s.kept); i++)
		ck_assert_ptr_nonnull(flow_index_find(half.kept, &flow_index_at(s.kept, i)->tuple));
	ck_assert_uint_gt(half.some.packets, 350);
	ck_assert_uint_lt(half.some.packets, 550);
	other = look(&(struct capture_part){.one_in = 10, .seed = 4});
	ck_assert_uint_ne(other.some.packets * 1000 + other.some.udp_flows,
			  s.some.packets * 1000 + s.some.udp_flows);
	forget(&other);
	forget(&half);
	forget(&s);
	end();
}
END_TEST

START_TEST(flows_are_sampled_whole_in_both_directions)
{
	struct seen s, same, other;

	begin(by_byte);
	s = look(&(struct capture_part){.flow_in = 5, .seed = 3});
	ck_assert_uint_gt(s.some.udp_flows, FLOWS / 10);
	ck_assert_uint_lt(s.some.udp_flows, FLOWS * 3 / 10);
	for (size_t i = 0; i < flow_index_count(s.kept); i++)
		ck_assert_uint_eq(flow_index_at(s.kept, i)->packets, 3);
	ck_assert_uint_eq(detections_count(s.v), s.some.udp_flows);
	same = look(&(struct capture_part){.flow_in = 5, .seed = 3});
	other = look(&(struct capture_part){.flow_in = 5, .seed = 4});
	for (size_t i = 0, shared = 0; i < flow_index_count(s.kept); i++) {
		const struct tuple *t = &flow_index_at(s.kept, i)->tuple;

		ck_assert_ptr_nonnull(flow_index_find(same.kept, t));
		shared += flow_index_find(other.kept, t) != NULL;
		ck_assert_uint_lt(shared, s.some.udp_flows * 2 / 3);
	}
	forget(&s);
	forget(&same);
	forget(&other);
	end();
}
END_TEST

START_TEST(two_captures_of_one_seed_have_draws_of_their_own)
{
	struct capture_part p = {.one_in = 10, .skip_s = 7, .seed = 1};
	struct capture_part a = part_of_its_own(&p, "a@1"), b = part_of_its_own(&p, "a@2");
	struct capture_part again = part_of_its_own(&p, "a@1");

	ck_assert_uint_ne(a.seed, b.seed);
	ck_assert_uint_eq(a.seed, again.seed);
	ck_assert(a.one_in == 10 && a.skip_s == 7); /* the same part otherwise */
}
END_TEST

/* 45 bytes hold the third byte of the payload, 44 do not; 41 hold no whole UDP header. */
START_TEST(a_frame_cut_short_keeps_its_length_and_loses_its_bytes)
{
	static const struct {
		uint32_t snaplen;
		size_t by_size, by_byte, kept;
	} cuts[] = {{65535, FLOWS, FLOWS, FLOWS},
		    {45, FLOWS, FLOWS, FLOWS},
		    {44, FLOWS, 0, FLOWS},
		    {42, FLOWS, 0, FLOWS},
		    {41, 0, 0, 0},
		    {1, 0, 0, 0}};

	for (size_t i = 0; i < ARRAY_LEN(cuts); i++)
		for (int byte = 0; byte < 2; byte++) {
			struct seen s;

			begin(byte ? by_byte : by_size);
			s = look(&(struct capture_part){.snaplen = cuts[i].snaplen});
			ck_assert_uint_eq(s.some.udp_flows, cuts[i].kept);
			ck_assert_uint_eq(s.some.bytes, cuts[i].kept * 3 * 46);
			ck_assert_uint_eq(detections_count(s.v),
					  byte ? cuts[i].by_byte : cuts[i].by_size);
			forget(&s);
			end();
		}
}
END_TEST

UNIT(part)
{
	unit_case(tc, all_is_kept_of_one_in_one);
	unit_case(tc, packets_are_sampled_each_by_itself);
	unit_case(tc, flows_are_sampled_whole_in_both_directions);
	unit_case(tc, two_captures_of_one_seed_have_draws_of_their_own);
	unit_case(tc, a_frame_cut_short_keeps_its_length_and_loses_its_bytes);
}
