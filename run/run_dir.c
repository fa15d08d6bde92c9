// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_dir.c - a run's directory: one process at a time, and nothing lost that is not the run's
 *
 * Lock. The directory itself is locked (flock) by the run and by its janitor and workers, which
 * inherit the lock. So a second run into it is refused as long as anything of the first can still
 * write there, and nothing stays behind that kill -9 could leave. /proc/locks says whose it is.
 *
 * Clearing up. A cell is made in cells/.NAME and renamed when it is whole. What is removed is
 * named: the unfinished folders of this run's cells, and of a directory that this run made the
 * files that it put there before its first cell. Whatever else lies in the directory stays.
 * run/janitor.c does it also when this process is killed.
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
#include "run/run_dir.h"
#include "run/sweep/kept.h"

#define COPY_NAME "scenario.yaml"

char *run_dir_unfinished(const struct run_dir *d, size_t i)
{
	return path_inf(d->path, "cells/.%s", d->cells[i].name);
}

char *run_dir_cell(const struct run_dir *d, size_t i)
{
	return path_inf(d->path, "cells/%s", d->cells[i].name);
}

/* ------------------------------------------------------------------ lock */

/* Who has locked the file @st, by the kernel's list; 0 = not known here. */
static long holder(const struct stat *st)
{
	FILE *f = fopen("/proc/locks", "re");
	char line[200];
	long found = 0;

	while (f && !found && fgets(line, sizeof(line), f)) {
		unsigned long long inode;
		long pid;

		/* "1: FLOCK  ADVISORY  WRITE 4711 08:01:131 0 EOF" */
		if (sscanf(line, "%*s FLOCK %*s %*s %ld %*x:%*x:%llu", &pid, &inode) == 2 &&
		    inode == st->st_ino)
			found = pid;
	}
	if (f)
		fclose(f);
	return found > 0 ? found : 0;
}

/* The same as text, in @who. */
static const char *holder_text(const struct stat *st, char who[40])
{
	long pid = holder(st);

	if (pid)
		snprintf(who, 40, "process %ld", pid);
	else
		snprintf(who, 40, "another process");
	return who;
}

static int in_use(const char *path, const struct stat *st, struct err *e)
{
	char who[40];

	return err_set(e,
		       "%s: %s is running in it; wait for its end, or name another directory "
		       "with -o",
		       path, holder_text(st, who));
}

/* Waits until the directory @fd is free, and locks it; false with errno set. */
static bool wait_for(int fd, const char *path, const struct stat *st)
{
	char who[40];

	log_warn("%s: %s is running in it; waiting for its end", path, holder_text(st, who));
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return false;
	return true;
}

/* Locks the directory at @path, after others when it may @wait. The descriptor, or -1 with @e set. */
static int lock_directory(const char *path, bool wait, struct err *e)
{
	for (;;) {
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct stat ours, there;

		if (fd < 0 || fstat(fd, &ours) < 0) {
			err_sys(e, "%s: cannot read", path);
			if (fd >= 0)
				close(fd);
			return -1;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) < 0 &&
		    !(errno == EWOULDBLOCK && wait && wait_for(fd, path, &ours))) {
			int why = errno;

			if (why == EWOULDBLOCK) {
				close(fd);
				return in_use(path, &ours, e);
			}
			log_warn("%s: its file system cannot lock it (%s): start no second run "
				 "there",
				 path, strerror(why));
			return fd;
		}
		/* Who had it may just have removed it: then ours has no name any more. */
		if (stat(path, &there) == 0 && ours.st_ino == there.st_ino &&
		    ours.st_dev == there.st_dev)
			return fd;
		close(fd);
		if (make_dirs(path, e) < 0)
			return -1;
	}
}

static void unlock(struct run_dir *d)
{
	if (d->lock >= 0)
		close(d->lock);
	d->lock = -1;
}

/* ------------------------------------------------------------------ clearing up */

/* Whether @entry of a folder is hidden; those are nobody's concern, and stay. */
static bool hidden(const struct dirent *entry)
{
	return entry->d_name[0] == '.';
}

static bool has_finished_cell(const char *cells)
{
	DIR *dir = opendir(cells);
	bool any = false;

	for (struct dirent *de; dir && !any && (de = readdir(dir));)
		any = !hidden(de);
	if (dir)
		closedir(dir);
	return any;
}

/* Removes this run's unfinished cells; of a directory that this run made, and in which no cell is
 * finished, also what the run put there. */
static void clear(const struct run_dir *d)
{
	char *cells = path_in(d->path, "cells"), *copy = path_in(d->path, COPY_NAME);
	char *plan = path_in(d->path, RUN_DIR_PLAN), *kept = path_in(d->path, KEPT_FOLDER);

	for (size_t i = 0; i < d->n; i++) {
		char *path = run_dir_unfinished(d, i);

		remove_tree(path);
		free(path);
	}
	if (d->made && !has_finished_cell(cells) && rmdir(cells) == 0) {
		unlink(copy);
		unlink(plan);
		rmdir(kept); /* only when it is empty */
	}
	free(kept);
	free(plan);
	free(copy);
	free(cells);
}

static void clear_and_go(const void *arg)
{
	const struct run_dir *d = arg;

	clear(d);
	if (d->made)
		rmdir(d->path); /* only when it is empty */
}

int run_dir_guard(struct run_dir *d, struct err *e)
{
	d->janitor = janitor_start(clear_and_go, d, e);
	return d->janitor < 0 ? -1 : 0;
}

void run_dir_leave(struct run_dir *d, bool whole)
{
	if (d->janitor >= 0) {
		janitor_dismiss(d->janitor, whole); /* it clears up what an error left */
		d->janitor = -1;
	} else if (d->lock >= 0 && d->made) {
		clear(d);
		rmdir(d->path);
	}
	unlock(d);
}

/* ------------------------------------------------------------------ taking it */

/* Nothing but hidden entries and the folder cells, without a cell, may lie where a run begins: its
 * tables would stand beside files that are not its own. 0, or -1 with @e set. */
static int check_foreign(const struct run_dir *d, struct err *e)
{
	char *cells = path_in(d->path, "cells");
	DIR *dir = opendir(d->path);
	int rc = 0;

	for (struct dirent *de; rc == 0 && dir && (de = readdir(dir));)
		if (!hidden(de) && (strcmp(de->d_name, "cells") != 0 || has_finished_cell(cells)))
			rc = err_set(e,
				     "%s: holds files that are no run's, such as %s; name another "
				     "directory with -o",
				     d->path, de->d_name);
	if (dir)
		closedir(dir);
	free(cells);
	return rc;
}

/* Is what lies in the directory no run, or an interrupted run of the scenario @mine? 0, or -1 with
 * @e set. *found: there is such a run. */
static int check_contents(const struct run_dir *d, const char *mine, bool *found, struct err *e)
{
	char *manifest = path_in(d->path, "manifest.json"), *copy = path_in(d->path, COPY_NAME);
	char *theirs = NULL;
	int rc = 0;

	*found = access(copy, F_OK) == 0;
	if (access(manifest, F_OK) == 0) {
		rc = err_set(e, "%s: holds a finished run; name another directory with -o",
			     d->path);
	} else if (*found) {
		theirs = read_file(copy, NULL, e);
		if (!theirs)
			rc = -1;
		else if (strcmp(mine, theirs) != 0)
			rc = err_set(e,
				     "%s: holds an interrupted run of another scenario; name "
				     "another directory with -o",
				     d->path);
	} else {
		rc = check_foreign(d, e);
	}
	free(theirs);
	free(copy);
	free(manifest);
	return rc;
}

static int write_copy(const struct run_dir *d, const char *text, struct err *e)
{
	char *copy = path_in(d->path, COPY_NAME), *cells = path_in(d->path, "cells");
	struct outfile o;
	int rc = -1;

	if (make_dirs(cells, e) == 0 && outfile_open(&o, copy, e) == 0) {
		fputs(text, o.f);
		rc = outfile_commit(&o, e);
	}
	free(cells);
	free(copy);
	return rc;
}

/* The directory, locked, and found to be ours to write to; *found as check_contents(). 0, or -1
 * with @e set. */
static int lock_and_check(struct run_dir *d, const char *mine, bool *found, struct err *e)
{
	bool there = access(d->path, F_OK) == 0;
	int rc = there ? check_contents(d, mine, found, e) : 0;

	if (rc == 0)
		rc = make_dirs(d->path, e);
	if (rc == 0)
		rc = d->lock = lock_directory(d->path, d->wait, e);
	if (rc < 0)
		return -1;
	if (check_contents(d, mine, found, e) < 0) /* it may have ended in between */
		return -1;
	d->made = !there && !*found;
	if (*found)
		clear(d);
	return 0;
}

int run_dir_take(struct run_dir *d, const char *scenario, struct err *e)
{
	char *mine = read_file(scenario, NULL, e);
	bool found = false; /* then the copy is there */
	int rc;

	if (!mine)
		return -1;
	rc = lock_and_check(d, mine, &found, e);
	if (rc == 0 && !found)
		rc = write_copy(d, mine, e);
	free(mine);
	return rc;
}
