/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_WATCH_READERS_H
#define OPERATOR_WATCH_READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/capture/packet.h"
#include "base/capture/ring.h"
#include "base/err.h"
#include "operator/watch/lanes.h"

#define READERS_MAX    64
#define READERS_IFACES 64

/**
 * struct readers_wish - what is to be read
 * @ifaces:	Interfaces, @ifaces_n of them; the strings must outlive the readers
 * @filter:	tcpdump expression, or NULL
 * @snaplen, @ring_bytes: As ring_open() has them
 * @readers:	Threads; 0 = one a processor, at most 8
 */
struct readers_wish {
	const char *const *ifaces;
	size_t ifaces_n;
	const char *filter;
	int snaplen;
	size_t ring_bytes;
	unsigned readers;
};

/**
 * struct readers_take - what takes the packets, called in readers' threads
 * @prepare:	What can be said of a batch by itself; several threads may call it at once
 * @packets:	Packets @from to @from + @n - 1 of a batch, in the order of their times over all readers
 *		and interfaces; one thread at a time
 */
struct readers_take {
	void (*prepare)(void *arg, struct lane_batch *b);
	void (*packets)(void *arg, const struct lane_batch *b, size_t from, size_t n);
	void *arg;
};

/* Opens a ring for each reader on each interface. Says what the kernel refuses, and goes on with one
 * reader there; says which interfaces merge packets. NULL with @e set. */
struct readers *readers_open(const struct readers_wish *wish, struct err *e);
/* Starts the threads, which wait until readers_go() before they look at a packet. 0, or -1 with @e set. */
int readers_start(struct readers *r, const struct readers_take *take, struct err *e);
void readers_go(struct readers *r);
/* The sockets that packets come from, into @fds with room for all readers on all interfaces: how many. */
size_t readers_descriptors(const struct readers *r, int *fds);
unsigned readers_number(const struct readers *r);
/* The sum of the rings of an interface, as they last said it: at most READERS_COUNT_MS ago. */
#define READERS_COUNT_MS 100
void readers_counts(struct readers *r, size_t iface, struct ring_counts *out);
/* When a ring last had no room for a packet, ns since the epoch, as far as is known; 0 = never. */
uint64_t readers_dropped_ns(const struct readers *r);
/* All packets from before this time were given out. After readers_start(). */
uint64_t readers_seen_ns(struct readers *r);
/* Whether an interface is left that can be read. */
bool readers_alive(const struct readers *r);
/* Ends the threads when they have given out what had come; no call of
 * @take's functions follows. */
void readers_stop(struct readers *r);
void readers_free(struct readers *r);

#endif
