// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * copy.c - the files of a cell, from a part of a run to the run
 *
 * A file of our own on the same file system gets a second name (link(2)), which costs no space and little
 * time; every other one is copied. What got the name is looked at afterwards, below our own folder, where
 * nobody can put anything else in its place: a link is not followed by link(2) but given a name itself.
 * Files of runs are replaced and not changed, so a second name is as good as a copy.
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

/* Gives a file of the folder @from the same name in the new folder @to. False: it is not there, since it
 * is not ours, not regular, of another length, or on another file system. */
static bool link_file(int from, int to, const struct manifest_file *file)
{
	struct stat st;

	if (strchr(file->name, '/') || linkat(from, file->name, to, file->name, 0) < 0)
		return false;
	if (fstatat(to, file->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && (uint64_t)st.st_size == file->bytes)
		return true;
	unlinkat(to, file->name, 0);
	return false;
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
	else
		rc = copy_bytes(f, to, file->bytes, e);
	fclose(f);
	return rc;
}

/* The file that has no second name. */
static int copy_below(const char *dir, const char *below, const char *to,
		      const struct manifest_file *file, struct err *e)
{
	char *from = path_in(below, file->name), *path = path_in(to, file->name);
	char *folder = path_folder(path);
	int rc = strchr(file->name, '/') ? make_dirs(folder, e) : 0;

	if (rc == 0)
		rc = copy_file(dir, from, path, file, e);
	free(folder);
	free(path);
	free(from);
	return rc;
}

int copy_files(const char *dir, const char *below, const char *to,
	       const struct manifest_file *files, size_t n, struct err *e)
{
	int source = inner_folder(dir, below, e), target = -1, rc = 0;

	if (source < 0)
		return -1;
	if (mkdir(to, 0777) < 0 || (target = open(to, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		rc = err_sys(e, "%s", to);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (!link_file(source, target, &files[i]))
			rc = copy_below(dir, below, to, &files[i], e);
	if (target >= 0)
		close(target);
	close(source);
	return rc;
}
