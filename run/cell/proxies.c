// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * proxies.c - the HTTP proxies of a cell's sites
 *
 * The node "<site>-proxy" of the lab gets a proxy of replay/proxy. The site's Skype clients know
 * where it is, as from the settings of a browser.
 */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "replay/proxy/http_proxy.h"
#include "run/cell/proxies.h"

struct proxies {
	struct http_proxy **all; /* by site; NULL = it has none */
	unsigned n;
};

/* The node of a site's proxy, or NULL. */
static const struct lab_node *node_of(const struct lab *lab, const char *site)
{
	char *name = xasprintf("%s-proxy", site);
	const struct lab_node *n = lab_node(lab, name);

	free(name);
	return n;
}

struct proxies *proxies_open(const struct scenario *s, const struct lab *lab, struct loop *loop,
			     struct truth_log *truth, struct err *e)
{
	struct proxies *p = xcalloc(1, sizeof(*p));

	*p = (struct proxies){xcalloc(s->sites_len, sizeof(struct http_proxy *)), s->sites_len};
	for (unsigned i = 0; i < s->sites_len; i++) {
		const struct lab_node *n = node_of(lab, s->sites[i].name);
		struct http_proxy_spec spec;

		if (!n)
			continue;
		spec = (struct http_proxy_spec){.netns = n->netns,
						.node = n->name,
						.ip = n->ip,
						.seed = rng_stream_seed(s->seed, n->name, 0)};
		p->all[i] = http_proxy_open(&spec, loop, truth, e);
		if (!p->all[i]) {
			proxies_free(p);
			return NULL;
		}
	}
	return p;
}

void proxies_free(struct proxies *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->n; i++)
		http_proxy_free(p->all[i]);
	free(p->all);
	free(p);
}

struct endpoint proxies_at(const struct lab *lab, const char *site)
{
	const struct lab_node *n = node_of(lab, site);

	return n ? (struct endpoint){n->ip, HTTP_PROXY_PORT} : (struct endpoint){0};
}

void proxies_settle(struct truth_log *truth)
{
	for (size_t i = 0; i < truth_flow_count(truth); i++) {
		struct truth_flow *f = truth_flow_at(truth, i);
		const struct truth_flow *of;

		if (!f->carries)
			continue;
		of = truth_flow_at(truth, f->carries - 1);
		f->session = of->session;
		memcpy(f->reason, of->reason, sizeof(f->reason));
	}
}
