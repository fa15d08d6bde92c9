// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scenario.c - a scenario: the network, its users, the matrix of settings
 *
 * Model. A scenario describes one cell; its matrix names values of it ("caller.firewall",
 * "version", "login") and lists what each shall be. The lists multiply into cells
 * (scenario_cells.c). scenario_apply() copies the scenario with a cell's values in their places, so
 * that whoever builds a cell sees a plain scenario.
 *
 * Beside it: scenario_schema.c reads the file, scenario_check.c checks what a schema cannot say.
 */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "run/scenario/private.h"

struct scenario_site *scenario_site(const struct scenario *s, const char *name, size_t len)
{
	for (unsigned i = 0; i < s->sites_len; i++)
		if (strlen(s->sites[i].name) == len && !memcmp(s->sites[i].name, name, len))
			return &s->sites[i];
	return NULL;
}

struct scenario_client *scenario_client(const struct scenario *s, const char *name, size_t len)
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

/* "caller.nat": the part after the first dot belongs to a site or a client. */
static int set_member(struct scenario *s, const char *name, const char *value)
{
	const char *dot = strchr(name, '.');
	struct scenario_site *site;
	struct scenario_client *c;
	uint64_t n;

	if (!dot)
		return -1;
	site = scenario_site(s, name, (size_t)(dot - name));
	c = scenario_client(s, name, (size_t)(dot - name));
	dot++;
	if (site && !strcmp(dot, "firewall"))
		return put(&site->firewall, value), 0;
	if (site && !strcmp(dot, "nat"))
		return put(&site->nat, value), 0;
	if (site && !strcmp(dot, "cgn"))
		return put(&site->cgn, value), 0;
	if (site && !strcmp(dot, "hosts"))
		return number_whole(dot, value, 1, UINT32_MAX, &n, NULL) < 0
			       ? -1
			       : (site->hosts = (unsigned)n, 0);
	if (c && !strcmp(dot, "version"))
		return put(&c->version, value), 0;
	if (c && !strcmp(dot, "login"))
		return put(&c->login, value), 0;
	return -1;
}

int scenario_set(struct scenario *s, const char *name, const char *value)
{
	if (!strcmp(name, "seed"))
		return number_whole(name, value, 0, UINT64_MAX, &s->seed, NULL);
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
	struct scenario_site *site = dot ? scenario_site(s, name, (size_t)(dot - name)) : NULL;

	if (!site)
		return "-";
	return !strcmp(dot + 1, "firewall") ? site->firewall : site->nat;
}

struct scenario *scenario_load(const char *path, struct err *e)
{
	struct scenario *s = scenario_read(path, e);

	if (s && scenario_check(s, e) < 0) {
		scenario_free(s);
		return NULL;
	}
	return s;
}

struct scenario *scenario_apply(const struct scenario *s, const struct scenario_cell *cell,
				struct err *e)
{
	struct scenario *copy = scenario_copy(s);

	for (unsigned i = 0; i < s->matrix_len; i++)
		if (scenario_set(copy, s->matrix[i].axis, cell->values[i]) < 0) {
			err_set(e, "%s: %s=%s does not fit", s->path, s->matrix[i].axis,
				cell->values[i]);
			scenario_free(copy);
			return NULL;
		}
	return copy;
}
