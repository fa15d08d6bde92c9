// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * program.c - a real program as a traffic source: a browser, a softphone, a real client
 *
 * Only its user knows what such a program sends, so the truth is declared: every flow of its node
 * gets the label that was given on the command line, except flows of the lab's own sources. The
 * flows are read from the capture inside the site, where the node's own address is visible.
 * Conntrack gives their way through the gateways, as for every other source.
 *
 * Limits: other flows of the node, such as a resolver's look-ups, get the same label; correct the
 * label file afterwards if they matter.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/cell/program.h"
#include "results/score/flows.h"

static void on_end(void *arg, uint32_t events)
{
	struct program_run *r = arg;

	(void)events;
	loop_fd_del(r->loop, r->pidfd);
	close(r->pidfd);
	r->pidfd = -1;
	waitpid(r->pid, &r->status, 0);
	r->pid = 0;
	r->ended(r->arg);
}

int program_start(struct program_run *r, const struct program *p, struct lab *lab,
		  struct loop *loop, void (*ended)(void *arg), void *arg, struct err *e)
{
	static const int same_streams[3] = {-1, -1, -1};

	memset(r, 0, sizeof(*r));
	r->loop = loop;
	r->ended = ended;
	r->arg = arg;
	r->pidfd = -1;
	if (!lab_node(lab, p->node))
		return err_set(e,
			       "no node %s in this lab, expected SITE-h1, SITE-h2 ... for a "
			       "site's hosts; `skypelab lab graph SCENARIO` shows all",
			       p->node);
	r->pid = lab_spawn(lab, p->node, p->argv, NULL, same_streams, e);
	if (r->pid < 0) {
		r->pid = 0;
		return -1;
	}
	r->pidfd = (int)syscall(SYS_pidfd_open, r->pid, 0);
	if (r->pidfd < 0)
		return err_env(e, "cannot watch %s: %s", p->argv[0], strerror(errno));
	return loop_fd_add(loop, r->pidfd, EPOLLIN, on_end, r, e);
}

void program_stop(struct program_run *r)
{
	if (!r->pid)
		return;
	kill(r->pid, SIGKILL);
	waitpid(r->pid, &r->status, 0);
	if (r->pidfd >= 0) {
		loop_fd_del(r->loop, r->pidfd);
		close(r->pidfd);
	}
	r->pid = 0;
}

int program_truth(const struct program *p, const struct lab *lab, struct truth_log *truth,
		  const char *capture, struct err *e)
{
	struct flow_index *flows = flow_index_new();
	struct ip own = lab_node_ip(lab, p->node);
	int rc = flow_index_read(flows, capture, e);
	size_t declared = 0;

	for (size_t i = 0; rc == 0 && i < flow_index_count(flows); i++) {
		const struct flow_seen *seen = flow_index_at(flows, i);
		struct truth_flow f = {.tuple = seen->tuple,
				       .label = p->label,
				       .client_ip = own,
				       .opened_ns = seen->first_ns};

		if ((!ip_eq(&seen->tuple.src.ip, &own) && !ip_eq(&seen->tuple.dst.ip, &own)) ||
		    truth_find(truth, &seen->tuple) >= 0)
			continue;
		if (p->label != LABEL_SKYPE)
			memset(&f.client_ip, 0, sizeof(f.client_ip));
		snprintf(f.node, sizeof(f.node), "%s",
			 ip_eq(&seen->tuple.src.ip, &own) ? p->node : "internet");
		snprintf(f.version, sizeof(f.version), "%s", p->version);
		snprintf(f.reason, sizeof(f.reason), "%s", p->reason);
		truth_flow(truth, &f);
		declared++;
	}
	if (rc == 0 && !declared)
		log_warn("%s sent nothing from %s that the tap inside its site saw", p->argv[0],
			 p->node);
	flow_index_free(flows);
	return rc;
}
