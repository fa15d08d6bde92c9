// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scenario.c - a scenario file: the network, its users, the matrix of settings
 *
 * Model. A scenario describes one cell; its matrix names values of it ("caller.firewall",
 * "version", "login") and lists what each shall be. The lists multiply into cells; exclude takes
 * some out, include adds some. scenario_apply() copies the scenario with a cell's values in their
 * places, so that whoever builds a cell sees a plain scenario.
 *
 * The schema is libcyaml's, which says the line of what does not fit it; what it cannot say (a site
 * that does not exist, a policy without a file) is checked afterwards, with the line found again by
 * yaml_line(). All policies, versions, mixes and signatures that any cell may use are looked up
 * before anything is created.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/yaml.h"
#include "cli/scenario.h"
#include "replay/overlay.h"

/* ------------------------------------------------------------------ schema */

#define OPT CYAML_FLAG_OPTIONAL
#define STR CYAML_FLAG_POINTER

static const cyaml_schema_value_t text_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, CYAML_UNLIMITED),
};

#define TEXT(key, flags, type, member)                                                             \
	CYAML_FIELD_STRING_PTR(key, STR | (flags), type, member, 1, CYAML_UNLIMITED)
#define TEXTS(key, flags, type, member)                                                            \
	CYAML_FIELD_SEQUENCE_COUNT(key, STR | (flags), type, member, member##_len, &text_value, 0, \
				   CYAML_UNLIMITED)

static const cyaml_schema_field_t link_fields[] = {
	CYAML_FIELD_FLOAT("delay-ms", OPT, struct scenario_link, delay_ms),
	CYAML_FIELD_FLOAT("jitter-ms", OPT, struct scenario_link, jitter_ms),
	CYAML_FIELD_FLOAT("loss-percent", OPT, struct scenario_link, loss_percent),
	CYAML_FIELD_FLOAT("rate-kbps", OPT, struct scenario_link, rate_kbps),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t site_fields[] = {
	TEXT("name", 0, struct scenario_site, name),
	CYAML_FIELD_UINT("hosts", OPT, struct scenario_site, hosts),
	TEXT("firewall", OPT, struct scenario_site, firewall),
	TEXT("nat", OPT, struct scenario_site, nat),
	TEXT("cgn", OPT, struct scenario_site, cgn),
	CYAML_FIELD_MAPPING_PTR("link", STR | OPT, struct scenario_site, link, link_fields),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t site_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_site, site_fields),
};

static const cyaml_schema_field_t client_fields[] = {
	TEXT("name", 0, struct scenario_client, name),
	TEXT("site", 0, struct scenario_client, site),
	CYAML_FIELD_UINT("host", OPT, struct scenario_client, host),
	CYAML_FIELD_UINT("count", OPT, struct scenario_client, count),
	TEXT("version", OPT, struct scenario_client, version),
	TEXT("login", OPT, struct scenario_client, login),
	CYAML_FIELD_BOOL("fresh", OPT, struct scenario_client, fresh),
	CYAML_FIELD_UINT("udp-port", OPT, struct scenario_client, udp_port),
	CYAML_FIELD_FLOAT("start", OPT, struct scenario_client, start_s),
	CYAML_FIELD_FLOAT("spacing", OPT, struct scenario_client, spacing_s),
	TEXTS("script", OPT, struct scenario_client, script),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t client_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_client, client_fields),
};

static const cyaml_schema_field_t background_fields[] = {
	TEXT("site", 0, struct scenario_background, site),
	CYAML_FIELD_UINT("host", OPT, struct scenario_background, host),
	TEXT("mix", 0, struct scenario_background, mix),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t background_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_background, background_fields),
};

static const cyaml_schema_field_t recording_fields[] = {
	TEXT("capture", 0, struct scenario_recording, capture),
	TEXT("labels", OPT, struct scenario_recording, labels),
	TEXT("version", OPT, struct scenario_recording, version),
	TEXT("client", OPT, struct scenario_recording, client),
	TEXT("site", 0, struct scenario_recording, site),
	CYAML_FIELD_FLOAT("limit", OPT, struct scenario_recording, limit_s),
	CYAML_FIELD_BOOL("keep-addresses", OPT, struct scenario_recording, keep_addresses),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t recording_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_recording, recording_fields),
};

static const cyaml_schema_field_t axis_fields[] = {
	TEXT("axis", 0, struct scenario_axis, axis),
	TEXTS("values", 0, struct scenario_axis, values),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t axis_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_axis, axis_fields),
};

#define LIST(key, flags, member, value)                                                            \
	CYAML_FIELD_SEQUENCE_COUNT(key, STR | (flags), struct scenario, member, member##_len,      \
				   &(value), 0, CYAML_UNLIMITED)

static const cyaml_schema_field_t scenario_fields[] = {
	TEXT("scenario", 0, struct scenario, scenario),
	TEXT("description", OPT, struct scenario, description),
	CYAML_FIELD_UINT("seed", OPT, struct scenario, seed),
	TEXT("clock", OPT, struct scenario, clock),
	TEXT("epoch", OPT, struct scenario, epoch),
	CYAML_FIELD_FLOAT("duration", OPT, struct scenario, duration_s),
	CYAML_FIELD_UINT("super-nodes", OPT, struct scenario, super_nodes),
	TEXT("internet-firewall", OPT, struct scenario, internet_firewall),
	LIST("sites", 0, sites, site_value),
	LIST("clients", OPT, clients, client_value),
	LIST("background", OPT, background, background_value),
	LIST("recordings", OPT, recordings, recording_value),
	LIST("matrix", OPT, matrix, axis_value),
	TEXTS("exclude", OPT, struct scenario, exclude),
	TEXTS("include", OPT, struct scenario, include),
	TEXTS("vantages", OPT, struct scenario, vantages),
	TEXTS("signatures", OPT, struct scenario, signatures),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t scenario_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct scenario, scenario_fields),
};

/* ------------------------------------------------------------------ values by name */

static struct scenario_site *find_site(const struct scenario *s, const char *name, size_t len)
{
	for (unsigned i = 0; i < s->sites_len; i++)
		if (strlen(s->sites[i].name) == len && !memcmp(s->sites[i].name, name, len))
			return &s->sites[i];
	return NULL;
}

static struct scenario_client *find_client(const struct scenario *s, const char *name, size_t len)
{
	for (unsigned i = 0; i < s->clients_len; i++)
		if (strlen(s->clients[i].name) == len && !memcmp(s->clients[i].name, name, len))
			return &s->clients[i];
	return NULL;
}

static void put(char **where, const char *value)
{
	free(*where);
	*where = xstrdup(value);
}

static int put_number(uint64_t *where, const char *value)
{
	char *end;

	*where = strtoull(value, &end, 10);
	return *value && !*end ? 0 : -1;
}

/* "caller.nat": the part after the first dot belongs to a site or a client. */
static int set_member(struct scenario *s, const char *name, const char *value)
{
	const char *dot = strchr(name, '.');
	struct scenario_site *site;
	struct scenario_client *c;
	uint64_t n;

	if (!dot)
		return -1;
	site = find_site(s, name, (size_t)(dot - name));
	c = find_client(s, name, (size_t)(dot - name));
	dot++;
	if (site && !strcmp(dot, "firewall"))
		return put(&site->firewall, value), 0;
	if (site && !strcmp(dot, "nat"))
		return put(&site->nat, value), 0;
	if (site && !strcmp(dot, "cgn"))
		return put(&site->cgn, value), 0;
	if (site && !strcmp(dot, "hosts"))
		return put_number(&n, value) < 0 ? -1 : (site->hosts = (unsigned)n, 0);
	if (c && !strcmp(dot, "version"))
		return put(&c->version, value), 0;
	if (c && !strcmp(dot, "login"))
		return put(&c->login, value), 0;
	return -1;
}

/* 0, or -1 when there is nothing of that name or the value does not fit. */
static int set_value(struct scenario *s, const char *name, const char *value)
{
	if (!strcmp(name, "seed"))
		return put_number(&s->seed, value);
	if (!strcmp(name, "version") || !strcmp(name, "login")) {
		for (unsigned i = 0; i < s->clients_len; i++)
			put(*name == 'v' ? &s->clients[i].version : &s->clients[i].login, value);
		return s->clients_len ? 0 : -1;
	}
	if (!strcmp(name, "host-cache")) {
		if (strcmp(value, "known") && strcmp(value, "empty"))
			return -1;
		for (unsigned i = 0; i < s->clients_len; i++)
			s->clients[i].fresh = *value == 'e';
		return s->clients_len ? 0 : -1;
	}
	if (!strcmp(name, "internet.firewall"))
		return put(&s->internet_firewall, value), 0;
	if (!strcmp(name, "mix")) {
		for (unsigned i = 0; i < s->background_len; i++)
			put(&s->background[i].mix, value);
		return s->background_len ? 0 : -1;
	}
	if (!strcmp(name, "recording")) { /* only this one is played */
		for (unsigned i = 0; i < s->recordings_len; i++)
			if (strcmp(s->recordings[i].capture, value))
				put(&s->recordings[i].site, "-");
		for (unsigned i = 0; i < s->recordings_len; i++)
			if (!strcmp(s->recordings[i].capture, value))
				return 0;
		return -1;
	}
	return set_member(s, name, value);
}

const char *scenario_value(const struct scenario *s, const char *name)
{
	const char *dot = strchr(name, '.');
	struct scenario_site *site = dot ? find_site(s, name, (size_t)(dot - name)) : NULL;

	if (!site)
		return "-";
	return !strcmp(dot + 1, "firewall") ? site->firewall : site->nat;
}

/* ------------------------------------------------------------------ checks */

static int bad(const struct scenario *s, struct err *e, const char *node, const char *what)
{
	return err_set(e, "%s:%u: %s", s->path, yaml_line(s->path, node), what);
}

static int check_file(const struct scenario *s, const char *node, const char *folder,
		      const char *name, struct err *e)
{
	struct err why;
	char *path = data_file(folder, name, &why), what[sizeof(why.msg)];

	if (!path) {
		snprintf(what, sizeof(what), "%s, expected the name of a file in %s", name, folder);
		return bad(s, e, node, what);
	}
	free(path);
	return 0;
}

/* The kinds of data file that a named value refers to; NULL = none. */
static const char *folder_of(const char *name)
{
	const char *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;

	if (!strcmp(last, "firewall"))
		return "scenarios/firewalls";
	if (!strcmp(last, "nat") || !strcmp(last, "cgn"))
		return "scenarios/nats";
	if (!strcmp(last, "version"))
		return "scenarios/versions";
	if (!strcmp(last, "mix"))
		return "scenarios/mixes";
	return NULL;
}

static int check_named(const struct scenario *s, const char *node, const char *name,
		       const char *value, struct err *e)
{
	const char *folder = folder_of(name);

	if (folder && (strcmp(value, "public") || strcmp(folder, "scenarios/nats")))
		return check_file(s, node, folder, value, e);
	if (strstr(name, "login") && strcmp(value, "manual") && strcmp(value, "automatic") &&
	    strcmp(value, "wrong")) {
		char what[200];

		snprintf(what, sizeof(what), "login %.80s, expected manual, automatic or wrong",
			 value);
		return bad(s, e, node, what);
	}
	return 0;
}

static int check_sites(struct scenario *s, struct err *e)
{
	char node[80];

	for (unsigned i = 0; i < s->sites_len; i++) {
		struct scenario_site *t = &s->sites[i];

		t->hosts = t->hosts ? t->hosts : 1;
		t->firewall = t->firewall ? t->firewall : xstrdup("open");
		t->nat = t->nat ? t->nat : xstrdup("public");
		snprintf(node, sizeof(node), "sites[%u].name", i);
		if (find_site(s, t->name, strlen(t->name)) != t)
			return bad(s, e, node, "a second site of this name");
		snprintf(node, sizeof(node), "sites[%u].firewall", i);
		if (check_named(s, node, "firewall", t->firewall, e) < 0)
			return -1;
		snprintf(node, sizeof(node), "sites[%u].nat", i);
		if (check_named(s, node, "nat", t->nat, e) < 0)
			return -1;
		snprintf(node, sizeof(node), "sites[%u].cgn", i);
		if (t->cgn && check_named(s, node, "nat", t->cgn, e) < 0)
			return -1;
	}
	return s->sites_len ? 0 : bad(s, e, "sites", "no site, expected at least one");
}

static int need_site(const struct scenario *s, const char *node, const char *site, unsigned host,
		     struct err *e)
{
	const struct scenario_site *t = find_site(s, site, strlen(site));
	char what[200];

	if (!t)
		snprintf(what, sizeof(what), "site %.80s, expected the name of one of the sites",
			 site);
	else if (host > t->hosts)
		snprintf(what, sizeof(what), "host %u, but site %.80s has hosts: %u", host, site,
			 t->hosts);
	else
		return 0;
	return bad(s, e, node, what);
}

static int check_recorded(const struct scenario *s, const char *node, const char *name,
			  struct err *e)
{
	char *path = xasprintf("%s/%s", corpora_dir(), name), what[400];
	int there = access(path, R_OK) == 0;

	free(path);
	if (there)
		return 0;
	snprintf(what, sizeof(what),
		 "%.150s, expected a file under %.100s; SKYPELAB_CORPORA can name another folder",
		 name, corpora_dir());
	return bad(s, e, node, what);
}

static int check_script(const struct scenario *s, unsigned client, struct err *e)
{
	const struct scenario_client *c = &s->clients[client];
	char node[80];

	for (unsigned k = 0; k < c->script_len; k++) {
		if (script_check(c->script[k], e) == 0)
			continue;
		snprintf(node, sizeof(node), "clients[%u].script[%u]", client, k);
		return err_push(e, "%s:%u", s->path, yaml_line(s->path, node));
	}
	return 0;
}

static int check_vantages(const struct scenario *s, struct err *e)
{
	char node[40], what[200];

	for (unsigned i = 0; i < s->vantages_len; i++) {
		const char *v = s->vantages[i], *dot = strchr(v, '.');
		const struct scenario_site *t = dot ? find_site(s, v, (size_t)(dot - v)) : NULL;

		if (!strcmp(v, "core") ||
		    (t && (!strcmp(dot, ".lan") || !strcmp(dot, ".wan") || !strcmp(dot, ".cgn"))))
			continue;
		snprintf(node, sizeof(node), "vantages[%u]", i);
		snprintf(what, sizeof(what),
			 "vantage %.80s, expected core, SITE.lan, SITE.wan or SITE.cgn", v);
		return bad(s, e, node, what);
	}
	return 0;
}

static int check_users(struct scenario *s, struct err *e)
{
	char node[80];

	for (unsigned i = 0; i < s->clients_len; i++) {
		struct scenario_client *c = &s->clients[i];

		c->host = c->host ? c->host : 1;
		c->count = c->count ? c->count : 1;
		c->version = c->version ? c->version : xstrdup("1.4");
		c->login = c->login ? c->login : xstrdup("manual");
		snprintf(node, sizeof(node), "clients[%u].site", i);
		if (need_site(s, node, c->site, c->host + c->count - 1, e) < 0)
			return -1;
		snprintf(node, sizeof(node), "clients[%u].name", i);
		if (find_client(s, c->name, strlen(c->name)) != c)
			return bad(s, e, node, "a second client of this name");
		snprintf(node, sizeof(node), "clients[%u].version", i);
		if (check_named(s, node, "version", c->version, e) < 0)
			return -1;
		snprintf(node, sizeof(node), "clients[%u].login", i);
		if (check_named(s, node, "login", c->login, e) < 0 || check_script(s, i, e) < 0)
			return -1;
	}
	for (unsigned i = 0; i < s->background_len; i++) {
		snprintf(node, sizeof(node), "background[%u].site", i);
		if (need_site(s, node, s->background[i].site, s->background[i].host, e) < 0)
			return -1;
		snprintf(node, sizeof(node), "background[%u].mix", i);
		if (check_named(s, node, "mix", s->background[i].mix, e) < 0)
			return -1;
	}
	if (s->recordings_len && s->clients_len)
		return bad(s, e, "recordings",
			   "recordings beside clients: emulated and recorded traffic are never "
			   "scored in one row, expected two scenarios");
	for (unsigned i = 0; i < s->recordings_len; i++) {
		snprintf(node, sizeof(node), "recordings[%u].site", i);
		if (need_site(s, node, s->recordings[i].site, 1, e) < 0)
			return -1;
		snprintf(node, sizeof(node), "recordings[%u].capture", i);
		if (check_recorded(s, node, s->recordings[i].capture, e) < 0)
			return -1;
		snprintf(node, sizeof(node), "recordings[%u].labels", i);
		if (s->recordings[i].labels &&
		    check_recorded(s, node, s->recordings[i].labels, e) < 0)
			return -1;
	}
	return 0;
}

static int check_matrix(struct scenario *s, struct err *e)
{
	char node[80], what[400];

	for (unsigned i = 0; i < s->matrix_len; i++) {
		const struct scenario_axis *a = &s->matrix[i];
		struct scenario_cell cell = {0};
		struct scenario *probe;

		snprintf(node, sizeof(node), "matrix[%u].values", i);
		if (!a->values_len)
			return bad(s, e, node, "an axis without values");
		probe = scenario_apply(s, &cell, e);
		if (!probe)
			return -1;
		for (unsigned v = 0; v < a->values_len; v++) {
			snprintf(node, sizeof(node), "matrix[%u].values[%u]", i, v);
			if (set_value(probe, a->axis, a->values[v]) < 0) {
				snprintf(what, sizeof(what),
					 "axis %.80s = %.80s, expected SITE.firewall, SITE.nat, "
					 "SITE.cgn, SITE.hosts, internet.firewall, "
					 "CLIENT.version, CLIENT.login, version, login, "
					 "host-cache (known, empty), mix, recording or seed",
					 a->axis, a->values[v]);
				scenario_free(probe);
				return bad(s, e, node, what);
			}
			if (check_named(s, node, a->axis, a->values[v], e) < 0) {
				scenario_free(probe);
				return -1;
			}
		}
		scenario_free(probe);
	}
	return 0;
}

static struct scenario *load(const char *path, struct err *e)
{
	struct scenario *s = yaml_load(path, &scenario_schema, e);

	if (!s)
		return NULL;
	s->path = xstrdup(path);
	s->clock = s->clock ? s->clock : xstrdup("virtual");
	s->epoch = s->epoch ? s->epoch : xstrdup("2006-07-25T09:00:00Z");
	s->internet_firewall = s->internet_firewall ? s->internet_firewall : xstrdup("open");
	s->duration_s = s->duration_s > 0 ? s->duration_s : 3600;
	return s;
}

struct scenario *scenario_load(const char *path, struct err *e)
{
	struct scenario *s = load(path, e);

	if (!s)
		return NULL;
	if (strcmp(s->clock, "virtual") && strcmp(s->clock, "real")) {
		bad(s, e, "clock", "expected virtual or real");
		goto fail;
	}
	if (strspn(s->scenario, "abcdefghijklmnopqrstuvwxyz0123456789-.") != strlen(s->scenario)) {
		bad(s, e, "scenario", "a name of a-z, 0-9, '-' and '.' is expected");
		goto fail;
	}
	if (check_named(s, "internet-firewall", "firewall", s->internet_firewall, e) < 0)
		goto fail;
	if (check_sites(s, e) < 0 || check_users(s, e) < 0 || check_vantages(s, e) < 0 ||
	    check_matrix(s, e) < 0)
		goto fail;
	return s;
fail:
	scenario_free(s);
	return NULL;
}

void scenario_free(struct scenario *s)
{
	if (!s)
		return;
	free(s->path);
	yaml_drop(&scenario_schema, s);
}

struct scenario *scenario_apply(const struct scenario *s, const struct scenario_cell *cell,
				struct err *e)
{
	struct scenario *copy = load(s->path, e);

	if (!copy)
		return NULL;
	if (check_sites(copy, e) < 0 || check_users(copy, e) < 0)
		goto fail;
	for (unsigned i = 0; cell->values && i < s->matrix_len; i++)
		if (set_value(copy, s->matrix[i].axis, cell->values[i]) < 0) {
			err_set(e, "%s: %s=%s does not fit", s->path, s->matrix[i].axis,
				cell->values[i]);
			goto fail;
		}
	return copy;
fail:
	scenario_free(copy);
	return NULL;
}

/* ------------------------------------------------------------------ cells */

static void cell_free(struct scenario_cell *c)
{
	for (size_t i = 0; i < c->axes; i++)
		free(c->values[i]);
	free(c->values);
}

/* The values of all axes that vary; one that is at its only value says nothing. */
static void name_cell(const struct scenario *s, struct scenario_cell *c)
{
	size_t at = 0;

	for (size_t i = 0; i < c->axes && at < sizeof(c->name); i++)
		if (s->matrix[i].values_len > 1 || strcmp(c->values[i], s->matrix[i].values[0]))
			at += (size_t)snprintf(c->name + at, sizeof(c->name) - at, "%s%s",
					       at ? "_" : "", c->values[i]);
	if (!at)
		snprintf(c->name, sizeof(c->name), "cell");
	for (char *p = c->name; *p; p++)
		if (*p == '/' || *p == ' ')
			*p = '-';
}

static int axis_index(const struct scenario *s, const char *name, size_t len)
{
	for (unsigned i = 0; i < s->matrix_len; i++)
		if (strlen(s->matrix[i].axis) == len && !memcmp(s->matrix[i].axis, name, len))
			return (int)i;
	return -1;
}

/* Is @value in the comma list [list, list + len)? */
static bool in_list(const char *list, size_t len, const char *value)
{
	size_t n = strlen(value);

	while (len) {
		size_t k = 0;

		while (k < len && list[k] != ',')
			k++;
		if (k == n && !memcmp(list, value, n))
			return true;
		list += k < len ? k + 1 : k;
		len -= k < len ? k + 1 : k;
	}
	return false;
}

/* One "axis=value[,value]" at @text; the axis in *axis, the list in *value and *len; what follows
 * is returned, or NULL with @e set. */
static const char *condition(const struct scenario *s, const char *text, int *axis,
			     const char **value, size_t *len, struct err *e)
{
	size_t k = strcspn(text, "= ");

	if (text[k] != '=') {
		err_set(e, "%s, expected axis=value", text);
		return NULL;
	}
	*axis = axis_index(s, text, k);
	if (*axis < 0) {
		err_set(e, "%.*s, expected an axis of the matrix in %s", (int)k, text, s->path);
		return NULL;
	}
	*value = text + k + 1;
	*len = strcspn(*value, " ");
	text = *value + *len;
	return text + strspn(text, " ");
}

/* 1: all conditions of @text hold for the cell; 0: not; -1 with @e set. */
static int matches(const struct scenario *s, const char *text, const char **values, struct err *e)
{
	int all = 1;

	while (*text) {
		const char *value;
		size_t len;
		int axis;

		text = condition(s, text, &axis, &value, &len, e);
		if (!text)
			return -1;
		all &= in_list(value, len, values[axis]);
	}
	return all;
}

struct cells {
	struct scenario_cell *c;
	size_t n;
};

/* Adds a copy of @values unless a filter keeps it out or it is there already. */
static int add_cell(const struct scenario *s, struct cells *out, const char **values,
		    const char *const *filters, size_t filters_len, struct err *e)
{
	struct scenario_cell cell;
	int ok;

	for (size_t i = 0; i < filters_len; i++)
		if ((ok = matches(s, filters[i], values, e)) != 1)
			return ok < 0 ? err_push(e, "--filter") : 0;
	cell.values = xcalloc(s->matrix_len, sizeof(char *));
	for (unsigned i = 0; i < s->matrix_len; i++)
		cell.values[i] = xstrdup(values[i]);
	cell.axes = s->matrix_len;
	name_cell(s, &cell);
	for (size_t i = 0; i < out->n; i++)
		if (!strcmp(out->c[i].name, cell.name)) {
			cell_free(&cell);
			return 0;
		}
	out->c = xrealloc(out->c, (out->n + 1) * sizeof(cell));
	out->c[out->n++] = cell;
	return 0;
}

static int add_product(const struct scenario *s, struct cells *out, const char *const *filters,
		       size_t filters_len, struct err *e)
{
	const char **values = xcalloc(s->matrix_len, sizeof(char *));
	size_t total = 1;
	int rc = 0;

	for (unsigned i = 0; i < s->matrix_len; i++)
		total *= s->matrix[i].values_len;
	for (size_t k = 0; k < total && rc == 0; k++) {
		size_t rest = k;
		int out_of_it = 0;

		for (unsigned i = s->matrix_len; i-- > 0;) {
			values[i] = s->matrix[i].values[rest % s->matrix[i].values_len];
			rest /= s->matrix[i].values_len;
		}
		for (unsigned x = 0; x < s->exclude_len && out_of_it == 0; x++)
			out_of_it = matches(s, s->exclude[x], values, e);
		if (out_of_it < 0)
			rc = err_push(e, "%s:%u", s->path, yaml_line(s->path, "exclude"));
		else if (!out_of_it)
			rc = add_cell(s, out, values, filters, filters_len, e);
	}
	free(values);
	return rc;
}

/* One include line: its conditions' values over each axis' first one. */
static int include_values(const struct scenario *s, unsigned x, const char **values, char **own,
			  struct err *e)
{
	const char *text = s->include[x];
	char node[40];

	snprintf(node, sizeof(node), "include[%u]", x);
	for (unsigned i = 0; i < s->matrix_len; i++)
		values[i] = s->matrix[i].values[0];
	while (*text) {
		const char *value;
		size_t len;
		int axis;

		text = condition(s, text, &axis, &value, &len, e);
		if (!text)
			return err_push(e, "%s:%u", s->path, yaml_line(s->path, node));
		free(own[axis]);
		own[axis] = strndup(value, len);
		values[axis] = own[axis];
		if (check_named(s, node, s->matrix[axis].axis, own[axis], e) < 0)
			return -1;
	}
	return 0;
}

static int add_includes(const struct scenario *s, struct cells *out, const char *const *filters,
			size_t filters_len, struct err *e)
{
	const char **values = xcalloc(s->matrix_len, sizeof(char *));
	char **own = xcalloc(s->matrix_len, sizeof(char *));
	int rc = 0;

	for (unsigned x = 0; x < s->include_len && rc == 0; x++) {
		rc = include_values(s, x, values, own, e);
		if (rc == 0)
			rc = add_cell(s, out, values, filters, filters_len, e);
	}
	for (unsigned i = 0; i < s->matrix_len; i++)
		free(own[i]);
	free(values);
	free(own);
	return rc;
}

struct scenario_cell *scenario_cells(const struct scenario *s, const char *const *filters,
				     size_t filters_len, size_t *n, struct err *e)
{
	struct cells out = {0};

	if (add_product(s, &out, filters, filters_len, e) < 0 ||
	    add_includes(s, &out, filters, filters_len, e) < 0) {
		scenario_cells_free(out.c, out.n);
		return NULL;
	}
	if (!out.n) {
		err_set(e, "%s: no cell is left to run", s->path);
		return NULL;
	}
	*n = out.n;
	return out.c;
}

void scenario_cells_free(struct scenario_cell *cells, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cell_free(&cells[i]);
	free(cells);
}
