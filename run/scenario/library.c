// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * library.c - the data files of a scenario, each parsed once
 *
 * A matrix names the same policies, NATs, versions and mixes in many cells. The first use of a name
 * loads its file; all cells then share the parsed value. The library is counted, because a cell's
 * copy of a scenario may outlive the scenario.
 *
 * Limits: a scenario names tens of files, so they are found by a linear search.
 */
#include <stdlib.h>
#include <string.h>

#include "base/datadir.h"
#include "lab/gateway/firewall.h"
#include "lab/gateway/nat.h"
#include "operator/filter/filter.h"
#include "replay/background/background.h"
#include "replay/skype/version.h"
#include "run/scenario/library.h"

/* ------------------------------------------------------------------ kinds of files */

static void *load_firewall(const char *name, const char *path, struct err *e)
{
	(void)path; /* the policy remembers its name */
	return firewall_load(name, e);
}

static void *load_nat(const char *name, const char *path, struct err *e)
{
	(void)path;
	return nat_policy_load(name, e);
}

static void *load_version(const char *name, const char *path, struct err *e)
{
	(void)name;
	return version_load(path, e);
}

static void *load_mix(const char *name, const char *path, struct err *e)
{
	(void)name;
	return mix_load(path, e);
}

static void *load_filter(const char *name, const char *path, struct err *e)
{
	(void)name;
	return filter_policy_load(path, e);
}

static void free_firewall(void *p)
{
	firewall_free(p);
}

static void free_nat(void *p)
{
	nat_policy_free(p);
}

static void free_version(void *p)
{
	version_free(p);
}

static void free_mix(void *p)
{
	mix_free(p);
}

static void free_filter(void *p)
{
	filter_policy_free(p);
}

struct file_kind {
	const char *folder;
	void *(*load)(const char *name, const char *path, struct err *e);
	void (*free)(void *parsed);
};

static const struct file_kind firewalls = {"scenarios/firewalls", load_firewall, free_firewall};
static const struct file_kind nats = {"scenarios/nats", load_nat, free_nat};
static const struct file_kind versions = {"scenarios/versions", load_version, free_version};
static const struct file_kind filters = {"scenarios/filters", load_filter, free_filter};
static const struct file_kind mixes = {"scenarios/mixes", load_mix, free_mix};

/* ------------------------------------------------------------------ the library */

struct library_file {
	const struct file_kind *kind;
	char *name, *path; /* (owned) */
	void *parsed;	   /* (owned) */
};

struct library {
	unsigned refs;
	struct library_file *entries;
	size_t n;
};

struct library *library_new(void)
{
	struct library *l = xcalloc(1, sizeof(*l));

	l->refs = 1;
	return l;
}

struct library *library_ref(struct library *l)
{
	l->refs++;
	return l;
}

void library_unref(struct library *l)
{
	if (!l || --l->refs)
		return;
	for (size_t i = 0; i < l->n; i++) {
		l->entries[i].kind->free(l->entries[i].parsed);
		free(l->entries[i].name);
		free(l->entries[i].path);
	}
	free(l->entries);
	free(l);
}

static const void *get(struct library *l, const struct file_kind *kind, const char *name,
		       struct err *e)
{
	void *parsed;
	char *path;

	for (size_t i = 0; i < l->n; i++)
		if (l->entries[i].kind == kind && !strcmp(l->entries[i].name, name))
			return l->entries[i].parsed;
	path = data_file(kind->folder, name, e);
	parsed = path ? kind->load(name, path, e) : NULL;
	if (!parsed) {
		free(path);
		return NULL;
	}
	l->entries = xrealloc(l->entries, (l->n + 1) * sizeof(*l->entries));
	l->entries[l->n++] = (struct library_file){kind, xstrdup(name), path, parsed};
	return parsed;
}

const struct firewall *library_firewall(struct library *l, const char *name, struct err *e)
{
	return get(l, &firewalls, name, e);
}

const struct nat_policy *library_nat(struct library *l, const char *name, struct err *e)
{
	return get(l, &nats, name, e);
}

const struct version *library_version(struct library *l, const char *name, struct err *e)
{
	return get(l, &versions, name, e);
}

const struct mix *library_mix(struct library *l, const char *name, struct err *e)
{
	return get(l, &mixes, name, e);
}

const struct filter_policy *library_filter(struct library *l, const char *name, struct err *e)
{
	return get(l, &filters, name, e);
}

const char *library_path(const struct library *l, const void *parsed)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->entries[i].parsed == parsed)
			return l->entries[i].path;
	return NULL;
}
