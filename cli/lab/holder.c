// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * holder.c - the process that holds a lab for `skypelab lab`
 *
 * Model: `lab up` takes the lab's name (control.c), enters the sandbox, builds the lab with the
 * real clock, starts the captures if there shall be any, and then serves requests from its loop
 * until "down" or a signal. In the background it is a session of its own without a terminal; the
 * command that started it waits for one message, which says that the lab is up or why it is not.
 *
 * Requests: "enter NODE", "status", "status-json", "graph", "dot", "rules NODE", "down".
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/listing.h"
#include "base/loop.h"
#include "cli/lab/control.h"
#include "cli/lab/holder.h"
#include "lab/exec.h"
#include "lab/lab.h"

struct holder {
	const struct holder_options *options;
	struct loop *loop;
	struct lab *lab;
	struct control_listener *listener;
	int signals;
	int down; /* connection that asked for the end, or -1 */
};

/* A memory file with a text; -1 with @e set. */
static int text_fd(const char *text, struct err *e)
{
	int fd = memfd_create("skypelab", MFD_CLOEXEC);
	size_t n = strlen(text);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) < 0) {
		if (fd >= 0)
			close(fd);
		return err_sys(e, "no memory file");
	}
	return fd;
}

static int self_fd(const char *ns, struct err *e)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "%s", path);
	return fd;
}

static int answer_enter(struct holder *o, const char *node, struct control_answer *a, struct err *e)
{
	const struct lab_node *n = lab_node(o->lab, node);
	char *resolv, *hosts;

	if (!n)
		return err_set(e, "no node '%s' in lab '%s'; `skypelab lab status` lists them",
			       node, o->options->name);
	resolv = lab_resolv_conf(o->lab);
	hosts = lab_hosts_file(o->lab);
	a->fds[CONTROL_NET] = dup(n->netns);
	a->fds[CONTROL_MNT] = self_fd("mnt", e);
	a->fds[CONTROL_PID] = self_fd("pid", e);
	a->fds[CONTROL_USER] = self_fd("user", e);
	a->fds[CONTROL_RESOLV] = text_fd(resolv, e);
	a->fds[CONTROL_HOSTS] = text_fd(hosts, e);
	free(resolv);
	free(hosts);
	for (size_t i = 0; i < CONTROL_FDS; i++)
		if (a->fds[i] < 0)
			return -1;
	return 0;
}

static void print_taps(struct holder *o, FILE *f)
{
	for (size_t i = 0; i < lab_vantage_count(o->lab); i++) {
		const struct lab_vantage *v = lab_vantage_at(o->lab, i);
		struct lab_tap_stats s;

		if (lab_tap_stats(o->lab, v->name, &s))
			fprintf(f,
				"capture %s: %" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64
				" lost, to %s/%s.%s.pcap\n",
				v->name, s.packets, s.bytes, s.dropped, o->options->capture,
				v->node, v->ifname);
	}
}

static void print_wire(struct holder *o, const char *link, FILE *f)
{
	struct lab_wire_stats s[2];

	if (!lab_wire_stats(o->lab, link, s))
		return;
	for (int d = 0; d < 2; d++)
		fprintf(f,
			"link %s %s: %" PRIu64 " carried, %" PRIu64 " lost, %" PRIu64
			" over the rate, %" PRIu64 " overrun\n",
			link, d ? "from the core" : "to the core", s[d].carried, s[d].lost,
			s[d].queue_drops, s[d].overrun);
}

static void print_nodes(struct holder *o, FILE *f)
{
	static const struct listing_column columns[] = {
		{.name = "node"}, {.name = "kind"}, {.name = "address"}};
	struct listing *l = listing_new(columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < lab_node_count(o->lab); i++) {
		const struct lab_node *n = lab_node_at(o->lab, i);
		char text[IP_TEXT_LEN];

		listing_row(l, n->name, lab_node_kind_text(n->kind),
			    n->ip.family ? ip_text(&n->ip, text) : NULL);
	}
	listing_end(l, f, false);
}

static void print_status(struct holder *o, FILE *f)
{
	print_nodes(o, f);
	print_taps(o, f);
	for (size_t i = 0; i < o->options->spec->n_sites; i++)
		print_wire(o, o->options->spec->sites[i].name, f);
	print_wire(o, "internet", f);
}

/* ---- the same as JSON ---- */

static json_t *nodes_json(struct holder *o)
{
	json_t *all = json_array();

	for (size_t i = 0; i < lab_node_count(o->lab); i++) {
		const struct lab_node *n = lab_node_at(o->lab, i);
		char text[IP_TEXT_LEN];

		json_array_append_new(all, json_pack("{ss ss ss?}", "node", n->name, "kind",
						     lab_node_kind_text(n->kind), "address",
						     n->ip.family ? ip_text(&n->ip, text) : NULL));
	}
	return all;
}

static json_t *taps_json(struct holder *o)
{
	json_t *all = json_array();

	for (size_t i = 0; i < lab_vantage_count(o->lab); i++) {
		const struct lab_vantage *v = lab_vantage_at(o->lab, i);
		struct lab_tap_stats s;

		if (lab_tap_stats(o->lab, v->name, &s))
			json_array_append_new(all, json_pack("{ss sI sI sI}", "vantage", v->name,
							     "packets", (json_int_t)s.packets,
							     "bytes", (json_int_t)s.bytes, "lost",
							     (json_int_t)s.dropped));
	}
	return all;
}

static void add_wire(struct holder *o, const char *link, json_t *all)
{
	struct lab_wire_stats s[2];

	if (!lab_wire_stats(o->lab, link, s))
		return;
	for (int d = 0; d < 2; d++)
		json_array_append_new(all,
				      json_pack("{ss sb sI sI sI sI}", "link", link, "from_core", d,
						"carried", (json_int_t)s[d].carried, "lost",
						(json_int_t)s[d].lost, "over_the_rate",
						(json_int_t)s[d].queue_drops, "overrun",
						(json_int_t)s[d].overrun));
}

static void print_status_json(struct holder *o, FILE *f)
{
	json_t *links = json_array(), *all;

	for (size_t i = 0; i < o->options->spec->n_sites; i++)
		add_wire(o, o->options->spec->sites[i].name, links);
	add_wire(o, "internet", links);
	all = json_pack("{ss si so so so}", "lab", o->options->name, "process", (int)getpid(),
			"nodes", nodes_json(o), "captures", taps_json(o), "links", links);
	json_dumpf(all, f, JSON_COMPACT);
	fputc('\n', f);
	json_decref(all);
}

static int answer_text(struct holder *o, const char *verb, const char *arg,
		       struct control_answer *a, struct err *e)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int rc = 0;

	if (!f)
		return err_sys(e, "no memory");
	if (!strcmp(verb, "status"))
		print_status(o, f);
	else if (!strcmp(verb, "status-json"))
		print_status_json(o, f);
	else if (!strcmp(verb, "graph"))
		lab_graph_text(o->lab, f);
	else if (!strcmp(verb, "dot"))
		lab_graph_dot(o->lab, f);
	else if (!strcmp(verb, "rules"))
		rc = lab_rules(o->lab, arg, f, e);
	else
		rc = err_set(e, "unknown request '%s'", verb);
	fclose(f);
	if (!rc) {
		a->fds[CONTROL_TEXT] = text_fd(text, e);
		rc = a->fds[CONTROL_TEXT] < 0 ? -1 : 0;
	}
	free(text);
	return rc;
}

static void send_answer(int fd, struct control_answer *a, const struct err *e, int rc)
{
	if (rc) {
		a->code = e->code ? e->code : EXIT_USAGE;
		snprintf(a->msg, sizeof(a->msg), "%.999s", e->msg);
	}
	control_answer(fd, a);
	for (size_t i = 0; i < CONTROL_FDS; i++)
		if (a->fds[i] >= 0)
			close(a->fds[i]);
}

/* Answers one connection. Its request has to come within two seconds. */
static void serve(void *arg, uint32_t events)
{
	struct holder *o = arg;
	struct timeval limit = {.tv_sec = 2};
	struct control_answer a = {.fds = {-1, -1, -1, -1, -1, -1}};
	char request[256], *node;
	struct err e = {0};
	struct ucred peer = {0};
	socklen_t len = sizeof(peer);
	int fd = accept4(o->listener->fd, NULL, NULL, SOCK_CLOEXEC), rc;
	ssize_t n;

	(void)events;
	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	/* Another user may not even make us wait, nor a program inside: only such a one has a process
	 * number here. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.uid != geteuid() ||
	    peer.pid > 0)
		n = -1;
	else
		n = recv(fd, request, sizeof(request) - 1, 0);
	if (n <= 0) {
		close(fd);
		return;
	}
	request[n] = '\0';
	node = request + strcspn(request, " ");
	if (*node)
		*node++ = '\0';
	if (!strcmp(request, "down") && o->down < 0) {
		o->down = fd; /* answered when the captures are written */
		loop_stop(o->loop);
		return;
	}
	if (!strcmp(request, "enter"))
		rc = answer_enter(o, node, &a, &e);
	else
		rc = answer_text(o, request, node, &a, &e);
	send_answer(fd, &a, &e, rc);
	close(fd);
}

static void signalled(void *arg, uint32_t events)
{
	struct holder *o = arg;

	(void)events;
	loop_stop(o->loop);
}

static int watch_signals(struct holder *o, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	o->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (o->signals < 0)
		return err_sys(e, "signalfd");
	/* Programs started inside end as orphans of the sandbox: nobody here waits for them. */
	signal(SIGCHLD, SIG_IGN);
	return loop_fd_add(o->loop, o->signals, EPOLLIN, signalled, o, e);
}

static int holder_build(struct holder *o, struct err *e)
{
	if (lab_sandbox_enter_for_programs(e) < 0)
		return -1;
	o->loop = loop_new(LOOP_REAL, clock_ns(CLOCK_REALTIME), e);
	if (!o->loop)
		return -1;
	o->lab = lab_up(o->options->spec, o->loop, e);
	if (!o->lab)
		return -1;
	if (o->options->capture && lab_taps_start(o->lab, o->options->capture, e) < 0)
		return -1;
	if (watch_signals(o, e) < 0)
		return -1;
	return loop_fd_add(o->loop, o->listener->fd, EPOLLIN, serve, o, e);
}

/* What a holder in the background reports to the command that started it. */
struct start_report {
	bool up;
	struct err why;
};

static void report_start(int ready, int rc, const struct err *e)
{
	struct start_report r = {.up = rc == 0, .why = *e};

	if (ready >= 0)
		(void)!write(ready, &r, sizeof(r));
}

/* Serves requests until the end and writes the captures. 0, or -1 with @e set. */
static int serve_until_end(struct holder *o, struct err *e)
{
	struct control_answer a = {.fds = {-1, -1, -1, -1, -1, -1}};
	int rc = loop_run(o->loop, 0, e);

	if (o->options->capture && lab_taps_finish(o->lab, e) < 0)
		rc = -1;
	if (o->down >= 0)
		send_answer(o->down, &a, e, rc);
	return rc;
}

/* Builds, serves, ends, gives the name up. @ready: where the start is reported; -1 = in the
 * foreground. 0, or -1 with @e set. */
static int hold(const struct holder_options *options, struct control_listener *listener, int ready,
		struct err *e)
{
	struct holder o = {.options = options, .listener = listener, .signals = -1, .down = -1};
	int built = holder_build(&o, e), rc = built;

	if (!built) {
		report_start(ready, 0, e);
		if (ready < 0) {
			printf("lab %s is up; end it with ^C or `skypelab lab down`\n",
			       options->name);
			lab_graph_text(o.lab, stdout);
			fflush(stdout);
		}
		rc = serve_until_end(&o, e);
	}
	lab_down(o.lab);
	loop_free(o.loop);
	control_unlisten(listener);
	if (built)
		report_start(ready, built, e); /* who hears of it may take the name again */
	return rc;
}

static void detach(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	if (null > 2)
		close(null);
}

int holder_up(const struct holder_options *o, struct err *e)
{
	struct control_listener listener;
	struct start_report r;
	int ready[2];
	pid_t pid;

	if (lab_check(o->spec, e) < 0 || control_listen(&listener, o->name, e) < 0)
		return -1;
	if (o->foreground)
		return hold(o, &listener, -1, e);
	if (pipe2(ready, O_CLOEXEC) < 0) {
		err_env(e, "no pipe: %s", strerror(errno));
		control_unlisten(&listener);
		return -1;
	}
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		err_env(e, "lab '%s': cannot start a process: %s", o->name, strerror(errno));
	if (!pid) {
		close(ready[0]);
		detach();
		/* The listener's credentials are those of the process that called listen(). */
		listen(listener.fd, 16);
		_exit(hold(o, &listener, ready[1], e) < 0 ? 1 : 0);
	}
	close(ready[1]);
	if (pid < 0) {
		control_unlisten(&listener);
		return -1;
	}
	if (read(ready[0], &r, sizeof(r)) != (ssize_t)sizeof(r))
		return err_env(e, "lab '%s': its process ended before it was up", o->name);
	if (r.up)
		return 0;
	*e = r.why;
	return -1;
}
