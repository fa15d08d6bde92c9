// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live.c - a foreign detector that reads an interface, and how it differs from itself over a file
 *
 * Model: as foreign.c, but the command is the definition's `live`, and frames come to the program's
 * interface one by one (contained_frame()). It is given what a tap captures, so file and interface
 * have the same frames. What arrives is counted; what the program's own socket drops is not known,
 * and shows as a difference.
 *
 * Differences have causes that are not faults: a detector that cuts flows by the clock sees
 * emulated minutes pass in milliseconds, and one that writes only flows that ended may have more of
 * them from a file. The comparison names flows; why is for a person.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "run/foreign/live.h"
#include "run/foreign/prepared.h"

#define INTERFACE "mon0"

struct foreign_live {
	const struct adapter *a;
	const struct foreign_job *job;
	struct prepared p;
	struct contained *running;
	struct foreign_result result; /* its version */
	struct foreign_frames frames;
};

struct foreign_live *foreign_live_start(const struct adapter *a, const struct foreign_job *job,
					struct err *e)
{
	const struct arguments_of given = {.interface = INTERFACE, .rules = job->rules};
	struct foreign_live *l = xcalloc(1, sizeof(*l));
	int rc = 0;

	l->a = a;
	l->job = job;
	if (job->version)
		snprintf(l->result.version, sizeof(l->result.version), "%s", job->version);
	else
		rc = foreign_version(a, l->result.version, e);
	prepared_make(&l->p, a, &a->live, &given, job);
	if (rc == 0)
		l->running = contained_start(&l->p.job, e);
	if (l->running)
		return l;
	prepared_free(&l->p);
	free(l);
	return NULL;
}

void foreign_live_frame(struct foreign_live *l, const void *frame, size_t len)
{
	l->frames.given++;
	contained_frame(l->running, frame, len);
}

void foreign_live_no_more(struct foreign_live *l)
{
	contained_ask_to_end(l->running);
}

int foreign_live_end(struct foreign_live *l, struct detections *list, struct foreign_result *out,
		     struct foreign_frames *frames, struct err *e)
{
	int rc;

	*out = l->result;
	rc = contained_end(l->running, &out->ran, e);
	*frames = l->frames;
	if (rc == 0)
		prepared_judge(&l->p, l->a, l->job->signature, list, out);
	if (rc == 0 && out->ran.interface_frames < frames->given)
		frames->lost = frames->given - out->ran.interface_frames;
	prepared_free(&l->p);
	free(l);
	return rc;
}

/* ------------------------------------------------------------------ file and live */

#define SAID_BYTES 200 /* applications of a flow; what is longer is cut, the same for both */

struct flow_said {
	struct flow_key key;
	struct tuple tuple;
	char by[2][SAID_BYTES]; /* "dns,skype", in the order of names */
	UT_hash_handle hh;
};

/* Whether @name is one of the names of @list. */
static bool said(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += n)
		if ((at == list || at[-1] == ',') && (!at[n] || at[n] == ','))
			return true;
	return false;
}

/* Puts @name into @list at its place. */
static void say(char list[SAID_BYTES], const char *name)
{
	char whole[SAID_BYTES] = "", *more = NULL, *rest = xstrdup(list), *word;
	size_t n = 0;
	bool put = false;

	if (!said(list, name)) {
		for (word = strtok_r(rest, ",", &more); word || !put;) {
			bool own = !put && (!word || strcmp(name, word) < 0);
			int len = snprintf(whole + n, sizeof(whole) - n, "%s%s", n ? "," : "",
					   own ? name : word);

			n = n + (size_t)len < sizeof(whole) ? n + (size_t)len : sizeof(whole) - 1;
			put |= own;
			if (!own)
				word = strtok_r(NULL, ",", &more);
		}
		memcpy(list, whole, sizeof(whole));
	}
	free(rest);
}

static void collect(struct flow_said **flows, const struct detections *list, int which)
{
	for (size_t i = 0; i < detections_count(list); i++) {
		const struct detection *one = detections_at(list, i);
		struct flow_key key = flow_key(&one->tuple);
		struct flow_said *f;

		HASH_FIND(hh, *flows, &key, sizeof(key), f);
		if (!f) {
			f = xcalloc(1, sizeof(*f));
			f->key = key;
			f->tuple = one->tuple;
			HASH_ADD(hh, *flows, key, sizeof(f->key), f);
		}
		say(f->by[which],
		    strcmp(one->application, DETECTION_OTHER) != 0 ? one->application : "other");
	}
}

static void said_free(struct flow_said *flows)
{
	struct flow_said *one = NULL, *next = NULL;

	HASH_ITER (hh, flows, one, next) {
		HASH_DEL(flows, one);
		free(one);
	}
}

static void put(FILE *f, const char *before, const struct flow_said *s)
{
	char a[ENDPOINT_TEXT_LEN], b[ENDPOINT_TEXT_LEN];

	fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\n", before,
		s->tuple.proto == IPPROTO_TCP ? "tcp" : "udp", endpoint_text(&s->tuple.src, a),
		endpoint_text(&s->tuple.dst, b), *s->by[0] ? s->by[0] : "none",
		*s->by[1] ? s->by[1] : "none");
}

struct live_compared live_compare(const struct detections *file, const struct detections *live,
				  const char *before, FILE *f)
{
	struct flow_said *flows = NULL;
	struct live_compared n = {0};

	collect(&flows, file, 0);
	collect(&flows, live, 1);
	for (const struct flow_said *one = flows; one; one = one->hh.next)
		if (!strcmp(one->by[0], one->by[1])) {
			n.same++;
		} else {
			n.differ++;
			put(f, before, one);
		}
	said_free(flows);
	return n;
}
