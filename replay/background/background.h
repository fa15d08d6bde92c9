/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_BACKGROUND_BACKGROUND_H
#define REPLAY_BACKGROUND_BACKGROUND_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "replay/background/mix.h"
#include "replay/dialog/dialog.h"

/*
 * Background: traffic that is not Skype, over real sockets between hosts of the lab and servers on
 * the internet node, all in one process and one loop. Every flow goes into the truth log with the
 * application that it is as label and the generator's name as its reason.
 *
 *	struct mix *m = mix_load("scenarios/mixes/light.yaml", &e);
 *	struct background *b = background_new(dialogs, seed, m);
 *	background_internet(b, internet_netns, "internet", ips, n, &e);
 *	background_host(b, host_netns, "caller-h1", host_ip);
 *	background_start(b, &e);	(servers bind, sessions begin to arrive)
 *	loop_run(...);
 *	background_stop(b);		(no new sessions; open ones end)
 *	background_free(b);
 */

struct background;

/* @dialogs (with its loop and truth log) and @m must outlive the result. The seed decides every
 * byte and every gap. */
struct background *background_new(struct dialogs *dialogs, uint64_t seed, const struct mix *m);
/* Sessions of the mix's generators come @rate times as often as it says; real programs do not. Call
 * before background_start(). */
void background_rate(struct background *b, double rate);
/* Closes what is still open and frees. */
void background_free(struct background *b);

/* Where the servers are: @n addresses that are local in @netns (the descriptor stays the caller's).
 * Call once, before background_start(). 0, or -1 with @e set: the mix needs more addresses. */
int background_internet(struct background *b, int netns, const char *node, const struct ip *ips,
			size_t n, struct err *e);
/* A host whose user makes the traffic. @ip is its own address. Rates of the mix are per host. */
void background_host(struct background *b, int netns, const char *node, struct ip ip);
/* Binds the servers and arms the arrivals. 0, or -1 with @e set. */
int background_start(struct background *b, struct err *e);
/* No new sessions from now on; open ones go on until their end. */
void background_stop(struct background *b);
/* Whether a session is open. */
bool background_busy(const struct background *b);
/* Ends every open session now, with a regular close; their truth rows are closed. */
void background_finish(struct background *b);

/* Kills the real programs: what they sent is then all they will send. */
void background_end_programs(struct background *b);
/* Real programs choose their own ports and report nothing. This says afterwards which of them a
 * flow in a capture belongs to, or NULL. @inside: the end at the hosts' site, by a host's own
 * address or by the one it has outside; @outside: the other end. */
const char *background_program(const struct background *b, uint8_t proto,
			       const struct endpoint *inside, const struct endpoint *outside);

/* Fills up to @max rows, one per generator and then one per program of the mix; returns how many
 * there are. */
size_t background_stats(const struct background *b, struct background_stats *out, size_t max);

#endif
