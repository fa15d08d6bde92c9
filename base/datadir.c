// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * datadir.c - where the program's data files are
 *
 * The program runs from its build folder, installed, or from anywhere with SKYPELAB_DATA set. It
 * finds the folder from its own path, not from the working directory, so that results do not depend
 * on the latter.
 */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/path.h"

#ifndef SKYPELAB_PREFIX
#define SKYPELAB_PREFIX "/usr/local"
#endif

static char *try_under(const char *root, const char *relative)
{
	char *path = path_in(root, relative);

	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* The folders above the program: build/skypelab, build/tests/unit, build/clang/skypelab ... */
static char *try_sources(const char *relative)
{
	char exe[PATH_MAX], *slash, *found = NULL;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	for (int up = 0; up < 5 && !found && (slash = strrchr(exe, '/')) && slash != exe; up++) {
		char *mark;

		*slash = '\0';
		mark = try_under(exe, "scenarios/firewalls");
		if (mark)
			found = try_under(exe, relative);
		free(mark);
	}
	return found;
}

char *data_path(const char *relative, struct err *e)
{
	const char *env = getenv("SKYPELAB_DATA");
	char *found = NULL;

	if (env && *env) {
		found = try_under(env, relative);
		if (!found)
			err_set(e, "%s: not found under SKYPELAB_DATA (%s)", relative, env);
		return found;
	}
	found = try_sources(relative);
	if (!found)
		found = try_under(SKYPELAB_PREFIX "/share/skypelab", relative);
	if (!found)
		err_set(e,
			"%s: not found beside the program nor under " SKYPELAB_PREFIX
			"/share/skypelab; SKYPELAB_DATA can name the folder",
			relative);
	return found;
}

static int is_yaml(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 && !strcmp(d->d_name + n - 5, ".yaml");
}

char **data_names(const char *folder, struct err *e)
{
	char *path = data_path(folder, e), **names = NULL;
	struct dirent **list = NULL;
	int n = path ? scandir(path, &list, is_yaml, alphasort) : -1;

	if (path && n < 0)
		err_sys(e, "%s", path);
	free(path);
	if (n < 0)
		return NULL;
	names = xcalloc((size_t)n + 1, sizeof(*names));
	for (int i = 0; i < n; i++) {
		names[i] = xstrdup(list[i]->d_name);
		names[i][strlen(names[i]) - 5] = '\0';
		free(list[i]);
	}
	free(list);
	return names;
}

void data_names_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

/* "a, b, c": what data_file() would find in a folder. (owned), or NULL where there is nothing. */
static char *names_in(const char *folder)
{
	char **names = data_names(folder, NULL), *all = NULL;

	for (size_t i = 0; names && names[i]; i++) {
		char *more = xasprintf("%s%s%s", all ? all : "", all ? ", " : "", names[i]);

		free(all);
		all = more;
	}
	data_names_free(names);
	return all;
}

char *data_file(const char *folder, const char *name, struct err *e)
{
	size_t n = strlen(name);
	char *relative, *path, *names;

	if (strchr(name, '/') || (n > 5 && !strcmp(name + n - 5, ".yaml")))
		return xstrdup(name);
	relative = path_inf(folder, "%s.yaml", name);
	path = data_path(relative, e);
	free(relative);
	names = path ? NULL : names_in(folder);
	if (names)
		err_set(e, "%s is not in %s, expected one of %s, or the path of a file", name,
			folder, names);
	free(names);
	return path;
}

const char *corpora_dir(void)
{
	const char *env = getenv("SKYPELAB_CORPORA");

	return env && *env ? env : "corpora";
}
