// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * action.c - reads what a rule does when it matches, and what it must know to match
 *
 * Memory is a number of named sets, declared under "sets:" with the time an entry is kept. A key
 * is a list of parts; entries of one set must all be made of the same kinds of values (addresses
 * and ports in the same order), else a look-up could never find what was remembered: that is an
 * error here, not a silent miss.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector/language/action.h"
#include "detector/language/byte_test.h"

void actions_init(struct actions *a)
{
	memset(a, 0, sizeof(*a));
	a->event = -1;
	a->count.share_of = -1;
}

static int sig_set(struct sigparse *p, yaml_node_t *name)
{
	const char *t = sig_text(name);

	for (size_t i = 0; t && i < p->set->sets_n; i++)
		if (p->set->sets[i].signature == p->signature && !strcmp(p->set->sets[i].name, t))
			return (int)i;
	return sig_error(p, name, "%s, expected the name of a set declared under \"sets\"",
			 sig_show(name));
}

/* 1 per address, 2 per port, 3 + length per bytes, in base 8 and more: equal shapes, equal keys. */
static int key_shape(const struct set_key *k)
{
	int shape = 0;

	for (unsigned i = 0; i < k->n; i++) {
		int v = k->parts[i] == KEY_BYTES ? 3 + k->length
			: k->parts[i] == KEY_CLIENT_IP || k->parts[i] == KEY_SERVER_IP ||
					k->parts[i] == KEY_ANSWERS
				? 1
				: 2;

		shape = shape * 24 + v;
	}
	return shape;
}

/* Keys of the same parts get the same slot. */
static uint8_t key_slot(struct signature_set *set, const struct set_key *k)
{
	int kind = 0;
	uint8_t i;

	for (i = 0; i < k->n; i++)
		kind = kind * 8 + 1 + k->parts[i];
	for (i = 0; i < KEY_SLOTS && !k->length; i++)
		if (!set->key_kinds[i] || set->key_kinds[i] == kind) {
			set->key_kinds[i] = kind;
			return i;
		}
	return KEY_SLOTS;
}

/* {message, at, length} of what a key or a step says, which is kept of the message; at most @most bytes. */
static int message_bytes(struct sigparse *p, yaml_node_t *n, long most, uint16_t *length,
			 uint16_t *save)
{
	yaml_node_t *m = yaml_get(&p->doc, n, "message"), *a = yaml_get(&p->doc, n, "at"),
		    *l = yaml_get(&p->doc, n, "length");
	long at = 0, bytes = 0;
	int ref;

	if (!m || !a || !l)
		return sig_error(p, n, "expected message, at and length of the bytes");
	if (sig_int(p, a, 0, 2047, &at) < 0 || sig_int(p, l, 1, most, &bytes) < 0)
		return -1;
	p->rule->messages_n++; /* here the last message may be named too */
	ref = sig_message_ref(p, m);
	p->rule->messages_n--;
	if (ref < 0)
		return -1;
	*length = (uint16_t)bytes;
	return sig_save(p, n, ref, (int32_t)at, *length, save);
}

static int key_bytes(struct sigparse *p, yaml_node_t *n, struct set_key *out)
{
	static const char *const keys[] = {"message", "at", "length", NULL};

	if (p->rule->forms_n)
		return sig_error(p, n, "bytes in the key of rule %s, which reads flow records",
				 p->rule->name);
	if (sig_only(p, n, keys, "key") < 0)
		return -1;
	for (unsigned i = 0; i < out->n; i++)
		if (out->parts[i] == KEY_BYTES)
			return sig_error(p, n, "bytes twice in one key, expected once");
	out->parts[out->n++] = KEY_BYTES;
	return message_bytes(p, n, 16, &out->length, &out->save);
}

/* The parts of a key, behind those that @out has. */
static int key_parts(struct sigparse *p, yaml_node_t *n, struct set_key *out)
{
	static const char *const words[] = {"client-ip", "client-port", "server-ip", "server-port",
					    "client",	 "server",	NULL};
	size_t items = n->type == YAML_SEQUENCE_NODE
			       ? (size_t)(n->data.sequence.items.top - n->data.sequence.items.start)
			       : 1;

	for (size_t i = 0; i < items; i++) {
		yaml_node_t *v = n;
		int w;

		if (n->type == YAML_SEQUENCE_NODE)
			v = yaml_document_get_node(&p->doc, n->data.sequence.items.start[i]);
		if (out->n >= 4)
			return sig_error(p, v,
					 "more than four parts in a key; client and server are two "
					 "each");
		if (v->type == YAML_MAPPING_NODE) {
			if (key_bytes(p, v, out) < 0)
				return -1;
			continue;
		}
		if (sig_text(v) && !strcmp(sig_text(v), "answers"))
			return sig_error(p, v,
					 "\"answers\" here, expected it only as \"key: answers\" "
					 "under \"remember\"");
		if (sig_word(p, v, words, &w) < 0)
			return -1;
		if (w < 4) {
			out->parts[out->n++] = (uint8_t)w;
		} else { /* client, server: address and port */
			out->parts[out->n++] = w == 4 ? KEY_CLIENT_IP : KEY_SERVER_IP;
			out->parts[out->n++] = w == 4 ? KEY_CLIENT_PORT : KEY_SERVER_PORT;
		}
	}
	if (!out->n)
		return sig_error(p, n, "%s, expected at least one part of a key", sig_show(n));
	return 0;
}

/* Addresses of an answer are remembered while its datagram is read: by a rule that is complete then. */
static int key_answers(struct sigparse *p, yaml_node_t *n, struct set_key *out)
{
	const struct rule *r = p->rule;
	bool dns = r->udp && !r->tcp && r->steps_n == 1 && r->messages_n == 1 && !r->on_open &&
		   r->steps[0].repeat_max == 1;
	bool any = false;

	for (unsigned i = 0; dns && i < r->messages[0].tests_n; i++)
		any |= r->messages[0].tests[i].kind == TEST_DNS && !r->messages[0].tests[i].negate;
	for (unsigned i = 0; i < r->known_n; i++)
		dns &= !r->known[i].hold;
	if (!dns || !any)
		return sig_error(p, n,
				 "\"answers\" in rule %s, expected a rule of proto udp and one "
				 "message with \"dns\", without hold",
				 r->name);
	out->parts[out->n++] = KEY_ANSWERS;
	return 0;
}

static int sig_key(struct sigparse *p, yaml_node_t *n, uint16_t set, bool answers,
		   struct set_key *out)
{
	bool all = answers && sig_text(n) && !strcmp(sig_text(n), "answers");
	struct memory_set *s = &p->set->sets[set];

	memset(out, 0, sizeof(*out));
	if ((all ? key_answers : key_parts)(p, n, out) < 0)
		return -1;
	if (s->shape >= 0 && s->shape != key_shape(out))
		return sig_error(p, n,
				 "set %s is used with keys of different shape (first in line %u), "
				 "expected the same kinds of parts in the same order",
				 s->name, s->line);
	if (s->shape < 0)
		s->line = (uint32_t)n->start_mark.line + 1;
	s->shape = key_shape(out);
	out->slot = all ? KEY_SLOTS : key_slot(p->set, out);
	return 0;
}

static int set_and_key(struct sigparse *p, yaml_node_t *n, bool answers, uint16_t *set,
		       struct set_key *key)
{
	yaml_node_t *in = yaml_get(&p->doc, n, "in"), *k = yaml_get(&p->doc, n, "key");
	int s;

	if (!in || !k)
		return sig_error(p, n, "expected \"in\" (a set) and \"key\"");
	s = sig_set(p, in);
	if (s < 0)
		return -1;
	*set = (uint16_t)s;
	return sig_key(p, k, *set, answers, key);
}

static int read_remember(struct sigparse *p, yaml_node_t *n, bool answers, struct remember *r,
			 uint8_t *count)
{
	static const char *const keys[] = {"in", "key", NULL};
	size_t items = n->type == YAML_SEQUENCE_NODE
			       ? (size_t)(n->data.sequence.items.top - n->data.sequence.items.start)
			       : 1;

	for (size_t i = 0; i < items; i++) {
		yaml_node_t *v = n;

		if (n->type == YAML_SEQUENCE_NODE)
			v = yaml_document_get_node(&p->doc, n->data.sequence.items.start[i]);
		if (*count == 4)
			return sig_error(p, v, "more than four things to remember or forget");
		r[*count].line = (uint32_t)v->start_mark.line + 1;
		if (sig_only(p, v, keys, "remember") < 0 ||
		    set_and_key(p, v, answers, &r[*count].set, &r[*count].key) < 0)
			return -1;
		(*count)++;
	}
	return 0;
}

static int read_share(struct sigparse *p, yaml_node_t *n, struct counting *c)
{
	static const char *const keys[] = {"of", "least", NULL};
	yaml_node_t *of, *least;

	if (sig_only(p, n, keys, "share") < 0)
		return -1;
	of = yaml_get(&p->doc, n, "of");
	least = yaml_get(&p->doc, n, "least");
	if (!of || !least)
		return sig_error(p, n, "expected \"of\" (a set) and \"least\" (such as 80 %%)");
	c->share_of = sig_set(p, of);
	return c->share_of < 0 ? -1 : sig_permille(p, least, &c->share);
}

/* A number that must move from one match to the next. */
static int read_count_step(struct sigparse *p, yaml_node_t *v, struct counting *c)
{
	static const char *const keys[] = {"message", "at", "length", "by", NULL};
	yaml_node_t *by;

	if (c->within || c->distinct.n)
		return sig_error(
			p, v, "\"step\" beside \"within\" or \"distinct\", expected one of them");
	if (p->rule->forms_n)
		return sig_error(p, v, "\"step\" in rule %s, which reads flow records",
				 p->rule->name);
	if (sig_only(p, v, keys, "step") < 0)
		return -1;
	by = yaml_get(&p->doc, v, "by");
	if (!by)
		return sig_error(p, v, "no \"by\" here, expected a set of numbers");
	if (sig_numset(p, by, &c->step) < 0)
		return -1;
	return message_bytes(p, v, 4, &c->step_length, &c->step_save);
}

/* What slides keeps the last matches of its set in its own way, so all that count there must be alike. */
static int settle_sliding(struct sigparse *p, yaml_node_t *n, const struct counting *c)
{
	struct memory_set *s = &p->set->sets[c->set];

	if (c->sliding && !c->within)
		return sig_error(p, n, "\"sliding\" without \"within\", expected a time");
	if (c->sliding && (c->share_of >= 0 || p->rule->forms_n))
		return sig_error(p, n, "\"sliding\" %s",
				 p->rule->forms_n ? "in a rule that reads flow records"
						  : "beside \"share\"");
	if (c->sliding && c->least > COUNT_SLIDING_MAX)
		return sig_error(p, n, "\"sliding\" with %u matches, expected at most %d", c->least,
				 COUNT_SLIDING_MAX);
	if (c->share_of >= 0 && p->set->sets[c->share_of].counts_sliding)
		return sig_error(p, n, "\"share\" of set %s, which is counted sliding",
				 p->set->sets[c->share_of].name);
	if (c->sliding ? s->counts_fixed : s->counts_sliding)
		return sig_error(p, n, "set %s is counted with and without \"sliding\"", s->name);
	if (s->counts_sliding &&
	    (s->distinct.n != c->distinct.n ||
	     memcmp(s->distinct.parts, c->distinct.parts, sizeof(s->distinct.parts)) != 0))
		return sig_error(p, n, "set %s is counted sliding by other \"distinct\" parts",
				 s->name);
	s->distinct = c->distinct;
	*(c->sliding ? &s->counts_sliding : &s->counts_fixed) = true;
	if (c->share_of >= 0)
		p->set->sets[c->share_of].counts_fixed = true;
	return 0;
}

/* What is in the key is the same for all that it counts: of that alone only the first would be new. */
static int new_parts(struct sigparse *p, yaml_node_t *n, const struct counting *c)
{
	unsigned again = 0;

	for (unsigned i = c->key.n; i < c->distinct.n; i++)
		again += memchr(c->key.parts, c->distinct.parts[i], c->key.n) != NULL;
	if (again < (unsigned)(c->distinct.n - c->key.n))
		return 0;
	return sig_error(p, n, "no part in \"distinct\" that is not in the key, expected another");
}

static int read_count(struct sigparse *p, yaml_node_t *n, struct counting *c)
{
	static const char *const keys[] = {"in",     "key",	 "least",   "share",   "step",
					   "within", "distinct", "exactly", "sliding", NULL};
	yaml_node_t *v;
	long least = 1;

	c->used = true;
	c->line = (uint32_t)n->start_mark.line + 1;
	c->share_of = -1;
	if (sig_only(p, n, keys, "count") < 0 || set_and_key(p, n, false, &c->set, &c->key) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "least");
	if (v && sig_int(p, v, 1, 1000000, &least) < 0)
		return -1;
	c->least = (uint32_t)least;
	if (sig_key_duration(p, n, "within", &c->within) < 0 ||
	    sig_key_bool(p, n, "sliding", &c->sliding) < 0 ||
	    sig_key_bool(p, n, "exactly", &c->exactly) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "distinct");
	if (v) {
		c->distinct = c->key;
		c->distinct.slot = KEY_SLOTS;
		if (key_parts(p, v, &c->distinct) < 0 || new_parts(p, v, c) < 0)
			return -1;
	}
	v = yaml_get(&p->doc, n, "share");
	if (v && read_share(p, v, c) < 0)
		return -1;
	if (settle_sliding(p, n, c) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "step");
	return v ? read_count_step(p, v, c) : 0;
}

int sig_actions(struct sigparse *p, yaml_node_t *n, struct actions *out)
{
	static const char *const keys[] = {"event", "remember", "forget", "count", NULL};
	const char *events[EVENT_KINDS + 1] = {NULL};
	yaml_node_t *v;

	actions_init(out);
	for (int i = 0; i < EVENT_KINDS; i++)
		events[i] = event_kind_text((enum event_kind)i);
	if (sig_only(p, n, keys, "then") < 0)
		return -1;
	v = yaml_get(&p->doc, n, "event");
	if (v && sig_word(p, v, events, &out->event) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "remember");
	if (v && read_remember(p, v, true, out->remember, &out->remember_n) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "forget");
	if (v && read_remember(p, v, false, out->forget, &out->forget_n) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "count");
	return v ? read_count(p, v, &out->count) : 0;
}

static int read_known(struct sigparse *p, yaml_node_t *n, bool negate)
{
	static const char *const keys[] = {"in", "key", "hold", NULL};
	size_t items = n->type == YAML_SEQUENCE_NODE
			       ? (size_t)(n->data.sequence.items.top - n->data.sequence.items.start)
			       : 1;
	struct rule *r = p->rule;

	for (size_t i = 0; i < items; i++) {
		struct known *k = &r->known[r->known_n];
		yaml_node_t *v = n, *hold;

		if (n->type == YAML_SEQUENCE_NODE)
			v = yaml_document_get_node(&p->doc, n->data.sequence.items.start[i]);
		if (r->known_n == ARRAY_LEN(r->known))
			return sig_error(p, v, "more than %zu things to know in one rule",
					 ARRAY_LEN(r->known));
		memset(k, 0, sizeof(*k));
		k->negate = negate;
		k->line = (uint32_t)v->start_mark.line + 1;
		if (sig_only(p, v, keys, negate ? "unknown" : "known") < 0 ||
		    set_and_key(p, v, false, &k->set, &k->key) < 0)
			return -1;
		hold = yaml_get(&p->doc, v, "hold");
		if (hold && negate)
			return sig_error(p, hold, "\"hold\" in unknown, expected only in known");
		if (hold && sig_duration(p, hold, &k->hold) < 0)
			return -1;
		r->known_n++;
	}
	return 0;
}

int sig_knowns(struct sigparse *p, yaml_node_t *flow)
{
	yaml_node_t *v = yaml_get(&p->doc, flow, "known");

	if (v && read_known(p, v, false) < 0)
		return -1;
	v = yaml_get(&p->doc, flow, "unknown");
	return v ? read_known(p, v, true) : 0;
}
