// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * isolated.c - each flow of a capture by itself
 *
 * A signature that remembers hosts recognizes a client's later flows by its first one. Here every
 * flow stands alone, which shows what its own packets are enough for. The capture is read once; its
 * packets are kept by flow.
 *
 * Limits: packets with payload are kept in memory; ICMP and fragments' first halves are no flow's.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/capture/capture.h"
#include "run/detect/detect_score.h"
#include "run/detect/isolated.h"

struct kept_flow {
	struct flow_key key;
	struct packet *packets; /* (owned, and the payload of each) */
	size_t n, cap;
	UT_hash_handle hh;
};

static void keep(struct kept_flow **map, const struct packet *p)
{
	struct tuple t = {p->proto, p->src, p->dst};
	struct flow_key key = flow_key(&t);
	struct kept_flow *f;
	uint8_t *copy = NULL;

	HASH_FIND(hh, *map, &key, sizeof(key), f);
	if (!f) {
		f = xcalloc(1, sizeof(*f));
		f->key = key;
		HASH_ADD(hh, *map, key, sizeof(f->key), f);
	}
	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 8;
		f->packets = xrealloc(f->packets, f->cap * sizeof(*f->packets));
	}
	if (p->caplen) {
		copy = xmalloc(p->caplen);
		memcpy(copy, p->payload, p->caplen);
	}
	f->packets[f->n] = *p;
	f->packets[f->n].head = 0; /* the copy has no header before it */
	f->packets[f->n++].payload = copy;
}

static void detect_flow(const struct signature_set *set, const struct kept_flow *f,
			struct detections *v)
{
	struct detector *d = detector_new(set, NULL, detection_collect, v);

	for (size_t i = 0; i < f->n; i++)
		detector_packet(d, &f->packets[i]);
	detector_finish(d);
	detector_free(d);
}

static void flow_free(struct kept_flow *f)
{
	for (size_t i = 0; i < f->n; i++)
		free((uint8_t *)f->packets[i].payload);
	free(f->packets);
	free(f);
}

int detect_isolated(const struct signature_set *set, const char *path, struct detections *v,
		    struct flow_index *x, struct err *e)
{
	struct capture *c = capture_open_files(&path, 1, NULL, e);
	struct kept_flow *map = NULL, *f = NULL, *next = NULL;
	struct capture_stats st;
	struct packet p;
	int ret = 0;

	if (!c)
		return -1;
	while (capture_next_readable(c, &p, &ret, e)) {
		flow_index_packet(x, &p);
		if (p.proto == IPPROTO_UDP || p.proto == IPPROTO_TCP)
			keep(&map, &p);
	}
	capture_stats(c, &st);
	capture_warn_of_step_back(&st, path);
	capture_close(c);
	HASH_ITER (hh, map, f, next) {
		detect_flow(set, f, v);
		HASH_DEL(map, f);
		flow_free(f);
	}
	return ret;
}
