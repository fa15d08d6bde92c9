// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * declare.c - the flows of real programs, from the captures of a cell
 *
 * A real program reports nothing, so its flows are taken from the wire, and what they are is
 * declared: by the mix that started it, or by the user who named it on the command line. Every
 * vantage is read, from the inside out, because a flow that a remote opens and a gateway drops is
 * seen outside only. A flow is declared where it is seen first and carried from there to all other
 * vantages (vantage.c); at a vantage that already has a row for it, it is another source's flow or
 * one declared further inside.
 *
 * Whose is it? One end belongs to a site: a host, or a gateway's outer address. For programs of a
 * mix the other end, or the port, tells (programs_claim()). The command line's program has all
 * flows of its host. Outside of a NAT, the host is found from the gateway's mappings. A packet that
 * is sent to a port which no host ever had belongs to the only host of a site; in a site of several
 * hosts it gets the label unknown.
 *
 * Limits: other flows of the host, such as a resolver's look-ups, get the program's label; correct
 * the label file afterwards if they matter.
 */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "replay/programs/list.h"
#include "results/score/flows.h"
#include "run/cell/declare.h"
#include "run/cell/network.h"

/* A flow in a capture, from the side of the site that one of its ends belongs to. */
struct sighting {
	const struct lab_vantage *at;
	const struct flow_seen *seen;
	int site;
	struct endpoint inside, outside;
};

static const char *node_at(const struct lab *lab, const struct ip *ip, int *site)
{
	*site = -1;
	for (size_t i = 0; i < lab_node_count(lab); i++) {
		const struct lab_node *n = lab_node_at(lab, i);

		if ((n->kind != LAB_HOST && n->kind != LAB_GATEWAY && n->kind != LAB_CGN) ||
		    !ip_eq(&n->ip, ip))
			continue;
		*site = n->site;
		return n->name;
	}
	return INTERNET_NODE;
}

/* Is it a flow of the command line's program? Then *label says what it is declared as. */
static bool of_program(const struct vantage_truth *v, const struct declare_job *job,
		       const struct sighting *g, const char **label)
{
	const struct lab_node *node = job->program ? lab_node(job->lab, job->program->node) : NULL;
	struct ip host;

	if (!node || node->site != g->site)
		return false;
	*label = job->program->label;
	if (vantage_truth_host(v, g->at, g->seen->tuple.proto, &g->inside, &host))
		return ip_eq(&host, &node->ip);
	if (g->at->site >= 0 && !g->at->depth)
		return false;
	if (job->s->sites[g->site].hosts > 1 || job->s->sites[g->site].proxy)
		*label = LABEL_UNKNOWN;
	return true;
}

static void declare(struct vantage_truth *v, const struct declare_job *job,
		    const struct sighting *g, struct truth_flow *f)
{
	int site;

	f->tuple = g->seen->tuple;
	f->opened_ns = g->seen->first_ns;
	snprintf(f->node, sizeof(f->node), "%s", node_at(job->lab, &f->tuple.src.ip, &site));
	if (label_is(f->label, LABEL_SKYPE))
		f->client_ip = g->inside.ip;
	vantage_truth_flow(v, truth_flow(job->log, f), f, g->at);
}

/* false: it is no program's. */
static bool declare_seen(struct vantage_truth *v, const struct declare_job *job,
			 const struct sighting *g)
{
	struct truth_flow f = {.recorded = true};
	const char *name = backgrounds_program(job->backgrounds, g->site, g->seen->tuple.proto,
					       &g->inside, &g->outside);
	const char *label = name ? program_pair_find(name)->application : NULL;

	if (!name && !of_program(v, job, g, &label))
		return false;
	label_copy(f.label, label);
	snprintf(f.reason, sizeof(f.reason), "%s", name ? name : job->program->reason);
	if (!name)
		snprintf(f.version, sizeof(f.version), "%s", job->program->version);
	declare(v, job, g, &f);
	return true;
}

/* Each end that belongs to a site is tried: of a hairpinned flow both do. */
static bool declare_flow(struct vantage_truth *v, const struct declare_job *job,
			 const struct lab_vantage *at, const struct flow_seen *seen)
{
	const struct endpoint *ends[] = {&seen->tuple.src, &seen->tuple.dst};

	if (vantage_truth_has(v, at, &seen->tuple))
		return false;
	for (unsigned k = 0; k < 2; k++) {
		struct sighting g = {
			.at = at, .seen = seen, .inside = *ends[k], .outside = *ends[!k]};

		node_at(job->lab, &g.inside.ip, &g.site);
		if (g.site < 0 || (at->site >= 0 && at->site != g.site))
			continue;
		if (declare_seen(v, job, &g))
			return true;
	}
	return false;
}

static int declare_vantage(struct vantage_truth *v, const struct declare_job *job,
			   const struct lab_vantage *at, size_t *declared, struct err *e)
{
	char name[VANTAGE_FILE_LEN];
	char *path = path_in(job->dir, vantage_file(job->lab, at->name, name));
	struct flow_index *flows = flow_index_new();
	int rc = flow_index_read(flows, path, e);

	for (size_t i = 0; rc == 0 && i < flow_index_count(flows); i++)
		*declared += declare_flow(v, job, at, flow_index_at(flows, i));
	flow_index_free(flows);
	free(path);
	return rc;
}

int declare_programs(struct vantage_truth *v, const struct declare_job *job, struct err *e)
{
	size_t n, declared = 0;
	char **names;
	int rc = 0;

	if (!job->program && !backgrounds_have_programs(job->backgrounds))
		return 0;
	names = network_vantages(job->s, &n);
	for (unsigned depth = 0; depth <= VANTAGE_DEPTH_MAX; depth++) /* the core comes last */
		for (size_t i = 0; rc == 0 && i < n; i++) {
			const struct lab_vantage *at = lab_vantage(job->lab, names[i]);

			if (at && depth == (at->site < 0 ? VANTAGE_DEPTH_MAX : at->depth))
				rc = declare_vantage(v, job, at, &declared, e);
		}
	network_vantages_free(names, n);
	if (rc == 0 && !declared && job->program)
		log_warn("%s sent nothing from %s that a tap saw", job->program->argv[0],
			 job->program->node);
	return rc;
}
