// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stage.c - how far the exchange of a missed flow went
 *
 * A signature misses a flow for one of two reasons. Either the flow never had the messages that the
 * signature needs (nobody answered U1, or later messages took another flow): the traffic is the
 * cause. Or it had them all: the signature is the cause. What was sent comes from the truth
 * (messages.tsv, as the senders see it). Behind an address translation the near end of the flow
 * differs; there it is found by its far end, if only one flow of the cell has that.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "base/path.h"
#include "base/tsv.h"
#include "results/score/stage.h"
#include "results/score/subject.h"

#define STAGE_NAMES 8 /* names kept; then "..." */

struct far_key {
	uint8_t proto;
	struct endpoint_key end;
};

struct sent {
	struct flow_key key;
	struct far_key far;
	char names[STAGE_NAMES][16];
	unsigned n;
	bool unnamed;
	UT_hash_handle hh;
};

struct far_end {
	struct far_key key;
	struct sent *only; /* NULL when several flows have this far end */
	UT_hash_handle hh;
};

struct cell_sent {
	char *cell; /* (owned) */
	struct sent *flows;
	struct far_end *ends;
};

static struct far_key far_key(uint8_t proto, const struct endpoint *e)
{
	return (struct far_key){proto, endpoint_key(e)};
}

static void cell_free(struct cell_sent *c)
{
	struct sent *s, *sn;
	struct far_end *f, *fn;

	HASH_ITER (hh, c->flows, s, sn) {
		HASH_DEL(c->flows, s);
		free(s);
	}
	HASH_ITER (hh, c->ends, f, fn) {
		HASH_DEL(c->ends, f);
		free(f);
	}
	free(c->cell);
	memset(c, 0, sizeof(*c));
}

static struct sent *sent_of(struct cell_sent *c, const struct tuple *t)
{
	struct flow_key key = flow_key(t);
	struct far_key far = far_key(t->proto, &t->dst);
	struct far_end *end;
	struct sent *s;

	HASH_FIND(hh, c->flows, &key, sizeof(key), s);
	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	s->key = key;
	s->far = far;
	HASH_ADD(hh, c->flows, key, sizeof(s->key), s);
	HASH_FIND(hh, c->ends, &far, sizeof(far), end);
	if (end) {
		end->only = NULL;
		return s;
	}
	end = xcalloc(1, sizeof(*end));
	end->key = far;
	end->only = s;
	HASH_ADD(hh, c->ends, key, sizeof(end->key), end);
	return s;
}

static void note_name(struct sent *s, const char *name)
{
	if (!*name || !strcmp(name, "-")) {
		s->unnamed = true;
		return;
	}
	/* Each name once, however often it was sent. */
	for (unsigned i = 0; i < s->n && i < STAGE_NAMES; i++)
		if (!strcmp(s->names[i], name))
			return;
	if (s->n < STAGE_NAMES)
		snprintf(s->names[s->n], sizeof(s->names[0]), "%s", name);
	s->n++;
}

/* Reads what a cell's flows sent; nothing when it has no messages.tsv, as cells of recordings. */
static int cell_load(struct cell_sent *c, const char *run_dir, const char *cell, struct err *e)
{
	char *path = path_inf(run_dir, "cells/%s/messages.tsv", cell);
	struct tsv *m = NULL;
	int rc = 0;

	cell_free(c);
	c->cell = xstrdup(cell);
	if (access(path, R_OK) == 0) {
		m = tsv_read(path, e);
		rc = m ? 0 : -1;
	}
	free(path);
	for (size_t r = 0; m && r < m->rows; r++) {
		const char *proto = tsv_cell(m, r, tsv_column(m, "proto"));
		struct tuple t = {.proto = !strcmp(proto, "udp") ? 17 : 6};

		if (endpoint_parse(tsv_cell(m, r, tsv_column(m, "opener")), &t.src) == 0 &&
		    endpoint_parse(tsv_cell(m, r, tsv_column(m, "peer")), &t.dst) == 0)
			note_name(sent_of(c, &t), tsv_cell(m, r, tsv_column(m, "name")));
	}
	tsv_free(m);
	return rc;
}

static char *stage_text(const struct sent *s)
{
	char text[STAGE_NAMES * 17 + 8] = "";

	for (unsigned i = 0; i < s->n && i < STAGE_NAMES; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 s->names[i]);
	if (s->n > STAGE_NAMES)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " ...");
	return xstrdup(s->n ? text : "unnamed");
}

static char *stage_of(const struct cell_sent *c, const struct tuple *t)
{
	struct flow_key key = flow_key(t);
	struct far_key far = far_key(t->proto, &t->dst);
	struct far_end *end;
	struct sent *s;

	HASH_FIND(hh, c->flows, &key, sizeof(key), s);
	if (s)
		return stage_text(s);
	HASH_FIND(hh, c->ends, &far, sizeof(far), end);
	if (!end)
		return xstrdup("no payload");
	return end->only ? stage_text(end->only) : NULL;
}

struct order {
	size_t claim;
	const char *cell;
};

static int by_cell(const void *a, const void *b)
{
	const struct order *x = a, *y = b;
	int d = strcmp(x->cell, y->cell);

	return d ? d : (x->claim > y->claim) - (x->claim < y->claim);
}

int stage_claims(struct score_table *t, const char *run_dir, struct err *e)
{
	struct order *o = xcalloc(t->claims_n + 1, sizeof(*o));
	struct cell_sent c = {0};
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *k = &t->claims[i];

		if (k->result == CLAIM_FN && t->rows[k->row].unit == UNIT_FLOW &&
		    t->rows[k->row].source == SOURCE_EMULATED)
			o[n++] = (struct order){i, k->cell};
	}
	qsort(o, n, sizeof(*o), by_cell);
	for (size_t i = 0; i < n && !rc; i++) {
		struct score_claim *k = &t->claims[o[i].claim];
		struct tuple tuple = {0};

		if (!c.cell || strcmp(c.cell, k->cell) != 0)
			rc = cell_load(&c, run_dir, k->cell, e);
		if (!rc && c.flows && subject_parse_flow(k->subject, &tuple) == 0) {
			free(k->stage);
			k->stage = stage_of(&c, &tuple);
		}
	}
	cell_free(&c);
	free(o);
	return rc;
}
