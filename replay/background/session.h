/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_BACKGROUND_SESSION_H
#define REPLAY_BACKGROUND_SESSION_H

#include "base/rng.h"
#include "replay/background/mix.h"
#include "replay/dialog/dialog.h"

struct generator;

/* What the sessions of one background share. Zeroed but for @dialogs and @internet. */
struct sessions {
	struct dialogs *dialogs;
	struct dialog_side internet; /* netns and node of the servers; address unused */
	struct gen_session *open;
	bool stopped; /* loops are left, and nothing is spawned */
};

/* Room for what a session keeps; each generator gives the words its own names. */
#define SESSION_WORDS 16

/**
 * struct gen_session - one use of a generator by one host: a flow
 * @host, @server: Both ends; ports may be 0 until the socket is bound
 * @seen:	UDP: the host as the server sees it, once it has heard from it (else family 0)
 * @now_ns:	Emulated time for which the message being built was planned: one seed, one content
 * @turn:	How many messages were built so far
 * @word, @text: The generator's own
 */
struct gen_session {
	struct rng rng;
	const struct generator *gen;
	struct endpoint host, server, seen;
	uint64_t now_ns;
	uint32_t turn;
	uint64_t word[SESSION_WORDS];
	char text[64];
	/* the walk (session.c's) */
	unsigned step, left;
	bool looping;
	struct sessions *all;
	struct background_stats *stats;
	struct dialog *dialog;
	const struct dialog_side *host_side;
	struct gen_session *prev, *next;
};

/* A session of @gen at a host, with random numbers of its own; the caller sets @server (and may set
 * what else is not session.c's) and opens it. @host and @stats must outlive it. */
struct gen_session *session_new(struct sessions *all, const struct generator *gen,
				const struct dialog_side *host, uint64_t seed,
				struct background_stats *stats);
/* Opens its flow. The session frees itself when it ends or cannot be opened; @stats count which. */
void session_open(struct gen_session *s);
/* Begins a session of a generator that no mix names, between the same two hosts, with the given
 * ports (0 = drawn) and the words of @words (count @n) instead of its init(). */
void session_spawn(struct gen_session *s, const struct generator *gen, uint16_t host_port,
		   uint16_t server_port, const uint64_t *words, unsigned n);
/* Ends every open session now, with a regular close. */
void sessions_finish(struct sessions *all);

#endif
