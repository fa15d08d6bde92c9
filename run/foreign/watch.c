// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch.c - what the processes of a contained program hold, from /proc
 *
 * Limits: a glance. What grows and shrinks between two glances is not seen. Memory that a fork
 * shares until it is written to counts for both processes.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "run/foreign/watch.h"

/* The number behind @key in the lines of a file such as /proc/PID/status; 0 when it is not
 * there. */
static uint64_t number_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* The beginning of a small file of /proc; "" when it has gone. */
static void glance(const char *path, char *text, size_t room)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, room - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
}

/* Times of a process and of its children that it waited for: fields 14 to 17 of /proc/PID/stat. */
static uint64_t ticks_of(const char *stat)
{
	const char *at = strrchr(stat, ')'); /* the name before it may hold anything */
	unsigned long long t[4] = {0};

	if (!at ||
	    sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu",
		   &t[0], &t[1], &t[2], &t[3]) != 4)
		return 0;
	return t[0] + t[1] + t[2] + t[3];
}

/* Field 3: running, or waiting for a disk. */
static bool is_running(const char *stat)
{
	const char *at = strrchr(stat, ')');

	return at && (!strncmp(at, ") R", 3) || !strncmp(at, ") D", 3));
}

static void watch_one(const char *pid, struct watched *w, uint64_t *shared)
{
	char path[64], text[4096];
	uint64_t of_files;

	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	glance(path, text, sizeof(text));
	/* Memory that processes share: the most that one of them sees. */
	of_files = number_of(text, "\nRssShmem:") * 1024;
	if (of_files > *shared)
		*shared = of_files;
	w->own_bytes += number_of(text, "\nRssAnon:") * 1024;
	w->resident_bytes += number_of(text, "\nVmRSS:") * 1024;
	w->threads += (unsigned)number_of(text, "\nThreads:");
	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	glance(path, text, sizeof(text));
	w->running |= is_running(text);
	w->cpu_ns += ticks_of(text) * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

void watch_processes(struct watched *w)
{
	DIR *d = opendir("/proc");
	const struct dirent *entry;
	uint64_t shared = 0;

	memset(w, 0, sizeof(*w));
	while (d && (entry = readdir(d)))
		if (isdigit((unsigned char)entry->d_name[0]) && strcmp(entry->d_name, "1") != 0)
			watch_one(entry->d_name, w, &shared);
	if (d)
		closedir(d);
	w->own_bytes += shared;
}

/* Column OutNoRoutes of the lines "Ip: names" and "Ip: numbers". */
static uint64_t no_routes(char *text)
{
	char *names = strstr(text, "Ip: "), *numbers = names ? strstr(names + 1, "\nIp: ") : NULL;
	char *name, *number, *more_names = NULL, *more_numbers = NULL;

	if (!numbers)
		return 0;
	*numbers++ = '\0';
	numbers[strcspn(numbers, "\n")] = '\0';
	name = strtok_r(names, " ", &more_names);
	number = strtok_r(numbers, " ", &more_numbers);
	while (name && number && strcmp(name, "OutNoRoutes") != 0) {
		name = strtok_r(NULL, " ", &more_names);
		number = strtok_r(NULL, " ", &more_numbers);
	}
	return name && number ? strtoull(number, NULL, 10) : 0;
}

bool watch_listens(void)
{
	char text[4096], *more = NULL;
	unsigned interface, running;

	glance("/proc/net/packet", text, sizeof(text));
	for (char *line = strtok_r(text, "\n", &more); line; line = strtok_r(NULL, "\n", &more))
		if (sscanf(line, "%*s %*s %*s %*s %u %u", &interface, &running) == 2 && interface &&
		    running)
			return true;
	return false;
}

uint64_t watch_frames(const char *interface)
{
	char text[4096], key[32];
	const char *at;
	unsigned long long bytes = 0, frames = 0;

	glance("/proc/net/dev", text, sizeof(text));
	snprintf(key, sizeof(key), "%.16s:", interface);
	at = strstr(text, key);
	if (at)
		sscanf(at + strlen(key), "%llu %llu", &bytes, &frames);
	return frames;
}

uint64_t watch_network_tries(void)
{
	char text[4096];
	uint64_t tries;

	glance("/proc/net/snmp6", text, sizeof(text));
	tries = number_of(text, "Ip6OutNoRoutes");
	glance("/proc/net/snmp", text, sizeof(text));
	return tries + no_routes(text);
}
