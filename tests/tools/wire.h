/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_WIRE_H
#define TESTS_WIRE_H

/*
 * For tools that make captures: packets are gathered in any order, then written in order of time by
 * libpcap, with a label file beside them. How the capture was taken is said apart from what is in
 * it: link layer, snap length, and the seconds of it that are kept.
 */
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/rng.h"

#define S_US  1000000ULL
#define MS_US 1000ULL

struct end {
	uint32_t ip;
	uint16_t port;
};

struct wire_packet {
	uint64_t us, order;
	uint32_t len; /* of the IP packet */
	uint8_t *b;
};

struct wire_label {
	uint8_t proto;
	struct end client, server;
	const char *label, *reason;
};

/**
 * struct wire - a capture being made
 * @link:	eth, vlan, cooked or raw
 * @snap:	Bytes kept of each frame
 * @from_us, @to_us: Only this part of the time is written, as if captured no longer
 */
struct wire {
	struct rng rng;
	struct wire_packet *packets;
	struct wire_label *labels;
	size_t n, room, labels_n, labels_room;
	const char *link;
	uint32_t snap;
	uint64_t from_us, to_us;
};

/* A TCP connection; @us is the time of its last packet. */
struct talk {
	struct end end[2];
	uint32_t seq[2];
	uint64_t us;
};

static inline uint8_t *put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static inline uint8_t *put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v);
}

/* One of @n numbers, or a number from a range, in milliseconds or what the caller takes them for.
 */
static inline uint32_t pick(struct wire *w, const uint16_t *of, size_t n)
{
	return of[rng_range(&w->rng, 0, (uint32_t)n - 1)];
}
#define PICK(w, ...) pick(w, (const uint16_t[]){__VA_ARGS__}, sizeof((uint16_t[]){__VA_ARGS__}) / 2)

static inline bool chance(struct wire *w, double p)
{
	return rng_unit(&w->rng) < p;
}

static inline uint64_t between_ms(struct wire *w, uint32_t lo, uint32_t hi)
{
	return rng_range(&w->rng, lo * 1000, hi * 1000);
}

/* An address that is nobody's in particular and certainly public. */
static inline uint32_t somewhere(struct wire *w)
{
	return rng_range(&w->rng, 60, 95) << 24 | (rng_u32(&w->rng) & 0xffff00) |
	       rng_range(&w->rng, 1, 254);
}

static inline void wire_ip(struct wire *w, uint64_t us, uint8_t proto, struct end a, struct end b,
			   uint8_t *ip, uint32_t len)
{
	uint32_t sum = 0;

	ip[0] = 0x45;
	put16(ip + 2, len);
	put16(ip + 4, (uint32_t)w->n);
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + 12, a.ip);
	put32(ip + 16, b.ip);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, 0xffff - ((sum & 0xffff) + (sum >> 16)));
	put16(ip + 20, a.port);
	put16(ip + 22, b.port);
	if (w->n == w->room) {
		w->room = w->room ? w->room * 2 : 1024;
		w->packets = xrealloc(w->packets, w->room * sizeof(*w->packets));
	}
	w->packets[w->n] = (struct wire_packet){us, w->n, len, ip};
	w->n++;
}

static inline void wire_udp(struct wire *w, uint64_t us, struct end a, struct end b,
			    const uint8_t *payload, uint32_t len)
{
	uint8_t *ip = xcalloc(1, 28 + len);

	put16(ip + 24, 8 + len);
	memcpy(ip + 28, payload, len);
	wire_ip(w, us, 17, a, b, ip, 28 + len);
}

/* @side 0 is who opened it. */
static inline void talk_send(struct wire *w, struct talk *t, int side, uint8_t flags,
			     const uint8_t *payload, uint32_t len)
{
	uint8_t *ip = xcalloc(1, 40 + len);

	put32(ip + 24, t->seq[side]);
	put32(ip + 28, flags & 0x10 ? t->seq[!side] : 0);
	ip[32] = 0x50;
	ip[33] = flags;
	put16(ip + 34, 65535);
	if (len)
		memcpy(ip + 40, payload, len);
	wire_ip(w, t->us, 6, t->end[side], t->end[!side], ip, 40 + len);
	t->seq[side] += len + (flags & 3 ? 1 : 0);
}

/* A connection under way: no SYN is sent. */
static inline struct talk talk_joined(struct wire *w, uint64_t us, struct end a, struct end b)
{
	return (struct talk){{a, b}, {rng_u32(&w->rng), rng_u32(&w->rng)}, us};
}

static inline struct talk talk_open(struct wire *w, uint64_t us, struct end a, struct end b)
{
	struct talk t = talk_joined(w, us, a, b);

	talk_send(w, &t, 0, 0x02, NULL, 0);
	t.us += between_ms(w, 20, 150);
	talk_send(w, &t, 1, 0x12, NULL, 0);
	t.us += 100;
	talk_send(w, &t, 0, 0x10, NULL, 0);
	return t;
}

static inline void talk_say(struct wire *w, struct talk *t, int side, const uint8_t *payload,
			    uint32_t len)
{
	t->us += between_ms(w, 10, 200);
	talk_send(w, t, side, 0x18, payload, len);
}

static inline void talk_close(struct wire *w, struct talk *t)
{
	t->us += between_ms(w, 10, 200);
	talk_send(w, t, 0, 0x11, NULL, 0);
	t->us += between_ms(w, 10, 200);
	talk_send(w, t, 1, 0x11, NULL, 0);
	t->us += 100;
	talk_send(w, t, 0, 0x10, NULL, 0);
}

static inline void wire_label(struct wire *w, uint8_t proto, struct end client, struct end server,
			      const char *label, const char *reason)
{
	for (size_t i = 0; i < w->labels_n; i++) {
		const struct wire_label *l = &w->labels[i];

		if (l->proto == proto && !memcmp(&l->client, &client, sizeof(client)) &&
		    !memcmp(&l->server, &server, sizeof(server)))
			return;
	}
	if (w->labels_n == w->labels_room) {
		w->labels_room = w->labels_room ? w->labels_room * 2 : 256;
		w->labels = xrealloc(w->labels, w->labels_room * sizeof(*w->labels));
	}
	w->labels[w->labels_n++] = (struct wire_label){proto, client, server, label, reason};
}

static inline int wire_order(const void *a, const void *b)
{
	const struct wire_packet *x = a, *y = b;

	if (x->us != y->us)
		return x->us < y->us ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static inline uint32_t wire_head(const struct wire *w, uint8_t *h)
{
	static const uint8_t eth[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
	static const uint8_t vlan[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 7, 8, 0};
	static const uint8_t cooked[] = {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0, 8, 0};

	if (!strcmp(w->link, "raw"))
		return 0;
	if (!strcmp(w->link, "vlan"))
		return memcpy(h, vlan, sizeof(vlan)), (uint32_t)sizeof(vlan);
	if (!strcmp(w->link, "cooked"))
		return memcpy(h, cooked, sizeof(cooked)), (uint32_t)sizeof(cooked);
	return memcpy(h, eth, sizeof(eth)), (uint32_t)sizeof(eth);
}

static inline bool wire_kept(const struct wire *w, const struct wire_packet *p)
{
	return p->us >= w->from_us && (!w->to_us || p->us < w->to_us);
}

/* Writes the capture; -1 and a line on standard error when that fails. */
static inline int wire_write(struct wire *w, const char *path)
{
	int link = !strcmp(w->link, "raw")	? DLT_RAW
		   : !strcmp(w->link, "cooked") ? DLT_LINUX_SLL
						: DLT_EN10MB;
	pcap_t *dead = pcap_open_dead(link, (int)w->snap);
	pcap_dumper_t *d = pcap_dump_open(dead, path);
	uint8_t frame[2048];

	if (!d) {
		fprintf(stderr, "%s\n", pcap_geterr(dead));
		pcap_close(dead);
		return -1;
	}
	qsort(w->packets, w->n, sizeof(*w->packets), wire_order);
	for (size_t i = 0; i < w->n; i++) {
		const struct wire_packet *p = &w->packets[i];
		struct pcap_pkthdr h = {
			.ts = {(time_t)(1383255000 + p->us / S_US), (suseconds_t)(p->us % S_US)}};
		uint32_t head = wire_head(w, frame);

		memcpy(frame + head, p->b, p->len);
		h.len = head + p->len;
		h.caplen = h.len < w->snap ? h.len : w->snap;
		if (wire_kept(w, p))
			pcap_dump((u_char *)d, &h, frame);
	}
	pcap_dump_close(d);
	pcap_close(dead);
	return 0;
}

/* What of a flow's packets is in the capture. */
static inline bool wire_has(const struct wire *w, const struct wire_label *l)
{
	for (size_t i = 0; i < w->n; i++) {
		const uint8_t *ip = w->packets[i].b;
		uint8_t c[6], s[6], x[6], y[6];

		put16(put32(c, l->client.ip), l->client.port);
		put16(put32(s, l->server.ip), l->server.port);
		memcpy(x, ip + 12, 4);
		memcpy(x + 4, ip + 20, 2);
		memcpy(y, ip + 16, 4);
		memcpy(y + 4, ip + 22, 2);
		if (ip[9] == l->proto && wire_kept(w, &w->packets[i]) &&
		    ((!memcmp(c, x, 6) && !memcmp(s, y, 6)) ||
		     (!memcmp(c, y, 6) && !memcmp(s, x, 6))))
			return true;
	}
	return false;
}

/* The label file of the flows that the capture holds. */
static inline int wire_write_labels(const struct wire *w, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f) {
		perror(path);
		return -1;
	}
	fprintf(f, "proto\tclient_ip\tclient_port\tserver_ip\tserver_port\tlabel\treason\n");
	for (size_t i = 0; i < w->labels_n; i++) {
		const struct wire_label *l = &w->labels[i];
		uint32_t c = l->client.ip, s = l->server.ip;

		if (wire_has(w, l))
			fprintf(f, "%s\t%u.%u.%u.%u\t%u\t%u.%u.%u.%u\t%u\t%s\t%s\n",
				l->proto == 6 ? "tcp" : "udp", c >> 24, c >> 16 & 255, c >> 8 & 255,
				c & 255, l->client.port, s >> 24, s >> 16 & 255, s >> 8 & 255,
				s & 255, l->server.port, l->label, l->reason);
	}
	return fclose(f) ? (perror(path), -1) : 0;
}

static inline void wire_free(struct wire *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->packets[i].b);
	free(w->packets);
	free(w->labels);
}

/* Options "name=value" of a tool; false when one is not known. */
static inline bool wire_option(struct wire *w, const char *arg, uint64_t *seed)
{
	const char *v = strchr(arg, '=');

	if (!v++)
		return false;
	if (!strncmp(arg, "seed=", 5))
		*seed = strtoull(v, NULL, 10);
	else if (!strncmp(arg, "link=", 5))
		w->link = v;
	else if (!strncmp(arg, "snap=", 5))
		w->snap = (uint32_t)strtoul(v, NULL, 10);
	else if (!strncmp(arg, "from=", 5))
		w->from_us = strtoull(v, NULL, 10) * S_US;
	else if (!strncmp(arg, "to=", 3))
		w->to_us = strtoull(v, NULL, 10) * S_US;
	else
		return false;
	return true;
}

#endif
