/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define IP_TEXT_LEN	  46 /* longest IPv6 text and its NUL */
#define ENDPOINT_TEXT_LEN 56 /* "[v6]:65535" and its NUL */

/* An IPv4 or IPv6 address. IPv4 is held in b[0..3] with the rest zero, so memcmp compares. */
struct ip {
	uint8_t family; /* 4 or 6; 0 = none */
	uint8_t b[16];	/* network byte order */
};

/* A transport endpoint. */
struct endpoint {
	struct ip ip;
	uint16_t port; /* host byte order */
};

/* A flow as one vantage sees it: src sent the first packet. */
struct tuple {
	uint8_t proto; /* IPPROTO_UDP or IPPROTO_TCP */
	struct endpoint src, dst;
};

/* Keys for hash tables: bytes without padding, so that equal values are equal in memory. */
struct endpoint_key {
	uint8_t b[1 + 16 + 2]; /* family, address, port (both in network byte order) */
};

struct flow_key {
	uint8_t proto;
	struct endpoint_key a, b;
};

struct ip ip4(uint32_t host_order);
uint32_t ip4_host(const struct ip *a); /* 0 when not IPv4 */
bool ip_eq(const struct ip *a, const struct ip *b);
/* For qsort(): IPv4 first, then by number. */
int ip_order(const struct ip *a, const struct ip *b);
bool endpoint_eq(const struct endpoint *a, const struct endpoint *b);
/* Same flow, whichever side is named first. */
bool tuple_same(const struct tuple *a, const struct tuple *b);
/* RFC 1918, 100.64/10, 169.254/16, 127/8; fc00::/7, fe80::/10, ::1 */
bool ip_is_private(const struct ip *a);
struct endpoint_key endpoint_key(const struct endpoint *e);
/* The same key for both directions of a flow: a <= b. */
struct flow_key flow_key(const struct tuple *t);
/* One direction: a is the source, b the destination. */
struct flow_key flow_key_directed(const struct tuple *t);
/* An IPv6 address that stands for an IPv4 one (::ffff:192.0.2.1) gives that. */
int ip_parse(const char *text, struct ip *out); /* 0, or -1 */
/* Write the text into @buf (sizes above) and return it. */
const char *ip_text(const struct ip *a, char buf[IP_TEXT_LEN]);
const char *endpoint_text(const struct endpoint *e, char buf[ENDPOINT_TEXT_LEN]);
/* "1.2.3.4:80" or "[::1]:80"; 0, or -1. */
int endpoint_parse(const char *text, struct endpoint *out);
socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ss);
void endpoint_from_sockaddr(const struct sockaddr_storage *ss, struct endpoint *e);

#endif
