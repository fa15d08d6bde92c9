/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_FRAME_READ_H
#define REPLAY_RECORDED_FRAME_READ_H

#include <stddef.h>

#include "base/err.h"
#include "replay/recorded/frame.h"

struct frame_reader;

struct frame_reader_stats {
	uint64_t frames, bytes;
	uint64_t short_frames; /* padded */
	uint64_t backwards;    /* frames older than the one before them */
	uint64_t not_frames;   /* that cannot be built: not Ethernet and without IP, too long */
};

/* Opens captures of every kind that capture_open_files() reads, to be merged in time; @paths must
 * outlive the result. Frames of other link types get an Ethernet header. NULL with @e set; if one of
 * several files cannot be opened, frame_reader_next() reports it and the others are read. */
struct frame_reader *frame_reader_open(const char *const *paths, size_t n, struct err *e);
/* 1: @f is filled; 0: the end; -1 with @e set: a file cannot be read any further, or its time ran
 * backwards. The other files go on: call again. */
int frame_reader_next(struct frame_reader *r, struct frame *f, struct err *e);
/* Returns to the start of every file, for loops. 0, or -1 with @e set. */
int frame_reader_rewind(struct frame_reader *r, struct err *e);
const struct frame_reader_stats *frame_reader_stats(const struct frame_reader *r);
/* Part of all files read so far, 0..1; negative when unknown. */
double frame_reader_progress(const struct frame_reader *r);
void frame_reader_close(struct frame_reader *r);

#endif
