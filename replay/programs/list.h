/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PROGRAMS_LIST_H
#define REPLAY_PROGRAMS_LIST_H

#include <stdbool.h>
#include <stdint.h>

/* The real programs that a mix may name, in pairs of a server and its client. */

/* A file that a server or client finds in its folder. */
struct program_file {
	const char *name;
	const char *text;	/* with placeholders; unused when @random */
	unsigned random;	/* size in bytes of random content */
	const char *torrent_of; /* a random file's name: this is its torrent, with the tracker
				 * @text; or, if @text is empty, its info hash */
	bool server_only;	/* clients do not get it */
};

/**
 * struct program_pair - a server and its client
 * @application: The label of its flows, the client's and the server's
 * @server, @client: argv. Placeholders are replaced in them and in files: @IP@ and @PORT@ (the
 *		server's), @HOST@ (the client's address), @DIR@ (a folder of the process's own),
 *		@CPORT@ and @MPORT@ (drawn, for the client), @N@ (the client's serial number) and
 *		@LAST@ (the last byte of @IP@, which no other server has)
 * @helper:	A second server, started first, as an ordinary user; NULL = none. It listens on TCP port
 *		@helper_port
 * @needs:	Programs that these start themselves; NULL at the end, or NULL
 * @packages:	The Debian packages that have all of it
 * @tunnel:	It opens /dev/net/tun
 * @peers:	Clients listen on TCP port @CPORT@ and may connect to each other
 */
struct program_pair {
	const char *name, *application, *about, *packages;
	uint8_t proto; /* IPPROTO_UDP or IPPROTO_TCP, and @port: the server's */
	uint16_t port, helper_port;
	const char *const *helper;
	const char *const *server;
	const char *const *client;
	const char *const *needs;
	const struct program_file *files;
	bool tunnel, peers;
};

extern const struct program_pair *const program_pairs[]; /* NULL at the end */
/* NULL: no pair has this name. */
const struct program_pair *program_pair_find(const char *name);
/* Why it cannot run here, for a person: (owned); NULL = it can. */
char *program_pair_lacks(const struct program_pair *p);

#endif
