// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * follow.c - lines of a file that grows, is renamed, is cut, as tail -F reads them
 *
 *   state    enters it                              leaves it
 *   absent   no file of this name, at first         a file of the name can be opened: reading
 *   reading  opened                                 read once, or standard input, to its end: ended;
 *                                                   another file has the name since REPLACED_MS, and
 *                                                   this one was read to its end: reading that one
 *   ended    see above                              never
 *
 * A sensor that rotates its log renames it, goes on writing to it until it is told, then opens the
 * name anew: so the old file is read for a while after the name leads elsewhere. A file that is
 * shorter than what was read of it was cut (copytruncate): it is read from its beginning; what was
 * written between the last look and the cut is lost, which nobody who reads a file can mend.
 *
 * A line without newline is kept until its rest comes, or the file ends: then it is given out as it
 * is. A named pipe is held open for writing too, so that its sensor may end and begin again. A line
 * over the limit is passed over, whatever it holds.
 *
 * Who may not open files any more has an opener look names up and open them (operator/watch/opener.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/input.h"
#include "operator/merge/follow.h"

#define CHUNK	    (64UL << 10)
#define LOOK_MS	    100	 /* how often the name is looked up */
#define REPLACED_MS 1000 /* how long a file is read that has lost its name */

struct follow {
	char *path;	       /* (owned) */
	struct opener *opener; /* NULL = the name is looked up and opened here */
	size_t number;	       /* by which the opener knows it */
	int fd;		       /* -1 = absent */
	bool once, is_standard, ended;
	size_t most;
	struct input_file file;
	uint64_t offset; /* read of a regular file */
	uint64_t looked_ms, replaced_ms;
	char *buf; /* (owned) */
	size_t at, end, room;
	size_t searched; /* of what is in buf, bytes that hold no newline */
	bool skipping;	 /* the rest of a line that is too long */
	struct follow_counts counts;
};

/* What is read from now on. */
static void adopt(struct follow *f, int fd, const struct input_file *file)
{
	f->fd = fd;
	f->file = *file;
	f->offset = 0;
	f->replaced_ms = 0;
}

/* A pipe that is read once has to have a writer; base/input.h knows how long to wait for it. */
static int open_once(const char *path, int *fd, struct input_file *file, struct err *e)
{
	FILE *in = input_open(path, e);

	if (!in)
		return -1;
	*fd = fcntl(fileno(in), F_DUPFD_CLOEXEC, 3);
	fclose(in);
	if (*fd < 0)
		return err_sys(e, "%s: cannot read", path);
	if (input_follow_open(*fd, path, file, e) == 0)
		return 1;
	close(*fd);
	return -1;
}

/* 1 = opened, 0 = there is nothing to open, -1 with @e set. */
static int open_first(struct follow *f, struct err *e)
{
	struct input_file file;
	int fd = STDIN_FILENO, rc;

	if (f->is_standard)
		rc = input_follow_open(fd, f->path, &file, e) < 0 ? -1 : 1;
	else if (f->once)
		rc = open_once(f->path, &fd, &file, e);
	else
		rc = input_follow(f->path, &fd, &file, e);
	if (rc > 0)
		adopt(f, fd, &file);
	return rc;
}

struct follow *follow_open(const char *path, size_t most, bool once, struct err *e)
{
	struct follow *f = xcalloc(1, sizeof(*f));

	f->fd = -1;
	f->path = xstrdup(path);
	f->most = most;
	f->once = once;
	f->is_standard = !strcmp(path, "-");
	if (open_first(f, e) >= 0)
		return f;
	follow_close(f);
	return NULL;
}

void follow_opener(struct follow *f, struct opener *opener, size_t number)
{
	f->opener = opener;
	f->number = number;
}

void follow_close(struct follow *f)
{
	if (!f)
		return;
	if (f->fd >= 0 && !f->is_standard)
		close(f->fd);
	free(f->buf);
	free(f->path);
	free(f);
}

int follow_fd(const struct follow *f)
{
	bool waits = f->file.waits || (f->is_standard && !f->file.regular);

	return waits && !f->ended ? f->fd : -1;
}

bool follow_ended(const struct follow *f)
{
	return f->ended;
}

const char *follow_path(const struct follow *f)
{
	return f->path;
}

struct follow_counts follow_counts(const struct follow *f)
{
	return f->counts;
}

/* ------------------------------------------------------------------ lines */

/* Drops a line whose rest was lost. */
static void tear(struct follow *f)
{
	if (f->at < f->end)
		f->counts.torn++;
	f->at = f->end = f->searched = 0;
	f->skipping = false;
}

/* Makes a line of what has no newline when no more of it will come. Whether there was one. */
static bool finish(struct follow *f)
{
	if (f->at == f->end)
		return false;
	f->counts.torn += !f->skipping;
	if (f->end == f->room)
		f->buf = xrealloc(f->buf, ++f->room);
	f->buf[f->end++] = '\n';
	return true;
}

/* A whole line of what was read, or NULL. */
static const char *cut_line(struct follow *f, size_t *n)
{
	char *line, *newline;

	if (f->at == f->end)
		return NULL;
	line = f->buf + f->at;
	newline = memchr(line + f->searched, '\n', f->end - f->at - f->searched);
	if (!newline) {
		f->searched = f->end - f->at;
		return NULL;
	}
	*newline = '\0';
	*n = (size_t)(newline - line);
	f->at += *n + 1;
	f->searched = 0;
	return line;
}

/* Drops what is too long for a line; its end is still to come. */
static void pass_over(struct follow *f)
{
	if (f->end - f->at <= f->most)
		return;
	f->counts.long_lines += !f->skipping;
	f->skipping = true;
	f->at = f->end = f->searched = 0;
}

static const char *next_line(struct follow *f, size_t *n)
{
	const char *line;

	while ((line = cut_line(f, n))) {
		if (f->skipping) {
			f->skipping = false;
			continue;
		}
		if (*n <= f->most) {
			f->counts.lines++;
			return line;
		}
		f->counts.long_lines++;
	}
	pass_over(f);
	return NULL;
}

/* More bytes into the buffer: their number; 0 = none now or at the end, which *end tells. */
static size_t fill(struct follow *f, bool *end)
{
	struct pollfd p = {.fd = f->fd, .events = POLLIN};
	ssize_t got;

	*end = false;
	if (f->at) {
		memmove(f->buf, f->buf + f->at, f->end - f->at);
		f->end -= f->at;
		f->at = 0;
	}
	if (f->room < f->end + CHUNK) {
		f->room = f->end + CHUNK;
		f->buf = xrealloc(f->buf, f->room);
	}
	if (!f->file.regular && poll(&p, 1, 0) != 1) /* standard input may block */
		return 0;
	got = read(f->fd, f->buf + f->end, CHUNK);
	*end = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
	if (got <= 0)
		return 0;
	f->end += (size_t)got;
	f->offset += (uint64_t)got;
	return (size_t)got;
}

/* ------------------------------------------------------------------ the name */

/* Whether the file is shorter than what was read of it; then it is read from its beginning. */
static bool was_cut(struct follow *f)
{
	off_t end = f->fd >= 0 && f->file.regular ? lseek(f->fd, 0, SEEK_END) : -1;
	bool cut = end >= 0 && (uint64_t)end < f->offset;

	if (cut) {
		f->counts.cut++;
		tear(f);
		f->offset = 0;
	}
	if (end >= 0)
		lseek(f->fd, (off_t)f->offset, SEEK_SET);
	return cut;
}

/* Whether the name has led to another file for long enough to read that one. */
static bool was_replaced(struct follow *f, uint64_t now_ms)
{
	struct input_file named;
	int there = f->opener ? opener_input_look(f->opener, f->number, &named)
			      : input_look(f->path, &named);

	if (there <= 0 || f->fd < 0)
		return there > 0;
	if (named.dev == f->file.dev && named.ino == f->file.ino) {
		f->replaced_ms = 0;
		return false;
	}
	if (!f->replaced_ms)
		f->replaced_ms = now_ms;
	return now_ms - f->replaced_ms >= REPLACED_MS;
}

/* At the end of a file: whether there is more to read, after all. */
static bool look(struct follow *f, uint64_t now_ms)
{
	struct input_file file;
	int old = f->fd, fd;

	if (f->looked_ms && now_ms - f->looked_ms < LOOK_MS)
		return false;
	f->looked_ms = now_ms;
	if (was_cut(f))
		return true;
	if (!was_replaced(f, now_ms))
		return false;
	if ((f->opener ? opener_input(f->opener, f->number, &fd, &file, NULL)
		       : input_follow(f->path, &fd, &file, NULL)) <= 0)
		return false;
	finish(f);
	f->counts.replaced += old >= 0;
	if (old >= 0)
		close(old);
	adopt(f, fd, &file);
	return true;
}

/* At the end of what is read: whether it goes on. */
static bool goes_on(struct follow *f, uint64_t now_ms)
{
	if (!f->once && !f->is_standard)
		return look(f, now_ms);
	f->ended = !finish(f);
	return !f->ended;
}

const char *follow_line(struct follow *f, size_t *n, uint64_t now_ms)
{
	const char *line;
	bool end;

	if (f->ended)
		return NULL;
	for (;;) {
		if ((line = next_line(f, n)))
			return line;
		if (f->fd < 0 && !look(f, now_ms))
			return NULL;
		if (fill(f, &end))
			continue;
		if (!end || !goes_on(f, now_ms))
			return NULL;
	}
}
