// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * variants.c - a signature with something taken away
 *
 * The file's YAML is walked once: each rule, and each key that narrows a rule or a message, is a cut.
 * A cut is the place of a pair in a mapping or of an item in a list; the file is read anew for each,
 * loses what is there, and is written as text. What cannot be loaded any more (a message needs its
 * size because another's is built on it) is no variant: its rules are 0.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/yaml.h"
#include "detector/language/file.h"
#include "run/regress/variants.h"

/* What is taken away: items of lists and pairs of mappings, by the number of their node. */
struct cut {
	int node;
	int place;
};

struct cutting {
	const unsigned char *text;
	size_t len;
	struct variants *out;
};

static const char *const constraints[] = {
	"size",	      "bytes",	     "not-bytes",   "equal",	   "change",	  "number",
	"length",     "text",	     "nibbles",	    "contains",	   "again",	  "address",
	"sequence",   "gap",	     "nth",	    "next",	   "within",	  "count",
	"known",      "nth-of-flow", "ip-length",   "port",	   "repeat",	  "when",
	"whole-turn", "client-port", "server-port", "client-host", "server-host",
};

static int load(const struct cutting *c, yaml_document_t *doc)
{
	yaml_parser_t y;
	int ok;

	if (!yaml_parser_initialize(&y))
		return -1;
	yaml_parser_set_input_string(&y, c->text, c->len);
	ok = yaml_parser_load(&y, doc);
	yaml_parser_delete(&y);
	return ok ? 0 : -1;
}

static const char *scalar(const yaml_node_t *n)
{
	return n && n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value : NULL;
}

static void take_away(yaml_document_t *doc, const struct cut *cut)
{
	yaml_node_t *n = yaml_document_get_node(doc, cut->node);

	if (n->type == YAML_MAPPING_NODE) {
		yaml_node_pair_t *p = n->data.mapping.pairs.start + cut->place;

		memmove(p, p + 1, (size_t)(n->data.mapping.pairs.top - p - 1) * sizeof(*p));
		n->data.mapping.pairs.top--;
	} else {
		yaml_node_item_t *p = n->data.sequence.items.start + cut->place;

		memmove(p, p + 1, (size_t)(n->data.sequence.items.top - p - 1) * sizeof(*p));
		n->data.sequence.items.top--;
	}
}

static void set_name(yaml_document_t *doc, size_t number)
{
	yaml_node_t *n = yaml_get(doc, yaml_document_get_root_node(doc), "signature");
	char name[24];

	if (!n || n->type != YAML_SCALAR_NODE)
		return;
	snprintf(name, sizeof(name), "v%zu", number);
	free(n->data.scalar.value);
	n->data.scalar.value = (yaml_char_t *)xstrdup(name);
	n->data.scalar.length = strlen(name);
}

static int append(void *variant, unsigned char *p, size_t n)
{
	struct variant *v = variant;

	v->text = xrealloc(v->text, v->len + n + 1);
	memcpy(v->text + v->len, p, n);
	v->len += n;
	return 1;
}

/* Takes @doc. */
static void write_text(yaml_document_t *doc, struct variant *v)
{
	yaml_emitter_t y;

	if (!yaml_emitter_initialize(&y)) {
		yaml_document_delete(doc);
		return;
	}
	yaml_emitter_set_output(&y, append, v);
	yaml_emitter_set_width(&y, -1);
	yaml_emitter_open(&y);
	yaml_emitter_dump(&y, doc);
	yaml_emitter_close(&y);
	yaml_emitter_delete(&y);
}

static size_t count_rules(const struct variant *v)
{
	struct signature_set *set = signature_set_new();
	struct err e;
	size_t rules = 0;

	if (v->text && signature_add_text(set, "variant", v->text, v->len, &e) == 0)
		rules = signatures_info(set, 0)->rules;
	signatures_free(set);
	return rules;
}

/* Later places first, so that earlier ones stay right. */
static void add_variant(struct cutting *c, const char *rule, const char *what,
			const struct cut *cuts, size_t n)
{
	struct variants *all = c->out;
	struct variant *v;
	yaml_document_t doc;

	all->list = xrealloc(all->list, (all->n + 1) * sizeof(*all->list));
	v = &all->list[all->n];
	*v = (struct variant){.rule = xstrdup(rule), .what = xstrdup(what)};
	if (load(c, &doc) == 0) {
		for (size_t i = n; i; i--)
			take_away(&doc, &cuts[i - 1]);
		set_name(&doc, all->n);
		write_text(&doc, v);
	}
	v->rules = count_rules(v);
	all->n++;
}

static bool is_constraint(const char *key)
{
	for (size_t i = 0; key && i < ARRAY_LEN(constraints); i++)
		if (!strcmp(key, constraints[i]))
			return true;
	return false;
}

static int number_of(yaml_document_t *doc, const yaml_node_t *n)
{
	return (int)(n - doc->nodes.start) + 1;
}

/* Every constraint at or below a node of a rule. @message: that it belongs to, or "". */
static void cut_constraints(struct cutting *c, yaml_document_t *doc, yaml_node_t *n,
			    const char *rule, const char *message)
{
	const char *own = scalar(yaml_get(doc, n, "message"));

	message = own ? own : message;
	if (n->type == YAML_SEQUENCE_NODE)
		for (yaml_node_item_t *i = n->data.sequence.items.start;
		     i < n->data.sequence.items.top; i++)
			cut_constraints(c, doc, yaml_document_get_node(doc, *i), rule, message);
	if (n->type != YAML_MAPPING_NODE)
		return;
	for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top;
	     p++) {
		const char *key = scalar(yaml_document_get_node(doc, p->key));
		yaml_node_t *value = yaml_document_get_node(doc, p->value);

		if (is_constraint(key)) {
			struct cut cut = {number_of(doc, n),
					  (int)(p - n->data.mapping.pairs.start)};
			char *what = xasprintf("%s%s%s", message, *message ? " " : "", key);

			add_variant(c, rule, what, &cut, 1);
			free(what);
		} else if (value->type != YAML_SCALAR_NODE) {
			cut_constraints(c, doc, value, rule, message);
		}
	}
}

static bool is_udp(yaml_document_t *doc, yaml_node_t *rule)
{
	const char *proto = scalar(yaml_get(doc, rule, "proto"));

	return proto && !strcmp(proto, "udp");
}

/* Whether `remember` at or below a node names the set. */
static bool remembers(yaml_document_t *doc, yaml_node_t *n, bool within, const char *set)
{
	const char *in = within ? scalar(yaml_get(doc, n, "in")) : NULL;

	if (in && !strcmp(in, set))
		return true;
	if (n->type == YAML_SEQUENCE_NODE)
		for (yaml_node_item_t *i = n->data.sequence.items.start;
		     i < n->data.sequence.items.top; i++)
			if (remembers(doc, yaml_document_get_node(doc, *i), within, set))
				return true;
	if (n->type == YAML_MAPPING_NODE)
		for (yaml_node_pair_t *p = n->data.mapping.pairs.start;
		     p < n->data.mapping.pairs.top; p++) {
			const char *key = scalar(yaml_document_get_node(doc, p->key));

			if (remembers(doc, yaml_document_get_node(doc, p->value),
				      within || (key && !strcmp(key, "remember")), set))
				return true;
		}
	return false;
}

struct rule_list {
	yaml_node_t *seq;
	size_t n;
};

static yaml_node_t *rule_at(yaml_document_t *doc, const struct rule_list *r, size_t i)
{
	return yaml_document_get_node(doc, r->seq->data.sequence.items.start[i]);
}

/* The place of `known` in a TCP rule that asks for what only UDP rules remember. */
static bool known_of_udp(yaml_document_t *doc, const struct rule_list *r, yaml_node_t *rule,
			 struct cut *cut)
{
	yaml_node_t *flow = yaml_get(doc, rule, "flow"), *known = yaml_get(doc, flow, "known");
	const char *set = scalar(yaml_get(doc, known, "in"));

	if (!set)
		return false;
	for (size_t i = 0; i < r->n; i++)
		if (!is_udp(doc, rule_at(doc, r, i)) &&
		    remembers(doc, rule_at(doc, r, i), false, set))
			return false;
	for (yaml_node_pair_t *p = flow->data.mapping.pairs.start; p < flow->data.mapping.pairs.top;
	     p++)
		if (yaml_document_get_node(doc, p->value) == known)
			*cut = (struct cut){number_of(doc, flow),
					    (int)(p - flow->data.mapping.pairs.start)};
	return true;
}

static void cut_udp(struct cutting *c, yaml_document_t *doc, const struct rule_list *r)
{
	struct cut *cuts = xcalloc(2 * r->n + 1, sizeof(*cuts));
	size_t n = 0, udp;

	for (size_t i = 0; i < r->n; i++)
		if (is_udp(doc, rule_at(doc, r, i)))
			cuts[n++] = (struct cut){number_of(doc, r->seq), (int)i};
	udp = n;
	for (size_t i = 0; i < r->n; i++)
		if (!is_udp(doc, rule_at(doc, r, i)))
			n += known_of_udp(doc, r, rule_at(doc, r, i), &cuts[n]);
	if (udp)
		add_variant(c, "-", "UDP rules", cuts, udp);
	if (udp && n > udp)
		add_variant(c, "-", "UDP rules, and what only they know", cuts, n);
	free(cuts);
}

static void cut_all(struct cutting *c, yaml_document_t *doc)
{
	struct rule_list r = {yaml_get(doc, yaml_document_get_root_node(doc), "rules"), 0};

	add_variant(c, "-", "nothing", NULL, 0);
	if (!r.seq || r.seq->type != YAML_SEQUENCE_NODE)
		return;
	r.n = (size_t)(r.seq->data.sequence.items.top - r.seq->data.sequence.items.start);
	cut_udp(c, doc, &r);
	for (size_t i = 0; i < r.n; i++) {
		yaml_node_t *rule = rule_at(doc, &r, i);
		const char *name = scalar(yaml_get(doc, rule, "rule"));
		struct cut cut = {number_of(doc, r.seq), (int)i};

		add_variant(c, name ? name : "?", "the rule", &cut, 1);
		cut_constraints(c, doc, rule, name ? name : "?", "");
	}
}

int variants_read(struct variants *v, const char *path, struct err *e)
{
	struct cutting c = {.out = v};
	char *text = read_file(path, &c.len, e);
	yaml_document_t doc;
	int rc = 0;

	if (!text)
		return -1;
	c.text = (const unsigned char *)text;
	if (load(&c, &doc) < 0) {
		rc = err_set(e, "%s: not valid YAML", path);
	} else {
		cut_all(&c, &doc);
		yaml_document_delete(&doc);
	}
	free(text);
	return rc;
}

void variants_free(struct variants *v)
{
	for (size_t i = 0; i < v->n; i++) {
		free(v->list[i].rule);
		free(v->list[i].what);
		free(v->list[i].text);
	}
	free(v->list);
}
