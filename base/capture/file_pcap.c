// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * file_pcap.c - a reader for capture files, several times as fast as libpcap's
 *
 * A window of the file is held in memory; frames are handed out where they lie in it, without a
 * copy. Classic pcap of both byte orders, with micro- or nanoseconds, is read here and pcapng in
 * capture_ng.c, from files and from pipes alike. The old variants of pcap (modified headers,
 * versions before 2.4) go to libpcap. A test proves our frames equal to libpcap's, byte by byte.
 *
 * The window is filled with read(2) and not by mapping: it stays in the processor's cache, memory
 * does not grow with the file, and a file that another program cuts short while it is read is an
 * error message, not SIGBUS. A walk over the records of a file in the page cache took half as long
 * so as with mmap(2), populated or not.
 *
 * Rules taken over from libpcap: a time stamp's fraction is signed, and may be more than a second;
 * a frame larger than the file's snap length is cut to it; one
 * larger than FRAME_MAX makes the rest of the file unreadable, for the next header cannot be
 * found.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/capture/capture_internal.h"

#define WINDOW_ROOM (256U << 10)
#define POLL_MS	    100

/* Waits for a pipe to have something, so that a signal is noticed; false: stopped. */
static bool wait_readable(const struct window *w)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};

	while (!w->size && !window_stopped(w))
		if (poll(&p, 1, POLL_MS) != 0 && p.revents)
			break;
	return !window_stopped(w);
}

bool window_fill(struct window *w, size_t n)
{
	size_t have = (size_t)(w->end - w->pos);

	if (n > w->room) {
		size_t off = (size_t)(w->pos - w->buf);

		w->room = n + WINDOW_ROOM;
		w->buf = xrealloc(w->buf, w->room);
		w->pos = w->buf + off;
	}
	if (have)
		memmove(w->buf, w->pos, have);
	w->pos = w->buf;
	while (have < n && wait_readable(w)) {
		ssize_t got = read(w->fd, w->buf + have, w->room - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
		w->offset += (uint64_t)got;
	}
	w->end = w->buf + have;
	return have >= n;
}

void file_renew(struct source *s, uint8_t **buf, size_t *room)
{
	struct window *w = &((struct file_source *)s)->w;
	size_t have = (size_t)(w->end - w->pos), old_room = w->room;
	uint8_t *old = w->buf;

	if (s->ready(s))
		return;
	if (!*buf || *room <= have) {
		if (*room <= have)
			*room = have + WINDOW_ROOM;
		*buf = xrealloc(*buf, *room);
	}
	memcpy(*buf, w->pos, have);
	w->buf = *buf;
	w->room = *room;
	w->pos = w->buf;
	w->end = w->buf + have;
	*buf = old;
	*room = old_room;
}

int file_cut(struct file_source *f, uint64_t need, struct err *e)
{
	uint64_t at = window_offset(&f->w);

	f->s.ended = true;
	if (window_stopped(&f->w))
		return 0;
	return err_set(e,
		       "%s: cut off in frame %llu: its record at byte %llu needs %llu bytes, the "
		       "file has %llu more",
		       f->s.name, (unsigned long long)f->s.number + 1, (unsigned long long)at,
		       (unsigned long long)need, (unsigned long long)(f->w.offset - at));
}

static int pcap_next_frame(struct source *s, struct frame *out, struct err *e)
{
	struct file_source *f = (struct file_source *)s;
	const uint8_t *p;
	uint32_t caplen;

	if (!window_need(&f->w, 16)) {
		if (f->w.pos != f->w.end)
			return file_cut(f, 16, e);
		s->ended = true;
		return 0;
	}
	caplen = file_u32(f, f->w.pos + 8);
	if (caplen > FRAME_MAX) {
		s->ended = true;
		return err_set(e,
			       "%s: frame %llu at byte %llu says it holds %u bytes, more than the "
			       "%u a frame may; what follows cannot be read",
			       s->name, (unsigned long long)s->number + 1,
			       (unsigned long long)window_offset(&f->w), caplen, FRAME_MAX);
	}
	if (!window_need(&f->w, 16 + (size_t)caplen))
		return file_cut(f, 16 + (uint64_t)caplen, e);
	p = f->w.pos;
	out->ts_ns = file_u32(f, p) * 1000000000ULL +
		     (uint64_t)((int64_t)(int32_t)file_u32(f, p + 4) * f->frac_ns);
	out->len = file_u32(f, p + 12);
	out->caplen = caplen < f->snap ? caplen : f->snap;
	out->data = p + 16;
	out->link = 0;
	f->w.pos = p + 16 + caplen;
	__builtin_prefetch(f->w.pos + 256);
	return 1;
}

static bool pcap_ready(const struct source *s)
{
	const struct file_source *f = (const struct file_source *)s;
	size_t have = (size_t)(f->w.end - f->w.pos);

	uint32_t caplen;

	if (have < 16)
		return false;
	caplen = file_u32(f, f->w.pos + 8);
	return caplen <= FRAME_MAX && caplen <= have - 16;
}

static void file_close(struct source *s)
{
	struct file_source *f = (struct file_source *)s;

	if (f->w.fd > STDERR_FILENO)
		close(f->w.fd);
	free(f->w.buf);
	free(f->ifs);
}

static double file_progress(const struct source *s)
{
	const struct file_source *f = (const struct file_source *)s;

	if (!f->w.size)
		return -1;
	return (double)window_offset(&f->w) / (double)f->w.size;
}

/* @f stands behind the magic number. 0; 1: an old variant, for libpcap; -1 with @e set. */
static int pcap_open_header(struct file_source *f, struct err *e)
{
	uint32_t snap;
	int dlt;

	if (!window_need(&f->w, 24))
		return err_set(e, "%s: cut off in the file header (%llu of 24 bytes)", f->s.name,
			       (unsigned long long)f->w.offset);
	if (file_u16(f, f->w.pos + 4) != 2 || file_u16(f, f->w.pos + 6) != 4)
		return 1;
	snap = file_u32(f, f->w.pos + 16);
	/* 0, or more than INT_MAX, stands for "no limit" */
	f->snap = snap && snap <= INT32_MAX ? snap : FRAME_MAX;
	/* the upper bits hold the length of a frame check sequence */
	dlt = linktype_dlt(file_u32(f, f->w.pos + 20) & 0x03ffffff);
	f->w.pos += 24;
	f->s.next = pcap_next_frame;
	f->s.ready = pcap_ready;
	f->s.renew = file_renew;
	if (source_link(&f->s, dlt, e) < 0)
		return -1;
	return f->s.links[0].decoder ? 0 : source_bad_link(&f->s, dlt, e);
}

static int not_a_capture(const struct file_source *f, struct err *e)
{
	const uint8_t *p = f->w.pos;

	if (p[0] == 0x1f && p[1] == 0x8b)
		return err_set(e, "%s: compressed with gzip; decompress it first", f->s.name);
	if (!memcmp(p, "\x28\xb5\x2f\xfd", 4))
		return err_set(e, "%s: compressed with zstd; decompress it first", f->s.name);
	return err_set(e,
		       "%s: not a capture: starts with %02x%02x%02x%02x, which is neither pcap nor "
		       "pcapng",
		       f->s.name, p[0], p[1], p[2], p[3]);
}

/* 0; 1: for libpcap to try; -1 with @e set. */
static int file_open_format(struct file_source *f, struct err *e)
{
	uint32_t magic;

	if (!window_need(&f->w, 4)) {
		if (f->w.offset)
			return err_set(e, "%s: not a capture: %llu bytes long", f->s.name,
				       (unsigned long long)f->w.offset);
		return err_set(e, "%s: empty file, not a capture", f->s.name);
	}
	memcpy(&magic, f->w.pos, 4);
	switch (magic) {
	case 0x0a0d0d0a:
		return ng_open(f, e);
	case 0xd4c3b2a1:
	case 0x4d3cb2a1:
		f->swap = true;
		magic = __builtin_bswap32(magic);
	}
	switch (magic) {
	case 0xa1b2c3d4:
		f->frac_ns = 1000;
		return pcap_open_header(f, e);
	case 0xa1b23c4d:
		f->frac_ns = 1;
		return pcap_open_header(f, e);
	case 0xa1b2cd34: /* Kuznetsov's and Navtel's variants */
	case 0x34cdb2a1:
	case 0xa12b3c4d:
	case 0x4d3c2ba1:
		return 1;
	default:
		return not_a_capture(f, e);
	}
}

struct source *source_file(const char *path, const char *filter, const atomic_bool *stop,
			   struct err *e)
{
	bool pipe = !strcmp(path, "-");
	struct file_source *f;
	struct stat st;
	int fd = pipe ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0) {
		err_sys(e, "%s", path);
		return NULL;
	}
	f = xcalloc(1, sizeof(*f));
	f->s.name = xstrdup(pipe ? "standard input" : path);
	f->s.close = file_close;
	f->s.progress = file_progress;
	f->s.filter = filter;
	f->w.fd = fd;
	f->w.stop = stop;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		f->w.size = (uint64_t)st.st_size;
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		rc = err_set(e, "%s: is a folder, not a capture", path);
		goto out;
	}
	f->w.room = WINDOW_ROOM;
	f->w.buf = xmalloc(f->w.room);
	f->w.pos = f->w.end = f->w.buf;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	rc = file_open_format(f, e);
	if (rc > 0 && pipe)
		rc = err_set(e, "standard input: an old variant of pcap; give it as a file");
out:
	if (!rc)
		return &f->s;
	source_free(&f->s);
	return rc > 0 ? source_libpcap(path, filter, e) : NULL;
}
