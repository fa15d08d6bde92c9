// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame_read.c - frames of several captures, merged in time, as Ethernet
 *
 * base/capture reads the files, so that what `skypelab detect` reads is sent too. A frame of another
 * link layer gets an Ethernet header (addresses are zero until the editor sets them): one of Linux's
 * cooked captures keeps all that stood behind its own header; of all others the outermost IP packet
 * is taken. A frame that the capture cut short is padded with zeros to its length on the wire.
 *
 * A file that cannot be opened or ends in the middle of a frame is reported, and the others go on. A
 * file whose time runs back by a second or more is reported too; smaller steps are normal where a
 * capture has several queues.
 *
 * Limits: a frame without IP on a link layer that is neither Ethernet nor cooked, and one longer than
 * FRAME_MAX, cannot be built; they are counted.
 */
#include <inttypes.h>
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/capture/capture.h"
#include "base/checked.h"
#include "replay/recorded/frame_read.h"

#define ETHERNET_HEAD 14

struct frame_reader {
	const char *const *paths;
	size_t n;
	struct capture *capture;
	bool again;	  /* in a later loop: faults have been reported */
	bool looked_back; /* steps back in time have been, or nobody asks after a worse fault */
	uint64_t last_ns;
	struct frame_reader_stats stats;
};

struct frame_reader *frame_reader_open(const char *const *paths, size_t n, struct err *e)
{
	struct frame_reader *r = xcalloc(1, sizeof(*r));

	r->paths = paths;
	r->n = n;
	r->capture = capture_open_files(paths, n, NULL, e);
	if (r->capture)
		return r;
	free(r);
	return NULL;
}

void frame_reader_close(struct frame_reader *r)
{
	if (!r)
		return;
	capture_close(r->capture);
	free(r);
}

int frame_reader_rewind(struct frame_reader *r, struct err *e)
{
	capture_close(r->capture);
	r->capture = capture_open_files(r->paths, r->n, NULL, e);
	r->again = true;
	r->last_ns = 0;
	return r->capture ? 0 : -1;
}

const struct frame_reader_stats *frame_reader_stats(const struct frame_reader *r)
{
	return &r->stats;
}

double frame_reader_progress(const struct frame_reader *r)
{
	return capture_progress(r->capture);
}

/* What of a captured frame goes behind the Ethernet header. */
struct body {
	const uint8_t *p;
	size_t have, len; /* captured; on the wire */
	uint16_t type;	  /* for the header; 0 = the frame is Ethernet and has one */
};

/* Bytes @skip and on, of the ethertype that the cooked header names. */
static bool cooked(const struct capture_frame *in, size_t skip, size_t type_at, struct body *out)
{
	if (in->caplen < skip)
		return false;
	out->p = in->data + skip;
	out->have -= skip;
	out->type = get_be16(in->data + type_at);
	return out->type >= 0x0600 && checked_sub(out->len, skip, &out->len);
}

/* Leaves out what follows an IP packet in its frame, such as a check sequence. A length of 0 in its
 * header says nothing (segmentation by the network card, jumbograms). */
static void trim(struct body *b)
{
	bool v4 = b->type == 0x0800;
	size_t n = v4 ? get_be16(b->p + 2) : get_be16(b->p + 4);

	if (!n)
		return;
	n += v4 ? 0 : 40;
	b->len = n < b->len ? n : b->len;
	b->have = b->have < b->len ? b->have : b->len;
}

static bool find_body(struct capture *c, const struct capture_frame *in, struct body *out)
{
	struct decode_place ip;

	*out = (struct body){in->data, in->caplen, in->len > in->caplen ? in->len : in->caplen, 0};
	if (in->dlt == DLT_EN10MB)
		return out->len >= ETHERNET_HEAD;
	if (in->dlt == DLT_LINUX_SLL && cooked(in, 16, 14, out))
		return true;
	if (in->dlt == DLT_LINUX_SLL2 && cooked(in, 20, 0, out))
		return true;
	if (!capture_locate(c, &ip))
		return false;
	*out = (struct body){ip.outer, ip.outer_cap, ip.outer_len,
			     ip.outer[0] >> 4 == 4 ? 0x0800 : 0x86dd};
	trim(out);
	return true;
}

/* Copies a frame as Ethernet; false when it cannot be built. */
static bool as_ethernet(struct capture *c, const struct capture_frame *in, struct frame *f)
{
	struct body body;
	size_t head, len;

	if (!find_body(c, in, &body))
		return false;
	head = body.type ? ETHERNET_HEAD : 0;
	if (!checked_add(head, body.len, FRAME_MAX, &len))
		return false;
	if (head) {
		memset(f->data, 0, 12);
		put_be16(f->data + 12, body.type);
	}
	memcpy(f->data + head, body.p, body.have);
	memset(f->data + head + body.have, 0, body.len - body.have);
	f->len = (uint32_t)len;
	f->short_one = body.have < body.len;
	f->ts_ns = in->ts_ns;
	return true;
}

/* -1 with @e set when the time of a file ran back, once. */
static int look_back(struct frame_reader *r, struct err *e)
{
	struct capture_stats st;
	char where[STEP_TEXT];

	capture_stats(r->capture, &st);
	if (r->looked_back || !capture_stepped_back(&st, where, sizeof(where)))
		return 0;
	r->looked_back = true;
	return err_set(e, "%s: %s; frames are sent in the order of the file",
		       r->paths[st.backwards_input], where);
}

int frame_reader_next(struct frame_reader *r, struct frame *f, struct err *e)
{
	struct capture_frame in;
	int rc;

	while ((rc = capture_next_frame(r->capture, &in, e)) != 0) {
		if (rc < 0) {
			if (r->again)
				continue;
			r->looked_back = true;
			return -1;
		}
		if (!as_ethernet(r->capture, &in, f)) {
			r->stats.not_frames++;
			continue;
		}
		r->stats.frames++;
		r->stats.bytes += f->len;
		r->stats.short_frames += f->short_one;
		r->stats.backwards += f->ts_ns < r->last_ns;
		r->last_ns = f->ts_ns;
		return 1;
	}
	return look_back(r, e);
}
