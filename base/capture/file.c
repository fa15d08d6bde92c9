// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * file.c - what the readers of file formats share: a source with a window, and the error for a file
 * that is cut off
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/capture/file.h"

int file_cut(struct file_source *f, uint64_t need, struct err *e)
{
	uint64_t at = window_offset(&f->w);

	f->s.ended = true;
	if (window_stopped(&f->w))
		return 0;
	if (f->w.error) {
		errno = f->w.error;
		return err_sys(e, "%s: cannot be read after frame %llu", f->s.name,
			       (unsigned long long)f->s.number);
	}
	if (unpack_broken(f->w.unpack))
		return err_set(e, "%s: %s; the %llu frames before that are used", f->s.name,
			       unpack_broken(f->w.unpack), (unsigned long long)f->s.number);
	return err_set(e,
		       "%s: cut off in frame %llu: its record at byte %llu needs %llu bytes, the "
		       "file has %llu more",
		       f->s.name, (unsigned long long)f->s.number + 1, (unsigned long long)at,
		       (unsigned long long)need, (unsigned long long)(f->w.offset - at));
}

int file_end(struct file_source *f, uint64_t need, struct err *e)
{
	if (f->w.pos != f->w.end || f->w.error || unpack_broken(f->w.unpack))
		return file_cut(f, need, e);
	f->s.ended = true;
	return 0;
}

void file_close(struct source *s)
{
	struct file_source *f = (struct file_source *)s;

	if (f->w.fd > STDERR_FILENO)
		close(f->w.fd);
	unpack_free(f->w.unpack);
	window_free(&f->w);
	free(f->ifs);
}

double file_progress(const struct source *s)
{
	const struct file_source *f = (const struct file_source *)s;

	return window_progress(&f->w);
}
