// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * input.c - which files this process has read, so that no output takes the place of one
 *
 * A file is known by device, inode and the time it was made, whatever name or link leads to it. The
 * time tells a file from an earlier one, since removed, that had the same inode; where the file
 * system does not keep it, it is 0. Only regular files count: a device or a pipe that is read may
 * be written to as well. A file that this process wrote is its own: read again, it is no input.
 *
 * Limits: a linear list. A command reads at most some thousand files and asks once per output.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/input.h"

struct identity {
	uint32_t major, minor;
	uint64_t inode;
	int64_t made_s;
	uint32_t made_ns;
	bool own; /* this process wrote it */
};

static struct {
	pthread_mutex_t lock;
	struct identity *items; /* kept until the process ends */
	size_t n, cap;
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

static bool same(const struct identity *a, const struct identity *b)
{
	return a->inode == b->inode && a->major == b->major && a->minor == b->minor &&
	       a->made_s == b->made_s && a->made_ns == b->made_ns;
}

static struct identity *find(const struct identity *id)
{
	for (size_t i = 0; i < inputs.n; i++)
		if (same(&inputs.items[i], id))
			return &inputs.items[i];
	return NULL;
}

static void note(int fd, bool own)
{
	struct identity id, *was;

	if (!identify(fd, "", &id))
		return;
	id.own = own;
	pthread_mutex_lock(&inputs.lock);
	was = find(&id);
	if (!was) {
		if (inputs.n == inputs.cap) {
			inputs.cap = inputs.cap ? inputs.cap * 2 : 64;
			inputs.items = xrealloc(inputs.items, inputs.cap * sizeof(*inputs.items));
		}
		inputs.items[inputs.n++] = id;
	}
	pthread_mutex_unlock(&inputs.lock);
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
	struct identity id;
	const struct identity *was;
	bool yes;

	if (!identify(AT_FDCWD, path, &id))
		return false;
	pthread_mutex_lock(&inputs.lock);
	was = find(&id);
	yes = was && !was->own;
	pthread_mutex_unlock(&inputs.lock);
	return yes;
}

FILE *input_open(const char *path)
{
	FILE *f = fopen(path, "re");

	if (f)
		input_note(fileno(f));
	return f;
}
