// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * find.c - the files that names of signatures stand for
 *
 * A name is a path, NAME or NAME@REVISION of a bundled signature, or "all", "all:APPLICATION",
 * "all:*". To find files and to read what is in them are two things, because a process that reads
 * strangers' packets may do neither: one that may finds and opens them, and hands them over
 * (operator/watch/opener.c).
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/label.h"
#include "base/outfile.h"
#include "base/nearest.h"
#include "base/path.h"
#include "detector/language/find.h"

/* Folder of the bundled signature files, found by data_path(). Static storage; NULL with @e set when
 * it does not exist. */
static const char *signatures_folder(struct err *e)
{
	static char folder[PATH_MAX];
	char *path = data_path("detector/signatures", e);

	if (!path)
		return NULL;
	snprintf(folder, sizeof(folder), "%s", path);
	free(path);
	return folder;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **signatures_names(struct err *e)
{
	const char *folder = signatures_folder(e);
	DIR *d = folder ? opendir(folder) : NULL;
	char **names = NULL;
	struct dirent *de;
	size_t n = 0;

	if (!d) {
		if (folder)
			err_sys(e, "%s: cannot read", folder);
		return NULL;
	}
	/* cppcheck-suppress readdirCalled */
	while ((de = readdir(d))) {
		size_t len = strlen(de->d_name);

		if (len <= 5 || strcmp(de->d_name + len - 5, ".yaml") != 0 || de->d_name[0] == '.')
			continue;
		names = xrealloc(names, (n + 2) * sizeof(*names));
		names[n] = xstrdup(de->d_name);
		names[n++][len - 5] = '\0';
	}
	closedir(d);
	if (!n) {
		err_set(e, "%s: no signature file in it", folder);
		return NULL;
	}
	names[n] = NULL;
	qsort(names, n, sizeof(*names), by_name);
	return names;
}

void signatures_names_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

bool signature_name_is_path(const char *name)
{
	size_t len = strlen(name);

	return strchr(name, '/') || (len > 5 && !strcmp(name + len - 5, ".yaml"));
}

const char *signature_name_application(const char *name)
{
	if (strncmp(name, "all", 3) != 0 || (name[3] && name[3] != ':'))
		return NULL;
	return name[3] ? name + 4 : LABEL_SKYPE;
}

/* The files that were found so far. */
struct finding {
	struct signature_file *files;
	size_t n;
};

/* Takes over @path. */
static void found(struct finding *f, size_t name, char *path)
{
	f->files = xrealloc(f->files, (f->n + 1) * sizeof(*f->files));
	f->files[f->n++] = (struct signature_file){.name = name, .path = path};
}

/* All but older revisions. */
static int find_all(struct finding *f, size_t name, struct err *e)
{
	char **names = signatures_names(e);

	if (!names)
		return -1;
	for (size_t i = 0; names[i]; i++)
		if (!strchr(names[i], '@'))
			found(f, name, path_inf(signatures_folder(NULL), "%s.yaml", names[i]));
	signatures_names_free(names);
	return 0;
}

static int no_signature(const char *name, struct err *e)
{
	char **names = signatures_names(NULL);
	struct nearest near = {.typed = name};

	for (size_t i = 0; names && names[i]; i++)
		nearest_try(&near, names[i]);
	err_set(e,
		"no bundled signature %s%s%s%s; `skypelab signature list` names them, a file is "
		"given with its path",
		name, near.best ? " (" : "", near.best ? near.best : "", near.best ? "?)" : "");
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
	return -1;
}

/* A path stays; NAME and NAME@REVISION become one in the bundled folder. */
static int find_one(struct finding *f, size_t k, const char *name, struct err *e)
{
	const char *at = strchr(name, '@'), *folder;
	char *path;

	if (signature_name_is_path(name)) {
		found(f, k, xstrdup(name));
		return 0;
	}
	folder = signatures_folder(e);
	if (!folder)
		return -1;
	path = path_inf(folder, "%s.yaml", name); /* NAME@REV.yaml: an older one kept */
	if (at && access(path, R_OK) < 0) {
		free(path);
		path = path_inf(folder, "%.*s.yaml", (int)(at - name), name);
	}
	if (access(path, R_OK) == 0) {
		found(f, k, path);
		return 0;
	}
	free(path);
	return no_signature(name, e);
}

int signature_files_find(const char *const *names, size_t n, struct signature_file **files,
			 size_t *count, struct err *e)
{
	struct finding f = {0};
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++)
		rc = signature_name_application(names[i]) ? find_all(&f, i, e)
							  : find_one(&f, i, names[i], e);
	*files = f.files;
	*count = f.n;
	return rc;
}

int signature_file_read(struct signature_file *f, FILE *in, struct err *e)
{
	f->text = in ? read_stream_within(in, f->path, SIGNATURE_FILE_MAX, &f->len, e)
		     : read_file_within(f->path, SIGNATURE_FILE_MAX, &f->len, e);
	return f->text ? 0 : -1;
}

void signature_files_free(struct signature_file *files, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(files[i].path);
		free(files[i].text);
	}
	free(files);
}
