// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check.c - refuses a specification that cannot be built, before anything is
 *
 * Two passes: the specification as written (names, counts, link values), and the plan: the groups
 * that policies name, the chosen or given prefixes (large enough, nowhere overlapping), vantages.
 * Each message names the site and the value; the scenario parser puts file and line in front.
 */
#include <stdio.h>
#include <string.h>

#include "lab/gateway/nat.h"
#include "lab/check.h"
#include "lab/gateway/firewall_rules.h"
#include "lab/prefix.h"

#define MAX_SITES 32
#define NAME_MAX_ 12

static int check_name(const char *name, struct err *e)
{
	static const char *const taken[] = {"core", "internet", "wire"};
	size_t n = name ? strlen(name) : 0;

	if (n < 1 || n > NAME_MAX_ || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
		return err_set(e, "site name '%s': expected 1 to %d of a-z, 0-9 and '-'",
			       name ? name : "", NAME_MAX_);
	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		if (!strcmp(name, taken[i]))
			return err_set(
				e, "site name '%s' is reserved: every lab has a node of that name",
				name);
	return 0;
}

static int check_link(const char *where, const struct lab_link *l, struct err *e)
{
	if (!(l->delay_ms >= 0 && l->delay_ms <= 60000))
		return err_set(e, "%s: delay %g ms, expected 0 to 60000", where, l->delay_ms);
	if (!(l->jitter_ms >= 0 && l->jitter_ms <= 60000))
		return err_set(e, "%s: jitter %g ms, expected 0 to 60000", where, l->jitter_ms);
	if (!(l->loss >= 0 && l->loss <= 1))
		return err_set(e, "%s: loss %g, expected 0 to 1", where, l->loss);
	if (l->rate_bps && l->rate_bps < 1000)
		return err_set(e, "%s: rate %llu bit/s, expected 1000 or more, or 0 for no limit",
			       where, (unsigned long long)l->rate_bps);
	return 0;
}

static int check_prefix(const char *where, const char *what, const struct lab_prefix *p,
			struct err *e)
{
	char text[IP_TEXT_LEN];
	uint32_t mask = p->len ? ~0U << (32 - p->len) : 0;

	if (!p->ip.family)
		return 0;
	ip_text(&p->ip, text);
	if (p->ip.family != 4 || p->len > 32)
		return err_set(e, "%s: %s %s/%u is not an IPv4 prefix", where, what, text, p->len);
	if (ip4_host(&p->ip) & ~mask)
		return err_set(e, "%s: %s %s/%u has bits set after its length", where, what, text,
			       p->len);
	return 0;
}

static int check_site(const struct lab_spec *spec, size_t i, struct err *e)
{
	const struct lab_site_spec *s = &spec->sites[i];
	bool public = !nat_translates(s->nat);

	if (check_name(s->name, e) < 0)
		return -1;
	for (size_t k = 0; k < i; k++)
		if (!strcmp(spec->sites[k].name, s->name))
			return err_set(e, "two sites are named '%s'", s->name);
	if (s->hosts < 1 || s->hosts > LAB_HOSTS_MAX)
		return err_set(e, "site %s: %u hosts, expected 1 to %d", s->name, s->hosts,
			       LAB_HOSTS_MAX);
	if (s->cgn && (public || !nat_translates(s->cgn)))
		return err_set(e,
			       "site %s: cgn '%s' and nat '%s': a NAT behind a NAT needs two that "
			       "translate",
			       s->name, s->cgn->given, s->nat ? s->nat->given : "public");
	if (public && s->lan.ip.family && s->wan.ip.family &&
	    (!ip_eq(&s->lan.ip, &s->wan.ip) || s->lan.len != s->wan.len))
		return err_set(e, "site %s: nat is 'public', so lan and wan must be one prefix",
			       s->name);
	if (check_link(s->name, &s->link, e) < 0 || check_prefix(s->name, "lan", &s->lan, e) < 0 ||
	    check_prefix(s->name, "wan", &s->wan, e) < 0)
		return -1;
	return 0;
}

int spec_check(const struct lab_spec *spec, struct err *e)
{
	char text[IP_TEXT_LEN];

	if (!spec->n_sites)
		return err_set(e, "no sites: a lab needs at least one");
	if (spec->n_sites > MAX_SITES)
		return err_set(e, "%zu sites: at most %d", spec->n_sites, MAX_SITES);
	for (size_t i = 0; i < spec->n_sites; i++)
		if (check_site(spec, i, e) < 0)
			return -1;
	if (check_link("internet", &spec->internet_link, e) < 0)
		return -1;
	for (size_t i = 0; i < spec->n_internet; i++) {
		if (check_prefix("internet", "address", &spec->internet[i], e) < 0)
			return -1;
		if (!spec->internet[i].ip.family || spec->internet[i].len < 8)
			return err_set(
				e,
				"internet: address %s/%u: expected an IPv4 prefix of 8 to 32 "
				"bits",
				ip_text(&spec->internet[i].ip, text), spec->internet[i].len);
	}
	return 0;
}

/* A prefix in use, for the message. */
struct used {
	char what[48];
	struct lab_prefix p;
};

static int check_pair(const struct used *a, const char *what, const struct lab_prefix *p,
		      struct err *e)
{
	char ta[IP_TEXT_LEN], tb[IP_TEXT_LEN];

	if (!prefix_overlap(&a->p, p))
		return 0;
	return err_set(e, "%s %s/%u overlaps %s %s/%u", what, ip_text(&p->ip, tb), p->len, a->what,
		       ip_text(&a->p.ip, ta), a->p.len);
}

static int use(struct used *used, size_t *n, const char *site, const char *what,
	       const struct lab_prefix *p, struct err *e)
{
	char name[48];

	snprintf(name, sizeof(name), "site %s: %s", site, what);
	for (size_t i = 0; i < *n; i++)
		if (check_pair(&used[i], name, p, e) < 0)
			return -1;
	snprintf(used[*n].what, sizeof(used[*n].what), "%s", name);
	used[(*n)++].p = *p;
	return 0;
}

static int check_room(const struct plan_site *s, struct err *e)
{
	char text[IP_TEXT_LEN];
	uint64_t lan_size = 1ULL << (32 - s->lan.len), wan_size = 1ULL << (32 - s->wan.len);

	if (lan_size < s->hosts + 11ULL)
		return err_set(e, "site %s: lan %s/%u has no room for %u hosts", s->name,
			       ip_text(&s->lan.ip, text), s->lan.len, s->hosts);
	if (wan_size < 4)
		return err_set(e, "site %s: wan %s/%u is smaller than a /30", s->name,
			       ip_text(&s->wan.ip, text), s->wan.len);
	return 0;
}

/* Do policies name groups that are there? */
static int check_groups(const struct plan *p, const struct lab_spec *spec, struct err *e)
{
	for (size_t i = 0; i < spec->n_sites; i++)
		if (spec->sites[i].firewall &&
		    firewall_groups_check(spec->sites[i].firewall, p->groups, p->n_groups, e) < 0)
			return err_push(e, "site %s", spec->sites[i].name);
	if (spec->internet_firewall &&
	    firewall_groups_check(spec->internet_firewall, p->groups, p->n_groups, e) < 0)
		return err_push(e, "internet");
	return 0;
}

int plan_check(const struct plan *p, const struct lab_spec *spec, struct err *e)
{
	struct used used[2 * MAX_SITES + 2] = {
		{"the core's", {.ip = ip4(0xc0000200), .len = 24}},
		{"the carriers'", {.ip = ip4(0x64400000), .len = 19}},
	};
	size_t n = 2;

	if (check_groups(p, spec, e) < 0)
		return -1;
	for (size_t i = 0; i < p->n_sites; i++) {
		const struct plan_site *s = &p->sites[i];

		if (check_room(s, e) < 0 || use(used, &n, s->name, "wan", &s->wan, e) < 0 ||
		    (!s->public && use(used, &n, s->name, "lan", &s->lan, e) < 0))
			return -1;
	}
	for (size_t i = 0; i < spec->n_internet; i++)
		for (size_t k = 0; k < n; k++)
			if (check_pair(&used[k], "internet address", &spec->internet[i], e) < 0)
				return -1;
	for (size_t i = 0; i < spec->n_taps; i++) {
		size_t k = 0;

		while (k < p->n_vantages && strcmp(p->vantages[k].name, spec->taps[i]) != 0)
			k++;
		if (k == p->n_vantages)
			return err_set(e,
				       "no vantage '%s': expected <site>.lan, <site>.wan or core",
				       spec->taps[i]);
		for (k = 0; k < i; k++)
			if (!strcmp(spec->taps[k], spec->taps[i]))
				return err_set(e, "vantage '%s' is given twice", spec->taps[i]);
	}
	return 0;
}
