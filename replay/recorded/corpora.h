/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_CORPORA_H
#define REPLAY_RECORDED_CORPORA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/label.h"

/* One public capture, as its corpus file describes it (`man 5 skypelab-corpus`). */
struct corpus_capture {
	char *path;	      /* under the corpora folder */
	char *role;	      /* as the file has it: "skype" or "not-skype" */
	enum label_kind kind; /* ... to who looks for Skype: positive or negative */
	char *sha256;	      /* 64 hexadecimal digits */
	uint64_t bytes;	      /* 0 = not known */
	uint64_t packets;
	char *repository;  /* "owner/name" on GitHub, or NULL */
	char *commit;	   /* full or short hash, or NULL */
	char *source_path; /* inside the repository */
	char *url;	   /* where to fetch it when repository, commit and path do not say */
	char *licence;
	char *version; /* client version, or NULL */
	char *labels;  /* label file under scenarios/corpora, or NULL */
	char *contains;
};

struct corpus {
	char *name;
	char *about;
	struct corpus_capture *captures;
	uint32_t captures_count;
};

/* Calls @fn for every corpus file of the project, in order of name: with the corpus (valid during
 * the call), or with NULL and what is wrong with the file. 0, or -1 with @e set: there is none. */
typedef void corpora_fn(void *arg, const struct corpus *c, const struct err *wrong);
int corpora_each(corpora_fn *fn, void *arg, struct err *e);
/* The SHA-256 that a corpus file gives for a path under the corpora folder; false = none does. */
bool corpora_digest(const char *path, char hex[65]);
enum corpus_state { CORPUS_GOOD, CORPUS_MISSING, CORPUS_DIFFERS };
/* Compares the file under @dir with its digest, which goes into @hex when it differs. */
enum corpus_state corpus_check(const struct corpus_capture *c, const char *dir, char hex[65]);

/* Called while a capture arrives. */
typedef void corpus_progress(void *arg, uint64_t got, uint64_t all);
/* Downloads one capture to @dir, from below the URL @mirror or, if that is NULL, from its origin:
 * into "PATH.part", resuming where an earlier attempt ended; then checks and renames it. If the
 * digest differs, the file is removed and @e holds both digests. 0, or -1 with @e set. */
int corpus_fetch(const struct corpus_capture *c, const char *dir, const char *mirror,
		 corpus_progress *progress, void *arg, struct err *e);

#endif
