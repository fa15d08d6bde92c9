/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_FRIENDS_H
#define TESTS_FRIENDS_H

/*
 * Messages of protocols over UDP, well formed as far as a signature for Skype can look, with the
 * values that make them look like Skype's. For mkfriends.c.
 */
#include <ctype.h>

#include "tests/tools/wire.h"

/* A message of a protocol: the @k-th to host number @host. Returns its size. */
struct turn {
	struct wire *w;
	uint32_t k, host;
	bool answer;
	uint8_t *b;
};

static inline uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
}

static inline uint32_t head(struct turn *t, uint32_t len, const char *hex)
{
	uint32_t n = 0;

	rng_fill(&t->w->rng, t->b, len);
	for (; *hex; hex += 2) {
		while (*hex == ' ')
			hex++;
		if (isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1]))
			t->b[n] = (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
		n++; /* ".." keeps the noise */
	}
	return len;
}

/* Bytes that stay for a host, or a direction of it. */
static inline void stays(struct turn *t, uint32_t at, uint32_t n, bool both)
{
	uint32_t x = t->host * 2654435761U + (both || !t->answer ? 1 : 77);

	for (uint32_t i = 0; i < n; i++, x = x * 1664525 + 1013904223)
		t->b[at + i] = (uint8_t)(x >> 24);
}

static inline uint32_t cip_io(struct turn *t)
{
	uint32_t len = head(t, t->answer ? 26 : 18, "0200 0280 0800 ........ ........ b100");

	stays(t, 6, 4, false);
	memcpy(t->b + 10, &t->k, 4);
	put16(t->b + 16, (len - 18) << 8);
	return len;
}

/* UDP 2222 of an adapter: a request of two bytes service, path, data. */
static inline uint32_t cip_scanner(struct turn *t)
{
	uint32_t len = head(t, 30, "6f00 0200 .... 0000 0000 0000");

	put16(t->b, (uint32_t)(t->k + t->host) * 2);
	t->b[3] = t->answer;
	return len;
}

static inline uint32_t snmp(struct turn *t, const char *hex, const char *inner)
{
	uint32_t len = t->answer ? 51 : 39 + 2 * ((t->k + t->host) % 40);

	head(t, len, hex);
	t->b[1] = (uint8_t)(len - 2);
	memcpy(t->b + 5, inner, strlen(inner));
	put32(t->b + 17, t->k);
	return len;
}

static inline uint32_t snmp_v2c(struct turn *t)
{
	return snmp(t, "30 .. 0201 01 0406 70 75 62 6c 69 63 a0 1a 02 04", "\4\6public");
}

static inline uint32_t snmp_v3(struct turn *t)
{
	return snmp(t, "30 .. 0201 03 300e 0204 .. .. .. .. 0203 00ffe3 0401 04 0201 03",
		    "\x30\x0e");
}

/* 512 bytes and more: the length takes three bytes. */
static inline uint32_t snmp_long(struct turn *t)
{
	uint32_t len = t->answer ? 700 : 520 + 2 * (t->k % 80);

	head(t, len, "3082 .... 0201 01 0406 7075626c6963 a082 .. .. 0204");
	put16(t->b + 2, len - 4);
	return len;
}

/* LDAP over UDP: message numbers past 127 take two bytes. */
static inline uint32_t cldap(struct turn *t)
{
	uint32_t len =
		head(t, t->answer ? 22 : 35, "30 .. 0202 .... 63 84 00 00 00 2d 04 00 0a 01");

	t->b[1] = (uint8_t)(len - 2);
	put16(t->b + 4, 128 + t->k);
	return len;
}

static inline uint32_t kerberos(struct turn *t)
{
	uint32_t len = t->answer ? 600 + t->k % 80 : 516 + 2 * (t->k % 100);

	head(t, len,
	     t->answer ? "6b82 .... 3082 .... a003 0201 05" : "6a82 .... 3082 .... a103 0201 05");
	put16(t->b + 2, len - 4);
	put16(t->b + 6, len - 8);
	return len;
}

/* Sun RPC: transaction numbers that count, in the caller's order of bytes; the answer repeats them.
 */
static inline uint32_t rpc(struct turn *t, bool little)
{
	uint32_t len = head(t, t->answer ? 26 : 102,
			    "........ 00000000 00000002 000186a3 00000003"),
		 x = 0x5a110200 + (t->k & 255);

	put32(t->b, x);
	if (little) {
		t->b[0] = (uint8_t)t->k;
		t->b[1] = (uint8_t)(t->k >> 8);
		t->b[2] = 2;
	}
	t->b[7] = t->answer;
	return len;
}

static inline uint32_t nfs(struct turn *t)
{
	return rpc(t, false);
}

static inline uint32_t nfs_little(struct turn *t)
{
	return rpc(t, true);
}

/* OLSR: length of the packet, its number 02xx; the length grows with the neighbours. */
static inline uint32_t olsr(struct turn *t)
{
	uint32_t len = 20 + 4 * ((t->k + t->host) % 12) + 2 * t->answer;

	head(t, len, ".... 02.. c9 86 .... 0a00 .... 01 00 .... 00 00 05 03");
	put16(t->b, len);
	t->b[3] = (uint8_t)t->k;
	put16(t->b + 6, len - 4);
	return len;
}

static inline uint32_t ike(struct turn *t)
{
	uint32_t len = head(t, t->answer ? 450 : 428, "");

	stays(t, 0, 8, true);
	t->b[2] = 2;
	memset(t->b + 8, 0, t->k || t->answer ? 0 : 8);
	if (t->k || t->answer)
		stays(t, 8, 8, true);
	memcpy(t->b + 16, "\x21\x20\x22\x08\0\0\0", 8);
	put32(t->b + 24, len);
	return len;
}

/* IPsec through a NAT: a number that stays, a counter, cipher text. */
static inline uint32_t esp(struct turn *t)
{
	uint32_t len = head(t, t->answer ? 98 : 102, "");

	stays(t, 0, 4, false);
	t->b[2] = 2;
	put32(t->b + 4, t->k + 1);
	return len;
}

static inline uint32_t hsrp(struct turn *t)
{
	return head(t, 20,
		    t->answer ? "00 01 02 03 0a 64 01 00 63697363 6f000000 0a000001"
			      : "00 00 02 03 0a 64 01 00 63697363 6f000000 0a000002");
}

static inline uint32_t capwap(struct turn *t)
{
	return head(t, t->answer ? 22 : 18, "00 10 02 00 00 00 00 00 00 00 00 .. 00 00");
}

static inline uint32_t zoom(struct turn *t)
{
	uint32_t len = head(t, t->answer ? 51 : 35,
			    t->answer ? "02 00 02 .. 00 00 00 0a" : "01 00 02 .. 00 00 00 08");

	put32(t->b + 8, t->k * 90000);
	return len;
}

static inline uint32_t dnscrypt(struct turn *t)
{
	uint32_t len = head(t, t->answer ? 26 : 512, t->answer ? "72 36 66 6e 76 57 6a 38" : "");

	if (!t->answer)
		stays(t, 0, 40, true), t->b[2] = 2;
	return len;
}

static inline uint32_t ssdp(struct turn *t)
{
	uint32_t len = t->answer ? 300 : 102;

	memset(t->b, 'x', len);
	memcpy(t->b, t->answer ? "HTTP/1.1 200 OK\r\nST: " : "M-SEARCH * HTTP/1.1\r\n", 21);
	return len;
}

/* FINS reads six words: 18 bytes asked, 26 answered. @net: of the two ends, when they differ. */
static inline uint32_t fins(struct turn *t, uint8_t net)
{
	uint32_t len = head(t, t->answer ? 26 : 18,
			    t->answer ? "c000 02 000500 000900 .. 0101 0000"
				      : "8000 02 000900 000500 .. 0101 82 006400 0006");

	t->b[3] = t->answer ? net : (uint8_t)(net * 2);
	t->b[6] = t->answer ? (uint8_t)(net * 2) : net;
	t->b[9] = (uint8_t)t->k;
	return len;
}

static inline uint32_t fins_local(struct turn *t)
{
	return fins(t, 0);
}

static inline uint32_t fins_routed(struct turn *t)
{
	return fins(t, 1);
}

static inline uint32_t teredo(struct turn *t)
{
	return head(t, t->answer ? 102 : 56,
		    t->answer ? "6000 0000 0010 3a ff 2001 0000"
			      : "0001 0200 .... .. .. .. .. .. .. .. .. 00");
}

/* A scanner of RADIUS servers; long messages with 02 in their length. */
static inline uint32_t radius(struct turn *t)
{
	uint32_t len = 512 + 2 * ((t->k + t->host) % 100);

	head(t, len, t->answer ? "02" : "01");
	t->b[1] = (uint8_t)(2 * (t->k + t->host));
	put16(t->b + 2, len);
	return len;
}

/* uTP: connection numbers beginning with 02; the answer's is one less or more. */
static inline uint32_t utp(struct turn *t)
{
	uint32_t len = t->k % 3 ? 20 : 56;

	head(t, len, t->answer ? "2100 02" : t->k % 3 ? "4100 02" : "0100 02");
	t->b[3] = (uint8_t)(t->host * 2 + t->answer);
	put16(t->b + 16, t->k);
	return len;
}

static inline uint32_t dht(struct turn *t)
{
	uint32_t len = t->answer ? 98 : 101;

	head(t, len, "64 31 3a 61 64 32 3a 69 64 32 30 3a");
	return len;
}

static inline uint32_t kademlia(struct turn *t)
{
	return head(t, t->answer ? 465 : 35, t->answer ? "e4 29" : "e4 21 02");
}

/* Old QUIC: flags, then a connection number that stays. */
static inline uint32_t quic(struct turn *t)
{
	uint32_t len = head(t, t->answer ? 26 : 102, t->answer ? "0c" : "1c");

	stays(t, 1, 8, true);
	t->b[2] = 2;
	return len;
}

static inline uint32_t rtp(struct turn *t)
{
	uint32_t len = head(t, t->answer ? 51 : 33, t->answer ? "a0 08 02" : "80 00 02");

	t->b[3] = (uint8_t)t->k;
	put32(t->b + 4, t->k * 160);
	stays(t, 8, 4, false);
	return len;
}

static inline uint32_t enet(struct turn *t)
{
	return head(t, t->answer ? 18 : 18,
		    t->answer ? "8000 02 .. 01 00 00" : "8fff 02 .. 82 ff 00 01 00 00");
}

static inline uint32_t raknet(struct turn *t)
{
	uint32_t len = head(t, t->answer ? 51 : 60,
			    t->answer ? "8c .. 02 00 40 01 a0" : "84 .. 02 00 40 01 20");

	t->b[1] = (uint8_t)t->k;
	return len;
}

/* The answer repeats the message's number, or sent later on its own the token. */
static inline uint32_t coap(struct turn *t)
{
	bool token = t->host % 2, own = token && t->k % 2;
	uint32_t len = head(t, t->answer ? 22 : 27,
			    t->answer ? "6045 02 .. c0 ff" : "4001 02 .. b7 73656e736f7273 ff");

	if (token)
		head(t, len,
		     t->answer ? "6445 02 .. .. .. .. .. c0 ff" : "4401 02 .. .. .. .. .. b7");
	if (!t->answer || !own)
		t->b[3] = (uint8_t)t->k;
	if (token)
		put32(t->b + 4, (t->k + t->host) * 2654435761U);
	return len;
}

static inline uint32_t ntp(struct turn *t)
{
	return head(t, 48,
		    t->answer ? "2401 02 e9 0000 0015 0000 00" : "2300 02 20 0000 0000 0000 00");
}

static inline uint32_t bfd(struct turn *t)
{
	return head(t, 24,
		    t->answer ? "20c0 02 18 .. .. .. .. .. .. .. .. 000f 4240 000f 4240"
			      : "2048 02 18 .. .. .. .. 0000 0000 000f 4240 000f 4240");
}

static inline uint32_t gtp(struct turn *t)
{
	uint32_t len = 520 + 2 * (t->k % 100);

	head(t, len, "30ff 02 .. .... .... 4500");
	put16(t->b + 2, len - 8);
	return len;
}

/* No protocol of a name: length in front, type 02, text. Lengths grow by two. */
static inline uint32_t length_type(struct turn *t)
{
	uint32_t len = t->answer ? 18 : 22 + 2 * ((t->k + t->host) % 20);

	memset(t->b, 'a' + (int)(t->k % 26), len);
	put16(t->b, len);
	t->b[2] = 2;
	return len;
}

/* A counter of messages, type 02, small numbers: each host gets the next one, or the next but one.
 */
static inline uint32_t counter_type(struct turn *t)
{
	uint32_t len = head(t, t->answer ? 26 : 18, ".... 02 00 00 .. 00 00 00 .. 00 00 .. 00");

	put16(t->b, (t->k + t->host) * (1 + t->host % 2));
	return len;
}

/* A sensor that reports every other second: head, time, device, values. */
static inline uint32_t sensor(struct turn *t)
{
	uint32_t len = head(t, t->answer ? 17 : 22, "1234 02"), us = t->k * 5000017;

	memcpy(t->b + 3, &us, 4);
	stays(t, 7, 4, true);
	return len;
}

/* The same of two values in turn, each with a head of its own. */
static inline uint32_t sensor_pair(struct turn *t)
{
	uint32_t len = sensor(t);

	t->b[1] = (uint8_t)(0x34 + 2 * (t->k % 2));
	t->b[10] = (uint8_t)(t->b[10] + t->k % 2);
	return len;
}

static const struct {
	const char *name;
	uint16_t port;
	uint32_t (*make)(struct turn *t);
} protocols[] = {
	{"cip-io", 2222, cip_io},
	{"cip-scanner", 44818, cip_scanner},
	{"snmp-v2c", 161, snmp_v2c},
	{"snmp-v3", 161, snmp_v3},
	{"snmp-long", 161, snmp_long},
	{"cldap", 389, cldap},
	{"kerberos", 88, kerberos},
	{"nfs", 2049, nfs},
	{"nfs-little", 2049, nfs_little},
	{"olsr", 698, olsr},
	{"ike", 500, ike},
	{"esp", 4500, esp},
	{"hsrp", 1985, hsrp},
	{"capwap", 5246, capwap},
	{"zoom", 8801, zoom},
	{"dnscrypt", 443, dnscrypt},
	{"ssdp", 1900, ssdp},
	{"fins", 9600, fins_local},
	{"fins-routed", 9600, fins_routed},
	{"teredo", 3544, teredo},
	{"radius", 1812, radius},
	{"utp", 6881, utp},
	{"dht", 6881, dht},
	{"kademlia", 4672, kademlia},
	{"quic", 443, quic},
	{"rtp", 16384, rtp},
	{"enet", 7777, enet},
	{"raknet", 19132, raknet},
	{"coap", 5683, coap},
	{"ntp", 123, ntp},
	{"bfd", 3784, bfd},
	{"gtp-u", 2152, gtp},
	{"length-type", 9000, length_type},
	{"counter-type", 9001, counter_type},
	{"sensor", 9002, sensor},
	{"sensor-pair", 9003, sensor_pair},
};
#define PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

#endif
