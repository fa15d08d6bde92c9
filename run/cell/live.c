// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live.c - foreign detectors that read a vantage's interface while a cell's traffic flows
 *
 * Model: for each vantage and detector a contained program with an interface of its own, to which
 * come the frames that the vantage's tap captures, as they are captured. When the traffic is over
 * each is asked to end, and what it said is kept until the same detector has read the file; then
 * the two are compared.
 *
 * Limits: the core's frames are not Ethernet, so nothing is live there. Emulated minutes may pass
 * in milliseconds, which a detector that looks at the clock notices (run/foreign/live.c).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "run/cell/live.h"
#include "run/foreign/live.h"

const char live_header[] = "cell\tvantage\tdetector\tsignature\trevision\tstatus\tframes\tlost\t"
			   "detections\tsame\tdiffer\tlast_line\n";
const char live_differences_header[] = "cell\tvantage\tsignature\tproto\ta\tb\tfile\tlive\n";

/* One detector at one vantage. */
struct one_live {
	const struct foreign_detector *d;
	struct foreign_job job;
	struct foreign_live *running; /* NULL = it has ended */
	struct detections *found;     /* (owned) */
	struct foreign_result result;
	struct foreign_frames frames;
};

/* What gets the frames of one tap. */
struct at_vantage {
	char name[LAB_NAME_LEN];
	struct one_live *of; /* (owned) one for each detector; @d NULL = it cannot */
	size_t n;
};

struct cell_live {
	const struct cell_job *job;
	struct at_vantage *at; /* (owned) */
	size_t n;
	char *rows, *differences; /* (owned) lines of the tables */
	size_t rows_len, differences_len;
	FILE *rows_f, *differences_f;
};

static void on_frame(void *arg, const void *frame, size_t len)
{
	const struct at_vantage *v = arg;

	for (size_t i = 0; i < v->n; i++)
		if (v->of[i].running)
			foreign_live_frame(v->of[i].running, frame, len);
}

static int start_one(struct one_live *one, const struct foreign_detector *d, struct err *e)
{
	one->d = d;
	one->found = detections_new();
	one->job = (struct foreign_job){
		.rules = d->rules, .signature = foreign_name(d), .version = d->version};
	one->running = foreign_live_start(d->adapter, &one->job, e);
	return one->running ? 0 : -1;
}

static int start_at(struct at_vantage *v, const struct cell_job *job, struct lab *lab,
		    const char *vantage, struct err *e)
{
	snprintf(v->name, sizeof(v->name), "%s", vantage);
	if (!lab_tap_mirror(lab, vantage, on_frame, v))
		return 0;
	v->n = job->detectors->n;
	v->of = xcalloc(v->n, sizeof(*v->of));
	for (size_t i = 0; i < v->n; i++)
		if (job->detectors->d[i].adapter->live.n &&
		    start_one(&v->of[i], &job->detectors->d[i], e) < 0)
			return -1;
	return 0;
}

struct cell_live *cell_live_start(const struct cell_job *job, struct lab *lab,
				  char *const *vantages, size_t n, struct err *e)
{
	struct cell_live *live = xcalloc(1, sizeof(*live));

	live->job = job;
	if (!job->live || !job->detectors)
		return live;
	live->rows_f = open_memstream(&live->rows, &live->rows_len);
	live->differences_f = open_memstream(&live->differences, &live->differences_len);
	live->at = xcalloc(n, sizeof(*live->at));
	live->n = n;
	for (size_t i = 0; i < n; i++)
		if (start_at(&live->at[i], job, lab, vantages[i], e) < 0) {
			cell_live_free(live);
			return NULL;
		}
	return live;
}

static int finish_one(struct one_live *one, struct err *e)
{
	struct foreign_live *running = one->running;

	one->running = NULL;
	return running ? foreign_live_end(running, one->found, &one->result, &one->frames, e) : 0;
}

/* All are asked first, so that they end side by side. */
int cell_live_finish(struct cell_live *live, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < live->n; i++)
		for (size_t k = 0; k < live->at[i].n; k++)
			if (live->at[i].of[k].running)
				foreign_live_no_more(live->at[i].of[k].running);
	for (size_t i = 0; i < live->n; i++)
		for (size_t k = 0; rc == 0 && k < live->at[i].n; k++)
			rc = finish_one(&live->at[i].of[k], e);
	return rc;
}

static void compare_one(struct cell_live *live, const struct one_live *one, const char *vantage,
			const struct detections *file)
{
	const struct foreign_result *r = &one->result;
	const char *last = r->failed ? r->why : r->ran.last_line;
	struct live_compared n = {0};
	char *before = xasprintf("%s\t%s\t%s", live->job->name, vantage, foreign_name(one->d));

	if (!r->failed)
		n = live_compare(file, one->found, before, live->differences_f);
	free(before);
	fprintf(live->rows_f, "%s\t%s\t%s\t%s\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%zu",
		live->job->name, vantage, one->d->adapter->name, foreign_name(one->d),
		one->d->version, r->failed ? "failed" : "ok", one->frames.given, one->frames.lost,
		detections_count(one->found));
	if (r->failed)
		fputs("\t-\t-", live->rows_f);
	else
		fprintf(live->rows_f, "\t%" PRIu64 "\t%" PRIu64, n.same, n.differ);
	fprintf(live->rows_f, "\t%s\n", *last ? quote_terminal(last) : "-");
}

void cell_live_compare(struct cell_live *live, const struct foreign_detector *d,
		       const char *vantage, const struct detections *file)
{
	for (size_t i = 0; i < live->n; i++)
		for (size_t k = 0; k < live->at[i].n; k++)
			if (live->at[i].of[k].d == d && !strcmp(live->at[i].name, vantage))
				compare_one(live, &live->at[i].of[k], vantage, file);
}

static int write_one(const struct cell_live *live, const char *name, const char *header,
		     const char *rows, struct err *e)
{
	char *path = path_in(live->job->dir, name);
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	free(path);
	if (rc < 0)
		return -1;
	fprintf(o.f, "%s%s", header, rows);
	return outfile_commit(&o, e);
}

int cell_live_write(struct cell_live *live, struct err *e)
{
	if (!live->n)
		return 0;
	fflush(live->rows_f);
	fflush(live->differences_f);
	if (write_one(live, "live.tsv", live_header, live->rows, e) < 0)
		return -1;
	return write_one(live, "live-differences.tsv", live_differences_header, live->differences,
			 e);
}

void cell_live_free(struct cell_live *live)
{
	if (!live)
		return;
	(void)cell_live_finish(live, NULL);
	for (size_t i = 0; i < live->n; i++) {
		for (size_t k = 0; k < live->at[i].n; k++)
			detections_free(live->at[i].of[k].found);
		free(live->at[i].of);
	}
	if (live->rows_f)
		fclose(live->rows_f);
	if (live->differences_f)
		fclose(live->differences_f);
	free(live->rows);
	free(live->differences);
	free(live->at);
	free(live);
}
