// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * addr.c - IP addresses, endpoints and flow tuples as values
 *
 * One plain struct for IPv4 and IPv6 that is copied and passed by value. struct ip has no padding:
 * memcmp compares it. An endpoint and a tuple have some; as a hash table's key, each has a form of
 * bytes alone (struct endpoint_key, struct flow_key).
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/number.h"

struct ip ip4(uint32_t host_order)
{
	struct ip a = {.family = 4};
	uint32_t be = htonl(host_order);

	memcpy(a.b, &be, 4);
	return a;
}

uint32_t ip4_host(const struct ip *a)
{
	uint32_t be;

	if (a->family != 4)
		return 0;
	memcpy(&be, a->b, 4);
	return ntohl(be);
}

bool ip_eq(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && !memcmp(a->b, b->b, sizeof(a->b));
}

int ip_order(const struct ip *a, const struct ip *b)
{
	return a->family != b->family ? a->family - b->family : memcmp(a->b, b->b, sizeof(a->b));
}

bool endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && ip_eq(&a->ip, &b->ip);
}

bool tuple_same(const struct tuple *a, const struct tuple *b)
{
	if (a->proto != b->proto)
		return false;
	return (endpoint_eq(&a->src, &b->src) && endpoint_eq(&a->dst, &b->dst)) ||
	       (endpoint_eq(&a->src, &b->dst) && endpoint_eq(&a->dst, &b->src));
}

struct endpoint_key endpoint_key(const struct endpoint *e)
{
	struct endpoint_key k;

	k.b[0] = e->ip.family;
	memcpy(k.b + 1, e->ip.b, 16);
	put_be16(k.b + 17, e->port);
	return k;
}

struct flow_key flow_key_directed(const struct tuple *t)
{
	return (struct flow_key){t->proto, endpoint_key(&t->src), endpoint_key(&t->dst)};
}

struct flow_key flow_key(const struct tuple *t)
{
	struct flow_key k = flow_key_directed(t);

	if (memcmp(&k.a, &k.b, sizeof(k.a)) > 0) {
		struct endpoint_key swap = k.a;

		k.a = k.b;
		k.b = swap;
	}
	return k;
}

bool ip_is_private(const struct ip *a)
{
	static const uint8_t loop6[16] = {[15] = 1};
	uint32_t v = ip4_host(a);

	if (a->family == 6)
		return (a->b[0] & 0xfe) == 0xfc || (a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80) ||
		       !memcmp(a->b, loop6, 16);
	return (v >> 24) == 10 || (v >> 20) == 0xac1 || (v >> 16) == 0xc0a8 ||
	       (v >> 22) == (0x64400000u >> 22) || (v >> 16) == 0xa9fe || (v >> 24) == 127;
}

int ip_parse(const char *text, struct ip *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct ip a = {0};

	if (inet_pton(AF_INET, text, a.b) == 1)
		a.family = 4;
	else if (inet_pton(AF_INET6, text, a.b) == 1)
		a.family = 6;
	else
		return -1;
	if (a.family == 6 && !memcmp(a.b, mapped, sizeof(mapped))) {
		memmove(a.b, a.b + sizeof(mapped), 4);
		memset(a.b + 4, 0, sizeof(a.b) - 4);
		a.family = 4;
	}
	*out = a;
	return 0;
}

/* glibc's inet_ntop() goes through sprintf(); events are written often enough to mind. */
static void ip4_text(const uint8_t b[4], char *p)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*p++ = '.';
		if (b[i] >= 100)
			*p++ = (char)('0' + b[i] / 100);
		if (b[i] >= 10)
			*p++ = (char)('0' + b[i] / 10 % 10);
		*p++ = (char)('0' + b[i] % 10);
	}
	*p = '\0';
}

const char *ip_text(const struct ip *a, char buf[IP_TEXT_LEN])
{
	if (a->family == 4)
		ip4_text(a->b, buf);
	else if (a->family != 6 || !inet_ntop(AF_INET6, a->b, buf, IP_TEXT_LEN))
		memcpy(buf, "-", 2);
	return buf;
}

const char *endpoint_text(const struct endpoint *e, char buf[ENDPOINT_TEXT_LEN])
{
	char ip[IP_TEXT_LEN];

	ip_text(&e->ip, ip);
	snprintf(buf, ENDPOINT_TEXT_LEN, e->ip.family == 6 ? "[%s]:%u" : "%s:%u", ip, e->port);
	return buf;
}

int endpoint_parse(const char *text, struct endpoint *out)
{
	char ip[IP_TEXT_LEN + 2], *host = ip;
	const char *colon = strrchr(text, ':');
	size_t n;
	uint64_t port;

	if (!colon || (n = (size_t)(colon - text)) >= sizeof(ip) || !colon[1])
		return -1;
	memcpy(ip, text, n);
	ip[n] = '\0';
	if (ip[0] == '[' && n > 1 && ip[n - 1] == ']') {
		ip[n - 1] = '\0';
		host = ip + 1;
	}
	if (!number_is_whole(colon + 1, &port) || port > 65535 || ip_parse(host, &out->ip) < 0)
		return -1;
	out->port = (uint16_t)port;
	return 0;
}

socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof(*ss));
	if (e->ip.family == 6) {
		struct sockaddr_in6 *s6 = (struct sockaddr_in6 *)ss;

		s6->sin6_family = AF_INET6;
		s6->sin6_port = htons(e->port);
		memcpy(&s6->sin6_addr, e->ip.b, 16);
		return sizeof(*s6);
	}
	struct sockaddr_in *s4 = (struct sockaddr_in *)ss;

	s4->sin_family = AF_INET;
	s4->sin_port = htons(e->port);
	memcpy(&s4->sin_addr, e->ip.b, 4);
	return sizeof(*s4);
}

void endpoint_from_sockaddr(const struct sockaddr_storage *ss, struct endpoint *e)
{
	memset(e, 0, sizeof(*e));
	if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *s6 = (const struct sockaddr_in6 *)ss;

		e->ip.family = 6;
		memcpy(e->ip.b, &s6->sin6_addr, 16);
		e->port = ntohs(s6->sin6_port);
	} else {
		const struct sockaddr_in *s4 = (const struct sockaddr_in *)ss;

		e->ip.family = 4;
		memcpy(e->ip.b, &s4->sin_addr, 4);
		e->port = ntohs(s4->sin_port);
	}
}
