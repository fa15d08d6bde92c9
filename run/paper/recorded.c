// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recorded.c - one pass over a recorded capture
 *
 * Each capture is a trial of its own: flows of one capture resemble each other. Captures without
 * Skype are trials of false alarms alone.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "results/score/held.h"
#include "results/score/labels_file.h"
#include "results/score/score.h"
#include "run/detect/captures.h"
#include "run/detect/detect_score.h"
#include "run/paper/message_book.h"
#include "run/paper/recorded.h"

/* Who hears of events: the scorer and the book of messages. */
struct listener {
	struct detections *v;
	struct message_book *book;
	const char *capture;
	const struct labels *labels;
};

static void hear(void *arg, const struct detection_event *ev)
{
	struct listener *l = arg;
	const struct label *row = labels_find_at(l->labels, &ev->flow, ev->ts_ns);

	detection_collect(l->v, ev);
	if (row && row->kind == KIND_POSITIVE)
		message_book_event(l->book, l->capture, ev);
}

/* Counts the flows of the capture by what the labels say. */
static void count_flows(struct paper_capture *c, const struct labels *l, const struct flow_index *x)
{
	for (size_t i = 0; i < labels_count(l); i++) {
		const struct label *row = labels_at(l, i);

		if (!label_held(l, row, x))
			continue;
		if (row->kind == KIND_POSITIVE)
			c->skype[row->tuple.proto == IPPROTO_TCP]++;
		else if (row->kind == KIND_NEGATIVE)
			c->others++;
		else
			c->unknown++;
	}
}

static void count_time(struct paper_capture *c, const struct flow_index *x)
{
	flow_index_totals(x, &c->totals);
	if (flow_index_count(x))
		c->first_ns = flow_index_at(x, 0)->first_ns;
	c->last_ns = flow_index_last_ns(x);
}

/* Clients are those of any signature's row: all have the same ones to find. */
static size_t count_clients(const struct score_table *t, const char *capture)
{
	size_t most = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].unit == UNIT_CLIENT && !strcmp(t->rows[i].traffic_version, capture))
			most = (size_t)(t->rows[i].tp + t->rows[i].fn) > most
				       ? (size_t)(t->rows[i].tp + t->rows[i].fn)
				       : most;
	return most;
}

static int check_labels(const struct labels *l, const struct flow_index *x, const char *file,
			struct paper_capture *c, struct err *e)
{
	struct unmet_rows u = labels_unmet(l, x);

	for (size_t i = 0; i < labels_count(l); i++) {
		if (strcmp(labels_at(l, i)->source, source_text(SOURCE_EMULATED)) != 0)
			continue;
		c->why = xstrdup("its traffic is emulated");
		return err_set(e,
			       "%s: row %zu is of emulated traffic; give the run's directory, not "
			       "its capture",
			       file, i + 1);
	}
	if (!u.rows || u.unmet == u.rows) {
		c->why = xstrdup("its labels meet no flow of it");
		return err_set(e, "%s: none of its %zu flows is in %s", file, u.rows, c->path);
	}
	return 0;
}

/* Reads a capture as far as it is readable. 0; -1 with @e set when that is nothing. */
static int read_whole(struct paper_material *m, struct paper_capture *c, struct listener *to,
		      struct flow_index *x, struct err *e)
{
	if (detect_with(m->set, c->path, hear, to, x, e) == 0)
		return 0;
	if (!flow_index_count(x)) {
		c->why = xstrdup("it cannot be read");
		return -1;
	}
	log_warn("%s; used up to there", e->msg);
	c->cut = true;
	return 0;
}

int recorded_capture(struct paper_material *m, struct paper_capture *c, struct err *e)
{
	char *file = labels_path_of(c->path, e);
	struct labels *l = file ? labels_read(file, LABEL_SKYPE, e) : NULL;
	struct flow_index *x = flow_index_new();
	struct detections *v = detections_new();
	struct listener to = {v, m->book, c->name, l};
	struct score_input in = {
		.setting = {.source = SOURCE_RECORDED, .traffic_version = c->name, .cell = c->name},
		.labels = l,
		.detections = v,
		.flows = x};
	int rc = -1;

	if (!file)
		c->why = xstrdup("no label file belongs to it");
	else if (l && read_whole(m, c, &to, x, e) == 0 && check_labels(l, x, file, c, e) == 0)
		rc = score_of_set(m->recorded, m->set, &in, e);
	if (rc == 0) {
		count_flows(c, l, x);
		count_time(c, x);
		c->clients = count_clients(m->recorded, c->name);
		message_book_flows(m->book, c->name, c->skype);
	}
	detections_free(v);
	flow_index_free(x);
	labels_free(l);
	free(file);
	return rc;
}

int recorded_negative(struct paper_material *m, const char *path, struct err *e)
{
	struct flow_index *x = flow_index_new();
	struct detections *v = detections_new();
	struct score_input in = {
		.setting = {.source = SOURCE_RECORDED, .cell = path}, .detections = v, .flows = x};
	struct flow_totals one;
	struct err why;
	int rc = 0;

	if (detect_capture(m->set, path, v, x, &why) < 0) {
		log_warn("%s", why.msg);
		m->negatives_damaged++;
	}
	flow_index_totals(x, &one);
	flow_totals_add(&m->negative_totals, &one);
	if (flow_index_count(x))
		rc = score_of_set(m->clean, m->set, &in, e);
	detections_free(v);
	flow_index_free(x);
	return rc;
}
