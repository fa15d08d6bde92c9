// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_control.c - background: NTP (RFC 5905), SNMP v1/v2c (RFC 1157, RFC 3416), RADIUS (RFC 2865)
 *
 * Short request-and-answer protocols of servers and networks. SNMP and RADIUS matter because they
 * cause most false positives of real Skype rules: their third byte is often 2.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "replay/background/generator.h"

/* --- NTP ---------------------------------------------------------------------------------- */

#define NTP_ERA 2208988800ULL /* 1900 to 1970, seconds (RFC 5905, section 6) */

enum { NTP_CLIENT_TIME };

static uint64_t ntp_time(uint64_t ns)
{
	uint64_t s = ns / NS_PER_SEC, f = ns % NS_PER_SEC;

	return (s + NTP_ERA) << 32 | (f << 32) / NS_PER_SEC;
}

static void ntp_request(struct gen_session *s, struct writer *w)
{
	s->word[NTP_CLIENT_TIME] = ntp_time(s->now_ns);
	put32(w, 0x230006ec); /* version 4, client, poll 64 s, precision 2^-20 */
	put_zero(w, 36);
	put64(w, s->word[NTP_CLIENT_TIME]);
}

static void ntp_answer(struct gen_session *s, struct writer *w)
{
	put32(w, 0x240206e9);			 /* version 4, server, stratum 2 */
	put32(w, rng_range(&s->rng, 100, 4000)); /* root delay, 16.16 s */
	put32(w, rng_range(&s->rng, 100, 4000));
	put_random(w, &s->rng, 4); /* reference ID: the server that it follows */
	put64(w, ntp_time(s->now_ns - rng_range(&s->rng, 1, 1000) * NS_PER_SEC));
	put64(w, s->word[NTP_CLIENT_TIME]);
	put64(w, ntp_time(s->now_ns - 30000));
	put64(w, ntp_time(s->now_ns));
}

static const struct generator_step ntp_steps[] = {
	{false, 0, 0, ntp_request, 0, 0, 0},
	{true, 5, 60, ntp_answer, 0, 0, 0},
};

const struct generator gen_ntp = {
	.name = "ntp",
	.about = "clocks being set",
	.proto = IPPROTO_UDP,
	.port = 123,
	GENERATOR_STEPS(ntp_steps),
};

/* --- SNMP --------------------------------------------------------------------------------- */

enum { SNMP_VERSION, SNMP_REQUEST, SNMP_INTERFACE };

static void snmp_init(struct gen_session *s)
{
	s->word[SNMP_VERSION] = rng_range(&s->rng, 0, 1);
	s->word[SNMP_REQUEST] = rng_range(&s->rng, 0x01000000, 0x7fffffff);
	s->word[SNMP_INTERFACE] = rng_range(&s->rng, 1, 48);
}

/* A BER element whose content is already known. */
static void ber(struct writer *w, unsigned tag, const void *p, uint32_t n)
{
	put8(w, tag);
	put8(w, n);
	put(w, p, n);
}

static void snmp_message(struct gen_session *s, struct writer *w, bool answer)
{
	/* ifInOctets.N = 1.3.6.1.2.1.2.2.1.10.N */
	uint8_t oid[] = {0x2b, 6, 1, 2, 1, 2, 2, 1, 10, (uint8_t)s->word[SNMP_INTERFACE]};
	uint8_t buf[4][128], number[4], zero = 0, version = (uint8_t)s->word[SNMP_VERSION];
	struct writer bind = {buf[0], 0, 128}, list = {buf[1], 0, 128}, pdu = {buf[2], 0, 128},
		      all = {buf[3], 0, 128}, num = {number, 0, 4};

	ber(&bind, 0x06, oid, sizeof(oid));
	if (answer) {
		rng_fill(&s->rng, number, sizeof(number));
		number[0] &= 0x7f;
		number[0] |= 0x01; /* BER allows no superfluous leading zero byte */
		ber(&bind, 0x41, number, sizeof(number));
	} else {
		ber(&bind, 0x05, NULL, 0);
	}
	ber(&list, 0x30, bind.p, bind.len);
	put32(&num, (uint32_t)s->word[SNMP_REQUEST]);
	ber(&pdu, 0x02, number, sizeof(number));
	ber(&pdu, 0x02, &zero, 1);
	ber(&pdu, 0x02, &zero, 1);
	ber(&pdu, 0x30, list.p, list.len);
	ber(&all, 0x02, &version, 1);
	ber(&all, 0x04, "public", 6);
	ber(&all, answer ? 0xa2 : 0xa0, pdu.p, pdu.len);
	ber(w, 0x30, all.p, all.len);
	if (answer) {
		s->word[SNMP_REQUEST]++;
		s->word[SNMP_INTERFACE] = s->word[SNMP_INTERFACE] % 48 + 1;
	}
}

static void snmp_get(struct gen_session *s, struct writer *w)
{
	snmp_message(s, w, false);
}

static void snmp_response(struct gen_session *s, struct writer *w)
{
	snmp_message(s, w, true);
}

static const struct generator_step snmp_steps[] = {
	{false, 0, 5, snmp_get, 0, 0, 0},
	{true, 1, 20, snmp_response, 2, 0, 24},
};

const struct generator gen_snmp = {
	.name = "snmp",
	.about = "interface counters being polled, versions 1 and 2c",
	.proto = IPPROTO_UDP,
	.port = 161,
	.init = snmp_init,
	GENERATOR_STEPS(snmp_steps),
};

/* --- RADIUS ------------------------------------------------------------------------------- */

enum { RADIUS_ID };

static void radius_init(struct gen_session *s)
{
	s->word[RADIUS_ID] = rng_range(&s->rng, 0, 255);
	snprintf(s->text, sizeof(s->text), "user%u", rng_range(&s->rng, 1, 9999));
}

static void radius_head(struct gen_session *s, struct writer *w, unsigned code)
{
	put8(w, code);
	put8(w, (unsigned)s->word[RADIUS_ID]);
	put16(w, 0);
	put_random(w, &s->rng, 16);
}

static void radius_request(struct gen_session *s, struct writer *w)
{
	uint32_t n = (uint32_t)strlen(s->text);

	radius_head(s, w, 1);
	put8(w, 1); /* User-Name */
	put8(w, 2 + n);
	put(w, s->text, n);
	put16(w, 0x0212); /* User-Password, hidden */
	put_random(w, &s->rng, 16);
	put16(w, 0x0406); /* NAS-IP-Address */
	put_ip(w, &s->host.ip);
	put16(w, 0x0506); /* NAS-Port */
	put32(w, rng_range(&s->rng, 0, 48));
	set16(w, 2, w->len);
}

static void radius_answer(struct gen_session *s, struct writer *w)
{
	bool accept = rng_range(&s->rng, 0, 9) != 0;

	radius_head(s, w, accept ? 2 : 3);
	if (accept) {
		put16(w, 0x0606); /* Service-Type: framed */
		put32(w, 2);
		put16(w, 0x1b06); /* Session-Timeout */
		put32(w, rng_range(&s->rng, 600, 86400));
	} else {
		put16(w, 0x1208); /* Reply-Message */
		put_text(w, "denied");
	}
	set16(w, 2, w->len);
}

static const struct generator_step radius_steps[] = {
	{false, 0, 0, radius_request, 0, 0, 0},
	{true, 2, 50, radius_answer, 0, 0, 0},
};

const struct generator gen_radius = {
	.name = "radius",
	.about = "users being let in",
	.proto = IPPROTO_UDP,
	.port = 1812,
	.init = radius_init,
	GENERATOR_STEPS(radius_steps),
};
