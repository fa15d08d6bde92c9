/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_PICTURE_H
#define OPERATOR_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "operator/blocks.h"
#include "operator/sighting.h"

#define CLIENT_ADDRESSES 8 /* kept of a client, as of what follows */
#define CLIENT_SENSORS	 8
#define CLIENT_VERSIONS	 4
#define CLIENT_BEFORE	 4 /* super nodes that it had before */
#define CLIENT_OPEN	 8 /* sessions and calls under way, of all signatures */
#define CLIENT_KEPT	 8 /* last sightings, with their evidence */

/* How far a client got; the table is in picture.c. */
enum client_state {
	CLIENT_SEEN,	  /* "seen": there was a sign of it */
	CLIENT_PROBED,	  /* "probed": a super node said yes to it */
	CLIENT_CONNECTED, /* "connected": to a super node, now */
	CLIENT_LEFT,	  /* "left": it was connected */
	CLIENT_STATES,
};
const char *client_state_text(enum client_state s);

/* A session or call under way, as one signature reports it. */
struct client_open {
	char signature[64];
	struct endpoint with;
	uint64_t since_ns;
	bool call;
};

/**
 * struct client - one client, whatever sensors saw it
 * @ip:		Address by which it is known: the innermost
 * @addresses:	All of its addresses, @ip first; @sensors: who saw it; @versions: newest first
 * @first_ns, @last_ns: First and last sighting
 * @state, @since_ns: How far it is, and since when
 * @super_node:	Where it is connected, or was last; family 0 = nowhere yet. @super_node_since_ns
 * @before:	Super nodes before that, newest first
 * @call_since_ns: Its call under way began then, when @in_call
 * @open:	What these rest on
 * @counts:	Sightings by kind; the same event at two sensors counts once
 * @undecided:	Of these, those of an address that several clients share, and nothing told which
 * @in_part:	Of these, those seen while packets were lost
 * @answered:	Some of it was an answered exchange
 * @application: Of the last sighting
 * @blocks:	What a filter stops of it, or would stop
 * @kept:	Last sightings, see client_kept(); @kept_order: where they are, newest first
 *
 * Lists that were longer than their room have kept their newest.
 */
struct client {
	struct ip ip;
	size_t address_count, sensor_count, version_count, before_count, open_count, kept_count;
	struct ip addresses[CLIENT_ADDRESSES];
	char sensors[CLIENT_SENSORS][SENSOR_BYTES];
	char versions[CLIENT_VERSIONS][24];
	uint64_t first_ns, last_ns, since_ns, super_node_since_ns, call_since_ns;
	enum client_state state;
	struct endpoint super_node, before[CLIENT_BEFORE];
	struct client_open open[CLIENT_OPEN];
	bool in_call, answered;
	uint64_t counts[EVENT_KINDS], undecided, in_part;
	char application[24];
	struct blocks_of blocks;
	uint8_t kept_order[CLIENT_KEPT];
	struct sighting kept[CLIENT_KEPT];
};

/* The @i-th last sighting that is kept, 0 = the last; NULL behind the last one. Of each kind but signs and
 * flows, which may be many, the last stays. */
const struct sighting *client_kept(const struct client *c, size_t i);
/* Sightings of all kinds. */
uint64_t client_sightings(const struct client *c);

/* Whether a filter blocks something of it; with @dry_run: whether it would, and none does. */
bool client_blocked(const struct client *c, bool dry_run);

/* What is kept at most; 0 = the default: 4096 clients (of 12 KiB, and blocks of as many), an hour. */
struct picture_limits {
	size_t clients;
	uint64_t idle_ns; /* a client that was not seen for this long is forgotten */
};

/**
 * struct picture_totals - sums over all clients, those that are gone too
 * @clients:	In the picture now; @connected, @in_call: of these
 * @sightings, @kinds: The same event at two sensors counts once
 * @undecided, @in_part: Of these, as in struct client
 * @evicted:	Clients that had to go because there was no room; @idle: because of their silence
 * @last_ns:	Time of the newest sighting
 */
struct picture_totals {
	uint64_t clients, connected, in_call, sightings, kinds[EVENT_KINDS];
	uint64_t undecided, in_part, evicted, idle;
	uint64_t last_ns;
};

/* Clients by address, each with what is known of it. Not locked: the caller locks. */
struct picture;

/* NULL @limits = the defaults. The picture is (owned) by the caller. */
struct picture *picture_new(const struct picture_limits *limits);
void picture_free(struct picture *p);

/* The client is known by the address of @s->flow.src. */
void picture_sighting(struct picture *p, const struct sighting *s);

#define PICTURE_AGAIN	  1 /* another sensor's sighting of an event that is counted already */
#define PICTURE_UNDECIDED 2 /* several clients may be meant */
/* The client is known by @who, whatever the address in @s. @how: the flags above. */
void picture_sighting_of(struct picture *p, const struct ip *who, const struct sighting *s,
			 unsigned how);
/* Forgets a client whose sightings turned out to be others'. */
void picture_forget(struct picture *p, const struct ip *who);
/* A filter blocks something of @who, who need not be in the picture (yet); it does no longer. */
void picture_block(struct picture *p, const struct ip *who, const struct client_block *b);
void picture_unblock(struct picture *p, const struct ip *who, const char *what);
/* Nothing is known any more of what a filter blocks. */
void picture_blocks_forget(struct picture *p);
/* Forgets who has been idle too long by @now_ns, and blocks that are over. */
void picture_time(struct picture *p, uint64_t now_ns);

/* The first @room clients in the order of their first sighting; returns how many there are. They
 * stay until the picture is changed. */
size_t picture_clients(const struct picture *p, const struct client **out, size_t room);
/* The client known by @who, or NULL. */
const struct client *picture_client(const struct picture *p, const struct ip *who);
struct picture_totals picture_totals(const struct picture *p);

#endif
