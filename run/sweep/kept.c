// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kept.c - what a shard keeps of a cell beside its folder
 *
 * A worker has a cell's scores in memory, and its files in the page cache: it writes both down, the
 * files as their digests. A merge then adds scores up instead of scoring captures again, and copies
 * the digests into the manifest; `results verify` finds what a copy over the network damaged.
 *
 * Form: a line with the form's name and number; a line "SHA256 BYTES NAME" for each file, sorted by
 * name; an empty line; the scores (run/cell/transfer.c).
 *
 * Limits: a file of at most KEPT_BYTES. What a foreign shard says of its cells cannot be proved here:
 * only that it is well formed, and that the files are as long as it says.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/inner.h"
#include "base/path.h"
#include "run/cell/transfer.h"
#include "run/sweep/kept.h"

#define FIRST_LINE "skypelab-kept 1\n"
#define KEPT_BYTES (256L << 20)
#define FILES_MAX  10000

int kept_write(FILE *f, const char *dir, const struct score_table *scores, struct err *e)
{
	struct manifest_file *files = NULL;
	size_t n = 0;

	if (manifest_files(dir, "", &files, &n, e) < 0)
		return -1;
	fputs(FIRST_LINE, f);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s %" PRIu64 " %s\n", files[i].sha256, files[i].bytes, files[i].name);
	fputc('\n', f);
	transfer_send(scores, f);
	manifest_files_free(files, n);
	return 0;
}

/* One line of a file, without its end; false when it is none. */
static bool parse_file(const char *line, struct manifest_file *out)
{
	int at = 0;

	if (strspn(line, "0123456789abcdef") != 64 || line[64] != ' ' || line[65] < '0' ||
	    line[65] > '9' || sscanf(line + 65, "%19" SCNu64 " %n", &out->bytes, &at) != 1 || !at)
		return false;
	snprintf(out->sha256, sizeof(out->sha256), "%.64s", line);
	if (!inner_name(line + 65 + at) || strlen(line + 65 + at) > 255)
		return false;
	for (const char *p = line + 65 + at; *p; p++)
		if ((*p > 0 && *p < ' ') || *p == 0x7f)
			return false;
	out->name = xstrdup(line + 65 + at);
	return true;
}

static bool add_file(struct kept *k, const char *line)
{
	struct manifest_file file = {0};

	if (k->n == FILES_MAX || !parse_file(line, &file))
		return false;
	k->files = xrealloc(k->files, (k->n + 1) * sizeof(*k->files));
	k->files[k->n++] = file;
	return k->n < 2 || strcmp(k->files[k->n - 2].name, file.name) < 0;
}

static bool get_files(struct kept *k, FILE *f)
{
	char line[512];

	if (!fgets(line, sizeof(line), f) || strcmp(line, FIRST_LINE) != 0)
		return false;
	while (fgets(line, sizeof(line), f)) {
		size_t n = strlen(line);

		if (!n || line[n - 1] != '\n')
			return false;
		if (n == 1)
			return true;
		line[n - 1] = 0;
		if (!add_file(k, line))
			return false;
	}
	return false;
}

int kept_read(struct kept *k, const char *shard, const char *cell, struct score_table *scores,
	      struct err *e)
{
	char *name = path_in(KEPT_FOLDER, cell);
	FILE *f = inner_open(shard, name, e);
	struct stat st;
	int rc = f ? 0 : -1;

	*k = (struct kept){0};
	if (f && (fstat(fileno(f), &st) < 0 || st.st_size > KEPT_BYTES))
		rc = err_set(e, "%s/%s: %lld bytes, expected at most %ld", shard, name,
			     (long long)st.st_size, KEPT_BYTES);
	if (rc == 0 && !get_files(k, f))
		rc = err_set(e,
			     "%s/%s: not what a shard of this version keeps of a cell; remove %s "
			     "and cells/%s and run the shard again",
			     shard, name, name, cell);
	if (rc == 0 && scores && !transfer_add(scores, f))
		rc = err_set(e,
			     "%s/%s: its scores are not whole; remove %s and cells/%s and run the "
			     "shard again",
			     shard, name, name, cell);
	if (f)
		fclose(f);
	if (rc < 0)
		kept_clear(k);
	free(name);
	return rc;
}

void kept_clear(struct kept *k)
{
	manifest_files_free(k->files, k->n);
	*k = (struct kept){0};
}
