// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * notify.c - what a service manager is told, by the protocol of sd_notify(3)
 *
 * A datagram with lines to the socket that NOTIFY_SOCKET names; a name that begins with @ is abstract. The
 * socket is connected at the start, so that later nothing has to be opened. Each second
 * WATCHDOG=1 says that the loop lives.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "operator/watch/notify.h"

static int manager = -1;

/* A manager that does not listen is none of our troubles. */
static void say(const char *lines)
{
	(void)!write(manager, lines, strlen(lines));
}

static int on_begin(void *arg, struct loop *loop, struct err *e)
{
	(void)arg;
	(void)loop;
	(void)e;
	say("READY=1\nSTATUS=Watching");
	return 0;
}

static int on_second(void *arg, const struct watch_stats *now, struct err *e)
{
	(void)arg;
	(void)now;
	(void)e;
	say("WATCHDOG=1");
	return 0;
}

static int on_reopen(void *arg, struct err *e)
{
	struct timespec t;
	char lines[96];

	(void)arg;
	(void)e;
	clock_gettime(CLOCK_MONOTONIC, &t);
	snprintf(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)t.tv_sec * 1000000 + (unsigned long long)t.tv_nsec / 1000);
	say(lines);
	say("READY=1");
	return 0;
}

static int on_end(void *arg, const struct watch_stats *now, struct err *e)
{
	(void)arg;
	(void)now;
	(void)e;
	say("STOPPING=1");
	return 0;
}

int notify_open(struct watch_sink *sink, struct err *e)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	socklen_t size;

	if (!name || (*name != '/' && *name != '@') || strlen(name) >= sizeof(at.sun_path))
		return 1;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", name);
	size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	if (*name == '@')
		at.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (manager < 0 || connect(manager, (const struct sockaddr *)&at, size) < 0)
		return err_sys(e, "%s, of NOTIFY_SOCKET: cannot reach the service manager", name);
	*sink = (struct watch_sink){.name = "service manager",
				    .begin = on_begin,
				    .second = on_second,
				    .reopen = on_reopen,
				    .end = on_end};
	return 0;
}
