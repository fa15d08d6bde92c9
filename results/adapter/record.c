// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record.c - from the fields of a record to a flow and its times
 *
 * What is not set is no fault: packets without ports, flows of ICMP, events without a flow. What is
 * set and cannot be read is one, because then the columns are not what the definition takes them
 * for.
 *
 * Limit: ndpiReader replaces every ":0:" of an IPv6 address by "::", so that one text may stand for
 * several addresses. The likely one is taken and the record is marked.
 */
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/moment.h"
#include "base/number.h"
#include "base/quote.h"
#include "results/adapter/record.h"

/* The first of a role's columns that is set, or NULL. */
static const char *role_value(const struct columns *c, const char *const *value,
			      enum adapter_role role)
{
	for (unsigned i = c->first[role]; i < c->first[role + 1]; i++)
		if (value[i])
			return value[i];
	return NULL;
}

static int wrong(enum adapter_role role, const char *text, const char *expected, struct err *e)
{
	return err_set(e, "%s is '%.60s', expected %s", columns_role_text(role),
		       quote_terminal(text), expected);
}

/* ---- times ---- */

static const uint64_t unit_ns[] = {
	[ADAPTER_SECONDS] = 1000000000, [ADAPTER_MILLISECONDS] = 1000000,
	[ADAPTER_MICROSECONDS] = 1000,	[ADAPTER_NANOSECONDS] = 1,
	[ADAPTER_ISO] = 1000000000, /* of a duration */
};

/* "12.345" in units of @unit ns; digits below a nanosecond are cut. */
static bool decimal_ns(const char *text, uint64_t unit, uint64_t *ns)
{
	size_t whole = strspn(text, "0123456789");
	uint64_t n = 0, fraction = 0, scale = unit;
	const char *p = text;

	if (!whole)
		return false;
	for (; whole--; p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return false;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++) {
			scale /= 10;
			fraction += (uint64_t)(*p - '0') * scale;
		}
	return !*p && !__builtin_mul_overflow(n, unit, &n) &&
	       !__builtin_add_overflow(n, fraction, ns) && *ns <= INT64_MAX;
}

static int time_of(const struct adapter_output *o, enum adapter_role role, const char *text,
		   uint64_t *ns, struct err *e)
{
	static const char *const expected[] = {
		[ADAPTER_SECONDS] = "seconds since 1970",
		[ADAPTER_MILLISECONDS] = "milliseconds since 1970",
		[ADAPTER_MICROSECONDS] = "microseconds since 1970",
		[ADAPTER_NANOSECONDS] = "nanoseconds since 1970",
		[ADAPTER_ISO] = "a time as 2006-08-25T19:32:12.123456+0000",
	};

	*ns = 0;
	if (!text)
		return 0;
	if (o->time == ADAPTER_ISO && role != ADAPTER_DURATION
		    ? moment_parse(text, ns) && *ns <= INT64_MAX
		    : decimal_ns(text, unit_ns[o->time], ns))
		return 0;
	return wrong(role, text, role == ADAPTER_DURATION ? "a duration" : expected[o->time], e);
}

static int times_of(const struct adapter_output *o, const struct columns *c,
		    const char *const *value, struct record *r, struct err *e)
{
	uint64_t duration;

	if (time_of(o, ADAPTER_TIME, role_value(c, value, ADAPTER_TIME), &r->time_ns, e) < 0 ||
	    time_of(o, ADAPTER_START, role_value(c, value, ADAPTER_START), &r->from_ns, e) < 0 ||
	    time_of(o, ADAPTER_END, role_value(c, value, ADAPTER_END), &r->to_ns, e) < 0 ||
	    time_of(o, ADAPTER_DURATION, role_value(c, value, ADAPTER_DURATION), &duration, e) < 0)
		return -1;
	if (r->from_ns && !r->to_ns && duration)
		r->to_ns = r->from_ns + duration; /* both fit into an int64_t */
	if (r->to_ns > INT64_MAX)
		return err_set(e, "the record ends after the year 2262");
	if (r->to_ns && r->from_ns > r->to_ns)
		return err_set(e, "the record ends before it begins");
	return 0;
}

/* ---- the flow ---- */

/* The number of a protocol, "17", or as Suricata writes what has no name, "061". False: it is none. */
static bool protocol_number(const char *text, uint64_t *number)
{
	while (*text == '0' && isdigit((unsigned char)text[1]))
		text++;
	return number_is_whole(text, number) && *number <= UINT8_MAX;
}

/* A number, a name, or names from the lowest layer up as "eth:ethertype:ip:udp:dns". 0 = neither UDP
 * nor TCP; -1 = a number of no protocol ("17.0", a port). */
static int protocol_of(const char *text)
{
	int found = 0;
	uint64_t number;
	double real;

	if (protocol_number(text, &number))
		return number == IPPROTO_UDP || number == IPPROTO_TCP ? (int)number : 0;
	if (number_is_real(text, &real))
		return -1;
	for (const char *p = text;; p++) {
		size_t n = strcspn(p, ":");

		if (n == 3 && !strncasecmp(p, "udp", n))
			found = IPPROTO_UDP;
		else if (n == 3 && !strncasecmp(p, "tcp", n))
			found = IPPROTO_TCP;
		p += n;
		if (!*p)
			return found;
	}
}

/* An address in which nDPI has written "::" for each ":0:", too: of several the last is taken for the
 * run of zeros. */
static int mend_address(const char *text, struct ip *out)
{
	char whole[2 * IP_TEXT_LEN], *to = whole;
	const char *last = NULL;

	if (strlen(text) >= IP_TEXT_LEN)
		return -1;
	for (const char *p = strstr(text, "::"); p; p = strstr(p + 1, "::"))
		last = p;
	for (const char *p = text; *p; *to++ = *p++)
		if (!strncmp(p, "::", 2) && p != last) {
			*to++ = ':';
			*to++ = '0';
			p++;
		}
	*to = '\0';
	return ip_parse(whole, out);
}

static int address_of(const char *text, struct record *r, struct ip *out)
{
	if (ip_parse(text, out) == 0)
		return 0;
	r->mended = mend_address(text, out) == 0;
	return r->mended ? 0 : -1;
}

/* One end of a flow. 1 = it is there, 0 = not set, -1 with @e set. */
static int end_of(const struct columns *c, const char *const *value, enum adapter_role ip,
		  enum adapter_role port, struct record *r, struct endpoint *out, struct err *e)
{
	const char *address = role_value(c, value, ip), *number = role_value(c, value, port);
	uint64_t n = 0;

	if (!address || !number)
		return 0;
	if (address_of(address, r, &out->ip) < 0)
		return wrong(ip, address, "an address", e);
	if (!number_is_whole(number, &n) || n > UINT16_MAX)
		return wrong(port, number, "a port from 0 to 65535", e);
	out->port = (uint16_t)n;
	return 1;
}

static int flow_of(const struct columns *c, const char *const *value, struct record *r,
		   struct err *e)
{
	const char *protocol = role_value(c, value, ADAPTER_PROTOCOL);
	int proto = protocol ? protocol_of(protocol) : 0, src, dst;

	if (proto < 0)
		return wrong(ADAPTER_PROTOCOL, protocol, "a number from 0 to 255, or names", e);
	if (!proto)
		return 0;
	r->tuple.proto = (uint8_t)proto;
	src = end_of(c, value, ADAPTER_SRC_IP, ADAPTER_SRC_PORT, r, &r->tuple.src, e);
	dst = src < 0 ? -1
		      : end_of(c, value, ADAPTER_DST_IP, ADAPTER_DST_PORT, r, &r->tuple.dst, e);
	r->flow = src > 0 && dst > 0;
	if (r->flow && r->tuple.src.ip.family != r->tuple.dst.ip.family)
		return err_set(e, "one address is of IPv4 and the other of IPv6");
	return dst < 0 ? -1 : 0;
}

static int host_of(const struct columns *c, const char *const *value, struct record *r,
		   struct err *e)
{
	const char *address = role_value(c, value, ADAPTER_SRC_IP);

	if (address && address_of(address, r, &r->tuple.src.ip) < 0)
		return wrong(ADAPTER_SRC_IP, address, "an address", e);
	r->flow = address;
	return 0;
}

int record_of(const struct adapter *a, const struct adapter_output *o, const struct columns *c,
	      const char *const *value, struct record *r, struct err *e)
{
	const char *frame = role_value(c, value, ADAPTER_FRAME);

	memset(r, 0, sizeof(*r));
	r->community = role_value(c, value, ADAPTER_COMMUNITY_ID);
	r->id = role_value(c, value, ADAPTER_ID);
	if (frame && !number_is_whole(frame, &r->frame))
		return wrong(ADAPTER_FRAME, frame, "the number of a frame", e);
	if (times_of(o, c, value, r, e) < 0)
		return -1;
	return a->claims == ADAPTER_CLAIMS_HOST ? host_of(c, value, r, e) : flow_of(c, value, r, e);
}
