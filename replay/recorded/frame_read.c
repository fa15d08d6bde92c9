// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame_read.c - frames of several captures, merged in time, as Ethernet
 *
 * Each file is read ahead by one frame, and the oldest of these frames is next. If a frame of
 * another link layer carries IP, its header is replaced by an Ethernet one (addresses are zero
 * until the editor sets them). A frame that the capture cut short is padded with zeros to its
 * length on the wire. A file that cannot be opened or ends in the middle of a frame is reported,
 * and the others go on. A file whose time runs back by a second or more is reported too; smaller
 * steps are normal where a capture has several queues.
 */
#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "replay/recorded/frame_read.h"

#define REPORTED_STEP_NS 1000000000ULL

struct input {
	const char *path;
	pcap_t *pcap;
	off_t size;
	int link;
	struct pcap_pkthdr *head;
	const uint8_t *data;
	uint64_t ts_ns;
	bool ready, ended;
	uint64_t number, last_ns;	      /* frames so far */
	uint64_t back_ns, back_number, backs; /* steps back in time, the largest */
	bool reported;			      /* all faults, in an earlier loop */
	char fault[512];		      /* reported after the frames before it */
};

struct frame_reader {
	struct input *inputs;
	size_t count;
	uint64_t last_ns;
	struct frame_reader_stats stats;
};

static int input_open(struct input *s, struct err *e)
{
	char buf[PCAP_ERRBUF_SIZE];
	struct stat st;

	s->size = !stat(s->path, &st) && S_ISREG(st.st_mode) ? st.st_size : -1;
	if (!s->size)
		return err_set(e, "%s: empty file, not a capture", s->path);
	s->pcap = pcap_open_offline_with_tstamp_precision(s->path, PCAP_TSTAMP_PRECISION_NANO, buf);
	if (!s->pcap && strstr(buf, "unknown file format"))
		return err_set(e, "%s: not a capture, neither pcap nor pcapng", s->path);
	if (!s->pcap)
		return err_set(e, "%s%s%s", strstr(buf, s->path) ? "" : s->path,
			       strstr(buf, s->path) ? "" : ": ", buf);
	s->link = pcap_datalink(s->pcap);
	if (s->link != DLT_EN10MB && s->link != DLT_RAW && s->link != DLT_LINUX_SLL &&
	    s->link != DLT_LINUX_SLL2 && s->link != DLT_NULL && s->link != DLT_LOOP &&
	    s->link != DLT_IPV4 && s->link != DLT_IPV6)
		return err_set(
			e, "%s: link type %d (%s) cannot be sent on Ethernet", s->path, s->link,
			pcap_datalink_val_to_name(s->link) ? pcap_datalink_val_to_name(s->link)
							   : "unknown");
	return 0;
}

static void note_time(struct input *s)
{
	s->number++;
	if (s->ts_ns < s->last_ns) {
		s->backs++;
		if (s->last_ns - s->ts_ns > s->back_ns) {
			s->back_ns = s->last_ns - s->ts_ns;
			s->back_number = s->number;
		}
	}
	s->last_ns = s->ts_ns;
}

static void input_read(struct input *s)
{
	int got = pcap_next_ex(s->pcap, &s->head, &s->data);

	s->ready = got == 1;
	s->ended = got != 1;
	if (s->ready) {
		s->ts_ns = (uint64_t)s->head->ts.tv_sec * 1000000000ULL +
			   (uint64_t)s->head->ts.tv_usec; /* ns, as asked for */
		note_time(s);
	} else if (s->reported) {
		return;
	} else if (got == PCAP_ERROR) {
		snprintf(s->fault, sizeof(s->fault),
			 "%s: frame %" PRIu64 ": %.300s; nothing after it is read", s->path,
			 s->number + 1, pcap_geterr(s->pcap));
	} else if (s->back_ns >= REPORTED_STEP_NS) {
		snprintf(s->fault, sizeof(s->fault),
			 "%s: frame %" PRIu64 ": time goes back by %.1f s (%" PRIu64
			 " steps back in all); frames are sent in the order of the file",
			 s->path, s->back_number, (double)s->back_ns / 1e9, s->backs);
	}
}

/* Closes one of several files, which cannot be opened. */
static void input_give_up(struct input *s)
{
	if (s->pcap)
		pcap_close(s->pcap);
	s->pcap = NULL;
	s->ended = true;
}

struct frame_reader *frame_reader_open(const char *const *paths, size_t n, struct err *e)
{
	struct frame_reader *r = xcalloc(1, sizeof(*r));
	struct err why = {.code = EXIT_USAGE};

	r->inputs = xcalloc(n, sizeof(*r->inputs));
	r->count = n;
	for (size_t i = 0; i < n; i++) {
		r->inputs[i].path = paths[i];
		if (input_open(&r->inputs[i], &why) == 0)
			continue;
		if (n == 1) {
			if (e)
				*e = why;
			frame_reader_close(r);
			return NULL;
		}
		input_give_up(&r->inputs[i]);
		snprintf(r->inputs[i].fault, sizeof(r->inputs[i].fault), "%.500s", why.msg);
	}
	return r;
}

void frame_reader_close(struct frame_reader *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		if (r->inputs[i].pcap)
			pcap_close(r->inputs[i].pcap);
	free(r->inputs);
	free(r);
}

int frame_reader_rewind(struct frame_reader *r, struct err *e)
{
	for (size_t i = 0; i < r->count; i++) {
		struct input *s = &r->inputs[i];

		if (s->pcap)
			pcap_close(s->pcap);
		*s = (struct input){.path = s->path, .reported = true};
		if (input_open(s, e) < 0) {
			if (r->count == 1)
				return -1;
			input_give_up(s);
		}
	}
	r->last_ns = 0;
	return 0;
}

const struct frame_reader_stats *frame_reader_stats(const struct frame_reader *r)
{
	return &r->stats;
}

double frame_reader_progress(const struct frame_reader *r)
{
	double at = 0, all = 0;

	for (size_t i = 0; i < r->count; i++) {
		FILE *f = r->inputs[i].pcap ? pcap_file(r->inputs[i].pcap) : NULL;

		if (!r->inputs[i].pcap)
			continue;
		if (!f || r->inputs[i].size < 0)
			return -1;
		at += (double)ftello(f);
		all += (double)r->inputs[i].size;
	}
	return all > 0 ? at / all : -1;
}

/* Length of the link header of a frame that is not Ethernet. */
static unsigned link_header(int link)
{
	return link == DLT_LINUX_SLL		      ? 16
	       : link == DLT_LINUX_SLL2		      ? 20
	       : link == DLT_NULL || link == DLT_LOOP ? 4
						      : 0;
}

/* Copies a frame as Ethernet; false when there is no IP packet in it. */
static bool as_ethernet(const struct input *s, struct frame *f)
{
	uint32_t have = s->head->caplen, len = s->head->len, skip = 0, add = 0;

	if (s->link != DLT_EN10MB) {
		skip = link_header(s->link);
		add = 14;
		if (have <= skip || (s->data[skip] >> 4 != 4 && s->data[skip] >> 4 != 6))
			return false;
	}
	if (len < have)
		len = have;
	if (len - skip + add > FRAME_MAX - 64 || have < skip)
		return false;
	if (add) {
		memset(f->data, 0, add);
		f->data[12] = s->data[skip] >> 4 == 4 ? 0x08 : 0x86;
		f->data[13] = s->data[skip] >> 4 == 4 ? 0x00 : 0xdd;
	}
	memcpy(f->data + add, s->data + skip, have - skip);
	memset(f->data + add + have - skip, 0, len - have);
	f->len = add + len - skip;
	f->short_one = have < len;
	f->ts_ns = s->ts_ns;
	return f->len >= 14;
}

int frame_reader_next(struct frame_reader *r, struct frame *f, struct err *e)
{
	for (;;) {
		struct input *oldest = NULL;
		bool good;

		for (size_t i = 0; i < r->count; i++) {
			struct input *s = &r->inputs[i];

			if (!s->ready && !s->ended)
				input_read(s);
			if (s->fault[0]) {
				err_set(e, "%s", s->fault);
				s->fault[0] = '\0';
				return -1;
			}
			if (s->ready && (!oldest || s->ts_ns < oldest->ts_ns))
				oldest = s;
		}
		if (!oldest)
			return 0;
		oldest->ready = false;
		good = as_ethernet(oldest, f);
		if (!good) {
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
}
