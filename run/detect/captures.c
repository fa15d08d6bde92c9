// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * captures.c - captures by file or folder, and the label file that belongs to each
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/input.h"
#include "base/path.h"
#include "run/detect/captures.h"

const char *capture_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *labels_path_of(const char *capture, struct err *e)
{
	const char *slash = strrchr(capture, '/'), *name = slash ? slash + 1 : capture;
	int dir = slash ? (int)(slash - capture) : 1;
	char *try[] = {xasprintf("%s.tsv", capture),
		       xasprintf("%.*s/../labels/%s.tsv", dir, slash ? capture : ".", name),
		       path_inf(corpora_dir(), "labels/%s.tsv", name)};
	char *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(try); i++) {
		if (!found && access(try[i], R_OK) == 0)
			found = try[i];
		else
			free(try[i]);
	}
	if (!found)
		err_set(e,
			"%s: no label file %s.tsv beside it or in %s/labels; `skypelab labels "
			"init` begins one",
			capture, name, corpora_dir());
	return found;
}

struct list {
	char **p;
	size_t n, cap;
};

static void list_add(struct list *l, char *path)
{
	if (l->n + 1 >= l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->p = xrealloc(l->p, l->cap * sizeof(char *));
	}
	l->p[l->n++] = path;
	l->p[l->n] = NULL;
}

/* Length of @name, @len bytes of it, without one of @ends, in capitals or not; @len = it has none. */
static size_t without_end(const char *name, size_t len, const char *const *ends, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = strlen(ends[i]);

		if (len > k && !strncasecmp(name + len - k, ends[i], k))
			return len - k;
	}
	return len;
}

/* Also of one file of a series (cap.pcap3, cap.pcap.3), compressed or not. */
static bool is_capture_name(const char *name)
{
	static const char *const packed[] = {".gz", ".zst", ".xz", ".lz4"};
	static const char *const ends[] = {".pcap", ".pcapng", ".cap", ".dmp"};
	size_t len = without_end(name, strlen(name), packed, ARRAY_LEN(packed));

	if (without_end(name, len, ends, ARRAY_LEN(ends)) < len)
		return true;
	while (len && name[len - 1] >= '0' && name[len - 1] <= '9')
		len--;
	if (len && strchr(".-_", name[len - 1]))
		len--;
	return without_end(name, len, ends, ARRAY_LEN(ends)) < len;
}

/* Whether a file begins as captures do. */
static bool is_capture_inside(const char *path)
{
	static const uint32_t magic[] = {0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34, 0x0a0d0d0a};
	FILE *f = fopen(path, "rbe");
	uint32_t v = 0;
	bool is = false;

	if (f && fread(&v, sizeof(v), 1, f) == 1)
		for (size_t i = 0; i < ARRAY_LEN(magic); i++)
			is |= v == magic[i] || v == __builtin_bswap32(magic[i]);
	if (f)
		fclose(f);
	return is;
}

static int add_folder(struct list *l, const char *dir, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	int rc = 0;

	if (!d)
		return err_sys(e, "%s: cannot read", dir);
	while (!rc && (de = readdir(d))) {
		char *path;
		struct stat st = {0};

		if (de->d_name[0] == '.')
			continue;
		path = path_in(dir, de->d_name);
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			rc = add_folder(l, path, e);
		} else if (is_capture_name(de->d_name)) {
			if (S_ISREG(st.st_mode)) {
				list_add(l, path);
				continue;
			}
			log_warn("%s: not a regular file; it is left out", path);
		} else if (S_ISREG(st.st_mode) && is_capture_inside(path)) {
			log_warn("%s: a capture, but not by its name; it is left out", path);
		}
		free(path);
	}
	closedir(d);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool is_run_directory(const char *path)
{
	char *manifest = path_in(path, "manifest.json"), *cells = path_in(path, "cells");
	struct stat st;
	bool is = access(manifest, F_OK) == 0 || (stat(cells, &st) == 0 && S_ISDIR(st.st_mode));

	free(manifest);
	free(cells);
	return is;
}

/* The directory of the run that a capture lies in, or its cell's where the run did not end (owned);
 * NULL: it is no run's. */
static char *run_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *cell = slash ? xasprintf("%.*s", (int)(slash - path + 1), path) : xstrdup("./");
	char *facts = path_in(cell, "cell.json"), *run = path_in(cell, "../.."),
	     *manifest = path_in(run, "manifest.json"), *found = NULL;

	if (access(facts, F_OK) == 0)
		found = xstrdup(access(manifest, F_OK) == 0 ? run : cell);
	free(cell);
	free(facts);
	free(run);
	free(manifest);
	return found;
}

void captures_note_runs(const char *const *paths, size_t n)
{
	struct stat last = {0}, st;

	for (size_t i = 0; i < n; i++) {
		char *run = run_of(paths[i]);

		if (run && stat(run, &st) == 0 &&
		    (st.st_dev != last.st_dev || st.st_ino != last.st_ino)) {
			(void)input_folder(run, NULL);
			last = st;
		}
		free(run);
	}
}

char **capture_list(const char *const *paths, size_t n, struct err *e)
{
	struct list l = {0};

	for (size_t i = 0; i < n; i++) {
		struct stat st;

		if (stat(paths[i], &st) < 0) {
			err_sys(e, "%s: cannot read", paths[i]);
			goto fail;
		}
		if (!S_ISDIR(st.st_mode))
			list_add(&l, xstrdup(paths[i]));
		else if (add_folder(&l, paths[i], e) < 0)
			goto fail;
	}
	if (!l.n) {
		err_set(e,
			"%s: no capture there (.pcap, .pcapng, .cap, .dmp, maybe with a number or "
			"compressed)",
			n ? paths[0] : corpora_dir());
		goto fail;
	}
	qsort(l.p, l.n, sizeof(char *), by_name);
	captures_note_runs((const char *const *)l.p, l.n);
	return l.p;
fail:
	capture_list_free(l.p);
	return NULL;
}

void capture_list_free(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}
