/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FOREIGN_WATCH_H
#define RUN_FOREIGN_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* What all processes of this PID namespace but the first hold or have used. */
struct watched {
	uint64_t own_bytes;	 /* memory that a file does not back */
	uint64_t resident_bytes; /* all memory; what several processes share counts for each */
	uint64_t cpu_ns;	 /* of those alive, and of their children that have ended */
	unsigned threads;
	bool running; /* one of them uses a processor, or waits for one */
};

/* Looks at each process in /proc. */
void watch_processes(struct watched *w);
/* Whether a packet socket of this network namespace reads an interface. */
bool watch_listens(void);
/* Frames that arrived at @interface. */
uint64_t watch_frames(const char *interface);
/* How often a program of this network namespace tried to send where no way leads. */
uint64_t watch_network_tries(void);

#endif
