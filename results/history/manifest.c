// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * manifest.c - manifest.json of a run directory: what a run was made from, and its files
 *
 * It is written last, so a directory without it is a run that did not end. It lists every regular
 * file below the directory with size and SHA-256; manifest_verify() finds files that were removed,
 * changed or added since. Paths are relative to the run directory, sorted. Inputs are named as on
 * the command line.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/format.h"
#include "base/inner.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "results/history/manifest.h"

#define MANIFEST_NAME "manifest.json"

static void time_text(double t, char out[40])
{
	time_t sec = (time_t)t;
	struct tm tm;
	size_t n;

	gmtime_r(&sec, &tm);
	n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, 40 - n, ".%03dZ", (int)((t - (double)sec) * 1000));
}

/* {"path": ..., "sha256": ...} per file. */
static json_t *digests(const char *const *paths, size_t n, struct err *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		char hex[65];

		if (file_sha256(paths[i], hex, e) < 0) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, json_pack("{ss ss}", "path", paths[i], "sha256", hex));
	}
	return list;
}

/* Files of a run, in no order. */
struct file_list {
	struct manifest_file *files; /* (owned) */
	size_t n, cap;
};

static struct manifest_file *add_file(struct file_list *l, char *name, uint64_t bytes)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->files = xrealloc(l->files, l->cap * sizeof(*l->files));
	}
	l->files[l->n] = (struct manifest_file){.name = name, .bytes = bytes};
	return &l->files[l->n++];
}

/* Adds every regular file below @dir (@prefix: the path inside the run), but not below @without. */
static int add_files(struct file_list *l, const char *dir, const char *prefix, bool hash,
		     const char *without, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	int rc = 0;

	if (!d)
		return err_sys(e, "%s: cannot read", dir);
	while (!rc && (de = readdir(d))) {
		char *path, *name;
		struct stat st;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		path = path_in(dir, de->d_name);
		name = xasprintf("%s%s", prefix, de->d_name);
		if (lstat(path, &st) < 0) {
			rc = err_sys(e, "%s: cannot read", path);
		} else if (S_ISDIR(st.st_mode) && (!without || strcmp(name, without) != 0)) {
			char *below = xasprintf("%s/", name);

			rc = add_files(l, path, below, hash, without, e);
			free(below);
		} else if (S_ISREG(st.st_mode) && strcmp(name, MANIFEST_NAME) != 0) {
			struct manifest_file *f = add_file(l, name, (uint64_t)st.st_size);

			name = NULL;
			rc = hash ? file_sha256(path, f->sha256, e) : 0;
		}
		free(path);
		free(name);
	}
	closedir(d);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	const struct manifest_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void manifest_files_free(struct manifest_file *files, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(files[i].name);
	free(files);
}

int manifest_files(const char *dir, const char *prefix, struct manifest_file **out, size_t *n,
		   struct err *e)
{
	struct file_list l = {0};

	if (add_files(&l, dir, prefix, true, NULL, e) < 0) {
		manifest_files_free(l.files, l.n);
		return -1;
	}
	if (l.n)
		qsort(l.files, l.n, sizeof(*l.files), by_name);
	*out = l.files;
	*n = l.n;
	return 0;
}

static json_t *facts_json(const struct manifest_facts *f, struct err *e)
{
	json_t *run = f->extra ? json_copy(f->extra) : json_object(), *list;
	char started[40], ended[40];

	time_text(f->started, started);
	time_text(f->ended, ended);
	json_object_set_new(run, "command", json_string(f->command ? f->command : ""));
	json_object_set_new(run, "seed", json_integer((json_int_t)f->seed));
	json_object_set_new(run, "repeat", json_integer((json_int_t)f->repeat));
	json_object_set_new(run, "seed_by_repetition", json_boolean(f->seed_by_repetition));
	json_object_set_new(run, "started", json_string(started));
	json_object_set_new(run, "ended", json_string(ended));
	json_object_set_new(run, "wall_seconds", json_real(f->ended - f->started));
	json_object_set_new(run, "emulated_seconds", json_real(f->emulated_s));
	if (f->truth_digest)
		json_object_set_new(run, "messages_sha256", json_string(f->truth_digest));
	list = f->scenario ? digests(&f->scenario, 1, e) : json_array();
	if (list && json_array_size(list))
		json_object_set(run, "scenario", json_array_get(list, 0));
	json_decref(list);
	if (!list)
		goto fail;
	list = digests(f->signatures, f->n_signatures, e);
	if (!list)
		goto fail;
	json_object_set_new(run, "signatures", list);
	list = digests(f->inputs, f->n_inputs, e);
	if (!list)
		goto fail;
	json_object_set_new(run, "inputs", list);
	return run;
fail:
	json_decref(run);
	return NULL;
}

/* One entry of "files". */
static int put_file(FILE *f, const struct manifest_file *file, bool first)
{
	json_t *name = json_string(file->name);
	char *text = name ? json_dumps(name, JSON_ENCODE_ANY) : NULL;

	if (text)
		fprintf(f, "%s\n    %s: {\n      \"bytes\": %llu,\n      \"sha256\": \"%s\"\n    }",
			first ? "" : ",", text, (unsigned long long)file->bytes, file->sha256);
	free(text);
	json_decref(name);
	return text ? 0 : -1;
}

/* The manifest @m with the files in the place of its empty "files", which comes first: a run may have
 * a million, too many for a tree of JSON. 0, or -1 with @e set. */
static int put_manifest(FILE *f, const char *path, const json_t *m, const struct file_list *l,
			struct err *e)
{
	static const char head[] = "{\n  \"files\": {";
	char *text = json_dumps(m, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(12));

	if (!text || strncmp(text, head, sizeof(head) - 1) != 0) {
		free(text);
		return err_set(e, "%s: cannot write: a name in it is not UTF-8", path);
	}
	fputs(head, f);
	for (size_t i = 0; i < l->n; i++)
		if (put_file(f, &l->files[i], !i) < 0) {
			free(text);
			return err_set(e, "%s: cannot write: the name of a file is not UTF-8",
				       path);
		}
	fprintf(f, "%s%s\n", l->n ? "\n  " : "", text + sizeof(head) - 1);
	free(text);
	return 0;
}

/* Every file of a run but its manifest, sorted. 0, or -1 with @e set. */
static int list_files(struct file_list *l, const char *dir, const struct manifest_facts *facts,
		      struct err *e)
{
	if (add_files(l, dir, "", true, facts->n_known ? "cells" : NULL, e) < 0)
		return -1;
	for (size_t i = 0; i < facts->n_known; i++)
		snprintf(add_file(l, xstrdup(facts->known[i].name), facts->known[i].bytes)->sha256,
			 sizeof(l->files->sha256), "%s", facts->known[i].sha256);
	if (l->n)
		qsort(l->files, l->n, sizeof(*l->files), by_name);
	return 0;
}

int manifest_write(const char *dir, const struct manifest_facts *facts, struct err *e)
{
	json_t *run = facts_json(facts, e), *m;
	struct file_list files = {0};
	struct outfile o = {0};
	struct utsname u;
	char *path;
	int rc = -1;

	uname(&u);
	if (!run || list_files(&files, dir, facts, e) < 0) {
		json_decref(run);
		manifest_files_free(files.files, files.n);
		return -1;
	}
	m = json_pack("{si s{ss ss} s{ss ss ss si} so s{}}", "format", FORMAT_OF_RUNS, "program",
		      "name", "skypelab", "version", SKYPELAB_VERSION, "system", "kernel",
		      u.release, "build", u.version, "machine", u.machine, "processors",
		      (int)sysconf(_SC_NPROCESSORS_ONLN), "run", run, "files");
	path = path_in(dir, MANIFEST_NAME);
	if (outfile_open(&o, path, e) == 0) {
		rc = put_manifest(o.f, path, m, &files, e);
		if (rc < 0)
			outfile_abort(&o);
		else
			rc = outfile_commit(&o, e);
	}
	free(path);
	json_decref(m);
	manifest_files_free(files.files, files.n);
	return rc;
}

json_t *manifest_read(const char *dir, struct err *e)
{
	char *path = path_in(dir, MANIFEST_NAME);
	json_t *m = NULL;

	if (access(path, F_OK) < 0)
		err_set(e, "%s: no " MANIFEST_NAME ": not a run directory, or the run did not end",
			dir);
	else
		m = inner_json(dir, MANIFEST_NAME, e);
	free(path);
	return m;
}

static int verify_file(const char *dir, const char *name, const json_t *entry, struct err *e)
{
	const char *want = json_string_value(json_object_get(entry, "sha256"));
	json_int_t bytes = json_integer_value(json_object_get(entry, "bytes"));
	char *path = path_in(dir, name), hex[65];
	int rc = MANIFEST_WHOLE;
	struct stat st;
	FILE *f = NULL;

	if (inner_name(name) && lstat(path, &st) < 0 && errno == ENOENT) {
		err_set(e, "%s: missing, but listed in " MANIFEST_NAME, path);
		rc = MANIFEST_INCOMPLETE;
	} else if (!(f = inner_open(dir, name, e))) {
		rc = inner_name(name) ? MANIFEST_EDITED : -1;
	} else if (fstat(fileno(f), &st) < 0 || st.st_size != (off_t)bytes) {
		err_set(e, "%s: changed since the run: %lld bytes, " MANIFEST_NAME " says %lld",
			path, (long long)st.st_size, (long long)bytes);
		rc = MANIFEST_EDITED;
	} else if (stream_sha256(f, path, hex, e) < 0) {
		rc = -1;
	} else if (!want || strcmp(hex, want) != 0) {
		err_set(e, "%s: changed since the run: SHA-256 %s, " MANIFEST_NAME " says %s", path,
			hex, want ? want : "nothing");
		rc = MANIFEST_EDITED;
	}
	if (f)
		fclose(f);
	free(path);
	return rc;
}

int manifest_verify(const char *dir, struct err *e)
{
	json_t *m = manifest_read(dir, e), *files, *entry;
	struct file_list now = {0};
	json_int_t format;
	const char *name;
	char *where;
	int rc = MANIFEST_WHOLE;

	if (!m) {
		char *path = path_in(dir, MANIFEST_NAME);

		rc = access(path, F_OK) < 0 && access(dir, R_OK) == 0 ? MANIFEST_MISSING : -1;
		free(path);
		return rc;
	}
	format = json_integer_value(json_object_get(m, "format"));
	files = json_object_get(m, "files");
	where = path_in(dir, MANIFEST_NAME);
	rc = format_check(where, format, FORMAT_OF_RUNS, e);
	if (rc == 0 && !json_is_object(files))
		rc = err_set(e, "%s: it names no files", where);
	free(where);
	if (rc < 0) {
		rc = MANIFEST_VERSION;
		goto out;
	}
	if (add_files(&now, dir, "", false, NULL, e) < 0) {
		rc = -1;
		goto out;
	}
	json_object_foreach (files, name, entry) {
		rc = verify_file(dir, name, entry, e);
		if (rc != MANIFEST_WHOLE)
			goto out;
	}
	for (size_t i = 0; i < now.n; i++) {
		if (json_object_get(files, now.files[i].name))
			continue;
		err_set(e, "%s/%s: added after the run, not listed in " MANIFEST_NAME, dir,
			now.files[i].name);
		rc = MANIFEST_EDITED;
		break;
	}
out:
	manifest_files_free(now.files, now.n);
	json_decref(m);
	return rc;
}

static const char *text_at(const json_t *o, const char *a, const char *b)
{
	const char *s;

	o = json_object_get(o, a);
	s = json_string_value(b ? json_object_get(o, b) : o);
	return s ? s : "-";
}

/* Names inputs of equal base name whose digests differ. */
static void compare_inputs(const json_t *before, const json_t *after, const char *what, FILE *f)
{
	const json_t *list = json_object_get(after, what), *one, *two;
	size_t i, k;

	json_array_foreach (json_object_get(before, what), i, one) {
		const char *path = text_at(one, "path", NULL), *name = strrchr(path, '/');

		name = name ? name + 1 : path;
		json_array_foreach (list, k, two) {
			const char *other = text_at(two, "path", NULL), *base = strrchr(other, '/');

			if (strcmp(base ? base + 1 : other, name) == 0 &&
			    strcmp(text_at(one, "sha256", NULL), text_at(two, "sha256", NULL)) != 0)
				fprintf(f, "%s: %s differs\n", what, quote_terminal(name));
		}
	}
}

/* Files with timestamps differ from run to run: packets pass through a real kernel. */
bool manifest_holds_time(const char *name)
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	size_t len = strlen(base);

	return !strncmp(name, "plots/", 6) || !strncmp(name, "report/", 7) ||
	       !strcmp(base, "report.html") || !strcmp(base, "cell.json") ||
	       !strcmp(base, "claims.tsv") || !strcmp(base, "outcomes.tsv") ||
	       !strncmp(base, "fates.", 6) || !strncmp(base, "events.", 7) ||
	       !strcmp(base, "survival.tsv") || !strcmp(base, "reach.tsv") ||
	       !strcmp(base, "misses.tsv") || !strcmp(base, "eve.json") ||
	       !strcmp(base, "messages.tsv") || !strncmp(base, "truth.", 6) ||
	       !strcmp(base, "detections.tsv") || !strcmp(base, "detectors.tsv") ||
	       (len > 5 && !strcmp(base + len - 5, ".pcap"));
}

size_t manifest_compare(const json_t *before, const json_t *after, FILE *f)
{
	static const char *const facts[][2] = {{"program", "version"}, {"system", "kernel"}};
	const json_t *a = json_object_get(before, "run"), *b = json_object_get(after, "run");
	json_t *old = json_object_get(before, "files"), *now = json_object_get(after, "files");
	json_t *entry, *other;
	const char *name;
	size_t differ = 0, times = 0;

	for (size_t i = 0; i < ARRAY_LEN(facts); i++)
		if (strcmp(text_at(before, facts[i][0], facts[i][1]),
			   text_at(after, facts[i][0], facts[i][1])) != 0)
			fprintf(f, "%s %s: %s, was %s\n", facts[i][0], facts[i][1],
				quote_terminal(text_at(after, facts[i][0], facts[i][1])),
				quote_terminal(text_at(before, facts[i][0], facts[i][1])));
	compare_inputs(a, b, "signatures", f);
	compare_inputs(a, b, "inputs", f);
	if (strcmp(text_at(a, "messages_sha256", NULL), text_at(b, "messages_sha256", NULL)) != 0) {
		fputs("the messages sent differ\n", f);
		differ++;
	}
	json_object_foreach (old, name, entry) {
		other = json_object_get(now, name);
		if (other &&
		    !strcmp(text_at(entry, "sha256", NULL), text_at(other, "sha256", NULL)))
			continue;
		if (other && manifest_holds_time(name)) {
			times++;
			continue;
		}
		fprintf(f, "%s: %s\n", quote_terminal(name),
			other ? "differs" : "missing in the new run");
		differ++;
	}
	json_object_foreach (now, name, entry) {
		if (json_object_get(old, name))
			continue;
		fprintf(f, "%s: only in the new run\n", quote_terminal(name));
		differ++;
	}
	fprintf(f, "%zu files: %zu differences; %zu more differ because they hold times\n",
		json_object_size(now), differ, times);
	return differ;
}
