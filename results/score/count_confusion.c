// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * count_confusion.c - which application a flow is, and which one a signature says it is
 *
 * Every flow of the truth that the capture holds counts once, and so does every flow that is claimed
 * and has no row. Whatever the target is, the same flows are counted: the truth is told apart by
 * application here.
 *
 * Limit: a verdict names at most SAID_MAX applications.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "results/score/count_confusion.h"
#include "results/score/held.h"

#define SAID_MAX 4

/* A flow and what the signature says it is, sorted and each once. */
struct said {
	struct {
		struct flow_key tuple;
		const struct label *row; /* NULL = there is none at the time of the claim */
	} key;
	char words[SAID_MAX][LABEL_LEN];
	unsigned n;
	bool used; /* by a flow of the truth */
	UT_hash_handle hh;
};

static struct said *said_find(struct said *all, const struct tuple *t, const struct label *row)
{
	struct said key, *s;

	memset(&key, 0, sizeof(key));
	key.key.tuple = flow_key(t);
	key.key.row = row;
	HASH_FIND(hh, all, &key.key, sizeof(key.key), s);
	return s;
}

static struct said *said_at(struct said **all, const struct tuple *t, const struct label *row)
{
	struct said *s = said_find(*all, t, row);

	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	s->key.tuple = flow_key(t);
	s->key.row = row;
	HASH_ADD(hh, *all, key, sizeof(s->key), s);
	return s;
}

static void say(struct said *s, const char *application)
{
	unsigned at = 0;

	if (!strcmp(application, DETECTION_OTHER))
		return;
	while (at < s->n && strcmp(s->words[at], application) < 0)
		at++;
	if (s->n == SAID_MAX || (at < s->n && label_is(s->words[at], application)))
		return;
	memmove(s->words[at + 1], s->words[at], (s->n++ - at) * LABEL_LEN);
	label_copy(s->words[at], application);
}

/* One flow, with its verdict in words. @s NULL: the signature says nothing. */
static void count(const struct score_job *j, const char *truth, const struct said *s)
{
	const struct score_setting *at = &j->in->setting;
	char verdict[SAID_MAX * LABEL_LEN];
	size_t len = 0;
	const char *words[CONFUSION_WORDS] = {
		[CONFUSION_DETECTOR] = at->detector && *at->detector ? at->detector : OWN_DETECTOR,
		[CONFUSION_VERSION] = at->traffic_version,
		[CONFUSION_VANTAGE] = at->vantage,
		[CONFUSION_SIGNATURE] = j->signature,
		[CONFUSION_REVISION] = j->revision,
		[CONFUSION_TRUTH] = truth,
		[CONFUSION_VERDICT] = verdict};

	snprintf(verdict, sizeof(verdict), "%s", s ? CONFUSION_OTHER : CONFUSION_NONE);
	for (unsigned i = 0; s && i < s->n; i++)
		len += (size_t)snprintf(verdict + len, sizeof(verdict) - len, "%s%s", i ? "+" : "",
					s->words[i]);
	confusion_add(&j->t->confusion, at->source, words, 1);
}

static struct said *collect(const struct score_job *j)
{
	const struct labels *l = j->in->named;
	struct said *all = NULL;

	for (size_t i = 0; i < detections_count(j->in->detections); i++) {
		const struct detection *v = detections_at(j->in->detections, i);

		if (job_signature(j, v))
			say(said_at(&all, &v->tuple, label_of_event(l, v, j->in->flows)),
			    v->application);
	}
	return all;
}

void count_confusion(struct score_job *j)
{
	const struct labels *l = j->in->named;
	struct said *all = collect(j), *s, *next;

	for (size_t i = 0; i < labels_count(l); i++) {
		const struct label *r = labels_at(l, i);

		if (!label_held(l, r, j->in->flows))
			continue;
		s = said_find(all, &r->tuple, r);
		if (s)
			s->used = true;
		count(j, r->application, s);
	}
	HASH_ITER (hh, all, s, next) {
		HASH_DEL(all, s);
		if (!s->used)
			count(j, CONFUSION_NONE, s);
		free(s);
	}
}
