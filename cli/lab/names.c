// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * names.c - the folders in which this user's labs have their names
 *
 * A name that anybody may take is no name: another user could take it first. So names are files of a
 * folder that is this user's, mode 0700. A new name goes into the first folder of these that can be
 * made, and is looked for in all of them, because a login, sudo and cron give different environments:
 *
 *	$XDG_RUNTIME_DIR/skypelab	where that is this user's, and nobody else may write to it
 *	/run/skypelab			for root
 *	/run/user/UID/skypelab		as above
 *	/tmp/skypelab-UID		where there is nothing better
 *
 * Who takes or removes a name holds the lock (flock) of its folder. An empty folder is removed with
 * its last name; so who has got the lock looks whether the folder still has its path.
 *
 * Limits: another user can make /tmp/skypelab-UID first; then it is not used, which is said. A system
 * that removes /run/user/UID at the last logout removes the names of labs that are still up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/lab/names.h"

/* Whether the folder @path is this user's, and nobody else may write to it. */
static bool is_own(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* Adds @parent/skypelab, where @parent may hold it and the path is not too long. Two of the candidates
 * may be one folder, by other spellings. */
static void add_below(char paths[NAME_FOLDERS][NAME_FOLDER_PATH], size_t *n, const char *parent)
{
	if (parent && *parent == '/' && is_own(parent) &&
	    snprintf(paths[*n], NAME_FOLDER_PATH, "%s/skypelab", parent) < NAME_FOLDER_PATH)
		++*n;
}

/* All folders that may be, the best first. Returns how many. */
static size_t candidates(char paths[NAME_FOLDERS][NAME_FOLDER_PATH])
{
	char of_login[32];
	size_t n = 0;

	add_below(paths, &n, getenv("XDG_RUNTIME_DIR"));
	if (geteuid() == 0)
		snprintf(paths[n++], NAME_FOLDER_PATH, "/run/skypelab");
	snprintf(of_login, sizeof(of_login), "/run/user/%u", geteuid());
	add_below(paths, &n, of_login);
	snprintf(paths[n++], NAME_FOLDER_PATH, "/tmp/skypelab-%u", geteuid());
	return n;
}

/* A descriptor of the folder @path, when it is this user's alone; -1 with errno set, EPERM: it is not. */
static int open_own(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), why = errno;
	struct stat st;

	if (fd < 0) {
		errno = lstat(path, &st) == 0 && st.st_uid != geteuid() ? EPERM : why;
		return -1;
	}
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (!(st.st_mode & 077) || fchmod(fd, 0700) == 0))
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

/* The folder @path, made if need be and locked; -1 with errno set. */
static int lock(const char *path)
{
	for (;;) {
		struct stat ours, there;
		int fd = mkdir(path, 0700) == 0 || errno == EEXIST ? open_own(path) : -1;

		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX) < 0 || fstat(fd, &ours) < 0) {
			int why = errno;

			close(fd);
			errno = why;
			return -1;
		}
		if (stat(path, &there) == 0 && there.st_ino == ours.st_ino &&
		    there.st_dev == ours.st_dev)
			return fd;
		close(fd); /* removed while we waited */
	}
}

int names_lock(char path[NAME_FOLDER_PATH], struct err *e)
{
	char paths[NAME_FOLDERS][NAME_FOLDER_PATH];
	size_t n = candidates(paths);
	int fd = -1;

	for (size_t i = 0; i < n && fd < 0; i++) {
		fd = lock(paths[i]);
		memcpy(path, paths[i], NAME_FOLDER_PATH);
	}
	if (fd >= 0)
		return fd;
	return err_env(e,
		       "no folder for the names of labs: %s %s; set XDG_RUNTIME_DIR to a folder of "
		       "yours with mode 0700",
		       path, errno == EPERM ? "is another user's" : strerror(errno));
}

void names_lock_again(int folder)
{
	while (flock(folder, LOCK_EX) < 0 && errno == EINTR)
		;
}

void names_unlock(int folder, const char *path)
{
	rmdir(path); /* refused while a name is in it */
	flock(folder, LOCK_UN);
}

size_t names_folders(char paths[NAME_FOLDERS][NAME_FOLDER_PATH])
{
	char all[NAME_FOLDERS][NAME_FOLDER_PATH];
	struct stat is[NAME_FOLDERS];
	size_t n = candidates(all), found = 0;

	for (size_t i = 0; i < n; i++) {
		int fd = open_own(all[i]);
		size_t same = 0;

		if (fd < 0)
			continue;
		if (fstat(fd, &is[found]) == 0) {
			while (is[same].st_ino != is[found].st_ino ||
			       is[same].st_dev != is[found].st_dev)
				same++;
			if (same == found)
				memcpy(paths[found++], all[i], NAME_FOLDER_PATH);
		}
		close(fd);
	}
	return found;
}
