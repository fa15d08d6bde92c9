// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flow records as exporters send them (NetFlow v5, v9, IPFIX), of bytes that are put together here: what is read of them,
 * and that broken ones are refused in one line. Against a foreign exporter and collector: tests/e2e/flow-records.sh.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "run/detect/ipfix.h"
#include "run/detect/netflow.h"
#include "run/detect/record_file.h"
#include "run/detect/up_time.h"
#include "tests/unit/unit.h"

#define MS   1000000ULL
#define SENT 1156534400U /* seconds: when a message was sent */

/* ---- bytes ---- */

struct bytes {
	uint8_t b[4096];
	size_t n;
};

static void put16(struct bytes *o, unsigned v)
{
	put_be16(o->b + o->n, (uint16_t)v);
	o->n += 2;
}

static void put32(struct bytes *o, uint32_t v)
{
	put_be32(o->b + o->n, v);
	o->n += 4;
}

static void put64(struct bytes *o, uint64_t v)
{
	put32(o, (uint32_t)(v >> 32));
	put32(o, (uint32_t)v);
}

static void put8(struct bytes *o, unsigned v)
{
	o->b[o->n++] = (uint8_t)v;
}

static void put_address(struct bytes *o, unsigned host)
{
	put32(o, 0x0a000000U + host);
}

/* The length that stands at @at is of what came since @from. */
static void set_length(struct bytes *o, size_t at, size_t from)
{
	put_be16(o->b + at, (uint16_t)(o->n - from));
}

static size_t begin_set(struct bytes *o, unsigned id)
{
	put16(o, id);
	put16(o, 0);
	return o->n - 4;
}

static void end_set(struct bytes *o, size_t set)
{
	set_length(o, set + 2, set);
}

static size_t begin_message(struct bytes *o)
{
	size_t at = o->n;

	put16(o, IPFIX_VERSION);
	put16(o, 0);
	put32(o, SENT);
	put32(o, 0);
	put32(o, 7);
	return at;
}

/* A field of a template: IANA's number, or with the one of an enterprise. */
struct field {
	unsigned id, length;
	uint32_t enterprise;
};

static void put_template(struct bytes *o, unsigned id, const struct field *f, size_t n)
{
	size_t set = begin_set(o, 2);

	put16(o, id);
	put16(o, (unsigned)n);
	for (size_t i = 0; i < n; i++) {
		put16(o, f[i].id | (f[i].enterprise ? 0x8000U : 0));
		put16(o, f[i].length);
		if (f[i].enterprise)
			put32(o, f[i].enterprise);
	}
	end_set(o, set);
}

/* ---- reading ---- */

static int read_bytes(const void *b, size_t n, struct record_list *out, struct err *e)
{
	int fd = memfd_create("records", MFD_CLOEXEC), rc;
	char *path = xasprintf("/proc/self/fd/%d", fd);

	ck_assert_int_eq(write(fd, b, n), (ssize_t)n);
	rc = record_file_read(path, 3, out, e);
	close(fd);
	free(path);
	return rc;
}

static void read_good(const struct bytes *o, struct record_list *out)
{
	struct err e = {0};

	ck_assert_msg(read_bytes(o->b, o->n, out, &e) == 0, "%s", e.msg);
}

static void refused(const struct bytes *o, const char *says)
{
	struct record_list l = {0};
	struct err e = {0};

	ck_assert_int_eq(read_bytes(o->b, o->n, &l, &e), -1);
	ck_assert_msg(strstr(e.msg, says) != NULL, "%s, expected: %s", e.msg, says);
	ck_assert_ptr_null(strchr(e.msg, '\n'));
	record_list_free(&l);
}

static void is_record(const struct flow_record *r, uint8_t proto, unsigned src, unsigned dst,
		      uint64_t packets, uint64_t bytes)
{
	ck_assert_uint_eq(r->flow.proto, proto);
	ck_assert_uint_eq(r->flow.src.ip.b[3], src);
	ck_assert_uint_eq(r->flow.dst.ip.b[3], dst);
	ck_assert_uint_eq(r->flow.src.port, 1000 + src);
	ck_assert_uint_eq(r->flow.dst.port, 1000 + dst);
	ck_assert_uint_eq(r->packets, packets);
	ck_assert_uint_eq(r->bytes, bytes);
	ck_assert_uint_eq(r->input, 3);
}

static void is_time(const struct flow_record *r, uint64_t first, uint64_t last)
{
	ck_assert_uint_eq(r->first_ns, first);
	ck_assert_uint_eq(r->last_ns, last);
}

/* ---- NetFlow v5 ---- */

static void put_v5_record(struct bytes *o, uint8_t proto, uint32_t first, uint32_t last)
{
	put_address(o, 1);
	put_address(o, 2);
	put64(o, 0);
	put32(o, 3);
	put32(o, 150);
	put32(o, first);
	put32(o, last);
	put16(o, 1001);
	put16(o, 1002);
	put8(o, 0);
	put8(o, TH_SYN | TH_PUSH);
	put8(o, proto);
	put8(o, 0);
	put64(o, 0);
}

static void put_v5(struct bytes *o, unsigned n, uint32_t up)
{
	put16(o, 5);
	put16(o, n);
	put32(o, up);
	put32(o, SENT);
	put32(o, 250000000);
	put64(o, 0);
}

START_TEST(v5_is_read)
{
	struct bytes o = {.n = 0};
	struct record_list l = {0};
	uint64_t number = 0, now = (SENT * 1000ULL + 250) * MS;

	put_v5(&o, 3, 500);
	put_v5_record(&o, IPPROTO_TCP, 100, 400);
	put_v5_record(&o, IPPROTO_ICMP, 100, 400);
	put_v5_record(&o, IPPROTO_UDP, UINT32_MAX - 99, 0); /* its clock turned over */
	ck_assert_uint_eq(netflow_version(o.b, o.n), 5);
	ck_assert_int_eq(netflow5_read(o.b, o.n, 3, &number, &l), 0);
	ck_assert(l.n == 2 && number == 3);
	is_record(&l.records[0], IPPROTO_TCP, 1, 2, 3, 150);
	is_time(&l.records[0], now - 400 * MS, now - 100 * MS);
	ck_assert(l.records[0].flags_known && l.records[0].flags == (TH_SYN | TH_PUSH));
	is_record(&l.records[1], IPPROTO_UDP, 1, 2, 3, 150);
	is_time(&l.records[1], now - 600 * MS, now - 500 * MS);
	ck_assert(!l.records[1].flags_known && l.records[1].number == 3);
	record_list_free(&l);
}
END_TEST

START_TEST(v5_that_lies_is_none)
{
	struct bytes o = {.n = 0};
	struct record_list l = {0};
	uint64_t number = 0;

	put_v5(&o, 1, 500);
	put_v5_record(&o, IPPROTO_UDP, 400, 100);
	ck_assert_int_eq(netflow5_read(o.b, o.n, 3, &number, &l), -1);
	for (size_t n = 0; n < o.n; n++)
		ck_assert_uint_eq(netflow_version(o.b, n), 0);
	put_be16(o.b + 2, 2);
	ck_assert_uint_eq(netflow_version(o.b, o.n), 0);
	put_be16(o.b + 2, 0);
	ck_assert_uint_eq(netflow_version(o.b, 24), 0);
	record_list_free(&l);
}
END_TEST

/* ---- NetFlow v9 ---- */

static const struct field plain[] = {{8, 4, 0},	 {12, 4, 0}, {7, 2, 0},	   {11, 2, 0},
				     {4, 1, 0},	 {6, 1, 0},  {1, 4, 0},	   {2, 4, 0},
				     {22, 4, 0}, {21, 4, 0}, {40001, 2, 0}};

static void put_plain(struct bytes *o, uint8_t proto, bool own)
{
	put_address(o, 1);
	put_address(o, 2);
	put16(o, 1001);
	put16(o, 1002);
	put8(o, proto);
	put8(o, TH_PUSH);
	put32(o, 85);
	put32(o, 2);
	put32(o, 100);
	put32(o, 400);
	if (own)
		put16(o, 0xffff);
}

static void put_v9(struct bytes *o)
{
	size_t set;

	put16(o, 9);
	put16(o, 3);
	put32(o, 500);
	put32(o, SENT);
	put64(o, 0);
	set = begin_set(o, 0);
	put16(o, 256);
	put16(o, ARRAY_LEN(plain));
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		put16(o, plain[i].id);
		put16(o, plain[i].length);
	}
	end_set(o, set);
	set = begin_set(o, 1); /* options: of the system, one field */
	put16(o, 257);
	put16(o, 4);
	put16(o, 4);
	put16(o, 1);
	put16(o, 4);
	put16(o, 34);
	put16(o, 4);
	put16(o, 0); /* filled up */
	end_set(o, set);
	set = begin_set(o, 257);
	put32(o, 0);
	put32(o, 1);
	end_set(o, set);
	set = begin_set(o, 256);
	put_plain(o, IPPROTO_TCP, true);
	put_plain(o, IPPROTO_UDP, true);
	put16(o, 0);
	end_set(o, set);
}

START_TEST(v9_is_read)
{
	struct bytes o = {.n = 0};
	struct record_list l = {0};
	struct ipfix *x = ipfix_new(&l, 3);
	uint8_t *message = xmalloc(DATAGRAM_MAX);
	uint64_t number = 0;
	int64_t started;
	struct err e = {0};
	size_t n;

	put_v9(&o);
	ck_assert_uint_eq(netflow_version(o.b, o.n), 9);
	n = netflow9_to_ipfix(o.b, o.n, message, &started);
	ck_assert_int_eq(started, SENT * 1000LL - 500);
	ck_assert_uint_eq(netflow_version(message, n), IPFIX_VERSION);
	ipfix_started(x, started);
	ck_assert_msg(ipfix_message(x, message, n, &number, &e) == 0, "%s", e.msg);
	ck_assert_uint_eq(l.n, 2);
	is_record(&l.records[0], IPPROTO_TCP, 1, 2, 2, 85);
	is_time(&l.records[0], (uint64_t)(started + 100) * MS, (uint64_t)(started + 400) * MS);
	ck_assert(l.records[0].flags_known && l.records[0].flags == TH_PUSH);
	is_record(&l.records[1], IPPROTO_UDP, 1, 2, 2, 85);
	ck_assert_uint_eq(ipfix_passed_over(), 0);
	for (size_t k = 0; k < o.n; k++)
		ck_assert(netflow_version(o.b, k) == 0 || k > 20);
	ipfix_free(x);
	free(message);
	record_list_free(&l);
}
END_TEST

/* A clock that counts from the exporter's start: of 32 bits, and not set. The datagram's records are of 100 to 400 ms. */
static const struct {
	uint32_t up, sent_s;
	int64_t first_ms;
} starts[] = {
	{500, SENT, SENT * 1000LL - 400},
	{UINT32_MAX - 199, SENT, SENT * 1000LL + 300}, /* it turns over at 200 */
	{50, 0, 50},
	{100, 0, 0},
	{101, 0, -1},
};

START_TEST(v9_is_read_with_clocks_that_turn_over)
{
	struct bytes o = {.n = 0};
	struct record_list l = {0};
	struct ipfix *x = ipfix_new(&l, 3);
	uint8_t *message = xmalloc(DATAGRAM_MAX);
	uint64_t number = 0, first = (uint64_t)starts[_i].first_ms;
	int64_t started;
	struct err e = {0};
	size_t n;
	int rc;

	put_v9(&o);
	put_be32(o.b + 4, starts[_i].up);
	put_be32(o.b + 8, starts[_i].sent_s);
	n = netflow9_to_ipfix(o.b, o.n, message, &started);
	ipfix_started(x, started);
	rc = ipfix_message(x, message, n, &number, &e);
	if (starts[_i].first_ms < 0) {
		ck_assert(rc == -1 && l.n == 0);
		ck_assert_str_eq(e.msg, "expected times between 1970 and 2262");
	} else {
		ck_assert_msg(rc == 0 && l.n == 2, "%s", e.msg);
		is_time(&l.records[0], first * MS, (first + 300) * MS);
	}
	ipfix_free(x);
	free(message);
	record_list_free(&l);
}
END_TEST

/* Of the times that 32 bits may mean, the one nearest to when the record was sent. */
START_TEST(a_time_of_32_bits_is_near_that_of_sending)
{
	const int64_t turn = 1LL << 32, sent = SENT * 1000LL;
	struct flow_record r;

	for (int64_t turns = 0; turns < 3; turns++)
		for (int64_t ago = -1000; ago < 5000;
		     ago += 500) { /* from the last packet to sending */
			int64_t started = sent - turns * turn - 2000;
			uint32_t last = (uint32_t)(sent - ago - started);

			ck_assert_ptr_null(up_time_read(started, sent, last - 700, last, &r));
			is_time(&r, (uint64_t)(sent - ago - 700) * MS, (uint64_t)(sent - ago) * MS);
		}
	ck_assert_str_eq(up_time_read(sent, sent, 2, 1, &r), "a last packet after the first");
	ck_assert_ptr_null(up_time_read(sent, 0, 1, 2, &r)); /* it does not say when it was sent */
	is_time(&r, (SENT * 1000ULL + 1) * MS, (SENT * 1000ULL + 2) * MS);
	ck_assert_ptr_nonnull(up_time_read(LATEST_MS, LATEST_MS, 1, 2, &r));
}
END_TEST

/* ---- IPFIX ---- */

/* How a time is written: fields of first and last, and the value of @ms ms since 1970. */
static const struct {
	unsigned first, last, length;
} clocks[] = {{150, 151, 4}, {152, 153, 8}, {154, 155, 8},
	      {156, 157, 8}, {158, 159, 4}, {22, 21, 4}};

static void put_time(struct bytes *o, unsigned first, uint64_t ms)
{
	if (first == 150)
		put32(o, (uint32_t)(ms / 1000));
	else if (first == 152)
		put64(o, ms);
	else if (first == 158)
		put32(o, (uint32_t)((SENT * 1000ULL - ms) * 1000));
	else if (first == 22)
		put32(o, (uint32_t)(ms - (SENT - 9000) * 1000ULL));
	else
		put64(o, (ms / 1000 + 2208988800ULL) << 32 | (ms % 1000 << 32) / 1000);
}

/* A message of a record both ways, in IPv4 or IPv6, with that clock. */
static void put_both_ways(struct bytes *o, size_t clock, bool v6, uint64_t first, uint64_t last)
{
	const struct field f[] = {{v6 ? 27 : 8, v6 ? 16 : 4, 0},
				  {v6 ? 28 : 12, v6 ? 16 : 4, 0},
				  {7, 2, 0},
				  {11, 2, 0},
				  {4, 1, 0},
				  {clocks[clock].first, clocks[clock].length, 0},
				  {clocks[clock].last, clocks[clock].length, 0},
				  {160, 8, 0},
				  {85, 8, 0},
				  {86, 4, 0},
				  {85, 4, 29305},
				  {86, 8, 29305},
				  {14, 1, 6871},
				  {15, 1, 6871},
				  {14 | 0x4000, 1, 6871},
				  {15 | 0x4000, 1, 6871}};
	size_t at = begin_message(o), set;

	put_template(o, 300, f, ARRAY_LEN(f));
	set = begin_set(o, 300);
	for (unsigned host = 1; host <= 2; host++) {
		for (unsigned i = 0; i < 3 && v6; i++)
			put32(o, 0x20010db8U);
		put_address(o, host);
	}
	put16(o, 1001);
	put16(o, 1002);
	put8(o, IPPROTO_TCP);
	put_time(o, clocks[clock].first, first);
	put_time(o, clocks[clock].first, last);
	put64(o, (SENT - 9000) * 1000ULL);
	put64(o, 600);
	put32(o, 5);
	put32(o, 400);
	put64(o, 4);
	put8(o, TH_SYN);
	put8(o, TH_ACK | TH_PUSH);
	put8(o, TH_SYN | TH_ACK);
	put8(o, TH_ACK);
	end_set(o, set);
	set_length(o, at + 2, at);
}

START_TEST(ipfix_is_read_with_every_clock)
{
	uint64_t first = (SENT - 10) * 1000ULL + (_i ? 250 : 0), last = first + 2000;

	for (int v6 = 0; v6 < 2; v6++) {
		struct bytes o = {.n = 0};
		struct record_list l = {0};
		unsigned at = v6 ? 15 : 3;

		put_both_ways(&o, (size_t)_i, v6, first, last);
		read_good(&o, &l);
		ck_assert_uint_eq(l.n, 2);
		for (unsigned i = 0; i < 2; i++) {
			const struct flow_record *r = &l.records[i];

			ck_assert_uint_eq(r->flow.src.ip.family, v6 ? 6 : 4);
			ck_assert_uint_eq(r->flow.src.ip.b[at], 1 + i);
			ck_assert_uint_eq(r->flow.dst.ip.b[at], 2 - i);
			ck_assert_uint_eq(r->flow.src.port, 1001 + i);
			ck_assert(r->packets == 5 - i && r->bytes == 600 - 200 * i);
			ck_assert(r->flags_known &&
				  r->flags == (i ? TH_SYN | TH_ACK : TH_SYN | TH_ACK | TH_PUSH));
			is_time(r, first * MS, last * MS);
		}
		record_list_free(&l);
	}
}
END_TEST

START_TEST(the_start_may_be_said_by_options)
{
	struct bytes o = {.n = 0};
	struct record_list l = {0};
	size_t at = begin_message(&o), set = begin_set(&o, 3);

	put16(&o, 257);
	put16(&o, 2);
	put16(&o, 1);
	put16(&o, 149);
	put16(&o, 4);
	put16(&o, 160);
	put16(&o, 8);
	end_set(&o, set);
	put_template(&o, 256, plain, ARRAY_LEN(plain) - 1);
	set = begin_set(&o, 257);
	put32(&o, 7);
	put64(&o, SENT * 1000ULL - 500);
	end_set(&o, set);
	set = begin_set(&o, 256);
	put_plain(&o, IPPROTO_UDP, false);
	put_plain(&o, IPPROTO_ICMP, false);
	end_set(&o, set);
	set_length(&o, at + 2, at);
	read_good(&o, &l);
	ck_assert_uint_eq(l.n, 1);
	is_record(&l.records[0], IPPROTO_UDP, 1, 2, 2, 85);
	is_time(&l.records[0], (SENT * 1000ULL - 400) * MS, (SENT * 1000ULL - 100) * MS);
	record_list_free(&l);
}
END_TEST

START_TEST(what_is_wrong_is_said_in_one_line)
{
	uint64_t first = (SENT - 10) * 1000ULL;
	struct bytes o = {.n = 0}, p = {.n = 0}, q = {.n = 0};
	size_t at, set;

	put_both_ways(&o, 1, false, first, first - 1);
	refused(&o, "record 1, in the message at byte 0: expected a last packet after the first");
	at = begin_message(&p);
	put_template(&p, 256, plain, ARRAY_LEN(plain) - 1);
	set = begin_set(&p, 256);
	put_plain(&p, IPPROTO_UDP, false); /* nothing says when it started */
	end_set(&p, set);
	set_length(&p, at + 2, at);
	refused(&p, "record 1, in the message at byte 0: expected times");
	put_both_ways(&q, 1, false, first, first);
	at = q.n;
	put_both_ways(&q, 1, false, first, first);
	q.n -= 1;
	refused(&q, "cut short in the message at byte 181");
	q.n = at + 15;
	refused(&q, "cut short");
	q.n = at;
	put_be16(q.b + 2, 15);
	refused(&q, "no IPFIX message");
	refused(&(struct bytes){.b = {0x0c, 0xa5, 1, 0}, .n = 4}, "nfdump -r");
}
END_TEST

/* What libfixbuf would keep for ever: @_i 0: templates, 1: domains, 2: fields of many enterprises; 3: the same template again
 * and again, which it does not. */
START_TEST(what_is_kept_has_bounds)
{
	static const char *const says[] = {"fewer templates", "fewer domains",
					   "fewer fields that libfixbuf does not know", ""};
	struct record_list l = {0};
	struct ipfix *x = ipfix_new(&l, 3);
	uint64_t number = 0;
	struct err e = {0};
	int rc = 0;

	for (unsigned i = 0; i < 3000 && !rc; i++) {
		struct bytes o = {.n = 0};
		size_t at = begin_message(&o), set = begin_set(&o, 2);

		put_be32(o.b + 12, _i == 1 ? i : _i == 0 ? i / 300 : 7);
		for (unsigned k = 0; k < (_i == 1 ? 1U : 200U); k++) {
			put16(&o, 256 + (_i == 0 ? i % 300 * 200 : 0) + k);
			put16(&o, 1);
			put16(&o, _i == 2 ? 0x8001 : 8);
			put16(&o, 4);
			if (_i == 2)
				put32(&o, 100000 + i * 200 + k);
		}
		end_set(&o, set);
		set_length(&o, at + 2, at);
		rc = ipfix_message(x, o.b, o.n, &number, &e);
	}
	ck_assert_int_eq(rc, _i == 3 ? 0 : -1);
	ck_assert_msg(strstr(e.msg, says[_i]) != NULL, "%s", e.msg);
	ipfix_free(x);
}
END_TEST

START_TEST(a_folder_is_not_empty_but_refused)
{
	struct record_list l = {0};
	struct err e = {0};

	ck_assert_int_eq(record_file_read("/", 3, &l, &e), -1);
	ck_assert_str_eq(e.msg, "/: cannot read: Is a directory");
}
END_TEST

START_TEST(records_of_no_bytes_are_refused)
{
	static const struct field nothing[] = {{210, 0, 0}};
	struct bytes o = {.n = 0};
	size_t at = begin_message(&o), set;

	put_template(&o, 256, nothing, 1);
	set = begin_set(&o, 256);
	put32(&o, 0);
	end_set(&o, set);
	set_length(&o, at + 2, at);
	refused(&o, "expected a template whose records have bytes");
}
END_TEST

/* Whatever a byte becomes: a record more or less, or one line. */
START_TEST(broken_bytes_do_no_harm)
{
	struct bytes good = {.n = 0}, o;
	struct rng rng;

	log_level = 0;
	rng_init(&rng, 1, "exports");
	put_both_ways(&good, 1, false, SENT * 1000ULL, SENT * 1000ULL);
	put_both_ways(&good, 5, true, SENT * 1000ULL, SENT * 1000ULL);
	for (unsigned i = 0; i < 4000; i++) {
		struct record_list l = {0};
		struct err e = {0};

		o = good;
		for (unsigned k = (unsigned)rng_range(&rng, 1, 3); k; k--)
			o.b[rng_range(&rng, 2, o.n - 1)] = (uint8_t)rng_range(&rng, 0, 255);
		if (read_bytes(o.b, o.n, &l, &e) < 0)
			ck_assert(e.msg[0] && !strchr(e.msg, '\n'));
		ck_assert_uint_le(l.n, 100);
		record_list_free(&l);
	}
}
END_TEST

UNIT(exports)
{
	unit_case(tc, v5_is_read);
	unit_case(tc, v5_that_lies_is_none);
	unit_case(tc, v9_is_read);
	unit_loop(tc, v9_is_read_with_clocks_that_turn_over, 0, (int)ARRAY_LEN(starts));
	unit_case(tc, a_time_of_32_bits_is_near_that_of_sending);
	unit_loop(tc, ipfix_is_read_with_every_clock, 0, (int)ARRAY_LEN(clocks));
	unit_case(tc, the_start_may_be_said_by_options);
	unit_case(tc, what_is_wrong_is_said_in_one_line);
	unit_loop(tc, what_is_kept_has_bounds, 0, 4);
	unit_case(tc, a_folder_is_not_empty_but_refused);
	unit_case(tc, records_of_no_bytes_are_refused);
	unit_case(tc, broken_bytes_do_no_harm);
}
