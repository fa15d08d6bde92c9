// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * firewall_rules.c - a firewall policy as nftables rules
 *
 * Each direction that the policy restricts gets a chain for new flows: the policy's rules in their
 * order, then its default. A rule that drops or rejects has a named counter in front of it:
 * "blocked-<label>", or "inbound-closed" and "outbound-closed" for the defaults.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "lab/gateway/firewall_rules.h"
#include "lab/nft/types.h"

/* A blocked flow's end: @r has its tests already, @proto says what they say of the protocol. With
 * reject, TCP gets a reset and the rest "administratively prohibited" (RFC 1812, type 3 code 13).
 */
static void block(struct rules *p, struct nftnl_rule *r, enum firewall_protocol proto,
		  const char *counter, const char *what)
{
	nx_count(r, counter);
	if (p->firewall->blocked_with == FIREWALL_DROP)
		nx_verdict(r, NF_DROP);
	else if (proto == FIREWALL_TCP)
		nx_reject(r, NFT_REJECT_TCP_RST, 0);
	else
		nx_reject(r, NFT_REJECT_ICMP_UNREACH, 13);
	rules_add(p, r, what);
}

static const uint8_t firewall_l4[] = {0, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP};

static struct nftnl_rule *match(const char *chain, const struct firewall_rule *fr,
				enum firewall_protocol proto, const struct port_range *ports)
{
	struct nftnl_rule *r = nx_rule(chain, fr->label);

	if (fr->from) {
		nx_saddr(r, NFT_REG_1);
		nx_if_in_set(r, fr->from, NFT_REG_1, 0);
	}
	if (fr->to) {
		nx_daddr(r, NFT_REG_1);
		nx_if_in_set(r, fr->to, NFT_REG_1, 0);
	}
	if (proto != FIREWALL_ANY)
		nx_if_l4proto(r, firewall_l4[proto]);
	if (ports)
		nx_if_dport(r, ports->lo, ports->hi);
	return r;
}

static void policy_rule(struct rules *p, const char *chain, const struct firewall_rule *fr)
{
	char what[128], counter[40];

	snprintf(what, sizeof(what), "%u: rule %s", fr->line, fr->label);
	snprintf(counter, sizeof(counter), "blocked-%s", fr->label);
	if (fr->action == FIREWALL_BLOCK)
		rules_counter(p, counter);
	for (unsigned i = 0; i < (fr->n_ports ? fr->n_ports : 1); i++) {
		const struct port_range *ports = fr->n_ports ? &fr->ranges[i] : NULL;
		struct nftnl_rule *r;

		if (fr->action == FIREWALL_BLOCK && fr->protocol == FIREWALL_ANY &&
		    p->firewall->blocked_with == FIREWALL_REJECT)
			block(p, match(chain, fr, FIREWALL_TCP, ports), FIREWALL_TCP, counter,
			      what);
		r = match(chain, fr, fr->protocol, ports);
		if (fr->action == FIREWALL_BLOCK) {
			block(p, r, fr->protocol, counter, what);
		} else {
			nx_verdict(r, NFT_RETURN);
			rules_add(p, r, what);
		}
	}
}

void firewall_chain(struct rules *p, const char *chain, enum firewall_direction dir)
{
	const struct firewall *f = p->firewall;
	const char *counter = dir == FIREWALL_INBOUND ? "inbound-closed" : "outbound-closed";

	rules_subchain(p, chain);
	for (unsigned i = 0; i < f->n_rules; i++)
		if (f->rules[i].direction == dir)
			policy_rule(p, chain, &f->rules[i]);
	if ((dir == FIREWALL_INBOUND ? f->inbound : f->outbound) == FIREWALL_OPEN)
		return;
	rules_counter(p, counter);
	if (f->blocked_with == FIREWALL_REJECT) {
		struct nftnl_rule *r = nx_rule(chain, counter);

		nx_if_l4proto(r, IPPROTO_TCP);
		block(p, r, FIREWALL_TCP, counter, counter);
	}
	block(p, nx_rule(chain, counter), FIREWALL_ANY, counter, counter);
}

bool firewall_restricts(const struct firewall *f, enum firewall_direction dir)
{
	if ((dir == FIREWALL_INBOUND ? f->inbound : f->outbound) == FIREWALL_CLOSED)
		return true;
	for (unsigned i = 0; i < f->n_rules; i++)
		if (f->rules[i].direction == dir && f->rules[i].action == FIREWALL_BLOCK)
			return true;
	return false;
}

static const struct lab_group *group(const struct lab_group *groups, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(groups[i].name, name))
			return &groups[i];
	return NULL;
}

/* A blocking rule whose group is not given would block nothing, which is an error; an allowing one
 * just allows nothing. */
static int group_check(const struct firewall *f, const struct firewall_rule *fr, const char *name,
		       const struct lab_group *groups, size_t n, struct err *e)
{
	if (!name || fr->action == FIREWALL_ALLOW || group(groups, n, name))
		return 0;
	return err_set(e, "%s:%u: rule %s blocks the group '%s', which this scenario does not have",
		       f->path, fr->line, fr->label, name);
}

int firewall_groups_check(const struct firewall *f, const struct lab_group *groups, size_t n,
			  struct err *e)
{
	int rc = 0;

	for (unsigned i = 0; i < f->n_rules && !rc; i++) {
		rc = group_check(f, &f->rules[i], f->rules[i].to, groups, n, e);
		if (!rc)
			rc = group_check(f, &f->rules[i], f->rules[i].from, groups, n, e);
	}
	return rc;
}

/* An address set for each group a rule names. */
static int group_set(struct rules *p, const struct firewall_rule *fr, const char *name,
		     struct err *e)
{
	const struct lab_group *gr = group(p->g->groups, p->g->n_groups, name);
	struct nftnl_set *s;
	char label[600];

	for (size_t i = 0; i < p->n_sets; i++)
		if (!strcmp(p->sets[i], name))
			return 0;
	if (group_check(p->firewall, fr, name, p->g->groups, p->g->n_groups, e) < 0)
		return -1;
	if (p->n_sets == ARRAY_LEN(p->sets))
		return err_set(e, "%s:%u: more than %zu address groups", p->firewall->path,
			       fr->line, ARRAY_LEN(p->sets));
	p->sets[p->n_sets++] = name;
	snprintf(label, sizeof(label), "%s: %s:%u: group %s", p->g->node, p->firewall->path,
		 fr->line, name);
	s = nft_set_new(&nft_gateway_table, name, 0, NFTYPE_IPV4_ADDR, 4);
	nft_batch_set(p->batch, s, label);
	for (size_t i = 0; gr && i < gr->n; i++) {
		struct nftnl_set_elem *el = nftnl_set_elem_alloc();

		nftnl_set_elem_set(el, NFTNL_SET_ELEM_KEY, gr->ips[i].b, 4);
		nftnl_set_elem_add(s, el);
	}
	nft_batch_elements(p->batch, s, label);
	nftnl_set_free(s);
	return 0;
}

int firewall_sets(struct rules *p, struct err *e)
{
	for (unsigned i = 0; i < p->firewall->n_rules; i++) {
		const struct firewall_rule *fr = &p->firewall->rules[i];

		if ((fr->to && group_set(p, fr, fr->to, e) < 0) ||
		    (fr->from && group_set(p, fr, fr->from, e) < 0))
			return -1;
	}
	return 0;
}
