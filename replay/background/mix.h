/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_MIX_H
#define REPLAY_MIX_H

#include "replay/background/generator.h"

#define MIX_ENTRIES 64
#define MIX_SERVERS 1024

/* One generator of a mix, as the file has it. */
struct mix_entry {
	char *generator;
	double per_minute; /* sessions per host and minute, a Poisson process */
	uint32_t port;	   /* of the servers; 0 in the file = the generator's own */
	uint32_t servers;  /* how many addresses serve it */
	const struct gen *gen;
};

/* A pair of real programs. */
struct mix_program {
	char *program;
	double per_minute;
	uint32_t port;
	const struct real_pair *pair;
};

struct mix {
	char *name;
	char *about;
	struct mix_entry *entries;
	uint32_t entries_count;
	struct mix_program *programs;
	uint32_t programs_count;
};

#endif
