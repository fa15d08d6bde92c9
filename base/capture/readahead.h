/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_READAHEAD_H
#define BASE_CAPTURE_READAHEAD_H

#include "base/capture/capture.h"

/*
 * A capture read ahead of its use: one thread reads and decodes, another takes the packets.
 */
struct readahead;

/**
 * readahead_fn - work on packets that the reading thread does ahead
 * @extra:	For the i-th packet, the i-th object of the size given to readahead_new()
 */
typedef void readahead_fn(void *arg, const struct packet *p, size_t n, void *extra);

/* Whether reading ahead is possible (a single file, see capture_keeps()) and worth it (this process
 * may run on two processors or more). */
bool readahead_useful(const struct capture *c);
/* Starts the thread. @c belongs to it until readahead_free(), except for capture_break(). @fn may
 * be NULL. NULL with @e set when no thread can be started. */
struct readahead *readahead_new(struct capture *c, size_t extra, readahead_fn *fn, void *arg,
				struct err *e);
/* As capture_batch(), without copying: *@p and *@extra are valid until the next call. */
int readahead_next(struct readahead *r, const struct packet **p, const void **extra, struct err *e);
/* The part of the file taken so far, 0..1 or negative when unknown, and its frames. */
double readahead_progress(const struct readahead *r, uint64_t *frames);
/* Ends the thread; the capture stays the caller's. */
void readahead_free(struct readahead *r);

#endif
