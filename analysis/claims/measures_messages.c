// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measures_messages.c - measures on messages
 *
 *   kind     | a case is                                  | it holds when
 *   messages | `given` in one flow, and after it the next | that message is one of `must`; without `look`:
 *            | message that is `look`                     | one of `must` comes behind `given`
 *   follows  | `given` in one flow, or a flow that is     | later a message or flow `then` has the `same`
 *            | `flow`                                     | ends, `after` to `within` seconds behind it
 *   counter  | two of a client's `message` in turn, whose | the second number minus the first is in `step`
 *            | numbers of `length` bytes at `at` differ   |
 *
 * No case: what is missing where the capture ends before its time (of what must never follow: before
 * that time begins); a step of a counter of more
 * than RESTART either way, which is a new start; a number that the client sent before, which is a
 * message sent again. Only flows of the application are looked at.
 * Limits: what follows is looked for in BUDGET comparisons a capture and claim, after which there are no
 * more cases of it, and a warning. A counter remembers the last AGAIN numbers of a client, and CLIENTS clients a capture.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/claims/match.h"
#include "analysis/claims/measures_messages.h"
#include "base/moment.h"

#define NS	1000000000.0
#define RESTART 1024
#define BUDGET	20000000
#define AGAIN	64
#define CLIENTS 256

struct view {
	const struct claim_set *s;
	const struct claim *c;
	const struct claim_scene *scene;
	struct claim_cases *out;
	uint64_t *budget; /* of comparisons that are left */
};

static uint64_t trial_of(const struct view *v, const struct scene_flow *f)
{
	enum claim_trial t = v->c->measure.trial;

	return t == CLAIM_TRIAL_FLOW ? f->id : t == CLAIM_TRIAL_HOST ? claim_host_of(f) : 0;
}

/* "udp 1.2.3.4:5 6.7.8.9:10" */
static const char *flow_text(const struct scene_flow *f, char out[160])
{
	char a[ENDPOINT_TEXT_LEN], b[ENDPOINT_TEXT_LEN];

	snprintf(out, 160, "%s %s %s", f->proto == IPPROTO_UDP ? "udp" : "tcp",
		 endpoint_text(&f->client, a), endpoint_text(&f->server, b));
	return out;
}

static const char *value_of(const struct view *v, const struct scene_message *m, char out[32])
{
	switch (v->c->measure.show) {
	case CLAIM_SHOW_SIZE:
		snprintf(out, 32, "%u", m->size);
		return out;
	case CLAIM_SHOW_PORT:
		snprintf(out, 32, "%u", m->flow->server.port);
		return out;
	case CLAIM_SHOW_SIDE:
		return m->from_client ? "from client" : "from server";
	default:
		return NULL;
	}
}

static void note(const struct view *v, bool held, const struct scene_message *m)
{
	char what[160], value[32];

	claim_case(v->out, trial_of(v, m->flow), held, v->scene->capture, m->number,
		   flow_text(m->flow, what), value_of(v, m, value));
}

/* Whether the capture goes on for @s seconds after @ns. */
static bool goes_on(const struct view *v, uint64_t ns, double s)
{
	return (double)(int64_t)(v->scene->last_ns - ns) >= s * NS;
}

/* ------------------------------------------------------------------ messages */

static bool is_one_of(const struct view *v, const struct scene_message *m,
		      const struct claim_found *found)
{
	const struct claim_measure *k = &v->c->measure;

	for (unsigned i = 0; i < k->must.n; i++)
		if (claim_message_is(v->s, k->must_at[i], m, found))
			return true;
	return false;
}

/* Whether nobody can say if @m is one of those that it must be. */
static bool is_unknown(const struct view *v, const struct scene_message *m)
{
	const struct claim_measure *k = &v->c->measure;

	for (unsigned i = 0; i < k->must.n; i++)
		if (claim_message_unknown(v->s, k->must_at[i], m))
			return true;
	return false;
}

/* A case by @m alone. */
static void judge(const struct view *v, const struct scene_message *m,
		  const struct claim_found *found)
{
	bool held = is_one_of(v, m, found);

	if (held || !is_unknown(v, m))
		note(v, held, m);
}

/* The first that comes of those that must come; NULL = none. *@time: in which it has to. */
static const struct scene_message *one_after(const struct view *v, const struct scene_flow *f,
					     const struct claim_found *found, double *time)
{
	const struct claim_measure *k = &v->c->measure;
	const struct scene_message *first = NULL;

	*time = 0;
	for (unsigned i = 0; i < k->must.n; i++) {
		const struct scene_message *m =
			claim_message_after(v->s, k->must_at[i], f, 0, found);
		double within = (double)v->s->messages[k->must_at[i]].within;

		*time = within > *time ? within : *time;
		if (m && (!first || m->place < first->place))
			first = m;
	}
	return first;
}

/* A case behind what was given. */
static void case_after(const struct view *v, const struct scene_flow *f,
		       const struct claim_found *found)
{
	const struct claim_measure *k = &v->c->measure;
	const struct scene_message *last = found->m[found->n - 1], *m;
	double time;

	if (k->look) {
		m = claim_message_after(v->s, k->look_at, f, 0, found);
		if (m)
			judge(v, m, found);
		return;
	}
	m = one_after(v, f, found, &time);
	if (m)
		note(v, true, m);
	else if (goes_on(v, last->ts_ns, time))
		note(v, false, last);
}

/* Without "given": every message that is looked at. */
static void case_alone(const struct view *v, const struct scene_message *m)
{
	const struct claim_found none = {0};

	if (claim_message_is(v->s, v->c->measure.look_at, m, &none))
		judge(v, m, &none);
}

static void messages_of(const struct view *v, const struct scene_flow *f)
{
	const struct claim_measure *k = &v->c->measure;
	struct claim_found found;

	for (uint32_t i = 0; !k->given.n && i < f->n; i++)
		case_alone(v, &f->messages[i]);
	for (uint32_t from = 0; k->given.n && from < f->n;) {
		if (claim_sequence_in(v->s, k->given_at, k->given.n, f, from, &found))
			case_after(v, f, &found);
		if (!found.n)
			break;
		from = (uint32_t)(found.m[0] - f->messages) + 1;
	}
}

void measure_messages(const struct claim_set *s, const struct claim *c,
		      const struct claim_scene *scene, struct claim_cases *out)
{
	struct view v = {.s = s, .c = c, .scene = scene, .out = out};

	for (size_t i = 0; i < scene->n; i++)
		if (c->measure.flow ? claim_flow_is(s, c->measure.flow_at, scene->flows[i])
				    : scene->flows[i]->application)
			messages_of(&v, scene->flows[i]);
}

/* ------------------------------------------------------------------ follows */

static bool same_ends(const struct claim_measure *k, const struct scene_flow *a,
		      const struct scene_flow *b)
{
	for (unsigned i = 0; i < k->same_n; i++) {
		bool same = k->same[i] == CLAIM_SAME_CLIENT   ? ip_eq(&a->client.ip, &b->client.ip)
			    : k->same[i] == CLAIM_SAME_SERVER ? ip_eq(&a->server.ip, &b->server.ip)
			    : k->same[i] == CLAIM_SAME_SERVER_PORT
				    ? a->server.port == b->server.port
				    : a->client.port == b->client.port;

		if (!same)
			return false;
	}
	return true;
}

static bool in_window(const struct claim_measure *k, uint64_t from, uint64_t ns)
{
	double s = (double)(int64_t)(ns - from) / NS;

	return s >= (double)k->after && (k->within <= 0 || s <= (double)k->within);
}

/* Whether @ns is not yet beyond the time in which it has to follow. */
static bool before_end(const struct claim_measure *k, uint64_t from, uint64_t ns)
{
	return k->within <= 0 || (double)(int64_t)(ns - from) <= (double)k->within * NS;
}

/* Index of the first flow that begins at @ns or later. */
static size_t first_flow_after(const struct claim_scene *scene, uint64_t ns)
{
	size_t low = 0, high = scene->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (moment_before(scene->flows[mid]->first_ns, ns))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool flow_follows(const struct view *v, const struct scene_flow *f, uint64_t ns)
{
	const struct claim_measure *k = &v->c->measure;

	for (size_t i = first_flow_after(v->scene, ns); i < v->scene->n && *v->budget; i++) {
		const struct scene_flow *o = v->scene->flows[i];

		--*v->budget;
		if (!before_end(k, ns, o->first_ns))
			return false;
		if (o != f && !moment_before(o->first_ns, ns) && in_window(k, ns, o->first_ns) &&
		    same_ends(k, f, o) && claim_flow_is(v->s, k->then_flow_at, v->scene->flows[i]))
			return true;
	}
	return false;
}

/* Index of the first message after @ns, in order of time. */
static size_t first_after(const struct claim_scene *scene, uint64_t ns)
{
	size_t low = 0, high = scene->order_n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (moment_before(ns, scene->order[mid]->ts_ns))
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static const struct scene_message *message_follows(const struct view *v, const struct scene_flow *f,
						   const struct claim_found *found, uint64_t ns)
{
	const struct claim_measure *k = &v->c->measure;

	for (size_t i = first_after(v->scene, ns); i < v->scene->order_n && *v->budget; i++) {
		const struct scene_message *m = v->scene->order[i];

		--*v->budget;
		if (!before_end(k, ns, m->ts_ns))
			return NULL;
		if (m->flow->application && in_window(k, ns, m->ts_ns) &&
		    same_ends(k, f, m->flow) && claim_message_is(v->s, k->then_at, m, found))
			return m;
	}
	return NULL;
}

static void case_follows(const struct view *v, const struct scene_flow *f,
			 const struct claim_found *found, uint64_t ns, uint64_t number)
{
	const struct claim_measure *k = &v->c->measure;
	bool whole = k->within > 0 && v->c->expect != CLAIM_NEVER;
	double time = (double)(whole ? k->within : k->after);
	const struct scene_message *m = NULL;
	bool held;
	char what[160];

	if (k->then_at >= 0)
		m = message_follows(v, f, found, ns);
	held = k->then_at >= 0 ? m != NULL : flow_follows(v, f, ns);
	if (!held && (!*v->budget || !goes_on(v, ns, time)))
		return;
	claim_case(v->out, trial_of(v, f), held, v->scene->capture, m ? m->number : number,
		   flow_text(f, what), NULL);
}

static void follows_of(const struct view *v, const struct scene_flow *f)
{
	const struct claim_measure *k = &v->c->measure;
	struct claim_found found = {0};

	for (uint32_t from = 0; from < f->n;) {
		if (claim_sequence_in(v->s, k->given_at, k->given.n, f, from, &found))
			case_follows(v, f, &found, found.m[found.n - 1]->ts_ns,
				     found.m[found.n - 1]->number);
		if (!found.n)
			break;
		from = (uint32_t)(found.m[0] - f->messages) + 1;
	}
}

void measure_follows(const struct claim_set *s, const struct claim *c,
		     const struct claim_scene *scene, struct claim_cases *out)
{
	uint64_t budget = BUDGET;
	struct view v = {.s = s, .c = c, .scene = scene, .out = out, .budget = &budget};
	const struct claim_found none = {0};

	for (size_t i = 0; i < scene->n; i++) {
		const struct scene_flow *f = scene->flows[i];

		if (c->measure.flow ? !claim_flow_is(s, c->measure.flow_at, scene->flows[i])
				    : !f->application)
			continue;
		if (c->measure.given.n)
			follows_of(&v, f);
		else
			case_follows(&v, f, &none, f->first_ns, f->first_number);
	}
	if (!budget)
		log_warn("%s: too much traffic for claim %s; only part of it counts",
			 scene->capture, c->id);
}

/* ------------------------------------------------------------------ counter */

struct counting {
	struct ip client;
	bool any;
	uint32_t last, again[AGAIN];
	unsigned again_n;
};

static uint32_t number_at(const struct scene_message *m, unsigned at, unsigned length)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < length; i++)
		v = v << 8 | m->bytes[at + i];
	return v;
}

/* Whether the client sent this number before; notes it. */
static bool sent_before(struct counting *n, uint32_t v)
{
	for (unsigned i = 0; i < n->again_n && i < AGAIN; i++)
		if (n->again[i] == v)
			return true;
	n->again[n->again_n++ % AGAIN] = v;
	return false;
}

static int64_t step_of(uint32_t from, uint32_t to, unsigned length)
{
	int64_t range = (int64_t)1 << (8 * length), d = ((int64_t)to - from) & (range - 1);

	return d > range / 2 ? d - range : d;
}

static void count_one(const struct view *v, struct counting *n, const struct scene_message *m)
{
	const struct claim_measure *k = &v->c->measure;
	uint32_t now = number_at(m, k->at, k->length);
	int64_t step = step_of(n->last, now, k->length);
	char value[32], what[160];
	bool again = sent_before(n, now) && !numset_has(&k->step, 0);

	if (again)
		return;
	if (n->any && step > -RESTART && step < RESTART) {
		snprintf(value, sizeof(value), "%+lld", (long long)step);
		claim_case(v->out, trial_of(v, m->flow),
			   step >= 0 && numset_has(&k->step, (uint32_t)step), v->scene->capture,
			   m->number, flow_text(m->flow, what), value);
	}
	n->any = true;
	n->last = now;
}

static struct counting *counting_of(struct counting *all, unsigned *n, const struct ip *client)
{
	for (unsigned i = 0; i < *n; i++)
		if (ip_eq(&all[i].client, client))
			return &all[i];
	if (*n == CLIENTS)
		return NULL;
	all[*n].client = *client;
	return &all[(*n)++];
}

void measure_counter(const struct claim_set *s, const struct claim *c,
		     const struct claim_scene *scene, struct claim_cases *out)
{
	struct view v = {.s = s, .c = c, .scene = scene, .out = out};
	struct counting *all = xcalloc(CLIENTS, sizeof(*all));
	const struct claim_found none = {0};
	unsigned n = 0;

	for (size_t i = 0; i < scene->order_n; i++) {
		const struct scene_message *m = scene->order[i];
		struct counting *one;

		if (!m->flow->application || c->measure.at + c->measure.length > m->kept ||
		    !claim_message_is(s, c->measure.message_at, m, &none))
			continue;
		one = counting_of(all, &n, &m->flow->client.ip);
		if (one)
			count_one(&v, one, m);
	}
	free(all);
}
