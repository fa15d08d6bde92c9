// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * claims.c - a claim file, read and checked
 *
 * libcyaml reads it against a schema. What a schema cannot say is checked here, with the line: every
 * name of a message or flow is one of the file, every set of numbers and every test can be read, and
 * every measure has what its kind needs and nothing that its kind would pass over in silence.
 * A message compares only with those that come before it in the sequence where it is used.
 * Limits: whether a measure can have a case at all is for the traffic to say.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/claims/claims.h"
#include "analysis/claims/measures_named.h"
#include "analysis/claims/tests.h"
#include "base/datadir.h"
#include "base/yaml.h"
#include "results/score/table.h"

#define FOLDER	  "scenarios/claims"
#define STRICT	  (CYAML_FLAG_STRICT)
#define OPT	  (CYAML_FLAG_OPTIONAL)
#define PTR	  (CYAML_FLAG_POINTER)
#define ITEMS_MAX 64

static const cyaml_strval_t protos[] = {
	{"any", CLAIM_ANY_PROTO}, {"udp", CLAIM_UDP}, {"tcp", CLAIM_TCP}};
static const cyaml_strval_t sides[] = {{"either", CLAIM_EITHER},
				       {"client", CLAIM_CLIENT},
				       {"server", CLAIM_SERVER},
				       {"opener", CLAIM_OPENER},
				       {"answerer", CLAIM_ANSWERER}};
static const cyaml_strval_t answers[] = {
	{"any", CLAIM_DONT_CARE}, {"yes", CLAIM_YES}, {"no", CLAIM_NO}};
static const cyaml_strval_t whose[] = {
	{"application", CLAIM_APPLICATION}, {"others", CLAIM_OTHERS}, {"all", CLAIM_ALL_FLOWS}};
static const cyaml_strval_t kinds[] = {
	{"messages", CLAIM_KIND_MESSAGES}, {"flows", CLAIM_KIND_FLOWS},
	{"follows", CLAIM_KIND_FOLLOWS},   {"counter", CLAIM_KIND_COUNTER},
	{"table", CLAIM_KIND_TABLE},	   {"detect", CLAIM_KIND_DETECT},
	{"function", CLAIM_KIND_FUNCTION}, {"none", CLAIM_KIND_NONE}};
static const cyaml_strval_t trials[] = {
	{"flow", CLAIM_TRIAL_FLOW}, {"host", CLAIM_TRIAL_HOST}, {"capture", CLAIM_TRIAL_SCENE}};
static const cyaml_strval_t figures[] = {
	{"recall", CLAIM_RECALL}, {"false", CLAIM_FALSE}, {"precision", CLAIM_PRECISION}};
static const cyaml_strval_t shows[] = {
	{"nothing", CLAIM_SHOW_NOTHING}, {"size", CLAIM_SHOW_SIZE},   {"port", CLAIM_SHOW_PORT},
	{"side", CLAIM_SHOW_SIDE},	 {"lasts", CLAIM_SHOW_LASTS}, {"quiet", CLAIM_SHOW_QUIET}};
static const cyaml_strval_t sames[] = {{"client", CLAIM_SAME_CLIENT},
				       {"server", CLAIM_SAME_SERVER},
				       {"server-port", CLAIM_SAME_SERVER_PORT},
				       {"client-port", CLAIM_SAME_CLIENT_PORT}};
static const cyaml_strval_t expects[] = {{"always", CLAIM_ALWAYS},
					 {"never", CLAIM_NEVER},
					 {"sometimes", CLAIM_SOMETIMES},
					 {"share", CLAIM_SHARE}};

static const cyaml_schema_value_t text_schema = {
	CYAML_VALUE_STRING(PTR, char *, 0, 1000),
};
static const cyaml_schema_value_t same_schema = {
	CYAML_VALUE_ENUM(STRICT, enum claim_same, sames, ARRAY_LEN(sames)),
};

#define LIST(key, type, member)                                                                    \
	CYAML_FIELD_SEQUENCE_COUNT(key, PTR | OPT, type, member.items, member.n, &text_schema, 1,  \
				   ITEMS_MAX)
#define WORD(key, type, member, words)                                                             \
	CYAML_FIELD_ENUM(key, STRICT | OPT, type, member, words, ARRAY_LEN(words))
#define TEXT(key, flags, type, member, most)                                                       \
	CYAML_FIELD_STRING_PTR(key, PTR | (flags), type, member, 1, most)

#define M struct claim_message
static const cyaml_schema_field_t message_fields[] = {
	TEXT("name", 0, M, name, 60),
	WORD("proto", M, proto, protos),
	WORD("from", M, from, sides),
	LIST("size", M, size_texts),
	LIST("nth", M, nth_texts),
	LIST("place", M, place_texts),
	LIST("port", M, port_texts),
	LIST("tests", M, test_texts),
	CYAML_FIELD_FLOAT("within", OPT, M, within),
	CYAML_FIELD_FLOAT("pause", OPT, M, pause),
	CYAML_FIELD_BOOL("next", OPT, M, next),
	TEXT("asked", OPT, M, asked, 60),
	CYAML_FIELD_END,
};
#undef M

#define F struct claim_flow
static const cyaml_schema_field_t flow_fields[] = {
	TEXT("name", 0, F, name, 60),
	WORD("proto", F, proto, protos),
	WORD("of", F, whose, whose),
	WORD("opener", F, opener, sides),
	WORD("accepted", F, accepted, answers),
	WORD("answered", F, answered, answers),
	WORD("session", F, session, answers),
	WORD("begun", F, begun, answers),
	WORD("peer", F, peer, answers),
	LIST("server-port", F, server_port_texts),
	LIST("client-port", F, client_port_texts),
	LIST("reason", F, reason),
	LIST("has", F, has),
	LIST("without", F, without),
	LIST("messages", F, messages_texts),
	LIST("lasts", F, lasts_texts),
	LIST("quiet", F, quiet_texts),
	LIST("nth", F, nth_texts),
	CYAML_FIELD_END,
};
#undef F

#define M struct claim_measure
static const cyaml_schema_field_t measure_fields[] = {
	CYAML_FIELD_ENUM("kind", STRICT, M, kind, kinds, ARRAY_LEN(kinds)),
	WORD("trial", M, trial, trials),
	LIST("given", M, given),
	TEXT("look", OPT, M, look, 60),
	LIST("must", M, must),
	TEXT("flow", OPT, M, flow, 60),
	TEXT("then", OPT, M, then, 60),
	TEXT("message", OPT, M, message, 60),
	CYAML_FIELD_UINT("at", OPT, M, at),
	CYAML_FIELD_UINT("length", OPT, M, length),
	LIST("step", M, step_texts),
	CYAML_FIELD_SEQUENCE_COUNT("same", PTR | OPT, M, same, same_n, &same_schema, 1, 4),
	CYAML_FIELD_FLOAT("after", OPT, M, after),
	CYAML_FIELD_FLOAT("within", OPT, M, within),
	WORD("show", M, show, shows),
	TEXT("table", OPT, M, table, 100),
	LIST("rows", M, rows),
	TEXT("count", OPT, M, count, 60),
	TEXT("of", OPT, M, of, 60),
	TEXT("signature", OPT, M, signature, 200),
	TEXT("unit", OPT, M, unit, 40),
	WORD("figure", M, figure, figures),
	CYAML_FIELD_FLOAT("cut", OPT, M, cut),
	TEXT("function", OPT, M, function, 60),
	LIST("parameters", M, parameters),
	CYAML_FIELD_END,
};
#undef M

static const cyaml_schema_field_t claim_fields[] = {
	TEXT("id", 0, struct claim, id, 60),
	TEXT("statement", 0, struct claim, statement, 600),
	TEXT("source", 0, struct claim, source, 200),
	TEXT("refuted-by", 0, struct claim, refuted_by, 400),
	TEXT("needs", 0, struct claim, needs, 400),
	LIST("where", struct claim, where),
	CYAML_FIELD_MAPPING("measure", 0, struct claim, measure, measure_fields),
	WORD("expect", struct claim, expect, expects),
	CYAML_FIELD_FLOAT("at-least", OPT, struct claim, at_least),
	CYAML_FIELD_FLOAT("at-most", OPT, struct claim, at_most),
	TEXT("not-here", OPT, struct claim, fixed, 400),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t message_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct claim_message, message_fields),
};
static const cyaml_schema_value_t flow_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct claim_flow, flow_fields),
};
static const cyaml_schema_value_t claim_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct claim, claim_fields),
};

#define S struct claim_set
static const cyaml_schema_field_t set_fields[] = {
	TEXT("claims-of", 0, S, name, 60),
	TEXT("title", 0, S, title, 300),
	TEXT("source", 0, S, source, 400),
	TEXT("application", 0, S, application, 31),
	LIST("signatures", S, signatures),
	LIST("where", S, where),
	CYAML_FIELD_SEQUENCE_COUNT("messages", PTR | OPT, S, messages, messages_n, &message_schema,
				   1, 200),
	CYAML_FIELD_SEQUENCE_COUNT("flows", PTR | OPT, S, flows, flows_n, &flow_schema, 1, 200),
	CYAML_FIELD_SEQUENCE_COUNT("claims", PTR, S, claims, claims_n, &claim_schema, 1, 1000),
	CYAML_FIELD_END,
};
#undef S

static const cyaml_schema_value_t set_schema = {
	CYAML_VALUE_MAPPING(PTR, struct claim_set, set_fields),
};

static const struct yaml_number numbers[] = {
	{"messages.within", 0.001, 86400, "seconds"},
	{"messages.pause", 0.001, 86400, "seconds"},
	{"claims.measure.at", 0, 255, "bytes"},
	{"claims.measure.length", 1, 4, "bytes"},
	{"claims.measure.after", 0, 86400, "seconds"},
	{"claims.measure.within", 0.001, 86400, "seconds"},
	{"claims.measure.cut", 0.001, 86400, "seconds"},
	{"claims.at-least", 0, 1, NULL},
	{"claims.at-most", 0, 1, NULL},
	{NULL, 0, 0, NULL},
};

/* ------------------------------------------------------------------ what a schema cannot say */

struct check {
	struct claim_set *set;
	struct err *e;
	char node[160]; /* where, for the line */
};

/* The fault at the member @key of the node under check. */
static int fault(const struct check *c, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fault(const struct check *c, const char *key, const char *fmt, ...)
{
	char *node = xasprintf("%s%s%s", c->node, *key ? "." : "", key), text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(c->e, "%s:%u: %s", c->set->path, yaml_line(c->set->path, node), text);
	free(node);
	return -1;
}

static int numbers_of(const struct check *c, const char *key, const struct claim_texts *t,
		      struct numset *out)
{
	bool any = false;

	memset(out, 0, sizeof(*out));
	for (int pass = 0; pass < 2; pass++) {
		if (pass && t->n && !any)
			numset_fill(out);
		for (unsigned i = 0; i < t->n; i++) {
			int rc = numset_apply(out, t->items[i], pass);

			any |= !pass && rc == 0;
			if (rc < 0)
				return fault(c, key,
					     "\"%.60s\", expected numbers such as 18, 22..29, "
					     "58.. or !339, at most %d ranges",
					     t->items[i], NUMSET_MAX);
		}
	}
	if (t->n && !out->n)
		return fault(c, key, "no number is left, expected at least one");
	numset_tidy(out);
	return 0;
}

static int message_index(const struct check *c, const char *key, const char *name, int *out)
{
	*out = name ? claim_message_of(c->set, name, strlen(name)) : -1;
	if (name && *out < 0)
		return fault(c, key, "\"%.60s\", expected the name of a message of this file",
			     name);
	return 0;
}

static int flow_of(const struct claim_set *s, const char *name)
{
	for (unsigned i = 0; i < s->flows_n; i++)
		if (!strcmp(s->flows[i].name, name))
			return (int)i;
	return -1;
}

static int flow_index(const struct check *c, const char *key, const char *name, int *out)
{
	*out = name ? flow_of(c->set, name) : -1;
	if (name && *out < 0)
		return fault(c, key, "\"%.60s\", expected the name of a flow of this file", name);
	return 0;
}

static int sequence_of(const struct check *c, const char *key, const struct claim_texts *t,
		       int out[CLAIM_STEPS])
{
	if (t->n > CLAIM_STEPS)
		return fault(c, key, "%u names, expected at most %d", t->n, CLAIM_STEPS);
	for (unsigned i = 0; i < t->n; i++)
		if (message_index(c, key, t->items[i], &out[i]) < 0)
			return -1;
	return 0;
}

/* Whether all that message @kind compares with is among the @n messages of @sequence, so that it can hold
 * at all. */
static int check_references(const struct check *c, const char *key, int kind, const int *sequence,
			    unsigned n)
{
	const struct claim_message *m = &c->set->messages[kind];

	for (unsigned t = 0; t < m->tests_n; t++) {
		int to = m->tests[t].to;
		unsigned i = 0;

		while (i < n && sequence[i] != to)
			i++;
		if (to >= 0 && i == n)
			return fault(
				c, key,
				"message \"%.60s\" compares with \"%.60s\", expected that to come "
				"before it here",
				m->name, c->set->messages[to].name);
	}
	return m->asked_at >= 0 ? check_references(c, key, m->asked_at, sequence, n) : 0;
}

/* A sequence whose messages compare with those before. */
static int check_sequence(const struct check *c, const char *key, const int *sequence, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (check_references(c, key, sequence[i], sequence, i) < 0)
			return -1;
	return 0;
}

static int check_message(struct check *c, unsigned i)
{
	struct claim_message *m = &c->set->messages[i];

	snprintf(c->node, sizeof(c->node), "messages[%u]", i);
	if (claim_message_of(c->set, m->name, strlen(m->name)) != (int)i)
		return fault(c, "name", "a second message \"%.60s\", expected another name",
			     m->name);
	if (numbers_of(c, "size", &m->size_texts, &m->size) < 0 ||
	    numbers_of(c, "nth", &m->nth_texts, &m->nth) < 0 ||
	    numbers_of(c, "place", &m->place_texts, &m->place) < 0 ||
	    numbers_of(c, "port", &m->port_texts, &m->port) < 0)
		return -1;
	if (message_index(c, "asked", m->asked, &m->asked_at) < 0)
		return -1;
	if (m->asked_at >= (int)i)
		return fault(c, "asked", "\"%.60s\", expected a message above this one", m->asked);
	if (m->test_texts.n > CLAIM_TESTS)
		return fault(c, "tests", "%u tests, expected at most %d", m->test_texts.n,
			     CLAIM_TESTS);
	for (; m->tests_n < m->test_texts.n; m->tests_n++) {
		const char *why, *text = m->test_texts.items[m->tests_n];
		char key[40];

		snprintf(key, sizeof(key), "tests[%u]", m->tests_n);
		if (claim_test_parse(c->set, text, &m->tests[m->tests_n], &why) < 0)
			return fault(c, key, "\"%.100s\", %s", text, why);
	}
	return 0;
}

static int check_flow(struct check *c, unsigned i)
{
	struct claim_flow *f = &c->set->flows[i];

	snprintf(c->node, sizeof(c->node), "flows[%u]", i);
	if (f->opener == CLAIM_OPENER || f->opener == CLAIM_ANSWERER)
		return fault(c, "opener", "expected client, server or either");
	if (flow_of(c->set, f->name) != (int)i ||
	    claim_message_of(c->set, f->name, strlen(f->name)) >= 0)
		return fault(c, "name", "a second \"%.60s\", expected another name", f->name);
	if (numbers_of(c, "server-port", &f->server_port_texts, &f->server_port) < 0 ||
	    numbers_of(c, "client-port", &f->client_port_texts, &f->client_port) < 0 ||
	    numbers_of(c, "messages", &f->messages_texts, &f->messages) < 0 ||
	    numbers_of(c, "lasts", &f->lasts_texts, &f->lasts) < 0 ||
	    numbers_of(c, "quiet", &f->quiet_texts, &f->quiet) < 0 ||
	    numbers_of(c, "nth", &f->nth_texts, &f->nth) < 0)
		return -1;
	if (sequence_of(c, "has", &f->has, f->has_at) < 0 ||
	    sequence_of(c, "without", &f->without, f->without_at) < 0 ||
	    check_sequence(c, "has", f->has_at, f->has.n) < 0)
		return -1;
	for (unsigned k = 0; k < f->without.n; k++)
		if (check_references(c, "without", f->without_at[k], NULL, 0) < 0)
			return -1;
	return 0;
}

/* "name=value", "name!=value" */
static int check_conditions(const struct check *c, const char *key, const struct claim_texts *t)
{
	for (unsigned i = 0; i < t->n; i++) {
		const char *eq = strchr(t->items[i], '=');

		if (!eq || eq == t->items[i] || (eq == t->items[i] + 1 && *t->items[i] == '!'))
			return fault(c, key,
				     "\"%.60s\", expected a condition such as version=1.4|2.0 or "
				     "operation!=call",
				     t->items[i]);
	}
	return 0;
}

static int need(const struct check *c, bool there, const char *key, const char *kind)
{
	return there ? 0 : fault(c, "measure", "no \"%s\", which kind %s needs", key, kind);
}

/* That @key is @there when it is @wanted, and else not. */
static int only(const struct check *c, bool there, bool wanted, const char *key, const char *what)
{
	char path[60];

	if (there == wanted)
		return 0;
	snprintf(path, sizeof(path), "measure%s%s", there ? "." : "", there ? key : "");
	return there ? fault(c, path, "%s does not look at it, expected none", what)
		     : fault(c, path, "no \"%s\", which %s needs", key, what);
}

static int check_messages(struct check *c, struct claim_measure *m)
{
	if (need(c, m->given.n || m->look, "given\" or \"look", "messages") < 0 ||
	    flow_index(c, "measure.flow", m->flow, &m->flow_at) < 0 ||
	    need(c, m->must.n > 0, "must", "messages") < 0 ||
	    message_index(c, "measure.look", m->look, &m->look_at) < 0 ||
	    sequence_of(c, "measure.given", &m->given, m->given_at) < 0)
		return -1;
	if (sequence_of(c, "measure.must", &m->must, m->must_at) < 0 ||
	    check_sequence(c, "measure.given", m->given_at, m->given.n) < 0 ||
	    (m->look &&
	     check_references(c, "measure.look", m->look_at, m->given_at, m->given.n) < 0))
		return -1;
	for (unsigned i = 0; i < m->must.n; i++)
		if (check_references(c, "measure.must", m->must_at[i], m->given_at, m->given.n) < 0)
			return -1;
	return 0;
}

static int check_flows(struct check *c, struct claim_measure *m)
{
	if (need(c, m->flow != NULL, "flow", "flows") < 0 ||
	    need(c, m->must.n > 0, "must", "flows") < 0 ||
	    flow_index(c, "measure.flow", m->flow, &m->flow_at) < 0)
		return -1;
	if (m->must.n > CLAIM_STEPS)
		return fault(c, "measure.must", "%u names, expected at most %d", m->must.n,
			     CLAIM_STEPS);
	for (unsigned i = 0; i < m->must.n; i++)
		if (flow_index(c, "measure.must", m->must.items[i], &m->must_at[i]) < 0)
			return -1;
	return 0;
}

static int check_follows(struct check *c, struct claim_measure *m)
{
	if (!m->then)
		return need(c, false, "then", "follows");
	if (need(c, m->given.n || m->flow, "given\" or \"flow", "follows") < 0 ||
	    need(c, m->same_n > 0, "same", "follows") < 0)
		return -1;
	m->then_at = claim_message_of(c->set, m->then, strlen(m->then));
	m->then_flow_at = flow_of(c->set, m->then);
	if (m->then_at < 0 && m->then_flow_at < 0)
		return fault(c, "measure.then",
			     "\"%.60s\", expected a message or flow of this file", m->then);
	if (flow_index(c, "measure.flow", m->flow, &m->flow_at) < 0)
		return -1;
	if (sequence_of(c, "measure.given", &m->given, m->given_at) < 0 ||
	    check_sequence(c, "measure.given", m->given_at, m->given.n) < 0)
		return -1;
	return m->then_at < 0
		       ? 0
		       : check_references(c, "measure.then", m->then_at, m->given_at, m->given.n);
}

static int check_counter(struct check *c, struct claim_measure *m)
{
	if (need(c, m->message != NULL, "message", "counter") < 0 ||
	    need(c, m->length > 0, "length", "counter") < 0 ||
	    need(c, m->step_texts.n > 0, "step", "counter") < 0 ||
	    message_index(c, "measure.message", m->message, &m->message_at) < 0)
		return -1;
	if (check_references(c, "measure.message", m->message_at, NULL, 0) < 0)
		return -1;
	return numbers_of(c, "measure.step", &m->step_texts, &m->step);
}

static int check_table(struct check *c, struct claim_measure *m)
{
	if (!m->table)
		return need(c, false, "table", "table");
	if (need(c, m->must.n || (m->count && m->of), "must\" or \"count\" and \"of", "table") < 0)
		return -1;
	if (strchr(m->table, '/') || *m->table == '.')
		return fault(c, "measure.table", "\"%.60s\", expected the name of a file of a cell",
			     m->table);
	if (check_conditions(c, "measure.rows", &m->rows) < 0)
		return -1;
	return check_conditions(c, "measure.must", &m->must);
}

static int check_detect(struct check *c, struct claim_measure *m)
{
	enum score_unit unit;

	if (!m->signature || !m->unit)
		return need(c, false, m->signature ? "unit" : "signature", "detect");
	for (unsigned i = 0; i < c->set->signatures.n; i++)
		if (!strcmp(c->set->signatures.items[i], m->signature))
			return score_unit_parse(m->unit, &unit) == 0
				       ? 0
				       : fault(c, "measure.unit",
					       "\"%.40s\", expected flow, client, session or "
					       "another unit of skypelab-accuracy(5)",
					       m->unit);
	return fault(c, "measure.signature", "\"%.60s\", expected one of this file's signatures",
		     m->signature);
}

/* The groups of ports of a function that compares them. */
static int check_groups(const struct check *c, const struct claim_texts *t)
{
	if (t->n < 2 || t->n > MEASURE_GROUPS)
		return fault(c, "measure.parameters", "%u groups of ports, expected 2 to %d", t->n,
			     MEASURE_GROUPS);
	for (unsigned i = 0; i < t->n; i++) {
		struct numset set = {0};

		if (numset_apply(&set, t->items[i], false) < 0 || !set.n)
			return fault(c, "measure.parameters",
				     "\"%.60s\", expected ports such as 443 or 1025..",
				     t->items[i]);
	}
	return 0;
}

static int check_function(struct check *c, struct claim_measure *m)
{
	const struct measure_named *named;
	char list[300], kind[80];

	if (need(c, m->function != NULL, "function", "function") < 0 ||
	    need(c, m->flow != NULL, "flow", "function") < 0)
		return -1;
	named = measure_named_find(m->function, list, sizeof(list));
	if (!named)
		return fault(c, "measure.function", "\"%.60s\", expected one of: %s", m->function,
			     list);
	snprintf(kind, sizeof(kind), "function %s", named->name);
	if (only(c, m->then != NULL, named->then, "then", kind) < 0 ||
	    only(c, m->step_texts.n > 0, named->step, "step", kind) < 0 ||
	    only(c, m->parameters.n > 0, named->groups, "parameters", kind) < 0)
		return -1;
	if (flow_index(c, "measure.flow", m->flow, &m->flow_at) < 0 ||
	    flow_index(c, "measure.then", m->then, &m->then_flow_at) < 0 ||
	    (named->groups && check_groups(c, &m->parameters) < 0))
		return -1;
	return numbers_of(c, "measure.step", &m->step_texts, &m->step);
}

#define KIND(name) (1U << CLAIM_KIND_##name)

/* What a kind would pass over in silence. */
static int check_unused(const struct check *c, const struct claim_measure *m)
{
	const struct {
		const char *key;
		bool there;
		unsigned kinds; /* that look at it */
	} keys[] = {
		{"given", m->given.n > 0, KIND(MESSAGES) | KIND(FOLLOWS)},
		{"look", m->look != NULL, KIND(MESSAGES)},
		{"must", m->must.n > 0, KIND(MESSAGES) | KIND(FLOWS) | KIND(TABLE)},
		{"flow", m->flow != NULL,
		 KIND(MESSAGES) | KIND(FLOWS) | KIND(FOLLOWS) | KIND(FUNCTION)},
		{"then", m->then != NULL, KIND(FOLLOWS) | KIND(FUNCTION)},
		{"message", m->message != NULL, KIND(COUNTER)},
		{"at", m->at > 0, KIND(COUNTER)},
		{"length", m->length > 0, KIND(COUNTER)},
		{"step", m->step_texts.n > 0, KIND(COUNTER) | KIND(FUNCTION)},
		{"same", m->same_n > 0, KIND(FOLLOWS)},
		{"after", m->after > 0, KIND(FOLLOWS)},
		{"within", m->within > 0, KIND(FOLLOWS)},
		{"show", m->show != CLAIM_SHOW_NOTHING, KIND(MESSAGES) | KIND(FLOWS)},
		{"table", m->table != NULL, KIND(TABLE)},
		{"rows", m->rows.n > 0, KIND(TABLE)},
		{"count", m->count != NULL, KIND(TABLE)},
		{"of", m->of != NULL, KIND(TABLE)},
		{"signature", m->signature != NULL, KIND(DETECT)},
		{"unit", m->unit != NULL, KIND(DETECT)},
		{"figure", m->figure != CLAIM_RECALL, KIND(DETECT)},
		{"cut", m->cut > 0, KIND(DETECT)},
		{"function", m->function != NULL, KIND(FUNCTION)},
		{"parameters", m->parameters.n > 0, KIND(FUNCTION)},
	};
	char kind[40];

	snprintf(kind, sizeof(kind), "kind %s", kinds[m->kind].str);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].there && !(keys[i].kinds & 1U << m->kind))
			return only(c, true, false, keys[i].key, kind);
	return 0;
}

static int check_expect(const struct check *c, const struct claim *l)
{
	if (l->expect == CLAIM_SHARE && l->at_least <= 0 && l->at_most <= 0)
		return fault(c, "expect", "a share, expected \"at-least\" or \"at-most\" with it");
	if (l->expect == CLAIM_SHARE && l->at_most > 0 && l->at_most < l->at_least)
		return fault(c, "at-most", "less than \"at-least\", expected no less");
	if (l->expect != CLAIM_SHARE && l->at_most > 0)
		return fault(c, "at-most", "expected only with \"expect: share\"");
	if ((l->expect == CLAIM_ALWAYS || l->expect == CLAIM_NEVER) && l->at_least > 0)
		return fault(c, "at-least",
			     "expected only with \"expect: share\" or \"sometimes\"");
	return 0;
}

static int check_claim(struct check *c, unsigned i)
{
	static int (*const by_kind[])(struct check *, struct claim_measure *) = {
		[CLAIM_KIND_MESSAGES] = check_messages, [CLAIM_KIND_FLOWS] = check_flows,
		[CLAIM_KIND_FOLLOWS] = check_follows,	[CLAIM_KIND_COUNTER] = check_counter,
		[CLAIM_KIND_TABLE] = check_table,	[CLAIM_KIND_DETECT] = check_detect,
		[CLAIM_KIND_FUNCTION] = check_function,
	};
	struct claim *l = &c->set->claims[i];
	struct claim_measure *m = &l->measure;

	snprintf(c->node, sizeof(c->node), "claims[%u]", i);
	m->look_at = m->flow_at = m->then_at = m->then_flow_at = m->message_at = -1;
	for (unsigned k = 0; k < i; k++)
		if (!strcmp(c->set->claims[k].id, l->id))
			return fault(c, "id", "a second claim \"%.60s\", expected another id",
				     l->id);
	if (check_expect(c, l) < 0 || check_conditions(c, "where", &l->where) < 0 ||
	    check_unused(c, m) < 0)
		return -1;
	if (m->kind == CLAIM_KIND_NONE)
		return l->fixed ? 0 : fault(c, "measure", "kind none, expected \"not-here\" too");
	if (l->fixed)
		return fault(c, "not-here", "expected only with a measure of kind none");
	return by_kind[m->kind](c, m);
}

static int check_set(struct claim_set *s, struct err *e)
{
	struct check c = {.set = s, .e = e};

	if (check_conditions(&c, "where", &s->where) < 0)
		return -1;
	for (unsigned i = 0; i < s->messages_n; i++)
		if (check_message(&c, i) < 0)
			return -1;
	for (unsigned i = 0; i < s->flows_n; i++)
		if (check_flow(&c, i) < 0)
			return -1;
	for (unsigned i = 0; i < s->claims_n; i++)
		if (check_claim(&c, i) < 0)
			return -1;
	return 0;
}

struct claim_set *claims_load(const char *name, struct err *e)
{
	char *path = data_file(FOLDER, name, e);
	struct claim_set *s;

	if (!path) {
		err_push(e, "claims '%s'", name);
		return NULL;
	}
	s = yaml_load(path, &set_schema, numbers, e);
	if (!s) {
		free(path);
		return NULL;
	}
	s->path = path;
	if (check_set(s, e) < 0) {
		claims_free(s);
		return NULL;
	}
	return s;
}

void claims_free(struct claim_set *s)
{
	if (!s)
		return;
	free(s->path);
	yaml_drop(&set_schema, s);
}
