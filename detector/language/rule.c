// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rule.c - reads a rule: its conditions on the flow, its messages in order, its effects
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector/language/signature.h"

static const char *const from_words[] = {"client", "server", "either", NULL};

/* "18", "22..29", "U1", "U1+5", "U1-5" */
static int read_size(struct sigparse *p, yaml_node_t *n, struct message *m)
{
	const char *t = sig_text(n);
	char name[40];
	size_t len;
	int ref = -1;

	if (!t || !((*t >= 'A' && *t <= 'Z') || (*t >= 'a' && *t <= 'z')))
		return sig_numset(p, n, &m->size);
	len = strcspn(t, "+-");
	snprintf(name, sizeof(name), "%.*s", (int)len, t);
	for (int i = 0; i + 1 < p->rule->messages_n; i++)
		if (!strcmp(p->rule->messages[i].name, name) && ref < 0)
			ref = i;
	if (ref < 0)
		return sig_error(p, n,
				 "%s, expected sizes, or an earlier message of this rule and "
				 "a difference such as U1+5",
				 sig_show(n));
	m->size_ref = (int8_t)ref;
	if (t[len]) {
		char *end;
		long v = strtol(t + len, &end, 10);

		if (*end || end == t + len + 1 || v < -65535 || v > 65535)
			return sig_error(p, n, "%s, expected a number after the message's name",
					 sig_show(n));
		m->size_plus = (int32_t)v;
	}
	return 0;
}

static int read_gap(struct sigparse *p, yaml_node_t *n, struct message *m)
{
	static const char *const keys[] = {"least", "most", "whole-seconds", NULL};
	yaml_node_t *v;

	if (sig_only(p, n, keys, "gap") < 0)
		return -1;
	m->gap_max = UINT64_MAX;
	v = yaml_get(&p->doc, n, "least");
	if (v && sig_duration(p, v, &m->gap_min) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "most");
	if (v && sig_duration(p, v, &m->gap_max) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "whole-seconds");
	return v ? sig_duration(p, v, &m->gap_off) : 0;
}

static int flag(struct sigparse *p, yaml_node_t *map, const char *key, bool *out)
{
	yaml_node_t *v = yaml_get(&p->doc, map, key);

	return v ? sig_bool(p, v, out) : 0;
}

static int numbers(struct sigparse *p, yaml_node_t *map, const char *key, struct numset *out)
{
	yaml_node_t *v = yaml_get(&p->doc, map, key);

	return v ? sig_numset(p, v, out) : 0;
}

/* The same where only @lo to @hi come up: a number outside is a slip. An open end is none. */
static int within(struct sigparse *p, yaml_node_t *map, const char *key, uint32_t lo, uint32_t hi,
		  struct numset *out)
{
	yaml_node_t *v = yaml_get(&p->doc, map, key);

	if (!v)
		return 0;
	return sig_numset(p, v, out) < 0 ? -1 : sig_numset_within(p, v, out, lo, hi);
}

static int copy_text(struct sigparse *p, yaml_node_t *map, const char *key, char **out)
{
	yaml_node_t *v = yaml_get(&p->doc, map, key);

	if (!v)
		return 0;
	if (!sig_text(v) || !*sig_text(v) || strlen(sig_text(v)) > 60)
		return sig_error(p, v, "%s, expected a text of 1 to 60 characters", sig_show(v));
	*out = xstrdup(sig_text(v));
	return 0;
}

/* Searches come after the tests that look at one place; else the order stays. */
static void cheap_first(struct message *m)
{
	struct test sorted[TESTS_MAX] = {0};
	unsigned n = 0;

	for (int pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < m->tests_n; i++)
			if ((m->tests[i].kind == TEST_CONTAINS || m->tests[i].kind == TEST_AGAIN) ==
			    (pass == 1))
				sorted[n++] = m->tests[i];
	memcpy(m->tests, sorted, n * sizeof(sorted[0]));
}

static int message_rest(struct sigparse *p, yaml_node_t *map, struct message *m)
{
	yaml_node_t *v = yaml_get(&p->doc, map, "from");
	int word;

	if (v) {
		if (sig_word(p, v, from_words, &word) < 0)
			return -1;
		m->from = (enum from)word;
	}
	v = yaml_get(&p->doc, map, "size");
	if (v && read_size(p, v, m) < 0)
		return -1;
	v = yaml_get(&p->doc, map, "gap");
	if (v && read_gap(p, v, m) < 0)
		return -1;
	if (numbers(p, map, "ip-length", &m->ip_length) < 0 ||
	    within(p, map, "nth", 1, UINT32_MAX, &m->nth) < 0 ||
	    within(p, map, "nth-of-flow", 1, UINT32_MAX, &m->nth_of_flow) < 0 ||
	    flag(p, map, "whole-turn", &m->whole) < 0 ||
	    flag(p, map, "anywhere", &m->anywhere) < 0 || flag(p, map, "next", &m->next) < 0 ||
	    copy_text(p, map, "version", &m->version) < 0 ||
	    copy_text(p, map, "version-after", &m->version_after) < 0)
		return -1;
	if (sig_tests(p, map, m) < 0)
		return -1;
	cheap_first(m);
	return 0;
}

int sig_message(struct sigparse *p, yaml_node_t *map, const char *name_key)
{
	static const char *const own[] = {
		"message",	 "count",    "from",	   "size",     "ip-length", "nth",
		"nth-of-flow",	 "gap",	     "whole-turn", "anywhere", "next",	    "version",
		"version-after", "optional", "repeat",	   "within",   "then"};
	const char *keys[ARRAY_LEN(own) + 20];
	struct rule *r = p->rule;
	struct message *m;
	yaml_node_t *name;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		keys[n++] = own[i];
	for (size_t i = 0; sig_test_keys[i]; i++)
		keys[n++] = sig_test_keys[i];
	keys[n] = NULL;
	if (sig_only(p, map, keys, "message") < 0)
		return -1;
	name = yaml_get(&p->doc, map, name_key);
	if (!sig_text(name) || !*sig_text(name) || strlen(sig_text(name)) > 30)
		return sig_error(p, name ? name : map,
				 "%s, expected a name of 1 to 30 characters "
				 "under \"%s\"",
				 sig_show(name), name_key);
	if (r->messages_n == MESSAGES_MAX)
		return sig_error(p, map, "more than %d messages in rule %s", MESSAGES_MAX, r->name);
	m = &r->messages[r->messages_n++];
	memset(m, 0, sizeof(*m));
	m->name = xstrdup(sig_text(name));
	m->line = (uint32_t)map->start_mark.line + 1;
	m->size_ref = -1;
	return message_rest(p, map, m);
}

static int read_repeat(struct sigparse *p, yaml_node_t *n, struct step *s)
{
	struct numset set;

	if (sig_numset(p, n, &set) < 0)
		return -1;
	if (set.n != 1 || set.r[0].lo < 1 || set.r[0].lo > 60000)
		return sig_error(p, n, "%s, expected how often, such as 3 or 2..5", sig_show(n));
	s->repeat_min = (uint16_t)set.r[0].lo;
	s->repeat_max = set.r[0].hi > 60000 ? 60000 : (uint16_t)set.r[0].hi;
	return 0;
}

static int read_step(struct sigparse *p, yaml_node_t *n)
{
	static const char *const keys[] = {"any-of", "optional", "repeat", "within", "then", NULL};
	yaml_node_t *any = yaml_get(&p->doc, n, "any-of"), *v;
	struct rule *r = p->rule;
	struct step *s;

	if (r->steps_n == STEPS_MAX)
		return sig_error(p, n, "more than %d steps in rule %s", STEPS_MAX, r->name);
	s = &r->steps[r->steps_n];
	memset(s, 0, sizeof(*s));
	s->repeat_min = s->repeat_max = 1;
	s->first = r->messages_n;
	if (!any) {
		if (sig_message(p, n, "message") < 0)
			return -1;
	} else {
		if (sig_only(p, n, keys, "step") < 0)
			return -1;
		if (any->type != YAML_SEQUENCE_NODE ||
		    any->data.sequence.items.top == any->data.sequence.items.start)
			return sig_error(p, any, "\"any-of\" is %s, expected a list of messages",
					 sig_show(any));
		for (yaml_node_item_t *it = any->data.sequence.items.start;
		     it < any->data.sequence.items.top; it++)
			if (sig_message(p, yaml_document_get_node(&p->doc, *it), "message") < 0)
				return -1;
	}
	s->n = (uint8_t)(r->messages_n - s->first);
	r->steps_n++;
	if (flag(p, n, "optional", &s->optional) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "repeat");
	if (v && read_repeat(p, v, s) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "within");
	if (v && sig_duration(p, v, &s->within) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "then");
	s->has_then = v != NULL;
	actions_init(&s->then);
	return v ? sig_actions(p, v, &s->then) : 0;
}

static int read_flow(struct sigparse *p, yaml_node_t *n)
{
	static const char *const keys[] = {"client-port", "server-port", "port",
					   "client-host", "server-host", "handshake",
					   "known",	  "unknown",	 NULL};
	struct rule *r = p->rule;
	yaml_node_t *v;

	if (sig_only(p, n, keys, "flow") < 0 ||
	    within(p, n, "client-port", 0, 65535, &r->client_port) < 0 ||
	    within(p, n, "server-port", 0, 65535, &r->server_port) < 0 ||
	    within(p, n, "port", 0, 65535, &r->any_port) < 0 ||
	    flag(p, n, "handshake", &r->handshake) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "client-host");
	if (v && sig_hosts(p, v, &r->client_host) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "server-host");
	return v ? sig_hosts(p, v, &r->server_host) : 0;
}

/* known and unknown may name bytes of the messages, so they are read after these. */
static int read_knowns(struct sigparse *p, yaml_node_t *flow)
{
	yaml_node_t *v = yaml_get(&p->doc, flow, "known");

	if (v && sig_known(p, v, false) < 0)
		return -1;
	v = yaml_get(&p->doc, flow, "unknown");
	return v ? sig_known(p, v, true) : 0;
}

static int read_list(struct sigparse *p, yaml_node_t *n, const char *what, bool empty_ok,
		     int (*fn)(struct sigparse *, yaml_node_t *))
{
	if (n->type != YAML_SEQUENCE_NODE ||
	    (!empty_ok && n->data.sequence.items.top == n->data.sequence.items.start))
		return sig_error(p, n, "\"%s\" is %s, expected a list", what, sig_show(n));
	for (yaml_node_item_t *it = n->data.sequence.items.start; it < n->data.sequence.items.top;
	     it++) {
		yaml_node_t *v = yaml_document_get_node(&p->doc, *it);

		if (v->type != YAML_MAPPING_NODE)
			return sig_error(p, v, "%s in \"%s\", expected a mapping", sig_show(v),
					 what);
		if (fn(p, v) < 0)
			return -1;
	}
	return 0;
}

static int read_until(struct sigparse *p, yaml_node_t *n)
{
	static const char *const keys[] = {"event", "idle", NULL};
	const char *events[EVENT_KINDS + 1] = {NULL};
	struct rule *r = p->rule;
	yaml_node_t *v;

	for (int i = 0; i < EVENT_KINDS; i++)
		events[i] = event_kind_text((enum event_kind)i);
	if (sig_only(p, n, keys, "until") < 0)
		return -1;
	v = yaml_get(&p->doc, n, "event");
	if (!v)
		return sig_error(p, n, "no \"event\" here");
	if (sig_word(p, v, events, &r->end_event) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "idle");
	return v ? sig_duration(p, v, &r->end_idle) : 0;
}

/* Rules of one message need no match under way, and some not even a mark that they are done. */
static void settle_instant(struct rule *r)
{
	r->instant = r->steps_n == 1 && r->steps[0].repeat_max == 1 && !r->on_open;
	r->cannot_recur = r->instant;
	for (unsigned i = 0; i < r->messages_n; i++)
		r->cannot_recur &=
			r->messages[i].nth_of_flow.n == 1 &&
			r->messages[i].nth_of_flow.r[0].lo == r->messages[i].nth_of_flow.r[0].hi;
}

/* The byte of a message of which its tests fix the most bits. */
static void settle_quick(struct message *m)
{
	for (unsigned i = 0; i < m->tests_n; i++) {
		const struct test *t = &m->tests[i];

		if (t->kind != TEST_BYTES || t->negate || t->at < 0)
			continue;
		for (unsigned k = 0; k < t->length; k++) {
			uint8_t mask = t->masks[k];

			for (unsigned a = 1; a < t->alternatives; a++) /* what all agree on */
				mask &= (uint8_t)(t->masks[a * t->length + k] &
						  ~(t->values[a * t->length + k] ^ t->values[k]));
			if (__builtin_popcount(mask) <= __builtin_popcount(m->quick_mask))
				continue;
			m->quick_mask = mask;
			m->quick = t->values[k] & mask;
			m->quick_at = (uint16_t)(t->at + (int32_t)k);
		}
	}
}

static int rule_body(struct sigparse *p, yaml_node_t *n)
{
	yaml_node_t *steps = yaml_get(&p->doc, n, "steps"), *tally = yaml_get(&p->doc, n, "tally");
	yaml_node_t *when = yaml_get(&p->doc, n, "when"), *then = yaml_get(&p->doc, n, "then");
	yaml_node_t *flow = yaml_get(&p->doc, n, "flow"), *until = yaml_get(&p->doc, n, "until");
	struct rule *r = p->rule;

	if (steps && tally)
		return sig_error(p, tally, "\"tally\" beside \"steps\", expected one of them");
	if (!steps && !tally && !r->on_open)
		return sig_error(p, n, "rule %s has neither \"steps\" nor \"tally\"", r->name);
	if (!tally != !when)
		return sig_error(p, tally ? tally : when, "\"tally\" and \"when\" go together");
	if (flow && read_flow(p, flow) < 0)
		return -1;
	if (steps && read_list(p, steps, "steps", r->on_open, read_step) < 0)
		return -1;
	if (tally && read_list(p, tally, "tally", false, sig_tally) < 0)
		return -1;
	if (when && read_list(p, when, "when", false, sig_when) < 0)
		return -1;
	if (flow && read_knowns(p, flow) < 0)
		return -1;
	if (until && read_until(p, until) < 0)
		return -1;
	if (r->steps_n && r->steps[0].optional)
		return sig_error(p, steps,
				 "the first step is optional, expected one that starts the "
				 "rule");
	settle_instant(r);
	r->any_ports = !r->client_port.n && !r->server_port.n && !r->any_port.n;
	for (unsigned i = 0; i < r->messages_n; i++)
		settle_quick(&r->messages[i]);
	if (then && sig_actions(p, then, &r->then) < 0)
		return -1;
	r->large = r->steps_n > 3 || r->save_bytes > 16;
	for (unsigned i = 0; i < r->steps_n; i++)
		r->large |= r->steps[i].repeat_max > 1;
	for (unsigned i = 0; i < r->known_n; i++)
		if (r->known[i].hold && r->save_bytes > HELD_SAVE)
			return sig_error(p, n,
					 "rule %s has \"hold\" and compares with %u bytes of "
					 "earlier messages, expected at most %d",
					 r->name, r->save_bytes, HELD_SAVE);
	return 0;
}

/* The words beside a rule's name that are one of a few. */
static int rule_words(struct sigparse *p, yaml_node_t *n, struct rule *r)
{
	static const char *const protos[] = {"udp", "tcp", "any", NULL};
	static const char *const clients[] = {"sender", "receiver", "initiator", "responder",
					      "either", "local",    NULL};
	static const char *const ons[] = {"message", "open", NULL};
	static const char *const segments[] = {"reassembled", "psh", NULL};
	yaml_node_t *v = yaml_get(&p->doc, n, "proto");
	int word = 0;

	if (!v)
		return sig_error(p, n, "rule %s has no \"proto\", expected udp, tcp or any",
				 r->name);
	if (sig_word(p, v, protos, &word) < 0)
		return -1;
	r->udp = word != 1;
	r->tcp = word != 0;
	word = r->tcp ? CLIENT_INITIATOR : CLIENT_SENDER;
	v = yaml_get(&p->doc, n, "client");
	if (v && sig_word(p, v, clients, &word) < 0)
		return -1;
	r->client = (enum client_side)word;
	word = 0;
	v = yaml_get(&p->doc, n, "on");
	if (v && sig_word(p, v, ons, &word) < 0)
		return -1;
	r->on_open = word == 1;
	word = p->psh;
	v = yaml_get(&p->doc, n, "segments");
	if (v && sig_word(p, v, segments, &word) < 0)
		return -1;
	r->psh = word == 1;
	return 0;
}

static int rule_whole(struct sigparse *p, yaml_node_t *n, struct rule *r)
{
	static const char *const keys[] = {"rule", "proto",    "on",	  "client", "within",
					   "once", "segments", "flow",	  "steps",  "tally",
					   "when", "then",     "version", "until",  NULL};
	yaml_node_t *name = yaml_get(&p->doc, n, "rule"), *v;

	if (sig_only(p, n, keys, "rule") < 0)
		return -1;
	if (!sig_text(name) || !*sig_text(name) || strlen(sig_text(name)) > 40)
		return sig_error(p, name ? name : n,
				 "%s, expected a name of 1 to 40 characters under "
				 "\"rule\"",
				 sig_show(name));
	if (rule_words(p, n, r) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "within");
	if (v && sig_duration(p, v, &r->within) < 0)
		return -1;
	if (flag(p, n, "once", &r->once) < 0 || copy_text(p, n, "version", &r->version) < 0 ||
	    rule_body(p, n) < 0)
		return -1;
	if (p->set->rules_n == RULES_MAX)
		return sig_error(p, n, "more than %d rules in all signatures together", RULES_MAX);
	return 0;
}

int sig_rule(struct sigparse *p, yaml_node_t *n)
{
	struct rule *r = xcalloc(1, sizeof(*r));
	yaml_node_t *name = yaml_get(&p->doc, n, "rule");

	p->rule = r;
	r->messages = xcalloc(MESSAGES_MAX + 1, sizeof(*r->messages));
	r->name = xstrdup(sig_text(name) ? sig_text(name) : "?");
	r->line = (uint32_t)n->start_mark.line + 1;
	r->signature = p->signature;
	r->once = true;
	r->end_event = -1;
	actions_init(&r->then);
	if (rule_whole(p, n, r) < 0) {
		rule_free(r);
		return -1;
	}
	r->messages = xrealloc(r->messages, r->messages_n * sizeof(*r->messages));
	r->index = (uint16_t)p->set->rules_n;
	p->set->rules[p->set->rules_n++] = r;
	return 0;
}

void rule_free(struct rule *r)
{
	for (int i = 0; i < r->messages_n; i++) {
		struct message *m = &r->messages[i];

		for (int k = 0; k < m->tests_n; k++) {
			free(m->tests[k].values);
			free(m->tests[k].masks);
		}
		free(m->name);
		free(m->version);
		free(m->version_after);
	}
	free(r->messages);
	free(r->version);
	free(r->name);
	free(r);
}
