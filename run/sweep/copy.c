// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * copy.c - the files of a cell, from a part of a run to the run
 *
 * A file of our own on the same file system gets a second name (link(2)), which costs no space and no
 * time; every other one is copied. The name is given to the file that was opened and looked at, by its
 * descriptor, so nothing can be put in its place in between. Files of runs are replaced and not
 * changed, so a second name is as good as a copy.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/inner.h"
#include "base/outfile.h"
#include "base/path.h"
#include "run/sweep/copy.h"

/* Gives the file @fd the name @path too; false when that cannot be. */
static bool link_file(int fd, const struct stat *st, const char *path)
{
	char at[40];

	snprintf(at, sizeof(at), "/proc/self/fd/%d", fd);
	return st->st_uid == geteuid() &&
	       linkat(AT_FDCWD, at, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}

static int copy_bytes(FILE *from, const char *path, uint64_t bytes, struct err *e)
{
	char buf[65536];
	struct outfile o;
	uint64_t done = 0;
	size_t got;

	if (outfile_open(&o, path, e) < 0)
		return -1;
	while (done < bytes && (got = fread(buf, 1, sizeof(buf), from)) > 0) {
		fwrite(buf, 1, got, o.f);
		done += got;
	}
	if (done == bytes)
		return outfile_commit(&o, e);
	outfile_abort(&o);
	return err_set(e, "%s: changed while it was copied", path);
}

static int copy_file(const char *dir, const char *name, const char *to,
		     const struct manifest_file *file, struct err *e)
{
	FILE *f = inner_open(dir, name, e);
	struct stat st;
	int rc = 0;

	if (!f)
		return -1;
	if (fstat(fileno(f), &st) < 0 || (uint64_t)st.st_size != file->bytes)
		rc = err_set(e, "%s/%s: %lld bytes, but its part kept that they are %llu", dir,
			     name, (long long)st.st_size, (unsigned long long)file->bytes);
	else if (!link_file(fileno(f), &st, to))
		rc = copy_bytes(f, to, file->bytes, e);
	fclose(f);
	return rc;
}

int copy_files(const char *dir, const char *below, const char *to,
	       const struct manifest_file *files, size_t n, struct err *e)
{
	int rc = 0;

	if (mkdir(to, 0777) < 0)
		return err_sys(e, "%s", to);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		char *from = path_in(below, files[i].name), *path = path_in(to, files[i].name);
		char *folder = path_folder(path);

		if (strchr(files[i].name, '/'))
			rc = make_dirs(folder, e);
		if (rc == 0)
			rc = copy_file(dir, from, path, &files[i], e);
		free(folder);
		free(path);
		free(from);
	}
	return rc;
}
