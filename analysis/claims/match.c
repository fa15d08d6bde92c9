// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * match.c - which messages and flows the selectors of a claim file take
 *
 * A sequence is looked for within one flow, greedily: each step is the first message behind the step
 * before that is of its kind, or, with "next", its side's very first behind it. There is no going
 * back: a step that was taken stays. A step is looked for among the next LOOK messages, and a flow's
 * contents from the first BEGINNINGS messages of the first kind on: what a flow costs is bounded.
 */
#include <netinet/in.h>
#include <string.h>

#include "analysis/claims/match.h"
#include "base/hash.h"

#define NS	   1000000000.0
#define LOOK	   256
#define BEGINNINGS 64

static bool proto_is(enum claim_proto want, uint8_t proto)
{
	return want == CLAIM_ANY_PROTO || (want == CLAIM_UDP) == (proto == IPPROTO_UDP);
}

static bool side_is(enum claim_side side, bool client, bool opener)
{
	switch (side) {
	case CLAIM_CLIENT:
		return client;
	case CLAIM_SERVER:
		return !client;
	case CLAIM_OPENER:
		return opener;
	case CLAIM_ANSWERER:
		return !opener;
	default:
		return true;
	}
}

/* ------------------------------------------------------------------ tests on bytes */

static bool bytes_are(const struct scene_message *m, size_t at, const struct claim_test *t)
{
	if (at + t->length > m->kept)
		return false;
	for (uint32_t i = 0; i < t->length; i++)
		if ((m->bytes[at + i] & t->mask[i]) != t->value[i])
			return false;
	return true;
}

static bool holds_somewhere(const struct scene_message *m, const struct claim_test *t)
{
	for (size_t at = 0; at + t->length <= m->kept; at++)
		if (bytes_are(m, at, t))
			return true;
	return false;
}

static const struct scene_message *found_of(const struct claim_found *found, int kind)
{
	for (unsigned i = 0; i < found->n; i++)
		if (found->at[i] == kind)
			return found->m[i];
	return NULL;
}

static bool address_is(const struct scene_message *m, const struct claim_test *t)
{
	const struct scene_flow *f = m->flow;
	struct ip ip = {.family = 4};

	memcpy(ip.b, m->bytes + t->at, 4);
	switch (t->address) {
	case CLAIM_PRIVATE:
		return ip_is_private(&ip);
	case CLAIM_PUBLIC:
		return !ip_is_private(&ip);
	case CLAIM_SENDER:
		return ip_eq(&ip, m->from_client ? &f->client.ip : &f->server.ip);
	default:
		return ip_eq(&ip, m->from_client ? &f->server.ip : &f->client.ip);
	}
}

static bool nibbles_equal(const struct scene_message *m, const struct claim_test *t)
{
	for (uint32_t i = 0; i < t->length; i++)
		if ((m->bytes[t->at + i] ^ m->bytes[(uint32_t)t->there + i]) & 0xf0)
			return false;
	return true;
}

/* 1 = holds, 0 = does not, -1 = the message lacks the bytes, or the other one is not there. */
static int test(const struct claim_test *t, const struct scene_message *m,
		const struct claim_found *found)
{
	const struct scene_message *o = t->to >= 0 ? found_of(found, t->to) : m;
	uint32_t there = (uint32_t)t->there;

	if (!o)
		return -1;
	if (t->kind == CLAIM_HOLDS)
		return holds_somewhere(m, t);
	if (t->kind == CLAIM_SIZE)
		return m->size == o->size + there;
	if (t->at + t->length > m->kept)
		return -1;
	if (t->kind == CLAIM_BYTES)
		return bytes_are(m, t->at, t);
	if (t->kind == CLAIM_ADDRESS)
		return address_is(m, t);
	if (there + t->length > o->kept)
		return -1;
	if (t->kind == CLAIM_NIBBLES)
		return nibbles_equal(m, t);
	return !memcmp(m->bytes + t->at, o->bytes + there, t->length);
}

/* ------------------------------------------------------------------ messages */

static bool is(const struct claim_set *s, int kind, const struct scene_message *m,
	       const struct claim_found *found)
{
	const struct claim_message *k = &s->messages[kind];

	if (m->broken || !proto_is(k->proto, m->flow->proto) ||
	    !side_is(k->from, m->from_client, m->from_opener) || !numset_has(&k->size, m->size) ||
	    !numset_has(&k->nth, m->nth) || !numset_has(&k->place, m->place) ||
	    !numset_has(&k->port, m->flow->server.port))
		return false;
	for (unsigned i = 0; i < k->tests_n; i++) {
		int is = test(&k->tests[i], m, found);

		if (is < 0 || is == k->tests[i].not )
			return false;
	}
	return true;
}

/* The last message before @m of its own side or of the other; NULL = none near. */
static const struct scene_message *last_before(const struct scene_message *m, bool own)
{
	const struct scene_message *first = m->flow->messages, *o = m;

	for (int i = 0; i < LOOK && o > first; i++)
		if (((--o)->from_client == m->from_client) == own)
			return o;
	return NULL;
}

static bool paused(const struct claim_message *k, const struct scene_message *m)
{
	const struct scene_message *o = k->pause > 0 ? last_before(m, true) : NULL;

	return !o || (double)(int64_t)(m->ts_ns - o->ts_ns) >= (double)k->pause * NS;
}

bool claim_message_is(const struct claim_set *s, int kind, const struct scene_message *m,
		      const struct claim_found *found)
{
	int asked = s->messages[kind].asked_at;
	const struct scene_message *o = asked >= 0 ? last_before(m, false) : NULL;

	return is(s, kind, m, found) && paused(&s->messages[kind], m) &&
	       (asked < 0 || (o && is(s, asked, o, found)));
}

/* Whether the test looks at bytes that the message has and the capture lacks. */
static bool lacks(const struct claim_test *t, const struct scene_message *m)
{
	uint32_t end = t->at + t->length;

	if (t->kind == CLAIM_NIBBLES && (uint32_t)t->there + t->length > end)
		end = (uint32_t)t->there + t->length;
	if (t->kind == CLAIM_HOLDS)
		end = m->size;
	return t->kind != CLAIM_SIZE && end > m->kept && end <= m->size;
}

bool claim_message_unknown(const struct claim_set *s, int kind, const struct scene_message *m)
{
	const struct claim_message *k = &s->messages[kind];

	for (unsigned i = 0; i < k->tests_n; i++)
		if (lacks(&k->tests[i], m))
			return true;
	return m->broken;
}

const struct scene_message *claim_message_after(const struct claim_set *s, int kind,
						const struct scene_flow *f, uint32_t from,
						const struct claim_found *found)
{
	const struct claim_message *k = &s->messages[kind];
	const struct scene_message *before = found->n ? found->m[found->n - 1] : NULL;

	uint32_t i = before ? (uint32_t)(before - f->messages) + 1 : from;
	uint32_t end = before && f->n - i > LOOK ? i + LOOK : f->n;

	for (; i < end; i++) {
		const struct scene_message *m = &f->messages[i];

		if (before && k->within > 0 &&
		    (double)(int64_t)(m->ts_ns - before->ts_ns) > (double)k->within * NS)
			return NULL;
		if (claim_message_is(s, kind, m, found))
			return m;
		if (before && k->next && side_is(k->from, m->from_client, m->from_opener))
			return NULL;
	}
	return NULL;
}

bool claim_sequence_in(const struct claim_set *s, const int *kinds, unsigned n,
		       const struct scene_flow *f, uint32_t from, struct claim_found *found)
{
	found->n = 0;
	for (unsigned i = 0; i < n; i++) {
		const struct scene_message *m = claim_message_after(s, kinds[i], f, from, found);

		if (!m)
			return false;
		found->m[i] = m;
		found->at[i] = kinds[i];
		found->n = i + 1;
	}
	return true;
}

/* ------------------------------------------------------------------ flows */

static bool yes_is(enum claim_yes want, bool is)
{
	return want == CLAIM_DONT_CARE || (want == CLAIM_YES) == is;
}

static bool whose_is(enum claim_whose want, const struct scene_flow *f)
{
	if (want == CLAIM_ALL_FLOWS)
		return true;
	return !f->unknown && (want == CLAIM_APPLICATION) == f->application;
}

static bool reason_is(const struct claim_texts *want, const char *reason)
{
	for (unsigned i = 0; i < want->n; i++)
		if (strstr(reason, want->items[i]))
			return true;
	return !want->n;
}

/* Whether the flow has the sequence, which may begin at any message. */
static bool sequence_anywhere(const struct claim_set *s, const struct claim_flow *k,
			      const struct scene_flow *f)
{
	struct claim_found found;
	uint32_t from = 0;

	for (int i = 0; i < BEGINNINGS; i++) {
		if (claim_sequence_in(s, k->has_at, k->has.n, f, from, &found))
			return true;
		if (!found.n)
			return false;
		from = (uint32_t)(found.m[0] - f->messages) + 1;
	}
	return false;
}

static bool contents_are(const struct claim_set *s, const struct claim_flow *k,
			 const struct scene_flow *f)
{
	struct claim_found found;

	if (k->has.n && !sequence_anywhere(s, k, f))
		return false;
	for (unsigned i = 0; i < k->without.n; i++)
		if (claim_sequence_in(s, &k->without_at[i], 1, f, 0, &found))
			return false;
	return true;
}

static bool ms_in(const struct numset *set, uint64_t ns)
{
	uint64_t ms = ns / 1000000;

	return numset_has(set, ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms);
}

static bool flow_is(const struct claim_set *s, int kind, const struct scene_flow *f)
{
	const struct claim_flow *k = &s->flows[kind];
	bool answered = f->client_opened ? f->total[1] > 0 : f->total[0] > 0;
	uint64_t messages = f->total[0] + f->total[1];

	if (!proto_is(k->proto, f->proto) || !whose_is(k->whose, f) ||
	    !side_is(k->opener, f->client_opened, true) || !yes_is(k->accepted, f->synack > 0) ||
	    !yes_is(k->answered, answered) || !yes_is(k->session, f->session) ||
	    !yes_is(k->begun, f->begun) || !yes_is(k->peer, f->peer) ||
	    !numset_has(&k->server_port, f->server.port) ||
	    !numset_has(&k->client_port, f->client.port) || !reason_is(&k->reason, f->reason))
		return false;
	if (!numset_has(&k->messages, messages > UINT32_MAX ? UINT32_MAX : (uint32_t)messages) ||
	    !ms_in(&k->lasts, f->last_ns - f->first_ns))
		return false;
	if (k->quiet.n && (!f->quiet_ns || !ms_in(&k->quiet, f->quiet_ns)))
		return false;
	return contents_are(s, k, f);
}

bool claim_flow_is(const struct claim_set *s, int kind, const struct scene_flow *f)
{
	const struct claim_flow *k = &s->flows[kind];
	uint32_t place = 1;

	if (!flow_is(s, kind, f))
		return false;
	for (const struct scene_flow *o = f->before; k->nth.n && o && place <= numset_max(&k->nth);
	     o = o->before)
		place += flow_is(s, kind, o);
	return numset_has(&k->nth, place);
}

uint64_t claim_host_of(const struct scene_flow *f)
{
	return fnv1a(f->client.ip.b, sizeof(f->client.ip.b));
}
