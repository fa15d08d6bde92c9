// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cell_flows.c - Skype's flows of a trial, matched over its vantages
 *
 * A flow has other addresses at every vantage behind an address translation. Which rows are one flow the truth
 * says: its column `flow` has the number of the flow in the source's log, the same at all vantages and in
 * messages.tsv (run/cell/vantage.c; conntrack carried it there). A row may have several numbers, where a
 * translation made one tuple of flows that both ends opened: then it is a row of each.
 *
 * Runs of before that column are matched by what a flow has alike everywhere: protocol, opener, moment of
 * opening, and kind.
 *
 * Limits: FLOWS_MAX flows; how many there are beyond is counted.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/addr.h"
#include "base/label.h"
#include "base/quote.h"
#include "results/report/cell_flows.h"
#include "results/score/labels.h"

#define FLOWS_MAX 600

/* A flow by what identifies it: its number, or "proto node opened kind". */
struct known_flow {
	char *id; /* (owned) */
	struct cell_flow flow;
	bool left; /* beyond FLOWS_MAX, without data */
	bool home; /* its own vantage is its opener's LAN */
	UT_hash_handle hh;
};

/* The flows that have a name at their own vantage: several, when a tuple was used again. */
struct named_flows {
	char *name; /* (owned) "caller.lan\tudp ..." */
	const struct known_flow **flows;
	size_t n;
	UT_hash_handle hh;
};

struct cell_flows {
	const json_t *vantages;
	json_t *list; /* (owned) */
	struct known_flow *known;
	struct named_flows *names; /* made when the first is asked for */
	size_t left;
};

struct cell_flows *cell_flows_new(const json_t *vantages)
{
	struct cell_flows *c = xcalloc(1, sizeof(*c));

	c->vantages = vantages;
	c->list = json_array();
	return c;
}

static void forget_names(struct cell_flows *c)
{
	struct named_flows *n, *next;

	HASH_ITER (hh, c->names, n, next) {
		HASH_DEL(c->names, n);
		free(n->flows);
		free(n->name);
		free(n);
	}
}

void cell_flows_free(struct cell_flows *c)
{
	struct known_flow *k, *next;

	if (!c)
		return;
	HASH_ITER (hh, c->known, k, next) {
		HASH_DEL(c->known, k);
		free(k->id);
		free(k);
	}
	forget_names(c);
	json_decref(c->list);
	free(c);
}

/* ---- rows ---- */

static const char *cell(const struct tsv *t, size_t r, const char *column)
{
	return tsv_cell(t, r, tsv_column(t, column));
}

static void set_text(json_t *o, const char *name, const char *text)
{
	json_object_set_new(o, name, json_string_nocheck(quote_terminal(text)));
}

/* As claims name it; what is no address stays as it is. */
static void put_end(const char *ip, const char *port, char out[ENDPOINT_TEXT_LEN])
{
	struct endpoint e = {.port = (uint16_t)atoi(port)};

	if (ip_parse(ip, &e.ip) == 0)
		endpoint_text(&e, out);
	else
		snprintf(out, ENDPOINT_TEXT_LEN, "%.40s:%.5s", ip, port);
}

static char *name_of(const struct tsv *t, size_t r)
{
	char from[ENDPOINT_TEXT_LEN], to[ENDPOINT_TEXT_LEN];

	put_end(cell(t, r, "client_ip"), cell(t, r, "client_port"), from);
	put_end(cell(t, r, "server_ip"), cell(t, r, "server_port"), to);
	return xasprintf("%s %s %s", cell(t, r, "proto"), from, to);
}

/* How much of a vantage's name is its site's; 0 = it is of no site. */
static size_t site_len(const char *vantage)
{
	const char *dot = strrchr(vantage, '.');

	return dot ? (size_t)(dot - vantage) : 0;
}

/* The site of a node, by the vantages: the longest that its name begins with ("a-b-h1" is of "a-b"). (owned) */
static char *site_of(const struct cell_flows *c, const char *node)
{
	size_t i, best = 0;
	json_t *v;

	json_array_foreach (c->vantages, i, v) {
		const char *name = json_string_value(v);
		size_t n = site_len(name);

		if (n > best && !strncmp(node, name, n) && node[n] == '-')
			best = n;
	}
	return xasprintf("%.*s", (int)best, node);
}

static bool is_lan_of(const char *vantage, const char *site)
{
	size_t n = site_len(vantage);

	return *site && strlen(site) == n && !strncmp(vantage, site, n) &&
	       !strcmp(vantage + n, ".lan");
}

/* Takes the row for what is said of the flow. */
static void describe(struct known_flow *k, const struct tsv *t, size_t r, const char *vantage,
		     const char *name)
{
	json_t *v = k->flow.value;

	set_text(v, "key", name);
	set_text(v, "at", vantage);
	set_text(v, "kind", cell(t, r, "reason"));
	set_text(v, "node", cell(t, r, "node"));
	set_text(v, "client", cell(t, r, "client"));
	set_text(v, "server", cell(t, r, "server_host"));
	set_text(v, "opened", cell(t, r, "opened"));
}

static struct known_flow *flow_of(struct cell_flows *c, const char *id)
{
	struct known_flow *k;

	HASH_FIND_STR(c->known, id, k);
	if (k)
		return k;
	k = xcalloc(1, sizeof(*k));
	k->id = xstrdup(id);
	k->left = json_array_size(c->list) == FLOWS_MAX;
	HASH_ADD_KEYPTR(hh, c->known, k->id, strlen(k->id), k);
	if (k->left) {
		c->left++;
		return k;
	}
	k->flow.at = json_array_size(c->list);
	k->flow.value = json_pack("{s:{},s:[],s:{}}", "seen", "with", "verdicts");
	json_array_append_new(c->list, k->flow.value);
	return k;
}

/* The flow that the row is of; NULL = it is beyond FLOWS_MAX. */
static struct known_flow *add_row(struct cell_flows *c, const char *id, const struct tsv *t,
				  size_t r, const char *vantage)
{
	struct known_flow *k = flow_of(c, id);
	char *name, *site;
	json_t *seen;
	bool home;

	if (k->left)
		return NULL;
	name = name_of(t, r);
	site = site_of(c, cell(t, r, "node"));
	home = is_lan_of(vantage, site);
	seen = json_object_get(k->flow.value, "seen");
	if (!json_object_size(seen) || (home && !k->home))
		describe(k, t, r, vantage, name);
	k->home |= home;
	if (!json_object_get(seen, vantage))
		set_text(seen, vantage, name);
	free(site);
	free(name);
	return k;
}

/* Notes with @k that it shares a row with @other. */
static void note_other(const struct known_flow *k, const struct known_flow *other)
{
	json_t *with = json_object_get(k->flow.value, "with"), *v;
	size_t i;

	json_array_foreach (with, i, v)
		if ((size_t)json_integer_value(v) == other->flow.at)
			return;
	json_array_append_new(with, json_integer((json_int_t)other->flow.at));
}

static void add_numbered(struct cell_flows *c, const struct tsv *t, size_t r, const char *vantage)
{
	char *ids = xstrdup(cell(t, r, "flow")), *save = NULL;
	const struct known_flow *flows[LABEL_FLOWS];
	size_t n = 0;

	for (char *id = strtok_r(ids, " ", &save); id && n < ARRAY_LEN(flows);
	     id = strtok_r(NULL, " ", &save))
		if ((flows[n] = add_row(c, id, t, r, vantage)))
			n++;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			if (flows[i] != flows[k])
				note_other(flows[i], flows[k]);
	free(ids);
}

void cell_flows_add(struct cell_flows *c, const struct tsv *truth, const char *vantage)
{
	forget_names(c);
	for (size_t r = 0; r < truth->rows; r++) {
		char *id;

		if (!label_is(cell(truth, r, "label"), LABEL_SKYPE))
			continue;
		if (*cell(truth, r, "flow")) {
			add_numbered(c, truth, r, vantage);
		} else {
			id = xasprintf("%s %s %s %s", cell(truth, r, "proto"),
				       cell(truth, r, "node"), cell(truth, r, "opened"),
				       cell(truth, r, "reason"));
			add_row(c, id, truth, r, vantage);
			free(id);
		}
	}
}

/* ---- finding ---- */

static void index_names(struct cell_flows *c)
{
	for (struct known_flow *k = c->known; k; k = k->hh.next) {
		struct named_flows *n;
		char *name;

		if (k->left)
			continue;
		name = xasprintf("%s\t%s", json_string_value(json_object_get(k->flow.value, "at")),
				 json_string_value(json_object_get(k->flow.value, "key")));
		HASH_FIND_STR(c->names, name, n);
		if (!n) {
			n = xcalloc(1, sizeof(*n));
			n->name = xstrdup(name);
			HASH_ADD_KEYPTR(hh, c->names, n->name, strlen(n->name), n);
		}
		n->flows = xrealloc(n->flows, (n->n + 1) * sizeof(struct known_flow *));
		n->flows[n->n++] = k;
		free(name);
	}
}

static const struct named_flows *named(struct cell_flows *c, const char *vantage, const char *name)
{
	char *key = xasprintf("%s\t%s", vantage, name);
	struct named_flows *n;

	if (!c->names)
		index_names(c);
	HASH_FIND_STR(c->names, key, n);
	free(key);
	return n;
}

const struct cell_flow *cell_flows_find(struct cell_flows *c, const char *number, const char *name)
{
	struct known_flow *k;
	json_t *v;
	size_t i;

	HASH_FIND_STR(c->known, number, k);
	if (k)
		return k->left ? NULL : &k->flow;
	json_array_foreach (c->vantages, i, v) {
		const struct named_flows *n = named(c, json_string_value(v), name);

		if (n)
			return &n->flows[0]->flow;
	}
	return NULL;
}

void cell_flows_each(struct cell_flows *c, const char *vantage, const char *name,
		     void (*fn)(void *arg, json_t *value), void *arg)
{
	const struct named_flows *n = named(c, vantage, name);

	for (size_t i = 0; n && i < n->n; i++)
		fn(arg, n->flows[i]->flow.value);
}

json_t *cell_flows_list(const struct cell_flows *c)
{
	return c->list;
}

size_t cell_flows_left(const struct cell_flows *c)
{
	return c->left;
}
