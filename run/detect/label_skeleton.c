// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * label_skeleton.c - the rows of a label file that a person fills in
 *
 * One pass over the capture. A flow is a tuple, both directions together; its client is the side that
 * sent the SYN, else the sender of the first packet seen. The label of every flow is "unknown": a
 * program that guessed would put its own verdicts into the truth that judges it.
 *
 * Limits: a tuple that was used twice gets one row; its times span both uses.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/capture/capture.h"
#include "base/moment.h"
#include "run/detect/label_skeleton.h"

#define FIRST_BYTES 8
#define TCP_SYN	    0x02
#define TCP_ACK	    0x10

/* One direction of a flow. */
struct side {
	uint64_t packets, bytes; /* bytes: payload */
	uint8_t first[FIRST_BYTES];
	uint8_t first_n;
};

struct entry {
	struct flow_key key;
	struct tuple tuple; /* src = the client */
	uint64_t first_ns, last_ns;
	struct side side[2]; /* to the server, to the client */
	UT_hash_handle hh;   /* in order of the first packets */
};

static struct entry *entry_of(struct entry **map, const struct packet *p)
{
	struct tuple t = {p->proto, p->src, p->dst};
	struct flow_key key = flow_key(&t);
	struct entry *en;

	HASH_FIND(hh, *map, &key, sizeof(key), en);
	if (en)
		return en;
	en = xcalloc(1, sizeof(*en));
	en->key = key;
	en->tuple = t;
	en->first_ns = p->ts_ns;
	if (p->proto == IPPROTO_TCP && (p->tcp_flags & TCP_SYN) && (p->tcp_flags & TCP_ACK)) {
		en->tuple.src = p->dst;
		en->tuple.dst = p->src;
	}
	HASH_ADD(hh, *map, key, sizeof(en->key), en);
	return en;
}

static void add_packet(struct entry **map, const struct packet *p)
{
	struct entry *en;
	struct side *s;

	if (p->proto != IPPROTO_UDP && p->proto != IPPROTO_TCP)
		return;
	en = entry_of(map, p);
	s = &en->side[!endpoint_eq(&p->src, &en->tuple.src)];
	en->last_ns = p->ts_ns;
	s->packets++;
	s->bytes += p->len;
	if (!s->first_n && p->caplen) {
		s->first_n = (uint8_t)(p->caplen < FIRST_BYTES ? p->caplen : FIRST_BYTES);
		memcpy(s->first, p->payload, s->first_n);
	}
}

static void put_time(FILE *f, uint64_t ns)
{
	char text[MOMENT_TEXT_LEN];

	fprintf(f, "\t%s", moment_text(ns, text));
}

static void put_side(FILE *f, const struct side *s)
{
	fprintf(f, "\t%llu\t%llu\t", (unsigned long long)s->packets, (unsigned long long)s->bytes);
	for (unsigned i = 0; i < s->first_n; i++)
		fprintf(f, "%s%02x", i ? " " : "", s->first[i]);
}

static void put_entry(FILE *f, const struct entry *en)
{
	char src[IP_TEXT_LEN], dst[IP_TEXT_LEN];

	fprintf(f, "%s\t%s\t%u\t%s\t%u\tunknown\t\t",
		en->tuple.proto == IPPROTO_UDP ? "udp" : "tcp", ip_text(&en->tuple.src.ip, src),
		en->tuple.src.port, ip_text(&en->tuple.dst.ip, dst), en->tuple.dst.port);
	put_time(f, en->first_ns);
	put_time(f, en->last_ns);
	putc('\t', f);
	put_side(f, &en->side[0]);
	put_side(f, &en->side[1]);
	putc('\n', f);
}

int label_skeleton_write(const char *path, FILE *f, struct err *e)
{
	struct capture *c = capture_open_files(&path, 1, NULL, e);
	struct entry *map = NULL, *en = NULL, *next = NULL;
	struct packet p;
	int ret = 0;

	if (!c)
		return -1;
	while (capture_next_readable(c, &p, &ret, e))
		add_packet(&map, &p);
	capture_close(c);
	if (!map && ret == 0)
		ret = err_set(e, "%s: no UDP or TCP flow in it, so there is nothing to label",
			      path);
	if (map)
		fputs("proto\tclient_ip\tclient_port\tserver_ip\tserver_"
		      "port\tlabel\treason\tclient\t"
		      "opened\tclosed\tsession\tpackets_to_server\tbytes_to_server\tfirst_to_"
		      "server\t"
		      "packets_to_client\tbytes_to_client\tfirst_to_client\n",
		      f);
	HASH_ITER (hh, map, en, next) {
		put_entry(f, en);
		HASH_DEL(map, en);
		free(en);
	}
	return ret;
}
