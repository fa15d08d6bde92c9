// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * folder.c - the paper's folder: whole or not at all
 *
 * Everything is made in .NAME.unfinished beside NAME, and the two change places at the end, in one
 * step. So a paper that failed or was killed leaves the older one as it was. The unfinished folder
 * is locked by its maker and the maker's janitor (run/janitor.c); one that nobody has locked is the
 * rest of a machine that stopped, and is removed.
 *
 * Only a paper is replaced: a folder with anything else in it is somebody's, and is refused.
 *
 * Limits: where the file system cannot exchange two folders, the older one is removed first.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "run/janitor.h"
#include "run/paper/folder.h"

/* Whether a paper has an entry of this name: at its top, or in one of its folders. */
static bool is_ours(const char *folder, const char *name)
{
	static const char *const ends[] = {".tsv", ".svg", ".png", ".gp"};
	const char *end = strrchr(name, '.');

	if (!folder)
		return !strcmp(name, PAPER_PAGE) || !strcmp(name, PAPER_TABLES) ||
		       !strcmp(name, PAPER_FIGURES);
	for (size_t i = 0; end && i < ARRAY_LEN(ends); i++)
		if (!strcmp(end, ends[i]))
			return true;
	return false;
}

/* 0 when the folder @path/@sub (@sub NULL: @path) is not there or has only what a paper has; else -1
 * with @e set. */
static int check_entries(const char *path, const char *sub, struct err *e)
{
	char *at = sub ? path_in(path, sub) : xstrdup(path);
	DIR *d = opendir(at);
	int rc = 0;

	if (!d && errno != ENOENT)
		rc = err_sys(e, "%s: not a folder that a paper can be put into", at);
	for (struct dirent *de; d && rc == 0 && (de = readdir(d));)
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0 &&
		    !is_ours(sub, de->d_name))
			rc = err_set(e,
				     "%s: holds %s, which is no paper's; move it, or name another "
				     "directory with -o",
				     at, de->d_name);
	if (d)
		closedir(d);
	free(at);
	return rc;
}

static int check_place(const char *path, struct err *e)
{
	if (check_entries(path, NULL, e) < 0 || check_entries(path, PAPER_TABLES, e) < 0)
		return -1;
	return check_entries(path, PAPER_FIGURES, e);
}

/* ".NAME.unfinished" beside @path (owned). */
static char *work_beside(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xasprintf("%.*s/.%s.unfinished", (int)(slash - path), path, slash + 1)
		     : xasprintf(".%s.unfinished", path);
}

/* @given without slashes at its end, and without the links in it where it exists (owned). */
static char *place_of(const char *given)
{
	size_t len = strlen(given);
	char *plain, *end;

	while (len > 1 && given[len - 1] == '/')
		len--;
	plain = xasprintf("%.*s", (int)len, given);
	end = realpath(plain, NULL);
	if (!end)
		return plain;
	free(plain);
	return end;
}

static int make_parent(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *parent = slash && slash > path ? xasprintf("%.*s", (int)(slash - path), path) : NULL;
	int rc = parent ? make_dirs(parent, e) : 0;

	free(parent);
	return rc;
}

/* Whether @fd is still what has the name @path. */
static bool still_there(int fd, const char *path)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_ino == there.st_ino &&
	       ours.st_dev == there.st_dev;
}

/* Makes the work folder and locks it; what nobody has locked there is removed. */
static int take(struct paper_folder *f, struct err *e)
{
	for (int tries = 0; tries < 5; tries++) {
		bool made = mkdir(f->work, 0777) == 0;
		int fd = open(f->work, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			return err_sys(e, "%s: cannot make", f->work);
		if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
			close(fd);
			return err_set(e, "%s: another process is writing it; wait for its end",
				       f->path);
		}
		if (made && still_there(fd, f->work)) {
			f->lock = fd;
			return 0;
		}
		remove_tree(f->work);
		close(fd);
	}
	return err_set(e, "%s: others keep making it", f->work);
}

static void clear(const void *arg)
{
	const struct paper_folder *f = arg;

	remove_tree(f->work);
}

int paper_folder_begin(struct paper_folder *f, const char *path, struct err *e)
{
	char *tables, *figures;
	int rc;

	*f = (struct paper_folder){.path = place_of(path), .lock = -1, .janitor = -1};
	f->work = work_beside(f->path);
	if (check_place(f->path, e) < 0 || make_parent(f->path, e) < 0 || take(f, e) < 0)
		return -1;
	f->janitor = janitor_start(clear, f, e);
	if (f->janitor < 0)
		return -1;
	tables = path_in(f->work, PAPER_TABLES);
	figures = path_in(f->work, PAPER_FIGURES);
	rc = make_dirs(tables, e) < 0 || make_dirs(figures, e) < 0 ? -1 : 0;
	free(tables);
	free(figures);
	return rc;
}

static int put_in_place(const struct paper_folder *f, struct err *e)
{
	if (access(f->path, F_OK) < 0)
		return rename(f->work, f->path) < 0 ? err_sys(e, "%s: cannot make", f->path) : 0;
	if (check_place(f->path, e) < 0)
		return -1;
	if (renameat2(AT_FDCWD, f->work, AT_FDCWD, f->path, RENAME_EXCHANGE) == 0) {
		remove_tree(f->work); /* the older one now */
		return 0;
	}
	if (errno != EINVAL && errno != ENOSYS)
		return err_sys(e, "%s: cannot replace", f->path);
	remove_tree(f->path);
	return rename(f->work, f->path) < 0 ? err_sys(e, "%s: cannot replace", f->path) : 0;
}

int paper_folder_end(struct paper_folder *f, bool whole, struct err *e)
{
	int rc = whole ? put_in_place(f, e) : 0;

	if (f->janitor >= 0)
		janitor_dismiss(f->janitor, whole && rc == 0);
	else if (f->lock >= 0)
		remove_tree(f->work);
	if (f->lock >= 0)
		close(f->lock);
	free(f->path);
	free(f->work);
	*f = (struct paper_folder){.lock = -1, .janitor = -1};
	return rc;
}
