// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mkattack.c - makes captures that are meant to be slow to read, and one that is not
 *
 *	mkattack KIND FILE PACKETS
 *
 *   plain         UDP, flows of four packets: what the others are compared with
 *   collide       IPv6 flows of one pair of addresses whose ports add up to 65,535
 *   held          datagrams from as many senders to one port, third byte 02
 *   sessions      TCP connections that send ten bytes and are reset
 *   flood         datagrams with addresses of their own, third byte 02: more flows than are kept
 *   one-flow      datagrams of one flow, the third byte counts
 *   small         one TCP connection, a byte per segment
 *   fragments     as plain, and between them fragments that nothing follows
 *   versions      requests that carry a client version of their own each
 *
 * Raw IP, 20 microseconds apart; the same file for the same arguments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/capture/ip_header.h"

static FILE *out;
static uint64_t written;

static void put_packet(const uint8_t *b, uint32_t n)
{
	uint64_t us = written++ * 20;
	uint32_t rec[4] = {(uint32_t)(1000000000 + us / 1000000), (uint32_t)(us % 1000000), n, n};

	fwrite(rec, sizeof(rec), 1, out);
	fwrite(b, n, 1, out);
}

static void ip4_packet(uint32_t src, uint32_t dst, uint8_t proto, uint16_t fragment,
		       const uint8_t *body, uint32_t n)
{
	uint8_t b[200] = {0x45};

	put_be16(b + 2, 20 + n);
	put_be16(b + 4, (uint16_t)written);
	put_be16(b + 6, fragment);
	b[8] = 64;
	b[9] = proto;
	put_be32(b + 12, src);
	put_be32(b + 16, dst);
	ipv4_checksum_set(b);
	memcpy(b + 20, body, n);
	if (!fragment)
		transport_checksum_set(proto, b + 12, 8, b + 20, n);
	put_packet(b, 20 + n);
}

static void udp4(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport, const void *text,
		 uint32_t n)
{
	uint8_t b[128] = {0};

	put_be16(b, sport);
	put_be16(b + 2, dport);
	put_be16(b + 4, 8 + n);
	memcpy(b + 8, text, n);
	ip4_packet(src, dst, 17, 0, b, 8 + n);
}

static void tcp4(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport, uint32_t seq,
		 uint32_t ack, uint8_t flags, const char *text)
{
	uint8_t b[128] = {0};
	uint32_t n = (uint32_t)strlen(text);

	put_be16(b, sport);
	put_be16(b + 2, dport);
	put_be32(b + 4, seq);
	put_be32(b + 8, ack);
	b[12] = 0x50;
	b[13] = flags;
	memcpy(b + 20, text, n);
	ip4_packet(src, dst, 6, 0, b, 20 + n);
}

static void collide(uint32_t i)
{
	uint8_t b[52] = {
		0x60,	     [5] = 12, [6] = 17,    [7] = 64, [8] = 0x20, [9] = 1,     [10] = 13,
		[11] = 0xb8, [23] = 1, [24] = 0x20, [25] = 1, [26] = 13,  [27] = 0xb8, [39] = 2};
	uint32_t port = i < 32768 ? i : 32767 - i % 97;

	put_be16(b + 40, port);
	put_be16(b + 42, 65535 - port);
	put_be16(b + 44, 12);
	memcpy(b + 48, "abcd", 4);
	transport_checksum_set(17, b + 8, 32, b + 40, 12);
	put_packet(b, sizeof(b));
}

static void session(uint32_t i)
{
	uint32_t c = 0x0a000000 + i / 4, s = 0x08080808;

	switch (i % 4) {
	case 0:
		tcp4(c, s, 2000, 999, 1, 0, 2, "");
		break;
	case 1:
		tcp4(s, c, 999, 2000, 100, 2, 0x12, "");
		break;
	case 2:
		tcp4(c, s, 2000, 999, 2, 101, 0x18, "0123456789");
		break;
	default:
		tcp4(c, s, 2000, 999, 12, 101, 0x14, "");
	}
}

static void packet(const char *kind, uint32_t i)
{
	uint8_t m[20] = {0x11, 0x22, 2};
	char text[64];

	if (!strcmp(kind, "plain") || (!strcmp(kind, "fragments") && i % 2))
		udp4(0x0a000000 + i / 4, 0x08080808, 4000, 53, "0123456789", 10);
	else if (!strcmp(kind, "collide"))
		collide(i);
	else if (!strcmp(kind, "held"))
		udp4(0x08000000 + i, 0x0a000001, (uint16_t)(1024 + i % 60000), 5000, m, 20);
	else if (!strcmp(kind, "sessions"))
		session(i);
	else if (!strcmp(kind, "flood"))
		udp4(0x08000000 + i, 0x0a000000 + i, 4000, 5000, m, 20);
	else if (!strcmp(kind, "one-flow")) {
		m[2] = (uint8_t)i;
		udp4(0x0a000001, 0x08080808, 4000, 5000, m, 18 + i % 3);
	} else if (!strcmp(kind, "small"))
		tcp4(0x0a000001, 0x08080808, 4000, 5000, 1000 + i, 1, 0x10, "G");
	else if (!strcmp(kind, "fragments"))
		ip4_packet(0x0a000000 + i / 65536, 0x08080808, 17, 0x2000, m, 16);
	else if (!strcmp(kind, "versions")) {
		int n = snprintf(text, sizeof(text), "GET /ui/0/?ver=1.%u.%u&", i / 256, i % 256);

		udp4(0x0a000000 + i / 4, 0x08080808, 4000, 80, text, (uint32_t)n);
	} else {
		fprintf(stderr, "mkattack: no kind '%s'\n", kind);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	const uint32_t head[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 101};
	uint32_t n = argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;

	if (!n || !(out = fopen(argv[2], "we"))) {
		fprintf(stderr, "usage: mkattack KIND FILE PACKETS\n");
		return 2;
	}
	fwrite(head, sizeof(head), 1, out);
	for (uint32_t i = 0; i < n; i++)
		packet(argv[1], i);
	return fclose(out) ? 1 : 0;
}
