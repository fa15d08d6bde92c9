// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * path.c - names of files in a folder, where links lead, and where a program lies
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/path.h"

#define LINKS_MAX 40 /* as the kernel follows */

char *path_in(const char *dir, const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

char *path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xasprintf("%.*s", (int)(slash - path), path) : xstrdup(".");
}

char *path_inf(const char *dir, const char *fmt, ...)
{
	char *name = NULL, *path;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&name, fmt, ap) < 0)
		name = NULL;
	va_end(ap);
	path = xasprintf("%s/%s", dir, name ? name : "");
	free(name);
	return path;
}

char *path_end_of_links(const char *path)
{
	char *at = xstrdup(path), to[PATH_MAX], *next, *slash;

	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t n = readlink(at, to, sizeof(to) - 1);

		if (n < 0)
			return at;
		to[n] = '\0';
		slash = *to == '/' ? NULL : strrchr(at, '/');
		next = slash ? xasprintf("%.*s/%s", (int)(slash - at), at, to) : xstrdup(to);
		free(at);
		at = next;
	}
	free(at);
	errno = ELOOP;
	return NULL;
}

char *path_of_program(const char *program, const char *also)
{
	const char *path = getenv("PATH");
	char *all, *save, *found = NULL;

	if (strchr(program, '/'))
		return access(program, X_OK) == 0 ? xstrdup(program) : NULL;
	all = xasprintf("%s:%s", path ? path : "/usr/bin:/bin", also ? also : "");
	for (char *d = strtok_r(all, ":", &save); d && !found; d = strtok_r(NULL, ":", &save)) {
		found = path_in(d, program);
		if (access(found, X_OK) < 0) {
			free(found);
			found = NULL;
		}
	}
	free(all);
	return found;
}
