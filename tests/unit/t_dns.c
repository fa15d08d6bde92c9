// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers of the DNS: which addresses they give for a name, and a rule that knows these addresses again. Messages are
 * put together here; cut at every byte, they give no more than what was before the cut.
 */
#include "detector/engine/dns_answer.h"
#include "tests/unit/feed.h"

struct dns {
	uint8_t b[512];
	size_t n;
	unsigned answers;
};

static void byte16(struct dns *d, unsigned v)
{
	d->b[d->n++] = (uint8_t)(v >> 8);
	d->b[d->n++] = (uint8_t)v;
}

/* "ui.skype.com"; the root is "". */
static void name(struct dns *d, const char *text)
{
	while (*text) {
		size_t label = strcspn(text, ".");

		d->b[d->n++] = (uint8_t)label;
		memcpy(d->b + d->n, text, label);
		d->n += label;
		text += label + (text[label] == '.');
	}
	d->b[d->n++] = 0;
}

static void begin(struct dns *d, const char *question, unsigned flags)
{
	memset(d, 0, sizeof(*d));
	byte16(d, 0x1234);
	byte16(d, flags);
	byte16(d, 1);
	d->n = 12;
	name(d, question);
	byte16(d, 1);
	byte16(d, 1);
}

/* @owner NULL: a pointer to the question's name. */
static void answer(struct dns *d, const char *owner, unsigned type, const void *data, unsigned n)
{
	if (owner)
		name(d, owner);
	else
		byte16(d, 0xc00c);
	byte16(d, type);
	byte16(d, 1);
	byte16(d, 0);
	byte16(d, 60);
	byte16(d, n);
	memcpy(d->b + d->n, data, n);
	d->n += n;
	d->b[7] = (uint8_t)++d->answers;
}

static const uint8_t one[4] = {198, 51, 100, 7}, two[4] = {198, 51, 100, 8};
static const uint8_t six[16] = {0x20, 1, 0xd, 0xb8, [15] = 9};

START_TEST(addresses_of_an_answer)
{
	struct ip out[DNS_ADDRESSES];
	struct dns d;
	size_t whole;

	begin(&d, "UI.skype.com", 0x8180);
	answer(&d, NULL, 5, "\x01x\xc0\x0f", 4); /* an alias */
	answer(&d, "x.skype.com", 1, one, 4);
	answer(&d, NULL, 28, six, 16);
	answer(&d, NULL, 1, "abc", 3); /* no address */
	answer(&d, "", 1, two, 4);
	ck_assert_uint_eq(dns_addresses(d.b, d.n, "ui.skype.com", out), 3);
	ck_assert(out[0].family == 4 && !memcmp(out[0].b, one, 4));
	ck_assert(out[1].family == 6 && !memcmp(out[1].b, six, 16));
	ck_assert(out[2].family == 4 && !memcmp(out[2].b, two, 4));
	ck_assert_uint_eq(dns_addresses(d.b, d.n, "skype.com", out), 3);
	ck_assert_uint_eq(dns_addresses(d.b, d.n, "kype.com", out), 0);
	ck_assert_uint_eq(dns_addresses(d.b, d.n, "a.ui.skype.com", out), 0);
	whole = d.n;
	for (size_t n = 0; n < whole; n++) {
		uint8_t *cut = xmalloc(n + !n); /* of its size, for the sanitizer */

		memcpy(cut, d.b, n);
		ck_assert_uint_le(dns_addresses(cut, n, "skype.com", out),
				  n >= whole - 15 ? 2 : n / 14);
		free(cut);
	}
}
END_TEST

START_TEST(what_is_no_answer)
{
	static const unsigned flags[] = {0x0100, 0x8183, 0x8980, 0xa180};
	struct ip out[DNS_ADDRESSES];
	struct dns d;

	for (size_t i = 0; i < ARRAY_LEN(flags);
	     i++) { /* a query, an error, an inverse one, an update */
		begin(&d, "ui.skype.com", flags[i]);
		answer(&d, NULL, 1, one, 4);
		ck_assert_uint_eq(dns_addresses(d.b, d.n, "ui.skype.com", out), 0);
	}
	begin(&d, "ui.skype.com", 0x8180);
	ck_assert_uint_eq(dns_addresses(d.b, d.n, "ui.skype.com", out), 0);
	answer(&d, NULL, 1, one, 4);
	d.b[5] = 2; /* two questions */
	ck_assert_uint_eq(dns_addresses(d.b, d.n, "ui.skype.com", out), 0);
	d.b[5] = 1;
	d.b[12] = 0xc0; /* the question's name is a pointer */
	ck_assert_uint_eq(dns_addresses(d.b, d.n, "ui.skype.com", out), 0);
}
END_TEST

#define RULES                                                                                      \
	"sets: {servers: 10 s}\nrules:\n  - rule: name\n    proto: udp\n    client: receiver\n"    \
	"    flow: {server-port: 53}\n    steps: [{message: a, from: server, dns: {name: "         \
	"skype.com}}]\n"                                                                           \
	"    then: {remember: {in: servers, key: answers}}\n"                                      \
	"  - rule: packets\n    proto: tcp\n    flow: {known: {in: servers, key: server-ip}}\n"    \
	"    steps: [{message: m, from: client}]\n    then: {event: flow}\n"                       \
	"  - rule: records\n    proto: tcp\n    flow: {known: {in: servers, key: server-ip}}\n"    \
	"    record: {packets: 4..}\n    then: {event: evidence}\n"

/* Both kinds of rules know the addresses. */
START_TEST(addresses_are_known_again)
{
	static const char *const servers[] = {"198.51.100.7:80", "198.51.100.8:80",
					      "198.51.100.9:80"};
	struct feed *f = feed_new(RULES);
	struct dns d;

	begin(&d, "ui.skype.com", 0x8180);
	answer(&d, NULL, 1, one, 4);
	answer(&d, NULL, 1, two, 4);
	feed_udp(f, "10.0.0.1:1024", "192.0.2.53:53", "q", 1);
	feed_udp(f, "192.0.2.53:53", "10.0.0.1:1024", d.b, (uint32_t)d.n);
	for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
		feed_open(f, "10.0.0.1:1025", servers[i]);
		feed_say(f, "10.0.0.1:1025", servers[i], 0, "a", 1);
		feed_say(f, "10.0.0.1:1025", servers[i], 0, "b", 1);
	}
	detector_finish(f->d);
	ck_assert_uint_eq(feed_count(f, EVENT_FLOW), 2);
	ck_assert_uint_eq(feed_count(f, EVENT_EVIDENCE), 2);
	feed_free(f);
}
END_TEST

UNIT(dns)
{
	unit_case(tc, addresses_of_an_answer);
	unit_case(tc, what_is_no_answer);
	unit_case(tc, addresses_are_known_again);
}
