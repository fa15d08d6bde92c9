// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trials.c - the cells of a run, by the version of their client: who was seen, and what it cost
 *
 * A cell is one trial. Whether a signature saw it is the scorer's word (claims.tsv; of unit client: any
 * event that names the client, evidence as well). Which of its rules reported comes
 * from eve.json; what was sent, from messages.tsv, which the emulated sources write. Of a foreign detector
 * the flows that it claims are all that is known of its reasons: their protocol and port take the
 * place of rules. Who has no line for a cell did not look, which is not the same as to see nothing.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/inner.h"
#include "base/number.h"
#include "base/path.h"
#include "base/tsv.h"
#include "run/evade/trials.h"

#define HEADERS_UDP 28 /* IPv4 and UDP */
#define HEADERS_TCP 40 /* IPv4 and TCP, without options */

/* ------------------------------------------------------------------ names of rules */

struct rule_names {
	const char *signature;
	bool foreign;
	char **names; /* (owned, and each) */
	size_t n;
};

struct rule_book {
	struct rule_names *of; /* (owned) */
	size_t n;
};

struct rule_book *rule_book_new(void)
{
	return xcalloc(1, sizeof(struct rule_book));
}

void rule_book_add(struct rule_book *b, const char *name, bool foreign)
{
	b->of = xrealloc(b->of, (b->n + 1) * sizeof(*b->of));
	b->of[b->n++] = (struct rule_names){.signature = name, .foreign = foreign};
}

void rule_book_free(struct rule_book *b)
{
	for (size_t i = 0; b && i < b->n; i++) {
		for (size_t k = 0; k < b->of[i].n; k++)
			free(b->of[i].names[k]);
		free(b->of[i].names);
	}
	if (b)
		free(b->of);
	free(b);
}

static size_t signature_of(const struct rule_book *b, const char *name)
{
	size_t i = 0;

	while (i < b->n && strcmp(b->of[i].signature, name) != 0)
		i++;
	return i;
}

static void note_rule(struct rule_names *r, struct sight *s, const char *rule)
{
	size_t i = 0;

	while (i < r->n && strcmp(r->names[i], rule) != 0)
		i++;
	if (i == r->n) {
		if (r->n == FIRED_WORDS * 64UL)
			return;
		r->names = xrealloc(r->names, (r->n + 1) * sizeof(*r->names));
		r->names[r->n++] = xstrdup(rule);
	}
	s->fired[i / 64] |= 1ULL << (i % 64);
}

/* ------------------------------------------------------------------ one cell */

static int read_rules(const char *folder, enum score_unit unit, struct rule_book *b,
		      struct trials *t, struct err *e)
{
	FILE *f = inner_open(folder, "eve.json", e);
	size_t room = 0;
	char *line = NULL;

	if (!f)
		return -1;
	while (getline(&line, &room, f) > 0) {
		json_t *j = json_loads(line, 0, NULL), *of = json_object_get(j, "skype");
		const char *name = json_string_value(json_object_get(of, "signature"));
		const char *rule = json_string_value(json_object_get(of, "rule"));
		const char *event = json_string_value(json_object_get(of, "event"));
		size_t i = name ? signature_of(b, name) : b->n;

		if (i < b->n && rule && event &&
		    (unit == UNIT_CLIENT || !strcmp(event, score_unit_text(unit))))
			note_rule(&b->of[i], &t->sights[i], rule);
		json_decref(j);
	}
	free(line);
	fclose(f);
	return 0;
}

/* Its place among @t->sums; @t->sums_n = there is none. */
static size_t place_of(const struct trials *t, const char *name)
{
	size_t i = 0;

	while (i < t->sums_n && strcmp(t->sums[i].name, name) != 0)
		i++;
	return i;
}

static struct message_sum *sum_of(struct trials *t, const char *name)
{
	size_t i = place_of(t, name);

	if (i == t->sums_n) {
		t->sums = xrealloc(t->sums, (t->sums_n + 1) * sizeof(*t->sums));
		t->sums[t->sums_n] = (struct message_sum){0};
		snprintf(t->sums[t->sums_n++].name, sizeof(t->sums[0].name), "%s", name);
	}
	return &t->sums[i];
}

const struct message_sum *trials_sum(const struct trials *t, const char *name)
{
	size_t i = place_of(t, name);

	return i < t->sums_n ? &t->sums[i] : NULL;
}

/* A flow's message before; rows of one flow stand together or apart, in order of time. */
static double time_before(const struct tsv *m, size_t row, int flow, int time, double now)
{
	double at;

	for (size_t k = row; k-- > 0;)
		if (!strcmp(tsv_cell(m, k, flow), tsv_cell(m, row, flow)))
			return number_real("time", tsv_cell(m, k, time), 0, 1e12, &at, NULL) == 0
				       ? now - at
				       : -1;
	return -1;
}

static int read_messages(const char *folder, struct trials *t, struct err *e)
{
	char *path = path_in(folder, "messages.tsv");
	struct tsv *m = tsv_read(path, e);
	int name, size, proto, flow, time, rc = 0;

	free(path);
	if (!m)
		return -1;
	name = tsv_need(m, "name", e);
	size = name < 0 ? -1 : tsv_need(m, "size", e);
	proto = size < 0 ? -1 : tsv_need(m, "proto", e);
	flow = proto < 0 ? -1 : tsv_need(m, "flow", e);
	time = flow < 0 ? -1 : tsv_need(m, "time", e);
	for (size_t i = 0; rc == 0 && time >= 0 && i < m->rows; i++) {
		struct message_sum *s = sum_of(t, tsv_cell(m, i, name));
		uint64_t bytes;
		double now, after;

		if (tsv_count(m, i, size, &bytes, e) < 0 ||
		    number_real("time", tsv_cell(m, i, time), 0, 1e12, &now, e) < 0) {
			rc = -1;
			break;
		}
		bytes += !strcmp(tsv_cell(m, i, proto), "tcp") ? HEADERS_TCP : HEADERS_UDP;
		s->n++;
		s->bytes += bytes;
		t->bytes += bytes;
		after = time_before(m, i, flow, time, now);
		if (after >= 0) {
			s->after_n++;
			s->after_s += after;
		}
	}
	tsv_free(m);
	return time < 0 ? -1 : rc;
}

static int read_outcomes(const char *folder, struct trials *t, struct err *e)
{
	char *path = path_in(folder, "outcomes.tsv");
	struct tsv *o = tsv_read(path, e);
	int kind = o ? tsv_need(o, "kind", e) : -1;
	int result = kind < 0 ? -1 : tsv_need(o, "result", e);
	int seconds = result < 0 ? -1 : tsv_need(o, "seconds", e);
	size_t logins = 0, in = 0;

	free(path);
	for (size_t i = 0; seconds >= 0 && i < o->rows; i++) {
		double s;

		if (strcmp(tsv_cell(o, i, kind), "login") != 0)
			continue;
		logins++;
		if (strcmp(tsv_cell(o, i, result), "in") != 0 ||
		    number_real("seconds", tsv_cell(o, i, seconds), 0, 1e9, &s, NULL) < 0)
			continue;
		in++;
		t->login_s += s;
	}
	tsv_free(o);
	t->n++;
	t->in += logins && in == logins;
	t->logins += in;
	return seconds < 0 ? -1 : 0;
}

/* ------------------------------------------------------------------ the run */

/* The cells of a run: whose each is. */
struct cells {
	char **names;	    /* (owned, and each) */
	struct trials **of; /* (owned) NULL = of none of the versions */
	bool **seen;	    /* (owned, and each) by name in the book */
	bool **looked;	    /* (owned, and each) the same */
	size_t n;
};

static void cells_clear(struct cells *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->names[i]);
		free(c->seen[i]);
		free(c->looked[i]);
	}
	free(c->looked);
	free(c->names);
	free(c->of);
	free(c->seen);
}

/* The text of its version on the scenario's axis. */
static int version_index(const char *folder, const char *const *versions, size_t n, size_t *out,
			 struct err *e)
{
	json_t *j = inner_json(folder, "cell.json", e), *sources;
	const char *v;

	if (!j)
		return -1;
	sources = json_object_get(json_object_get(j, "scoring"), "sources");
	v = json_string_value(
		json_object_get(json_object_get(sources, "emulated"), "traffic_version"));
	*out = 0;
	while (*out < n && (!v || strcmp(versions[*out], v) != 0))
		++*out;
	json_decref(j);
	return 0;
}

static int read_cell(struct cells *c, const char *run, const char *name,
		     const char *const *versions, size_t n, enum score_unit unit,
		     struct rule_book *b, struct trials *const *out, struct err *e)
{
	char *folder = path_inf(run, "cells/%s", name);
	size_t v = n;
	int rc = version_index(folder, versions, n, &v, e);

	if (rc == 0) {
		c->names = xrealloc(c->names, (c->n + 1) * sizeof(*c->names));
		c->of = xrealloc(c->of, (c->n + 1) * sizeof(*c->of));
		c->seen = xrealloc(c->seen, (c->n + 1) * sizeof(*c->seen));
		c->looked = xrealloc(c->looked, (c->n + 1) * sizeof(*c->looked));
		c->names[c->n] = xstrdup(name);
		c->of[c->n] = v < n ? out[v] : NULL;
		c->looked[c->n] = xcalloc(b->n, sizeof(bool));
		c->seen[c->n++] = xcalloc(b->n, sizeof(bool));
	}
	if (rc == 0 && v < n) {
		if (!out[v]->sights)
			out[v]->sights = xcalloc(b->n, sizeof(*out[v]->sights));
		rc = read_outcomes(folder, out[v], e) < 0 || read_messages(folder, out[v], e) < 0 ||
				     read_rules(folder, unit, b, out[v], e) < 0
			     ? -1
			     : 0;
	}
	free(folder);
	return rc;
}

/* "udp 192.168.1.2:5 9.8.7.6:80" -> "udp 80": the kind of a flow that was claimed; well-known ports are told
 * apart, for these are where a client changes its ways. */
static void note_flow(struct rule_names *r, struct sight *s, const char *subject)
{
	static const char *const ports[] = {"53", "80", "443"};
	const char *port = strrchr(subject, ':');
	size_t proto = strcspn(subject, " ");
	char kind[32];

	snprintf(kind, sizeof(kind), "%.*s", (int)(proto < 8 ? proto : 8), subject);
	for (size_t i = 0; port && i < ARRAY_LEN(ports); i++)
		if (!strcmp(port + 1, ports[i]))
			snprintf(kind, sizeof(kind), "%.*s %s", (int)(proto < 8 ? proto : 8),
				 subject, ports[i]);
	note_rule(r, s, kind);
}

struct claims_columns {
	int unit, result, cell, signature, subject;
};

static int claims_columns(const struct tsv *t, struct claims_columns *c, struct err *e)
{
	c->unit = tsv_need(t, "unit", e);
	c->result = c->unit < 0 ? -1 : tsv_need(t, "result", e);
	c->cell = c->result < 0 ? -1 : tsv_need(t, "cell", e);
	c->signature = c->cell < 0 ? -1 : tsv_need(t, "signature", e);
	c->subject = c->signature < 0 ? -1 : tsv_need(t, "subject", e);
	return c->subject < 0 ? -1 : 0;
}

static void take_claim(const struct tsv *t, size_t i, const struct claims_columns *at,
		       enum score_unit wanted, struct rule_book *b, struct cells *c)
{
	const char *unit = tsv_cell(t, i, at->unit), *result;
	size_t s = signature_of(b, tsv_cell(t, i, at->signature)), k = 0;

	while (k < c->n && strcmp(c->names[k], tsv_cell(t, i, at->cell)) != 0)
		k++;
	if (s == b->n || k == c->n)
		return;
	c->looked[k][s] = true;
	result = tsv_cell(t, i, at->result);
	if (!strcmp(result, "tp") && !strcmp(unit, score_unit_text(wanted)))
		c->seen[k][s] = true;
	/* A look-up of Skype's names is no flow of Skype, but who claims it names the client. */
	if (b->of[s].foreign && c->of[k] && !strcmp(unit, score_unit_text(UNIT_FLOW)) &&
	    (!strcmp(result, "tp") || !strcmp(result, "fp")))
		note_flow(&b->of[s], &c->of[k]->sights[s], tsv_cell(t, i, at->subject));
}

static int read_claims(const char *run, enum score_unit wanted, struct rule_book *b,
		       struct cells *c, struct err *e)
{
	char *path = path_in(run, "claims.tsv");
	struct tsv *t = tsv_read(path, e);
	struct claims_columns at;
	int rc = t ? claims_columns(t, &at, e) : -1;

	free(path);
	for (size_t i = 0; rc == 0 && i < t->rows; i++)
		take_claim(t, i, &at, wanted, b, c);
	tsv_free(t);
	for (size_t k = 0; rc == 0 && k < c->n; k++)
		for (size_t s = 0; rc == 0 && s < b->n; s++)
			if (!c->looked[k][s])
				rc = err_set(e,
					     "%s/claims.tsv: %s has no line for cell %s: what it "
					     "does not see there is not known",
					     run, b->of[s].signature, c->names[k]);
	return rc;
}

int trials_read(const char *run, const char *const *versions, size_t n, enum score_unit unit,
		struct rule_book *b, struct trials *const *out, struct err *e)
{
	char *path = path_in(run, "cells");
	DIR *d = opendir(path);
	struct cells c = {0};
	int rc = d ? 0 : err_sys(e, "%s", path);

	for (struct dirent *de; d && rc == 0 && (de = readdir(d));)
		if (de->d_name[0] != '.')
			rc = read_cell(&c, run, de->d_name, versions, n, unit, b, out, e);
	if (d)
		closedir(d);
	if (rc == 0)
		rc = read_claims(run, unit, b, &c, e);
	for (size_t i = 0; rc == 0 && i < c.n; i++)
		for (size_t s = 0; s < b->n && c.of[i]; s++)
			c.of[i]->sights[s].seen += c.seen[i][s];
	cells_clear(&c);
	free(path);
	return rc;
}

void trials_clear(struct trials *t)
{
	free(t->sums);
	free(t->sights);
	*t = (struct trials){0};
}
