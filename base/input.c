// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * input.c - files that this process reads, so that no output takes the place of one
 *
 * A file is known by device, inode and the time it was made, whatever name or link leads to it. The
 * time tells a file from an earlier one, since removed, that had the same inode; where the file
 * system does not keep it, it is 0. Only regular files count: a device or a pipe that is read may
 * be written to as well. A file that this process wrote is its own: read again, it is no input.
 *
 * A named pipe is opened without waiting, and somebody who writes to it has WRITER_WAIT_MS to come:
 * open() would wait for ever. Whether there is a writer is asked by tee(2), which takes nothing out:
 * 0 is "nobody", EAGAIN "somebody, but no data yet". A pipe without a name (/dev/fd/63) always had
 * one.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/magic.h>
#include <poll.h>
#include <pthread.h>
#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/input.h"
#include "base/path.h"

#define WRITER_WAIT_MS 5000
#define WRITER_LOOK_MS 20

struct identity {
	uint32_t major, minor;
	uint64_t inode;
	int64_t made_s;
	uint32_t made_ns;
	bool own; /* this process wrote it */
};

static struct {
	pthread_mutex_t lock;
	void *tree; /* of tsearch(); kept until the process ends */
} inputs = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* False when it is no regular file. With @path "" the file behind @fd. */
static bool identify(int fd, const char *path, struct identity *out)
{
	struct statx st;

	if (statx(fd, path, *path ? 0 : AT_EMPTY_PATH, STATX_TYPE | STATX_INO | STATX_BTIME, &st) <
		    0 ||
	    !S_ISREG(st.stx_mode))
		return false;
	*out = (struct identity){
		.major = st.stx_dev_major, .minor = st.stx_dev_minor, .inode = st.stx_ino};
	if (st.stx_mask & STATX_BTIME) {
		out->made_s = st.stx_btime.tv_sec;
		out->made_ns = st.stx_btime.tv_nsec;
	}
	return true;
}

static int compare(const void *left, const void *right)
{
	const struct identity *a = left, *b = right;

#define BY(field)                                                                                  \
	if (a->field != b->field)                                                                  \
	return a->field < b->field ? -1 : 1
	BY(inode);
	BY(made_ns);
	BY(made_s);
	BY(major);
	BY(minor);
#undef BY
	return 0;
}

static void note_identity(struct identity id, bool own)
{
	struct identity *mine = xmalloc(sizeof(*mine)), **at;

	*mine = id;
	mine->own = own;
	pthread_mutex_lock(&inputs.lock);
	at = tsearch(mine, &inputs.tree, compare);
	if (!at)
		abort();
	if (*at != mine)
		free(mine);
	pthread_mutex_unlock(&inputs.lock);
}

static void note(int fd, bool own)
{
	struct identity id;

	if (identify(fd, "", &id))
		note_identity(id, own);
}

void input_note(int fd)
{
	note(fd, false);
}

void input_own(int fd)
{
	note(fd, true);
}

bool input_is(const char *path)
{
	struct identity id, *const *was;
	bool yes;

	if (!identify(AT_FDCWD, path, &id))
		return false;
	pthread_mutex_lock(&inputs.lock);
	was = tfind(&id, &inputs.tree, compare);
	yes = was && !(*was)->own;
	pthread_mutex_unlock(&inputs.lock);
	return yes;
}

/* ------------------------------------------------------------------ reading */

/* Whether the pipe @fd has, or had, somebody who writes to it; @scratch: another pipe. */
static bool has_writer(int fd, int scratch)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n = tee(fd, scratch, 1, SPLICE_F_NONBLOCK);

	return n > 0 || (n < 0 && errno == EAGAIN) ||
	       (poll(&p, 1, 0) == 1 && p.revents & (POLLIN | POLLHUP));
}

/* 0 when the pipe @fd has a writer; -1 with @e set. */
static int wait_for_writer(int fd, const char *path, struct err *e)
{
	const struct timespec pause = {.tv_nsec = WRITER_LOOK_MS * 1000000L};
	int scratch[2];
	bool has = false;

	if (pipe2(scratch, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(e, "%s: cannot read", path);
	for (int ms = 0; ms < WRITER_WAIT_MS && !(has = has_writer(fd, scratch[1]));
	     ms += WRITER_LOOK_MS)
		nanosleep(&pause, NULL);
	close(scratch[0]);
	close(scratch[1]);
	return has ? 0
		   : err_set(e,
			     "%s: nobody writes to this pipe; start its writer first, or name a "
			     "file",
			     path);
}

static bool has_name(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 || fs.f_type != PIPEFS_MAGIC;
}

/* A descriptor to read @path with. -1 with @e set. */
static int open_to_read(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), flags;
	struct stat st;

	if (fd < 0)
		return err_sys(e, "%s: cannot read", path);
	if (!fstat(fd, &st) && S_ISFIFO(st.st_mode) && has_name(fd) &&
	    wait_for_writer(fd, path, e) < 0) {
		close(fd);
		return -1;
	}
	flags = fcntl(fd, F_GETFL);
	if (flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0)
		return fd;
	err_sys(e, "%s: cannot read", path);
	close(fd);
	return -1;
}

FILE *input_open(const char *path, struct err *e)
{
	int fd = open_to_read(path, e);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (f) {
		input_note(fd);
	} else if (fd >= 0) {
		err_sys(e, "%s: cannot read", path);
		close(fd);
	}
	return f;
}

/* ------------------------------------------------------------------ following */

static struct input_file file_of(const struct stat *st)
{
	return (struct input_file){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.regular = S_ISREG(st->st_mode),
		.waits = S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode),
	};
}

int input_follow_open(int fd, const char *path, struct input_file *file, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "%s: cannot read", path);
	if (S_ISDIR(st.st_mode))
		return err_set(e, "%s: a folder; name the file that the sensor writes", path);
	*file = file_of(&st);
	input_note(fd);
	return 0;
}

int input_follow(const char *path, int *fd, struct input_file *file, struct err *e)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode))
		flags = (flags & ~O_RDONLY) | O_RDWR;
	*fd = open(path, flags);
	if (*fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s: cannot read", path);
	if (input_follow_open(*fd, path, file, e) == 0)
		return 1;
	close(*fd);
	return -1;
}

int input_look(const char *path, struct input_file *file)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	*file = file_of(&st);
	return 1;
}

/* ------------------------------------------------------------------ folders */

/* One entry below a folder of inputs. 0, or -1 with @e set. */
static int note_entry(const FTSENT *entry, struct err *e)
{
	struct identity id;
	struct stat st;

	switch (entry->fts_info) {
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		errno = entry->fts_errno;
		return err_sys(e, "%s: cannot read", entry->fts_path);
	case FTS_D:
	case FTS_DP:
		return 0;
	default:
		break;
	}
	if (stat(entry->fts_path, &st) < 0 || S_ISDIR(st.st_mode))
		return 0; /* a link to nowhere, or to a folder */
	if (!S_ISREG(st.st_mode))
		return err_set(e, "%s: not a regular file, which all files of a run are",
			       entry->fts_path);
	if (identify(AT_FDCWD, entry->fts_path, &id))
		note_identity(id, false);
	return 0;
}

int input_folder(const char *dir, struct err *e)
{
	char *copy = xstrdup(dir), *roots[] = {copy, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
	int rc = walk ? 0 : err_sys(e, "%s: cannot read", dir);

	for (const FTSENT *entry; walk && (entry = fts_read(walk));)
		if (note_entry(entry, rc ? NULL : e) < 0)
			rc = -1;
	if (walk)
		fts_close(walk);
	free(copy);
	return rc;
}

/* ------------------------------------------------------------------ two outputs */

/* Where a file made under @path would stand, as the kernel spells its folder (owned). */
static char *place_of(const char *path)
{
	char *end = path_end_of_links(path), *slash = end ? strrchr(end, '/') : NULL, *folder;
	char *place;

	if (!end)
		return xstrdup(path);
	if (slash)
		*slash = '\0';
	folder = realpath(!slash ? "." : slash == end ? "/" : end, NULL);
	place = folder ? path_in(folder, slash ? slash + 1 : end) : xstrdup(path);
	free(folder);
	free(end);
	return place;
}

bool input_same_place(const char *a, const char *b)
{
	struct identity ia, ib;
	struct stat st;
	char *pa, *pb;
	bool same;

	if (!strcmp(a, "-") || !strcmp(b, "-"))
		return false;
	if (stat(a, &st) == 0 || stat(b, &st) == 0)
		return identify(AT_FDCWD, a, &ia) && identify(AT_FDCWD, b, &ib) &&
		       !compare(&ia, &ib);
	pa = place_of(a);
	pb = place_of(b);
	same = !strcmp(pa, pb);
	free(pa);
	free(pb);
	return same;
}
