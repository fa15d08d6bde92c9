// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policies.c - policies by name, each file read once
 *
 * A lab's specification holds parsed policies, which several sites and labs share. Who has only
 * names (options of a command, the verification, tests) keeps them here. A linear search: there are
 * a few dozen at most.
 */
#include <stdlib.h>
#include <string.h>

#include "lab/gateway/firewall.h"
#include "lab/gateway/nat.h"
#include "lab/gateway/policies.h"

struct policy_entry {
	char *name; /* (owned) */
	struct firewall *firewall;
	struct nat_policy *nat; /* one of the two, (owned) */
};

static struct policy_entry *find(struct policies *p, const char *name, bool nat)
{
	for (size_t i = 0; i < p->n; i++)
		if ((nat ? (void *)p->entries[i].nat : p->entries[i].firewall) &&
		    !strcmp(p->entries[i].name, name))
			return &p->entries[i];
	return NULL;
}

static void add(struct policies *p, struct policy_entry entry)
{
	p->entries = xrealloc(p->entries, (p->n + 1) * sizeof(*p->entries));
	p->entries[p->n++] = entry;
}

const struct firewall *policies_firewall(struct policies *p, const char *name, struct err *e)
{
	const struct policy_entry *known = find(p, name, false);
	struct firewall *f;

	if (known)
		return known->firewall;
	f = firewall_load(name, e);
	if (f)
		add(p, (struct policy_entry){.name = xstrdup(name), .firewall = f});
	return f;
}

const struct nat_policy *policies_nat(struct policies *p, const char *name, struct err *e)
{
	const struct policy_entry *known = find(p, name, true);
	struct nat_policy *n;

	if (known)
		return known->nat;
	n = nat_policy_load(name, e);
	if (n)
		add(p, (struct policy_entry){.name = xstrdup(name), .nat = n});
	return n;
}

void policies_free(struct policies *p)
{
	for (size_t i = 0; i < p->n; i++) {
		firewall_free(p->entries[i].firewall);
		nat_policy_free(p->entries[i].nat);
		free(p->entries[i].name);
	}
	free(p->entries);
	memset(p, 0, sizeof(*p));
}
