// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drift.c - recall of signatures while the messages of labelled captures change step by step
 *
 * Each capture is rewritten in memory (run/vary/change.c) with one amount of one change, all signatures
 * read it, and what they find is scored against the capture's own labels: a detection in the copy is
 * translated into the times of the original. The first amount is none, which is the capture itself.
 *
 * Limits: a change is the same in all messages. Two changes are never made together.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/progress.h"
#include "results/report/plot_drift.h"
#include "run/detect/detect_score.h"
#include "run/drift/drift.h"
#include "run/vary/vary.h"

static const struct {
	const char *word;
	double amounts[DRIFT_AMOUNTS];
	size_t n;
} changes[VARY_WHATS] = {
	[VARY_PAD] = {"pad", {0, 1, 2, 4, 8, 16, 32, 64}, 8},
	[VARY_MASK] = {"mask", {0, 1, 2, 3, 4, 8, 16, 64}, 8},
	[VARY_IDS] = {"ids", {0, 0.1, 0.25, 0.5, 0.75, 1}, 6},
	[VARY_STRETCH] = {"stretch", {1, 1.5, 2, 4, 8, 16, 32, 64}, 8},
};

const char *drift_word(enum vary_what what)
{
	return changes[what].word;
}

const double *drift_amounts(enum vary_what what, size_t *n)
{
	*n = changes[what].n;
	return changes[what].amounts;
}

struct drifting {
	const struct drift_request *q;
	struct score_table *t;
	size_t captures;
};

struct restoring {
	const struct vary *vary;
	struct detections *v;
};

static void restore(void *arg, const struct detection_event *ev)
{
	const struct restoring *r = arg;
	struct detection one;

	detection_of_event(&one, ev);
	vary_restore(r->vary, &one);
	detections_add(r->v, &one);
}

/* What the signatures find in a copy of the capture. */
static int detect_changed(const struct drifting *d, const char *path, const struct labels *labels,
			  const struct vary_change *c, struct detections *v, struct err *e)
{
	struct vary *vary = vary_changed(labels, c);
	struct restoring r = {vary, v};
	int fd = memfd_create("copy", MFD_CLOEXEC);
	char *file = xasprintf("/proc/self/fd/%d", fd);
	int rc = fd < 0 ? err_sys(e, "memfd") : vary_capture(vary, path, fd, e);

	if (rc == 0)
		rc = detect_with(d->q->set, file, restore, &r, NULL, e);
	if (fd >= 0)
		close(fd);
	free(file);
	vary_free(vary);
	return rc;
}

static int score_amount(struct drifting *d, const char *path, const struct labels *labels,
			const struct flow_index *x, const struct score_setting *s,
			const struct vary_change *c, struct err *e)
{
	char *axes = drift_axes(changes[c->what].word, c->amount);
	struct detections *v = detections_new();
	struct score_input in = {.setting = *s,
				 .target = labels_target(labels),
				 .labels = labels,
				 .detections = v,
				 .flows = x};
	int rc = detect_changed(d, path, labels, c, v, e);

	in.setting.axes = axes;
	if (rc == 0)
		rc = score_of_set(d->t, d->q->set, &in, e);
	detections_free(v);
	free(axes);
	return rc;
}

/* Every amount of every change that is made. */
static int score_amounts(struct drifting *d, const char *path, const struct labels *labels,
			 const struct flow_index *x, const struct score_setting *s, struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	unsigned long done = 0, all = 0;
	int rc = 0;

	for (unsigned k = 0; k < VARY_WHATS; k++)
		all += d->q->changes & (1U << k) ? changes[k].n : 0;
	for (unsigned k = 0; rc == 0 && k < VARY_WHATS; k++)
		for (size_t i = 0; rc == 0 && i < changes[k].n && (d->q->changes & (1U << k));
		     i++) {
			progress_count(&progress, done++, all, "amounts");
			rc = score_amount(d, path, labels, x, s,
					  &(struct vary_change){.what = (enum vary_what)k,
								.amount = changes[k].amounts[i],
								.seed = d->q->seed},
					  e);
		}
	progress_end(&progress);
	return rc;
}

static int one_capture(void *drifting, const char *path, const struct labels *labels,
		       const struct score_setting *s, struct err *e)
{
	struct drifting *d = drifting;
	struct flow_index *x;
	struct err later; /* what is wrong behind the damage that @e tells */
	int rc = 0, read;

	if (!labels)
		return 0;
	x = flow_index_new();
	read = flow_index_read(x, path, e); /* a damaged capture counts as far as it goes */
	if (read < 0 && !flow_index_count(x))
		rc = -1;
	if (rc == 0)
		rc = score_amounts(d, path, labels, x, s, read < 0 ? &later : e);
	d->captures += rc == 0;
	flow_index_free(x);
	return read < 0 ? -1 : rc;
}

int drift(const struct drift_request *q, struct score_table *t, size_t *captures, bool *bad,
	  struct err *e)
{
	struct drifting d = {.q = q, .t = t};
	int rc = material_each(q->material, one_capture, &d, bad, e);

	*captures = d.captures;
	return rc;
}
