/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_OVERLAY_PRIVATE_H
#define REPLAY_OVERLAY_PRIVATE_H

/* The overlay itself, as all its members know it. Private to this folder; structs only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/loop.h"
#include "base/truth.h"
#include "replay/skype/guests.h"

struct tcp_conn;
struct delayed_send;
struct overlay_outcome;
struct sc;
struct server;
struct sighting;
struct visit;

#define RX_MAX 65536

/* The guests of an overlay, and the addresses where there may be some: @places from @first on. */
struct guests {
	int netns;
	char node[32];
	struct ip first;
	size_t places;
	struct sc *at[GUESTS_MAX]; /* (owned) */
	size_t count;
};

/**
 * struct overlay - the emulated network of one run
 * @running:	Clients whose script has not ended
 * @outcomes:	How each login and call went, in order (outcome.h)
 * @sightings:	Which flow each sent message belongs to (flow_log.c)
 * @conns:	Every TCP connection ever made, linked by ->all; closed ones wait in @idle_conns
 * @all_delayed: The same for messages that wait for their time
 * @messages:	Messages sent by all peers
 * @visits:	Visits to clients that are planned (supernode_visit.c)
 * @place:	Where clients can roam to; NULL = nowhere
 * @guests:	Clients from elsewhere (guests.c)
 * @done:	Called when the last script has ended
 * @rx:		Buffer for what a socket receives; valid until the handler returns
 */
struct overlay {
	struct loop *loop;
	struct truth_log *truth;
	uint64_t seed;
	struct server **servers;
	size_t server_count;
	struct sc **clients;
	size_t client_count;
	size_t running;
	struct overlay_outcome *outcomes;
	size_t outcome_count, outcome_cap;
	struct sighting *sightings;
	uint64_t sighting_order;
	struct tcp_conn *conns, *idle_conns;
	struct delayed_send *all_delayed, *idle_delayed;
	uint64_t messages;
	struct visit *visits;
	bool (*place)(void *arg, const char *node, int *netns, struct ip *ip);
	void *place_arg;
	struct guests guests;
	void (*done)(void *arg);
	void *done_arg;
	uint8_t rx[RX_MAX];
};

#endif
