// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * score.c - detections against ground truth, by flow, client and session
 *
 * score.h defines what counts as what. One call scores one vantage of one cell for all signatures.
 * Cells with equal settings are summed into one row. Every true positive, false positive and miss
 * is also kept by name as a claim; true negatives are only counted, because there are too many.
 *
 * Every signature that ran gets a row, also when it reported nothing. Sums are exact integers;
 * ratios are computed only when a table is written.
 *
 * Limit: a session looks for its events in the list of all detections, one after the other, which
 * is quick enough for the few sessions of a cell.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "results/score/score.h"
#include "results/score/subject.h"

#define DEFAULT_TOLERANCE_NS 5000000000ULL
#define EVE_TICK_NS	     999 /* EVE time stamps are cut to microseconds */

/* ---- one cell, one signature ---- */

/* Where one signature's verdicts are scored. */
struct score_job {
	struct score_table *t;
	const struct score_input *in;
	const char *signature, *revision;
	struct claimed *flows;	      /* by tuple */
	struct claimed *clients;      /* by address */
	struct monitored_host *hosts; /* for the client unit */
};

/* A flow or a client that the signature named, with its first event. */
struct claimed {
	uint8_t key[sizeof(struct flow_key)];
	const struct detection *first;
	bool used; /* a label row answered it */
	UT_hash_handle hh;
};

enum host_kind { HOST_CLIENT = 1, HOST_NEGATIVE = 2, HOST_PEER = 4 };

struct monitored_host {
	struct ip ip;
	unsigned kinds;
	UT_hash_handle hh;
};

static void claim_note(struct claimed **map, const void *key, size_t len, const struct detection *v)
{
	struct claimed *c;

	HASH_FIND(hh, *map, key, len, c);
	if (c) {
		if (v->ts_ns < c->first->ts_ns)
			c->first = v;
		return;
	}
	c = xcalloc(1, sizeof(*c));
	memcpy(c->key, key, len);
	c->first = v;
	HASH_ADD_KEYPTR(hh, *map, c->key, len, c);
}

static struct claimed *claim_find(struct claimed *map, const void *key, size_t len)
{
	struct claimed *c;

	HASH_FIND(hh, map, key, len, c);
	return c;
}

static void claims_free(struct claimed **map)
{
	struct claimed *c, *next;

	HASH_ITER (hh, *map, c, next) {
		HASH_DEL(*map, c);
		free(c);
	}
}

static bool of_job(const struct score_job *j, const struct detection *v)
{
	return !strcmp(v->signature, j->signature) &&
	       (!*j->revision || !*v->revision || !strcmp(v->revision, j->revision));
}

static void count(struct score_job *j, uint32_t row, enum score_count what, uint64_t n)
{
	score_count(j->t, row, &j->in->setting, what, n);
}

/* The column of a claim's result. */
static void count_result(struct score_job *j, uint32_t row, enum claim_result result)
{
	static const enum score_count of[] = {COUNT_TP, COUNT_FP, COUNT_FN, COUNT_TN};

	count(j, row, of[result], 1);
}

/* Counts a flow's result and keeps it by name, with the time to detect where that is known. */
static void flow_result(struct score_job *j, uint32_t row, const struct tuple *t,
			const char *reason, enum claim_result result, const struct detection *v)
{
	const struct flow_seen *seen;
	struct score_claim *c;
	char subject[SUBJECT_LEN];

	count_result(j, row, result);
	if (result == CLAIM_TN)
		return;
	subject_of_flow(t, subject);
	c = score_claim_add(j->t, row, j->in->setting.cell, subject, reason, result);
	if (!v)
		return;
	c->packet = v->packet;
	seen = j->in->flows ? flow_index_find(j->in->flows, t) : NULL;
	if (!seen || v->ts_ns + EVE_TICK_NS < seen->first_ns)
		return;
	c->detect_ns = v->ts_ns > seen->first_ns ? (int64_t)(v->ts_ns - seen->first_ns) : 0;
	flow_index_until(j->in->flows, seen, v->ts_ns, v->packet, &c->detect_packets,
			 &c->detect_bytes);
}

static void score_labelled_flows(struct score_job *j, uint32_t row)
{
	const struct labels *l = j->in->labels;

	for (size_t i = 0; i < labels_count(l); i++) {
		const struct label *r = labels_at(l, i);
		struct flow_key key = flow_key(&r->tuple);
		struct claimed *c = claim_find(j->flows, &key, sizeof(key));
		bool skype = r->kind == LABEL_SKYPE;

		if (c)
			c->used = true;
		if (r->kind == LABEL_UNKNOWN)
			continue;
		if (!c && j->in->flows && !flow_index_find(j->in->flows, &r->tuple))
			continue; /* this vantage never saw it */
		flow_result(j, row, &r->tuple, r->reason,
			    c ? (skype ? CLAIM_TP : CLAIM_FP) : (skype ? CLAIM_FN : CLAIM_TN),
			    c ? c->first : NULL);
	}
}

/* A cell in which there was nothing to find and nothing was claimed leaves one line that says that
 * it was scored. */
static void mark_empty(struct score_job *j, uint32_t row, size_t claims_before)
{
	if (j->t->claims_n == claims_before)
		score_claim_add(j->t, row, j->in->setting.cell, "-", "", CLAIM_TN);
}

static void score_flows(struct score_job *j)
{
	uint32_t row = score_row_of(j->t, &j->in->setting, j->signature, j->revision, UNIT_FLOW);
	size_t before = j->t->claims_n;
	uint64_t other = 0;

	if (j->in->labels)
		score_labelled_flows(j, row);
	for (const struct claimed *c = j->flows; c; c = c->hh.next) {
		if (c->used)
			continue;
		flow_result(j, row, &c->first->tuple, j->in->labels ? "no label" : "", CLAIM_FP,
			    c->first);
		if (j->in->labels)
			count(j, row, COUNT_UNLABELLED, 1);
		other++;
	}
	if (!j->in->labels && j->in->flows) {
		uint64_t all = flow_index_count(j->in->flows);

		count(j, row, COUNT_TN, all > other ? all - other : 0);
	}
	mark_empty(j, row, before);
}

/* ---- clients ---- */

static void host_note(struct score_job *j, const struct ip *ip, unsigned kind)
{
	struct monitored_host *h;

	HASH_FIND(hh, j->hosts, ip, sizeof(*ip), h);
	if (!h) {
		h = xcalloc(1, sizeof(*h));
		h->ip = *ip;
		HASH_ADD(hh, j->hosts, ip, sizeof(*ip), h);
	}
	h->kinds |= kind;
}

/* The monitored side of a flow that is not Skype: the private one, else the opener. */
static const struct ip *monitored(const struct tuple *t)
{
	if (!ip_is_private(&t->src.ip) && ip_is_private(&t->dst.ip))
		return &t->dst.ip;
	return &t->src.ip;
}

static void collect_hosts(struct score_job *j)
{
	const struct labels *l = j->in->labels;

	for (size_t i = 0; l && i < labels_count(l); i++) {
		const struct label *r = labels_at(l, i);
		struct ip client = labels_client(l, r);

		if (r->kind != LABEL_NOT_SKYPE) {
			host_note(j, &r->tuple.src.ip, HOST_PEER);
			host_note(j, &r->tuple.dst.ip, HOST_PEER);
		}
		if (j->in->flows && !flow_index_find(j->in->flows, &r->tuple))
			continue;
		if (r->kind == LABEL_SKYPE)
			host_note(j, &client, HOST_CLIENT);
		else if (r->kind == LABEL_NOT_SKYPE)
			host_note(j, monitored(&r->tuple), HOST_NEGATIVE);
	}
	for (size_t i = 0; !l && j->in->flows && i < flow_index_count(j->in->flows); i++)
		host_note(j, monitored(&flow_index_at(j->in->flows, i)->tuple), HOST_NEGATIVE);
}

static void client_result(struct score_job *j, uint32_t row, const struct ip *ip,
			  const char *reason, enum claim_result result, const struct detection *v)
{
	struct score_claim *c;
	char text[IP_TEXT_LEN];

	count_result(j, row, result);
	if (result == CLAIM_TN)
		return;
	c = score_claim_add(j->t, row, j->in->setting.cell, ip_text(ip, text), reason, result);
	c->packet = v ? v->packet : 0;
}

static void hosts_free(struct monitored_host **hosts)
{
	struct monitored_host *h, *next;

	HASH_ITER (hh, *hosts, h, next) {
		HASH_DEL(*hosts, h);
		free(h);
	}
}

static void score_clients(struct score_job *j)
{
	uint32_t row = score_row_of(j->t, &j->in->setting, j->signature, j->revision, UNIT_CLIENT);
	size_t before = j->t->claims_n;

	collect_hosts(j);
	for (const struct monitored_host *h = j->hosts; h; h = h->hh.next) {
		struct claimed *c = claim_find(j->clients, &h->ip, sizeof(h->ip));
		if (c)
			c->used = true;
		if (h->kinds & HOST_CLIENT)
			client_result(j, row, &h->ip, "", c ? CLAIM_TP : CLAIM_FN,
				      c ? c->first : NULL);
		else if ((h->kinds & HOST_NEGATIVE) && !(h->kinds & HOST_PEER))
			client_result(j, row, &h->ip, "", c ? CLAIM_FP : CLAIM_TN,
				      c ? c->first : NULL);
	}
	hosts_free(&j->hosts);
	for (const struct claimed *c = j->clients; c; c = c->hh.next) {
		if (c->used)
			continue;
		client_result(j, row, &c->first->client, "no label", CLAIM_FP, c->first);
		count(j, row, COUNT_UNLABELLED, 1);
	}
	mark_empty(j, row, before);
}

/* ---- sessions ---- */

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static bool same_session(const struct label *r, const struct ip *client, const struct detection *v)
{
	const struct endpoint *sn = v->sn.ip.family ? &v->sn : &v->tuple.dst;

	return tuple_same(&r->tuple, &v->tuple) ||
	       (ip_eq(&v->client, client) && endpoint_eq(sn, &r->tuple.dst));
}

/* The first unused event of a kind that fits a session row at @ns (0 = any time); -1 = none. */
static long session_event(const struct score_job *j, const bool *used, const struct label *r,
			  enum detection_kind kind, uint64_t ns)
{
	uint64_t tol = j->in->tolerance_ns ? j->in->tolerance_ns : DEFAULT_TOLERANCE_NS;
	struct ip client = labels_client(j->in->labels, r);

	for (size_t i = 0; i < detections_count(j->in->detections); i++) {
		const struct detection *v = detections_at(j->in->detections, i);

		if (!used[i] && of_job(j, v) && v->kind == kind && same_session(r, &client, v) &&
		    (!ns || apart(v->ts_ns, ns) <= tol))
			return (long)i;
	}
	return -1;
}

/* Whether the end is right: within the tolerance, or reported by one side at most. */
static bool end_fits(const struct score_job *j, const bool *used, const struct label *r)
{
	return !r->closed_ns || session_event(j, used, r, DETECTION_SESSION_END, 0) < 0 ||
	       session_event(j, used, r, DETECTION_SESSION_END, r->closed_ns) >= 0;
}

static const char *session_outcome(struct score_job *j, bool *used, const struct label *r)
{
	long start = session_event(j, used, r, DETECTION_SESSION_START, r->opened_ns);

	if (start < 0)
		start = session_event(j, used, r, DETECTION_SESSION_CHANGE, r->opened_ns);
	if (start >= 0) {
		used[start] = true;
		return end_fits(j, used, r) ? NULL : "wrong end";
	}
	return session_event(j, used, r, DETECTION_SESSION_START, 0) >= 0 ? "wrong start"
									  : "no start";
}

static void session_result(struct score_job *j, uint32_t row, const struct tuple *t,
			   const char *why, enum claim_result result, uint64_t packet)
{
	char subject[SUBJECT_LEN];

	count_result(j, row, result);
	subject_of_flow(t, subject);
	score_claim_add(j->t, row, j->in->setting.cell, subject, why, result)->packet = packet;
}

static void score_sessions(struct score_job *j)
{
	const struct labels *l = j->in->labels;
	size_t n = detections_count(j->in->detections), sessions = 0;
	uint32_t row;
	bool *used;

	for (size_t i = 0; l && i < labels_count(l); i++)
		sessions += labels_at(l, i)->session;
	if (!sessions)
		return;
	row = score_row_of(j->t, &j->in->setting, j->signature, j->revision, UNIT_SESSION);
	used = xcalloc(n + 1, sizeof(bool));
	for (size_t i = 0; i < labels_count(l); i++) {
		const struct label *r = labels_at(l, i);
		const char *why;

		if (!r->session || (j->in->flows && !flow_index_find(j->in->flows, &r->tuple)))
			continue;
		why = session_outcome(j, used, r);
		session_result(j, row, &r->tuple, why ? why : "", why ? CLAIM_FN : CLAIM_TP, 0);
	}
	for (size_t i = 0; i < n; i++) {
		const struct detection *v = detections_at(j->in->detections, i);
		const struct label *r;

		if (used[i] || !of_job(j, v) || v->kind != DETECTION_SESSION_START)
			continue;
		r = labels_find(l, &v->tuple);
		if (!r || r->kind != LABEL_UNKNOWN)
			session_result(j, row, &v->tuple, "no such session", CLAIM_FP, v->packet);
	}
	free(used);
}

int score_cell(struct score_table *t, const struct score_input *in, struct err *e)
{
	if (in->setting.source == SOURCE_NONE)
		return err_set(e, "scoring: no source is set, expected emulated or recorded");
	for (size_t s = 0; s < in->n; s++) {
		struct score_job j = {.t = t,
				      .in = in,
				      .signature = in->signatures[s],
				      .revision = in->revisions ? in->revisions[s] : ""};

		for (size_t i = 0; i < detections_count(in->detections); i++) {
			const struct detection *v = detections_at(in->detections, i);
			struct flow_key key = flow_key(&v->tuple);

			if (!of_job(&j, v))
				continue;
			claim_note(&j.flows, &key, sizeof(key), v);
			claim_note(&j.clients, &v->client, sizeof(v->client), v);
		}
		score_flows(&j);
		score_clients(&j);
		score_sessions(&j);
		claims_free(&j.flows);
		claims_free(&j.clients);
	}
	return 0;
}
