/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_OVERLAY_H
#define REPLAY_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/truth.h"
#include "replay/skype/client_standing.h"
#include "replay/skype/login_mode.h"
#include "replay/skype/outcome.h"

/*
 * The emulated Skype network of 2006: clients (SC), super nodes (SN), login servers (LS) and the
 * other servers, over real kernel sockets, all in one process and one event loop. The caller gives
 * network namespaces (descriptors) and addresses. A peer sees only what arrives: nothing tells it
 * what the network between does to the packets.
 *
 * Order of use: overlay_new(); overlay_add_server() for each server; overlay_add_client() for
 * each client; overlay_set_places() and overlay_set_guests() where wanted; overlay_start();
 * loop_run(); overlay_outcome_*(); overlay_free().
 */

struct overlay;
struct version; /* replay/skype/version.h */

/* ------------------------------------------------------------------ servers */

enum overlay_role {
	ROLE_SN,	/* super node: UDP and TCP on one port, TCP on 443 and 80 as well */
	ROLE_BOOTSTRAP, /* super node on port 33033 that always answers a probe negatively */
	ROLE_LS,	/* login server: TCP 33033, 443, 80 */
	ROLE_EVENT,	/* event and contact server: UDP and TCP 12350 */
	ROLE_SKYPEOUT,	/* PSTN gateway's login-like server: TCP 33033; media UDP 12340 */
	ROLE_UPDATE,	/* ui.skype.com: HTTP on TCP 80 */
	ROLE_DNS,	/* name server: UDP 53 */
	ROLES,
};

enum sn_mood {
	SN_ACCEPTS,  /* positive probe, TCP accepted */
	SN_FULL_UDP, /* answers a probe with 51 or 53 bytes */
	SN_FULL_TCP, /* positive probe, then T3 of 339 bytes */
	SN_CLOSED,   /* the host is on, Skype is not: ICMP port unreachable, RST */
	SN_GONE,     /* swallows everything, as a host that is switched off */
	SN_UDP_ONLY, /* positive probe; its TCP ports are filtered at its own side */
};

/**
 * struct overlay_server_spec - one server to be opened
 * @role:	What it is
 * @mood:	ROLE_SN only
 * @netns:	Namespace its sockets are opened in; -1 = the current one
 * @node:	Lab node name for the truth log (copied)
 * @ip:		Address to bind; must be local there
 * @port:	Main port; 0 = the role's own (a ROLE_SN draws one above 1024 from the seed)
 * @leaves_s:	Emulated seconds after the start at which it goes away (FIN to all); 0 = stays
 */
struct overlay_server_spec {
	enum overlay_role role;
	enum sn_mood mood;
	int netns;
	const char *node;
	struct ip ip;
	uint16_t port;
	double leaves_s;
};

/* Fills @out with a plausible internet: @super_nodes SNs (moods and ports drawn from @seed; at
 * least half accept), 7 bootstrap SNs, 2 LS, 2 event servers, 1 PSTN server, 1 update server, 1
 * name server, all in 198.18.0.0/15 (RFC 2544 addresses stand in for the real ones). netns and
 * node are left unset. Returns how many there are; at most @max are written. */
size_t overlay_plan(uint64_t seed, unsigned super_nodes, struct overlay_server_spec *out,
		    size_t max);

/* ------------------------------------------------------------------ clients */

/**
 * struct sc_spec - one emulated Skype client
 * @name:	Skype name, unique ("caller"); others call it by this name (copied)
 * @node:	Lab node it runs on, for the truth log (copied)
 * @netns:	Namespace of that node; -1 = the current one
 * @ip:		Its own address there (private when behind a NAT)
 * @version:	Version data; must outlive the overlay
 * @login:	What the action "login" does when it names no mode
 * @fresh:	true: just installed (its host cache holds the bootstrap SNs only); false: it ran
 *		before (its host cache holds SNs, its last SN first)
 * @udp_port:	Port configured by the user; 0 = drawn from the seed
 * @start_s:	Emulated seconds after overlay_start() at which the script begins
 * @script:	User actions, one text each (replay/skype/script.h); NULL = { "login", "wait 60",
 *		"quit" } (copied)
 * @script_len:	Number of actions
 * @proxy:	HTTP proxy used as the last resort; port 0 = none
 */
struct sc_spec {
	const char *name;
	const char *node;
	int netns;
	struct ip ip;
	const struct version *version;
	enum login_mode login;
	bool fresh;
	uint16_t udp_port;
	double start_s;
	const char *const *script;
	size_t script_len;
	struct endpoint proxy;
};

/* ------------------------------------------------------------------ running */

/* @loop and @truth must outlive the overlay. Never NULL. */
struct overlay *overlay_new(struct loop *loop, uint64_t seed, struct truth_log *truth);
/* Closes every socket and frees all. NULL is fine. */
void overlay_free(struct overlay *o);

/* Both open the sockets at once. 0, or -1 with @e set. */
int overlay_add_server(struct overlay *o, const struct overlay_server_spec *spec, struct err *e);
int overlay_add_client(struct overlay *o, const struct sc_spec *spec, struct err *e);

/* Where clients can roam to: @place gives the namespace and address of a node by its name, or false
 * when there is none. */
void overlay_set_places(struct overlay *o,
			bool (*place)(void *arg, const char *node, int *netns, struct ip *ip),
			void *arg);

/* Where clients from elsewhere can be, which come to a client that is a super node (guests.h): @n
 * addresses, at most GUESTS_MAX, from @first on, differing in the last byte, local in @netns.
 * Without this nobody comes. @node is for the truth log. */
void overlay_set_guests(struct overlay *o, int netns, const char *node, struct ip first, size_t n);

/* Starts the scripts. @done (may be NULL) is called once, when every script has come to its end;
 * typically it calls loop_stop(). */
void overlay_start(struct overlay *o, void (*done)(void *arg), void *arg);

/* ------------------------------------------------------------------ outcomes */

size_t overlay_outcome_count(const struct overlay *o);
const struct overlay_outcome *overlay_outcome_at(const struct overlay *o, size_t i);

/* Has every client ask its super node whether it is there; what comes of it is in its standing. */
void overlay_ask(struct overlay *o);
/* When a client was in, until now; false when there is no client of this name. */
bool overlay_standing(const struct overlay *o, const char *client, struct client_standing *out);

/* Messages sent so far by all peers. */
uint64_t overlay_messages(const struct overlay *o);

#endif
