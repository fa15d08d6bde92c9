// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * part.c - what a detector finds that sees a part of a capture
 *
 *   part           who sees so little
 *   later packets  who begins to watch when the traffic is under way
 *   one direction  who watches one of two ways, where answers take the other
 *   1 in n         who has packets sampled, each with the same chance
 *
 * Nothing that is cut off reaches the detector, and of a later beginning not its checksums either
 * (look_ahead.h). A flow's opener is who sent its first packet in the whole capture.
 *
 * Limits: a datagram of several fragments is one packet, and is sampled as one. What is neither UDP nor
 * TCP has no direction and is left out where one is asked for.
 */
#include <string.h>

#include "base/capture/capture.h"
#include "base/rng.h"
#include "run/detect/detect_score.h"
#include "run/detect/look_ahead.h"
#include "run/detect/part.h"

/* A capture that is read in part. @all: the flows of the whole */
struct cutting {
	const struct capture_part *part;
	struct flow_index *all;
	uint64_t begin_ns;
	bool begun;
};

static bool in_direction(const struct cutting *c, const struct packet *p)
{
	struct tuple t = {.proto = p->proto, .src = p->src, .dst = p->dst};
	const struct flow_seen *f = flow_index_find(c->all, &t);

	return f && endpoint_eq(&f->tuple.src, &p->src) == (c->part->direction == PART_OPENER);
}

/* Whether the detector gets the packet. */
static bool is_shown(struct cutting *c, const struct packet *p)
{
	const struct capture_part *part = c->part;

	if (!c->begun) {
		c->begun = true;
		c->begin_ns = p->ts_ns;
	}
	if ((double)(int64_t)(p->ts_ns - c->begin_ns) < part->skip_s * 1e9)
		return false;
	if (part->direction != PART_BOTH) {
		flow_index_packet(c->all, p);
		if (!in_direction(c, p))
			return false;
	}
	return part->one_in < 2 || rng_mix(part->seed ^ rng_mix(p->number)) % part->one_in == 0;
}

int detect_part(const struct signature_set *set, const char *path, const struct capture_part *part,
		struct detections *v, struct flow_index *x, struct err *e)
{
	struct capture *c = capture_open_files(&path, 1, NULL, e);
	struct cutting cut = {.part = part, .all = flow_index_new()};
	struct detector *d;
	struct packet p;
	int ret = 0;

	if (!c) {
		flow_index_free(cut.all);
		return -1;
	}
	d = detector_new(set, NULL, detection_collect, v);
	if (!(part->skip_s > 0))
		look_ahead(d, path);
	while (capture_next_readable(c, &p, &ret, e)) {
		bool shown = is_shown(&cut, &p);

		if (shown)
			detector_packet(d, &p);
		if (x && (shown || part->missed_too))
			flow_index_packet(x, &p);
	}
	detector_finish(d);
	detector_free(d);
	flow_index_free(cut.all);
	capture_close(c);
	return ret;
}
