// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * endpoints.c - who is who in a recording: the client, its public address, what each flow is
 *
 * The client, where nobody names it, is the private address with the most packets, else the one
 * with the most. Its public address is what most remotes wrote into the payloads that say it.
 * Labels are a table of flows (skypelab-labels(5)); of a TCP flow without its SYN the row also says
 * who opened it.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture/capture.h"
#include "base/tsv.h"
#include "replay/recorded/recording.h"

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
		f = recording_flow(r, proto, &a, &b);
		if (!f)
			continue;
		if (label_parse(label, &f->label) < 0)
			f->label = LABEL_UNKNOWN;
		snprintf(f->reason, sizeof(f->reason), "%.47s", tsv_cell(t, row, c[6]));
		if (f->key.proto == IPPROTO_TCP && !f->syn_seen)
			f->inbound = endpoint_eq(&b, &f->key.client);
	}
	tsv_free(t);
	return 0;
}

/* The address that is an end of the most flows: first pass over the capture. */
struct talker {
	struct ip ip;
	uint64_t packets;
	UT_hash_handle hh;
};

static void talker_count(struct talker **all, const struct ip *ip)
{
	struct talker *t;

	HASH_FIND(hh, *all, ip, sizeof(*ip), t);
	if (!t) {
		t = xcalloc(1, sizeof(*t));
		t->ip = *ip;
		HASH_ADD(hh, *all, ip, sizeof(t->ip), t);
	}
	t->packets++;
}

static void talkers_free(struct talker *all)
{
	struct talker *t = all, *next;

	HASH_CLEAR(hh, all);
	for (; t; t = next) {
		next = t->hh.next;
		free(t);
	}
}

struct capture *recording_open(const char *path, struct err *e)
{
	const char *paths[] = {path};

	return capture_open_files(paths, 1, NULL, e);
}

int recording_find_client(struct recording *r, const char *path, struct err *e)
{
	struct capture *c = recording_open(path, e);
	struct talker *all = NULL, *t, *next, *best = NULL;
	struct packet p;
	int got;

	if (!c)
		return -1;
	while ((got = capture_next(c, &p, e)) == 1 || got == -1) {
		if (got == -1 || p.src.ip.family != 4)
			continue;
		talker_count(&all, &p.src.ip);
		talker_count(&all, &p.dst.ip);
	}
	capture_close(c);
	HASH_ITER (hh, all, t, next)
		if (!best || ip_is_private(&t->ip) > ip_is_private(&best->ip) ||
		    (ip_is_private(&t->ip) == ip_is_private(&best->ip) &&
		     t->packets > best->packets))
			best = t;
	if (best)
		r->client = best->ip;
	talkers_free(all);
	return r->client.family ? 0
				: err_set(e, "%s: no IPv4 packet, and IPv6 is not played", path);
}

/* What remotes take the client's address to be, from the payloads that say it. */
void recording_find_public(struct recording *r)
{
	struct rec_flow *f, *next;
	struct talker *all = NULL, *t, *nt, *best = NULL;

	HASH_ITER (hh, r->flows, f, next)
		for (uint32_t i = 0; f->key.proto == IPPROTO_UDP && i < f->message_count; i++) {
			const uint8_t *p = f->data + f->messages[i].at;
			int off = payload_address(p, f->messages[i].len);
			struct ip ip = {.family = 4};

			if (off < 0 || f->messages[i].from_opener != f->inbound)
				continue;
			memcpy(ip.b, p + off, 4);
			talker_count(&all, &ip);
		}
	HASH_ITER (hh, all, t, nt)
		if (!best || t->packets > best->packets)
			best = t;
	if (best)
		r->public_ip = best->ip;
	talkers_free(all);
}
