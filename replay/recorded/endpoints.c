// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * endpoints.c - which host is the client, what its public address is, what each flow is
 *
 * If no address is given for the client, it is the private IPv4 address with the most packets, or
 * else the IPv4 address with the most packets; labels are not used for this. Its public address is
 * the one that remotes wrote most often into payloads that carry the receiver's address.
 *
 * Labels are a table of flows (skypelab-labels(5)). For a TCP flow without its SYN the row also
 * tells who opened it.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture/capture.h"
#include "base/text.h"
#include "base/tsv.h"
#include "replay/recorded/endpoints.h"

static bool row_endpoint(const struct tsv *t, size_t row, int ip, int port, struct endpoint *out)
{
	memset(out, 0, sizeof(*out));
	if (ip_parse(tsv_cell(t, row, ip), &out->ip) < 0)
		return false;
	out->port = (uint16_t)strtoul(tsv_cell(t, row, port), NULL, 10);
	return true;
}

int recording_labels(struct recording *r, const char *path, struct err *e)
{
	struct tsv *t = tsv_read(path, e);
	int c[7];
	static const char *const names[] = {"proto",	   "client_ip", "client_port", "server_ip",
					    "server_port", "label",	"reason"};

	if (!t)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if ((c[i] = tsv_need(t, names[i], e)) < 0) {
			tsv_free(t);
			return -1;
		}
	for (size_t row = 0; row < t->rows; row++) {
		struct endpoint a, b;
		struct rec_flow *f;
		const char *label = tsv_cell(t, row, c[5]);
		uint8_t proto;

		if (!row_endpoint(t, row, c[1], c[2], &a) || !row_endpoint(t, row, c[3], c[4], &b))
			continue;
		proto = strcmp(tsv_cell(t, row, c[0]), "tcp") ? IPPROTO_UDP : IPPROTO_TCP;
		f = rec_flow_find(r, proto, &a, &b);
		if (!f)
			continue;
		label_copy(f->label, label_valid(label) ? label : LABEL_UNKNOWN);
		text_cut(f->reason, sizeof(f->reason), tsv_cell(t, row, c[6]));
		if (f->key.proto == IPPROTO_TCP && !f->syn_seen)
			f->inbound = endpoint_eq(&b, &f->key.client);
	}
	tsv_free(t);
	return 0;
}

/* An address and how often it occurs. */
struct address_count {
	struct ip ip;
	uint64_t packets;
	UT_hash_handle hh;
};

static void count_address(struct address_count **all, const struct ip *ip)
{
	struct address_count *t;

	HASH_FIND(hh, *all, ip, sizeof(*ip), t);
	if (!t) {
		t = xcalloc(1, sizeof(*t));
		t->ip = *ip;
		HASH_ADD(hh, *all, ip, sizeof(t->ip), t);
	}
	t->packets++;
}

static void counts_free(struct address_count *all)
{
	struct address_count *t = all, *next;

	HASH_CLEAR(hh, all);
	for (; t; t = next) {
		next = t->hh.next;
		free(t);
	}
}

int recording_find_client(struct recording *r, const char *path, struct err *e)
{
	const char *paths[] = {path};
	struct capture *c = capture_open_files(paths, 1, NULL, e);
	struct address_count *all = NULL, *t, *next, *best = NULL;
	struct err why = {0};
	struct packet p;
	int got;

	if (!c)
		return -1;
	while ((got = capture_next(c, &p, e)) == 1 || got == -1) {
		if (got == -1 && !why.msg[0])
			why = *e;
		if (got == -1 || p.src.ip.family != 4)
			continue;
		count_address(&all, &p.src.ip);
		count_address(&all, &p.dst.ip);
	}
	capture_close(c);
	HASH_ITER (hh, all, t, next)
		if (!best || ip_is_private(&t->ip) > ip_is_private(&best->ip) ||
		    (ip_is_private(&t->ip) == ip_is_private(&best->ip) &&
		     t->packets > best->packets))
			best = t;
	if (best)
		r->client = best->ip;
	counts_free(all);
	if (r->client.family)
		return 0;
	return why.msg[0] ? err_set(e, "%s", why.msg)
			  : err_set(e, "%s: no IPv4 packet, and IPv6 is not played", path);
}

int payload_address(const uint8_t *p, uint32_t len)
{
	unsigned f = len >= 3 ? p[2] & 0x8f : 0;

	if ((f == 5 || f == 7) && len == 11)
		return 3;
	if (f == 3 && len >= 17 && p[3] == 1)
		return 8;
	return -1;
}

void recording_find_public(struct recording *r)
{
	struct rec_flow *f, *next;
	struct address_count *all = NULL, *t, *nt, *best = NULL;

	HASH_ITER (hh, r->flows, f, next)
		for (uint32_t i = 0; f->key.proto == IPPROTO_UDP && i < f->message_count; i++) {
			const uint8_t *p = f->data + f->messages[i].at;
			int off = payload_address(p, f->messages[i].len);
			struct ip ip = {.family = 4};

			if (off < 0 || f->messages[i].from_opener != f->inbound)
				continue;
			memcpy(ip.b, p + off, 4);
			count_address(&all, &ip);
		}
	HASH_ITER (hh, all, t, nt)
		if (!best || t->packets > best->packets)
			best = t;
	if (best)
		r->public_ip = best->ip;
	counts_free(all);
}
