// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rule.c - reads a rule: its conditions on the flow, its messages in order, its effects
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector/language/action.h"
#include "detector/language/echo.h"
#include "detector/language/http_test.h"
#include "detector/language/message.h"
#include "detector/language/record.h"
#include "detector/language/regex.h"
#include "detector/language/rule.h"
#include "detector/language/tally.h"

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
		if (sig_message(p, n, "message", true) < 0)
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
			if (sig_message(p, yaml_document_get_node(&p->doc, *it), "message", false) <
			    0)
				return -1;
	}
	s->n = (uint8_t)(r->messages_n - s->first);
	r->steps_n++;
	if (sig_key_bool(p, n, "optional", &s->optional) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "repeat");
	if (v && read_repeat(p, v, s) < 0)
		return -1;
	if (sig_key_duration(p, n, "within", &s->within) < 0)
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

	r->joined = yaml_get(&p->doc, n, "handshake") != NULL;
	if (sig_only(p, n, keys, "flow") < 0 ||
	    sig_key_numset_within(p, n, "client-port", 0, 65535, &r->client_port) < 0 ||
	    sig_key_numset_within(p, n, "server-port", 0, 65535, &r->server_port) < 0 ||
	    sig_key_numset_within(p, n, "port", 0, 65535, &r->any_port) < 0 ||
	    sig_key_bool(p, n, "handshake", &r->handshake) < 0)
		return -1;
	r->joined &= !r->handshake;
	v = yaml_get(&p->doc, n, "client-host");
	if (v && sig_hosts(p, v, &r->client_host) < 0)
		return -1;
	v = yaml_get(&p->doc, n, "server-host");
	return v ? sig_hosts(p, v, &r->server_host) : 0;
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
	return sig_key_duration(p, n, "idle", &r->end_idle);
}

/* A rule of one message needs no match under way. When that message stands at one place of the flow
 * only, it need not even be marked as done. */
static void settle_instant(struct rule *r)
{
	r->instant = r->steps_n == 1 && r->steps[0].repeat_max == 1 && !r->on_open;
	r->cannot_recur = r->instant;
	for (unsigned i = 0; i < r->messages_n; i++)
		r->cannot_recur &=
			r->messages[i].nth_of_flow.n == 1 &&
			r->messages[i].nth_of_flow.r[0].lo == r->messages[i].nth_of_flow.r[0].hi;
}

static int rule_body(struct sigparse *p, yaml_node_t *n)
{
	yaml_node_t *steps = yaml_get(&p->doc, n, "steps"), *tally = yaml_get(&p->doc, n, "tally");
	yaml_node_t *when = yaml_get(&p->doc, n, "when"), *then = yaml_get(&p->doc, n, "then");
	yaml_node_t *flow = yaml_get(&p->doc, n, "flow"), *until = yaml_get(&p->doc, n, "until");
	struct rule *r = p->rule;

	if (flow && read_flow(p, flow) < 0)
		return -1;
	r->any_ports = !r->client_port.n && !r->server_port.n && !r->any_port.n;
	r->any_flow = r->any_ports && !r->client_host.n && !r->server_host.n && !r->handshake &&
		      !r->joined;
	if (yaml_get(&p->doc, n, "record"))
		return sig_record_rule(p, n);
	if (steps && tally)
		return sig_error(p, tally, "\"tally\" beside \"steps\", expected one of them");
	if (!steps && !tally && !r->on_open)
		return sig_error(p, n, "rule %s has no \"steps\", \"tally\" or \"record\"",
				 r->name);
	if (!tally != !when)
		return sig_error(p, tally ? tally : when, "\"tally\" and \"when\" go together");
	if (steps && sig_list(p, steps, "steps", r->on_open, read_step) < 0)
		return -1;
	if (tally && sig_list(p, tally, "tally", false, sig_tally) < 0)
		return -1;
	if (when && sig_list(p, when, "when", false, sig_when) < 0)
		return -1;
	if (flow && sig_knowns(p, flow) < 0)
		return -1;
	if (until && read_until(p, until) < 0)
		return -1;
	if (r->steps_n && r->steps[0].optional)
		return sig_error(p, steps,
				 "the first step is optional, expected one that starts the "
				 "rule");
	settle_instant(r);
	echo_settle(r);
	for (unsigned i = 0; i < r->messages_n; i++)
		message_settle(&r->messages[i]);
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
	word = r->tcp && !yaml_get(&p->doc, n, "record") ? CLIENT_INITIATOR : CLIENT_SENDER;
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
	static const char *const keys[] = {
		"rule",	 "proto", "on",	  "client", "within",  "once",	"segments", "flow",
		"steps", "tally", "when", "then",   "version", "until", "record",   NULL};
	yaml_node_t *name = yaml_get(&p->doc, n, "rule");

	if (sig_only(p, n, keys, "rule") < 0)
		return -1;
	if (!sig_text(name) || !*sig_text(name) || strlen(sig_text(name)) > 40)
		return sig_error(p, name ? name : n,
				 "%s, expected a name of 1 to 40 characters under "
				 "\"rule\"",
				 sig_show(name));
	if (rule_words(p, n, r) < 0)
		return -1;
	if (sig_key_duration(p, n, "within", &r->within) < 0)
		return -1;
	if (sig_key_bool(p, n, "once", &r->once) < 0 ||
	    sig_key_text(p, n, "version", &r->version) < 0 || rule_body(p, n) < 0)
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
			http_test_free(m->tests[k].http);
			free(m->tests[k].name);
			regex_free(m->tests[k].regex);
		}
		free(m->tests);
		free(m->name);
		free(m->version);
		free(m->version_after);
	}
	free(r->messages);
	free(r->forms);
	free(r->statistics);
	free(r->version);
	free(r->name);
	free(r);
}
