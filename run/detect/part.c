// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * part.c - what a detector finds that sees a part of a capture
 *
 *   part           who sees so little
 *   later packets  who begins to watch when the traffic is under way
 *   one direction  who watches one of two ways, where answers take the other
 *   1 in n         who has packets sampled, each with the same chance
 *   1 flow in n    who has flows sampled, each as a whole, by a hash of what tells them apart
 *   first bytes    who captures the beginning of each frame; how long it was stays known
 *
 * Nothing that is cut off reaches the detector, and not its checksums either (look_ahead.h); of a later
 * beginning nothing is shown ahead. A flow's opener is who sent its first packet in the whole capture.
 *
 * Limits: a datagram of several fragments is one packet, and is sampled as one. What is neither UDP nor
 * TCP has no direction and is left out where one is asked for; a flow of it is its two addresses. A frame
 * whose headers do not fit into the first bytes is none to the detector.
 */
#include <string.h>

#include "base/capture/capture.h"
#include "base/hash.h"
#include "base/rng.h"
#include "run/detect/detect_score.h"
#include "run/detect/look_ahead.h"
#include "run/detect/part.h"

/* A capture that is read in part. @all: the flows of the whole */
struct cutting {
	const struct capture_part *part;
	struct capture *capture;
	struct flow_index *all;
	uint64_t begin_ns;
	bool begun;
};

static int cutting_begin(struct cutting *c, const char *const *path,
			 const struct capture_part *part, struct err *e)
{
	*c = (struct cutting){.part = part, .capture = capture_open_files(path, 1, NULL, e)};
	if (!c->capture)
		return -1;
	if (part->snaplen)
		capture_set_snaplen(c->capture, part->snaplen);
	c->all = flow_index_new();
	return 0;
}

static void cutting_end(struct cutting *c)
{
	if (c->all)
		flow_index_free(c->all);
	capture_close(c->capture);
}

static struct tuple tuple_of_packet(const struct packet *p)
{
	return (struct tuple){.proto = p->proto, .src = p->src, .dst = p->dst};
}

static bool in_direction(const struct cutting *c, const struct packet *p)
{
	struct tuple t = tuple_of_packet(p);
	const struct flow_seen *f = flow_index_find(c->all, &t);

	return f && endpoint_eq(&f->tuple.src, &p->src) == (c->part->direction == PART_OPENER);
}

/* Whether a thing with this number is one of those chosen, one in @one_in. */
static bool is_chosen(const struct capture_part *part, uint64_t number, unsigned one_in)
{
	return one_in < 2 || rng_mix(part->seed ^ rng_mix(number)) % one_in == 0;
}

static uint64_t flow_number(const struct packet *p)
{
	struct tuple t = tuple_of_packet(p);
	struct flow_key k = flow_key(&t);

	return fnv1a(&k, sizeof(k));
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
	if (part->flow_in > 1 && !is_chosen(part, flow_number(p), part->flow_in))
		return false;
	return is_chosen(part, p->number, part->one_in);
}

struct capture_part part_of_its_own(const struct capture_part *part, const char *name)
{
	struct capture_part own = *part;

	own.seed = rng_stream_seed(part->seed, name, 0);
	return own;
}

/* Shows the detector the checksums of the part's first packets. */
static void look_ahead_in(struct detector *d, const char *path, const struct capture_part *part)
{
	struct cutting c;
	struct packet p;
	struct err none;

	if (!can_look_ahead(path) || cutting_begin(&c, &path, part, &none) < 0)
		return;
	for (int n = 0; n < LOOK_AHEAD && capture_next(c.capture, &p, &none) == 1; n++)
		if (is_shown(&c, &p))
			detector_checksum_ahead(d, &p);
	cutting_end(&c);
}

/* Reads the whole frames of a capture that is cut short: they say what passed, and whether the file can be
 * read; that a frame has no whole headers once it is cut says nothing of the file. */
static int read_whole(struct flow_index *passed, const char *path, struct err *e)
{
	struct flow_index *x = passed ? passed : flow_index_new();
	int rc = flow_index_read(x, path, e);

	if (!passed)
		flow_index_free(x);
	return rc;
}

int detect_part(const struct signature_set *set, const char *path, const struct capture_part *part,
		struct detections *v, struct flow_index *passed, struct flow_index *kept,
		struct err *e)
{
	struct err said;
	struct cutting c;
	struct detector *d;
	struct packet p;
	int ret = 0, cut = 0;

	if (cutting_begin(&c, &path, part, e) < 0)
		return -1;
	if (part->snaplen)
		ret = read_whole(passed, path, e);
	d = detector_new(set, NULL, detection_collect, v);
	if (!(part->skip_s > 0))
		look_ahead_in(d, path, part);
	while (capture_next_readable(c.capture, &p, part->snaplen ? &cut : &ret,
				     part->snaplen ? &said : e)) {
		bool shown = is_shown(&c, &p);

		if (shown)
			detector_packet(d, &p);
		if (shown && kept)
			flow_index_packet(kept, &p);
		if (passed && !part->snaplen)
			flow_index_packet(passed, &p);
	}
	detector_finish(d);
	detector_free(d);
	cutting_end(&c);
	return ret;
}
