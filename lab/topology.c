// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * topology.c - makes a plan real: namespaces, links, addresses, routes, policies
 *
 * Model: one network namespace per node, held by a descriptor of this process and by nothing else:
 * no name under /run, no process, no mount. Closing the descriptors takes everything down, and the
 * kernel closes them however the process ends. The thread steps into a namespace only to make
 * it, to open a socket there and to write settings; all else goes over netlink sockets that stay
 * there.
 *
 * Order: all namespaces; all links (both ends down); per node one batch of up, addresses, routes,
 * neighbours; the forwarders of impaired links; the gateways' rules; their conntrack watches. Any
 * error takes all down again.
 *
 * Limits: the kernel frees namespaces after the descriptors are closed, in its own time.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/netns.h"
#include "lab/gateway/conntrack.h"
#include "lab/impair.h"
#include "lab/lab_private.h"
#include "lab/netlink/link.h"
#include "lab/nodes.h"
#include "lab/sandbox.h"
#include "lab/step.h"
#include "lab/tap.h"
#include "lab/topology.h"

/* The thread goes into a fresh namespace, prepares it and stays; the caller goes home. */
static int node_make(struct lab *lab, struct lab_node *n, struct nl **nl, struct err *e)
{
	if (lab_step(lab, n->name, e) < 0)
		return -1;
	if (unshare(CLONE_NEWNET) < 0)
		return err_env(e, "%s: no new network namespace: %s%s", n->name, strerror(errno),
			       errno == ENOSPC ? " (see sysctl user.max_net_namespaces)" : "");
	n->netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (n->netns < 0)
		return err_env(e, "%s: /proc/thread-self/ns/net: %s", n->name, strerror(errno));
	if (node_sysctls(n->name, plan_forwards(n), e) < 0)
		return -1;
	*nl = nl_open(-1, NETLINK_ROUTE, n->name, e);
	return *nl ? 0 : -1;
}

static int nodes_make(struct lab *lab, struct nl **nl, struct err *e)
{
	int home = netns_enter(-1, e), rc = 0;

	if (home < 0)
		return -1;
	for (size_t i = 0; i < lab->plan.n_nodes && !rc; i++)
		rc = node_make(lab, &lab->plan.nodes[i], &nl[i], e);
	netns_leave(home);
	return rc;
}

static int link_make(struct lab *lab, struct nl **nl, const struct plan_link *l, struct err *e)
{
	const struct lab_node *a = &lab->plan.nodes[l->a.node], *b = &lab->plan.nodes[l->b.node];

	if (lab_step(lab, "link", e) < 0)
		return -1;
	link_add_veth(nl[l->a.node], &l->a, &l->b, b->netns);
	if (nl_commit(nl[l->a.node], e) < 0 ||
	    link_offloads_off(nl_fd(nl[l->a.node]), a->name, l->a.ifname, e) < 0 ||
	    link_offloads_off(nl_fd(nl[l->b.node]), b->name, l->b.ifname, e) < 0)
		return -1;
	return 0;
}

static void end_configure(struct nl **nl, const struct link_end *end)
{
	link_set_up(nl[end->node], end->ifindex, end->ifname);
	if (end->ip.family)
		link_add_address(nl[end->node], end->ifindex, &end->ip);
}

static int end_wait(struct lab *lab, struct nl **nl, const struct link_end *end, struct err *e)
{
	return link_wait_up(nl_fd(nl[end->node]), lab->plan.nodes[end->node].name, end->ifname, e);
}

/* How long TCP waits in real time before it sends a segment again. Emulated delays take hardly any
 * real time: without loss, a segment that comes late only waits for a busy machine. */
static unsigned rto_min_ms(const struct lab *lab)
{
	const struct plan *p = &lab->plan;

	if (loop_kind(lab->loop) == LOOP_REAL)
		return 0;
	for (size_t i = 0; i < p->n_wires; i++)
		if (p->wires[i].shape.loss > 0)
			return LAB_RTO_LOSSY_MS;
	return LAB_RTO_MS;
}

static int links_make(struct lab *lab, struct nl **nl, struct err *e)
{
	const struct plan *p = &lab->plan;

	for (size_t i = 0; i < p->n_links; i++)
		if (link_make(lab, nl, &p->links[i], e) < 0)
			return -1;
	for (size_t i = 0; i < p->n_nodes; i++)
		link_set_up(nl[i], 1, "lo");
	for (size_t i = 0; i < p->n_links; i++) {
		end_configure(nl, &p->links[i].a);
		end_configure(nl, &p->links[i].b);
	}
	/* A route out of an interface needs it to be up, so every end is queued by now. */
	for (size_t i = 0; i < p->n_neighbours; i++) {
		const struct plan_neighbour *n = &p->neighbours[i];

		link_add_neighbour(nl[n->node], n->ifindex, &n->ip, n->mac);
	}
	for (size_t i = 0; i < p->n_routes; i++) {
		const struct plan_route *r = &p->routes[i];

		if (r->kind == ROUTE_VIA)
			link_add_route(nl[r->node], r->ifindex, &r->to, &r->via, rto_min_ms(lab));
		else if (r->kind == ROUTE_LOCAL)
			link_add_local(nl[r->node], &r->to);
		else
			link_add_unreachable(nl[r->node], &r->to);
	}
	for (size_t i = 0; i < p->n_nodes; i++)
		if (lab_step(lab, "routes", e) < 0 || nl_commit(nl[i], e) < 0)
			return -1;
	for (size_t i = 0; i < p->n_links; i++)
		if (end_wait(lab, nl, &p->links[i].a, e) < 0 ||
		    end_wait(lab, nl, &p->links[i].b, e) < 0)
			return -1;
	return 0;
}

static int gateways_make(struct lab *lab, struct err *e)
{
	for (size_t i = 0; i < lab->plan.n_gateways; i++) {
		struct gateway_ctx *g = &lab->plan.gateways[i];

		g->netns = lab_node_netns(lab, g->node);
		if (lab_step(lab, "rules", e) < 0)
			return -1;
		if (gateway_program(g, e) < 0)
			return err_push(e, "%s", g->node);
		if (lab_step(lab, "conntrack", e) < 0)
			return -1;
		if (g->kind == GATEWAY_INTERNET)
			continue;
		g->watch = conntrack_watch_start(g, lab->loop, e);
		if (!g->watch)
			return err_push(e, "%s", g->node);
	}
	return 0;
}

/* One descriptor per node for its life and one while it is built. */
static int raise_files(size_t nodes, struct err *e)
{
	struct rlimit r;

	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_cur < 2 * nodes + 64)
		return err_env(e, "%zu nodes need %zu open files; the limit is %llu (ulimit -n)",
			       nodes, 2 * nodes + 64, (unsigned long long)r.rlim_cur);
	return 0;
}

static int lab_build(struct lab *lab, uint64_t seed, struct err *e)
{
	size_t n = lab->plan.n_nodes;
	struct nl **nl = xcalloc(n, sizeof(struct nl *)); /* NOLINT(bugprone-sizeof-expression) */
	int rc = raise_files(n, e);

	if (!rc)
		rc = nodes_make(lab, nl, e);
	if (!rc)
		rc = links_make(lab, nl, e);
	for (size_t i = 0; i < n; i++)
		nl_close(nl[i]);
	free(nl);
	if (!rc && lab->plan.n_wires)
		rc = lab_wires_start(lab, seed, e);
	if (!rc)
		rc = gateways_make(lab, e);
	return rc;
}

int lab_check(const struct lab_spec *spec, struct err *e)
{
	struct plan p;

	if (plan_make(&p, spec, e) < 0)
		return -1;
	plan_free(&p);
	return 0;
}

struct lab *lab_up(const struct lab_spec *spec, struct loop *loop, struct err *e)
{
	struct lab *lab = xcalloc(1, sizeof(*lab));

	lab->name = xstrdup(spec->name ? spec->name : "lab");
	lab->loop = loop;
	if (plan_make(&lab->plan, spec, e) < 0) {
		lab_down(lab);
		return NULL;
	}
	lab->n_taps = spec->n_taps;
	lab->taps = xcalloc(spec->n_taps, sizeof(*lab->taps));
	for (size_t i = 0; i < spec->n_taps; i++)
		lab->taps[i] = xstrdup(spec->taps[i]);
	if (!lab_sandbox_entered()) {
		err_env(e, "a lab must be built inside lab_sandbox_enter()");
		lab_down(lab);
		return NULL;
	}
	if (lab_build(lab, spec->seed, e) < 0) {
		lab_down(lab);
		return NULL;
	}
	return lab;
}

void lab_down(struct lab *lab)
{
	if (!lab)
		return;
	lab_taps_abort(lab);
	for (size_t i = 0; i < lab->plan.n_gateways; i++)
		if (lab->plan.gateways[i].watch)
			conntrack_watch_free(lab->plan.gateways[i].watch);
	lab_wires_stop(lab);
	for (size_t i = 0; i < lab->plan.n_nodes; i++)
		if (lab->plan.nodes[i].netns >= 0)
			close(lab->plan.nodes[i].netns);
	for (size_t i = 0; i < lab->n_taps; i++)
		free(lab->taps[i]);
	free(lab->taps);
	free(lab->name);
	plan_free(&lab->plan);
	free(lab);
}
