// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a copy may change and what it may not: a small login is written as frames, copied many times,
 * and each copy is read again by a plain reading of the protocol that shares no code with
 * run/vary. Each test breaks when one transformation breaks: lengths, losses, round trips, order,
 * TCP numbers.
 */
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "results/score/labels.h"
#include "run/vary/vary.h"
#include "tests/unit/unit.h"

#define COPIES 60
#define FRAMES 200
#define CLIENT 0xc0a80102 /* 192.168.1.2 */
#define NODES  10

/* A frame as the plain reading sees it. */
struct seen {
	uint64_t ns;
	bool tcp, out; /* out: from the private side */
	uint32_t node;
	uint16_t node_port;
	uint32_t seq, ack;
	uint8_t flags;
	size_t n;
	uint8_t b[1500];
};

static struct seen frames[FRAMES];
static size_t frames_n;

/* ---- writing the recording ---- */

struct writer {
	pcap_dumper_t *d;
	uint64_t ns;
};

static void put(struct writer *w, bool tcp, bool out, uint32_t node, uint32_t seq, uint32_t ack,
		uint8_t flags, const uint8_t *p, size_t n)
{
	uint8_t f[1600] = {[12] = 0x08, [14] = 0x45, [22] = 64};
	size_t head = tcp ? 20 : 8;
	struct pcap_pkthdr h = {.caplen = (bpf_u_int32)(34 + head + n),
				.len = (bpf_u_int32)(34 + head + n)};
	uint16_t port = tcp ? 2000 : 35990, other = (uint16_t)(6000 + node % 256);

	h.ts.tv_sec = (time_t)(w->ns / 1000000000);
	h.ts.tv_usec = (suseconds_t)(w->ns % 1000000000 / 1000);
	put_be16(f + 16, (unsigned)(20 + head + n));
	f[23] = tcp ? IPPROTO_TCP : IPPROTO_UDP;
	put_be32(f + (out ? 26 : 30), CLIENT);
	put_be32(f + (out ? 30 : 26), node);
	put_be16(f + (out ? 34 : 36), port);
	put_be16(f + (out ? 36 : 34), other);
	if (tcp) {
		put_be32(f + 38, seq);
		put_be32(f + 42, ack);
		f[46] = 0x50;
		f[47] = flags;
	} else {
		put_be16(f + 38, (unsigned)(8 + n));
	}
	if (n)
		memcpy(f + 34 + head, p, n);
	pcap_dump((u_char *)w->d, &h, f);
}

static uint32_t node(unsigned i)
{
	return 0x15000001 + i * 0x01010100;
}

static void message(uint8_t *p, uint16_t id, uint8_t function, size_t n, uint8_t seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(seed * 31 + i * 73 + 0x80);
	put_be16(p, id);
	p[2] = function;
}

static void udp(struct writer *w, bool out, unsigned i, const uint8_t *p, size_t n)
{
	put(w, false, out, node(i), 0, 0, 0, p, n);
}

/* Five padded probes in one moment, each answered 60 ms later; one refused, sent again. */
static void probes(struct writer *w, unsigned from, uint16_t id)
{
	uint8_t p[64], answer[64], resend[64];
	uint64_t start = w->ns;

	for (unsigned i = 0; i < 5; i++) {
		w->ns = start + i * 1000;
		message(p, (uint16_t)(id + 2 * i), 0x02, 24 + 2 * i, (uint8_t)i);
		udp(w, true, from + i, p, 24 + 2 * i);
	}
	for (unsigned i = 0; i < 4; i++) {
		w->ns = start + 60000000 + i * 1000;
		message(answer, (uint16_t)(0x8100 + i), 0x02, i ? 51 : 18, (uint8_t)(i + 9));
		udp(w, false, from + i, answer, i ? 51 : 18);
	}
	w->ns = start + 70000000; /* the fifth refuses: U2, U3 with U1's checksum, U4 */
	message(answer, (uint16_t)(id + 8), 0x47, 11, 77);
	udp(w, false, from + 4, answer, 11);
	w->ns += 100000;
	message(resend, (uint16_t)(id + 8), 0x13, 37, 78);
	resend[3] = 1;
	memcpy(resend + 4, answer + 7, 4);
	put_be32(resend + 8, node(from + 4));
	memcpy(resend + 12, p + 7, 4);
	udp(w, true, from + 4, resend, 37);
	w->ns += 60000000;
	message(answer, 0x9100, 0x02, 51, 79);
	udp(w, false, from + 4, answer, 51);
}

/* A request that nobody answers: three times, 2.06 s and 4 s after the first. */
static void unanswered(struct writer *w, unsigned to, uint16_t id)
{
	uint8_t p[64];
	uint64_t start = w->ns;

	for (unsigned i = 0; i < 3; i++) {
		w->ns = start + (i == 1 ? 2060 : i == 2 ? 4000 : 0) * 1000000ULL;
		message(p, id, 0x02, 26, (uint8_t)(40 + i));
		memcpy(p + 7, "\x91\x82\x73\xa4", 4);
		udp(w, true, to, p, 26);
	}
}

/* T1, reply, T2, T3, T4 with the node that accepted, each with an acknowledgement number. */
static void handshake(struct writer *w, unsigned i)
{
	static const struct {
		bool out;
		size_t n;
	} turns[] = {{true, 14}, {false, 40}, {true, 25}, {false, 590}, {true, 4}, {false, 274}};
	uint32_t seq[2] = {5000, 9000};
	uint8_t p[700];

	put(w, true, true, node(i), 4999, 0, 0x02, NULL, 0);
	w->ns += 60000000;
	put(w, true, false, node(i), 8999, 5000, 0x12, NULL, 0);
	w->ns += 100000;
	put(w, true, true, node(i), 5000, 9000, 0x10, NULL, 0);
	for (size_t t = 0; t < ARRAY_LEN(turns); t++) {
		int k = turns[t].out ? 0 : 1;

		w->ns += turns[t].out ? 1000000 : 60000000;
		message(p, (uint16_t)(t * 257), 0x99, turns[t].n, (uint8_t)(t + 100));
		put(w, true, turns[t].out, node(i), seq[k], seq[1 - k], 0x18, p, turns[t].n);
		seq[k] += (uint32_t)turns[t].n;
	}
}

static void write_recording(const char *path)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);
	struct writer w = {pcap_dump_open(dead, path), 1383260000000000000ULL};

	probes(&w, 0, 0x1000);
	w.ns += 400000;
	handshake(&w, 0);
	w.ns += 20000000000ULL;
	unanswered(&w, 5, 0x100a);
	w.ns += 30000000000ULL;
	probes(&w, 5, 0x100c);
	pcap_dump_close(w.d);
	pcap_close(dead);
}

static struct labels *recording_labels(void)
{
	struct labels *l = labels_new(LABEL_SKYPE);

	for (unsigned i = 0; i < NODES; i++) {
		struct label r = {.application = LABEL_SKYPE};

		r.tuple = (struct tuple){IPPROTO_UDP,
					 {ip4(CLIENT), 35990},
					 {ip4(node(i)), (uint16_t)(6000 + node(i) % 256)}};
		labels_add(l, &r);
		r.tuple.proto = IPPROTO_TCP;
		r.tuple.src.port = 2000;
		labels_add(l, &r);
	}
	return l;
}

/* ---- reading a copy ---- */

static void read_copy(int fd)
{
	char *path = xasprintf("/proc/self/fd/%d", fd), why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	struct pcap_pkthdr *h;
	const uint8_t *d;

	ck_assert_msg(p != NULL, "%s", why);
	frames_n = 0;
	while (pcap_next_ex(p, &h, &d) == 1) {
		struct seen *s = &frames[frames_n++];
		const uint8_t *t = d + 20; /* a copy is raw IP */
		size_t head;

		ck_assert_uint_lt(frames_n, FRAMES);
		memset(s, 0, sizeof(*s));
		s->ns = (uint64_t)h->ts.tv_sec * 1000000000ULL + (uint64_t)h->ts.tv_usec;
		s->tcp = d[9] == IPPROTO_TCP;
		s->out = d[12] == 10;
		head = s->tcp ? 20 : 8;
		s->node = get_be32(d + (s->out ? 16 : 12));
		s->node_port = get_be16(t + (s->out ? 2 : 0));
		s->seq = s->tcp ? get_be32(t + 4) : 0;
		s->ack = s->tcp ? get_be32(t + 8) : 0;
		s->flags = s->tcp ? t[13] : 0;
		/* lengths in the headers agree with the frame */
		ck_assert_uint_eq(get_be16(d + 2), h->len);
		ck_assert(s->tcp || get_be16(t + 4) == h->len - 20);
		s->n = h->len - 20 - head;
		memcpy(s->b, t + head, s->n);
	}
	pcap_close(p);
	free(path);
}

/* Calls @check for each of many copies, read. */
static void each_copy(void (*check)(unsigned copy))
{
	char path[] = "/tmp/t_copies.XXXXXX";
	struct labels *l = recording_labels();

	close(mkstemp(path));
	write_recording(path);
	for (unsigned i = 0; i < COPIES; i++) {
		struct vary *v = vary_new(l, 11, i);
		int fd = memfd_create("t_copies", 0);
		struct err e = {0};

		ck_assert_msg(vary_capture(v, path, fd, &e) == 0, "%s", e.msg);
		read_copy(fd);
		check(i);
		close(fd);
		vary_free(v);
	}
	unlink(path);
	labels_free(l);
}

static bool is_request(const struct seen *s)
{
	return !s->tcp && s->out && s->b[2] == 0x02;
}

static bool same_end(const struct seen *a, const struct seen *b)
{
	return a->tcp == b->tcp && a->node == b->node && a->node_port == b->node_port;
}

/* The request that a message of another function answers or repeats: same node, same id. */
static const struct seen *request_of(const struct seen *s)
{
	for (const struct seen *r = frames; r < frames + frames_n; r++)
		if (is_request(r) && same_end(r, s) && !memcmp(r->b, s->b, 2))
			return r;
	return NULL;
}

static uint64_t lengths_seen;

static void check_lengths(unsigned copy)
{
	(void)copy;
	for (const struct seen *s = frames; s < frames + frames_n; s++) {
		if (is_request(s)) {
			ck_assert_msg(s->n >= 22 && s->n <= 37,
				      "copy %u: %zu bytes to %08x, frame %zu of %zu", copy, s->n,
				      s->node, (size_t)(s - frames),
				      frames_n); /* padded probes stay padded probes */
			lengths_seen |= 1ULL << s->n;
			ck_assert_uint_eq(request_of(s)->n, s->n); /* sent again: as long */
		} else if (!s->tcp && (s->b[2] & 0x8f) == 0x03) {
			ck_assert_ptr_nonnull(request_of(s));
			ck_assert_uint_eq(s->n, request_of(s)->n + 5);
			ck_assert(!memcmp(s->b + 12, request_of(s)->b + 7, 4));
			ck_assert_uint_eq(get_be32(s->b + 8), s->node);
		} else if (!s->tcp && s->b[2] == 0x02) {
			ck_assert(s->n == 18 || s->n == 51 || s->n == 53);
		} else if (!s->tcp) {
			ck_assert_uint_eq(s->n, 11);
		}
	}
}

START_TEST(free_lengths_change_and_others_follow)
{
	lengths_seen = 0;
	each_copy(check_lengths);
	ck_assert_int_ge(__builtin_popcountll(lengths_seen), 14); /* of 22 to 37 */
}
END_TEST

static unsigned far, near, again, hurried, slow;

/* Answers come after their requests; what is sent again keeps its gap, but for the copy's scale. */
static void check_times(unsigned copy)
{
	uint64_t shortest = UINT64_MAX, least = UINT64_MAX;

	(void)copy;
	for (size_t i = 1; i < frames_n; i++) {
		const struct seen *s = &frames[i], *r;

		ck_assert_uint_ge(s->ns, frames[i - 1].ns);
		if (!s->tcp && !s->out && (s->b[2] & 0x8f) == 0x07) {
			r = request_of(s);
			ck_assert(r && r < s);
			shortest = s->ns - r->ns < shortest ? s->ns - r->ns : shortest;
		}
		if (is_request(s) && request_of(s) != s) {
			uint64_t gap = s->ns - request_of(s)->ns;

			ck_assert(gap > 1950000000ULL * 3 / 4 && gap < 4500000000ULL * 4 / 3);
			least = gap < least ? gap : least;
			ck_assert(!memcmp(s->b + 7, request_of(s)->b + 7, 4)); /* its checksum */
			ck_assert(memcmp(s->b + 3, request_of(s)->b + 3, 4) != 0); /* another IV */
			again++;
		}
	}
	far += shortest > 250000000ULL;
	near += shortest < 80000000ULL;
	hurried += least < 1900000000ULL;
	slow += least > 2100000000ULL && least != UINT64_MAX;
}

START_TEST(round_trips_are_far_and_near_and_timers_keep_their_proportion)
{
	far = near = again = hurried = slow = 0;
	each_copy(check_times);
	ck_assert_uint_ge(far, COPIES / 3);
	ck_assert_uint_ge(near, COPIES / 6);
	ck_assert_uint_ge(hurried, COPIES / 6);
	ck_assert_uint_ge(slow, COPIES / 6);
	ck_assert_uint_gt(again, 2 * COPIES); /* those recorded, and some that were lost */
}
END_TEST

static uint64_t places;

/* Request ids go up by 2 in the order of sending, whichever node comes first. */
static void check_order(unsigned copy)
{
	const struct seen *before = NULL, *refusal = NULL;
	int place = 0;

	(void)copy;
	for (const struct seen *s = frames; s < frames + frames_n && !refusal; s++)
		if (!s->tcp && !s->out && (s->b[2] & 0x8f) == 0x07)
			refusal = s;
	ck_assert_ptr_nonnull(refusal);
	for (const struct seen *s = frames; s < frames + frames_n; s++) {
		if (!is_request(s) || request_of(s) != s)
			continue;
		if (before)
			ck_assert_uint_eq((uint16_t)(get_be16(s->b) - get_be16(before->b)), 2);
		if (s == request_of(refusal))
			places |= 1ULL << place;
		place++;
		before = s;
	}
}

START_TEST(ids_follow_the_order_of_sending)
{
	places = 0;
	each_copy(check_order);
	ck_assert_int_ge(__builtin_popcountll(places & 0x1f), 4); /* of five sent in one moment */
}
END_TEST

static uint64_t t3_seen;

/* TCP: bytes follow one another in both directions, acknowledgements name what has come, the
 * handshake is one of the paper's, and it begins after the node has accepted the probe. */
static void check_tcp(unsigned copy)
{
	uint32_t next[2] = {0, 0};
	size_t sizes[8], turns = 0;
	bool accepted = false;

	(void)copy;
	for (const struct seen *s = frames; s < frames + frames_n; s++) {
		int k = s->out ? 0 : 1;

		accepted |= !s->tcp && !s->out && s->b[2] == 0x02 && s->n == 18;
		if (!s->tcp)
			continue;
		ck_assert(accepted);
		if (s->flags & 0x02) {
			next[k] = s->seq + 1;
			continue;
		}
		ck_assert_uint_eq(s->ack, next[1 - k]);
		if (!s->n)
			continue;
		if (s->seq != next[k]) { /* sent again */
			ck_assert_uint_eq(s->seq + s->n, next[k]);
			continue;
		}
		next[k] += (uint32_t)s->n;
		ck_assert_uint_lt(turns, 8);
		sizes[turns++] = s->n;
	}
	ck_assert_uint_eq(turns, 6);
	ck_assert_uint_eq(sizes[0], 14);
	ck_assert(sizes[1] >= 18 && sizes[1] <= 73);
	ck_assert(sizes[2] >= 22 && sizes[2] <= 29);
	ck_assert(sizes[3] > 57 && sizes[3] != 339);
	ck_assert(sizes[4] == 4 || (sizes[4] >= 15 && sizes[4] <= 17));
	t3_seen |= 1ULL << sizes[3] % 64;
}

START_TEST(a_handshake_stays_one_and_its_numbers_add_up)
{
	t3_seen = 0;
	each_copy(check_tcp);
	ck_assert_int_gt(__builtin_popcountll(t3_seen), 20);
}
END_TEST

UNIT(copies)
{
	unit_case(tc, free_lengths_change_and_others_follow);
	unit_case(tc, round_trips_are_far_and_near_and_timers_keep_their_proportion);
	unit_case(tc, ids_follow_the_order_of_sending);
	unit_case(tc, a_handshake_stays_one_and_its_numbers_add_up);
}
