/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PROGRAM_RUN_H
#define REPLAY_PROGRAM_RUN_H

#include "base/addr.h"
#include "base/loop.h"
#include "replay/programs/programs.h"

/* What the names in a pair's words and files stand for. */
struct real_names {
	const char *dir; /* each process mounts its own file system there */
	struct endpoint server;
	struct ip host; /* the client's; family 0: a server's own process */
	unsigned client_port, media_port, serial;
};

/* One process of a pair: which, where, and the seed of the bytes in its files. */
struct real_job {
	const struct real_pair *pair;
	enum real_role { REAL_HELPER, REAL_SERVER, REAL_CLIENT } role;
	int netns; /* -1: this one */
	uint64_t seed;
	struct real_names names;
};

struct real_process;

/* It ended by itself. @how is one line: the way it ended and what it said last. @p is freed after
 * the call. */
typedef void real_end_fn(void *arg, struct real_process *p, bool good, const char *how);

/* Starts it; @fn is called once, from the loop, unless it is killed first. NULL with @e set. */
struct real_process *real_start(struct loop *loop, const struct real_job *job, real_end_fn *fn,
				void *arg, struct err *e);
/* Kills, waits and frees. */
void real_kill(struct real_process *p);

/* A folder that every machine has, for the private file systems; NULL if none is there. */
const char *real_folder(void);

#endif
