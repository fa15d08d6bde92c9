// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inner.c - files that a file names
 *
 * A manifest, a cell's facts or a corpus file may come from anybody. What they name is opened below
 * its folder only: no absolute path, no "..", no symbolic link on the way (openat2(2)), and no
 * device or pipe at its end, which would never end.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/format.h"
#include "base/inner.h"
#include "base/path.h"

bool inner_name(const char *name)
{
	if (!*name)
		return false;
	for (const char *p = name;; p++) {
		size_t n = strcspn(p, "/");

		if (!n || (n == 1 && *p == '.') || (n == 2 && !strncmp(p, "..", 2)))
			return false;
		p += n;
		if (!*p)
			return true;
	}
}

/* A descriptor of what lies below @dir, or -1 with errno set. */
static int open_at(const char *dir, const char *name, uint64_t flags)
{
	struct open_how how = {.flags = flags | O_CLOEXEC,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	int parent = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), fd, why;

	if (parent < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, parent, name, &how, sizeof(how));
	why = errno;
	close(parent);
	errno = why;
	return fd;
}

/* A descriptor of the regular file, or -1 with errno set. */
static int open_below(const char *dir, const char *name)
{
	int fd = open_at(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

FILE *inner_open(const char *dir, const char *name, struct err *e)
{
	int fd = -1;
	FILE *f;

	if (!inner_name(name)) {
		err_set(e, "%s: names \"%.200s\", expected a file below it", dir, name);
		return NULL;
	}
	fd = open_below(dir, name);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (f)
		return f;
	if (fd >= 0)
		close(fd);
	if (errno == EINVAL || errno == ELOOP || errno == EXDEV || errno == ENXIO)
		err_set(e, "%s/%.200s: not a regular file of this folder", dir, name);
	else
		err_sys(e, "%s/%.200s: cannot read", dir, name);
	return NULL;
}

int inner_folder(const char *dir, const char *name, struct err *e)
{
	int fd = inner_name(name) ? open_at(dir, name, O_PATH | O_DIRECTORY) : -1;

	return fd < 0 ? err_set(e, "%s/%.200s: not a folder of this folder", dir, name) : fd;
}

static size_t feed(void *buffer, size_t room, void *arg)
{
	size_t n = fread(buffer, 1, room, arg);

	return ferror((FILE *)arg) ? (size_t)-1 : n;
}

/* A file without a format is of format 1; what is wrong with one below says who needs it. */
static int check_format(const char *dir, const char *name, const json_t *j, struct err *e)
{
	json_int_t format = json_integer_value(json_object_get(j, "format"));
	char *where = xasprintf("%s/%s", dir, name);
	int rc = format > FORMAT_OF_RUNS ? format_check(where, format, FORMAT_OF_RUNS, e) : 0;

	free(where);
	return rc;
}

json_t *inner_json(const char *dir, const char *name, struct err *e)
{
	FILE *f = inner_open(dir, name, e);
	json_error_t je;
	struct stat st;
	json_t *j;

	if (!f)
		return NULL;
	if (fstat(fileno(f), &st) < 0 || (size_t)st.st_size > INNER_JSON_BYTES) {
		fclose(f);
		err_set(e, "%s/%s: longer than %lu bytes", dir, name, INNER_JSON_BYTES);
		return NULL;
	}
	j = json_load_callback(feed, f, JSON_REJECT_DUPLICATES, &je);
	fclose(f);
	if (!j) {
		err_set(e, "%s/%s:%d: %s", dir, name, je.line, je.text);
		return NULL;
	}
	if (!json_is_object(j)) {
		json_decref(j);
		err_set(e, "%s/%s:1: not a JSON object", dir, name);
		return NULL;
	}
	if (check_format(dir, name, j, e) == 0)
		return j;
	json_decref(j);
	return NULL;
}

int inner_format(const char *path, struct err *e)
{
	char *dir = path_folder(path), *manifest = path_in(dir, "manifest.json");
	json_t *j = access(manifest, F_OK) == 0 ? inner_json(dir, "manifest.json", e) : json_null();
	int rc = j ? 0 : -1;

	json_decref(j);
	free(manifest);
	free(dir);
	return rc;
}
