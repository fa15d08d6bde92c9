// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fence.c - is the kernel at rest?
 *
 * Model. A packet sent over veth pairs goes, hop by hop, through the per-CPU backlog queue of the
 * receive softirq, normally before send() returns. When the softirq has taken its time, or the
 * scheduler wants the CPU, it leaves the rest to ksoftirqd, later. The thread is pinned to one CPU,
 * so all its packets are in one first-in first-out queue. A fence is a datagram over the loopback,
 * which goes through that queue too. When it has come back, every packet queued before it has made
 * its next hop, and the kernel has done what was due on that CPU (TCP may send again what it held
 * back). That it came back at once does not say that nothing is left behind it. The kernel's
 * counters say it (/proc/net/softnet_stat, of the CPU: packets processed, packets queued): it is at
 * rest when, over one fence, one packet was processed and none is queued.
 *
 * Without those counters:
 *
 *   fences                     | what follows
 *   ---------------------------+-----------------------------------------------------------------
 *   FENCES_PROMPT back at once | taken for rest
 *   one had to wait            | FENCES_LATE more, one for each hop that a packet and the kernel's
 *                              | own answer to it may still have; as many again when one of the
 *                              | last two is late
 *
 * Limits. Packets of others on the same CPU count like our own; after FENCES_MOST it is enough. What
 * waits for a timer of the kernel (a retransmission, a delayed acknowledgement) is not seen.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fence.h"

#define FENCES_PROMPT 2
#define FENCES_LATE   24
#define FENCES_MOST   1000
#define COUNTERS_LEN  32768 /* some 240 CPUs */

struct fence {
	int tx, rx;
	int counters; /* -1 = there are none */
	size_t bytes; /* of the counters, to the end of our CPU's line: the kernel writes no more lines than are asked for */
	unsigned cpu;
};

/* Of one CPU's receive queue. */
struct queue {
	uint32_t processed, waiting;
	size_t end; /* of its line in the text */
};

/* The line of our CPU: columns of eight hexadecimal digits. Since Linux 5.10 the 12th is the length of
 * the queue and the 13th the CPU; before, there is a line for each CPU that is online. */
static bool queue_of(char *text, unsigned cpu, struct queue *q)
{
	unsigned row = 0;

	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1, row++) {
		bool named = end - line >= 13 * 9 - 1;

		*end = '\0';
		if ((named ? strtoul(line + 12 * 9, NULL, 16) : row) != cpu)
			continue;
		q->processed = (uint32_t)strtoul(line, NULL, 16);
		q->waiting = named ? (uint32_t)strtoul(line + 11 * 9, NULL, 16) : 0;
		q->end = (size_t)(end + 1 - text);
		return true;
	}
	return false;
}

static bool queue_within(const struct fence *f, size_t bytes, struct queue *q)
{
	char text[COUNTERS_LEN];
	ssize_t n = pread(f->counters, text, bytes, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return queue_of(text, f->cpu, q);
}

static bool queue_read(struct fence *f, struct queue *q)
{
	if (f->counters < 0)
		return false;
	if (f->bytes && queue_within(f, f->bytes, q))
		return true;
	if (!queue_within(f, COUNTERS_LEN - 1, q)) /* a CPU came or went */
		return false;
	f->bytes = q->end;
	return true;
}

static int fence_sockets(struct fence *f, struct err *e)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	char byte = 0;
	struct pollfd p;

	f->rx = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	f->tx = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (f->rx < 0 || f->tx < 0 || bind(f->rx, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    getsockname(f->rx, (struct sockaddr *)&a, &len) < 0 ||
	    connect(f->tx, (struct sockaddr *)&a, sizeof(a)) < 0)
		return err_env(e, "the virtual clock needs the loopback: %s", strerror(errno));
	p = (struct pollfd){.fd = f->rx, .events = POLLIN};
	if (send(f->tx, &byte, 1, 0) != 1 || poll(&p, 1, 1000) != 1 ||
	    recv(f->rx, &byte, 1, 0) != 1)
		return err_env(e, "the virtual clock needs the loopback interface up in this "
				  "network namespace");
	return 0;
}

struct fence *fence_open(struct err *e)
{
	struct fence *f = xcalloc(1, sizeof(*f));
	struct queue q;
	cpu_set_t set;

	f->tx = f->rx = f->counters = -1;
	f->cpu = (unsigned)sched_getcpu();
	CPU_ZERO(&set);
	CPU_SET(f->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0) {
		err_env(e, "cannot stay on one CPU: %s", strerror(errno));
		fence_close(f);
		return NULL;
	}
	if (fence_sockets(f, e) < 0) {
		fence_close(f);
		return NULL;
	}
	f->counters = open("/proc/net/softnet_stat", O_RDONLY | O_CLOEXEC);
	if (f->counters >= 0 && !queue_read(f, &q)) {
		close(f->counters);
		f->counters = -1;
	}
	return f;
}

void fence_close(struct fence *f)
{
	if (!f)
		return;
	if (f->tx >= 0)
		close(f->tx);
	if (f->rx >= 0)
		close(f->rx);
	if (f->counters >= 0)
		close(f->counters);
	free(f);
}

/* One fence. Did it come back at once? */
static bool fence_prompt(const struct fence *f)
{
	struct pollfd p = {.fd = f->rx, .events = POLLIN};
	char byte = 0;

	if (send(f->tx, &byte, 1, 0) != 1 || recv(f->rx, &byte, 1, 0) == 1)
		return true;
	if (poll(&p, 1, 1000) == 1)
		(void)!recv(f->rx, &byte, 1, 0);
	return false;
}

void fence_wait(struct fence *f)
{
	struct queue before, after;

	if (queue_read(f, &before)) {
		for (unsigned i = 0; i < FENCES_MOST; i++, before = after) {
			fence_prompt(f);
			if (!queue_read(f, &after) ||
			    (after.processed == before.processed + 1 && !after.waiting))
				return;
		}
		return;
	}
	for (int left = FENCES_PROMPT; left > 0; left--)
		if (!fence_prompt(f) && left <= FENCES_PROMPT)
			left = FENCES_LATE + 1;
}
