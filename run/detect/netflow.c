// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * netflow.c - export datagrams of NetFlow v5 and v9
 *
 * v5 has no library in Debian, and one form: 24 bytes of head, then 1 to 30 records of 48 bytes (Cisco, "NetFlow Export
 * Datagram Format"). v9 (RFC 3954) has the sets and fields of IPFIX, which came of it, and another head; libfixbuf reads
 * it from a socket alone. So a datagram of it is written again as an IPFIX message (RFC 7011):
 *
 *   v9	                                                        IPFIX
 *   head: version, sets, up time, time, sequence, source       version, length, time, sequence, domain
 *   set 0: templates; set 1: templates of options	        set 2; set 3, whose scope is counted in fields
 *   a type of 32768 or more: the maker's own;                  paddingOctets, of which there may be several
 *     a scope's type, which has numbers of its own
 *   a time in ms since the exporter started			the same, and when it started beside the message
 *
 * Limits. Lengths are verified before a byte is used; a datagram in which they do not fit together is none.
 */
#include <netinet/in.h>
#include <string.h>

#include "base/bytes.h"
#include "run/detect/ipfix.h"
#include "run/detect/netflow.h"
#include "run/detect/up_time.h"

#define V5_HEAD	   24U
#define V5_RECORD  48U
#define V5_RECORDS 30U
#define V9_HEAD	   20U
#define SET_HEAD   4U
#define DATA_SETS  256U /* the first number of a set of records */
#define PADDING	   210	/* paddingOctets */

enum { V9_TEMPLATES, V9_OPTIONS, IPFIX_TEMPLATES, IPFIX_OPTIONS };

/* Whether sets fill what is behind a head of @at bytes. */
static bool sets_fit(const uint8_t *b, size_t n, size_t at, bool v9)
{
	while (at < n) {
		unsigned id, length;

		if (n - at < SET_HEAD)
			return false;
		id = get_be16(b + at);
		length = get_be16(b + at + 2);
		if (length < SET_HEAD || length > n - at ||
		    (id < DATA_SETS && id != (v9 ? V9_TEMPLATES : IPFIX_TEMPLATES) &&
		     id != (v9 ? V9_OPTIONS : IPFIX_OPTIONS)))
			return false;
		at += length;
	}
	return true;
}

unsigned netflow_version(const uint8_t *b, size_t n)
{
	if (n < IPFIX_HEADER || n > DATAGRAM_MAX)
		return 0;
	switch (get_be16(b)) {
	case 5:
		return get_be16(b + 2) && get_be16(b + 2) <= V5_RECORDS &&
				       n == V5_HEAD + V5_RECORD * get_be16(b + 2)
			       ? 5
			       : 0;
	case 9:
		return n > V9_HEAD && sets_fit(b, n, V9_HEAD, true) ? 9 : 0;
	case IPFIX_VERSION:
		return get_be16(b + 2) == n && sets_fit(b, n, IPFIX_HEADER, false) ? IPFIX_VERSION
										   : 0;
	default:
		return 0;
	}
}

static struct endpoint endpoint_at(const uint8_t *ip, const uint8_t *port)
{
	struct endpoint e = {.ip.family = 4, .port = get_be16(port)};

	memcpy(e.ip.b, ip, 4);
	return e;
}

int netflow5_read(const uint8_t *b, size_t n, uint16_t input, uint64_t *number,
		  struct record_list *out)
{
	int64_t now = get_be32(b + 8) * 1000LL + get_be32(b + 12) / 1000000;

	for (const uint8_t *p = b + V5_HEAD; p < b + n; p += V5_RECORD) {
		struct flow_record r = {
			.flow = {p[38], endpoint_at(p, p + 32), endpoint_at(p + 4, p + 34)},
			.packets = get_be32(p + 16),
			.bytes = get_be32(p + 20),
			.number = ++*number,
			.input = input,
			.flags_known = p[38] == IPPROTO_TCP,
		};

		if (r.flow.proto != IPPROTO_UDP && r.flow.proto != IPPROTO_TCP)
			continue;
		if (up_time_read(now - get_be32(b + 4), now, get_be32(p + 24), get_be32(p + 28),
				 &r))
			return -1;
		r.flags = r.flags_known ? p[37] : 0;
		if (r.packets)
			record_list_add(out, &r);
	}
	return 0;
}

/* ---- v9 ---- */

/* A message that is being written: no part of it is longer than what it is made of. */
struct message {
	uint8_t *b;
	size_t n;
};

static void put(struct message *m, unsigned v)
{
	put_be16(m->b + m->n, (uint16_t)v);
	m->n += 2;
}

/* @fields fields, each a type and a length, of at most @n bytes. Bytes used; 0 = they are not there. */
static size_t put_fields(struct message *m, const uint8_t *b, size_t n, unsigned fields, bool scope)
{
	if (fields * 4U > n)
		return 0;
	for (unsigned i = 0; i < fields; i++) {
		unsigned type = get_be16(b + 4 * i);

		put(m, scope || type >= 0x8000 ? PADDING : type);
		put(m, get_be16(b + 4 * i + 2) == UINT16_MAX ? 0 : get_be16(b + 4 * i + 2));
	}
	return fields * 4U;
}

/* The templates of a set of @n bytes behind its head. What does not fit is left out with what is behind it. */
static void put_templates(struct message *m, const uint8_t *b, size_t n, bool options)
{
	size_t head = options ? 6 : 4, set = m->n;

	put(m, options ? IPFIX_OPTIONS : IPFIX_TEMPLATES);
	put(m, 0);
	while (n >= head && get_be16(b) >= DATA_SETS) {
		size_t begun = m->n, used;
		unsigned scope = options ? get_be16(b + 2) / 4 : 0;
		unsigned rest = get_be16(b + (options ? 4 : 2)) / (options ? 4 : 1);

		put(m, get_be16(b));
		put(m, scope + rest);
		if (options)
			put(m, scope);
		used = put_fields(m, b + head, n - head, scope, true);
		used += put_fields(m, b + head + used, n - head - used, rest, false);
		if (used != 4U * (scope + rest) || !used || (options && !scope)) {
			m->n = begun;
			break;
		}
		b += head + used;
		n -= head + used;
	}
	if (m->n == set + SET_HEAD)
		m->n = set;
	else
		put_be16(m->b + set + 2, (uint16_t)(m->n - set));
}

size_t netflow9_to_ipfix(const uint8_t *b, size_t n, uint8_t out[DATAGRAM_MAX], int64_t *started_ms)
{
	struct message m = {out, IPFIX_HEADER};

	*started_ms = get_be32(b + 8) * 1000LL - get_be32(b + 4);
	put_be16(out, IPFIX_VERSION);
	memcpy(out + 4, b + 8, 12); /* time, sequence, source */
	for (size_t at = V9_HEAD; at < n; at += get_be16(b + at + 2)) {
		unsigned id = get_be16(b + at), length = get_be16(b + at + 2);

		if (id >= DATA_SETS) {
			memcpy(out + m.n, b + at, length);
			m.n += length;
		} else {
			put_templates(&m, b + at + SET_HEAD, length - SET_HEAD, id == V9_OPTIONS);
		}
	}
	put_be16(out + 2, (uint16_t)m.n);
	return m.n;
}
