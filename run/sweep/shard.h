/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SWEEP_SHARD_H
#define RUN_SWEEP_SHARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define SHARDS_MAX 100000 /* as many as a scenario has cells at most */

/**
 * struct shard - one of several parts of a run
 * @index:	From 1; 0 = all of the run, or the cells of a list
 * @of:		How many parts there are
 * @from:	What said so: "--shard", or a variable of the environment
 */
struct shard {
	unsigned index, of;
	const char *from;
};

/* What `--shard` says ("I/N", "auto/N", "all"; NULL = it was not given), else the environment: the
 * task of a Slurm array, or the index of a Kubernetes job, whose size only "auto/N" can say. 0, or
 * -1 with @e set. */
int shard_choose(const char *option, struct shard *out, struct err *e);

/* Which shard of @of, from 1, has each of the @n cells or captures (an owned array): by a hash of its
 * name, so that it stays where it is when others come or go, but for the few that keep the shards
 * equal to within one. */
unsigned *shard_assign(const char *const *names, size_t n, unsigned of);
/* Which of the @n captures of @list are the shard's, by the names of their files; an owned array. */
bool *shard_captures(const struct shard *s, char *const *list, size_t n);

#endif
