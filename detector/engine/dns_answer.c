// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dns_answer.c - addresses in an answer of the DNS (RFC 1035, RFC 3596)
 *
 * Model. A response with one question; its A and AAAA records of class IN in the answer section, whatever their
 * owners: a name that is an alias has the addresses of what it stands for.
 *
 * Limits. Over UDP, whole in one datagram. A question's name with a compression pointer is none. Whether the
 * answer belongs to a question that was asked is not looked at.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "detector/engine/dns_answer.h"

#define HEAD	  12
#define DNS_NAME  255
#define TYPE_A	  1
#define TYPE_AAAA 28
#define CLASS_IN  1

/* The name at *@at as text with dots; moves behind it. False: it is none. */
static bool read_name(const uint8_t *b, size_t n, size_t *at, char out[DNS_NAME + 1])
{
	size_t len = 0;

	while (*at < n && b[*at]) {
		size_t label = b[*at];

		if (label > 63 || *at + 1 + label >= n || len + label + 1 > DNS_NAME)
			return false;
		if (len)
			out[len++] = '.';
		memcpy(out + len, b + *at + 1, label);
		len += label;
		*at += 1 + label;
	}
	if (*at >= n)
		return false;
	++*at;
	out[len] = '\0';
	return strlen(out) == len;
}

/* Moves behind a name, which may end in a pointer. */
static bool skip_name(const uint8_t *b, size_t n, size_t *at)
{
	while (*at < n && b[*at] && b[*at] < 64)
		*at += 1 + (size_t)b[*at];
	if (*at >= n)
		return false;
	*at += b[*at] ? 2 : 1;
	return *at <= n;
}

size_t dns_addresses(const uint8_t *b, size_t n, const char *name, struct ip out[DNS_ADDRESSES])
{
	char question[DNS_NAME + 1];
	size_t at = HEAD, found = 0;
	unsigned answers;

	/* a response to a standard query, without error, about one question */
	if (n < HEAD || (b[2] & 0xf8) != 0x80 || (b[3] & 0x0f) || get_be16(b + 4) != 1 ||
	    !read_name(b, n, &at, question) || !text_is_below(question, strlen(question), name) ||
	    n - at < 4)
		return 0;
	at += 4;
	answers = get_be16(b + 6);
	for (unsigned i = 0; i < answers && found < DNS_ADDRESSES; i++) {
		unsigned type, class, length;

		if (!skip_name(b, n, &at) || n - at < 10)
			break;
		type = get_be16(b + at);
		class = get_be16(b + at + 2);
		length = get_be16(b + at + 8);
		at += 10;
		if (n - at < length)
			break;
		if (class == CLASS_IN &&
		    ((type == TYPE_A && length == 4) || (type == TYPE_AAAA && length == 16))) {
			out[found] = (struct ip){.family = length == 4 ? 4 : 6};
			memcpy(out[found++].b, b + at, length);
		}
		at += length;
	}
	return found;
}
