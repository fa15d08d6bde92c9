/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PROGRAMS_PROCESS_H
#define REPLAY_PROGRAMS_PROCESS_H

#include "base/addr.h"
#include "base/err.h"
#include "base/loop.h"
#include "replay/programs/list.h"

/* What the placeholders in a pair's arguments and files stand for. */
struct placeholders {
	const char *dir; /* each process mounts its own file system there */
	struct endpoint server;
	struct ip host; /* the client's; family 0: a server's own process */
	unsigned client_port, media_port, serial;
};

enum process_role { PROCESS_HELPER, PROCESS_SERVER, PROCESS_CLIENT };

/* One process of a pair: which, where, and the seed of the bytes in its files. */
struct process_job {
	const struct program_pair *pair;
	enum process_role role;
	int netns; /* -1: this one */
	uint64_t seed;
	struct placeholders names;
};

struct process;

/* It ended by itself. @how is one line: its exit status and the last lines it printed. @p is freed
 * after the call. */
typedef void process_end_fn(void *arg, struct process *p, bool good, const char *how);

/* Starts it; @fn is called once, from the loop, unless it is killed first. NULL with @e set. */
struct process *process_start(struct loop *loop, const struct process_job *job, process_end_fn *fn,
			      void *arg, struct err *e);
/* Kills, waits and frees. */
void process_kill(struct process *p);

/* The path of a program in $PATH or an sbin folder: (owned), or NULL. */
char *process_binary(const char *name);
/* A folder that every machine has, for the private file systems; NULL if none is there. */
const char *process_folder(void);

#endif
