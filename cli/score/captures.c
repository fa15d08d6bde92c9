// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * captures.c - scores captures against their labels, each by itself, in several processes
 */
#include <stdlib.h>

#include "base/fan.h"
#include "base/quote.h"
#include "cli/score/captures.h"
#include "cli/score/truth.h"
#include "results/score/axes.h"
#include "results/score/labels_file.h"
#include "run/cell/of_capture.h"
#include "run/detect/captures.h"
#include "run/detect/detect_score.h"
#include "run/detect/isolated.h"
#include "run/under_test/score.h"

static int detect_one(const struct score_options *o, const struct signature_set *set,
		      const char *path, struct detections *v, struct flow_index *x, struct err *e)
{
	if (!set)
		return flow_index_read(x, path, e);
	return o->isolated ? detect_isolated(set, path, v, x, e)
			   : detect_capture(set, path, v, x, e);
}

/* Scores one capture against its labels @file and what is known to have happened, @events. 0; -1
 * with @e set, also when it is not readable to its end. @in: its setting */
static int score_one_as(struct score_table *t, const struct score_options *o,
			struct score_subjects *s, const char *path, const char *file,
			const char *events, struct score_input *in, struct flow_totals *sum,
			struct err *e)
{
	struct detections *v = detections_new();
	struct sent_events *happened = NULL;
	struct labels *l = NULL, *named = NULL;
	struct flow_index *x = flow_index_new();
	struct flow_totals one;
	int rc = -1, read = 0;

	if ((file && !(l = labels_read(file, score_target_of(o), e))) ||
	    score_read_named(o, file, &named, e) < 0 ||
	    (l && score_source_of_labels(l, file, &in->setting.source, e) < 0) ||
	    (events && !(happened = sent_events_read(events, e))))
		goto out;
	read = detect_one(o, s->set, path, v, x, e);
	if (l && score_check_met(file, l, path, x, read == 0, e) < 0)
		goto out;
	in->target = score_target_of(o);
	in->labels = l;
	in->named = named;
	in->events = happened;
	in->detections = v;
	in->flows = x;
	if (read == 0 || flow_index_count(x))
		rc = s->set ? score_of_set(t, s->set, in, read < 0 ? NULL : e) : 0;
	if (rc == 0)
		rc = foreign_score(t, &s->foreign, path, in, &s->failed, read < 0 ? NULL : e);
	flow_index_totals(x, &one);
	flow_totals_add(sum, &one);
out:
	flow_index_free(x);
	labels_free(l);
	labels_free(named);
	sent_events_free(happened);
	detections_free(v);
	return rc < 0 || read < 0 ? -1 : 0;
}

static int score_one(struct score_table *t, const struct score_options *o, struct score_subjects *s,
		     const char *path, bool several, struct flow_totals *sum, struct err *e)
{
	const char *name = quote_terminal(capture_name(path));
	char *axes = axes_text((const char *const[]){"capture"}, &name, several && !o->not_skype);
	struct cell_capture cell;
	bool of_run = cell_of_capture(path, &cell);
	char *file = o->not_skype ? NULL : score_labels_file(o, path, &cell, e);
	struct score_input in = {
		.setting = {.source = of_run ? cell.source : SOURCE_RECORDED,
			    .traffic_version = o->version ? o->version : cell.traffic_version,
			    .vantage = o->vantage ? o->vantage : cell.vantage,
			    .axes = axes,
			    .cell = o->not_skype ? quote_terminal(path) : name},
		.watched_s = cell.watched_s};
	bool own = !o->not_skype && !o->labels;
	int rc = -1;

	if (!score_one_source(path, &cell, of_run, e))
		rc = -1;
	else if (file || o->not_skype)
		rc = score_one_as(t, o, s, path, file, own ? cell.events : NULL, &in, sum, e);
	cell_capture_clear(&cell);
	free(axes);
	free(file);
	return rc;
}

/* A fan's work: a part's record of one capture. */
static void score_item(void *arg, size_t i, FILE *out)
{
	struct scoring *c = arg;
	struct score_part_capture one = {.fault = NULL};
	struct score_table *t;
	struct err fault = {0};

	if (c->mine && !c->mine[i])
		return;
	t = score_table_new();
	c->s->failed = false;
	if (score_one(t, c->o, c->s, c->list[i], c->n > 1, &one.flows, &fault) < 0)
		one.fault = fault.msg;
	one.failed = c->s->failed;
	score_part_put(out, i, &one, t);
	score_table_free(t);
}

static void copy(FILE *in, FILE *out)
{
	char buf[16384];
	size_t n;

	rewind(in);
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		fwrite(buf, 1, n, out);
}

static int take_scores(void *arg, size_t i, FILE *in, struct err *e)
{
	struct scoring *c = arg;
	struct score_table *t = c->part ? score_table_new() : c->t;
	uint64_t number;
	int rc = 0;

	if (c->progress)
		progress_count(c->progress, i, c->n, "captures");
	if ((!c->mine || c->mine[i]) && !score_part_get(in, &number, t, &c->sum))
		rc = err_env(e, "%s: its scores are not whole", c->list[i]);
	if (c->part) {
		copy(in, c->part);
		score_table_free(t);
	}
	return rc;
}

/* A detector of others is a process of its own already, which may use more of the machine than ours does: one at a
 * time. */
int score_all(struct scoring *c, struct err *e)
{
	const struct fan fan = {.n = c->n,
				.workers = c->s->foreign.n ? 1 : 0,
				.work = score_item,
				.take = take_scores,
				.arg = c};
	int rc = fan_run(&fan, e);

	c->s->failed = c->sum.failed;
	return rc;
}

int score_list(struct score_table *t, const struct score_options *o, struct score_subjects *s,
	       char **list, struct score_parts *sum, struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	struct scoring c = {.o = o, .s = s, .list = list, .t = t, .progress = &progress};
	int rc;

	while (list[c.n])
		c.n++;
	rc = score_all(&c, e);
	progress_end(&progress);
	*sum = c.sum;
	return rc;
}
