// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * file_open.c - opens a capture file with the reader for its format
 *
 * Classic pcap and pcapng are read by our own readers, from files and from pipes alike, compressed
 * or not (unpack.c). The old variants of pcap (modified headers, versions before 2.4) go to libpcap,
 * which opens the file again.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/input.h"
#include "base/capture/file.h"
#include "base/capture/file_open.h"
#include "base/capture/file_pcap.h"
#include "base/capture/file_pcapng.h"
#include "base/capture/libpcap.h"

#define FILES_OPEN 1000 /* at a time, with a window of full size each */

/* Formats that are often met in place of a capture, and what to do. */
static const char *other_format(const uint8_t *p, size_t n)
{
	if (unpack_format(p, n))
		return "compressed twice; decompress it once";
	if (!memcmp(p, "\x02\x21\x4c\x18", 4))
		return "compressed with lz4's old format; decompress it first";
	if (!memcmp(p, "BZh", 3))
		return "compressed with bzip2; decompress it first";
	if (!memcmp(p, "PK\x03\x04", 4))
		return "a zip archive; unpack it first";
	return NULL;
}

static int not_a_capture(const struct file_source *f, struct err *e)
{
	const uint8_t *p = f->w.pos;
	const char *other = other_format(p, (size_t)(f->w.end - p));

	if (other)
		return err_set(e, "%s: %s", f->s.name, other);
	return err_set(e,
		       "%s: not a capture: starts with %02x%02x%02x%02x, which is neither pcap nor "
		       "pcapng",
		       f->s.name, p[0], p[1], p[2], p[3]);
}

/* Modified headers, which libpcap knows. */
static int old_variant(struct file_source *f, uint32_t magic, struct err *e)
{
	(void)f, (void)magic, (void)e;
	return 1;
}

/* The readers. @magic is that of the file in this machine's byte order; both orders are tried. */
static const struct reader {
	uint32_t magic;
	int (*open)(struct file_source *f, uint32_t magic, struct err *e);
} readers[] = {
	{0xa1b2c3d4, file_pcap_open}, /* microseconds */
	{0xa1b23c4d, file_pcap_open}, /* nanoseconds */
	{0xa1b2cd34, old_variant},    /* Kuznetsov's and Navtel's */
	{0xa12b3c4d, old_variant},
	{0x0a0d0d0a, file_pcapng_open}, /* a palindrome: the section header tells the order */
};

bool capture_begins(const uint8_t *b, size_t n)
{
	uint32_t magic;

	if (n < sizeof(magic))
		return false;
	memcpy(&magic, b, sizeof(magic));
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (magic == readers[i].magic || __builtin_bswap32(magic) == readers[i].magic)
			return true;
	return unpack_format(b, n) != 0;
}

/* 0; 1: for libpcap to try; -1 with @e set. */
static int file_open_format(struct file_source *f, struct err *e)
{
	uint32_t magic;

	if (!window_has(&f->w, 4)) {
		if (unpack_broken(f->w.unpack))
			return err_set(e, "%s: %s", f->s.name, unpack_broken(f->w.unpack));
		if (f->w.offset)
			return err_set(e, "%s: not a capture: %llu bytes long", f->s.name,
				       (unsigned long long)f->w.offset);
		return err_set(e, "%s: empty file, not a capture", f->s.name);
	}
	memcpy(&magic, f->w.pos, 4);
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		f->swap = __builtin_bswap32(magic) == readers[i].magic && magic != readers[i].magic;
		if (f->swap || magic == readers[i].magic)
			return readers[i].open(f, readers[i].magic, e);
	}
	return not_a_capture(f, e);
}

/* Decompresses from here on what is compressed. */
static void see_compression(struct file_source *f)
{
	(void)window_has(&f->w, UNPACK_MAGIC);
	if (unpack_format(f->w.pos, (size_t)(f->w.end - f->w.pos)))
		window_unpack(&f->w);
}

bool files_are_many(size_t n)
{
	const rlim_t spare = 64; /* descriptors for all else */
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return n > FILES_OPEN;
	if (r.rlim_cur < n + spare && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max < FILES_OPEN + spare ? r.rlim_max : FILES_OPEN + spare;
		setrlimit(RLIMIT_NOFILE, &r);
	}
	return n > FILES_OPEN || n + spare > r.rlim_cur;
}

struct source *source_file(const char *path, const char *filter, bool many, const atomic_bool *stop,
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
	input_note(fd);
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
	f->s.window = &f->w;
	f->w.room = many ? WINDOW_SMALL : WINDOW_ROOM;
	f->w.buf = xmalloc(f->w.room);
	f->w.pos = f->w.end = f->w.buf;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	see_compression(f);
	rc = file_open_format(f, e);
	if (rc > 0 && (pipe || f->w.unpack))
		rc = err_set(e, "%s: an old variant of pcap; give it as a file, not compressed",
			     f->s.name);
out:
	if (!rc && many && f->w.size && !pipe)
		window_park(&f->w, path);
	if (!rc)
		return &f->s;
	source_free(&f->s);
	return rc > 0 ? source_libpcap(path, filter, e) : NULL;
}
