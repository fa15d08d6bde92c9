// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mkcapture.c - makes captures for measurements: as many packets and flows as asked for, from a
 *seed
 *
 *	mkcapture mixed|heavy|client|concurrent FILE PACKETS FLOWS [SEED [AT_ONCE]]
 *
 * "mixed" is the traffic of an access network: DNS, web over TCP, other UDP and TCP with random
 * bytes, RTP, and one flow in forty shaped like Skype's (requests and answers over UDP, refused
 * requests, calls, super node sessions, logins), from one host in sixteen. "heavy" is the same with
 * one flow in six. Flows begin evenly over time and overlap.
 * "client" is the mixed traffic of one host, 10.0.0.1, for replay by conversation.
 * "concurrent" keeps all flows alive at once, or AT_ONCE of them at a time: their packets come in
 * rounds, in an order that no cache can guess.
 *
 * The Skype-shaped payloads here are written for size and place of bytes only; nothing of the
 * emulator or the detector is used.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/capture/ip_header.h"
#include "base/err.h"
#include "base/rng.h"

#define US_PER_S 1000000ULL

enum kind { DNS, WEB, UDP_RANDOM, TCP_RANDOM, RTP, SKYPE_UDP, SKYPE_CALL, SKYPE_TCP, SKYPE_LOGIN };

/* Share of flows in 1,000 (mixed, heavy), and packets of a flow: from, to. */
static const struct {
	enum kind kind;
	uint32_t share[2], from, to;
} mix[] = {
	{DNS, {435, 380}, 2, 2},	 {WEB, {330, 280}, 10, 30},
	{UDP_RANDOM, {130, 110}, 2, 24}, {TCP_RANDOM, {75, 50}, 8, 40},
	{RTP, {5, 5}, 100, 400},	 {SKYPE_UDP, {20, 150}, 1, 6},
	{SKYPE_CALL, {1, 3}, 200, 600},	 {SKYPE_TCP, {3, 17}, 8, 30},
	{SKYPE_LOGIN, {1, 5}, 9, 12},
};

/**
 * struct flow - a flow under way
 * @at_us:	When its next packet comes
 * @step, @steps: Packets so far, and in all
 * @seq:	Next sequence numbers (TCP), client's and server's
 * @id:		Request id (Skype)
 */
struct flow {
	uint64_t at_us;
	enum kind kind;
	uint32_t client, server;
	uint16_t cport, sport;
	uint32_t step, steps;
	uint32_t seq[2];
	uint16_t id;
};

struct maker {
	FILE *f;
	struct rng rng;
	uint64_t packets;
	bool heavy, one_client;
	struct flow *heap;
	size_t n;
	uint16_t ids[256]; /* of each Skype client */
	uint8_t payload[1500];
	uint8_t noise[65536];
};

static bool is_tcp(enum kind k)
{
	return k == WEB || k == TCP_RANDOM || k == SKYPE_TCP || k == SKYPE_LOGIN;
}

static void ip_checksum(uint8_t *ip)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put_be16(ip + 10, 0xffff - ((sum & 0xffff) + (sum >> 16)));
}

static void write_packet(struct maker *m, struct flow *fl, bool back, uint8_t flags, uint32_t n)
{
	uint8_t h[14 + 20 + 20 + sizeof(m->payload)] = {2, 0, 0, 0, 0, 1, 2,   0,
							0, 0, 0, 2, 8, 0, 0x45};
	uint8_t *ip = h + 14, *l4 = h + 34;
	uint32_t head = is_tcp(fl->kind) ? 54 : 42, rec[4];

	put_be16(ip + 2, head - 14 + n);
	put_be16(ip + 4, (uint32_t)m->packets);
	ip[8] = 64;
	ip[9] = is_tcp(fl->kind) ? 6 : 17;
	put_be32(ip + 12, back ? fl->server : fl->client);
	put_be32(ip + 16, back ? fl->client : fl->server);
	ip_checksum(ip);
	put_be16(l4, back ? fl->sport : fl->cport);
	put_be16(l4 + 2, back ? fl->cport : fl->sport);
	if (is_tcp(fl->kind)) {
		put_be32(l4 + 4, fl->seq[back]);
		put_be32(l4 + 8, flags & 0x10 ? fl->seq[!back] : 0);
		l4[12] = 0x50;
		l4[13] = flags;
		put_be16(l4 + 14, 65535);
		fl->seq[back] += n + (flags & 3 ? 1 : 0);
	} else {
		put_be16(l4 + 4, 8 + n);
	}
	memcpy(h + head, m->payload, n);
	transport_checksum_set(ip[9], ip + 12, 8, l4, head - 34 + n);
	rec[0] = (uint32_t)(1156500000 + fl->at_us / US_PER_S);
	rec[1] = (uint32_t)(fl->at_us % US_PER_S);
	rec[2] = rec[3] = head + n;
	fwrite(rec, sizeof(rec), 1, m->f);
	fwrite(h, head + n, 1, m->f);
	m->packets++;
}

static uint32_t fill(struct maker *m, uint32_t n)
{
	uint32_t from = rng_range(&m->rng, 0, sizeof(m->noise) - 1500);

	memcpy(m->payload, m->noise + from, n);
	return n;
}

/* A request or answer over UDP: id, function 2, noise. */
static uint32_t skype_request(struct maker *m, uint16_t id, uint32_t n)
{
	fill(m, n);
	put_be16(m->payload, id);
	m->payload[2] = 2;
	return n;
}

/* Payload of one packet of a Skype-shaped UDP flow; *@back is its direction. */
static uint32_t skype_udp(struct maker *m, struct flow *fl, bool *back)
{
	*back = fl->step & 1;
	if (fl->id % 8 == 0 && fl->step == 1) { /* refused: 11 bytes, function 7 */
		fill(m, 11);
		put_be16(m->payload, fl->id);
		m->payload[2] = 0x47;
		put_be32(m->payload + 3, fl->client);
		return 11;
	}
	if (fl->id % 8 == 0 && fl->step == 2) { /* sent again, 5 bytes longer, function 3 */
		skype_request(m, fl->id, 23);
		m->payload[2] = 3;
		m->payload[3] = 1;
		put_be32(m->payload + 8, fl->server);
		return 23;
	}
	return skype_request(m, (uint16_t)(fl->id + fl->step),
			     *back ? rng_range(&m->rng, 18, 60) : 18U + fl->id % 13);
}

static void udp_packet(struct maker *m, struct flow *fl)
{
	bool back = fl->step & 1;
	uint32_t n;

	switch (fl->kind) {
	case DNS:
		n = fill(m, back ? rng_range(&m->rng, 60, 300) : rng_range(&m->rng, 28, 50));
		put_be16(m->payload, fl->id);
		memcpy(m->payload + 2, back ? "\x81\x80\0\1\0\2\0\0\0\0" : "\1\0\0\1\0\0\0\0\0\0",
		       10);
		break;
	case RTP:
		n = fill(m, 172);
		m->payload[0] = 0x80;
		m->payload[1] = 8;
		put_be16(m->payload + 2, fl->step / 2);
		break;
	case SKYPE_CALL:
		n = fill(m, rng_range(&m->rng, 40, 160));
		m->payload[2] = (uint8_t)(0x0d | (m->payload[2] & 0x70));
		break;
	case SKYPE_UDP:
		n = skype_udp(m, fl, &back);
		break;
	default:
		n = fill(m, rng_range(&m->rng, 20, 1200));
	}
	write_packet(m, fl, back, 0, n);
}

/* Payload of the @k-th data packet of a TCP flow; *@back is its direction. */
static uint32_t tcp_payload(struct maker *m, struct flow *fl, uint32_t k, bool *back)
{
	static const uint32_t login[] = {5, 5, 451, 232, 18, 67};
	uint32_t n;

	*back = k & 1;
	switch (fl->kind) {
	case SKYPE_LOGIN:
		n = fill(m, login[k % 6]);
		if (k < 2)
			memcpy(m->payload, k ? "\x17\3\1\0\0" : "\x16\3\1\0\0", 5);
		else if (k == 2)
			memcpy(m->payload, "\x16\3\1\0\xcd\x41\3\0\x09\x80\x40\4\x08\xc0\1", 15);
		return n;
	case SKYPE_TCP:
		return fill(m, k ? rng_range(&m->rng, 4, 600) : 14);
	case WEB:
		*back = k > 0;
		if (!k) {
			n = fill(m, rng_range(&m->rng, 200, 600));
			memcpy(m->payload, "GET / HTTP/1.1\r\nHost: ", 22);
			return n;
		}
		return fill(m, k % 4 == 1 ? 1460 : rng_range(&m->rng, 40, 900));
	default:
		return fill(m, rng_range(&m->rng, 10, 900));
	}
}

static void tcp_packet(struct maker *m, struct flow *fl)
{
	bool back = fl->step & 1;
	uint32_t n;

	if (fl->step < 3) {
		static const uint8_t flags[] = {0x02, 0x12, 0x10};

		write_packet(m, fl, back, flags[fl->step], 0);
	} else if (fl->step + 1 == fl->steps) {
		write_packet(m, fl, back, 0x11, 0);
	} else if (fl->kind == WEB && fl->step % 3 == 2) {
		write_packet(m, fl, false, 0x10, 0);
	} else {
		n = tcp_payload(m, fl, fl->step - 3, &back);
		write_packet(m, fl, back, 0x18, n);
	}
}

static void packet(struct maker *m, struct flow *fl)
{
	if (is_tcp(fl->kind))
		tcp_packet(m, fl);
	else
		udp_packet(m, fl);
	fl->step++;
}

static struct flow new_flow(struct maker *m, uint64_t at_us, uint32_t number)
{
	uint32_t pick = rng_range(&m->rng, 0, 999);
	struct flow fl = {.at_us = at_us};
	uint32_t host;
	size_t i = 0;

	while (pick >= mix[i].share[m->heavy])
		pick -= mix[i++].share[m->heavy];
	fl.kind = mix[i].kind;
	fl.steps = rng_range(&m->rng, mix[i].from, mix[i].to);
	/* 4,096 hosts; 256 run Skype, each with one port for all its Skype traffic over UDP */
	host = fl.kind >= SKYPE_UDP ? rng_range(&m->rng, 0, 255) * 16 : number % 4096;
	if (m->one_client)
		host = 1;
	fl.client = 0x0a000000 + host;
	fl.server = 0x50000000 + rng_range(&m->rng, 0, 0x3fffffff);
	fl.cport = (uint16_t)(fl.kind == SKYPE_UDP || fl.kind == SKYPE_CALL
				      ? 20000 + host
				      : 32768 + number / (m->one_client ? 1 : 4096) % 28000);
	fl.sport = (uint16_t)(fl.kind == DNS   ? 53
			      : fl.kind == WEB ? 80
					       : rng_range(&m->rng, 1025, 65000));
	fl.seq[0] = rng_u32(&m->rng);
	fl.seq[1] = rng_u32(&m->rng);
	/* a client's requests step by two */
	fl.id = fl.kind >= SKYPE_UDP ? (m->ids[host / 16] += 2) : (uint16_t)rng_u32(&m->rng);
	return fl;
}

static void sift_down(struct maker *m)
{
	struct flow fl = m->heap[0];
	size_t i = 0;

	for (;;) {
		size_t k = 2 * i + 1;

		if (k >= m->n)
			break;
		if (k + 1 < m->n && m->heap[k + 1].at_us < m->heap[k].at_us)
			k++;
		if (m->heap[k].at_us >= fl.at_us)
			break;
		m->heap[i] = m->heap[k];
		i = k;
	}
	m->heap[i] = fl;
}

static void push(struct maker *m, const struct flow *fl)
{
	size_t i = m->n++;

	while (i && m->heap[(i - 1) / 2].at_us > fl->at_us) {
		m->heap[i] = m->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	m->heap[i] = *fl;
}

/* Flows begin evenly; each sends its packets 1 to 200 ms apart. At least @packets and @flows. */
static void mixed(struct maker *m, uint64_t packets, uint64_t flows)
{
	uint64_t started = 0, gap = 500;

	m->heap = xcalloc(packets / 2 + flows + 16, sizeof(*m->heap));
	while (started < flows || m->packets < packets || m->n) {
		uint64_t next = started * gap;
		bool more = started < flows || m->packets < packets;

		if (more && (!m->n || m->heap[0].at_us >= next)) {
			struct flow fl = new_flow(m, next, (uint32_t)started++);

			push(m, &fl);
			continue;
		}
		packet(m, &m->heap[0]);
		if (m->heap[0].step >= m->heap[0].steps)
			m->heap[0] = m->heap[--m->n];
		else
			m->heap[0].at_us += rng_range(&m->rng, 1000, 200000);
		if (m->n)
			sift_down(m);
	}
}

/* @at_once flows at a time, each such group one after the other. */
static void concurrent(struct maker *m, uint64_t packets, uint64_t flows, uint64_t at_once)
{
	uint64_t now = 0, share = packets * at_once / flows;

	m->n = at_once;
	m->heap = xcalloc(at_once, sizeof(*m->heap));
	for (uint64_t begun = 0; begun < flows; begun += at_once) {
		for (uint64_t i = 0; i < at_once; i++)
			m->heap[i] = new_flow(m, 0, (uint32_t)(begun + i));
		for (uint64_t k = 0; k < share; k++) {
			struct flow *fl = &m->heap[k < at_once ? k : rng_u64(&m->rng) % at_once];

			fl->at_us = now;
			fl->steps = UINT32_MAX;
			packet(m, fl);
			now += 20;
		}
	}
}

int main(int argc, char **argv)
{
	static const uint32_t header[6] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1};
	static struct maker m;
	uint64_t packets, flows;

	if (argc < 5 || (strcmp(argv[1], "mixed") != 0 && strcmp(argv[1], "heavy") != 0 &&
			 strcmp(argv[1], "client") != 0 && strcmp(argv[1], "concurrent") != 0)) {
		fprintf(stderr,
			"usage: mkcapture mixed|heavy|client|concurrent FILE PACKETS FLOWS [SEED "
			"[AT_ONCE]]\n");
		return 2;
	}
	packets = strtoull(argv[3], NULL, 10);
	flows = strtoull(argv[4], NULL, 10);
	if (!flows || !packets)
		return 2;
	m.f = fopen(argv[2], "wb");
	if (!m.f) {
		perror(argv[2]);
		return 2;
	}
	rng_init(&m.rng, argc > 5 ? strtoull(argv[5], NULL, 10) : 1, "mkcapture");
	rng_fill(&m.rng, m.noise, sizeof(m.noise));
	fwrite(header, sizeof(header), 1, m.f);
	m.heavy = !strcmp(argv[1], "heavy");
	m.one_client = !strcmp(argv[1], "client");
	if (!strcmp(argv[1], "concurrent"))
		concurrent(&m, packets, flows, argc > 6 ? strtoull(argv[6], NULL, 10) : flows);
	else
		mixed(&m, packets, flows);
	free(m.heap);
	if (ferror(m.f) | fclose(m.f)) {
		perror(argv[2]);
		remove(argv[2]);
		return 2;
	}
	printf("%llu packets\n", (unsigned long long)m.packets);
	return 0;
}
