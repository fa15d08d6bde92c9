// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scene.c - one capture in memory, as far as claims look at it
 *
 * A claim may ask for anything: two messages of one flow, or a connection that follows a datagram to
 * the same host. So a capture is read once into flows with their messages, and every claim looks
 * there. Kept are the first SCENE_KEEP bytes of each of the first SCENE_FIRST messages of a flow, fewer of
 * those behind, at most SCENE_MESSAGES a flow and SCENE_BYTES in all; what is left out is counted.
 * A flow's client is the end that its label names; without one, the side that opened it.
 * Limits: one capture at a time; a flow whose label is "unknown" belongs to nobody.
 */
#include <fnmatch.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

#include "analysis/claims/scene.h"
#include "base/capture/capture.h"
#include "base/moment.h"

struct claim_scene *claim_scene_new(enum traffic_source source, const char *name, const char *group,
				    const char *capture, const char *settings)
{
	struct claim_scene *s = xcalloc(1, sizeof(*s));

	s->source = source;
	s->name = xstrdup(name);
	s->group = xstrdup(group);
	s->capture = xstrdup(capture);
	s->settings = xstrdup(settings);
	return s;
}

void claim_scene_free(struct claim_scene *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		for (uint32_t k = 0; k < s->flows[i]->n; k++)
			free(s->flows[i]->messages[k].bytes);
		free(s->flows[i]->messages);
		free(s->flows[i]);
	}
	free(s->flows);
	free(s->order);
	free(s->scores);
	free(s->name);
	free(s->group);
	free(s->capture);
	free(s->settings);
	free(s->folder);
	free(s);
}

/* ------------------------------------------------------------------ reading */

struct reading {
	struct claim_scene *scene;
	const struct labels *labels;
};

/* Says what a flow is, and which end is its client. */
static void set_label(const struct reading *r, struct scene_flow *f, const struct tuple *t)
{
	const struct label *l = r->labels ? labels_find_at(r->labels, t, f->first_ns) : NULL;
	struct ip client = l ? labels_client(r->labels, l) : (struct ip){0};

	f->unknown = r->labels && (!l || l->kind == KIND_UNKNOWN);
	f->application = l && l->kind == KIND_POSITIVE;
	f->session = l && l->session;
	f->peer = l && l->peer_client;
	f->client_opened = !client.family || !ip_eq(&client, &t->dst.ip);
	f->client = f->client_opened ? t->src : t->dst;
	f->server = f->client_opened ? t->dst : t->src;
	if (l)
		snprintf(f->reason, sizeof(f->reason), "%s", l->reason);
}

static void on_begin(void *arg, struct message_flow *m)
{
	struct reading *r = arg;
	struct claim_scene *s = r->scene;
	struct scene_flow *f;

	if (s->bytes + sizeof(*f) > SCENE_BYTES) {
		s->left_out++;
		return;
	}
	s->bytes += sizeof(*f);
	f = xcalloc(1, sizeof(*f));
	f->id = m->id;
	f->proto = m->tuple.proto;
	f->first_ns = m->first_ns;
	f->first_number = m->first_number;
	set_label(r, f, &m->tuple);
	s->has_others |= !f->unknown && !f->application;
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->flows = xrealloc(s->flows, s->cap * sizeof(*s->flows));
	}
	s->flows[s->n++] = f;
	m->mine = f;
}

static struct scene_message *room(struct scene_flow *f)
{
	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 8;
		f->messages = xrealloc(f->messages, f->cap * sizeof(*f->messages));
	}
	return &f->messages[f->n++];
}

static void on_message(void *arg, const struct message *m)
{
	struct reading *r = arg;
	struct claim_scene *s = r->scene;
	struct scene_flow *f = m->flow->mine;
	uint32_t most = f && f->n < SCENE_FIRST ? SCENE_KEEP : SCENE_KEEP_LATE;
	uint32_t keep = m->kept < most ? m->kept : most;
	struct scene_message *out;

	if (!f)
		return;
	f->total[m->reply]++;
	f->last_message_ns = m->end_ns;
	if (f->n == SCENE_MESSAGES || s->bytes + sizeof(*out) + keep > SCENE_BYTES) {
		s->left_out++;
		return;
	}
	s->bytes += sizeof(*out) + keep;
	out = room(f);
	*out = (struct scene_message){
		.ts_ns = m->ts_ns,
		.number = m->number,
		.size = m->size,
		.kept = keep,
		.nth = (uint32_t)m->nth + 1,
		.place = (uint32_t)m->place + 1,
		.from_opener = !m->reply,
		.from_client = f->client_opened == !m->reply,
		.broken = m->broken,
		.flow = f,
	};
	out->bytes = xmalloc(keep + 1);
	memcpy(out->bytes, m->bytes, keep);
}

static void on_end(void *arg, struct message_flow *m)
{
	struct scene_flow *f = m->mine;

	(void)arg;
	if (!f)
		return;
	f->begun = f->proto == IPPROTO_UDP || m->syn > 0;
	f->syn = m->syn;
	f->synack = m->synack;
	f->last_ns = m->last_ns;
	f->closed = m->closed_ns != 0;
	if (f->closed && f->last_message_ns && moment_before(f->last_message_ns, m->closed_ns))
		f->quiet_ns = m->closed_ns - f->last_message_ns;
}

static int by_time(const void *a, const void *b)
{
	const struct scene_message *x = *(struct scene_message *const *)a,
				   *y = *(struct scene_message *const *)b;
	int d = moment_order(x->ts_ns, y->ts_ns);

	return d ? d : (x->number > y->number) - (x->number < y->number);
}

static int flow_by_time(const void *a, const void *b)
{
	const struct scene_flow *x = *(struct scene_flow *const *)a,
				*y = *(struct scene_flow *const *)b;
	int d = moment_order(x->first_ns, y->first_ns);

	return d ? d : (x->id > y->id) - (x->id < y->id);
}

struct last_flow {
	struct ip client;
	struct scene_flow *f;
	UT_hash_handle hh;
};

/* Each flow's predecessor of the same client. */
static void link_clients(struct claim_scene *s)
{
	struct last_flow *all = NULL, *l, *next;

	for (size_t i = 0; i < s->n; i++) {
		struct scene_flow *f = s->flows[i];

		HASH_FIND(hh, all, &f->client.ip, sizeof(f->client.ip), l);
		if (!l) {
			l = xcalloc(1, sizeof(*l));
			l->client = f->client.ip;
			HASH_ADD(hh, all, client, sizeof(l->client), l);
		}
		f->before = l->f;
		l->f = f;
	}
	HASH_ITER (hh, all, l, next) {
		HASH_DEL(all, l);
		free(l);
	}
}

/* All messages in order of time. */
static void put_in_order(struct claim_scene *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->flows[i]->n;
	s->order = xcalloc(n + 1, sizeof(struct scene_message *));
	for (size_t i = 0; i < s->n; i++)
		for (uint32_t k = 0; k < s->flows[i]->n; k++)
			s->order[s->order_n++] = &s->flows[i]->messages[k];
	qsort(s->order, s->order_n, sizeof(struct scene_message *), by_time);
}

static void note_packet(struct claim_scene *s, const struct packet *p)
{
	if (!s->packets++)
		s->first_ns = s->last_ns = p->ts_ns;
	if (moment_before(s->last_ns, p->ts_ns))
		s->last_ns = p->ts_ns;
}

int claim_scene_read(struct claim_scene *s, const char *path, const struct labels *labels,
		     struct err *e)
{
	struct reading r = {.scene = s, .labels = labels};
	const struct message_user user = {
		.arg = &r, .begin = on_begin, .message = on_message, .end = on_end};
	struct capture *c = capture_open_files(&path, 1, NULL, e);
	struct message_stream *stream;
	struct packet p;
	int bad = 0;

	if (!c)
		return -1;
	stream = message_stream_new(&user, 0);
	while (capture_next_readable(c, &p, &bad, e)) {
		note_packet(s, &p);
		message_stream_packet(stream, &p);
	}
	message_stream_end(stream);
	message_stream_free(stream);
	capture_close(c);
	if (s->n)
		qsort(s->flows, s->n, sizeof(*s->flows), flow_by_time);
	link_clients(s);
	put_in_order(s);
	return bad;
}

/* ------------------------------------------------------------------ settings */

/* The year in which the capture begins, which is a setting, too. */
static void year_of(const struct claim_scene *s, char out[64])
{
	time_t at = (time_t)((int64_t)s->first_ns / 1000000000);
	struct tm tm;

	*out = '\0';
	if (s->packets && gmtime_r(&at, &tm))
		snprintf(out, 64, "%d", tm.tm_year + 1900);
}

/* A setting's value, "" = the scene has none. */
static void setting_of(const struct claim_scene *s, const char *name, char out[64])
{
	size_t n = strlen(name);

	if (!strcmp(name, "year")) {
		year_of(s, out);
		return;
	}
	*out = '\0';
	for (const char *at = s->settings; *at;) {
		size_t len = strcspn(at, "\t");

		if (len > n && at[n] == '=' && !strncmp(at, name, n)) {
			snprintf(out, 64, "%.*s", (int)(len - n - 1), at + n + 1);
			break;
		}
		at += len + (at[len] == '\t');
	}
}

bool claim_value_meets(const char *value, const char *choices)
{
	for (;;) {
		size_t len = strcspn(choices, "|");
		char one[128];

		snprintf(one, sizeof(one), "%.*s", (int)len, choices);
		if (!fnmatch(one, value, 0))
			return true;
		if (!choices[len])
			return false;
		choices += len + 1;
	}
}

bool claim_scene_meets(const struct claim_scene *s, char *const *where, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const char *eq = strchr(where[i], '=');
		bool not = eq > where[i] && eq[-1] == '!';
		char name[64], value[64];

		snprintf(name, sizeof(name), "%.*s", (int)(eq - where[i] - not ), where[i]);
		setting_of(s, name, value);
		if (claim_value_meets(value, eq + 1) == not )
			return false;
	}
	return true;
}
