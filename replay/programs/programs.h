/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PROGRAMS_PROGRAMS_H
#define REPLAY_PROGRAMS_PROGRAMS_H

#include "base/loop.h"
#include "replay/background/mix.h"
#include "replay/dialog/dialog.h"

/*
 * Real programs as background: each has a server of its own on the internet node, and a client that
 * a host runs once per session. They need the real clock and are used where they are installed.
 */

struct programs;

/* @m and @stats (one per program of @m) must outlive the result. */
struct programs *programs_new(struct loop *loop, uint64_t seed, const struct mix *m,
			      struct background_stats *stats);
/* Kills what still runs. May be NULL. */
void programs_free(struct programs *p);
/* A host on which clients run; its side must outlive @p. Call before programs_start(). */
void programs_host(struct programs *p, const struct dialog_side *host);
/* Starts the servers on the internet node and arms the clients. Each program takes one of the @n
 * server addresses @ips, from the end. A program that cannot run here is left out with a warning;
 * if none can and the mix has nothing else, that is an error. 0, or -1 with @e set. */
int programs_start(struct programs *p, const struct dialog_side *internet, const struct ip *ips,
		   size_t n, struct err *e);
/* Starts no more clients; those that run go on. */
void programs_stop(struct programs *p);
/* Kills clients and servers. */
void programs_finish(struct programs *p);
/* The name of the program that a flow belongs to, or NULL. @inside: its end at the hosts' site, by
 * any of the site's addresses; @outside: the other end. */
const char *programs_claim(const struct programs *p, uint8_t proto, const struct endpoint *inside,
			   const struct endpoint *outside);

#endif
