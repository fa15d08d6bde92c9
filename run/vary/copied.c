// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * copied.c - a capture in memory, frame by frame and flow by flow
 *
 * Every step of a copy (lengths, losses, timing, ...) works on the same frames; each knows its flow
 * and the flow its frames. base/capture reads them, so that a copy is made of all that is detected
 * in. Of each frame the innermost IP packet is kept, which is where the detector looks; the copy is a
 * capture of raw IP, whatever link layers and tunnels the recording had.
 *
 * Limits: the whole capture is held in memory. Frames without IP are left out.
 */
#include <netinet/in.h>
#include "base/capture/pcap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/capture/capture.h"
#include "base/checked.h"
#include "run/vary/copied.h"

struct copied_frame *copied_add(struct copied_capture *r, const struct copied_frame *like)
{
	struct copied_frame *f;

	if (r->n == r->cap) {
		struct copied_frame *old = r->frames;
		size_t at = r->n && like >= old && like < old + r->n ? (size_t)(like - old) : r->n;

		r->cap = r->cap ? r->cap * 2 : 1024;
		r->frames = xrealloc(r->frames, r->cap * sizeof(*r->frames));
		like = at < r->n ? &r->frames[at] : like;
	}
	f = &r->frames[r->n++];
	*f = *like;
	f->data = xmalloc(like->caplen + 1);
	memcpy(f->data, like->data, like->caplen);
	return f;
}

int copied_read(struct copied_capture *r, const char *path, struct err *e)
{
	struct capture *c = capture_open_files(&path, 1, NULL, e);
	struct capture_frame in;
	struct decode_place ip;
	int rc, bad = 0;

	if (!c)
		return -1;
	while ((rc = capture_next_frame(c, &in, e)) != 0) {
		struct copied_frame f = {.was_ns = in.ts_ns, .order = in.number - 1};

		bad |= rc < 0; /* what else can be read is copied, as it is detected */
		if (rc != 1 || !capture_locate(c, &ip))
			continue;
		f.caplen = ip.inner_cap;
		f.len = ip.inner_len;
		f.data = (uint8_t *)(uintptr_t)ip.inner;
		copied_add(r, &f);
	}
	capture_close(c);
	if (r->n || !bad)
		return 0;
	return -1;
}

static void flows_free(struct copied_capture *r)
{
	struct copied_flow *flow, *next;

	HASH_ITER (hh, r->flows, flow, next) {
		HASH_DEL(r->flows, flow);
		free(flow->frames);
		free(flow);
	}
}

void copied_free(struct copied_capture *r)
{
	flows_free(r);
	for (size_t i = 0; i < r->n; i++)
		free(r->frames[i].data);
	free(r->frames);
}

static int by_recorded_time(const void *a, const void *b)
{
	const struct copied_frame *x = a, *y = b;

	if (x->was_ns != y->was_ns)
		return x->was_ns < y->was_ns ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return (x->again_ns > y->again_ns) - (x->again_ns < y->again_ns);
}

static int by_new_time(const void *a, const void *b)
{
	const struct copied_frame *x = a, *y = b;

	if (x->ts_ns != y->ts_ns)
		return x->ts_ns < y->ts_ns ? -1 : 1;
	return by_recorded_time(a, b);
}

/* The client's side is the Skype client of the label, else who sent first. */
static struct copied_flow *flow_new(const struct labels *labels, const struct tuple *first)
{
	struct copied_flow *flow = xcalloc(1, sizeof(*flow));
	struct ip client = first->src.ip;

	flow->key = flow_key(first);
	flow->label = labels_find(labels, first);
	if (flow->label && flow->label->kind == KIND_POSITIVE)
		client = labels_client(labels, flow->label);
	flow->client = first->src;
	flow->server = first->dst;
	if (!ip_eq(&client, &first->src.ip) && ip_eq(&client, &first->dst.ip)) {
		flow->client = first->dst;
		flow->server = first->src;
	}
	return flow;
}

static void index_frame(struct copied_capture *r, const struct labels *labels, size_t i)
{
	struct copied_frame *f = &r->frames[i];
	struct copied_flow *flow;
	struct flow_key key;

	f->flow = NULL;
	f->parsed = frame_parse(f->data, f->caplen, f->len, &f->view);
	if (!f->parsed || !f->view.has_ports)
		return;
	key = flow_key(&f->view.tuple);
	HASH_FIND(hh, r->flows, &key, sizeof(key), flow);
	if (!flow) {
		flow = flow_new(labels, &f->view.tuple);
		HASH_ADD(hh, r->flows, key, sizeof(flow->key), flow);
	}
	if (flow->n == flow->cap) {
		flow->cap = flow->cap ? 2 * flow->cap : 8;
		flow->frames = xrealloc(flow->frames, flow->cap * sizeof(*flow->frames));
	}
	flow->frames[flow->n++] = i;
	f->flow = flow;
	f->from_client = endpoint_eq(&f->view.tuple.src, &flow->client);
}

void copied_index(struct copied_capture *r, const struct labels *labels)
{
	flows_free(r);
	if (r->n)
		qsort(r->frames, r->n, sizeof(*r->frames), by_recorded_time);
	for (size_t i = 0; i < r->n; i++)
		index_frame(r, labels, i);
}

uint8_t *copied_resize(struct copied_frame *f, int n)
{
	struct frame_view *v = &f->view;
	size_t end = v->ip_len, room;

	if (!v->whole || v->fragment || !v->payload_len || v->payload + v->payload_len != end ||
	    (n < 0 && (size_t)-n >= v->payload_len) ||
	    !checked_add(end, n > 0 ? (size_t)n : 0, SIZE_MAX - 1, &room))
		return NULL;
	f->data = xrealloc(f->data, room + 1);
	if (!frame_grow(f->data, v, n))
		return NULL;
	f->caplen = f->len = (uint32_t)v->ip_len;
	return f->data + end;
}

int copied_write(struct copied_capture *r, int fd, struct err *e)
{
	pcap_t *dead =
		pcap_open_dead_with_tstamp_precision(DLT_RAW, 262144, PCAP_TSTAMP_PRECISION_NANO);
	int copy = dup(fd), rc = -1;
	FILE *f = copy < 0 ? NULL : fdopen(copy, "w");
	pcap_dumper_t *out = dead && f ? pcap_dump_fopen(dead, f) : NULL;

	if (!out) {
		err_sys(e, "a copy of the capture");
		if (f)
			fclose(f);
		goto out;
	}
	if (r->n)
		qsort(r->frames, r->n, sizeof(*r->frames), by_new_time);
	for (size_t i = 0; i < r->n; i++) {
		const struct copied_frame *fr = &r->frames[i];
		struct pcap_pkthdr h = {.caplen = fr->caplen, .len = fr->len};

		h.ts.tv_sec = (time_t)(fr->ts_ns / 1000000000);
		h.ts.tv_usec = (suseconds_t)(fr->ts_ns % 1000000000);
		pcap_dump((u_char *)out, &h, fr->data);
	}
	rc = pcap_dump_flush(out) ? err_sys(e, "a copy of the capture") : 0;
	pcap_dump_close(out);
out:
	if (dead)
		pcap_close(dead);
	return rc;
}
