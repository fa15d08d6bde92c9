// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dns_message.c - the look-up of a name as the emulated client makes it (RFC 1035)
 *
 * Limits. One question for an A record, one answer; no compression but that of the answer's name.
 */
#include <string.h>

#include "base/bytes.h"
#include "replay/skype/dns_message.h"

#define HEAD	   12
#define QUESTION   4 /* type and class */
#define ANSWER_TTL 30

size_t dns_query(uint8_t *out, uint16_t id, const char *name)
{
	static const uint8_t flags[] = {0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0}; /* recursion, please */
	size_t n = HEAD;

	if (strlen(name) + HEAD + QUESTION + 2 > DNS_MAX)
		return 0;
	put_be16(out, id);
	memcpy(out + 2, flags, sizeof(flags));
	while (*name) {
		size_t label = strcspn(name, ".");

		out[n++] = (uint8_t)label;
		memcpy(out + n, name, label);
		n += label;
		name += label + (name[label] == '.');
	}
	out[n++] = 0;
	put_be16(out + n, 1);
	put_be16(out + n + 2, 1);
	return n + QUESTION;
}

size_t dns_answer(uint8_t *out, const uint8_t *q, size_t n, const struct ip *ip)
{
	static const uint8_t record[] = {0xc0, HEAD, 0, 1, 0, 1, 0, 0, 0, ANSWER_TTL, 0, 4};

	if (n < HEAD + QUESTION + 1 || n + sizeof(record) + 4 > DNS_MAX || q[2] & 0x80)
		return 0;
	memcpy(out, q, n);
	put_be16(out + 2, 0x8180);
	put_be16(out + 6, 1);
	memcpy(out + n, record, sizeof(record));
	put_be32(out + n + sizeof(record), ip4_host(ip));
	return n + sizeof(record) + 4;
}
