// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * constraint.c - a rule's first message taken apart into conditions that are asked one by one
 *
 * The engine stops at the first condition that fails. To say how near a message came, all of them are
 * needed. So each condition is kept as a message (or a rule) that asks this one thing and nothing
 * else, and match.c judges it by the code that judges the whole.
 *
 * Only what the file states is a condition: a size that may be any is none. Conditions that compare
 * with an earlier message do not occur in a first one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "detector/engine/constraint.h"

enum kind {
	CLIENT_PORT,
	SERVER_PORT,
	ANY_PORT,
	CLIENT_HOST,
	SERVER_HOST,
	HANDSHAKE,
	FROM,
	SIZE,
	IP_LENGTH,
	NTH,
	NTH_OF_FLOW,
	GAP,
	WHOLE,
	FIRST_TEST, /* + its index */
};

static const char *const words[FIRST_TEST] = {
	"client-port", "server-port", "port", "client-host", "server-host", "handshake", "from",
	"size",	       "ip-length",   "nth",  "nth-of-flow", "gap",	    "whole-turn"};

/* One condition: of a flow, of a message, or (neither) FROM and WHOLE, which no message says alone. */
struct constraint {
	enum kind kind;
	struct rule *flow;	 /* (owned) or NULL */
	struct message *message; /* (owned) or NULL; points into the rule's tests */
};

/**
 * struct constraints - see constraint.h
 * @c:		(owned) @n conditions: first those on the flow, then message by message
 * @begin:	Where the conditions of each first message begin in @c; and the end
 */
struct constraints {
	const struct rule *rule;
	struct constraint *c;
	size_t n;
	unsigned messages;
	size_t begin[MESSAGES_MAX + 1];
};

static struct constraint *add(struct constraints *x, enum kind kind)
{
	x->c = xrealloc(x->c, (x->n + 1) * sizeof(*x->c));
	x->c[x->n] = (struct constraint){.kind = kind};
	return &x->c[x->n++];
}

static struct rule *add_flow(struct constraints *x, enum kind kind)
{
	struct rule *one = xcalloc(1, sizeof(*one));

	one->udp = one->tcp = true;
	add(x, kind)->flow = one;
	return one;
}

static struct message *add_message(struct constraints *x, enum kind kind)
{
	struct message *one = xcalloc(1, sizeof(*one));

	one->size_ref = -1;
	add(x, kind)->message = one;
	return one;
}

static void add_flow_conditions(struct constraints *x, const struct rule *r)
{
	if (r->client_port.n)
		add_flow(x, CLIENT_PORT)->client_port = r->client_port;
	if (r->server_port.n)
		add_flow(x, SERVER_PORT)->server_port = r->server_port;
	if (r->any_port.n)
		add_flow(x, ANY_PORT)->any_port = r->any_port;
	if (r->client_host.n)
		add_flow(x, CLIENT_HOST)->client_host = r->client_host;
	if (r->server_host.n)
		add_flow(x, SERVER_HOST)->server_host = r->server_host;
	if (r->handshake || r->joined) {
		struct rule *one = add_flow(x, HANDSHAKE);

		one->handshake = r->handshake;
		one->joined = r->joined;
	}
}

/* Whether the message may come from the wrong side: not where its sender decides who the client is. */
static bool side_is_asked(const struct rule *r, const struct message *m)
{
	return m->from != FROM_EITHER &&
	       (r->on_open || r->client == CLIENT_INITIATOR || r->client == CLIENT_RESPONDER ||
		r->client == CLIENT_LOCAL);
}

static void add_message_conditions(struct constraints *x, const struct rule *r,
				   const struct message *m)
{
	if (side_is_asked(r, m))
		add(x, FROM);
	if (m->size.n || m->size_ref >= 0) {
		struct message *one = add_message(x, SIZE);

		one->size = m->size;
		one->size_ref = m->size_ref;
		one->size_plus = m->size_plus;
	}
	if (m->ip_length.n)
		add_message(x, IP_LENGTH)->ip_length = m->ip_length;
	if (m->nth.n || m->unanswered) {
		struct message *one = add_message(x, NTH);

		one->nth = m->nth;
		one->unanswered = m->unanswered;
	}
	if (m->nth_of_flow.n)
		add_message(x, NTH_OF_FLOW)->nth_of_flow = m->nth_of_flow;
	if (m->gap_max) {
		struct message *one = add_message(x, GAP);

		one->gap_min = m->gap_min;
		one->gap_max = m->gap_max;
		one->gap_off = m->gap_off;
	}
	if (m->whole)
		add(x, WHOLE);
	for (unsigned i = 0; i < m->tests_n; i++) {
		struct message *one = add_message(x, (enum kind)(FIRST_TEST + i));

		one->tests_n = 1;
		one->tests = &m->tests[i]; /* the rule's */
	}
}

struct constraints *constraints_of(const struct rule *r)
{
	struct constraints *x = xcalloc(1, sizeof(*x));

	x->rule = r;
	x->messages = rule_begins_by(r);
	add_flow_conditions(x, r);
	for (unsigned i = 0; i < x->messages; i++) {
		x->begin[i] = x->n;
		add_message_conditions(x, r, &r->messages[i]);
	}
	x->begin[x->messages] = x->n;
	return x;
}

void constraints_free(struct constraints *x)
{
	for (size_t i = 0; x && i < x->n; i++) {
		free(x->c[i].flow);
		free(x->c[i].message);
	}
	if (x)
		free(x->c);
	free(x);
}

unsigned constraints_messages(const struct constraints *x)
{
	return x->messages;
}

static void count(struct constraint_misses *out, bool holds, unsigned message, enum kind kind)
{
	out->asked++;
	if (holds)
		return;
	out->missed++;
	out->which = (uint16_t)(message << 8 | kind);
}

void constraints_flow(const struct constraints *x, const struct flow_table *t, const struct flow *f,
		      int client_dir, struct constraint_misses *out)
{
	size_t n = x->messages ? x->begin[0] : x->n;

	for (size_t i = 0; i < n; i++)
		count(out, match_flow(t, x->c[i].flow, f, client_dir), 0, x->c[i].kind);
}

void constraints_message(const struct constraints *x, unsigned i, const struct view *v, bool whole,
			 struct constraint_misses *out)
{
	for (size_t k = x->begin[i]; k < x->begin[i + 1]; k++) {
		const struct constraint *c = &x->c[k];
		uint16_t pos[2];
		bool holds;

		if (c->message)
			holds = match_message(x->rule, c->message, v, NULL, pos) == MATCH_YES;
		else if (c->kind == FROM)
			holds = match_from(&x->rule->messages[i], v->from_client);
		else
			holds = whole;
		count(out, holds, i, c->kind);
	}
}

/* The key that a test is written with. */
static const char *test_word(const struct test *t)
{
	static const char *const kinds[] = {"bytes",   "equal",	  "change",   "number", "length",
					    "address", "nibbles", "contains", "again",	"sequence",
					    "http",    "dns",	  "regex"};

	return t->kind == TEST_BYTES && t->negate ? "not-bytes" : kinds[t->kind];
}

void constraint_text(const struct rule *r, uint16_t which, char *buf, size_t size)
{
	const struct message *m = &r->messages[which >> 8];
	unsigned kind = which & 0xff;

	if (which == CONSTRAINT_NONE)
		snprintf(buf, size, "-");
	else if (kind < FROM)
		snprintf(buf, size, "%s of the flow", words[kind]);
	else if (kind < FIRST_TEST)
		snprintf(buf, size, "%s of %s, line %u", words[kind], m->name, m->line);
	else
		snprintf(buf, size, "%s of %s, line %u", test_word(&m->tests[kind - FIRST_TEST]),
			 m->name, m->tests[kind - FIRST_TEST].line);
}
