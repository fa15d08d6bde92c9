// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the filter's process and the one that reads packets take from each other, and what not. Any bytes:
 * tests/fuzz/filter.c.
 */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "operator/filter/wire.h"
#include "tests/unit/unit.h"

static struct wire good(enum wire_type type)
{
	struct tuple flow = {IPPROTO_UDP, {ip4(0x0a000002), 6000}, {ip4(0xc0000209), 4000}};
	struct wire w;

	wire_new(&w, type);
	if (type == WIRE_SIGHTING)
		w.sighting.flow = flow;
	if (type == WIRE_LINE)
		w.line = (struct filter_block){
			.flow = flow, .who = flow.src, .proto = IPPROTO_UDP, .client = flow.src.ip};
	return w;
}

/* What is made of @w, or of the first @size bytes of it, on the other side. */
static int passes(struct wire *w, size_t size, bool to_filter)
{
	int fds[2], rc;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	ck_assert_int_eq(send(fds[0], w, size, 0), (ssize_t)size);
	rc = wire_receive(fds[1], w, to_filter, MSG_DONTWAIT);
	close(fds[0]);
	close(fds[1]);
	return rc;
}

START_TEST(each_goes_one_way)
{
	for (unsigned type = 0; type <= WIRE_TYPES; type++) {
		bool to_filter = type <= WIRE_LIST, known = type < WIRE_TYPES;
		struct wire w = good(type);

		ck_assert_int_eq(passes(&w, sizeof(w), to_filter), known ? 1 : -1);
		w = good(type);
		ck_assert_int_eq(passes(&w, sizeof(w), !to_filter), -1);
		w = good(type);
		ck_assert_int_eq(passes(&w, sizeof(w) - 1, to_filter), -1);
		w = good(type);
		w.magic ^= 1;
		ck_assert_int_eq(passes(&w, sizeof(w), to_filter), -1);
	}
}
END_TEST

#define REFUSED(type, change)                                                                      \
	do {                                                                                       \
		struct wire w = good(type);                                                        \
                                                                                                   \
		change;                                                                            \
		ck_assert_msg(passes(&w, sizeof(w), type <= WIRE_LIST) < 0, #change);              \
	} while (0)

START_TEST(what_is_out_of_range)
{
	REFUSED(WIRE_UNBLOCK, w.ip.family = 5);
	REFUSED(WIRE_UNBLOCK, (w.ip.family = 4, w.ip.b[4] = 1));
	REFUSED(WIRE_UNBLOCK, w.ip.b[15] = 1);
	REFUSED(WIRE_SIGHTING, w.sighting.kind = EVENT_KINDS);
	REFUSED(WIRE_SIGHTING, w.sighting.flow.proto = IPPROTO_ICMP);
	REFUSED(WIRE_SIGHTING, w.sighting.flow.proto = 0);
	REFUSED(WIRE_SIGHTING, w.sighting.flow.src.ip.family = 0);
	REFUSED(WIRE_SIGHTING, w.sighting.flow.dst.ip.family = 6);
	REFUSED(WIRE_SIGHTING, w.sighting.flow.dst.ip.b[9] = 9);
	REFUSED(WIRE_SIGHTING, w.sighting.super_node.ip.family = 1);
	REFUSED(WIRE_SIGHTING, memset(&w.sighting.answered, 2, 1));
	REFUSED(WIRE_SIGHTING, memset(&w.sighting.in_part, 0xff, 1));
	REFUSED(WIRE_SIGHTING, w.sighting.evidence_count = EVIDENCE_MAX + 1);
	REFUSED(WIRE_LINE, w.line.outcome = FILTER_OUTCOMES);
	REFUSED(WIRE_LINE, w.line.what = FILTER_WHATS);
	REFUSED(WIRE_LINE, w.line.kind = EVENT_KINDS);
	REFUSED(WIRE_LINE, w.line.n_frames = FILTER_FRAMES + 1);
	REFUSED(WIRE_LINE, memset(&w.line.dry_run, 7, 1));
	REFUSED(WIRE_LINE, w.line.client.family = 9);
	REFUSED(WIRE_LINE, w.line.inside.family = 9);
	REFUSED(WIRE_LINE, w.line.flow.proto = 0);
	REFUSED(WIRE_LINE, w.line.proto = 0);
	REFUSED(WIRE_LINE, (w.line.what = FILTER_SUPER_NODE, w.line.who.ip.family = 0));
	REFUSED(WIRE_LINE, (w.line.what = FILTER_CLIENT, w.line.who = (struct endpoint){0}));
}
END_TEST

START_TEST(what_is_made_plain)
{
	struct wire w = good(WIRE_SIGHTING);

	memset(w.sighting.rule, 'x', sizeof(w.sighting.rule));
	memcpy(w.sighting.signature, "\033[2J\xe2\x80\xae", 8);
	ck_assert_int_eq(passes(&w, sizeof(w), true), 1);
	ck_assert_uint_eq(strlen(w.sighting.rule), sizeof(w.sighting.rule) - 1);
	ck_assert_str_eq(w.sighting.signature, "?[2J???");
	w = good(WIRE_LINE);
	memset(w.line.why, '\n', sizeof(w.line.why));
	ck_assert_int_eq(passes(&w, sizeof(w), false), 1);
	ck_assert(w.line.why[0] == '?' && !strchr(w.line.why, '\n'));
	w = good(WIRE_FAILED);
	memset(&w.failure, '\n', sizeof(w.failure));
	ck_assert_int_eq(passes(&w, sizeof(w), false), 1);
	ck_assert_msg(w.failure.code == EXIT_ENV, "an exit status that there is");
	ck_assert(!strchr(w.failure.msg, '\n'));
	/* a report is about no block */
	w = good(WIRE_LINE);
	w.line = (struct filter_block){.outcome = FILTER_REPORT};
	ck_assert_int_eq(passes(&w, sizeof(w), false), 1);
}
END_TEST

UNIT(wire)
{
	unit_case(tc, each_goes_one_way);
	unit_case(tc, what_is_out_of_range);
	unit_case(tc, what_is_made_plain);
}
