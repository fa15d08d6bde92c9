// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gateway.c - composes a firewall policy and a NAT behaviour into one table of nftables rules
 *
 * Model. Table `ip gateway`. The way of a packet from outside: prerouting (destination NAT, if a
 * mapping belongs to its port), then either input (it is for the gateway itself: dropped) or
 * forward. The way of a packet from inside: forward, then postrouting (source NAT).
 *
 *   input        nothing new from outside ever reaches the gateway itself. This is not only
 *                prudence: a packet from B accepted here would confirm a conntrack entry B ->
 * WAN:p, whose reply is the very tuple that the inside host's later packet from its mapped port p
 * to B needs; the kernel would then give that flow another port, and a cone NAT would look
 * symmetric, depending on who sent first. forward      invalid packets; the firewall's outbound
 * rules on new flows; the NAT's memory (every outbound packet refreshes its mapping); what is
 * established passes; the NAT's filter and the firewall's inbound rules on new flows. prerouting,
 * postrouting: see natrules.c.
 *
 * Firewall and NAT compose freely because each sees addresses on its own side only: the firewall
 * sees the inside's, before source NAT and after destination NAT.
 *
 * Every rule that drops has a named counter in front of it; a reject counts as a drop. The internet
 * node has no inside: its policy stands on its input and output.
 */
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>

#include "base/netns.h"
#include "lab/gateway/rules.h"

void rules_add(struct rules *p, struct nftnl_rule *r, const char *what)
{
	char label[600];

	snprintf(label, sizeof(label), "%s: %s: %s", p->g->node, p->source, what);
	nft_batch_rule(p->batch, r, label);
}

void rules_counter(struct rules *p, const char *name)
{
	char label[600];

	snprintf(label, sizeof(label), "%s: %s: counter %s", p->g->node, p->source, name);
	nft_batch_counter(p->batch, name, label);
}

void rules_subchain(struct rules *p, const char *name)
{
	char label[600];

	snprintf(label, sizeof(label), "%s: %s: chain %s", p->g->node, p->source, name);
	nft_batch_subchain(p->batch, name, label);
}

void rules_chain(struct rules *p, const char *name, const char *type, uint32_t hook, int prio)
{
	char label[600];

	snprintf(label, sizeof(label), "%s: %s: chain %s", p->g->node, p->source, name);
	nft_batch_chain(p->batch, name, type, hook, prio, NF_ACCEPT, label);
}

/* A set or map with the type numbers nft(8) uses, so that it can list it. */
struct nftnl_set *rules_set(const char *name, uint32_t flags, uint32_t key_type, uint32_t key_len)
{
	static uint32_t id; /* only has to differ within a batch */
	struct nftnl_set *s = nft_set_handle(name);

	nftnl_set_set_u32(s, NFTNL_SET_ID, ++id);
	nftnl_set_set_u32(s, NFTNL_SET_FLAGS, flags);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, key_type);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, key_len);
	return s;
}

static void drop_rule(struct rules *p, struct nftnl_rule *r, const char *counter, const char *what)
{
	nx_count(r, counter);
	nx_verdict(r, NF_DROP);
	rules_add(p, r, what);
}

/* ---- firewall ---- */

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

/* Chain that lets a new flow return or ends it. */
static void policy_chain(struct rules *p, const char *chain, enum firewall_direction dir)
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

static bool restricts(const struct firewall *f, enum firewall_direction dir)
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

int gateway_groups_check(const struct firewall *f, const struct lab_group *groups, size_t n,
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
	s = rules_set(name, 0, NFTYPE_IPV4_ADDR, 4);
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

static int firewall_sets(struct rules *p, struct err *e)
{
	for (unsigned i = 0; i < p->firewall->n_rules; i++) {
		const struct firewall_rule *fr = &p->firewall->rules[i];

		if ((fr->to && group_set(p, fr, fr->to, e) < 0) ||
		    (fr->from && group_set(p, fr, fr->from, e) < 0))
			return -1;
	}
	return 0;
}

/* ---- chains ---- */

#define ESTABLISHED (NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED))
#define NEW	    NF_CT_STATE_BIT(IP_CT_NEW)
#define INVALID	    NF_CT_STATE_INVALID_BIT

static void pass_established(struct rules *p, const char *chain)
{
	struct nftnl_rule *r = nx_rule(chain, NULL);

	nx_if_ct_bits(r, NFT_CT_STATE, ESTABLISHED);
	nx_verdict(r, NF_ACCEPT);
	rules_add(p, r, "established and related packets");
}

static void drop_invalid(struct rules *p, const char *chain)
{
	struct nftnl_rule *r = nx_rule(chain, NULL);

	rules_counter(p, "invalid");
	nx_if_ct_bits(r, NFT_CT_STATE, INVALID);
	drop_rule(p, r, "invalid", "packets of no known flow");
}

static void input_chain(struct rules *p)
{
	struct nftnl_rule *r;

	rules_chain(p, "input", "filter", NF_INET_LOCAL_IN, NF_IP_PRI_FILTER);
	pass_established(p, "input");
	if (p->nat->translation != NAT_NONE && !p->nat->hairpinning) {
		rules_counter(p, "no-hairpin");
		r = nx_rule("input", "inside hosts do not reach each other by outside addresses");
		nx_if_iif(r, p->g->lan_if);
		nx_if_daddr(r, p->g->wan_ip.b);
		drop_rule(p, r, "no-hairpin", "no hairpinning");
	}
	r = nx_rule("input", NULL);
	nx_if_iif(r, p->g->wan_if);
	nx_if_l4proto(r, IPPROTO_ICMP);
	nx_verdict(r, NF_ACCEPT);
	rules_add(p, r, "ping");
	rules_counter(p, "input-wan");
	r = nx_rule("input", "nothing outside talks to the gateway itself");
	nx_if_iif(r, p->g->wan_if);
	drop_rule(p, r, "input-wan", "input from outside");
}

static void forward_chain(struct rules *p)
{
	struct nftnl_rule *r;

	rules_chain(p, "forward", "filter", NF_INET_FORWARD, NF_IP_PRI_FILTER);
	if (p->nat->translation != NAT_NONE || restricts(p->firewall, FIREWALL_INBOUND))
		drop_invalid(p, "forward");
	if (restricts(p->firewall, FIREWALL_OUTBOUND)) {
		policy_chain(p, "policy-out", FIREWALL_OUTBOUND);
		r = nx_rule("forward", NULL);
		nx_if_iif(r, p->g->lan_if);
		nx_if_oif(r, p->g->wan_if);
		nx_if_ct_bits(r, NFT_CT_STATE, NEW);
		nx_jump(r, "policy-out");
		rules_add(p, r, "new flows from inside");
	}
	nat_forward_rules(p);
	pass_established(p, "forward");
	nat_filter_rules(p);
	if (restricts(p->firewall, FIREWALL_INBOUND)) {
		policy_chain(p, "policy-in", FIREWALL_INBOUND);
		r = nx_rule("forward", NULL);
		nx_if_iif(r, p->g->wan_if);
		nx_jump(r, "policy-in");
		rules_add(p, r, "new flows from outside");
	}
}

/* The internet node: its servers are behind its own input. */
static void internet_chains(struct rules *p)
{
	struct nftnl_rule *r;

	rules_chain(p, "input", "filter", NF_INET_LOCAL_IN, NF_IP_PRI_FILTER);
	pass_established(p, "input");
	policy_chain(p, "policy-in", FIREWALL_INBOUND);
	r = nx_rule("input", NULL);
	nx_if_iif(r, p->g->wan_if);
	nx_jump(r, "policy-in");
	rules_add(p, r, "new flows to the servers");
	rules_chain(p, "output", "filter", NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER);
	pass_established(p, "output");
	policy_chain(p, "policy-out", FIREWALL_OUTBOUND);
	r = nx_rule("output", NULL);
	nx_if_oif(r, p->g->wan_if);
	nx_jump(r, "policy-out");
	rules_add(p, r, "new flows from the servers");
}

/* ---- the whole ---- */

static int sysctl_set(const char *name, unsigned value, struct err *e)
{
	char path[128], text[16];
	int fd, n, rc;

	snprintf(path, sizeof(path), "/proc/sys/net/netfilter/%s", name);
	n = snprintf(text, sizeof(text), "%u", value);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_env(e,
			       "%s: %s; this kernel's conntrack cannot be set per network "
			       "namespace (CONFIG_NF_CONNTRACK)",
			       path, strerror(errno));
	rc = write(fd, text, (size_t)n) == n ? 0 : err_env(e, "%s: %s", path, strerror(errno));
	close(fd);
	return rc;
}

/* Lifetimes of the NAT's mappings are those of conntrack's entries. Packet counts tell conntrack.c
 * which entries were refreshed, start times when a flow began. */
static int conntrack_settings(const struct rules *p, struct err *e)
{
	const struct nat_lifetime *l = &p->nat->lifetime;
	int home = netns_enter(p->g->netns, e), rc;

	if (home < 0)
		return -1;
	rc = sysctl_set("nf_conntrack_acct", 1, e);
	if (!rc)
		rc = sysctl_set("nf_conntrack_timestamp", 1, e);
	if (!rc && p->nat->translation != NAT_NONE) {
		rc = sysctl_set("nf_conntrack_udp_timeout", l->udp, e);
		if (!rc)
			rc = sysctl_set("nf_conntrack_udp_timeout_stream", l->udp_replied, e);
		if (!rc)
			rc = sysctl_set("nf_conntrack_tcp_timeout_established", l->tcp, e);
	}
	netns_leave(home);
	return rc;
}

static int compose(struct rules *p, struct err *e)
{
	char label[300];

	snprintf(label, sizeof(label), "%s: table", p->g->node);
	nft_batch_table(p->batch, label);
	p->source = p->firewall->path;
	if (firewall_sets(p, e) < 0)
		return -1;
	if (p->g->kind == GATEWAY_INTERNET) {
		internet_chains(p);
		return 0;
	}
	p->source = p->nat->path;
	nat_sets(p);
	p->source = p->firewall->path;
	input_chain(p);
	forward_chain(p);
	p->source = p->nat->path;
	nat_translation_rules(p);
	return 0;
}

int gateway_program(struct gateway_ctx *g, struct err *e)
{
	struct rules p = {.g = g, .firewall = g->firewall, .nat = g->nat};
	struct nft *n = NULL;
	int rc = -1;

	p.batch = nft_batch_new();
	if (compose(&p, e) < 0)
		goto out;
	n = nft_open(g->netns, e);
	if (!n || nft_batch_commit(n, p.batch, e) < 0)
		goto out;
	rc = conntrack_settings(&p, e);
out:
	nft_close(n);
	nft_batch_free(p.batch);
	return rc;
}

int gateway_rules_text(const struct gateway_ctx *g, FILE *out, struct err *e)
{
	struct nft *n = nft_open(g->netns, e);
	int rc;

	if (!n)
		return -1;
	fprintf(out, "# %s: firewall %s, nat %s\n", g->node, g->firewall->given, g->nat->given);
	rc = nft_dump(n, out, e);
	nft_close(n);
	return rc;
}
