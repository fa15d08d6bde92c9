/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_BACKGROUND_MIX_H
#define REPLAY_BACKGROUND_MIX_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A mix: which generators and real programs run, and how often (`man 5 skypelab-mix`). */

#define MIX_ENTRIES 64
#define MIX_SERVERS 1024

/* One generator of a mix. */
struct mix_entry {
	char *generator;   /* its name, as the file has it */
	double per_minute; /* sessions per host and minute, a Poisson process */
	uint32_t port;	   /* of the servers; 0 in the file = the generator's own */
	uint32_t servers;  /* how many addresses serve it */
	const struct generator *gen;
};

/* A pair of real programs. */
struct mix_program {
	char *program; /* its name, as the file has it */
	double per_minute;
	uint32_t port;
	const struct program_pair *pair;
};

struct mix {
	char *name;
	char *about;
	struct mix_entry *entries;
	uint32_t entries_count;
	struct mix_program *programs;
	uint32_t programs_count;
};

/* What a generator or a program of a mix did so far. */
struct background_stats {
	const char *generator; /* or the program's name */
	uint64_t sessions;     /* begun */
	uint64_t flows;	       /* opened */
	uint64_t complete;     /* flows whose last message arrived */
	uint64_t cut;	       /* flows in which a message did not arrive: firewall, loss */
	uint64_t messages;     /* sent */
	uint64_t bytes;	       /* payload bytes sent */
};

/* Reads a mix and looks its names up. NULL with @e set: file, line, value and what was expected. */
struct mix *mix_load(const char *path, struct err *e);
void mix_free(struct mix *m);
/* Least number of server addresses the mix asks for (>= 1); more are used when given. */
size_t mix_addresses(const struct mix *m);
/* How many real programs it names. Each takes a server address of its own, from the end of the
 * list; background_program() finds their flows. */
size_t mix_programs(const struct mix *m);

#endif
