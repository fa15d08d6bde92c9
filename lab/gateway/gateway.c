// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gateway.c - composes a firewall policy and a NAT behaviour into one table of nftables rules
 *
 * Model. Table `ip gateway`. A packet from outside passes prerouting (destination NAT, when its
 * port has a mapping), then input (it is for the gateway itself: dropped) or forward. A packet from
 * inside passes forward, then postrouting (source NAT).
 *
 *   input        drops everything new from outside. This is more than prudence: a packet from B
 *                that is accepted here would confirm a conntrack entry B -> WAN:p. Its reply is
 *                the tuple that the inside host needs for its later packet from its mapped port p
 *                to B. The kernel would give that flow another port, and a cone NAT would look
 *                symmetric, depending on who sent first.
 *   forward      1. drops invalid packets; lets inside hosts reach a DMZ, and nothing from there
 *                   reach them
 *                2. applies the firewall's outbound rules to new flows
 *                3. refreshes the NAT's memory: each outbound packet renews its mapping
 *                4. accepts what is established
 *                5. applies the NAT's filter and the firewall's inbound rules to new flows
 *   prerouting, postrouting
 *                see nat_rules.c
 *
 * Firewall and NAT compose freely because each sees the addresses of one side only: the firewall
 * those of the inside, before source NAT and after destination NAT.
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
#include "lab/gateway/firewall_rules.h"
#include "lab/gateway/gateway.h"
#include "lab/gateway/nat_rules.h"
#include "lab/gateway/rules.h"
#include "lab/nft/dump.h"
#include "lab/nft/tables.h"

static void drop_rule(struct rules *p, struct nftnl_rule *r, const char *counter, const char *what)
{
	nx_count(r, counter);
	nx_verdict(r, NF_DROP);
	rules_add(p, r, what);
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

/* A DMZ is inside like the LAN for all that leaves the site; between the two only the LAN opens
 * flows, and the NAT has nothing to remember of them. */
static void between_lan_and_dmz(struct rules *p)
{
	struct nftnl_rule *r;

	if (!p->g->dmz_if[0])
		return;
	r = nx_rule("forward", "inside hosts reach the DMZ");
	nx_if_iif(r, p->g->lan_if);
	nx_if_oif(r, p->g->dmz_if);
	nx_verdict(r, NF_ACCEPT);
	rules_add(p, r, "from the LAN to the DMZ");
	r = nx_rule("forward", NULL);
	nx_if_iif(r, p->g->dmz_if);
	nx_if_oif(r, p->g->lan_if);
	nx_if_ct_bits(r, NFT_CT_STATE, NEW);
	rules_counter(p, "from-dmz");
	drop_rule(p, r, "from-dmz", "new flows from the DMZ to the LAN");
	r = nx_rule("forward", NULL);
	nx_if_iif(r, p->g->dmz_if);
	nx_if_oif(r, p->g->lan_if);
	nx_verdict(r, NF_ACCEPT);
	rules_add(p, r, "answers from the DMZ to the LAN");
}

/* New flows that leave the site from one of its inner interfaces. */
static void policy_out(struct rules *p, const char *inner)
{
	struct nftnl_rule *r = nx_rule("forward", NULL);

	nx_if_iif(r, inner);
	nx_if_oif(r, p->g->wan_if);
	nx_if_ct_bits(r, NFT_CT_STATE, NEW);
	nx_jump(r, "policy-out");
	rules_add(p, r, "new flows from inside");
}

static void forward_chain(struct rules *p)
{
	struct nftnl_rule *r;

	rules_chain(p, "forward", "filter", NF_INET_FORWARD, NF_IP_PRI_FILTER);
	if (p->nat->translation != NAT_NONE || firewall_restricts(p->firewall, FIREWALL_INBOUND))
		drop_invalid(p, "forward");
	between_lan_and_dmz(p);
	if (firewall_restricts(p->firewall, FIREWALL_OUTBOUND)) {
		firewall_chain(p, "policy-out", FIREWALL_OUTBOUND);
		policy_out(p, p->g->lan_if);
		if (p->g->dmz_if[0])
			policy_out(p, p->g->dmz_if);
	}
	nat_forward_rules(p);
	pass_established(p, "forward");
	nat_filter_rules(p);
	if (firewall_restricts(p->firewall, FIREWALL_INBOUND)) {
		firewall_chain(p, "policy-in", FIREWALL_INBOUND);
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
	firewall_chain(p, "policy-in", FIREWALL_INBOUND);
	r = nx_rule("input", NULL);
	nx_if_iif(r, p->g->wan_if);
	nx_jump(r, "policy-in");
	rules_add(p, r, "new flows to the servers");
	rules_chain(p, "output", "filter", NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER);
	pass_established(p, "output");
	firewall_chain(p, "policy-out", FIREWALL_OUTBOUND);
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

	p.batch = nft_batch_new(&nft_gateway_table);
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
	if (rc == 0)
		rc = nft_other_tables(n, out, e);
	nft_close(n);
	return rc;
}
