// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shard.c - which part of a run this process does
 *
 * Who says it, the first that does:
 *
 *	source			part				of
 *	--shard I/N		I				N
 *	--shard auto/N		SLURM_ARRAY_TASK_ID, 1 to N,	N
 *				or JOB_COMPLETION_INDEX + 1
 *	--shard all		all of the run
 *	SLURM_ARRAY_TASK_ID	its place in the array		SLURM_ARRAY_TASK_COUNT
 *	JOB_COMPLETION_INDEX	refused: Kubernetes does not tell a pod how many there are
 *	none of them		all of the run
 *
 * Assignment. Cells come in the order of a hash of their names. Each goes to the shard that the hash
 * names, or, when that one is full, to the first that is not of those that further hashes name. A
 * shard is full with its equal share, so no shard waits long for another. A cell that finds its first
 * shard free stays there whatever other cells there are; of a hundred a shard that is more than nine
 * in ten.
 *
 * Captures are dealt in the same way, by the names of their files.
 *
 * Limits: cells, and captures, are taken to be equally long.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/number.h"
#include "base/rng.h"
#include "run/detect/captures.h"
#include "run/sweep/shard.h"

#define SLURM_ID    "SLURM_ARRAY_TASK_ID"
#define SLURM_MIN   "SLURM_ARRAY_TASK_MIN"
#define SLURM_MAX   "SLURM_ARRAY_TASK_MAX"
#define SLURM_STEP  "SLURM_ARRAY_TASK_STEP"
#define SLURM_COUNT "SLURM_ARRAY_TASK_COUNT"
#define KUBERNETES  "JOB_COMPLETION_INDEX"

#define TRIES 32 /* hashes that are tried before the next free shard in order is taken */

/* ------------------------------------------------------------------ the environment */

/* A number of the environment; @otherwise where the variable is not set. 0, or -1 with @e set. */
static int number_of(const char *name, uint64_t otherwise, uint64_t *out, struct err *e)
{
	const char *text = getenv(name);

	*out = otherwise;
	return text ? number_whole(name, text, 0, UINT32_MAX, out, e) : 0;
}

/* The place in an array without gaps. Tasks that are submitted again alone ("--array=3,7") look like
 * an array of their own, and would be other shards than they were. */
static int of_slurm(struct shard *out, struct err *e)
{
	uint64_t id, min, max, step, count;

	if (number_of(SLURM_ID, 0, &id, e) < 0 || number_of(SLURM_MIN, 1, &min, e) < 0 ||
	    number_of(SLURM_STEP, 1, &step, e) < 0 || number_of(SLURM_COUNT, 0, &count, e) < 0 ||
	    number_of(SLURM_MAX, min + (count ? count - 1 : 0) * step, &max, e) < 0)
		return -1;
	if (!count || count > SHARDS_MAX)
		return err_set(e,
			       SLURM_ID " is set, but " SLURM_COUNT
					" is not from 1 to %d; say --shard I/N, or --shard all for "
					"all cells",
			       SHARDS_MAX);
	if (!step || id < min || max != min + (count - 1) * step || (id - min) % step ||
	    (id - min) / step >= count)
		return err_set(e,
			       SLURM_ID "=%llu is of an array with gaps (%llu tasks from %llu to "
					"%llu); say --shard auto/N with the N of the first "
					"submission",
			       (unsigned long long)id, (unsigned long long)count,
			       (unsigned long long)min, (unsigned long long)max);
	*out = (struct shard){(unsigned)((id - min) / step) + 1, (unsigned)count, SLURM_ID};
	return 0;
}

/* The index of @of that the environment says, which numbers from @first. */
static int of_index(const char *name, unsigned first, uint64_t of, struct shard *out, struct err *e)
{
	uint64_t index;

	if (number_of(name, 0, &index, e) < 0)
		return -1;
	if (index < first || index - first >= of)
		return err_set(e, "--shard auto/%llu: %s=%llu, expected %u to %llu",
			       (unsigned long long)of, name, (unsigned long long)index, first,
			       (unsigned long long)of + first - 1);
	*out = (struct shard){(unsigned)(index - first) + 1, (unsigned)of, name};
	return 0;
}

static int of_environment(uint64_t of, struct shard *out, struct err *e)
{
	if (getenv(SLURM_ID))
		return of_index(SLURM_ID, 1, of, out, e);
	if (getenv(KUBERNETES))
		return of_index(KUBERNETES, 0, of, out, e);
	return err_set(e,
		       "--shard auto/%llu: neither " SLURM_ID " nor " KUBERNETES
		       " is set; say --shard I/N",
		       (unsigned long long)of);
}

/* ------------------------------------------------------------------ the option */

static int of_option(const char *option, struct shard *out, struct err *e)
{
	const char *slash = strchr(option, '/');
	char *part = slash ? xasprintf("%.*s", (int)(slash - option), option) : NULL;
	uint64_t index = 0, of = 0;
	int rc = -1;

	if (!strcmp(option, "all")) {
		*out = (struct shard){0};
		rc = 0;
	} else if (!part) {
		err_set(e, "--shard %.80s, expected I/N such as 2/8, auto/N, or all", option);
	} else if (number_whole("--shard", slash + 1, 1, SHARDS_MAX, &of, e) == 0) {
		if (!strcmp(part, "auto"))
			rc = of_environment(of, out, e);
		else
			rc = number_whole("--shard", part, 1, of, &index, e);
		if (rc == 0 && index)
			*out = (struct shard){(unsigned)index, (unsigned)of, "--shard"};
	}
	free(part);
	return rc;
}

int shard_choose(const char *option, struct shard *out, struct err *e)
{
	*out = (struct shard){0};
	if (option)
		return of_option(option, out, e);
	if (getenv(SLURM_ID))
		return of_slurm(out, e);
	if (getenv(KUBERNETES))
		return err_set(e, KUBERNETES
			       " is set, but not how many pods there are; say --shard auto/N, or "
			       "--shard all for all cells");
	return 0;
}

/* ------------------------------------------------------------------ assignment */

struct hashed {
	uint64_t hash;
	size_t cell;
};

static int by_hash(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->cell < y->cell ? -1 : x->cell > y->cell;
}

/* The first of the shards, numbered from 0, that @hash names and that has room. */
static unsigned first_free(uint64_t hash, const size_t *room, unsigned of)
{
	unsigned at = (unsigned)(hash % of);

	for (unsigned k = 0; k < TRIES && !room[at]; k++) {
		hash = rng_mix(hash);
		at = (unsigned)(hash % of);
	}
	while (!room[at])
		at = (at + 1) % of;
	return at;
}

unsigned *shard_assign(const char *const *names, size_t n, unsigned of)
{
	struct hashed *order = xcalloc(n, sizeof(*order));
	size_t *room = xcalloc(of, sizeof(*room));
	unsigned *to = xcalloc(n, sizeof(*to));

	for (unsigned k = 0; k < of; k++)
		room[k] = n / of + (k < n % of);
	for (size_t i = 0; i < n; i++)
		order[i] = (struct hashed){rng_mix(fnv1a(names[i], strlen(names[i]))), i};
	qsort(order, n, sizeof(*order), by_hash);
	for (size_t i = 0; of && i < n; i++) {
		unsigned at = first_free(order[i].hash, room, of);

		room[at]--;
		to[order[i].cell] = at + 1;
	}
	free(order);
	free(room);
	return to;
}

bool *shard_captures(const struct shard *s, char *const *list, size_t n)
{
	const char **names = xcalloc(n, sizeof(*names));
	bool *mine = xcalloc(n, sizeof(*mine));
	unsigned *to;

	for (size_t i = 0; i < n; i++)
		names[i] = capture_name(list[i]);
	to = shard_assign(names, n, s->of);
	for (size_t i = 0; i < n; i++)
		mine[i] = to[i] == s->index;
	free(names);
	free(to);
	return mine;
}
