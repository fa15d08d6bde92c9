// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * graph.c - the topology as a tree for a terminal and as a graph for Graphviz
 *
 * Drawn from the plan, so it can be had without building anything. Sites with many hosts show the
 * first few and a count: nobody reads two hundred lines.
 */
#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "lab/gateway/firewall.h"
#include "lab/gateway/nat.h"
#include "lab/graph.h"
#include "lab/lab_private.h"
#include "lab/nodes.h"

#define HOSTS_SHOWN 8
#define COLUMNS	    100

static void print_shape(const struct lab_link *l, FILE *out)
{
	if (l->delay_ms > 0)
		fprintf(out, ", delay %g ms", l->delay_ms);
	if (l->jitter_ms > 0)
		fprintf(out, ", jitter %g ms", l->jitter_ms);
	if (l->loss > 0)
		fprintf(out, ", loss %g %%", l->loss * 100);
	if (l->rate_bps)
		fprintf(out, ", rate %g kbit/s", (double)l->rate_bps / 1000);
}

static const struct plan_wire *find_wire(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->n_wires; i++)
		if (!strcmp(p->wires[i].name, name))
			return &p->wires[i];
	return NULL;
}

static const char *text(const struct ip *a)
{
	static char buf[4][IP_TEXT_LEN];
	static unsigned n;

	return ip_text(a, buf[n++ % 4]);
}

/* Addresses of the internet node that a server there may bind, as many on a line as fit. */
static void internet_text(const struct plan *p, FILE *out)
{
	size_t column = COLUMNS;

	for (size_t i = 0; i < p->n_routes; i++) {
		const struct lab_prefix *to = &p->routes[i].to;
		char word[IP_TEXT_LEN + 8];
		int n;

		if (p->routes[i].kind != ROUTE_LOCAL)
			continue;
		n = snprintf(word, sizeof(word), to->len == 32 ? " %s" : " %s/%u", text(&to->ip),
			     to->len);
		if (column + (size_t)n > COLUMNS)
			column = (size_t)fprintf(out, "\n   servers bind:") - 1;
		column += (size_t)n;
		fputs(word, out);
	}
	fputc('\n', out);
}

static void site_text(const struct plan *p, const struct plan_site *s, bool last, FILE *out)
{
	const struct gateway_ctx *g = &p->gateways[s->gateway];
	const struct plan_wire *w = find_wire(p, s->name);
	const char *bar = last ? "   " : "|  ";
	char indent[16];

	snprintf(indent, sizeof(indent), "%s", bar);
	fprintf(out, "%s- ", last ? "`" : "|");
	if (s->cgn >= 0) {
		const struct gateway_ctx *c = &p->gateways[s->cgn_gateway];

		fprintf(out, "%s  wan %s, lan %s/%u, nat %s", c->node, text(&c->wan_ip),
			text(&c->lan.ip), c->lan.len, quote_terminal(c->nat->given));
		if (w)
			print_shape(&w->shape, out);
		fprintf(out, "\n%s`- ", bar);
		snprintf(indent, sizeof(indent), "%s   ", bar);
	}
	fprintf(out, "%s  wan %s, lan %s/%u, firewall %s, nat %s", g->node, text(&g->wan_ip),
		text(&g->lan.ip), g->lan.len, quote_terminal(g->firewall->given),
		quote_terminal(g->nat->given));
	if (w && s->cgn < 0)
		print_shape(&w->shape, out);
	fprintf(out, "\n");
	if (s->proxy >= 0)
		fprintf(out, "%s|- %s  %s%s\n", indent, p->nodes[s->proxy].name,
			text(&p->nodes[s->proxy].ip), g->dmz_if[0] ? ", dmz" : "");
	for (unsigned k = 0; k < s->hosts && k < HOSTS_SHOWN; k++) {
		const struct lab_node *h = &p->nodes[s->first_host + (int)k];

		fprintf(out, "%s%s- %s  %s\n", indent, k + 1 == s->hosts ? "`" : "|", h->name,
			text(&h->ip));
	}
	if (s->hosts > HOSTS_SHOWN)
		fprintf(out, "%s`- ... %u more, up to %s-h%u\n", indent, s->hosts - HOSTS_SHOWN,
			s->name, s->hosts);
}

static void plan_text(const struct plan *p, FILE *out)
{
	const struct plan_wire *w = find_wire(p, "internet");

	fputs("internet", out);
	if (w)
		print_shape(&w->shape, out);
	internet_text(p, out);
	fprintf(out, "core  %s\n", text(&p->nodes[p->core].ip));
	for (size_t i = 0; i < p->n_sites; i++)
		site_text(p, &p->sites[i], i + 1 == p->n_sites, out);
}

static void dot_node(const struct plan *p, int node, const char *indent, FILE *out)
{
	static const char *const shape[] = {"ellipse", "box", "house",	  "house",
					    "diamond", "egg", "component"};
	const struct lab_node *n = &p->nodes[node];
	const struct gateway_ctx *g = NULL;

	_Static_assert(ARRAY_LEN(shape) == LAB_WIRE + 1, "a shape for every kind");
	for (size_t i = 0; i < p->n_gateways; i++)
		if (!strcmp(p->gateways[i].node, n->name))
			g = &p->gateways[i];
	fprintf(out, "%s\"%s\" [shape=%s, label=\"%s", indent, quote_dot(n->name), shape[n->kind],
		quote_dot(n->name));
	if (n->ip.family)
		fprintf(out, "\\n%s", text(&n->ip));
	if (g && g->kind == GATEWAY_SITE)
		fprintf(out, "\\nfirewall %s", quote_dot(g->firewall->given));
	if (g && g->kind != GATEWAY_INTERNET)
		fprintf(out, "\\nnat %s", quote_dot(g->nat->given));
	fprintf(out, "\"];\n");
}

static void plan_dot(const struct plan *p, FILE *out)
{
	fprintf(out, "graph lab {\n\tgraph [rankdir=LR];\n\tnode [fontname=\"sans-serif\"];\n");
	for (size_t i = 0; i < p->n_sites; i++) {
		const struct plan_site *s = &p->sites[i];

		fprintf(out, "\tsubgraph \"cluster_%s\" {\n\t\tlabel=\"%s\";\n", quote_dot(s->name),
			quote_dot(s->name));
		for (size_t k = 0; k < p->n_nodes; k++)
			if (p->nodes[k].site == (int)i)
				dot_node(p, (int)k, "\t\t", out);
		fprintf(out, "\t}\n");
	}
	for (size_t k = 0; k < p->n_nodes; k++)
		if (p->nodes[k].site < 0)
			dot_node(p, (int)k, "\t", out);
	for (size_t i = 0; i < p->n_links; i++) {
		const struct plan_link *l = &p->links[i];

		fprintf(out, "\t\"%s\" -- \"%s\" [taillabel=\"%s\", headlabel=\"%s\"];\n",
			quote_dot(p->nodes[l->a.node].name), quote_dot(p->nodes[l->b.node].name),
			quote_dot(l->a.ifname), quote_dot(l->b.ifname));
	}
	fprintf(out, "}\n");
}

void lab_graph_text(const struct lab *lab, FILE *out)
{
	plan_text(&lab->plan, out);
}

void lab_graph_dot(const struct lab *lab, FILE *out)
{
	plan_dot(&lab->plan, out);
}

int lab_spec_graph(const struct lab_spec *spec, bool dot, FILE *out, struct err *e)
{
	struct plan p;

	if (plan_make(&p, spec, e) < 0)
		return -1;
	if (dot)
		plan_dot(&p, out);
	else
		plan_text(&p, out);
	plan_free(&p);
	return 0;
}
