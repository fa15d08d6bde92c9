// SPDX-License-Identifier: GPL-2.0-or-later
/* Checksums: which are right, and what becomes of packets whose are not. */
#include <pcap/dlt.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/capture/checksum.h"
#include "base/capture/decode.h"
#include "base/capture/ip_header.h"
#include "results/score/detections.h"
#include "run/detect/detect_score.h"
#include "tests/unit/feed.h"

/* A raw IP packet with right checksums. */
struct frame {
	uint8_t b[200];
	uint32_t n, l4;
};

static struct frame frame_of(bool v6, uint8_t proto, uint8_t last, const char *text)
{
	uint32_t head = proto == IPPROTO_UDP ? 8 : 20, len = head + (uint32_t)strlen(text);
	struct frame f = {.l4 = v6 ? 40 : 20};
	uint8_t *l4 = f.b + f.l4;

	if (v6) {
		f.b[0] = 0x60;
		put_be16(f.b + 4, len);
		f.b[6] = proto;
		f.b[8] = f.b[24] = 0x20;
		f.b[23] = last;
		f.b[39] = 9;
	} else {
		f.b[0] = 0x45;
		put_be16(f.b + 2, 20 + len);
		f.b[8] = 64;
		f.b[9] = proto;
		put_be32(f.b + 12, 0x0a000000U | last);
		put_be32(f.b + 16, 0xc0000207);
		ipv4_checksum_set(f.b);
	}
	put_be16(l4, 5000);
	put_be16(l4 + 2, 33000);
	if (proto == IPPROTO_UDP) {
		put_be16(l4 + 4, len);
	} else {
		put_be32(l4 + 4, 1000);
		l4[12] = 0x50;
		l4[13] = TH_ACK | TH_PUSH;
	}
	memcpy(l4 + head, text, strlen(text));
	transport_checksum_set(proto, f.b + (v6 ? 8 : 12), v6 ? 32 : 8, l4, len);
	f.n = f.l4 + len;
	return f;
}

static struct packet decoded(const struct frame *f)
{
	struct decoder *d = decoder_new(DLT_RAW, NULL);
	struct packet p = {0};

	ck_assert_int_eq(decode_frame(d, 1000000000000ULL, f->b, f->n, f->n, &p), DECODE_OK);
	decoder_free(d);
	return p;
}

static enum checksum_result verified(const struct frame *f)
{
	struct packet p = decoded(f);

	return checksum_verify(&p);
}

/* Every changed bit is noticed, of odd and even lengths. */
START_TEST(a_changed_bit_is_a_bad_checksum)
{
	bool v6 = _i & 1;
	uint8_t proto = _i & 2 ? IPPROTO_TCP : IPPROTO_UDP;

	for (int odd = 0; odd < 2; odd++) {
		struct frame f = frame_of(v6, proto, 1, odd ? "0123456789abcdefghijk" : "01");

		ck_assert_int_eq(verified(&f), CHECKSUM_GOOD);
		for (uint32_t i = v6 ? 8 : 12; i < f.n; i++) {
			if (i == f.l4 + (proto == IPPROTO_UDP ? 4 : 12) ||
			    (proto == IPPROTO_UDP && i == f.l4 + 5))
				continue; /* lengths: another packet */
			f.b[i] ^= 0x10;
			ck_assert_int_eq(verified(&f), CHECKSUM_BAD);
			f.b[i] ^= 0x10;
		}
		struct packet p = decoded(&f);

		p.caplen = p.len - 1;
		ck_assert_int_eq(checksum_verify(&p), CHECKSUM_UNKNOWN);
	}
}
END_TEST

/* What stands between the IPv4 header and UDP's is none of the two. */
START_TEST(an_authentication_header_is_passed_over)
{
	struct frame f = frame_of(false, IPPROTO_UDP, 1, "abcdef");

	memmove(f.b + 44, f.b + 20, f.n - 20);
	memset(f.b + 20, 0, 24);
	f.b[20] = IPPROTO_UDP;
	f.b[21] = 4;
	f.b[9] = IPPROTO_AH;
	f.n += 24;
	put_be16(f.b + 2, f.n);
	ipv4_checksum_set(f.b);
	ck_assert_int_eq(verified(&f), CHECKSUM_GOOD);
	f.b[f.n - 1] ^= 1;
	ck_assert_int_eq(verified(&f), CHECKSUM_BAD);
}
END_TEST

/* Before segmentation by the card no checksum is made, and the IP length is 0. Inside a tunnel's
 * packet all is made. */
START_TEST(without_a_length_nothing_is_known)
{
	struct frame f = frame_of(_i, IPPROTO_TCP, 1, "abcdef"), outer = {0};

	memcpy(outer.b, f.b, f.l4);
	memcpy(outer.b + f.l4, f.b, f.n);
	outer.n = f.l4 + f.n;
	outer.b[_i ? 6 : 9] = _i ? IPPROTO_IPV6 : IPPROTO_IPIP;
	put_be16(outer.b + (_i ? 4 : 2), 0);
	ck_assert_int_eq(verified(&outer), CHECKSUM_GOOD);
	outer.b[outer.n - 1] ^= 1;
	ck_assert_int_eq(verified(&outer), CHECKSUM_BAD);
	put_be16(f.b + (_i ? 4 : 2), 0);
	f.b[f.n - 1] ^= 1;
	ck_assert_int_eq(verified(&f), CHECKSUM_UNKNOWN);
}
END_TEST

/* Stores the sum of the pseudo-header alone, as a kernel does for its card. */
static void leave_to_card(struct frame *f, uint8_t proto)
{
	uint32_t sum = proto + f->n - f->l4;
	uint8_t *at = f->b + f->l4 + (proto == IPPROTO_UDP ? 6 : 16);

	for (int i = 12; i < 20; i += 2)
		sum += get_be16(f->b + i);
	put_be16(at, (sum & 0xffff) + (sum >> 16));
}

#define SAYS                                                                                       \
	"rules:\n  - rule: r\n    proto: udp\n    steps:\n"                                        \
	"      - {message: m, nth: 1, bytes: {0: \"616263\"}}\n    then: {event: evidence}\n"

/* @ahead: prefiltered first, as by a thread that reads ahead. */
static size_t feed_frame_ahead(struct feed *f, const struct frame *frame, bool ahead)
{
	struct packet p = decoded(frame);
	struct prefilter found;

	p.ts_ns = f->now += 1000000;
	p.number = ++f->number;
	if (ahead) {
		detector_prefilter(f->d, &p, 1, &found);
		detector_prefiltered(f->d, &p, &found, 1);
	} else {
		detector_packet(f->d, &p);
	}
	return f->n;
}

static size_t feed_frame(struct feed *f, const struct frame *frame)
{
	return feed_frame_ahead(f, frame, false);
}

/* A bad datagram before the true one neither counts nor is found, unless nothing is verified. */
START_TEST(a_bad_checksum_counts_for_nothing)
{
	enum checksum_mode mode = (enum checksum_mode)(_i % 3);
	bool ahead = _i >= 3;
	struct feed *f = feed_new(SAYS);
	struct frame good = frame_of(false, IPPROTO_UDP, 1, "abcdef"), bad = good;
	struct packet p = decoded(&good);
	struct detector_stats s;

	detector_checksums(f->d, mode);
	detector_checksum_ahead(f->d, &p);
	memcpy(bad.b + 28, "garbage", 6);
	feed_frame_ahead(f, &bad, ahead);
	ck_assert_uint_eq(feed_frame_ahead(f, &good, ahead), mode == CHECKSUMS_NONE ? 0 : 1);
	detector_stats(f->d, &s);
	ck_assert_uint_eq(s.checksums_bad, mode == CHECKSUMS_NONE ? 0 : 1);
	ck_assert_uint_eq(s.flows, mode == CHECKSUMS_NONE ? 1 : 2);
	feed_free(f);
}
END_TEST

/* A machine that captures itself: all that it sends is left to its card, or all that has payload;
 * the answers are right. */
START_TEST(what_is_left_to_the_card_is_believed)
{
	struct feed *f = feed_new(SAYS);
	struct frame own = frame_of(false, IPPROTO_UDP, 1, "abcdef"), bad;
	struct frame empty = frame_of(false, IPPROTO_UDP, 1, "");
	struct packet p = decoded(&empty);
	struct detector_stats s;

	if (_i)
		detector_checksum_ahead(f->d, &p);
	leave_to_card(&own, IPPROTO_UDP);
	ck_assert_int_eq(verified(&own), CHECKSUM_PARTIAL);
	ck_assert_uint_eq(feed_frame(f, &own), 1);
	bad = frame_of(false, IPPROTO_UDP, 2, "abcdef");
	bad.b[bad.n - 1] ^= 1; /* of a sender that shows no good one */
	ck_assert_uint_eq(feed_frame(f, &bad), 2);
	detector_stats(f->d, &s);
	ck_assert_uint_eq(s.checksums_believed, 2);
	ck_assert_uint_eq(s.checksums_bad, 0);
	feed_free(f);
}
END_TEST

/* A bad FIN or RST of a sender known for good ones closes no connection, though no rule has begun
 * on it. */
START_TEST(a_bad_end_is_none)
{
	struct feed *f = feed_new(SAYS);
	struct frame good = frame_of(false, IPPROTO_TCP, 1, ""), bad;
	struct packet p = decoded(&good);
	struct detector_stats s;

	detector_checksum_ahead(f->d, &p);
	good.b[33] = _i % 2 ? TH_RST : TH_FIN;
	transport_checksum_set(IPPROTO_TCP, good.b + 12, 8, good.b + good.l4, good.n - good.l4);
	bad = good;
	bad.b[30] ^= 1;
	feed_frame_ahead(f, &good, _i >= 2);
	detector_stats(f->d, &s);
	ck_assert_uint_eq(s.checksums_bad, 0);
	feed_frame_ahead(f, &bad, _i >= 2);
	detector_stats(f->d, &s);
	ck_assert_uint_eq(s.checksums_bad, 1);
	feed_free(f);
}
END_TEST

/* A TCP segment. @right: its checksum. */
static struct frame segment_of(bool to_server, uint8_t flags, uint32_t seq, uint32_t ack,
			       const char *text, bool right)
{
	struct frame s = frame_of(false, IPPROTO_TCP, 1, text);
	uint8_t *l4 = s.b + s.l4;

	if (!to_server) {
		uint8_t client[4];

		memcpy(client, s.b + 12, 4);
		memcpy(s.b + 12, s.b + 16, 4);
		memcpy(s.b + 16, client, 4);
		put_be16(l4, 33000);
		put_be16(l4 + 2, 5000);
	}
	put_be32(l4 + 4, seq);
	put_be32(l4 + 8, ack);
	l4[13] = flags;
	transport_checksum_set(IPPROTO_TCP, s.b + 12, 8, l4, s.n - s.l4);
	l4[16] ^= right ? 0 : 0x55;
	return s;
}

/* The same, shown ahead. */
static void segment(struct feed *f, bool to_server, uint8_t flags, uint32_t seq, uint32_t ack,
		    const char *text, bool right)
{
	struct frame s = segment_of(to_server, flags, seq, ack, text, right);
	struct packet p = decoded(&s);

	detector_checksum_ahead(f->d, &p);
}

#define SESSION                                                                                    \
	"rules:\n  - rule: r\n    proto: tcp\n    steps:\n"                                        \
	"      - {message: m, from: client, nth: 1, bytes: {0: \"616263\"}}\n"                     \
	"    then: {event: session-start}\n"

/* A FIN whose checksum is bad ends nothing, unless it is the last of its side when the input ends. */
START_TEST(a_bad_fin_ends_a_session_with_the_input)
{
	const struct {
		const char *after; /* what its side sends then */
		unsigned ends;
	} cases[] = {{NULL, 1}, {"rest", 1}, {"rest and more", 0}};
	struct feed *f = feed_new(SESSION);
	struct frame s;

#define FEED(...) (s = segment_of(__VA_ARGS__), feed_frame(f, &s))
	detector_checksums(f->d, CHECKSUMS_AUTO);
	FEED(true, TH_SYN, 100, 0, "", true);
	FEED(false, TH_SYN | TH_ACK, 900, 101, "", true);
	FEED(true, TH_ACK, 101, 901, "", true);
	FEED(true, TH_ACK, 101, 901, "abcdef", true);
	FEED(false, TH_ACK, 901, 107, "welcome", true);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_START), 1);
	FEED(true, TH_FIN | TH_ACK, cases[_i].after ? 111 : 107, 908, "", false);
	if (cases[_i].after)
		FEED(true, TH_ACK, 107, 908, cases[_i].after, true);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_END), 0);
	detector_finish(f->d);
	ck_assert_uint_eq(feed_count(f, EVENT_SESSION_END), cases[_i].ends);
	feed_free(f);
}
END_TEST

/* Whether a bad SYN of the client is taken. */
static bool client_is_believed(struct feed *f)
{
	struct frame s = frame_of(false, IPPROTO_TCP, 1, "");
	struct detector_stats st;

	s.b[33] = TH_SYN;
	s.b[36] ^= 0x55;
	feed_frame(f, &s);
	detector_stats(f->d, &st);
	ck_assert_uint_eq(st.checksums_believed + st.checksums_bad, 1);
	return st.checksums_believed;
}

/* A bad segment that its receiver acknowledges, though no good one brings its bytes, was right: so
 * are all of the sender. Not when a good one does, before or after, and not when it was inserted
 * behind what was acknowledged. */
START_TEST(what_the_receiver_acknowledges_was_right)
{
	struct feed *f = feed_new(SAYS);

	segment(f, true, TH_SYN, 100, 0, "", _i != 5);
	segment(f, false, TH_SYN | TH_ACK, 900, 101, "", true);
	segment(f, true, TH_ACK, 101, 901, "", true);
	if (_i == 1) /* the good one came before */
		segment(f, true, TH_ACK, 101, 901, "abcdef", true);
	if (_i < 5)
		segment(f, true, TH_ACK, _i == 3 ? 90 : 101, 901, "garbag", false);
	if (_i == 2) /* and after */
		segment(f, true, TH_ACK, 101, 901, "abcdef", true);
	if (_i != 4)
		segment(f, false, TH_ACK, 901, _i == 5 ? 101 : 107, "", true);
	ck_assert_int_eq(client_is_believed(f), _i == 0 || _i == 5);
	feed_free(f);
}
END_TEST

static const uint32_t file_head[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, DLT_RAW};

static void write_record(FILE *f, uint32_t seconds, const struct frame *frame)
{
	uint32_t head[4] = {seconds, 0, frame->n, frame->n};

	fwrite(head, sizeof(head), 1, f);
	fwrite(frame->b, frame->n, 1, f);
}

/* What is scored is what is detected: the sender is known from a good packet that is still to
 * come. */
START_TEST(who_reads_a_capture_looks_ahead)
{
	struct frame bad = frame_of(false, IPPROTO_UDP, 1, "abcdef");
	struct frame good = frame_of(false, IPPROTO_UDP, 1, "ghi");
	struct feed *f = feed_new(SAYS);
	struct detections *found = detections_new();
	char path[] = "/tmp/skypelab-checksums-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "wb");
	struct err e;

	bad.b[bad.n - 1] ^= _i;
	put_be16(good.b + good.l4, 5001); /* another flow */
	transport_checksum_set(IPPROTO_UDP, good.b + 12, 8, good.b + good.l4, good.n - good.l4);
	fwrite(file_head, sizeof(file_head), 1, file);
	write_record(file, 1, &bad);
	write_record(file, 2, &good);
	fclose(file);
	ck_assert_int_eq(detect_capture(f->set, path, found, NULL, &e), 0);
	ck_assert_uint_eq(detections_count(found), !_i);
	unlink(path);
	detections_free(found);
	feed_free(f);
}
END_TEST

static void add_rule(struct signature_set *set, const char *name, int nth, const char *bytes)
{
	char text[600];
	struct err e = {0};

	snprintf(text, sizeof(text),
		 "signature: %s\nrevision: 1\ndate: 2006-01-01\ntitle: t\nsource: t\nversions: []\n"
		 "rules:\n  - rule: r\n    proto: udp\n    steps:\n"
		 "      - {message: m, nth: %d, bytes: {0: \"%s\"}}\n    then: {event: evidence}\n",
		 name, nth, bytes);
	ck_assert_msg(signature_add_text(set, "t.yaml", text, strlen(text), &e) == 0, "%s", e.msg);
}

/* What two sets find in a capture that is read for both at once, and removed; @all is both. */
static struct detections *found_together(struct signature_set *all, struct signature_set *sets[2],
					 const char *path)
{
	struct detections *found = detections_new();
	struct err e;

	signature_set_compile(sets[0]);
	signature_set_compile(sets[1]);
	signature_set_compile(all);
	ck_assert_int_eq(detect_sets(all, sets, 2, path, found, NULL, &e), 0);
	unlink(path);
	return found;
}

static void free_together(struct signature_set *all, struct signature_set *sets[2],
			  struct detections *found)
{
	detections_free(found);
	signatures_free(all);
	signatures_free(sets[0]);
	signatures_free(sets[1]);
}

/* Signatures that run together find what each finds, set by set in the order asked for, whether a datagram is right, or so bad
 * that the one that asks for it passes it over. */
START_TEST(signatures_together_find_what_each_finds)
{
	static const char *const texts[] = {"ghi", "ghi", "xyz!", "abc"};
	struct signature_set *all = signature_set_new(), *sets[2];
	struct detections *found;
	char path[] = "/tmp/skypelab-checksums-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "wb");

	fwrite(file_head, sizeof(file_head), 1, file);
	for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
		struct frame f = frame_of(false, IPPROTO_UDP, 1, texts[i]);

		if (i == 2 && !_i)
			f.b[f.n - 1] ^= 1;
		write_record(file, 1 + i, &f);
	}
	fclose(file);
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "third" : "fourth", *bytes = i ? "78797a" : "616263";

		sets[i] = signature_set_new();
		add_rule(sets[i], name, 4 - i, bytes);
		add_rule(all, name, 4 - i, bytes);
	}
	found = found_together(all, sets, path);
	ck_assert_uint_eq(detections_count(found), 1U + (unsigned)_i);
	ck_assert_str_eq(detections_at(found, 0)->signature, "fourth");
	free_together(all, sets, found);
}
END_TEST

/* A flow on which one signature's match is held lasts longer; for the other it was forgotten by then. */
START_TEST(a_held_match_makes_no_flow_longer_for_others)
{
	static const char waits[] =
		"signature: waits\nrevision: 1\ndate: 2006-01-01\ntitle: t\nsource: t\n"
		"versions: []\nsets: {s: 1 h}\nrules:\n  - rule: r\n    proto: udp\n"
		"    flow: {known: {in: s, key: client-ip, hold: 20 min}}\n"
		"    steps: [{message: m, bytes: {0: \"67\"}}]\n    then: {event: evidence}\n"
		"  - rule: never\n    proto: udp\n    steps: [{message: m, size: 999}]\n"
		"    then: {remember: {in: s, key: client-ip}}\n";
	struct signature_set *all = signature_set_new(), *sets[2];
	struct detections *found;
	char path[] = "/tmp/skypelab-checksums-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "wb");
	struct frame first = frame_of(false, IPPROTO_UDP, 1, "ghi");
	struct frame second = frame_of(false, IPPROTO_UDP, 1, "abc");
	struct err e = {0};

	fwrite(file_head, sizeof(file_head), 1, file);
	write_record(file, 1, &first);
	write_record(file, 400, &second);
	fclose(file);
	for (int i = 0; i < 2; i++)
		sets[i] = signature_set_new();
	ck_assert_msg(signature_add_text(sets[0], "w.yaml", waits, strlen(waits), &e) == 0, "%s",
		      e.msg);
	ck_assert_int_eq(signature_add_text(all, "w.yaml", waits, strlen(waits), &e), 0);
	add_rule(sets[1], "first", 1, "616263");
	add_rule(all, "first", 1, "616263");
	found = found_together(all, sets, path);
	ck_assert_uint_eq(detections_count(found), 1);
	free_together(all, sets, found);
}
END_TEST

UNIT(checksums)
{
	unit_loop(tc, a_changed_bit_is_a_bad_checksum, 0, 4);
	unit_case(tc, an_authentication_header_is_passed_over);
	unit_loop(tc, without_a_length_nothing_is_known, 0, 2);
	unit_loop(tc, a_bad_checksum_counts_for_nothing, 0, 6);
	unit_loop(tc, a_bad_end_is_none, 0, 4);
	unit_loop(tc, a_bad_fin_ends_a_session_with_the_input, 0, 3);
	unit_loop(tc, what_the_receiver_acknowledges_was_right, 0, 6);
	unit_loop(tc, who_reads_a_capture_looks_ahead, 0, 2);
	unit_loop(tc, what_is_left_to_the_card_is_believed, 0, 2);
	unit_loop(tc, signatures_together_find_what_each_finds, 0, 2);
	unit_case(tc, a_held_match_makes_no_flow_longer_for_others);
}
