// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * process.c - the filter in a process of its own
 *
 * Model. Whoever reads packets of strangers has no capability; whoever has CAP_NET_ADMIN reads no packet.
 * Between them is a socket pair with messages of one size (wire.c). The table belongs to a netlink
 * socket of the filter's process, which nobody else holds.
 *
 *	starting  -READY->  serving  -EOF->  closed
 *	    \-FAILED-> ended
 *
 * If the reading process ends, however it ends, the kernel kills the filter (PDEATHSIG) or the filter
 * reads the end of the socket: its netlink socket closes, and the kernel removes the table. If the
 * filter ends, the table goes with it, and the reading process finds the end of its socket and ends
 * too: a watch that says "blocked" and blocks nothing is worse than none.
 *
 * The filter ignores SIGINT, SIGTERM and SIGHUP, which a terminal sends to both: it ends after its
 * parent, when there is nothing more to say.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/reap.h"
#include "base/threads.h"
#include "operator/filter/confine.h"
#include "operator/filter/process.h"
#include "operator/filter/wire.h"

#define QUEUE_BYTES (8 << 20) /* of sightings that wait: some thousands */
#define AT_ONCE	    64	      /* messages between two looks at the clock */
#define NICE	    (-10)     /* before others, where it may */
#define LINES	    64	      /* that wait at most */
#define ANSWER_WAIT 5	      /* seconds for an answer */

struct filter_process {
	struct filter_wish wish;
	pid_t pid;
	int fd;
	struct filter_totals totals;
	atomic_uint_fast64_t behind;
};

/* ---- in the filter's process ---- */

/**
 * struct serving - see above
 * @answering:	Lines belong to an answer, and none may be left out
 * @waiting:	The lines that wait until the sightings that wait are worked off: whoever reads them would
 *		take the processor
 */
struct serving {
	int fd;
	struct filter *filter;
	bool answering;
	struct filter_block waiting[LINES];
	size_t n_waiting;
	uint64_t lines, lost;
};

static void send_lines(struct serving *s)
{
	struct wire w;

	for (size_t i = 0; i < s->n_waiting; i++) {
		wire_new(&w, WIRE_LINE);
		w.line = s->waiting[i];
		/* A reader that is behind loses lines, and no block waits for it. */
		if (wire_send(s->fd, &w, s->answering ? 0 : MSG_DONTWAIT) < 0)
			s->lost++;
	}
	s->lines += s->n_waiting;
	s->n_waiting = 0;
}

static void keep_line(void *arg, const struct filter_block *b)
{
	struct serving *s = arg;

	if (s->n_waiting == LINES)
		send_lines(s);
	s->waiting[s->n_waiting++] = *b;
}

static void answer(struct serving *s, const struct wire *asked)
{
	struct wire w;

	send_lines(s);
	s->answering = true;
	s->lines = 0;
	if (asked->type == WIRE_UNBLOCK)
		filter_unblock(s->filter, asked->ip.family ? &asked->ip : NULL);
	else
		filter_blocked(s->filter);
	send_lines(s);
	wire_new(&w, WIRE_DONE);
	w.count = s->lines;
	wire_send(s->fd, &w, 0);
	s->answering = false;
}

/* Works off what waits. False: the other side is gone, or talks nonsense. */
static bool take_messages(struct serving *s)
{
	struct wire w;

	for (int i = 0; i < AT_ONCE; i++) {
		int rc = wire_receive(s->fd, &w, true, MSG_DONTWAIT);

		if (rc <= 0)
			return rc == 0;
		if (w.type == WIRE_SIGHTING)
			filter_sighting(s->filter, &w.sighting);
		else
			answer(s, &w);
	}
	return true;
}

static int settle(struct serving *s, struct err *e)
{
	struct wire w;

	if (filter_settle(s->filter, e) < 0)
		return -1;
	wire_new(&w, WIRE_TOTALS);
	w.totals = *filter_totals(s->filter);
	w.totals.lines_lost = s->lost;
	wire_send(s->fd, &w, MSG_DONTWAIT);
	return 0;
}

static int serve(struct serving *s, struct err *e)
{
	struct pollfd fds[2] = {{.fd = s->fd, .events = POLLIN},
				{.fd = filter_fd(s->filter), .events = POLLIN}};
	uint64_t due = clock_ns(CLOCK_MONOTONIC) + NS_PER_SEC;
	bool more = false;

	for (;;) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC);

		poll(fds, 2, !more && now < due ? (int)((due - now + 999999) / 1000000) : 0);
		if (fds[0].revents && !take_messages(s))
			return 0;
		more = filter_tend(s->filter);
		if (filter_changed(s->filter) || clock_ns(CLOCK_MONOTONIC) >= due) {
			if (settle(s, e) < 0)
				return -1;
			due = clock_ns(CLOCK_MONOTONIC) + NS_PER_SEC;
		}
		send_lines(s);
	}
}

static void fail(int fd, const struct err *e)
{
	struct wire w;

	wire_new(&w, WIRE_FAILED);
	w.failure = *e;
	wire_send(fd, &w, 0);
}

/* All that the parent had open, but for @fd and the standard ones. */
static void close_others(int fd)
{
	if (fd > 3)
		close_range(3, (unsigned)fd - 1, 0);
	close_range((unsigned)fd + 1, ~0U, 0);
}

static void be_the_filter(int fd, const struct filter_policy *policy,
			  const struct filter_wish *wish, const char *user)
{
	struct serving s = {.fd = fd};
	struct filter_wish mine = *wish;
	struct err e = {0};
	struct wire w;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (getpriority(PRIO_PROCESS, 0) > NICE)
		setpriority(PRIO_PROCESS, 0, NICE);
	threads_wake_soon();
	mine.fn = keep_line;
	mine.arg = &s;
	s.filter = filter_open(policy, &mine, &e);
	if (!s.filter || filter_confine(user, &e) < 0) {
		fail(fd, &e);
	} else {
		send_lines(&s);
		wire_new(&w, WIRE_READY);
		wire_send(fd, &w, 0);
		if (serve(&s, &e) < 0)
			fail(fd, &e);
	}
	filter_close(s.filter);
}

/* ---- in the process that reads packets ---- */

static void set_queue(int fd)
{
	int bytes = QUEUE_BYTES;
	struct timeval wait = {.tv_sec = ANSWER_WAIT};

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
}

static int ended(const struct filter_process *p, const struct wire *w, struct err *e)
{
	if (w->type == WIRE_FAILED && w->failure.msg[0]) {
		*e = w->failure;
		return -1;
	}
	return err_env(e, "the filter's process (%d) ended: nothing is blocked by it any more",
		       (int)p->pid);
}

/* What one message says; @done when it ends an answer. 0, or -1 with @e set. */
static int take(struct filter_process *p, const struct wire *w, bool *done, struct err *e)
{
	*done = w->type == WIRE_DONE || w->type == WIRE_READY;
	if (w->type == WIRE_FAILED)
		return ended(p, w, e);
	if (w->type == WIRE_LINE)
		p->wish.fn(p->wish.arg, &w->line);
	else if (w->type == WIRE_TOTALS)
		p->totals = w->totals;
	return 0;
}

/* Reads up to what ends an answer; *@count is what that says. */
static int read_answer(struct filter_process *p, uint64_t *count, struct err *e)
{
	struct wire w;
	bool done = false;

	while (!done) {
		int rc = wire_receive(p->fd, &w, false, 0);

		if (!rc)
			return err_env(e, "the filter's process gives no answer");
		if (rc < 0) {
			wire_new(&w, WIRE_DONE);
			return ended(p, &w, e);
		}
		if (take(p, &w, &done, e) < 0)
			return -1;
	}
	*count = w.count;
	return 0;
}

struct filter_process *filter_process_start(const struct filter_policy *policy,
					    const struct filter_wish *wish, const char *user,
					    struct err *e)
{
	struct filter_process *p;
	uint64_t none;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		err_sys(e, "cannot make a socket to the filter");
		return NULL;
	}
	set_queue(pair[0]);
	set_queue(pair[1]);
	pid = fork();
	if (pid < 0)
		err_sys(e, "cannot start the filter's process");
	if (pid == 0) {
		close_others(pair[1]);
		be_the_filter(pair[1], policy, wish, user);
		_exit(0);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return NULL;
	}
	p = xcalloc(1, sizeof(*p));
	p->wish = *wish;
	p->pid = pid;
	p->fd = pair[0];
	if (read_answer(p, &none, e) == 0)
		return p;
	filter_process_stop(p);
	return NULL;
}

void filter_process_sighting(struct filter_process *p, const struct sighting *s)
{
	struct wire w;

	wire_new(&w, WIRE_SIGHTING);
	w.sighting = *s;
	if (wire_send(p->fd, &w, MSG_DONTWAIT) < 0)
		atomic_fetch_add(&p->behind, 1);
}

int filter_process_fd(const struct filter_process *p)
{
	return p->fd;
}

int filter_process_read(struct filter_process *p, struct err *e)
{
	struct wire w;
	bool done;
	int rc;

	while ((rc = wire_receive(p->fd, &w, false, MSG_DONTWAIT)) > 0)
		if (take(p, &w, &done, e) < 0)
			return -1;
	if (!rc)
		return 0;
	wire_new(&w, WIRE_DONE);
	return ended(p, &w, e);
}

static int ask(struct filter_process *p, const struct wire *w, struct err *e)
{
	uint64_t count = 0;

	if (wire_send(p->fd, w, 0) < 0)
		return err_env(e, "cannot ask the filter's process: %s", strerror(errno));
	return read_answer(p, &count, e) < 0 ? -1 : (int)count;
}

int filter_process_blocked(struct filter_process *p, struct err *e)
{
	struct wire w;

	wire_new(&w, WIRE_LIST);
	return ask(p, &w, e);
}

int filter_process_unblock(struct filter_process *p, const struct ip *ip, struct err *e)
{
	struct wire w;

	wire_new(&w, WIRE_UNBLOCK);
	if (ip)
		w.ip = *ip;
	return ask(p, &w, e);
}

const struct filter_totals *filter_process_totals(const struct filter_process *p, uint64_t *behind)
{
	*behind = atomic_load(&p->behind);
	return &p->totals;
}

void filter_process_stop(struct filter_process *p)
{
	if (!p)
		return;
	close(p->fd);
	reap(p->pid, NULL);
	free(p);
}
