/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_MANIFEST_H
#define RESULTS_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <jansson.h>

#include "base/err.h"

/* A file of a run: its path in the run directory (owned), and what it holds. */
struct manifest_file {
	char *name;
	uint64_t bytes;
	char sha256[65];
};

/* Every regular file below @dir, "PREFIXname", sorted by name, with its digest: an (owned) array, *n
 * long. 0, or -1 with @e set. */
int manifest_files(const char *dir, const char *prefix, struct manifest_file **out, size_t *n,
		   struct err *e);
void manifest_files_free(struct manifest_file *files, size_t n);

/**
 * struct manifest_facts - what only the run itself knows, for manifest.json
 * @command:	The command line that made it, as one text
 * @scenario:	Path of the scenario file as given; its SHA-256 is taken here
 * @seed:	Seed used
 * @started, @ended: Real time, Unix seconds
 * @emulated_s:	Emulated seconds over all cells
 * @truth_digest: Digest of all messages sent, or NULL
 * @signatures:	Files of the signatures that ran; their SHA-256 are taken here
 * @inputs:	Other files the run read (versions, policies, captures)
 * @known:	The files below the folder "cells", where they are known: they are not read again
 * @extra:	JSON object added under "run" (borrowed), or NULL
 */
struct manifest_facts {
	const char *command;
	const char *scenario;
	uint64_t seed;
	unsigned repeat;	 /* how often every cell ran */
	bool seed_by_repetition; /* repetition K had the seed K - 1 further on */
	double started, ended, emulated_s;
	const char *truth_digest;
	const char *const *signatures;
	size_t n_signatures;
	const char *const *inputs;
	size_t n_inputs;
	const struct manifest_file *known;
	size_t n_known;
	json_t *extra;
};

/* Writes DIR/manifest.json: format, program version, kernel, machine, facts, and SHA-256 and size
 * of every regular file below DIR except itself. Call it last. 0, or -1 with @e set. */
int manifest_write(const char *dir, const struct manifest_facts *facts, struct err *e);

enum manifest_state {
	MANIFEST_WHOLE,	     /* every file is there with its digest */
	MANIFEST_MISSING,    /* no manifest.json: the run did not end */
	MANIFEST_INCOMPLETE, /* a listed file is gone */
	MANIFEST_EDITED,     /* a digest differs, or there is a file that is not listed */
	MANIFEST_VERSION,    /* it says no format, or names no files */
};
/* Checks a run directory. MANIFEST_WHOLE or else why, with the first file in @e. Negative with @e
 * set when it cannot be read, as when it is of a newer format. */
int manifest_verify(const char *dir, struct err *e);
/* Lists on @f where a run differs from an earlier one: program, system, inputs, messages sent,
 * files. Files with timestamps (captures, events, plots ...) are only counted: packets pass through
 * a real kernel, and their times differ by microseconds from run to run. Returns the number of
 * differences in what must be equal: messages, tables, rules and their counters. */
size_t manifest_compare(const json_t *before, const json_t *after, FILE *f);
/* Whether a file of a run, by its path in it, holds times: manifest_compare() only counts it. */
bool manifest_holds_time(const char *name);
/* The manifest as JSON (caller decrefs); NULL with @e set, also for a run of a newer format. */
json_t *manifest_read(const char *dir, struct err *e);

#endif
