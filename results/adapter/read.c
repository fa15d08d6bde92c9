// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * read.c - what a detector wrote becomes detections
 *
 * The folder was written by a foreign program. Its files are opened below the folder only, no link is
 * followed and nothing but regular files is read. One fault in one file and nothing of the detector
 * counts: whoever reads half of an output measures the reader. Nothing vanishes: what is no detection
 * is counted by its reason.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture/community_id.h"
#include "base/inner.h"
#include "base/input.h"
#include "results/adapter/delimited.h"
#include "results/adapter/jsonl.h"
#include "results/adapter/merge.h"
#include "results/adapter/read.h"

#define NS_PER_S	  1e9
#define NUMBER_OF_VERSION "0123456789."

struct reading {
	const struct adapter *a;
	struct merge *merge;
	struct adapter_counts *counts;
	bool ids; /* an output names flows by their id only */
};

/* One file of an output; one of the two readers is set. */
struct source {
	struct delimited *fields;
	struct jsonl *json;
};

static int source_open(struct source *s, FILE *f, const char *name, const struct reading *r,
		       const struct adapter_output *o, const struct columns *c, struct err *e)
{
	int c0 = getc(f);

	*s = (struct source){0};
	if (c0 != EOF)
		ungetc(c0, f);
	if (o->format == ADAPTER_EVE || o->format == ADAPTER_JSONL ||
	    (o->format == ADAPTER_TSV && c0 == '{')) /* Zeek writes either */
		s->json = jsonl_open(f, name, r->a, o, c);
	else
		s->fields = delimited_open(f, name, r->a, o, c, e);
	return s->json || s->fields ? 0 : -1;
}

static int source_next(struct source *s, const char **value, unsigned *no, struct err *e)
{
	return s->json ? jsonl_next(s->json, value, no, e)
		       : delimited_next(s->fields, value, no, e);
}

static void source_close(struct source *s)
{
	jsonl_close(s->json);
	delimited_close(s->fields);
}

/* ---- records ---- */

static void check_community(struct reading *r, const struct record *one)
{
	char id[COMMUNITY_ID_LEN];

	community_id(&one->tuple, id);
	r->counts->community++;
	r->counts->community_wrong += strcmp(id, one->community) != 0;
}

static int take_record(struct reading *r, const struct adapter_output *o, const struct columns *c,
		       const char *const *value, struct err *e)
{
	struct record one;
	struct verdict v;
	int merged;

	r->counts->records++;
	if (r->counts->records > r->a->limits.records * 1000ULL)
		return err_set(e, "more than %u thousand records, the limit of %s",
			       r->a->limits.records, r->a->path);
	if (!verdict_counts(o, c, value)) {
		r->counts->filtered++;
		return 0;
	}
	if (record_of(r->a, o, c, value, &one, e) < 0)
		return -1;
	if (!one.flow && !(r->ids && one.id && merge_id_find(r->merge, &one))) {
		r->counts->no_flow++;
		return 0;
	}
	r->counts->mended += one.mended;
	if (r->ids && one.id)
		merge_id_note(r->merge, &one);
	if (one.community && one.tuple.proto)
		check_community(r, &one);
	verdict_of(r->a, o, c, value, &v);
	r->counts->silent += !v.n;
	merged = merge_add(r->merge, &one, &v, e);
	r->counts->merged += merged > 0;
	return merged < 0 ? -1 : 0;
}

static int read_stream(struct reading *r, const struct adapter_output *o, FILE *f, const char *name,
		       struct err *e)
{
	const char *value[COLUMNS_MAX];
	struct columns c;
	struct source s;
	unsigned no = 0;
	int rc;

	if (columns_of(o, &c, e) < 0 || source_open(&s, f, name, r, o, &c, e) < 0)
		return -1;
	while ((rc = source_next(&s, value, &no, e)) > 0)
		if (take_record(r, o, &c, value, e) < 0) {
			rc = err_push(e, "%s:%u", name, no);
			break;
		}
	source_close(&s);
	return rc;
}

/* ---- files ---- */

static bool is_empty(FILE *f)
{
	int c = getc(f);

	return c == EOF || ungetc(c, f) == EOF;
}

/* @name: below @dir */
static int read_inner(struct reading *r, const struct adapter_output *o, const char *dir,
		      const char *name, struct err *e)
{
	FILE *f = inner_open(dir, name, e);
	int rc;

	if (!f)
		return -1;
	rc = o->optional && is_empty(f) ? 0 : read_stream(r, o, f, name, e);
	fclose(f);
	return rc;
}

/* The folder's name in a pattern: nothing in it is one. (owned) */
static char *pattern_in(const char *dir, const char *pattern)
{
	char *out = xcalloc(2 * strlen(dir) + strlen(pattern) + 2, 1), *to = out;

	for (; *dir; *to++ = *dir++)
		if (strchr("*?[\\", *dir))
			*to++ = '\\';
	*to++ = '/';
	memcpy(to, pattern, strlen(pattern));
	return out;
}

/* For glob(3): a folder that is there and cannot be looked into ends the search. */
static int hides(const char *path, int why)
{
	(void)path;
	return why != ENOENT && why != ENOTDIR;
}

static int read_output(struct reading *r, const struct adapter_output *o, const char *dir,
		       struct err *e)
{
	const char *file = strcmp(o->file, ADAPTER_STDOUT) ? o->file : ADAPTER_STDOUT_FILE;
	char *pattern = pattern_in(dir, file);
	glob_t found = {0};
	int rc = glob(pattern, 0, hides, &found);

	if (rc == GLOB_NOMATCH)
		rc = o->optional ? 0 : err_set(e, "it wrote no file %s", file);
	else if (rc != 0)
		rc = err_set(e, "cannot look for its file %s", file);
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
		rc = read_inner(r, o, dir, found.gl_pathv[i] + strlen(dir) + 1, e);
	globfree(&found);
	free(pattern);
	return rc;
}

/* ---- all of a detector ---- */

static void begin(struct reading *r, const struct adapter *a, const char *signature,
		  const char *revision, struct adapter_counts *counts)
{
	memset(counts, 0, sizeof(*counts));
	*r = (struct reading){.a = a, .counts = counts};
	r->merge = merge_new((uint64_t)(a->tolerance * NS_PER_S), signature ? signature : a->name,
			     revision ? revision : "-");
	for (unsigned i = 0; i < a->outputs_n; i++)
		r->ids |= !a->outputs[i].columns.of[ADAPTER_PROTOCOL].n;
}

/* Adds the detections where all went well; returns @rc. */
static int end(struct reading *r, struct detections *list, int rc, struct err *e)
{
	size_t before = detections_count(list);

	if (rc < 0) {
		err_push(e, "%s", r->a->name);
	} else {
		r->counts->flows = merge_flows(r->merge);
		r->counts->detections = merge_take(r->merge, list);
	}
	for (size_t i = before; i < detections_count(list); i++)
		r->counts->other += !strcmp(detections_at(list, i)->application, DETECTION_OTHER);
	merge_free(r->merge);
	return rc;
}

int adapter_read(const struct adapter *a, const char *dir, const char *signature,
		 const char *revision, struct detections *list, struct adapter_counts *counts,
		 struct err *e)
{
	struct reading r;
	int rc = 0;

	begin(&r, a, signature, revision, counts);
	for (unsigned i = 0; rc == 0 && i < a->outputs_n; i++)
		rc = read_output(&r, &a->outputs[i], dir, e);
	return end(&r, list, rc, e);
}

int adapter_read_file(const struct adapter *a, const char *path, struct detections *list,
		      struct adapter_counts *counts, struct err *e)
{
	FILE *f = !strcmp(path, "-") ? stdin : input_open(path, e);
	struct reading r;
	int rc;

	if (!f)
		return -1;
	begin(&r, a, NULL, NULL, counts);
	rc = read_stream(&r, &a->outputs[0], f, path, e);
	if (f != stdin)
		fclose(f);
	return end(&r, list, rc, e);
}

void adapter_version(const char *printed, char version[16])
{
	snprintf(version, 16, "-");
	for (const char *p = printed; *p; p++) {
		size_t n = strspn(p, NUMBER_OF_VERSION);

		while (n && p[n - 1] == '.')
			n--;
		if (n && *p != '.' && memchr(p, '.', n)) {
			snprintf(version, 16, "%.*s", (int)n, p);
			return;
		}
		p += n ? n - 1 : 0;
	}
}
