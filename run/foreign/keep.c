// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keep.c - counts, digests and takes over what a contained program left in its output folder
 *
 * Regular files with plain names count and are copied; links, folders, devices and pipes are
 * counted and left. Nothing is followed and nothing replaced. A file with holes becomes one
 * without: its size is limited by RLIMIT_FSIZE, and what all have together is limited here, since
 * holes cost the program nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/quote.h"
#include "run/foreign/keep.h"

struct names {
	char **of; /* (owned) */
	size_t n;
	uint64_t bytes; /* of all of them */
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool keepable(int folder, const char *name, struct stat *st)
{
	return name_check(name, NAME_BYTES, NULL) == 0 &&
	       fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st->st_mode);
}

static int list(int folder, struct names *names, unsigned *left, struct err *e)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	struct stat st;

	if (!d) {
		err_env(e, "cannot list a program's outputs: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while ((entry = readdir(d))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!keepable(folder, entry->d_name, &st)) {
			++*left;
			continue;
		}
		names->of = xrealloc(names->of, (names->n + 1) * sizeof(*names->of));
		names->of[names->n++] = xstrdup(entry->d_name);
		names->bytes += (uint64_t)st.st_size;
	}
	closedir(d);
	if (names->n)
		qsort(names->of, names->n, sizeof(*names->of), by_name);
	return 0;
}

static int copy(int in, int to, const char *name, uint64_t size, struct err *e)
{
	int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	ssize_t n = 1;

	while (out >= 0 && size && (n = sendfile(out, in, NULL, size)) > 0)
		size -= (uint64_t)n;
	if (out < 0 || n < 0 || size) {
		err_sys(e, "%s: cannot keep a program's output", name);
		if (out >= 0)
			close(out);
		return -1;
	}
	close(out);
	return 0;
}

static int keep_one(int from, int to, const char *name, struct contained_result *r, FILE *digests,
		    struct err *e)
{
	int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	FILE *f = in < 0 ? NULL : fdopen(in, "r");
	struct stat st;
	char hex[65];
	int rc = 0;

	if (!f || fstat(in, &st) < 0) {
		err_env(e, "%s: cannot read a program's output: %s", name, strerror(errno));
		if (f)
			fclose(f);
		else if (in >= 0)
			close(in);
		return -1;
	}
	/* Whoever gets the folder itself must be able to read it, whatever the program thought. */
	if (to < 0 && fchmod(in, 0644) < 0)
		rc = err_env(e, "%s: cannot be made readable: %s", name, strerror(errno));
	if (to >= 0)
		rc = copy(in, to, name, (uint64_t)st.st_size, e);
	rewind(f);
	if (rc == 0)
		rc = stream_sha256(f, name, hex, e);
	fclose(f);
	if (rc < 0)
		return -1;
	fprintf(digests, "%s %s\n", hex, name);
	r->output_bytes += (uint64_t)st.st_size;
	r->output_files++;
	return 0;
}

int keep_outputs(int from, int to, uint64_t most, struct contained_result *r, struct err *e)
{
	struct names names = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *digests = open_memstream(&text, &len);
	int rc = digests ? list(from, &names, &r->output_left, e)
			 : err_env(e, "out of memory for a program's outputs");

	if (names.bytes > most)
		r->end = CONTAINED_OUTPUT;
	for (size_t i = 0; i < names.n; i++) {
		if (rc == 0 && names.bytes <= most)
			rc = keep_one(from, to, names.of[i], r, digests, e);
		free(names.of[i]);
	}
	free(names.of);
	if (digests)
		fclose(digests);
	if (rc == 0)
		bytes_sha256(text, len, r->digest);
	free(text);
	return rc;
}
