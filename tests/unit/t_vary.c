// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copies of captures: what the protocol fixes stays, what it leaves free changes, and a verdict on
 * the copy comes back in the words of the original.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "results/score/flows.h"
#include "run/vary/addresses.h"
#include "run/vary/vary.h"
#include "run/vary/payload.h"
#include "tests/unit/unit.h"

static const struct vary_keys keys = {
	.seed = 7, .id = 0x1235, .checksum = 0xdeadbeef, .challenge = 0x01020304};

static void map_add(void *arg, uint8_t ip[4])
{
	(void)arg;
	ip[0] ^= 0x40;
}

/* The first worked exchange of a real login, 25 Aug 2006. */
static const uint8_t u1[] = {0x15, 0xf2, 0x02, 0xe2, 0xb4, 0x59, 0xe6, 0x64, 0x4a,
			     0x65, 0x4d, 0x81, 0x76, 0x3a, 0xc9, 0xdb, 0xf5, 0x36};
static const uint8_t u2[] = {0x15, 0xf2, 0x77, 0x56, 0x80, 0xf5, 0x73, 0x24, 0x49, 0x9e, 0xb8};
static const uint8_t u3[] = {0x15, 0xf2, 0x03, 0x01, 0x24, 0x49, 0x9e, 0xb8, 0xa5, 0x7c, 0xfd, 0xf1,
			     0x64, 0x4a, 0x65, 0x4d, 0x9c, 0x31, 0x6e, 0x2c, 0xe9, 0x8f, 0xc0};

START_TEST(a_probe_keeps_its_relations)
{
	uint8_t a[sizeof(u1)], b[sizeof(u2)], c[sizeof(u3)];

	memcpy(a, u1, sizeof(a));
	memcpy(b, u2, sizeof(b));
	memcpy(c, u3, sizeof(c));
	ck_assert(vary_udp(&keys, 1, a, sizeof(a), map_add, NULL));
	ck_assert(vary_udp(&keys, 2, b, sizeof(b), map_add, NULL));
	ck_assert(vary_udp(&keys, 3, c, sizeof(c), map_add, NULL));
	/* one id in all three, another than before, moved by the key */
	ck_assert(!memcmp(a, b, 2) && !memcmp(a, c, 2));
	ck_assert_uint_eq((uint16_t)(a[0] << 8 | a[1]), 0x15f2 + 0x1235);
	/* function nibbles, bit 7 clear, 02 exactly */
	ck_assert_uint_eq(a[2], 0x02);
	ck_assert_uint_eq(b[2] & 0x8f, 0x07);
	ck_assert_uint_eq(c[2] & 0x8f, 0x03);
	ck_assert_uint_eq(c[3], 0x01);
	/* the challenge goes from U2 to U3, the checksum from U1 to U3; both are others now */
	ck_assert(!memcmp(b + 7, c + 4, 4) && memcmp(b + 7, u2 + 7, 4) != 0);
	ck_assert(!memcmp(a + 7, c + 12, 4) && memcmp(a + 7, u1 + 7, 4) != 0);
	/* addresses through the map; IV and cipher text changed */
	ck_assert_uint_eq(b[3], 0x56 ^ 0x40);
	ck_assert_uint_eq(c[8], 0xa5 ^ 0x40);
	ck_assert(memcmp(a + 3, u1 + 3, 4) != 0 && memcmp(a + 11, u1 + 11, 7) != 0);
	ck_assert(memcmp(c + 16, u3 + 16, 7) != 0);
}
END_TEST

START_TEST(what_is_not_understood_is_left_alone)
{
	uint8_t stun[20] = {0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42}, was[20];
	uint8_t bit7[] = {0x15, 0xf2, 0x87, 1, 2, 3, 4, 5, 6, 7, 8};

	memcpy(was, stun, sizeof(was));
	ck_assert(!vary_udp(&keys, 1, stun, sizeof(stun), map_add, NULL));
	ck_assert(!memcmp(stun, was, sizeof(was)));
	ck_assert(!vary_udp(&keys, 1, bit7, sizeof(bit7), map_add, NULL));
	ck_assert(!vary_udp(&keys, 1, bit7, 2, map_add, NULL));
}
END_TEST

static void stream_set(struct vary_stream *s, const uint8_t *p, size_t n, uint64_t salt)
{
	memset(s, 0, sizeof(*s));
	memcpy(s->old, p, n);
	s->n = s->first = n;
	s->begun = true;
	s->salt = salt;
}

/* Figure 7 of the paper: R1 on port 80 of 1.4 (high halves of bytes 5, 6 and 15, 16, counted from
 * 1) and of 2.0 (6 to 14 and 16 to 24). */
START_TEST(one_key_stream_used_twice_stays_so)
{
	static const uint8_t v14[] = {0x81, 0x07, 0x18, 0xc4, 0xa7, 0x09, 0xdd, 0xca,
				      0x77, 0x36, 0xc7, 0x5c, 0xde, 0x4a, 0xa4, 0x08};
	static const uint8_t v20[] = {0x86, 0x64, 0x5d, 0xdc, 0xd9, 0x32, 0x7f, 0xce,
				      0xa2, 0xae, 0xe7, 0xd9, 0xf2, 0xde, 0xd6, 0x30,
				      0x7e, 0xcf, 0xa3, 0xae, 0xe6, 0xd8, 0xf1, 0xdd};
	struct vary_stream *c = xcalloc(1, sizeof(*c)), *s = xcalloc(1, sizeof(*s));

	for (uint64_t salt = 0; salt < 200; salt++) {
		stream_set(c, v14, sizeof(v14), salt);
		stream_set(s, v20, 0, salt + 1);
		vary_streams(&keys, c, s);
		ck_assert(memcmp(c->new, v14, sizeof(v14)) != 0);
		for (int i = 0; i < 2; i++)
			ck_assert_uint_eq(c->new[4 + i] >> 4, c->new[14 + i] >> 4);
		stream_set(c, v20, sizeof(v20), salt);
		vary_streams(&keys, c, s);
		for (int i = 0; i < 9; i++)
			ck_assert_uint_eq(c->new[5 + i] >> 4, c->new[15 + i] >> 4);
	}
	free(c);
	free(s);
}
END_TEST

START_TEST(padding_follows_its_recurrence_and_begins_elsewhere)
{
	uint8_t first[48 + 20];
	struct vary_stream *c = xcalloc(1, sizeof(*c)), *s = xcalloc(1, sizeof(*s));

	for (size_t i = 0; i < 48; i++)
		first[i] = (uint8_t)(i * 37);
	first[48] = 0x5a;
	for (size_t i = 49; i < sizeof(first); i++)
		first[i] = (uint8_t)(0xcd * first[i - 1] + 0x71);
	stream_set(c, first, sizeof(first), 1);
	stream_set(s, first, 0, 2);
	vary_streams(&keys, c, s);
	ck_assert_uint_ne(c->new[48], 0x5a);
	for (size_t i = 49; i < sizeof(first); i++)
		ck_assert_uint_eq(c->new[i], (uint8_t)(0xcd * c->new[i - 1] + 0x71));
	ck_assert(memcmp(c->new, first, 48) != 0);
	free(c);
	free(s);
}
END_TEST

START_TEST(login_records_keep_their_fixed_bytes)
{
	static const uint8_t l1[] = {0x16, 0x03, 0x01, 0x00, 0x00};
	static const uint8_t l3[] = {0x16, 0x03, 0x01, 0x00, 0xcd, 0x41, 0x03, 0x00,
				     0x09, 0x80, 0x40, 0x04, 0x08, 0xc0, 0x01};
	static const uint8_t tail[] = {0x00, 0x0c, 0x01, 0x17, 0x03, 0x01, 0x00, 0x20};
	static const uint8_t answer[] = {0x17, 0x03, 0x01, 0x00, 0x00, 0x17, 0x03,
					 0x01, 0x00, 0x04, 1,	 2,    3,    4};
	uint8_t bytes[5 + 210 + 5 + 32] = {0};
	struct vary_stream *c = xcalloc(1, sizeof(*c)), *s = xcalloc(1, sizeof(*s));

	memcpy(bytes, l1, 5);
	memcpy(bytes + 5, l3, sizeof(l3));
	memcpy(bytes + 5 + 207, tail, sizeof(tail));
	stream_set(c, bytes, sizeof(bytes), 1);
	stream_set(s, answer, sizeof(answer), 2);
	vary_streams(&keys, c, s);
	ck_assert(!memcmp(c->new, l1, 5));
	ck_assert(!memcmp(c->new + 5, l3, sizeof(l3)));
	ck_assert(!memcmp(c->new + 5 + 207, tail, sizeof(tail)));
	ck_assert(memcmp(c->new + 20, bytes + 20, 192) != 0);
	ck_assert(memcmp(c->new + 220, bytes + 220, 32) != 0);
	ck_assert(!memcmp(s->new, answer, 10) && memcmp(s->new + 10, answer + 10, 4) != 0);
	free(c);
	free(s);
}
END_TEST

START_TEST(a_real_tls_hello_and_http_are_left_alone)
{
	static const char get[] = "GET http://ui.skype.com/ui/2/1.2.0.18/en/x HTTP/1.1\r\n\r\n";
	static const uint8_t tls[] = {0x16, 0x03, 0x01, 0x00, 0x2f, 0x01, 0x00, 0x00, 0x2b, 0x03};
	struct vary_stream *c = xcalloc(1, sizeof(*c)), *s = xcalloc(1, sizeof(*s));

	stream_set(c, (const uint8_t *)get, sizeof(get) - 1, 1);
	stream_set(s, tls, sizeof(tls), 2);
	vary_streams(&keys, c, s);
	ck_assert(!memcmp(c->new, get, sizeof(get) - 1));
	ck_assert(!memcmp(s->new, tls, sizeof(tls)));
	stream_set(c, tls, sizeof(tls), 1);
	vary_streams(&keys, c, s);
	ck_assert(!memcmp(c->new, tls, sizeof(tls)));
	free(c);
	free(s);
}
END_TEST

/* ---- whole captures ---- */

/* Ethernet, IPv4, UDP without checksum. */
static void frame(pcap_dumper_t *d, unsigned sec, const uint8_t src[4], unsigned sport,
		  const uint8_t dst[4], unsigned dport, const void *payload, size_t n)
{
	uint8_t f[256] = {[12] = 0x08, [14] = 0x45, [22] = 64, [23] = 17};
	struct pcap_pkthdr h = {.caplen = (bpf_u_int32)(42 + n), .len = (bpf_u_int32)(42 + n)};

	h.ts.tv_sec = sec;
	put_be16(f + 16, (unsigned)(28 + n));
	memcpy(f + 26, src, 4);
	memcpy(f + 30, dst, 4);
	put_be16(f + 34, sport);
	put_be16(f + 36, dport);
	put_be16(f + 38, (unsigned)(8 + n));
	memcpy(f + 42, payload, n);
	pcap_dump((u_char *)d, &h, f);
}

static const uint8_t host[] = {192, 168, 1, 2}, node[] = {5, 5, 5, 5}, other[] = {9, 9, 9, 9};

static void write_capture(const char *path)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dumper_t *d = pcap_dump_open(dead, path);

	frame(d, 1156534332, host, 35990, node, 15294, u1, sizeof(u1));
	frame(d, 1156534333, node, 15294, host, 35990, u2, sizeof(u2));
	frame(d, 1156534334, host, 35990, node, 15294, u3, sizeof(u3));
	frame(d, 1156534335, host, 1030, other, 53, "question", 8);
	pcap_dump_close(d);
	pcap_close(dead);
}

static struct labels *capture_labels(void)
{
	struct labels *l = labels_new(LABEL_SKYPE);
	struct label r = {.tuple = {17, {ip4(0xc0a80102), 35990}, {ip4(0x05050505), 15294}},
			  .application = LABEL_SKYPE};

	labels_add(l, &r);
	r.tuple = (struct tuple){17, {ip4(0xc0a80102), 1030}, {ip4(0x09090909), 53}};
	label_copy(r.application, LABEL_NOT_SKYPE);
	labels_add(l, &r);
	return l;
}

static void check_copy(uint64_t seed, const char *path, const struct labels *l)
{
	struct vary *v = vary_new(l, seed, (unsigned)seed);
	struct flow_index *x = flow_index_new();
	int fd = memfd_create("t_vary", 0), skype = 0, dns = 0;
	char *copy = xasprintf("/proc/self/fd/%d", fd);
	struct err e = {0};

	ck_assert_msg(vary_capture(v, path, fd, &e) == 0, "%s", e.msg);
	ck_assert_uint_ge(vary_rewritten(v), 3);
	ck_assert_msg(flow_index_read(x, copy, &e) == 0, "%s", e.msg);
	ck_assert_uint_eq(flow_index_count(x), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct flow_seen *f = flow_index_at(x, i);
		struct detection w = {.ts_ns = f->first_ns, .tuple = f->tuple};

		/* private stays private, public public; well-known ports stay */
		ck_assert(ip_is_private(&f->tuple.src.ip) && !ip_is_private(&f->tuple.dst.ip));
		w.client = f->tuple.src.ip;
		vary_restore(v, &w);
		ck_assert_ptr_nonnull(labels_find(l, &w.tuple));
		ck_assert_uint_eq(ip4_host(&w.client), 0xc0a80102);
		if (f->tuple.dst.port == 53) {
			dns++;
			ck_assert_uint_eq(f->tuple.src.port, 1030);
			continue;
		}
		skype++;
		ck_assert_uint_ne(f->tuple.src.port, 35990);
		ck_assert_uint_ne(f->tuple.dst.port, 15294);
		ck_assert_uint_eq(w.ts_ns, 1156534332000000000ULL);
		ck_assert_uint_gt(f->last_ns, f->first_ns);
	}
	ck_assert_int_eq(skype, 1);
	ck_assert_int_eq(dns, 1);
	free(copy);
	close(fd);
	flow_index_free(x);
	vary_free(v);
}

START_TEST(verdicts_on_a_copy_come_back)
{
	char path[] = "/tmp/t_vary.XXXXXX";
	struct labels *l = capture_labels();

	close(mkstemp(path));
	write_capture(path);
	for (uint64_t seed = 1; seed < 50; seed++)
		check_copy(seed, path, l);
	unlink(path);
	labels_free(l);
}
END_TEST

/* A capture with more private networks than 10/8 has: each becomes another one, at once. */
START_TEST(more_private_networks_than_ten_slash_eight)
{
	struct vary_addresses *v = vary_addresses_new(1, false);
	uint8_t *taken = xcalloc(1, 1 << 21);

	for (uint32_t i = 0; i < 65536 + 4096 + 256; i++) {
		uint32_t net = i < 65536	  ? 0x0a0000 + i
			       : i < 65536 + 4096 ? 0xac1000 + i - 65536
						  : 0xc0a800 + i - 65536 - 4096;
		struct ip was = ip4(net << 8 | 5), is = vary_address_of(v, &was, 0);
		uint32_t made = ip4_host(&is) >> 8;

		ck_assert(ip_is_private(&is));
		ck_assert_msg(!(taken[made >> 3] >> (made & 7) & 1), "network %u", i);
		taken[made >> 3] |= (uint8_t)(1 << (made & 7));
	}
	ck_assert(!vary_addresses_full(v));
	free(taken);
	vary_addresses_free(v);
}
END_TEST

/* ---- one change ---- */

/* The payloads of a copy in order, each with its time; the checksums of UDP are right or absent. */
struct seen {
	size_t n, len[8];
	uint8_t data[8][256];
	uint64_t ts_ns[8];
};

static void changed(const struct vary_change *c, const char *path, const struct labels *l,
		    struct seen *out)
{
	struct vary *v = vary_changed(l, c);
	int fd = memfd_create("t_vary", 0);
	char *copy = xasprintf("/proc/self/fd/%d", fd), why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *p;
	struct err e = {0};
	pcap_t *f;

	ck_assert_msg(vary_capture(v, path, fd, &e) == 0, "%s", e.msg);
	f = pcap_open_offline_with_tstamp_precision(copy, PCAP_TSTAMP_PRECISION_NANO, why);
	ck_assert_ptr_nonnull(f);
	for (out->n = 0; pcap_next_ex(f, &h, &p) == 1; out->n++) {
		size_t n = h->caplen - 28;

		ck_assert_uint_lt(out->n, 8);
		ck_assert_uint_eq(get_be16(p + 2), h->caplen); /* the lengths of IP and UDP */
		ck_assert_uint_eq(get_be16(p + 24), n + 8);
		out->len[out->n] = n;
		memcpy(out->data[out->n], p + 28, n);
		out->ts_ns[out->n] =
			(uint64_t)h->ts.tv_sec * 1000000000ULL + (uint64_t)h->ts.tv_usec;
	}
	ck_assert_uint_eq(out->n, 4);
	/* what is not Skype stays */
	ck_assert_uint_eq(out->len[3], 8);
	ck_assert_mem_eq(out->data[3], "question", 8);
	pcap_close(f);
	close(fd);
	free(copy);
	vary_free(v);
}

START_TEST(one_change_changes_one_thing)
{
	static const uint8_t *const was[] = {u1, u2, u3};
	static const size_t len[] = {sizeof(u1), sizeof(u2), sizeof(u3)};
	char path[] = "/tmp/t_vary.XXXXXX";
	struct labels *l = capture_labels();
	struct seen s;

	close(mkstemp(path));
	write_capture(path);
	for (int what = 0; what < VARY_WHATS; what++) {
		struct vary_change none = {.what = (enum vary_what)what,
					   .amount = what == VARY_STRETCH ? 1 : 0,
					   .seed = 1};

		changed(&none, path, l, &s);
		for (int i = 0; i < 3; i++) {
			ck_assert_uint_eq(s.len[i], len[i]);
			ck_assert_mem_eq(s.data[i], was[i], len[i]);
			ck_assert_uint_eq(s.ts_ns[i],
					  1156534332000000000ULL + (uint64_t)i * 1000000000ULL);
		}
	}
	changed(&(struct vary_change){VARY_PAD, 7, 1}, path, l, &s);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(s.len[i], len[i] + 7);
		ck_assert_mem_eq(s.data[i], was[i], len[i]);
	}
	changed(&(struct vary_change){VARY_MASK, 15, 1}, path, l, &s);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(s.len[i], len[i]);
		ck_assert_mem_ne(s.data[i], was[i], 11);
		if (len[i] > 15)
			ck_assert_mem_eq(s.data[i] + 15, was[i] + 15, len[i] - 15);
	}
	changed(&(struct vary_change){VARY_IDS, 1, 1}, path, l, &s);
	for (int i = 0; i < 3; i++) { /* another id, the same in all three */
		ck_assert_mem_ne(s.data[i], was[i], 2);
		ck_assert_mem_eq(s.data[i], s.data[0], 2);
		ck_assert_mem_eq(s.data[i] + 2, was[i] + 2, len[i] - 2);
	}
	changed(&(struct vary_change){VARY_STRETCH, 4, 1}, path, l, &s);
	for (int i = 0; i < 3; i++) {
		ck_assert_mem_eq(s.data[i], was[i], len[i]);
		ck_assert_uint_eq(s.ts_ns[i], 1156534332000000000ULL + (uint64_t)i * 4000000000ULL);
	}
	unlink(path);
	labels_free(l);
}
END_TEST

UNIT(vary)
{
	unit_case(tc, one_change_changes_one_thing);
	unit_case(tc, more_private_networks_than_ten_slash_eight);
	unit_case(tc, a_probe_keeps_its_relations);
	unit_case(tc, what_is_not_understood_is_left_alone);
	unit_case(tc, one_key_stream_used_twice_stays_so);
	unit_case(tc, padding_follows_its_recurrence_and_begins_elsewhere);
	unit_case(tc, login_records_keep_their_fixed_bytes);
	unit_case(tc, a_real_tls_hello_and_http_are_left_alone);
	unit_case(tc, verdicts_on_a_copy_come_back);
}
