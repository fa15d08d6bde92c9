/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PROGRAMS_H
#define REPLAY_PROGRAMS_H

#include "replay/background/mix.h"
#include "replay/background/background.h"

/*
 * Real programs as background: a server of its own on the internet node and a client that a host
 * runs once per session. They need the real clock and are used where they are installed.
 */

/* A file that a server or client is given in its folder. */
struct real_file {
	const char *name;
	const char *text;	/* with @IP@ and the like; unused when @random */
	unsigned random;	/* so many random bytes */
	const char *torrent_of; /* a random file's name: its torrent, with the tracker @text, or,
				 * @text being empty, its info hash */
	bool server_only;	/* clients do not get it */
};

/**
 * struct real_pair - a server and its client
 * @server, @client: argv; @IP@, @PORT@ (server's), @HOST@ (client's address), @DIR@ (a folder of
 *		the process's own), @CPORT@, @MPORT@ (drawn, for the client), @N@ (its serial) and
 *		@LAST@ (the last byte of @IP@, no other server's) are replaced, in files too
 * @helper:	a second server, started first, as an ordinary user; NULL: none
 * @needs:	what they run by themselves; NULL at the end, or NULL
 * @packages:	of Debian, where all of it is
 * @tunnel:	it opens /dev/net/tun
 * @peers:	clients listen on TCP port @CPORT@ and may speak with each other
 */
struct real_pair {
	const char *name, *about, *packages;
	uint8_t proto;
	uint16_t port;
	const char *const *helper;
	const char *const *server;
	const char *const *client;
	const char *const *needs;
	const struct real_file *files;
	bool tunnel, peers;
};

extern const struct real_pair *const real_pairs[]; /* NULL at the end */
const struct real_pair *real_pair_find(const char *name);
/* Why it cannot run here, for a person: (owned); NULL: it can. */
char *real_pair_lacks(const struct real_pair *p);
/* The path of a program in $PATH or an sbin folder: (owned), or NULL. */
char *real_binary(const char *name);

struct programs;

/* @side: the internet node; @ips: server addresses. Stats go to @stats (one per program of @m). */
struct programs *programs_new(struct loop *loop, uint64_t seed, const struct mix *m,
			      struct background_stats *stats);
/* Kills what runs. */
void programs_free(struct programs *p);
void programs_host(struct programs *p, const struct dialog_side *host);
/* Starts the servers and arms the clients. Programs that cannot run here are named once; when none
 * can and the mix has nothing else, that is an error. 0, or -1 with @e set. */
int programs_start(struct programs *p, const struct dialog_side *internet, const struct ip *ips,
		   size_t n, struct err *e);
void programs_stop(struct programs *p);	  /* no new clients */
void programs_finish(struct programs *p); /* ends clients and servers */
/* Which program a flow between a host and a server belongs to, or NULL. */
const char *programs_claim(const struct programs *p, const struct tuple *t);

#endif
