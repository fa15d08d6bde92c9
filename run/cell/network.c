// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * network.c - from a scenario to the lab it asks for
 *
 * Sites are taken as they are written. The internet gets every Skype server that overlay_plan()
 * draws from the seed, a block of servers for everything else, and every remote of the recordings
 * that are played. The way to each of them has the length that the scenario's `internet` draws for
 * its address. So has the way to each site of clients after the first: users are as far from one
 * another as from servers. Policies name servers by group: dns, login-servers, super-nodes, and
 * some-super-nodes, which holds every second of the super nodes that accept clients.
 */
#include <stdlib.h>
#include <string.h>

#include "run/cell/network.h"

#define OTHERS_NET	    0xc6336400u /* 198.51.100.0/24, TEST-NET-2 */
#define FIRST_GUEST	    200
#define DEFAULT_SUPER_NODES 12
#define FIXED_SERVERS	    64 /* room for bootstrap nodes, login servers and so on */

char **network_vantages(const struct scenario *s, size_t *n)
{
	size_t count = s->vantages_len ? s->vantages_len : 2 * s->sites_len;
	char **v = xcalloc(count, sizeof(char *));

	for (size_t i = 0; i < count; i++)
		v[i] = s->vantages_len
			       ? xstrdup(s->vantages[i])
			       : xasprintf("%s.%s", s->sites[i / 2].name, i % 2 ? "wan" : "lan");
	*n = count;
	return v;
}

void network_vantages_free(char **v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i]);
	free(v);
}

static void plan_servers(struct network *n, const struct scenario *s)
{
	unsigned super_nodes = s->super_nodes ? s->super_nodes : DEFAULT_SUPER_NODES;
	size_t cap = super_nodes + FIXED_SERVERS, ls = 0, sn = 0, some = 0, accepting = 0;
	size_t n_dns = 0;

	for (unsigned i = 0; i < NETWORK_SERVERS; i++)
		n->others[i] = ip4(OTHERS_NET + 10 + i);
	n->guests = ip4(OTHERS_NET + FIRST_GUEST);
	n->servers = xcalloc(cap, sizeof(*n->servers));
	if (s->clients_len)
		n->n_servers = overlay_plan(s->seed, super_nodes, n->servers, cap);
	if (n->n_servers > cap)
		n->n_servers = cap;
	n->dns[n_dns++] = n->others[0];
	n->group_ips = xcalloc(3 * n->n_servers, sizeof(struct ip));
	for (size_t i = 0; i < n->n_servers; i++) {
		enum overlay_role role = n->servers[i].role;

		if (role == ROLE_DNS && n_dns < ARRAY_LEN(n->dns))
			n->dns[n_dns++] = n->servers[i].ip;
		if (role == ROLE_LS)
			n->group_ips[ls++] = n->servers[i].ip;
		if (role == ROLE_SN || role == ROLE_BOOTSTRAP)
			n->group_ips[n->n_servers + sn++] = n->servers[i].ip;
		if (role == ROLE_SN && n->servers[i].mood == SN_ACCEPTS && accepting++ % 2 == 1)
			n->group_ips[2 * n->n_servers + some++] = n->servers[i].ip;
	}
	n->groups[0] = (struct lab_group){"dns", n->dns, n_dns};
	n->groups[1] = (struct lab_group){"login-servers", n->group_ips, ls};
	n->groups[2] = (struct lab_group){"super-nodes", n->group_ips + n->n_servers, sn};
	n->groups[3] =
		(struct lab_group){"some-super-nodes", n->group_ips + 2 * n->n_servers, some};
}

static void plan_internet(struct network *n, const struct network_remotes *r)
{
	size_t used = 0;

	n->prefixes = xcalloc(n->n_servers + 1 + (r ? r->n : 0), sizeof(*n->prefixes));
	n->prefixes[used++] = (struct lab_prefix){ip4(OTHERS_NET), 24};
	for (size_t i = 0; i < n->n_servers; i++)
		n->prefixes[used++] = (struct lab_prefix){n->servers[i].ip, 32};
	for (size_t i = 0; r && i < r->n; i++)
		n->prefixes[used++] = (struct lab_prefix){r->ips[i], 32};
	n->spec.internet = n->prefixes;
	n->spec.n_internet = used;
	if (r) {
		n->spec.unanswered = r->silent;
		n->spec.n_unanswered = r->n_silent;
	}
}

static struct lab_link link_of(const struct scenario_link *l)
{
	return (struct lab_link){
		.delay_ms = l->delay_ms,
		.jitter_ms = l->jitter_ms,
		.loss = l->loss_percent / 100,
		.rate_bps = (uint64_t)(l->rate_kbps * 1000),
	};
}

/* The length of the ways; NULL = none. */
static const struct dist *length_of(const struct scenario_internet *i)
{
	for (unsigned k = 0; k < i->rtt_ms.parts; k++)
		if (i->rtt_ms.part[k].hi)
			return &i->rtt_ms;
	return NULL;
}

static struct lab_link internet_of(const struct scenario_internet *i)
{
	return (struct lab_link){
		.jitter_ms = i->jitter_ms, .loss = i->loss_percent / 100, .rtt_ms = length_of(i)};
}

static bool has_clients(const struct scenario *s, const char *site)
{
	for (unsigned i = 0; i < s->clients_len; i++)
		if (!strcmp(s->clients[i].site, site))
			return true;
	return false;
}

void network_plan(struct network *n, const struct scenario *s, const char *name,
		  const struct network_remotes *remotes)
{
	memset(n, 0, sizeof(*n));
	plan_servers(n, s);
	plan_internet(n, remotes);
	n->sites = xcalloc(s->sites_len, sizeof(*n->sites));
	for (unsigned i = 0; i < s->sites_len; i++) {
		const struct scenario_site *t = &s->sites[i];

		n->sites[i] = (struct lab_site_spec){.name = t->name,
						     .hosts = t->hosts,
						     .firewall = t->firewall.policy,
						     .nat = t->nat.policy,
						     .cgn = t->cgn.policy,
						     .proxy = t->proxy};
		if (t->link)
			n->sites[i].link = link_of(t->link);
		else if (i && has_clients(s, t->name))
			n->sites[i].link.rtt_ms = length_of(s->internet);
	}
	n->vantages = network_vantages(s, &n->n_vantages);
	n->spec.name = name;
	n->spec.seed = s->seed;
	n->spec.sites = n->sites;
	n->spec.n_sites = s->sites_len;
	n->spec.internet_link = internet_of(s->internet);
	if (!scenario_firewall_open(s->internet_firewall.policy))
		n->spec.internet_firewall = s->internet_firewall.policy;
	n->spec.groups = n->groups;
	n->spec.n_groups = ARRAY_LEN(n->groups);
	n->spec.taps = (const char *const *)n->vantages;
	n->spec.n_taps = n->n_vantages;
}

void network_free(struct network *n)
{
	free(n->servers);
	free(n->sites);
	free(n->prefixes);
	free(n->group_ips);
	network_vantages_free(n->vantages, n->n_vantages);
	memset(n, 0, sizeof(*n));
}
