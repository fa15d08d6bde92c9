// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * datadir.c - where the program's data files are
 *
 * The program runs from its build folder, installed under any prefix, or from anywhere with
 * SKYPELAB_DATA set. It finds the folder from its own path, not from the working directory, so that
 * results do not depend on the latter, and not from a path that was compiled in, so that what was
 * installed can be moved as a whole.
 *
 *   PREFIX/bin/skypelab             data in PREFIX/share/skypelab
 *   SOURCES/build[/...]/skypelab    data in SOURCES
 *
 * Where the program lies is asked before anything else runs: from a mount namespace that was made later the
 * kernel names it from another root, where the program's root is a folder that is mounted onto itself.
 */
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/nearest.h"
#include "base/path.h"

/* Each root of data has this folder. */
#define MARK "scenarios/firewalls"

static char program[PATH_MAX]; /* where it lies; "" = that is not known */

__attribute__((constructor)) static void find_program(void)
{
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

	program[n > 0 ? n : 0] = '\0';
}

static char *try_under(const char *root, const char *relative)
{
	char *path = path_in(root, relative);

	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static bool is_root(const char *folder)
{
	char *mark = try_under(folder, MARK);

	free(mark);
	return mark != NULL;
}

/* The root of the running program's data (owned), NULL where there is none. *@installed: it is an
 * installed program's. */
static char *root_of_program(bool *installed)
{
	char exe[PATH_MAX], *slash, *share;

	*installed = false;
	memcpy(exe, program, sizeof(exe));
	for (int up = 0; up < 5 && (slash = strrchr(exe, '/')) && slash != exe; up++) {
		*slash = '\0';
		share = up == 1 ? path_in(exe, "share/skypelab") : NULL;
		if (share && is_root(share)) {
			*installed = true;
			return share;
		}
		free(share);
		if (is_root(exe))
			return xstrdup(exe);
	}
	return NULL;
}

char *data_path(const char *relative, struct err *e)
{
	const char *env = getenv("SKYPELAB_DATA");
	bool installed, named = env && *env;
	char *root = named ? xstrdup(env) : root_of_program(&installed);
	char *found = root ? try_under(root, relative) : NULL;

	if (!found && named)
		err_set(e, "%s: not found under SKYPELAB_DATA (%s)", relative, env);
	else if (!found && root)
		err_set(e, "%s: not found under %s; SKYPELAB_DATA can name another folder",
			relative, root);
	else if (!found)
		err_set(e,
			"%s: not found: the program has neither ../share/skypelab nor sources "
			"above it; SKYPELAB_DATA can name the folder",
			relative);
	free(root);
	return found;
}

char *data_own(const char *relative)
{
	const char *env = getenv("SKYPELAB_DATA");
	bool installed = false;
	char *root = env && *env ? xstrdup(env) : root_of_program(&installed), *path;

	path = root && !installed ? path_in(root, relative) : xstrdup(relative);
	free(root);
	return path;
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

/* " (first-light?)": the name in @folder that may be meant; "" = none is near. (owned) */
static char *meant_in(const char *folder, const char *typed)
{
	char **names = data_names(folder, NULL), *text;
	struct nearest near = {.typed = typed};

	for (size_t i = 0; names && names[i]; i++)
		nearest_try(&near, names[i]);
	text = near.best ? xasprintf(" (%s?)", near.best) : xstrdup("");
	data_names_free(names);
	return text;
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
	if (names) {
		char *meant = meant_in(folder, name);

		err_set(e, "%s is not in %s%s, expected one of %s, or the path of a file", name,
			folder, meant, names);
		free(meant);
	}
	free(names);
	return path;
}

const char *corpora_dir(void)
{
	const char *env = getenv("SKYPELAB_CORPORA");

	return env && *env ? env : "corpora";
}
