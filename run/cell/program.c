// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * program.c - a real program as a traffic source: a browser, a softphone, a real client
 *
 * It runs on a node of the lab with the standard streams of this process, and the cell ends with it.
 * Only its user knows what such a program sends, so the truth is declared: declare.c finds its flows
 * in the captures.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/reap.h"
#include "run/cell/program.h"

static void on_end(void *arg, uint32_t events)
{
	struct program_run *r = arg;

	(void)events;
	loop_fd_del(r->loop, r->pidfd);
	close(r->pidfd);
	r->pidfd = -1;
	reap(r->pid, &r->status);
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
	reap(r->pid, &r->status);
	if (r->pidfd >= 0) {
		loop_fd_del(r->loop, r->pidfd);
		close(r->pidfd);
	}
	r->pid = 0;
}
