// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_messages.c - the messages of a run's emulated cells, as the captures show them
 *
 * messages.tsv says what was sent and how it is called, by the tuple of the sender's own socket;
 * truth.VANTAGE.tsv which flows the vantage saw. At the caller's LAN the two tuples are equal for
 * all flows that the caller's clients opened. The capture is read as messages
 * (analysis/message/stream.h), and each takes the first message of its flow and direction that was
 * sent with its size and not seen yet. Over TCP several that were sent behind each other may arrive
 * as one: then it takes as many as have its size together.
 *
 * Limits: a message that arrives cut in two is not seen. A vantage behind a NAT sees other tuples
 * than those that were sent from, so only flows whose tuple stayed count there. Memory: one cell's
 * messages.
 */
#include <dirent.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/message/stream.h"
#include "base/capture/capture.h"
#include "base/inner.h"
#include "base/path.h"
#include "base/progress.h"
#include "base/tsv.h"
#include "results/score/labels_file.h"
#include "run/paper/run_messages.h"

/* A message as it was sent. */
struct sent {
	struct message_count *count;
	uint32_t size;
	bool to_opener, seen;
};

/* The messages of one tuple, in the order of sending. */
struct flow {
	struct flow_key key;
	struct endpoint opener;
	struct sent *sent;  /* (owned) */
	size_t n, first[2]; /* @first: by direction, all before it are seen */
	UT_hash_handle hh;
};

struct cell {
	struct message_book *book;
	struct labels *truth;
	struct flow *flows;
};

/* ------------------------------------------------------------------ what was sent */

static struct flow *flow_of(struct cell *c, const struct tuple *t)
{
	struct flow_key key = flow_key(t);
	struct flow *f;

	HASH_FIND(hh, c->flows, &key, sizeof(key), f);
	if (f)
		return f;
	f = xcalloc(1, sizeof(*f));
	f->key = key;
	f->opener = t->src;
	HASH_ADD(hh, c->flows, key, sizeof(f->key), f);
	return f;
}

static void flow_add(struct flow *f, const struct sent *s)
{
	if ((f->n & (f->n - 1)) == 0) /* full at every power of two */
		f->sent = xrealloc(f->sent, (f->n ? 2 * f->n : 1) * sizeof(*f->sent));
	f->sent[f->n++] = *s;
}

/* The flow's row at the vantage, when it is Skype's and emulated. */
static const struct label *row_of(const struct cell *c, const struct tuple *t)
{
	const struct label *row = labels_find(c->truth, t);

	if (!row || row->kind != KIND_POSITIVE || !*row->version)
		return NULL;
	return !strcmp(row->source, source_text(SOURCE_RECORDED)) ? NULL : row;
}

static void add_row(struct cell *c, const struct tuple *t, const struct label *row,
		    const char *name, bool to_opener, uint32_t size)
{
	bool opened_by_client = !row->client.family || ip_eq(&row->client, &t->src.ip);
	struct message_count like = {.source = SOURCE_EMULATED,
				     .whose = row->version,
				     .by = "truth",
				     .name = name,
				     .tcp = t->proto == IPPROTO_TCP,
				     .from_client = to_opener != opened_by_client};
	struct sent s = {message_book_at(c->book, &like), size, to_opener, false};

	s.count->of++;
	flow_add(flow_of(c, t), &s);
}

/* 0, or -1 with @e set. */
static int add_sent(struct cell *c, const struct tsv *m, struct err *e)
{
	int name = tsv_need(m, "name", e), size = tsv_need(m, "size", e);
	int direction = tsv_need(m, "direction", e), proto = tsv_need(m, "proto", e);
	int opener = tsv_need(m, "opener", e), peer = tsv_need(m, "peer", e);

	if (name < 0 || size < 0 || direction < 0 || proto < 0 || opener < 0 || peer < 0)
		return -1;
	for (size_t r = 0; r < m->rows; r++) {
		struct tuple t = {.proto = IPPROTO_UDP};
		const struct label *row;
		uint64_t bytes;

		if (tsv_count(m, r, size, &bytes, e) < 0)
			return -1;
		if (!strcmp(tsv_cell(m, r, proto), "tcp"))
			t.proto = IPPROTO_TCP;
		if (endpoint_parse(tsv_cell(m, r, opener), &t.src) < 0 ||
		    endpoint_parse(tsv_cell(m, r, peer), &t.dst) < 0 || bytes > UINT32_MAX)
			return err_set(e, "%s:%u: not a row of messages.tsv", m->path, m->lines[r]);
		row = row_of(c, &t);
		if (row)
			add_row(c, &t, row, tsv_cell(m, r, name),
				!strcmp(tsv_cell(m, r, direction), "to-opener"), (uint32_t)bytes);
	}
	return 0;
}

/* ------------------------------------------------------------------ what was seen */

/* How many of the flow's messages from @at on, of one direction and not seen, have @size together;
 * 0 = none. */
static size_t run_length(const struct flow *f, size_t at, bool to_opener, uint32_t size, bool tcp)
{
	uint64_t sum = 0;

	for (size_t i = at; i < f->n; i++) {
		if (f->sent[i].seen || f->sent[i].to_opener != to_opener)
			continue;
		sum += f->sent[i].size;
		if (sum == size)
			return i - at + 1;
		if (sum > size || !tcp)
			return 0;
	}
	return 0;
}

static void mark(struct flow *f, size_t at, size_t n, bool to_opener)
{
	for (size_t i = at; i < at + n; i++) {
		struct sent *s = &f->sent[i];
		char size[24];

		if (s->seen || s->to_opener != to_opener)
			continue;
		snprintf(size, sizeof(size), "%u", s->size);
		tally(&s->count->sizes, size)->n[0]++;
		s->count->seen++;
		s->seen = true;
	}
}

static void see(void *arg, const struct message *m)
{
	struct cell *c = arg;
	struct flow_key key = flow_key(&m->flow->tuple);
	bool tcp = m->flow->tuple.proto == IPPROTO_TCP, to_opener;
	struct flow *f;

	HASH_FIND(hh, c->flows, &key, sizeof(key), f);
	if (!f)
		return;
	to_opener = endpoint_eq(&f->opener, &m->flow->tuple.src) ? m->reply : !m->reply;
	while (f->first[to_opener] < f->n && (f->sent[f->first[to_opener]].seen ||
					      f->sent[f->first[to_opener]].to_opener != to_opener))
		f->first[to_opener]++;
	for (size_t i = f->first[to_opener]; i < f->n; i++) {
		size_t n = run_length(f, i, to_opener, m->size, tcp);

		if (n) {
			mark(f, i, n, to_opener);
			return;
		}
	}
}

static int read_capture(struct cell *c, const char *path, struct err *e)
{
	struct message_user user = {.arg = c, .message = see};
	struct message_stream *s = message_stream_new(&user, 0);
	struct capture *in = capture_open_files(&path, 1, NULL, e);
	struct packet p;
	int rc = in ? 0 : -1;

	while (in && capture_next_readable(in, &p, &rc, e))
		message_stream_packet(s, &p);
	message_stream_end(s);
	message_stream_free(s);
	if (in)
		capture_close(in);
	return rc;
}

/* ------------------------------------------------------------------ the cell */

static void cell_clear(struct cell *c)
{
	struct flow *f, *next;

	HASH_ITER (hh, c->flows, f, next) {
		HASH_DEL(c->flows, f);
		free(f->sent);
		free(f);
	}
	labels_free(c->truth);
}

char *cell_capture_at(const char *dir, const char *vantage)
{
	json_t *facts = inner_json(dir, "cell.json", NULL);
	const json_t *tap = json_object_get(json_object_get(facts, "taps"), vantage);
	const char *file = json_string_value(json_object_get(tap, "file"));
	char *path = file && inner_name(file) ? path_in(dir, file) : NULL;

	json_decref(facts);
	return path;
}

static int cell_messages(struct message_book *b, const char *dir, const char *vantage,
			 struct err *e)
{
	char *messages = path_in(dir, "messages.tsv"), *capture = cell_capture_at(dir, vantage);
	char *truth = path_inf(dir, "truth.%s.tsv", vantage);
	struct cell c = {.book = b};
	struct tsv *m = NULL;
	int rc = 0;

	if (capture && access(messages, R_OK) == 0 && access(truth, R_OK) == 0) {
		c.truth = labels_read(truth, LABEL_SKYPE, e);
		m = c.truth ? tsv_read(messages, e) : NULL;
		rc = m && add_sent(&c, m, e) == 0 ? 0 : -1;
		if (rc == 0 && c.flows)
			rc = read_capture(&c, capture, e);
	}
	cell_clear(&c);
	tsv_free(m);
	free(messages);
	free(capture);
	free(truth);
	return rc;
}

int run_messages(struct message_book *b, const char *dir, const char *vantage, struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	char *cells = path_in(dir, "cells");
	struct dirent **list = NULL;
	int n = scandir(cells, &list, NULL, alphasort), rc = 0;

	if (n < 0)
		rc = err_sys(e, "%s: cannot read", cells);
	for (int i = 0; i < n; i++) {
		char *path = path_in(cells, list[i]->d_name);

		progress_count(&progress, (unsigned long)i, (unsigned long)n, "cells");
		if (rc == 0 && list[i]->d_name[0] != '.')
			rc = cell_messages(b, path, vantage, e);
		free(path);
		free(list[i]);
	}
	progress_end(&progress);
	free(list);
	free(cells);
	return rc;
}
