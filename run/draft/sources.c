// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sources.c - captures and runs, their labels, and the flows of both
 *
 * A host is the client's side of a positive flow: its name or address, in its capture or cell. Two
 * cells are two hosts though the address be the same; two vantages of a cell are one. The vantage
 * that comes first for a host counts; what another shows of it again is looked at, and not counted.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/capture/capture.h"
#include "base/input.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "results/history/manifest.h"
#include "results/score/labels_file.h"
#include "run/cell/of_capture.h"
#include "run/detect/captures.h"
#include "run/detect/flow_identity.h"
#include "run/draft/sources.h"

struct adding {
	struct draft_sources *s;
	const struct draft_choice *choice;
	const char *part;
	bool drafts;
	const char *run; /* or NULL */
	size_t copies;	 /* of the path under way that were left out, of other trials */
};

static struct draft_capture *capture_new(struct draft_sources *s)
{
	if (!(s->n & (s->n - 1)))
		s->list = xrealloc(s->list, (s->n ? 2 * s->n : 1) * sizeof(*s->list));
	memset(&s->list[s->n], 0, sizeof(*s->list));
	return &s->list[s->n++];
}

/* The trial of that name: the one before has it, where a cell's next vantage comes. */
static uint32_t group_of(struct draft_sources *s, const char *cell, bool run)
{
	if (run && s->n >= 2 && !strcmp(s->list[s->n - 2].cell, cell))
		return s->list[s->n - 2].group;
	return s->groups++;
}

/* Nothing may be on two sides. */
static int check_apart(const struct draft_sources *s, struct err *e)
{
	const struct draft_capture *c = &s->list[s->n - 1];

	for (size_t i = 0; i + 1 < s->n; i++)
		if (s->list[i].part != c->part && !strcmp(s->list[i].sha256, c->sha256))
			return err_set(e,
				       "%s: it is given as %s and, as %s, with the same content as "
				       "%s; each capture is for one purpose",
				       c->path, c->part, s->list[i].part, s->list[i].path);
	return 0;
}

static void capture_clear(struct draft_capture *c)
{
	free(c->path);
	free(c->cell);
	free(c->vantage);
	free(c->version);
	if (c->scored != c->labels)
		labels_free(c->scored);
	labels_free(c->labels);
	memset(c, 0, sizeof(*c));
}

/* Takes the last capture out again when one for the same part has its content: a copy is no trial of its
 * own, and must not be drafted from where the other is kept apart. */
static void drop_copy(struct adding *a)
{
	struct draft_capture *c = &a->s->list[a->s->n - 1];

	for (size_t i = 0; i + 1 < a->s->n; i++) {
		if (strcmp(a->s->list[i].sha256, c->sha256) != 0)
			continue;
		a->copies += a->s->list[i].group != c->group;
		capture_clear(c);
		a->s->n--;
		return;
	}
}

const char *draft_host_name(const struct labels *l, const struct label *row, char text[IP_TEXT_LEN])
{
	struct ip client = labels_client(l, row);
	const char *named = !client.family || ip_eq(&client, &row->tuple.src.ip) ? row->client_host
										 : row->server_host;

	return *named ? named : ip_text(client.family ? &client : &row->tuple.src.ip, text);
}

void draft_label_forget(struct label *row)
{
	label_copy(row->application, LABEL_UNKNOWN);
	row->kind = KIND_UNKNOWN;
}

static bool names_host(const struct labels *l, const char *name)
{
	char text[IP_TEXT_LEN];

	for (size_t i = 0; i < labels_count(l); i++)
		if (!strcmp(draft_host_name(l, labels_at(l, i), text), name))
			return true;
	return false;
}

/* Whether an earlier vantage of the cell shows that host. */
static bool seen_earlier(const struct draft_sources *s, const struct draft_capture *c,
			 const char *name)
{
	for (const struct draft_capture *o = c; o-- > s->list && o->group == c->group;)
		if (o->labels && names_host(o->labels, name))
			return true;
	return false;
}

static void set_scored(const struct draft_sources *s, struct draft_capture *c)
{
	char text[IP_TEXT_LEN];

	c->scored = c->labels;
	if (!c->labels || c == s->list || c[-1].group != c->group)
		return;
	c->scored = labels_new(labels_target(c->labels));
	for (size_t i = 0; i < labels_count(c->labels); i++) {
		struct label row = *labels_at(c->labels, i);

		if (seen_earlier(s, c, draft_host_name(c->labels, &row, text)))
			draft_label_forget(&row);
		labels_add(c->scored, &row);
	}
}

static int add_capture(struct adding *a, const char *path, struct labels *labels,
		       const struct score_setting *set, struct err *e)
{
	struct draft_capture *c = capture_new(a->s);

	*c = (struct draft_capture){.path = xstrdup(path),
				    .vantage = xstrdup(set->vantage ? set->vantage : ""),
				    .version = xstrdup(set->traffic_version),
				    .cell = a->run ? path_in(a->run, set->cell)
						   : xstrdup(set->cell),
				    .labels = labels,
				    .source = set->source,
				    .drafts = a->drafts,
				    .part = a->part};
	c->group = c->trial = group_of(a->s, c->cell, a->run);
	set_scored(a->s, c);
	if (file_sha256(path, c->sha256, e) < 0 || check_apart(a->s, e) < 0)
		return -1;
	drop_copy(a);
	return 0;
}

static struct labels *labels_copy(const struct labels *from)
{
	struct labels *to = labels_new(labels_target(from));

	for (size_t i = 0; i < labels_count(from); i++)
		labels_add(to, labels_at(from, i));
	return to;
}

/* A capture_fn: a cell's. */
static int add_of_run(void *adding, const char *path, const struct labels *labels,
		      const struct score_setting *set, struct err *e)
{
	struct adding *a = adding;

	if (a->choice->version && strcmp(set->traffic_version, a->choice->version) != 0)
		return 0;
	return add_capture(a, path, labels_copy(labels), set, e);
}

static int add_run(struct adding *a, const char *dir, struct err *e)
{
	size_t before = a->s->n;

	if (manifest_verify(dir, e) != MANIFEST_WHOLE || input_folder(dir, e) < 0)
		return -1;
	a->run = dir;
	if (run_captures(dir, a->choice->target, add_of_run, a, e) < 0)
		return -1;
	a->run = NULL;
	return a->s->n > before || a->copies
		       ? 0
		       : err_set(e, "%s: no cell of the run has traffic of version %s", dir,
				 a->choice->version);
}

/* The labels of a recorded capture; NULL: it has none, or (-1 in *@rc) they are wrong. */
static struct labels *recorded_labels(const struct adding *a, const char *path, int *rc,
				      struct err *e)
{
	struct err none;
	char *of = labels_path_of(path, a->drafts ? e : &none);
	struct labels *l = of ? labels_read(of, a->choice->target, e) : NULL;

	if (!l && (of || a->drafts))
		*rc = -1;
	free(of);
	return l;
}

static int add_recorded(struct adding *a, const char *path, struct err *e)
{
	struct score_setting set = {.source = SOURCE_RECORDED,
				    .traffic_version = capture_name(path),
				    .cell = capture_name(path)};
	struct cell_capture cell = {0};
	struct labels *l;
	int rc = 0;

	if (cell_of_capture(path, &cell)) {
		cell_capture_clear(&cell);
		return err_set(e, "%s: a capture of a run: name the run's directory", path);
	}
	l = recorded_labels(a, path, &rc, e);
	set.source = l && labels_emulated(l) ? SOURCE_EMULATED : SOURCE_RECORDED;
	return rc ? rc : add_capture(a, path, l, &set, e);
}

static int add_path(struct adding *a, const char *path, struct err *e)
{
	char **list;
	int rc = 0;

	if (is_run_directory(path))
		return add_run(a, path, e);
	list = capture_list(&path, 1, e);
	for (size_t i = 0; list && list[i] && rc == 0; i++)
		rc = add_recorded(a, list[i], e);
	rc = list ? rc : -1;
	capture_list_free(list);
	return rc;
}

/* The digest of a run is that of its manifest, which holds those of its files; that of a folder is over
 * the digests of its captures. */
static int origin_digest(const struct adding *a, const char *path, size_t before, char hex[65],
			 struct err *e)
{
	size_t n = a->s->n - before;
	char *manifest = path_in(path, "manifest.json"), *all = xcalloc(n + 1, 64);
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		memcpy(all + 64 * i, a->s->list[before + i].sha256, 64);
	if (is_run_directory(path))
		rc = file_sha256(manifest, hex, e);
	else if (n == 1)
		memcpy(hex, a->s->list[before].sha256, 65);
	else
		bytes_sha256(all, 64 * n, hex);
	free(manifest);
	free(all);
	return rc;
}

static int note_origin(struct adding *a, const char *path, size_t before, struct err *e)
{
	char hex[65], *old = a->s->origin;

	if (origin_digest(a, path, before, hex, e) < 0)
		return -1;
	a->s->origin = xasprintf("%s%s: %s, %zu captures, sha256 %s\n", old ? old : "", a->part,
				 quote_terminal(path), a->s->n - before, hex);
	free(old);
	return 0;
}

int draft_sources_add(struct draft_sources *s, const char *const *paths, size_t n, const char *part,
		      const struct draft_choice *choice, struct err *e)
{
	struct adding a = {
		.s = s, .choice = choice, .part = part, .drafts = !strcmp(part, DRAFT_POSITIVE)};

	for (size_t i = 0; i < n; i++) {
		size_t before = s->n;

		a.copies = 0;
		if (add_path(&a, paths[i], e) < 0 || note_origin(&a, paths[i], before, e) < 0)
			return -1;
		if (a.copies)
			log_warn("%s: %zu captures are copies of others; they are left out",
				 paths[i], a.copies);
	}
	return 0;
}

void draft_sources_free(struct draft_sources *s)
{
	for (size_t i = 0; i < s->n; i++)
		capture_clear(&s->list[i]);
	free(s->list);
	free(s->origin);
	memset(s, 0, sizeof(*s));
}

/* ---- their flows ---- */

/* A flow, by a hash over its ends, its beginning and its first message. */
struct known_flow {
	uint64_t identity;
	size_t capture; /* that shows it first */
	UT_hash_handle hh;
};

struct reading {
	struct draft_sources *s;
	struct draft_capture *c;
	size_t flows, met;	  /* of @c: with payload, and those that its labels name */
	struct known_flow *known; /* (owned) at most DRAFT_FLOWS */
	struct draft_material *m;
	uint32_t capture;
	uint32_t *seen; /* by host: the capture that shows it first, + 1 */
	size_t seen_n;
};

static uint32_t host_of(struct reading *r, const struct label *row)
{
	char text[IP_TEXT_LEN];
	char *name = xasprintf("%u %s", r->c->group, draft_host_name(r->c->labels, row, text));
	uint32_t host = draft_host(r->m, name);

	free(name);
	if (host >= r->seen_n) {
		r->seen = xrealloc(r->seen, (host + 1) * sizeof(*r->seen));
		memset(r->seen + r->seen_n, 0, (host + 1 - r->seen_n) * sizeof(*r->seen));
		r->seen_n = host + 1;
	}
	if (!r->seen[host])
		r->seen[host] = r->capture + 1;
	return host;
}

/* The recorded capture of another trial that has shown that very flow, or NULL. Cells of a run begin
 * alike, so theirs are not compared. */
static const struct draft_capture *shown_by(struct reading *r, const struct draft_flow *f)
{
	uint64_t identity;
	struct known_flow *k;

	if (r->c->source != SOURCE_RECORDED)
		return NULL;
	identity = flow_identity(&f->tuple, f->first_ns, f->messages[0].bytes, f->messages[0].kept);
	HASH_FIND(hh, r->known, &identity, sizeof(identity), k);
	if (k)
		return r->s->list[k->capture].trial == r->c->trial ? NULL : &r->s->list[k->capture];
	if (HASH_COUNT(r->known) < DRAFT_FLOWS) {
		k = xcalloc(1, sizeof(*k));
		k->identity = identity;
		k->capture = r->capture;
		HASH_ADD(hh, r->known, identity, sizeof(k->identity), k);
	}
	return NULL;
}

/* A draft_label_fn: only looks which flows are shared. */
static bool look_at_flow(void *reading, struct draft_flow *f)
{
	struct reading *r = reading;
	const struct draft_capture *by = shown_by(r, f);

	if (by) {
		r->c->shared++;
		r->c->group = by->group;
	}
	return false;
}

static void forget_flows(struct reading *r)
{
	struct known_flow *k, *next;

	HASH_ITER (hh, r->known, k, next) {
		HASH_DEL(r->known, k);
		free(k);
	}
}

/* A draft_label_fn. */
static bool label_flow(void *reading, struct draft_flow *f)
{
	struct reading *r = reading;
	const struct label *row;
	struct ip client;

	if (shown_by(r, f))
		return false;
	if (!r->c->labels)
		return true;
	row = labels_find_at(r->c->labels, &f->tuple, f->first_ns);
	r->flows++;
	r->met += row != NULL;
	if (!row || row->kind == KIND_UNKNOWN)
		return false;
	if (row->kind == KIND_NEGATIVE)
		return true;
	client = labels_client(r->c->labels, row);
	f->positive = true;
	f->session = row->session;
	f->by_client = ip_eq(&client, &f->tuple.src.ip);
	f->host = host_of(r, row);
	f->again = r->seen[f->host] != r->capture + 1;
	return r->c->drafts;
}

static int read_one(struct reading *r, draft_label_fn *label, struct err *e)
{
	const char *path = r->c->path;
	struct capture *c = capture_open_files(&path, 1, NULL, e);
	struct draft_reader *reader;
	struct packet p;
	int rc = 0;

	if (!c)
		return -1;
	reader = draft_reader_new(r->m, r->capture, label, r);
	while (capture_next_readable(c, &p, &rc, e))
		draft_reader_packet(reader, &p);
	draft_reader_free(reader);
	capture_close(c);
	return rc;
}

/* Says that a capture is none of its own. 0, or -1 with @e set: nothing may be on two sides. */
static int note_shared(const struct draft_capture *c, struct err *e)
{
	if (c->shared && !strcmp(c->part, DRAFT_APART))
		return err_set(e,
			       "%s: %" PRIu64 " of its flows are in a capture that is not apart; "
			       "each capture is for one purpose",
			       c->path, c->shared);
	if (c->shared)
		log_warn("%s: %" PRIu64 " of its flows are in an earlier capture, too; they count "
			 "once, and it is not scored",
			 c->path, c->shared);
	return 0;
}

static void note_unmet(const struct reading *r)
{
	r->c->unmet = r->flows && !r->met;
	if (r->c->unmet)
		log_warn("%s: its labels meet none of its %zu flows; it says nothing", r->c->path,
			 r->flows);
}

/* Which flows recorded captures share, before one becomes a host's. */
static int find_shared(struct reading *r, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < r->s->n && rc == 0; i++) {
		struct err later; /* what cannot be read is said when it is read for its flows */

		r->c = &r->s->list[i];
		r->capture = (uint32_t)i;
		if (r->c->source != SOURCE_RECORDED)
			continue;
		(void)read_one(r, look_at_flow, &later);
		rc = note_shared(r->c, e);
	}
	return rc;
}

int draft_sources_read(struct draft_sources *s, struct draft_material *m, struct err *e)
{
	struct reading r = {.s = s, .m = m};
	int rc = find_shared(&r, e);

	for (size_t i = 0; i < s->n && rc == 0; i++) {
		struct err one = {0};

		if (!strcmp(s->list[i].part, DRAFT_APART))
			continue;
		r.c = &s->list[i];
		r.capture = (uint32_t)i;
		r.flows = r.met = 0;
		if (read_one(&r, label_flow, &one) < 0 && r.c->drafts)
			rc = err_set(e, "%s", one.msg);
		else if (*one.msg)
			log_warn("%s", one.msg);
		note_unmet(&r);
	}
	forget_flows(&r);
	free(r.seen);
	draft_material_runs(m);
	return rc;
}
