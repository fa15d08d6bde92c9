/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PROGRAMS_H
#define REPLAY_PROGRAMS_H

#include "replay/mix.h"
#include "replay/source.h"

/*
 * Real programs as background: a server of its own on the internet node and a client that a host
 * runs once per session. They need the real clock and are used where they are installed.
 */

/* A file that a server or client is given in its folder. */
struct real_file {
	const char *name;
	const char *text; /* NULL: @random bytes */
	unsigned random;
};

/**
 * struct real_pair - a server and its client
 * @server, @client: argv; @IP@, @PORT@ (server's), @HOST@ (client's address), @DIR@ (a folder for
 *		both), @CPORT@, @MPORT@ (drawn, for the client) and @N@ (its serial) are replaced,
 *in files too
 */
struct real_pair {
	const char *name, *about;
	uint8_t proto;
	uint16_t port;
	const char *const *server;
	const char *const *client;
	const struct real_file *files;
};

extern const struct real_pair *const real_pairs[]; /* NULL at the end */
const struct real_pair *real_pair_find(const char *name);
/* Both binaries are in $PATH (or an sbin folder). */
bool real_pair_installed(const struct real_pair *p);

struct programs;

/* @side: the internet node; @ips: server addresses. Stats go to @stats (one per program of @m). */
struct programs *programs_new(struct loop *loop, uint64_t seed, const struct mix *m,
			      struct background_stats *stats);
/* Kills what runs and removes the folder. */
void programs_free(struct programs *p);
void programs_host(struct programs *p, const struct talk_side *host);
/* Starts the servers and arms the clients. Programs that are not installed are named once. 0, or -1
 * with @e set. */
int programs_start(struct programs *p, const struct talk_side *internet, const struct ip *ips,
		   size_t n, struct err *e);
void programs_stop(struct programs *p);	  /* no new clients */
void programs_finish(struct programs *p); /* ends clients and servers */
/* Which program a flow between a host and a server belongs to, or NULL. */
const char *programs_claim(const struct programs *p, const struct tuple *t);

#endif
